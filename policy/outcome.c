/* outcome.c - what is to be told to the MTA, as a value: making, settling, giving back. */
#include "outcome.h"

#include "array.h"
#include "plan.h"
#include <stdlib.h>

void
policy_outcome_uncopy(struct policy_outcome *outcome)
{
	struct policy_copy *c = &outcome->copies[--outcome->copy_count];
	bool shared = outcome->opened && c->entity == outcome->opened->entity;

	for (size_t i = 0; i < outcome->copy_count; i++)
		shared = shared || outcome->copies[i].entity == c->entity;
	if (!shared)
		smime_spool_free(&c->entity);
	free(c->recipients);
	policy_edits_reset(&c->edits);
	free(c->quarantine);
	smime_certs_reset(&c->encrypted_to);
}

void
policy_outcome_free(struct policy_outcome **outcome)
{
	struct policy_outcome *o = *outcome;

	*outcome = NULL;
	if (!o)
		return;
	while (o->copy_count > 0)
		policy_outcome_uncopy(o);
	free(o->copies);
	for (size_t i = 0; i < o->bounce_count; i++) {
		free(o->bounces[i].recipients);
		free(o->bounces[i].code);
		free(o->bounces[i].xcode);
		free(o->bounces[i].text);
	}
	free(o->bounces);
	for (size_t i = 0; i < o->notice_count; i++) {
		free(o->notices[i].to);
		smime_spool_free(&o->notices[i].octets);
	}
	free(o->notices);
	free(o->dropped);
	policy_after_reset(&o->after);
	smime_opened_free(&o->opened);
	policy_plan_free(&o->plan);
	free(o->text);
	free(o->record);
	free(o);
}

