/*
 * decide.c - (facts, snapshot) -> plan: message filters on the whole message, splintering by mail
 * policy, content filters on each splinter.  DESIGN section 6.
 *
 * Pure: no I/O, no clock. Says in the trace what it saw. When a filter cannot be evaluated, because
 * a pattern ran away, the stricter outcome is taken: what it would seal, hold or refuse is sealed,
 * held or refused; a message filter, whose branches are unknown, refuses what is outgoing and holds
 * what arrives.
 */
#include "array.h"
#include "plan.h"
#include "recipients.h"

#include <stdlib.h>

/* One filter running on one splinter (or on the whole message). */
struct run {
	const struct policy_snapshot *snapshot;
	const struct policy_facts *facts;
	struct policy_trace *trace;
	struct smime_diag *diag;
	const char *filter;
	struct policy_splinter *splinter;
	struct smime_buf matched; /* by the patterns of the filter, for $MatchedContent */
	bool ended;               /* a final action was met */
	bool only_now;            /* it ends the filters of this kind only (skip-filters) */
	enum smime_status status;
};

static enum smime_status
expand(const struct run *run, const char *text, struct smime_buf *out)
{
	SMIME_TRY(policy_expand(text, run->facts, run->filter, out));
	return smime_buf_terminate(out);
}

/* The last use counts (FILTERS: a second use of the same setting overrides the first). */
static enum smime_status
quarantine(struct run *run, const char *name)
{
	SMIME_AUTO_BUF text = { 0 };

	SMIME_TRY(expand(run, name, &text));
	free(run->splinter->quarantine);
	run->splinter->quarantine = strdup((const char *)text.data);
	return run->splinter->quarantine ? SMIME_OK : SMIME_E_SYSTEM;
}

static enum smime_status
log_entry(struct run *run, const char *entry)
{
	SMIME_AUTO_BUF text = { 0 };

	SMIME_TRY(expand(run, entry, &text));
	return policy_strings_add(
	    &run->splinter->log_entries, &run->splinter->log_entry_count, (const char *)text.data);
}

static enum smime_status
insert_header(struct run *run, const struct policy_action *action)
{
	SMIME_AUTO_BUF text = { 0 };

	SMIME_TRY(expand(run, action->args[1], &text));
	return policy_edits_add(&run->splinter->edits, POLICY_EDIT_INSERT, action->args[0],
	    (const char *)text.data, NULL);
}

static enum smime_status
edit_header_text(struct run *run, const struct policy_action *action)
{
	SMIME_AUTO_BUF text = { 0 };

	SMIME_TRY(expand(run, action->args[2], &text));
	return policy_edits_add(&run->splinter->edits, POLICY_EDIT_TEXT, action->args[0],
	    (const char *)text.data, action->args[1]);
}

static enum smime_status
bounce(struct run *run)
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
seal(struct run *run, const char *profile)
{
	run->splinter->profile = policy_snapshot_profile(run->snapshot, profile);
	if (run->splinter->profile)
		return SMIME_OK;
	return smime_fail(run->diag, SMIME_E_SYSTEM, "policy",
	    "filter %s: there is no sending_profile \"%s\"", run->filter, profile);
}

static enum smime_status
take(struct run *run, const struct policy_action *action)
{
	switch (action->kind) {
	case POLICY_ACT_SMIME_GATEWAY:
	case POLICY_ACT_SMIME_GATEWAY_DEFERRED:
		return seal(run, action->args[0]);
	case POLICY_ACT_QUARANTINE:
		return quarantine(run, action->args[0]);
	case POLICY_ACT_DROP:
		run->splinter->final = POLICY_DROP;
		return SMIME_OK;
	case POLICY_ACT_BOUNCE:
		return bounce(run);
	case POLICY_ACT_INSERT_HEADER:
		return insert_header(run, action);
	case POLICY_ACT_STRIP_HEADER:
		return policy_edits_add(
		    &run->splinter->edits, POLICY_EDIT_STRIP, action->args[0], NULL, NULL);
	case POLICY_ACT_EDIT_HEADER_TEXT:
		return edit_header_text(run, action);
	case POLICY_ACT_LOG_ENTRY:
		return log_entry(run, action->args[0]);
	case POLICY_ACT_SKIP_FILTERS:
		run->only_now = true;
		return SMIME_OK;
	case POLICY_ACT_DELIVER:
	case POLICY_ACT_NO_OP:
		return SMIME_OK;
	/* Refused when the filter was compiled. */
	case POLICY_ACT_NOTIFY:
	case POLICY_ACT_NOTIFY_COPY:
	case POLICY_ACT_BCC:
	case POLICY_ACT_ALT_RCPT_TO:
	case POLICY_ACT_TAG_MESSAGE:
		break;
	}
	return smime_fail(run->diag, SMIME_E_SYSTEM, "policy",
	    "filter %s: action %s is not supported yet", run->filter,
	    policy_action_name(action->kind));
}

