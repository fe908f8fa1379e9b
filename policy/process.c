/*
 * process.c - a whole message: open, facts, decide, seal.  DESIGN section 3.
 *
 * Memory: small structures; octets stay in spools. Nothing is handed out before every stage of
 * every copy has finished. What fails for want of memory, disk or database ends in 451, never in
 * less sealing.
 */
#include "array.h"
#include "content.h"
#include "notice.h"
#include "plan.h"
#include "work.h"

#include <stdlib.h>

/* ---- open ---- */

static enum smime_status
open_layers(struct policy_work *work, const struct policy_flow *flow)
{
	const struct policy_process *process = work->process;
	struct policy_seen_asking asking = {
		.seen = process->seen, .now = process->now, .after = &work->outcome->after
	};
	const struct smime_open open = {
		.keys = smime_keyring_keys(process->snapshot->keyring),
		.replay = process->seen ? policy_seen_ask(&asking) : NULL,
		.trust = process->snapshot->trust,
		.now = process->now,
		.remove_signature = flow->remove_signature,
		.weak_verifies = process->snapshot->weak_verifies,
		.no_attributes_verifies = process->snapshot->no_attributes_verifies,
		.spool = process->spool,
	};
	struct smime_opened **opened = &work->outcome->opened;

	SMIME_TRY(smime_open_message(&open, work->mime, opened, work->diag));
	for (size_t i = 0; i < (*opened)->layer_count; i++) {
		const struct smime_layer *l = &(*opened)->layers[i];

		policy_trace_line(process->trace, 0, "layer %zu: %s %s %s%s%s", i + 1,
		    smime_layer_name(l->type), l->algorithm, l->ok ? "ok" : l->token,
		    *l->reason ? ": " : "", l->reason);
	}
	if ((*opened)->entity)
		SMIME_TRY(
		    smime_mime_scan_spool((*opened)->entity, NULL, &work->opened_mime, work->diag));
	return SMIME_OK;
}

static bool
is_sealed_form(const struct smime_mime *mime)
{
	enum smime_form form = smime_form_of(mime);

	return form == SMIME_FORM_SIGNED || form == SMIME_FORM_ENCRYPTED;
}

/* ---- decide ---- */

static uint64_t
body_size(const struct smime_mime *mime)
{
	return smime_mime_part(mime, 0)->body.len;
}

static enum smime_status
decide(struct policy_work *work, const struct policy_sender_group *group)
{
	struct policy_outcome *outcome = work->outcome;
	const struct policy_flow *flow = group ? group->flow : NULL;
	struct policy_facts facts = {
		.message = work->message,
		.direction = flow ? flow->direction : POLICY_INCOMING,
		.sender_group = group ? group->name : "",
		.mail_flow_policy = flow ? flow->name : "",
		.mail_policy = "",
		.mime = work->mime,
		.entity_mime = policy_work_entity(work),
		.opened = outcome->opened,
		.gateway_message =
		    outcome->opened ? outcome->opened->gateway_message : is_sealed_form(work->mime),
		.gateway_verified = outcome->opened && outcome->opened->gateway_verified,
		.body_size = body_size(work->mime),
	};

	SMIME_AUTO(policy_content) content = NULL;

	SMIME_TRY(
	    policy_content_new(facts.entity_mime, work->process->spool, &content, work->diag));
	facts.content = content;
	return policy_decide(
	    work->process->snapshot, &facts, work->process->trace, &outcome->plan, work->diag);
}

/* One splinter with everybody in it, to be sealed with the profile asked for. */
static enum smime_status
plan_profile(struct policy_work *work)
{
	struct policy_plan *plan = calloc(1, sizeof *plan);

	if (!plan)
		return SMIME_E_SYSTEM;
	work->outcome->plan = plan;
	plan->direction = POLICY_OUTGOING;
	plan->splinters = calloc(1, sizeof *plan->splinters);
	if (!plan->splinters)
		return SMIME_E_SYSTEM;
	plan->splinter_count = 1;
	plan->splinters[0].profile = work->process->profile;
	for (size_t i = 0; i < work->message->recipient_count; i++)
		SMIME_TRY(policy_indexes_add(
		    &plan->splinters[0].recipients, &plan->splinters[0].recipient_count, i));
	return SMIME_OK;
}

/* ---- seal ---- */

static void
explain_splinter(const struct policy_work *work, const struct policy_splinter *splinter)
{
	static const char *const finals[] = { [POLICY_DELIVER] = "delivered",
		[POLICY_DROP] = "dropped",
		[POLICY_BOUNCE] = "bounced" };
	struct policy_trace *trace = work->process->trace;
	const char *policy = splinter->policy ? splinter->policy->name : "(none: filters ended it)";

	policy_trace_line(trace, 0, "carrying out mail policy %s: %s%s%s", policy,
	    finals[splinter->final],
	    splinter->final != POLICY_DELIVER ? ""
	    : splinter->profile               ? " with sending profile "
					      : " as it is",
	    splinter->final == POLICY_DELIVER && splinter->profile ? splinter->profile->name : "");
	if (splinter->quarantine)
		policy_trace_line(trace, 1, "held in quarantine %s", splinter->quarantine);
}

