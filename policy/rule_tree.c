/*
 * rule_tree.c - a filter as a tree: release and walks.
 * Recursion goes no deeper than POLICY_RULE_DEPTH_MAX, which the parser sees to.
 */
#include "rule_tree.h"
#include "rule_tests.h"

#include <stdlib.h>

const char *
policy_cmp_mark(enum policy_cmp cmp)
{
	static const char *const marks[] = { "", "==", "!=", "<", "<=", ">", ">=" };

	return marks[cmp];
}

void
policy_test_reset(struct policy_test *test)
{
	for (size_t i = 0; i < test->arg_count; i++)
		free(test->args[i].text);
	free(test->args);
	free(test->value.text);
	policy_pattern_free(&test->pattern);
}

void
policy_rule_free(struct policy_rule **rule) /* NOLINT(misc-no-recursion): depth 100 */
{
	struct policy_rule *r = *rule;

	if (!r)
		return;
	for (size_t i = 0; i < r->count; i++)
		policy_rule_free(&r->child[i]);
	free(r->child);
	free(r->cheap_first);
	policy_test_reset(&r->test);
	free(r);
	*rule = NULL;
}

void
policy_if_free(struct policy_if **node) /* NOLINT(misc-no-recursion): depth 100 */
{
	if (!*node)
		return;
	for (size_t i = 0; i < (*node)->count; i++) {
		struct policy_branch *branch = &(*node)->branch[i];

		for (size_t j = 0; j < branch->count; j++) {
			policy_action_reset(&branch->statement[j].action);
			policy_if_free(&branch->statement[j].nested);
		}
		free(branch->statement);
		policy_rule_free(&branch->rule);
	}
	free((*node)->branch);
	free(*node);
	*node = NULL;
}

void
policy_script_free(struct policy_script **script)
{
	if (!*script)
		return;
	free((*script)->name);
	policy_if_free(&(*script)->top);
	free(*script);
	*script = NULL;
}

const char *
policy_script_name(const struct policy_script *script)
{
	return script->name;
}

bool
policy_script_active(const struct policy_script *script)
{
	return script->active;
}

static void
if_each_action(/* NOLINT(misc-no-recursion): depth 100 */
    const struct policy_if *node, void (*visit)(void *arg, const struct policy_action *action),
    void *arg)
{
	for (size_t i = 0; i < node->count; i++) {
		const struct policy_branch *branch = &node->branch[i];

		for (size_t j = 0; j < branch->count; j++) {
			if (branch->statement[j].nested)
				if_each_action(branch->statement[j].nested, visit, arg);
			else
				visit(arg, &branch->statement[j].action);
		}
	}
}

void
policy_script_each_action(const struct policy_script *script,
    void (*visit)(void *arg, const struct policy_action *action), void *arg)
{
	if_each_action(script->top, visit, arg);
}

void
policy_rule_each_reference(/* NOLINT(misc-no-recursion): depth 100 */
    const struct policy_rule *rule,
    void (*visit)(void *arg, const struct policy_reference *reference), void *arg)
{
	const struct policy_test *test = &rule->test;
	struct policy_reference reference;

	for (size_t i = 0; i < rule->count; i++)
		policy_rule_each_reference(rule->child[i], visit, arg);
	if (rule->op != POLICY_RULE_TEST || test->kind->refers == POLICY_REFERS_NOTHING)
		return;
	reference = (struct policy_reference){
		.kind = test->kind->refers,
		.name = test->cmp != POLICY_CMP_NONE ? test->value.text : test->args[0].text,
		.line = test->line,
		.column = test->column,
	};
	visit(arg, &reference);
}

static void
if_each_reference(/* NOLINT(misc-no-recursion): depth 100 */
    const struct policy_if *node,
    void (*visit)(void *arg, const struct policy_reference *reference), void *arg)
{
	for (size_t i = 0; i < node->count; i++) {
		const struct policy_branch *branch = &node->branch[i];

		if (branch->rule)
			policy_rule_each_reference(branch->rule, visit, arg);
		for (size_t j = 0; j < branch->count; j++)
			if (branch->statement[j].nested)
				if_each_reference(branch->statement[j].nested, visit, arg);
	}
}

void
policy_script_each_reference(const struct policy_script *script,
    void (*visit)(void *arg, const struct policy_reference *reference), void *arg)
{
	if_each_reference(script->top, visit, arg);
}
