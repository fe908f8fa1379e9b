/*
 * rule_condition_parse.c - the grammar of conditions: tests joined by and, or, not, parentheses.
 * Recursive descent, at most POLICY_RULE_DEPTH_MAX deep; chains of and, or may be as long as they
 * like. Memory: the tree.
 */
#include "rule_parse.h"
#include "rule_tests.h"

#include <stdlib.h>

static enum smime_status
rule_new(struct policy_parser *p, enum policy_rule_op op, struct policy_rule **out)
{
	*out = calloc(1, sizeof **out);
	if (!*out)
		return policy_parse_no_memory(p);
	(*out)->op = op;
	return SMIME_OK;
}

/* rule gets a child, which it owns from now on. */
static enum smime_status
adopt(struct policy_parser *p, struct policy_rule *rule, struct policy_rule **child)
{
	struct policy_rule **grown =
	    policy_array_grow(rule->child, rule->count, sizeof *rule->child);

	if (!grown)
		return policy_parse_no_memory(p);
	rule->child = grown;
	rule->child[rule->count++] = *child;
	if ((*child)->cost > rule->cost)
		rule->cost = (*child)->cost;
	*child = NULL;
	return SMIME_OK;
}

/* Tests have no side effects: those that look at less are asked first, else as written. */
static enum smime_status
sort_by_cost(struct policy_parser *p, struct policy_rule *rule)
{
	size_t n = 0;

	/* At least two: NOLINTNEXTLINE(clang-analyzer-optin.portability.UnixAPI) */
	rule->cheap_first = calloc(rule->count, sizeof *rule->cheap_first);
	if (!rule->cheap_first)
		return policy_parse_no_memory(p);
	for (unsigned cost = POLICY_COST_ENVELOPE; cost <= rule->cost; cost++)
		for (size_t i = 0; i < rule->count; i++)
			if (rule->child[i]->cost == cost)
				rule->cheap_first[n++] = rule->child[i];
	return SMIME_OK;
}

/* "(" rule ")" or a test. */
static enum smime_status
parse_primary(/* NOLINT(misc-no-recursion): depth 100 */
    struct policy_parser *p, struct policy_rule **out)
{
	SMIME_AUTO(policy_rule) rule = NULL;

	if (policy_token_is(&p->token, "(")) {
		SMIME_TRY(policy_parse_deeper(p));
		SMIME_TRY(policy_parse_advance(p));
		SMIME_TRY(policy_parse_condition(p, &rule));
		SMIME_TRY(policy_parse_expect(p, ")"));
		p->depth--;
	} else {
		SMIME_TRY(rule_new(p, POLICY_RULE_TEST, &rule));
		SMIME_TRY(policy_parse_test(p, &rule->test));
		rule->cost = rule->test.kind->cost;
	}
	*out = rule;
	rule = NULL;
	return SMIME_OK;
}

static enum smime_status
parse_not(/* NOLINT(misc-no-recursion): depth 100 */
    struct policy_parser *p, struct policy_rule **out)
{
	SMIME_AUTO(policy_rule) rule = NULL;
	SMIME_AUTO(policy_rule) child = NULL;

	if (!policy_token_is(&p->token, "not") && !policy_token_is(&p->token, "NOT"))
		return parse_primary(p, out);
	SMIME_TRY(policy_parse_advance(p));
	SMIME_TRY(rule_new(p, POLICY_RULE_NOT, &rule));
	SMIME_TRY(parse_primary(p, &child));
	SMIME_TRY(adopt(p, rule, &child));
	*out = rule;
	rule = NULL;
	return SMIME_OK;
}

struct joint {
	enum policy_rule_op op;
	const char *lower, *upper;
	enum smime_status (*operand)(struct policy_parser *p, struct policy_rule **out);
};

/* operand { word operand } */
static enum smime_status
parse_joint(/* NOLINT(misc-no-recursion): depth 100 */
    struct policy_parser *p, const struct joint *joint, struct policy_rule **out)
{
	SMIME_AUTO(policy_rule) rule = NULL;
	SMIME_AUTO(policy_rule) child = NULL;

	SMIME_TRY(joint->operand(p, &child));
	while (
	    policy_token_is(&p->token, joint->lower) || policy_token_is(&p->token, joint->upper)) {
		SMIME_TRY(policy_parse_advance(p));
		if (!rule)
			SMIME_TRY(rule_new(p, joint->op, &rule));
		if (child)
			SMIME_TRY(adopt(p, rule, &child));
		SMIME_TRY(joint->operand(p, &child));
		SMIME_TRY(adopt(p, rule, &child));
	}
	if (rule)
		SMIME_TRY(sort_by_cost(p, rule));
	*out = rule ? rule : child;
	rule = NULL;
	child = NULL;
	return SMIME_OK;
}

static enum smime_status
parse_and(/* NOLINT(misc-no-recursion): depth 100 */
    struct policy_parser *p, struct policy_rule **out)
{
	static const struct joint conjunction = { POLICY_RULE_AND, "and", "AND", parse_not };

	return parse_joint(p, &conjunction, out);
}

enum smime_status
policy_parse_condition(/* NOLINT(misc-no-recursion): depth 100 */
    struct policy_parser *p, struct policy_rule **out)
{
	static const struct joint disjunction = { POLICY_RULE_OR, "or", "OR", parse_and };

	return parse_joint(p, &disjunction, out);
}

enum smime_status
policy_rule_parse(const char *text, struct policy_rule **out, struct policy_error *error)
{
	SMIME_AUTO(policy_rule) rule = NULL;
	struct policy_parser p = { .error = error };

	*out = NULL;
	policy_lex_begin(&p.lexer, text);
	SMIME_TRY(policy_parse_advance(&p));
	if (p.token.kind == POLICY_TOKEN_END) {
		policy_lex_begin(&p.lexer, "true");
		SMIME_TRY(policy_parse_advance(&p));
	}
	SMIME_TRY(policy_parse_condition(&p, &rule));
	if (p.token.kind != POLICY_TOKEN_END)
		return policy_parse_found(&p, "and, or, or the end of the condition", NULL);
	*out = rule;
	rule = NULL;
	return SMIME_OK;
}