/* What it came to: the copies since first, or why there are none. */
static void
explain_result(const struct policy_work *work, const struct policy_splinter *splinter, size_t first)
{
	static const char *const names[] = {
		[POLICY_SEALED] = "sealed", [POLICY_SIGNED] = "signed", [POLICY_CLEAR] = "clear"
	};
	const struct policy_outcome *o = work->outcome;
	struct policy_trace *trace = work->process->trace;

	for (size_t i = first; trace && i < o->copy_count; i++)
		for (size_t k = 0; k < o->copies[i].recipient_count; k++)
			policy_trace_line(trace, 1, "copy %zu, %s, to %s", i + 1,
			    names[o->copies[i].treatment],
			    work->message->recipients[o->copies[i].recipients[k]].address);
	for (size_t i = 0; trace && i < o->bounce_count; i++)
		if (o->bounces[i].splinter == splinter)
			policy_trace_line(
			    trace, 1, "bounced: %s %s", o->bounces[i].xcode, o->bounces[i].text);
	if (splinter->final == POLICY_DROP)
		policy_trace_line(trace, 1, "dropped: no copy");
}

static enum smime_status
carry_out(struct policy_work *work, struct policy_splinter *splinter)
{
	struct policy_some all = { splinter->recipients, splinter->recipient_count };

	switch (splinter->final) {
	case POLICY_DROP:
		return policy_outcome_drop(work->outcome, splinter);
	case POLICY_BOUNCE:
		return policy_outcome_bounce(work->outcome, splinter, "5.7.1",
		    splinter->bounce_text ? splinter->bounce_text : "message refused by policy");
	case POLICY_DELIVER:
		break;
	}
	return splinter->profile ? policy_make_sealed(work, splinter)
				 : policy_make_clear(work, splinter, &all);
}

static enum smime_status
make_splinter(struct policy_work *work, struct policy_splinter *splinter)
{
	size_t first = work->outcome->copy_count;

	explain_splinter(work, splinter);
	SMIME_TRY(carry_out(work, splinter));
	explain_result(work, splinter, first);
	return SMIME_OK;
}

/* The verdict on top, and no forged one below it, in every copy. */
static enum smime_status
add_results(struct policy_work *work)
{
	const struct policy_snapshot *snapshot = work->process->snapshot;
	const struct smime_opened *opened = work->outcome->opened;
	SMIME_AUTO_BUF value = { 0 };
	bool has_value = opened && opened->layer_count > 0;

	if (!opened && work->outcome->plan->direction == POLICY_OUTGOING)
		return SMIME_OK;
	if (has_value) {
		SMIME_TRY(policy_auth_results(snapshot->authserv_id, opened, &value));
		SMIME_TRY(smime_buf_terminate(&value));
	}
	for (size_t i = 0; i < work->outcome->copy_count; i++)
		SMIME_TRY(policy_edits_add(&work->outcome->copies[i].edits, POLICY_EDIT_RESULTS,
		    "Authentication-Results", has_value ? (const char *)value.data : NULL,
		    snapshot->authserv_id));
	return SMIME_OK;
}

/* The sender must not get back in clear what he sent encrypted: R-DEC-DSN. */
static void
mark_decrypted(struct policy_outcome *outcome)
{
	const struct smime_opened *opened = outcome->opened;
	bool decrypted = false;

	for (size_t i = 0; opened && i < opened->layer_count; i++)
		decrypted = decrypted || (opened->layers[i].type == SMIME_LAYER_ENCRYPTED &&
					     opened->layers[i].ok);
	for (size_t i = 0; decrypted && i < outcome->copy_count; i++)
		outcome->copies[i].decrypted =
		    opened->entity && outcome->copies[i].entity == opened->entity;
}

/* Whom a copy was encrypted to, for the stamps on their keys. */
static enum smime_status
note_use(struct policy_work *work, const struct policy_copy *copy)
{
	struct policy_after *after = &work->outcome->after;

	if (copy->encrypted_to.count == 0)
		return SMIME_OK;
	SMIME_TRY(policy_after_use(after, &copy->encrypted_to));
	for (size_t i = 0; i < copy->recipient_count; i++)
		SMIME_TRY(policy_after_reader(
		    after, work->message->recipients[copy->recipients[i]].address));
	return SMIME_OK;
}

/* Nothing of this is written unless the answer is to deliver. */
static enum smime_status
collect_after(struct policy_work *work, const struct policy_sender_group *group)
{
	struct policy_outcome *outcome = work->outcome;
	SMIME_AUTO_BUF from = { 0 };

	outcome->after.source = strdup(work->message->queue_id);
	if (!outcome->after.source)
		return SMIME_E_SYSTEM;
	outcome->after.limits = work->process->snapshot->harvest_limits;
	for (size_t i = 0; i < outcome->copy_count; i++)
		SMIME_TRY(note_use(work, &outcome->copies[i]));
	if (!outcome->opened || smime_mime_from(work->mime, &from, NULL) != SMIME_OK)
		return SMIME_OK;
	SMIME_TRY(smime_buf_terminate(&from));
	return policy_harvest_collect(
	    group->flow, outcome->opened, (const char *)from.data, &outcome->after);
}

