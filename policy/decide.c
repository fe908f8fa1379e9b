/*
 * decide.c - (facts, snapshot) -> plan: message filters on the whole message, splintering by mail
 * policy, content filters on each splinter.  DESIGN section 6.
 *
 * Pure: no I/O, no clock. Says in the trace what it saw. When a filter cannot be evaluated, because
 * a pattern ran away, the log says so and the stricter outcome is taken: what it would seal, hold
 * or refuse is sealed, held or refused. Of what it would lose, or let pass before other filters
 * seal it, or seal less than they do, or edit before they look, and of a message filter, whose
 * branches are unknown, the outgoing message is refused and the arriving one is held.
 */
#include "array.h"
#include "recipients.h"
#include "rule_shared.h"
#include "run.h"

#include <stdlib.h>

/* ---- explaining ---- */

static const char *
yes_or_no(bool matched)
{
	return matched ? "it matches" : "it does not match";
}

static void
explain_idle(const struct policy_run *run, const struct policy_idle *idle)
{
	policy_trace_line(run->trace, 1, "%s %s does not run: %s",
	    strcmp(idle->table, "message_filter") == 0 ? "message filter" : "content filter",
	    idle->name, idle->reason);
}

/* What comes after a final action is not asked. */
static void
explain_rest(const struct policy_run *run, const char *kind,
    const struct policy_filter *const *rest, size_t n)
{
	for (size_t i = 0; run->trace && i < n; i++)
		policy_trace_line(run->trace, 1, "%s %s: not asked, %s has ended it", kind,
		    rest[i]->name, run->filter);
}

/* ---- message filters ---- */

/* The stricter outcome is taken, and the log says of which filter and why. */
static enum smime_status
note_unknown(struct policy_run *run, struct policy_plan *plan)
{
	SMIME_AUTO_BUF text = { 0 };

	plan->strict = true;
	SMIME_TRY(smime_buf_appendf(&text, "filter %s could not be evaluated: %s", run->filter,
	    run->diag ? run->diag->text : "over a limit"));
	SMIME_TRY(smime_buf_terminate(&text));
	policy_trace_line(run->trace, 2, "%s", (const char *)text.data);
	return policy_strings_add(
	    &plan->log_entries, &plan->log_entry_count, (const char *)text.data);
}

/* Which branch would have been taken, or what the field would have become, is unknown. */
static enum smime_status
refuse_unknown(struct policy_run *run, struct policy_plan *plan)
{
	run->ended = true;
	run->only_now = false;
	run->status = SMIME_OK;
	SMIME_TRY(note_unknown(run, plan));
	if (plan->direction == POLICY_INCOMING)
		return policy_act_quarantine(run, "a filter could not be evaluated");
	return policy_act_bounce(run);
}

static enum smime_status
run_message_filters(struct policy_run *run, struct policy_plan *plan)
{
	const struct policy_snapshot *s = run->snapshot;

	size_t i;

	for (i = 0; run->trace && i < s->idle_count; i++)
		if (strcmp(s->idles[i].table, "message_filter") == 0)
			explain_idle(run, &s->idles[i]);
	for (i = 0; i < s->message_filter_count && !run->ended; i++) {
		const struct policy_filter *f = s->message_filters[i];
		enum smime_status status;
		bool matched = false;

		run->filter = f->name;
		run->matched.len = 0;
		policy_trace_line(run->trace, 1, "message filter %s", f->name);
		status = policy_script_run(
		    f->script, run->facts, run->trace, policy_act, run, &matched, run->diag);
		if (status == SMIME_E_LIMIT || run->status == SMIME_E_LIMIT)
			SMIME_TRY(refuse_unknown(run, plan));
		else if (status != SMIME_OK)
			return status;
		SMIME_TRY(run->status);
		policy_trace_line(run->trace, 2, "%s", yes_or_no(matched));
		SMIME_TRY(policy_matched_add(
		    &plan->message_filters, &plan->message_filter_count, f->name, matched));
	}
	explain_rest(run, "message filter",
	    (const struct policy_filter *const *)&s->message_filters[i],
	    s->message_filter_count - i);
	/* skip-filters skips message filters; content filters have their turn. */
	if (run->only_now)
		run->ended = false;
	return SMIME_OK;
}

/* ---- content filters ---- */

/* What is done with a filter whose condition could not be evaluated. */
enum unknown {
	UNKNOWN_MATCHES,     /* its actions are the stricter outcome */
	UNKNOWN_MATCHES_NOT, /* it only lets pass */
	UNKNOWN_REFUSED,     /* it loses the message, or keeps others from sealing it */
};

