/*
 * act.c - carry one action of a filter out: on the splinter it speaks of, or on the plan as a
 * whole. FILTERS: actions. No I/O: what is to be sent, logged or held is written down in the plan.
 */
#include "action.h"
#include "array.h"
#include "policy/header.h"
#include "run.h"

#include <stdlib.h>
#include <strings.h>

static enum smime_status
expand(const struct policy_run *run, const char *text, struct smime_buf *out)
{
	SMIME_TRY(policy_expand(text, run->facts, run->filter, out));
	return smime_buf_terminate(out);
}

/* The last use counts (FILTERS: a second use of the same setting overrides the first). */
enum smime_status
policy_act_quarantine(struct policy_run *run, const char *name)
{
	SMIME_AUTO_BUF text = { 0 };

	SMIME_TRY(expand(run, name, &text));
	free(run->splinter->quarantine);
	run->splinter->quarantine = strdup((const char *)text.data);
	return run->splinter->quarantine ? SMIME_OK : SMIME_E_SYSTEM;
}

static enum smime_status
log_entry(struct policy_run *run, const char *entry)
{
	SMIME_AUTO_BUF text = { 0 };

	SMIME_TRY(expand(run, entry, &text));
	return policy_strings_add(
	    &run->plan->log_entries, &run->plan->log_entry_count, (const char *)text.data);
}

static enum smime_status
insert_header(struct policy_run *run, const struct policy_action *action)
{
	SMIME_AUTO_BUF text = { 0 };

	SMIME_TRY(expand(run, action->args[1], &text));
	return policy_edits_add(&run->splinter->edits, POLICY_EDIT_INSERT, action->args[0],
	    (const char *)text.data, NULL);
}

/* Now, not when it is too late to do something about it: SMIME_E_LIMIT, the pattern runs away. */
static enum smime_status
try_edits(const struct policy_run *run)
{
	SMIME_AUTO(policy_header) header = NULL;

	SMIME_TRY(
	    policy_header_read(smime_mime_part(run->facts->mime, 0)->whole, &header, run->diag));
	return policy_header_apply(header, &run->splinter->edits, run->diag);
}

static enum smime_status
edit_header_text(struct policy_run *run, const struct policy_action *action)
{
	SMIME_AUTO_BUF text = { 0 };
	enum smime_status status;

	SMIME_TRY(policy_expand_replacement(action->args[2], run->facts, run->filter, &text));
	SMIME_TRY(smime_buf_terminate(&text));
	SMIME_TRY(policy_edits_add(&run->splinter->edits, POLICY_EDIT_TEXT, action->args[0],
	    (const char *)text.data, action->args[1]));
	status = try_edits(run);
	if (status == SMIME_E_LIMIT)
		policy_edits_drop_last(&run->splinter->edits);
	return status;
}

enum smime_status
policy_act_bounce(struct policy_run *run)
{
	SMIME_AUTO_BUF text = { 0 };

	run->splinter->final = POLICY_BOUNCE;
	SMIME_TRY(smime_buf_appendf(&text, "message refused by policy (%s)", run->filter));
	SMIME_TRY(smime_buf_terminate(&text));
	free(run->splinter->bounce_text);
	run->splinter->bounce_text = strdup((const char *)text.data);
	return run->splinter->bounce_text ? SMIME_OK : SMIME_E_SYSTEM;
}

/* The snapshot was compiled with this profile in it. */
static enum smime_status
seal(struct policy_run *run, const char *profile)
{
	run->splinter->profile = policy_snapshot_profile(run->snapshot, profile);
	if (run->splinter->profile)
		return SMIME_OK;
	return smime_fail(run->diag, SMIME_E_SYSTEM, "policy",
	    "filter %s: there is no sending_profile \"%s\"", run->filter, profile);
}

/* ---- other recipients ---- */

const char *
policy_run_address(const struct policy_run *run, size_t recipient)
{
	const struct policy_message *message = run->facts->message;

	return recipient < message->recipient_count
		   ? message->recipients[recipient].address
		   : run->plan->added[recipient - message->recipient_count].address;
}