/* ---- the whole ---- */

/* From here on an index of the plan is one of the message. */
static enum smime_status
add_recipients(struct policy_message *message, const struct policy_plan *plan)
{
	for (size_t i = 0; i < plan->added_count; i++) {
		const struct policy_added *added = &plan->added[i];
		struct policy_recipient *recipient;

		/* Nobody is told what became of a copy that nobody knows of. */
		SMIME_TRY(policy_message_add_recipient(
		    message, added->address, added->optional ? "NOTIFY=NEVER" : ""));
		recipient = &message->recipients[message->recipient_count - 1];
		recipient->added = true;
		recipient->optional = added->optional;
	}
	return SMIME_OK;
}

/* What is held for some can keep it from others: those are told of here alone. */
static enum smime_status
settle(struct policy_work *work)
{
	struct policy_outcome *o = work->outcome;
	size_t known = o->bounce_count;

	SMIME_TRY(policy_outcome_settle(o));
	for (size_t i = known; i < o->bounce_count; i++)
		for (size_t k = 0; k < o->bounces[i].recipient_count; k++)
			policy_trace_line(work->process->trace, 0, "%s: bounced, not held: %s",
			    work->message->recipients[o->bounces[i].recipients[k]].address,
			    o->bounces[i].text);
	return SMIME_OK;
}

static enum smime_status
run(struct policy_work *work, struct policy_message *message)
{
	const struct policy_process *process = work->process;
	const struct policy_sender_group *group = NULL;

	work->outcome->after.now = process->now;
	SMIME_TRY(smime_mime_scan_spool(work->message->spool, NULL, &work->mime, work->diag));
	policy_message_forget_added(message);
	SMIME_TRY(policy_message_plain_sender(message));
	if (process->profile) {
		SMIME_TRY(plan_profile(work));
	} else {
		group = policy_flow_match(process->snapshot, work->message, process->trace);
		if (group && group->flow->smime_open)
			SMIME_TRY(open_layers(work, group->flow));
		SMIME_TRY(decide(work, group));
		SMIME_TRY(add_recipients(message, work->outcome->plan));
	}
	for (size_t i = 0; i < work->outcome->plan->splinter_count; i++)
		SMIME_TRY(make_splinter(work, &work->outcome->plan->splinters[i]));
	SMIME_TRY(policy_make_notices(work));
	SMIME_TRY(add_results(work));
	mark_decrypted(work->outcome);
	SMIME_TRY(collect_after(work, group));
	return settle(work);
}

/* A plan without splinters, of a message that was given up before it was decided: whose it was
 * belongs into the log all the same. No memory, no plan. */
static void
plan_nothing(const struct policy_work *work)
{
	const struct policy_process *process = work->process;
	struct policy_plan *plan = work->outcome->plan;

	if (plan || process->profile)
		return;
	plan = calloc(1, sizeof *plan);
	work->outcome->plan = plan;
	if (!plan)
		return;
	plan->group = policy_flow_match(process->snapshot, work->message, NULL);
	plan->flow = plan->group ? plan->group->flow : NULL;
	plan->direction = plan->flow ? plan->flow->direction : POLICY_INCOMING;
}

enum smime_status
policy_process(const struct policy_process *process, struct policy_message *message,
    struct policy_outcome **out, struct smime_diag *diag)
{
	SMIME_AUTO(policy_outcome) outcome = calloc(1, sizeof *outcome);
	struct smime_diag why = { 0 };
	struct policy_work work = {
		.process = process, .message = message, .outcome = outcome, .diag = &why
	};
	enum smime_status status;

	*out = NULL;
	if (!outcome)
		return SMIME_E_SYSTEM;
	status = run(&work, message);
	smime_mime_free(&work.opened_mime);
	smime_mime_free(&work.mime);
	if (status != SMIME_OK)
		plan_nothing(&work);
	if (status != SMIME_OK && diag) {
		*diag = why;
		diag->status = status;
	}
	/* Too many parts, too deep, too long a header: nobody could say what is in it. */
	if (status == SMIME_E_LIMIT) {
		policy_trace_line(process->trace, 0, "refused: %s", why.text);
		status =
		    policy_outcome_answer(outcome, POLICY_REPLY_REJECT, "552", "5.3.4", why.text);
	}
	if (status != SMIME_OK)
		SMIME_TRY(policy_outcome_answer(outcome, POLICY_REPLY_TEMPFAIL, "451", "4.3.0",
		    "S/MIME gateway: temporary failure, try again later"));
	SMIME_TRY(policy_record_line(message, &why, outcome));
	*out = outcome;
	outcome = NULL;
	return status;
}