/* One line of printable ASCII: it goes into an SMTP reply, and addresses are part of it. */
static char *
cleaned(const char *text)
{
	char *out = strdup(text);

	for (char *c = out; c && *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	return out;
}

enum smime_status
policy_outcome_answer(struct policy_outcome *outcome, enum policy_reply reply, const char *code,
    const char *xcode, const char *text)
{
	outcome->reply = reply;
	memset(outcome->code, 0, sizeof outcome->code);
	memset(outcome->xcode, 0, sizeof outcome->xcode);
	memcpy(outcome->code, code, strnlen(code, sizeof outcome->code - 1));
	memcpy(outcome->xcode, xcode, strnlen(xcode, sizeof outcome->xcode - 1));
	free(outcome->text);
	outcome->text = cleaned(text);
	return outcome->text ? SMIME_OK : SMIME_E_SYSTEM;
}

static enum smime_status
new_bounce(struct policy_outcome *outcome, const struct policy_splinter *splinter,
    const char *xcode, const char *text, struct policy_bounce **out)
{
	struct policy_bounce *b =
	    policy_array_grow(outcome->bounces, outcome->bounce_count, sizeof *b);

	if (!b)
		return SMIME_E_SYSTEM;
	outcome->bounces = b;
	b += outcome->bounce_count++;
	*b = (struct policy_bounce){ .splinter = splinter,
		.code = strdup(xcode[2] == '3' ? "552" : "550"),
		.xcode = strdup(xcode),
		.text = cleaned(text) };
	*out = b;
	return b->code && b->xcode && b->text ? SMIME_OK : SMIME_E_SYSTEM;
}

enum smime_status
policy_outcome_bounce(struct policy_outcome *outcome, struct policy_splinter *splinter,
    const char *xcode, const char *text)
{
	struct policy_bounce *b;

	SMIME_TRY(new_bounce(outcome, splinter, xcode, text, &b));
	splinter->final = POLICY_BOUNCE;
	for (size_t i = 0; i < splinter->recipient_count; i++)
		SMIME_TRY(policy_indexes_add(
		    &b->recipients, &b->recipient_count, splinter->recipients[i]));
	return SMIME_OK;
}

enum smime_status
policy_outcome_drop(struct policy_outcome *outcome, struct policy_splinter *splinter)
{
	splinter->final = POLICY_DROP;
	for (size_t i = 0; i < splinter->recipient_count; i++)
		SMIME_TRY(policy_indexes_add(
		    &outcome->dropped, &outcome->dropped_count, splinter->recipients[i]));
	return SMIME_OK;
}

enum smime_status
policy_outcome_notice(struct policy_outcome *outcome, const char *to, struct smime_spool **octets)
{
	struct policy_notice *n =
	    policy_array_grow(outcome->notices, outcome->notice_count, sizeof *n);

	if (!n)
		return SMIME_E_SYSTEM;
	outcome->notices = n;
	n += outcome->notice_count++;
	*n = (struct policy_notice){ .to = strdup(to), .octets = *octets };
	*octets = NULL;
	return n->to ? SMIME_OK : SMIME_E_SYSTEM;
}

enum smime_status
policy_outcome_copy(struct policy_outcome *outcome, const struct policy_splinter *splinter,
    enum policy_treatment treatment, const struct policy_some *recipients, struct policy_copy **out)
{
	struct policy_copy *c = policy_array_grow(outcome->copies, outcome->copy_count, sizeof *c);

	if (!c)
		return SMIME_E_SYSTEM;
	outcome->copies = c;
	c += outcome->copy_count++;
	*c = (struct policy_copy){ .splinter = splinter, .treatment = treatment };
	*out = c;
	for (size_t i = 0; i < recipients->count; i++)
		SMIME_TRY(
		    policy_indexes_add(&c->recipients, &c->recipient_count, recipients->item[i]));
	if (splinter->quarantine) {
		c->quarantine = strdup(splinter->quarantine);
		if (!c->quarantine)
			return SMIME_E_SYSTEM;
	}
	return policy_edits_copy(&c->edits, &splinter->edits);
}

/* Only the MTA can hold a message, and only the one in hand: a copy that is to be held stays in
 * place; else the copy for the most recipients does. */
static bool
stays_rather(const struct policy_copy *a, const struct policy_copy *b)
{
	if (!a->quarantine != !b->quarantine)
		return a->quarantine;
	return a->recipient_count > b->recipient_count;
}

/* The copy that stays in place. */
static size_t
choose_copy(const struct policy_outcome *outcome)
{
	size_t best = 0;

	for (size_t i = 1; i < outcome->copy_count; i++)
		if (stays_rather(&outcome->copies[i], &outcome->copies[best]))
			best = i;
	return best;
}

static enum smime_status
refuse_copy(struct policy_outcome *outcome, size_t i)
{
	struct policy_copy copy = outcome->copies[i];
	struct policy_bounce *bounce;

	SMIME_TRY(new_bounce(outcome, copy.splinter, "5.7.5",
	    "policy holds this message, and can hold one copy of it only;"
	    " send it to these recipients separately",
	    &bounce));
	for (size_t r = 0; r < copy.recipient_count; r++)
		SMIME_TRY(policy_indexes_add(
		    &bounce->recipients, &bounce->recipient_count, copy.recipients[r]));
	memmove(outcome->copies + i, outcome->copies + i + 1,
	    (outcome->copy_count - 1 - i) * sizeof copy);
	outcome->copies[outcome->copy_count - 1] = copy;
	policy_outcome_uncopy(outcome);
	return SMIME_OK;
}

/* The hold queue takes what the MTA has in hand, and nothing that comes by SMTP. Copies that are to
 * be held and are not the one in place can neither be held nor be let go. */
static enum smime_status
refuse_others_held(struct policy_outcome *outcome)
{
	size_t held = choose_copy(outcome);

	for (size_t i = outcome->copy_count; i-- > 0;) {
		if (i == held || !outcome->copies[i].quarantine ||
		    policy_copies_are_alike(&outcome->copies[held], &outcome->copies[i]))
			continue;
		SMIME_TRY(refuse_copy(outcome, i));
		held -= held > i;
	}
	return SMIME_OK;
}

static enum smime_status
settle_copies(struct policy_outcome *outcome)
{
	struct policy_copy first;
	size_t best;

	SMIME_TRY(refuse_others_held(outcome));
	best = choose_copy(outcome);
	first = outcome->copies[0];
	outcome->copies[0] = outcome->copies[best];
	outcome->copies[best] = first;
	return policy_outcome_answer(outcome, POLICY_REPLY_ACCEPT, "", "", "");
}

/* Nobody gets it: the sender hears every splinter's reason, because each names recipients. */
static enum smime_status
refuse(struct policy_outcome *outcome)
{
	const struct policy_bounce *first = &outcome->bounces[0];
	SMIME_AUTO_BUF text = { 0 };

	for (size_t i = 0; i < outcome->bounce_count; i++) {
		const char *reason = outcome->bounces[i].text;

		if (i > 0 && strcmp(reason, first->text) == 0)
			continue;
		SMIME_TRY(smime_buf_appendf(&text, "%s%s", i > 0 ? "; " : "", reason));
	}
	SMIME_TRY(smime_buf_terminate(&text));
	return policy_outcome_answer(
	    outcome, POLICY_REPLY_REJECT, first->code, first->xcode, (const char *)text.data);
}

enum smime_status
policy_outcome_settle(struct policy_outcome *outcome)
{
	if (outcome->copy_count > 0)
		return settle_copies(outcome);
	if (outcome->bounce_count > 0)
		return refuse(outcome);
	return policy_outcome_answer(outcome, POLICY_REPLY_DISCARD, "", "", "");
}