/* The index of an address, added when it is new. */
static enum smime_status
find_or_add(struct policy_run *run, const char *address, bool optional, size_t *out)
{
	size_t count = run->facts->message->recipient_count;

	for (*out = 0; *out < count + run->plan->added_count; (*out)++)
		if (strcasecmp(policy_run_address(run, *out), address) == 0)
			return SMIME_OK;
	return policy_added_add(run->plan, address, optional);
}

/* Does somebody's copy go there already? */
static bool
is_recipient(const struct policy_run *run, size_t recipient)
{
	const struct policy_plan *plan = run->plan;
	bool found = recipient < run->facts->message->recipient_count;

	for (size_t i = 0; i < plan->redirected_count; i++)
		found = found && plan->redirected[i] != recipient;
	for (size_t i = 0; i < run->splinter->recipient_count; i++)
		found = found || run->splinter->recipients[i] == recipient;
	return found;
}

static enum smime_status
bcc(struct policy_run *run, const char *address)
{
	size_t recipient;

	SMIME_TRY(find_or_add(run, address, true, &recipient));
	if (is_recipient(run, recipient)) {
		policy_trace_line(run->trace, 3, "%s is a recipient already", address);
		return SMIME_OK;
	}
	return policy_indexes_add(
	    &run->splinter->recipients, &run->splinter->recipient_count, recipient);
}

/* All recipients of the splinter lose it to that one. */
static enum smime_status
redirect(struct policy_run *run, const char *address)
{
	struct policy_splinter *s = run->splinter;
	size_t recipient;

	SMIME_TRY(find_or_add(run, address, false, &recipient));
	if (recipient >= run->facts->message->recipient_count)
		run->plan->added[recipient - run->facts->message->recipient_count].optional = false;
	for (size_t i = 0; i < s->recipient_count; i++)
		if (s->recipients[i] != recipient &&
		    s->recipients[i] < run->facts->message->recipient_count)
			SMIME_TRY(policy_indexes_add(&run->plan->redirected,
			    &run->plan->redirected_count, s->recipients[i]));
	s->recipient_count = 0;
	return policy_indexes_add(&s->recipients, &s->recipient_count, recipient);
}

/* ---- telling others ---- */

struct telling {
	const struct policy_action *action;
	struct smime_buf subject, from;
};

static void
telling_reset(struct telling *telling)
{
	smime_buf_reset(&telling->subject);
	smime_buf_reset(&telling->from);
}

static enum smime_status
notify(struct policy_run *run, const char *address, const struct telling *telling)
{
	const struct policy_notification notification = {
		.to = (char *)(uintptr_t)address,
		.subject = (char *)telling->subject.data,
		.from = (char *)telling->from.data,
		.filter = run->filter,
		.copy = telling->action->kind == POLICY_ACT_NOTIFY_COPY,
	};

	return policy_notifications_add(run->plan, &notification);
}

static enum smime_status
to_address(struct policy_run *run, const char *address, const struct telling *telling)
{
	SMIME_AUTO_BUF text = { 0 };

	/* As $EnvelopeFrom is for the null sender: nobody may be told, and that is no fault. */
	if (!policy_is_address(address)) {
		SMIME_TRY(smime_buf_appendf(&text, "%s: action %s left out: \"%s\" is no address",
		    run->filter, policy_action_name(telling->action->kind), address));
		SMIME_TRY(smime_buf_terminate(&text));
		policy_trace_line(run->trace, 3, "left out: no address");
		return policy_strings_add(
		    &run->plan->log_entries, &run->plan->log_entry_count, (const char *)text.data);
	}
	if (telling->action->kind == POLICY_ACT_BCC)
		return bcc(run, address);
	if (telling->action->kind == POLICY_ACT_ALT_RCPT_TO)
		return redirect(run, address);
	return notify(run, address, telling);
}

