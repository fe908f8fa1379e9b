/*
 * rule_eval.c - a rule and facts to yes or no; a script to the actions of the branches taken.
 *
 * Tests have no side effects: of and, or the cheap ones are asked first, and no more than needed.
 * Recursion goes no deeper than POLICY_RULE_DEPTH_MAX. Memory: one header list, one matcher.
 */
#include "rule_shared.h"

#include <stdlib.h>

#define SAW_MAX ((size_t)200)

enum smime_status
policy_saw(struct policy_eval *e, struct smime_bytes value)
{
	size_t len = value.len < SAW_MAX ? value.len : SAW_MAX;

	if (!e->trace)
		return SMIME_OK;
	if (e->saw.len > 0)
		SMIME_TRY(smime_buf_appendf(&e->saw, ", "));
	if (e->saw.len > 4 * SAW_MAX)
		return SMIME_OK;
	SMIME_TRY(smime_buf_append(&e->saw, "\"", 1));
	for (size_t i = 0; i < len; i++) {
		uint8_t c = value.data[i];

		SMIME_TRY(c < 0x20 || c == 0x7F ? smime_buf_appendf(&e->saw, "\\x%02x", c)
						: smime_buf_append(&e->saw, &c, 1));
	}
	return smime_buf_appendf(&e->saw, len < value.len ? "...\"" : "\"");
}

enum smime_status
policy_saw_number(struct policy_eval *e, uint64_t number)
{
	return e->trace ? smime_buf_appendf(&e->saw, "%llu", (unsigned long long)number) : SMIME_OK;
}

bool
policy_compare(const struct policy_test *t, uint64_t n)
{
	switch (t->cmp) {
	case POLICY_CMP_LT:
		return n < t->value.number;
	case POLICY_CMP_LE:
		return n <= t->value.number;
	case POLICY_CMP_GT:
		return n > t->value.number;
	case POLICY_CMP_GE:
		return n >= t->value.number;
	case POLICY_CMP_EQ:
	case POLICY_CMP_NE: /* turned round by ask() */
	case POLICY_CMP_NONE:
		break;
	}
	return n == t->value.number;
}

enum smime_status
policy_eval_matcher(struct policy_eval *e)
{
	return e->matcher ? SMIME_OK : policy_matcher_new(0, &e->matcher);
}

enum smime_status
policy_eval_matched(struct policy_eval *e, struct smime_bytes matched)
{
	struct smime_buf *out = e->facts->matched;

	if (!out || matched.len == 0 || out->len > 4 * SAW_MAX)
		return SMIME_OK;
	if (out->len > 0 && memmem(out->data, out->len, matched.data, matched.len))
		return SMIME_OK;
	if (out->len > 0)
		SMIME_TRY(smime_buf_appendf(out, ", "));
	return smime_buf_append(out, matched.data, matched.len < SAW_MAX ? matched.len : SAW_MAX);
}

enum smime_status
policy_ask_pattern(struct policy_eval *e, const struct policy_pattern *pattern,
    struct smime_bytes value, bool *out)
{
	struct policy_span span;

	SMIME_TRY(policy_eval_matcher(e));
	SMIME_TRY(policy_saw(e, value));
	SMIME_TRY(policy_pattern_find(pattern, e->matcher, value, 0, &span, out, e->diag));
	return *out ? policy_eval_matched(e, smime_bytes_slice(value, span.from, span.to))
		    : SMIME_OK;
}

enum smime_status
policy_try_pattern(
    struct policy_eval *e, const struct policy_test *t, struct smime_bytes value, bool *out)
{
	return policy_ask_pattern(e, t->pattern, value, out);
}

enum smime_status
policy_eval_header(struct policy_eval *e, struct policy_header **out)
{
	struct smime_bytes view;

	if (!e->header) {
		view = smime_mime_part(e->facts->mime, 0)->whole;
		SMIME_TRY(policy_header_read(view, &e->header, e->diag));
		if (e->facts->edits)
			SMIME_TRY(policy_header_apply(e->header, e->facts->edits, e->diag));
	}
	*out = e->header;
	return SMIME_OK;
}