/* Might sealing with that one leave in clear what would be encrypted without it: by the mark that
 * is there, or, when sealing is done now, by filters that are not asked any more? */
static bool
leaves_clear(const struct policy_run *run, const struct policy_action *action, bool now)
{
	const struct policy_profile *profile =
	    policy_snapshot_profile(run->snapshot, action->args[0]);
	const struct policy_profile *mark = run->splinter->profile;

	if (!now && (profile == mark || !mark || mark->mode == SMIME_MODE_SIGN))
		return false;
	return !profile || profile->mode == SMIME_MODE_SIGN ||
	       profile->missing_key == POLICY_MISSING_SPLIT;
}

/* Later filters see what it leaves of the header: a word that another one looks for may be gone. */
static bool
edits(enum policy_action_kind kind)
{
	return kind == POLICY_ACT_INSERT_HEADER || kind == POLICY_ACT_STRIP_HEADER ||
	       kind == POLICY_ACT_EDIT_HEADER_TEXT;
}

static enum unknown
judge_unknown(const struct policy_run *run, const struct policy_filter *filter)
{
	bool passes = false, stricter = false, loses = false;

	for (size_t i = 0; i < filter->action_count; i++) {
		const struct policy_action *action = &filter->actions[i];
		enum policy_action_kind kind = action->kind;

		passes = passes || kind == POLICY_ACT_DELIVER || kind == POLICY_ACT_SKIP_FILTERS;
		stricter = stricter || kind == POLICY_ACT_SMIME_GATEWAY ||
			   kind == POLICY_ACT_SMIME_GATEWAY_DEFERRED ||
			   kind == POLICY_ACT_QUARANTINE || kind == POLICY_ACT_BOUNCE;
		loses =
		    loses || kind == POLICY_ACT_DROP || kind == POLICY_ACT_ALT_RCPT_TO ||
		    edits(kind) ||
		    (kind == POLICY_ACT_SMIME_GATEWAY && leaves_clear(run, action, true)) ||
		    (kind == POLICY_ACT_SMIME_GATEWAY_DEFERRED && leaves_clear(run, action, false));
	}
	if (loses || (passes && stricter))
		return UNKNOWN_REFUSED;
	return passes ? UNKNOWN_MATCHES_NOT : UNKNOWN_MATCHES;
}

static enum smime_status
matches(
    struct policy_run *run, struct policy_plan *plan, const struct policy_filter *filter, bool *out)
{
	enum smime_status status =
	    policy_rule_eval(filter->condition, run->facts, run->trace, out, run->diag);
	enum unknown unknown;

	if (status != SMIME_E_LIMIT)
		return status;
	unknown = judge_unknown(run, filter);
	*out = unknown == UNKNOWN_MATCHES;
	if (unknown == UNKNOWN_REFUSED)
		return refuse_unknown(run, plan);
	SMIME_TRY(note_unknown(run, plan));
	policy_trace_line(run->trace, 2, "taken as %s", *out ? "matching" : "not matching");
	return SMIME_OK;
}