/* Go on? */
static bool
act(void *arg, const struct policy_action *action)
{
	struct run *run = arg;

	policy_trace_line(run->trace, 2, "action %s%s%s", policy_action_name(action->kind),
	    action->arg_count > 0 ? " " : "", action->arg_count > 0 ? action->args[0] : "");
	run->status = take(run, action);
	run->ended = policy_action_is_final(action->kind);
	return run->status == SMIME_OK && !run->ended;
}

/* ---- message filters ---- */

/* Which branch would have been taken is unknown. */
static enum smime_status
refuse_unknown(struct run *run, struct policy_plan *plan)
{
	plan->strict = true;
	run->ended = true;
	policy_trace_line(run->trace, 1, "message filter %s could not be evaluated: %s",
	    run->filter, run->diag ? run->diag->text : "");
	if (plan->direction == POLICY_INCOMING)
		return quarantine(run, "a filter could not be evaluated");
	return bounce(run);
}

static enum smime_status
run_message_filters(struct run *run, struct policy_plan *plan)
{
	const struct policy_snapshot *s = run->snapshot;

	for (size_t i = 0; i < s->message_filter_count && !run->ended; i++) {
		const struct policy_filter *f = s->message_filters[i];
		enum smime_status status;
		bool matched = false;

		run->filter = f->name;
		run->matched.len = 0;
		policy_trace_line(run->trace, 1, "message filter %s", f->name);
		status = policy_script_run(
		    f->script, run->facts, run->trace, act, run, &matched, run->diag);
		if (status == SMIME_E_LIMIT)
			SMIME_TRY(refuse_unknown(run, plan));
		else if (status != SMIME_OK)
			return status;
		SMIME_TRY(run->status);
		SMIME_TRY(policy_matched_add(
		    &plan->message_filters, &plan->message_filter_count, f->name, matched));
	}
	/* skip-filters skips message filters; content filters have their turn. */
	if (run->only_now)
		run->ended = false;
	return SMIME_OK;
}

/* ---- content filters ---- */

/* Is it one that only lets pass? Then "matches" is not the stricter answer. */
static bool
only_passes(const struct policy_filter *filter)
{
	for (size_t i = 0; i < filter->action_count; i++)
		if (filter->actions[i].kind == POLICY_ACT_DELIVER ||
		    filter->actions[i].kind == POLICY_ACT_SKIP_FILTERS)
			return true;
	return false;
}

static enum smime_status
matches(struct run *run, struct policy_plan *plan, const struct policy_filter *filter, bool *out)
{
	enum smime_status status =
	    policy_rule_eval(filter->condition, run->facts, run->trace, out, run->diag);

	if (status != SMIME_E_LIMIT)
		return status;
	plan->strict = true;
	*out = !only_passes(filter);
	policy_trace_line(run->trace, 2, "could not be evaluated: taken as %s",
	    *out ? "matching" : "not matching");
	return SMIME_OK;
}

static enum smime_status
run_content_filters(struct run *run, struct policy_plan *plan)
{
	struct policy_splinter *splinter = run->splinter;

	for (size_t i = 0; i < splinter->policy->filter_count && !run->ended; i++) {
		const struct policy_filter *f = splinter->policy->filters[i];
		bool matched;

		run->filter = f->name;
		run->matched.len = 0;
		policy_trace_line(run->trace, 1, "content filter %s", f->name);
		SMIME_TRY(matches(run, plan, f, &matched));
		SMIME_TRY(policy_matched_add(
		    &splinter->filters, &splinter->filter_count, f->name, matched));
		for (size_t k = 0; matched && k < f->action_count; k++)
			if (!act(run, &f->actions[k]))
				break;
		SMIME_TRY(run->status);
	}
	return SMIME_OK;
}

