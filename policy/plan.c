/* plan.c - plans and their parts as values: growing, copying, giving back. */
#include "plan.h"

#include "array.h"
#include <stdlib.h>

static enum smime_status
copy(char **out, const char *value)
{
	*out = value ? strdup(value) : NULL;
	return *out || !value ? SMIME_OK : SMIME_E_SYSTEM;
}

enum smime_status
policy_edits_add(struct policy_edits *edits, enum policy_edit_kind kind, const char *name,
    const char *value, const char *pattern)
{
	struct policy_edit *edit = policy_array_grow(edits->item, edits->count, sizeof *edit);

	if (!edit)
		return SMIME_E_SYSTEM;
	edits->item = edit;
	edit += edits->count++;
	*edit = (struct policy_edit){ .kind = kind };
	SMIME_TRY(copy(&edit->name, name));
	SMIME_TRY(copy(&edit->value, value));
	return copy(&edit->pattern, pattern);
}

enum smime_status
policy_edits_copy(struct policy_edits *out, const struct policy_edits *edits)
{
	for (size_t i = 0; i < edits->count; i++) {
		const struct policy_edit *e = &edits->item[i];

		SMIME_TRY(policy_edits_add(out, e->kind, e->name, e->value, e->pattern));
	}
	return SMIME_OK;
}

void
policy_edits_drop_last(struct policy_edits *edits)
{
	const struct policy_edit *last = &edits->item[--edits->count];

	free(last->name);
	free(last->value);
	free(last->pattern);
}

void
policy_edits_reset(struct policy_edits *edits)
{
	while (edits->count > 0)
		policy_edits_drop_last(edits);
	free(edits->item);
	*edits = (struct policy_edits){ 0 };
}

enum smime_status
policy_splinter_copy(struct policy_splinter *out, const struct policy_splinter *from)
{
	out->final = from->final;
	out->profile = from->profile;
	out->signer = from->signer;
	SMIME_TRY(copy(&out->quarantine, from->quarantine));
	SMIME_TRY(copy(&out->bounce_text, from->bounce_text));
	return policy_edits_copy(&out->edits, &from->edits);
}

void
policy_splinter_reset(struct policy_splinter *splinter)
{
	free(splinter->recipients);
	free(splinter->filters);
	free(splinter->quarantine);
	free(splinter->bounce_text);
	policy_edits_reset(&splinter->edits);
	*splinter = (struct policy_splinter){ 0 };
}

enum smime_status
policy_added_add(struct policy_plan *plan, const char *address, bool optional)
{
	struct policy_added *added =
	    policy_array_grow(plan->added, plan->added_count, sizeof *added);

	if (!added)
		return SMIME_E_SYSTEM;
	plan->added = added;
	added += plan->added_count++;
	*added = (struct policy_added){ .optional = optional };
	return copy(&added->address, address);
}

enum smime_status
policy_notifications_add(struct policy_plan *plan, const struct policy_notification *notification)
{
	struct policy_notification *n =
	    policy_array_grow(plan->notifications, plan->notification_count, sizeof *n);

	if (!n)
		return SMIME_E_SYSTEM;
	plan->notifications = n;
	n += plan->notification_count++;
	*n = (struct policy_notification){ .filter = notification->filter,
		.copy = notification->copy };
	SMIME_TRY(copy(&n->to, notification->to));
	SMIME_TRY(copy(&n->subject, notification->subject));
	return copy(&n->from, notification->from);
}

enum smime_status
policy_indexes_add(size_t **items, size_t *count, size_t value)
{
	size_t *grown = policy_array_grow(*items, *count, sizeof *grown);

	if (!grown)
		return SMIME_E_SYSTEM;
	*items = grown;
	grown[(*count)++] = value;
	return SMIME_OK;
}

enum smime_status
policy_matched_add(struct policy_matched **items, size_t *count, const char *name, bool matched)
{
	struct policy_matched *grown = policy_array_grow(*items, *count, sizeof *grown);

	if (!grown)
		return SMIME_E_SYSTEM;
	*items = grown;
	grown[(*count)++] = (struct policy_matched){ .name = name, .matched = matched };
	return SMIME_OK;
}

void
policy_plan_free(struct policy_plan **plan)
{
	struct policy_plan *p = *plan;

	*plan = NULL;
	if (!p)
		return;
	for (size_t i = 0; i < p->splinter_count; i++)
		policy_splinter_reset(&p->splinters[i]);
	free(p->splinters);
	for (size_t i = 0; i < p->added_count; i++)
		free(p->added[i].address);
	free(p->added);
	for (size_t i = 0; i < p->notification_count; i++) {
		free(p->notifications[i].to);
		free(p->notifications[i].subject);
		free(p->notifications[i].from);
	}
	free(p->notifications);
	free(p->redirected);
	policy_strings_free(&p->log_entries, &p->log_entry_count);
	policy_strings_free(&p->tags, &p->tag_count);
	free(p->message_filters);
	free(p);
}