static enum smime_status
run_content_filters(struct policy_run *run, struct policy_plan *plan)
{
	struct policy_splinter *splinter = run->splinter;
	const struct policy_mail_policy *policy = splinter->policy;
	size_t i;

	for (i = 0; run->trace && i < policy->idle_count; i++)
		explain_idle(run, &run->snapshot->idles[policy->idle[i]]);
	if (policy->filter_count == 0)
		policy_trace_line(run->trace, 1, "it has no content filters that run");
	for (i = 0; i < policy->filter_count && !run->ended; i++) {
		const struct policy_filter *f = policy->filters[i];
		bool matched;

		run->filter = f->name;
		run->matched.len = 0;
		policy_trace_line(run->trace, 1, "content filter %s", f->name);
		SMIME_TRY(matches(run, plan, f, &matched));
		policy_trace_line(run->trace, 2, "%s", yes_or_no(matched));
		SMIME_TRY(policy_matched_add(
		    &splinter->filters, &splinter->filter_count, f->name, matched));
		for (size_t k = 0; matched && k < f->action_count; k++)
			if (!policy_act(run, &f->actions[k]))
				break;
		if (run->status == SMIME_E_LIMIT)
			SMIME_TRY(refuse_unknown(run, plan));
		SMIME_TRY(run->status);
	}
	explain_rest(run, "content filter", &policy->filters[i], policy->filter_count - i);
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

/* policy: NULL for what message filters ended: one splinter. */
static enum smime_status
place_recipient(struct policy_plan *plan, const struct policy_mail_policy *policy,
    const struct policy_splinter *whole, size_t recipient)
{
	struct policy_splinter *splinter = NULL;

	for (size_t i = 0; i < plan->splinter_count; i++)
		if (plan->splinters[i].policy == policy)
			splinter = &plan->splinters[i];
	if (!splinter)
		SMIME_TRY(add_splinter(plan, policy, whole, &splinter));
	return policy_indexes_add(&splinter->recipients, &splinter->recipient_count, recipient);
}

static enum smime_status
place_all(const struct policy_run *run, struct policy_plan *plan,
    const struct policy_splinter *whole, const struct policy_routes *routes)
{
	for (size_t i = 0; i < whole->recipient_count; i++) {
		const char *address = policy_run_address(run, whole->recipients[i]);
		const struct policy_mail_policy *policy;

		policy_trace_line(run->trace, 0, "recipient %s", address);
		policy = policy_routes_find(routes, i, run->trace);
		if (!policy)
			return smime_fail(run->diag, SMIME_E_SYSTEM, "policy",
			    "no mail policy for %s: the default one is missing", address);
		SMIME_TRY(place_recipient(plan, policy, whole, whole->recipients[i]));
	}
	return SMIME_OK;
}

static enum smime_status
splinter_message(
    const struct policy_run *run, struct policy_plan *plan, const struct policy_splinter *whole)
{
	struct policy_envelope envelope = { .sender = run->facts->message->mail_from,
		.recipients = calloc(whole->recipient_count + 1, sizeof(char *)),
		.recipient_count = whole->recipient_count };
	struct policy_routes routes = { 0 };
	enum smime_status status;

	for (size_t i = 0; envelope.recipients && i < whole->recipient_count; i++)
		envelope.recipients[i] = policy_run_address(run, whole->recipients[i]);
	status = envelope.recipients ? policy_routes_make(run->snapshot, plan->direction, &envelope,
					   run->trace, &routes)
				     : SMIME_E_SYSTEM;
	if (status == SMIME_OK)
		status = place_all(run, plan, whole, &routes);
	policy_routes_reset(&routes);
	free(envelope.recipients);
	return status;
}

/* What message filters ended is one splinter. */
static enum smime_status
keep_whole(struct policy_plan *plan, const struct policy_splinter *whole)
{
	for (size_t i = 0; i < whole->recipient_count; i++)
		SMIME_TRY(place_recipient(plan, NULL, whole, whole->recipients[i]));
	return SMIME_OK;
}

static enum smime_status
decide_splinter(
    struct policy_run *run, struct policy_facts *facts, struct policy_plan *plan, size_t i)
{
	struct policy_splinter *splinter = &plan->splinters[i];

	if (!splinter->policy)
		return SMIME_OK;
	policy_trace_line(run->trace, 0, "splinter of mail policy %s", splinter->policy->name);
	for (size_t k = 0; k < splinter->recipient_count; k++)
		policy_trace_line(run->trace, 1, "recipient %s",
		    policy_run_address(run, splinter->recipients[k]));
	run->splinter = splinter;
	run->ended = false;
	facts->mail_policy = splinter->policy->name;
	facts->edits = &splinter->edits;
	return run_content_filters(run, plan);
}

static enum smime_status
decide(struct policy_run *run, struct policy_facts *facts, struct policy_plan *plan,
    struct policy_splinter *whole)
{
	run->splinter = whole;
	facts->mail_policy = "";
	facts->edits = &whole->edits;
	facts->snapshot = run->snapshot;
	facts->matched = &run->matched;
	for (size_t i = 0; i < facts->message->recipient_count; i++)
		SMIME_TRY(policy_indexes_add(&whole->recipients, &whole->recipient_count, i));
	SMIME_TRY(run_message_filters(run, plan));
	SMIME_TRY(run->ended ? keep_whole(plan, whole) : splinter_message(run, plan, whole));
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
	struct policy_run run = {
		.snapshot = snapshot, .facts = facts, .plan = plan, .trace = trace, .diag = diag
	};
	enum smime_status status;

	*out = NULL;
	if (!plan)
		return SMIME_E_SYSTEM;
	plan->group = policy_flow_match(snapshot, facts->message, NULL);
	plan->flow = plan->group ? plan->group->flow : NULL;
	plan->direction = facts->direction;
	status = policy_shared_new(&facts->shared);
	if (status == SMIME_OK)
		status = decide(&run, facts, plan, &whole);
	policy_shared_free(&facts->shared);
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