/* The addresses of the first text, ", " between them as $EnvelopeRecipients has it. */
static enum smime_status
to_each_address(struct policy_run *run, const struct telling *telling)
{
	SMIME_AUTO_BUF list = { 0 };
	char *at, *rest = NULL;

	SMIME_TRY(expand(run, telling->action->args[0], &list));
	at = strtok_r((char *)list.data, ", ", &rest);
	if (!at)
		return to_address(run, "", telling);
	for (; at; at = strtok_r(NULL, ", ", &rest))
		SMIME_TRY(to_address(run, at, telling));
	return SMIME_OK;
}

static enum smime_status
address_action(struct policy_run *run, const struct policy_action *action)
{
	__attribute__((cleanup(telling_reset))) struct telling telling = { .action = action };

	SMIME_TRY(expand(run, action->arg_count > 1 ? action->args[1] : "", &telling.subject));
	SMIME_TRY(expand(run, action->arg_count > 2 ? action->args[2] : "", &telling.from));
	return to_each_address(run, &telling);
}

static enum smime_status
tag_message(struct policy_run *run, const char *tag)
{
	SMIME_AUTO_BUF text = { 0 };

	SMIME_TRY(expand(run, tag, &text));
	return policy_strings_add(&run->plan->tags, &run->plan->tag_count, (const char *)text.data);
}

/* ---- all of them ---- */

static enum smime_status
take(struct policy_run *run, const struct policy_action *action)
{
	switch (action->kind) {
	case POLICY_ACT_SMIME_GATEWAY:
	case POLICY_ACT_SMIME_GATEWAY_DEFERRED:
		return seal(run, action->args[0]);
	case POLICY_ACT_QUARANTINE:
		return policy_act_quarantine(run, action->args[0]);
	case POLICY_ACT_DROP:
		run->splinter->final = POLICY_DROP;
		return SMIME_OK;
	case POLICY_ACT_BOUNCE:
		return policy_act_bounce(run);
	case POLICY_ACT_INSERT_HEADER:
		return insert_header(run, action);
	case POLICY_ACT_STRIP_HEADER:
		return policy_edits_add(
		    &run->splinter->edits, POLICY_EDIT_STRIP, action->args[0], NULL, NULL);
	case POLICY_ACT_EDIT_HEADER_TEXT:
		return edit_header_text(run, action);
	case POLICY_ACT_LOG_ENTRY:
		return log_entry(run, action->args[0]);
	case POLICY_ACT_NOTIFY:
	case POLICY_ACT_NOTIFY_COPY:
	case POLICY_ACT_BCC:
	case POLICY_ACT_ALT_RCPT_TO:
		return address_action(run, action);
	case POLICY_ACT_TAG_MESSAGE:
		return tag_message(run, action->args[0]);
	case POLICY_ACT_SKIP_FILTERS:
		run->only_now = true;
		return SMIME_OK;
	case POLICY_ACT_DELIVER:
	case POLICY_ACT_NO_OP:
		return SMIME_OK;
	}
	return SMIME_E_UNSUPPORTED;
}

/* With what variables stand for, as it will be carried out. */
static enum smime_status
explain(const struct policy_run *run, const struct policy_action *action)
{
	SMIME_AUTO_BUF line = { 0 };

	if (!run->trace)
		return SMIME_OK;
	for (size_t i = 0; i < action->arg_count; i++) {
		SMIME_TRY(smime_buf_appendf(&line, i > 0 ? ", \"" : " "));
		if (policy_action_expands(action->kind, i))
			SMIME_TRY(policy_expand(action->args[i], run->facts, run->filter, &line));
		else
			SMIME_TRY(smime_buf_appendf(&line, "%s", action->args[i]));
		SMIME_TRY(smime_buf_appendf(&line, i > 0 ? "\"" : ""));
	}
	SMIME_TRY(smime_buf_terminate(&line));
	policy_trace_line(run->trace, 2, "action %s%s", policy_action_name(action->kind),
	    (const char *)line.data);
	return SMIME_OK;
}

bool
policy_act(void *arg, const struct policy_action *action)
{
	struct policy_run *run = arg;

	run->status = explain(run, action);
	if (run->status != SMIME_OK)
		return false;
	run->status = take(run, action);
	run->ended = policy_action_is_final(action->kind);
	return run->status == SMIME_OK && !run->ended;
}
