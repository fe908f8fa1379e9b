/*
 * rule_print.c - a filter's tree as canonical text, which parses back to the same tree.
 * Recursion goes no deeper than POLICY_RULE_DEPTH_MAX.
 */
#include "rule_tests.h"

/* Backslashes doubled; the kind of quotes that need not be escaped, where there is one. */
static enum smime_status
print_text(const char *text, struct smime_buf *out)
{
	char quote = strchr(text, '"') && !strchr(text, '\'') ? '\'' : '"';

	SMIME_TRY(smime_buf_append(out, &quote, 1));
	for (const char *c = text; *c; c++) {
		if (*c == '\\' || *c == quote)
			SMIME_TRY(smime_buf_append(out, "\\", 1));
		SMIME_TRY(smime_buf_append(out, c, 1));
	}
	return smime_buf_append(out, &quote, 1);
}

static enum smime_status
print_value(const struct policy_value *value, struct smime_buf *out)
{
	uint64_t n = value->number;

	if (value->text)
		return print_text(value->text, out);
	if (n > 0 && n % 1048576 == 0)
		return smime_buf_appendf(out, "%lluM", (unsigned long long)(n / 1048576));
	if (n > 0 && n % 1024 == 0)
		return smime_buf_appendf(out, "%lluK", (unsigned long long)(n / 1024));
	return smime_buf_appendf(out, "%llu", (unsigned long long)n);
}

enum smime_status
policy_test_print(const struct policy_test *test, struct smime_buf *out)
{
	SMIME_TRY(smime_buf_appendf(out, "%s", test->kind->name));
	for (size_t i = 0; i < test->arg_count; i++) {
		SMIME_TRY(smime_buf_appendf(out, i ? ", " : "("));
		SMIME_TRY(print_value(&test->args[i], out));
	}
	if (test->arg_count > 0)
		SMIME_TRY(smime_buf_append(out, ")", 1));
	if (test->cmp == POLICY_CMP_NONE)
		return SMIME_OK;
	SMIME_TRY(smime_buf_appendf(out, " %s ", policy_cmp_mark(test->cmp)));
	return print_value(&test->value, out);
}

enum smime_status
policy_rule_print(/* NOLINT(misc-no-recursion): depth 100 */
    const struct policy_rule *rule, struct smime_buf *out)
{
	if (rule->op == POLICY_RULE_TEST)
		return policy_test_print(&rule->test, out);
	if (rule->op == POLICY_RULE_NOT)
		SMIME_TRY(smime_buf_appendf(out, "not "));
	for (size_t i = 0; i < rule->count; i++) {
		bool plain = rule->child[i]->op == POLICY_RULE_TEST ||
			     (rule->child[i]->op == POLICY_RULE_NOT && rule->op != POLICY_RULE_NOT);

		if (i > 0)
			SMIME_TRY(
			    smime_buf_appendf(out, rule->op == POLICY_RULE_AND ? " and " : " or "));
		if (!plain)
			SMIME_TRY(smime_buf_append(out, "(", 1));
		SMIME_TRY(policy_rule_print(rule->child[i], out));
		if (!plain)
			SMIME_TRY(smime_buf_append(out, ")", 1));
	}
	return SMIME_OK;
}

static enum smime_status
print_indent(unsigned depth, struct smime_buf *out)
{
	return smime_buf_appendf(out, "%*s", (int)(4 * depth), "");
}

static enum smime_status
print_action(const struct policy_action *action, struct smime_buf *out)
{
	SMIME_TRY(smime_buf_appendf(out, "%s(", policy_action_name(action->kind)));
	for (size_t i = 0; i < action->arg_count; i++) {
		if (i > 0)
			SMIME_TRY(smime_buf_appendf(out, ", "));
		SMIME_TRY(print_text(action->args[i], out));
	}
	return smime_buf_appendf(out, ");\n");
}

static enum smime_status print_if(
    const struct policy_if *node, unsigned depth, struct smime_buf *out);

static enum smime_status
print_block(/* NOLINT(misc-no-recursion): depth 100 */
    const struct policy_branch *branch, unsigned depth, struct smime_buf *out)
{
	SMIME_TRY(smime_buf_appendf(out, "{\n"));
	for (size_t i = 0; i < branch->count; i++) {
		const struct policy_statement *statement = &branch->statement[i];

		SMIME_TRY(print_indent(depth + 1, out));
		if (statement->nested)
			SMIME_TRY(print_if(statement->nested, depth + 1, out));
		else
			SMIME_TRY(print_action(&statement->action, out));
	}
	SMIME_TRY(print_indent(depth, out));
	return smime_buf_append(out, "}", 1);
}

static enum smime_status
print_if(/* NOLINT(misc-no-recursion): depth 100 */
    const struct policy_if *node, unsigned depth, struct smime_buf *out)
{
	for (size_t i = 0; i < node->count; i++) {
		const struct policy_branch *branch = &node->branch[i];

		if (i > 0)
			SMIME_TRY(smime_buf_appendf(out, " else "));
		if (branch->rule) {
			SMIME_TRY(smime_buf_appendf(out, "if ("));
			SMIME_TRY(policy_rule_print(branch->rule, out));
			SMIME_TRY(smime_buf_appendf(out, ") "));
		}
		SMIME_TRY(print_block(branch, depth, out));
	}
	return smime_buf_append(out, "\n", 1);
}

enum smime_status
policy_script_print(const struct policy_script *script, struct smime_buf *out)
{
	SMIME_TRY(smime_buf_appendf(out, "%s%s ", script->name, script->active ? ":" : "!"));
	return print_if(script->top, 0, out);
}