/* ---- splinters ---- */

static enum smime_status
add_splinter(struct policy_plan *plan, const struct policy_mail_policy *policy,
    const struct policy_splinter *whole, struct policy_splinter **out)
{
	struct policy_splinter *grown =
	    policy_array_grow(plan->splinters, plan->splinter_count, sizeof *grown);

	if (!grown)
		return SMIME_E_SYSTEM;
	plan->splinters = grown;
	*out = &grown[plan->splinter_count++];
	**out = (struct policy_splinter){ .policy = policy };
	return policy_splinter_copy(*out, whole);
}

static enum smime_status
place_recipient(const struct run *run, struct policy_plan *plan,
    const struct policy_splinter *whole, size_t recipient)
{
	const struct policy_message *message = run->facts->message;
	const struct policy_mail_policy *policy = NULL;
	struct policy_splinter *splinter = NULL;

	/* What message filters ended is one splinter. */
	if (!run->ended) {
		policy = policy_recipient_match(run->snapshot, plan->direction, message->mail_from,
		    message->recipients[recipient].address);
		if (!policy)
			return smime_fail(run->diag, SMIME_E_SYSTEM, "policy",
			    "no mail policy for %s: the default one is missing",
			    message->recipients[recipient].address);
	}
	for (size_t i = 0; i < plan->splinter_count; i++)
		if (plan->splinters[i].policy == policy)
			splinter = &plan->splinters[i];
	if (!splinter)
		SMIME_TRY(add_splinter(plan, policy, whole, &splinter));
	return policy_indexes_add(&splinter->recipients, &splinter->recipient_count, recipient);
}

static enum smime_status
decide_splinter(struct run *run, struct policy_facts *facts, struct policy_plan *plan, size_t i)
{
	struct policy_splinter *splinter = &plan->splinters[i];

	if (!splinter->policy)
		return SMIME_OK;
	policy_trace_line(run->trace, 0, "mail policy %s", splinter->policy->name);
	for (size_t k = 0; k < splinter->recipient_count; k++)
		policy_trace_line(run->trace, 1, "recipient %s",
		    facts->message->recipients[splinter->recipients[k]].address);
	run->splinter = splinter;
	run->ended = false;
	facts->mail_policy = splinter->policy->name;
	facts->edits = &splinter->edits;
	return run_content_filters(run, plan);
}

static enum smime_status
decide(struct run *run, struct policy_facts *facts, struct policy_plan *plan,
    struct policy_splinter *whole)
{
	run->splinter = whole;
	facts->mail_policy = "";
	facts->edits = &whole->edits;
	facts->snapshot = run->snapshot;
	facts->matched = &run->matched;
	SMIME_TRY(run_message_filters(run, plan));
	for (size_t i = 0; i < facts->message->recipient_count; i++)
		SMIME_TRY(place_recipient(run, plan, whole, i));
	for (size_t i = 0; i < plan->splinter_count; i++)
		SMIME_TRY(decide_splinter(run, facts, plan, i));
	return SMIME_OK;
}

enum smime_status
policy_decide(const struct policy_snapshot *snapshot, struct policy_facts *facts,
    struct policy_trace *trace, struct policy_plan **out, struct smime_diag *diag)
{
	SMIME_AUTO(policy_plan) plan = calloc(1, sizeof *plan);
	struct policy_splinter whole = { 0 };
	struct run run = { .snapshot = snapshot, .facts = facts, .trace = trace, .diag = diag };
	enum smime_status status;

	*out = NULL;
	if (!plan)
		return SMIME_E_SYSTEM;
	plan->group = policy_flow_match(snapshot, facts->message);
	plan->flow = plan->group ? plan->group->flow : NULL;
	plan->direction = facts->direction;
	policy_trace_line(trace, 0, "sender group %s, mail flow policy %s, %s",
	    plan->group ? plan->group->name : "(none)", plan->flow ? plan->flow->name : "(none)",
	    plan->direction == POLICY_OUTGOING ? "outgoing" : "incoming");
	status = decide(&run, facts, plan, &whole);
	policy_splinter_reset(&whole);
	smime_buf_reset(&run.matched);
	facts->edits = NULL;
	facts->matched = NULL;
	if (status != SMIME_OK)
		return SMIME_E_SYSTEM;
	*out = plan;
	plan = NULL;
	return SMIME_OK;
}