static enum smime_status
trace_test(struct policy_eval *e, const struct policy_test *t, bool holds, unsigned depth)
{
	SMIME_AUTO_BUF text = { 0 };

	if (!e->trace)
		return SMIME_OK;
	SMIME_TRY(policy_test_print(t, &text));
	SMIME_TRY(smime_buf_terminate(&text));
	SMIME_TRY(smime_buf_terminate(&e->saw));
	policy_trace_line(e->trace, depth, "%s is %s%s%s", (const char *)text.data,
	    holds ? "true" : "false", e->saw.len > 0 ? ": saw " : "", (const char *)e->saw.data);
	e->saw.len = 0;
	return SMIME_OK;
}

static enum smime_status
ask(struct policy_eval *e, const struct policy_test *t, bool *out, unsigned depth)
{
	*out = false;
	SMIME_TRY(t->kind->ask(e, t, out));
	if (t->cmp == POLICY_CMP_NE)
		*out = !*out;
	return trace_test(e, t, *out, depth);
}

static enum smime_status
eval(/* NOLINT(misc-no-recursion): depth 100 */
    struct policy_eval *e, const struct policy_rule *rule, bool *out, unsigned depth)
{
	bool stop_at = rule->op == POLICY_RULE_OR;

	if (rule->op == POLICY_RULE_TEST)
		return ask(e, &rule->test, out, depth);
	if (rule->op == POLICY_RULE_NOT) {
		SMIME_TRY(eval(e, rule->child[0], out, depth + 1));
		*out = !*out;
		return SMIME_OK;
	}
	*out = !stop_at;
	for (size_t i = 0; i < rule->count && *out != stop_at; i++)
		SMIME_TRY(eval(e, rule->cheap_first[i], out, depth + 1));
	return SMIME_OK;
}

enum smime_status
policy_rule_eval(const struct policy_rule *rule, const struct policy_facts *facts,
    struct policy_trace *trace, bool *out, struct smime_diag *diag)
{
	struct policy_eval e = { .facts = facts, .trace = trace, .diag = diag };
	enum smime_status status;

	policy_shared_take(&e);
	status = eval(&e, rule, out, 2);
	policy_shared_keep(&e);
	return status;
}

/* ---- scripts ---- */

struct script_run {
	const struct policy_facts *facts;
	struct policy_trace *trace;
	bool (*act)(void *arg, const struct policy_action *action);
	void *arg;
	bool stopped;
	struct smime_diag *diag;
};

static enum smime_status run_if(
    struct script_run *run, const struct policy_if *node, bool *matched);

static enum smime_status
run_block(/* NOLINT(misc-no-recursion): depth 100 */
    struct script_run *run, const struct policy_branch *branch)
{
	bool unused;

	for (size_t i = 0; i < branch->count && !run->stopped; i++) {
		const struct policy_statement *s = &branch->statement[i];

		if (s->nested)
			SMIME_TRY(run_if(run, s->nested, &unused));
		else
			run->stopped = !run->act(run->arg, &s->action);
	}
	return SMIME_OK;
}

/* *matched: whether the first condition held. */
static enum smime_status
run_if(/* NOLINT(misc-no-recursion): depth 100 */
    struct script_run *run, const struct policy_if *node, bool *matched)
{
	*matched = false;
	for (size_t i = 0; i < node->count; i++) {
		const struct policy_branch *branch = &node->branch[i];
		bool taken = true;

		if (branch->rule)
			SMIME_TRY(policy_rule_eval(
			    branch->rule, run->facts, run->trace, &taken, run->diag));
		if (!taken)
			continue;
		*matched = i == 0;
		return run_block(run, branch);
	}
	return SMIME_OK;
}

enum smime_status
policy_script_run(const struct policy_script *script, const struct policy_facts *facts,
    struct policy_trace *trace, bool (*act)(void *arg, const struct policy_action *action),
    void *arg, bool *matched, struct smime_diag *diag)
{
	struct script_run run = {
		.facts = facts, .trace = trace, .act = act, .arg = arg, .diag = diag
	};

	return run_if(&run, script->top, matched);
}
