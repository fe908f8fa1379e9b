/*
 * test_rule_print.c - random filters of the whole grammar: each prints as text that parses back to
 * the same tree. The seed is told when one does not.
 */
#include "rule_tests.h"
#include "support.h"

#include <stdio.h>
#include <stdlib.h>

#define SCRIPTS 2000

/* ---- any filter ---- */

static uint64_t state;

static unsigned
draw(unsigned below)
{
	state = state * 6364136223846793005U + 1442695040888963407U;
	return (unsigned)(state >> 33) % below;
}

static void
put(struct smime_buf *out, const char *text)
{
	ck_assert_int_eq(smime_buf_append(out, text, strlen(text)), SMIME_OK);
}

static void
put_blank(struct smime_buf *out)
{
	static const char *const blanks[] = { " ", "\n", "\t ", " \r\n  ",
		"\n# a comment: { ( ' \n" };

	put(out, blanks[draw(5)]);
}

/* Between marks white space may be left out. */
static void
put_mark(struct smime_buf *out, const char *mark)
{
	if (draw(3) == 0)
		put_blank(out);
	put(out, mark);
	if (draw(3) == 0)
		put_blank(out);
}

static void
put_text(struct smime_buf *out, const char *text)
{
	const char *quote = draw(2) ? "'" : "\"";

	put(out, quote);
	for (const char *c = text; *c; c++) {
		if (*c == *quote || *c == '\\')
			put(out, "\\");
		ck_assert_int_eq(smime_buf_append(out, c, 1), SMIME_OK);
	}
	put(out, quote);
}

static void
put_pattern(struct smime_buf *out)
{
	static const char *const patterns[] = { "", "^$", "(?i)confidential", "@yahoo\\.com$",
		"a\"b", "it's", "\xE6\x9C\xBA\xE5\xAF\x86", "[\\\\/]", "\\$Subject", "a|b\\d+" };

	put_text(out, patterns[draw(10)]);
}

static void
put_number(struct smime_buf *out, unsigned least)
{
	static const char *const units[] = { "", "K", "M" };

	ck_assert_int_eq(
	    smime_buf_appendf(out, "%u%s", least + draw(3000), units[draw(3)]), SMIME_OK);
}

static void
put_argument(struct smime_buf *out, char letter, const char *choices)
{
	char choice[64];

	if (choices) {
		const char *from =
		    draw(2) && strchr(choices, '|') ? strchr(choices, '|') + 1 : choices;

		(void)snprintf(choice, sizeof choice, "%.*s", (int)strcspn(from, "|"), from);
		put_text(out, choice);
	} else if (letter == 'n') {
		put_number(out, 1);
	} else if (letter == 'p') {
		put_pattern(out);
	} else {
		put_text(out, letter == 'c' ? "+" : letter == 'd' ? "words" : "X-Field");
	}
}

static void
put_arguments(struct smime_buf *out, const struct policy_test_kind *kind)
{
	const char *letter = kind->args;
	const char *optional = strchr(kind->args, '?');
	unsigned more = draw(3);
	bool first = true;

	if (!*letter)
		return;
	put_mark(out, "(");
	for (; *letter && !(letter == optional && !more); letter++) {
		bool again = *letter == '+';

		if (*letter == '?' || (again && !more))
			continue;
		if (!first)
			put_mark(out, ",");
		put_argument(out, again ? letter[-1] : *letter, first ? kind->choices : NULL);
		first = false;
	}
	put_mark(out, ")");
}

static const char *
value_of(enum policy_value_kind kind)
{
	static const char *const ranges[] = { "10.0.0.0/8", "192.0.2.1-9", "2001:db8::/32", "::1" };

	switch (kind) {
	case POLICY_VALUE_NAME:
		return "RELAYLIST";
	case POLICY_VALUE_DATE:
		return "02/28/2026 23:59:59";
	case POLICY_VALUE_IP:
		return ranges[draw(4)];
	case POLICY_VALUE_TYPE:
		return draw(2) ? "text/*" : "application/pdf";
	case POLICY_VALUE_FILETYPE:
		return draw(2) ? "pdf" : "image/*";
	case POLICY_VALUE_NONE:
	case POLICY_VALUE_PATTERN:
	case POLICY_VALUE_PATTERN_NOCASE:
	case POLICY_VALUE_NUMBER:
		break;
	}
	return NULL;
}

static void
put_test(struct smime_buf *out)
{
	static const char *const marks[] = { "==", "!=", "<", "<=", ">", ">=" };
	const struct policy_test_kind *kind;
	bool ordered;
	unsigned rows = 0;

	while (policy_test_at(rows))
		rows++;
	kind = policy_test_at(draw(rows));
	ordered = kind->value == POLICY_VALUE_NUMBER || kind->value == POLICY_VALUE_DATE;
	put(out, kind->name);
	put_arguments(out, kind);
	if (kind->value == POLICY_VALUE_NONE || (kind->value_optional && draw(2)))
		return;
	put_mark(out, marks[draw(ordered ? 6 : 2)]);
	if (kind->value == POLICY_VALUE_NUMBER)
		put_number(out, 0);
	else if (value_of(kind->value))
		put_text(out, value_of(kind->value));
	else
		put_pattern(out);
}

static void
put_rule(struct smime_buf *out, unsigned depth) /* NOLINT(misc-no-recursion): depth 6 */
{
	static const char *const joints[] = { "and", "AND", "or", "OR" };
	unsigned many = draw(6), operands = many < 3 ? 1 : many < 5 ? 2 : 3;

	for (unsigned i = 0; i < operands; i++) {
		if (i > 0) {
			put_blank(out);
			put(out, joints[draw(4)]);
			put_blank(out);
		}
		if (draw(4) == 0)
			put(out, draw(2) ? "not " : "NOT\n");
		if (depth == 0 || draw(3) > 0) {
			put_test(out);
			continue;
		}
		put_mark(out, "(");
		put_rule(out, depth - 1);
		put_mark(out, ")");
	}
}

static void
put_action(struct smime_buf *out)
{
	static const char *const actions[] = { "smime-gateway('p')",
		"smime-gateway-deferred(\"p\")", "quarantine ( 'Policy' )", "drop()", "bounce()",
		"deliver()", "skip-filters()", "insert-header('X-A', '$Subject it\\'s')",
		"strip-header(\"X-A\")",
		"edit-header-text('Subject', '(a)\\\\.', '\\\\1 \\\\\\\\')", "log-entry('')",
		"notify('a@b.example')", "notify('a@b.example', 's', 'b@b.example')",
		"notify-copy('$EnvelopeFrom', '\xE6\x9C\xBA')", "bcc('a@b.example')",
		"alt-rcpt-to('a@b.example')", "tag-message('t')", "no-op()" };

	put(out, actions[draw(sizeof actions / sizeof *actions)]);
}

static void put_if(struct smime_buf *out, unsigned depth);

static void
put_block(struct smime_buf *out, unsigned depth) /* NOLINT(misc-no-recursion): depth 3 */
{
	unsigned statements = draw(4);
	bool ended = true;

	put_mark(out, "{");
	for (unsigned i = 0; i < statements; i++) {
		if (!ended)
			put_mark(out, ";");
		ended = depth > 0 && draw(4) == 0;
		if (ended)
			put_if(out, depth - 1);
		else
			put_action(out);
	}
	if (!ended && draw(2))
		put_mark(out, ";");
	put_mark(out, "}");
}

static void
put_if(struct smime_buf *out, unsigned depth) /* NOLINT(misc-no-recursion): depth 3 */
{
	unsigned branches = 1 + draw(3);

	for (unsigned i = 0; i < branches; i++) {
		bool last = i > 0 && i == branches - 1 && draw(2);

		put(out, i > 0 ? " else " : "");
		if (!last) {
			put(out, "if");
			put_blank(out);
			put_rule(out, 3);
			put_blank(out);
		}
		put_block(out, depth);
	}
}

/* ---- the same tree ---- */

static bool
same_value(const struct policy_value *a, const struct policy_value *b)
{
	if (!a->text || !b->text)
		return !a->text && !b->text && a->number == b->number;
	return strcmp(a->text, b->text) == 0;
}

static bool
same_test(const struct policy_test *a, const struct policy_test *b)
{
	bool same = a->kind == b->kind && a->cmp == b->cmp && a->arg_count == b->arg_count &&
		    a->date == b->date &&
		    memcmp(&a->ip_range, &b->ip_range, sizeof a->ip_range) == 0;

	for (size_t i = 0; same && i < a->arg_count; i++)
		same = same_value(&a->args[i], &b->args[i]);
	return same && (a->cmp == POLICY_CMP_NONE || same_value(&a->value, &b->value));
}

static bool
same_rule(/* NOLINT(misc-no-recursion): depth 100 */
    const struct policy_rule *a, const struct policy_rule *b)
{
	bool same = a->op == b->op && a->count == b->count;

	if (same && a->op == POLICY_RULE_TEST)
		return same_test(&a->test, &b->test);
	for (size_t i = 0; same && i < a->count; i++)
		same = same_rule(a->child[i], b->child[i]);
	return same;
}

static bool
same_action(const struct policy_action *a, const struct policy_action *b)
{
	bool same = a->kind == b->kind && a->arg_count == b->arg_count;

	for (size_t i = 0; same && i < a->arg_count; i++)
		same = strcmp(a->args[i], b->args[i]) == 0;
	return same;
}

static bool
same_if(/* NOLINT(misc-no-recursion): depth 100 */
    const struct policy_if *a, const struct policy_if *b)
{
	bool same = a->count == b->count;

	for (size_t i = 0; same && i < a->count; i++) {
		const struct policy_branch *x = &a->branch[i], *y = &b->branch[i];

		same = !x->rule == !y->rule && x->count == y->count &&
		       (!x->rule || same_rule(x->rule, y->rule));
		for (size_t k = 0; same && k < x->count; k++) {
			const struct policy_statement *s = &x->statement[k], *r = &y->statement[k];

			same = !s->nested == !r->nested &&
			       (s->nested ? same_if(s->nested, r->nested)
					  : same_action(&s->action, &r->action));
		}
	}
	return same;
}

START_TEST(what_prints_parses_back_to_the_same_tree)
{
	for (unsigned i = 0; i < SCRIPTS; i++) {
		uint64_t seed = (uint64_t)_i * SCRIPTS + i;
		SMIME_AUTO_BUF text = { 0 };
		SMIME_AUTO_BUF printed = { 0 };
		SMIME_AUTO(policy_script) script = NULL;
		SMIME_AUTO(policy_script) again = NULL;
		struct policy_error error = { 0 };

		state = seed;
		put(&text, draw(2) ? "a-name_1.x" : "_");
		put_mark(&text, draw(2) ? ":" : "!");
		put(&text, " ");
		put_if(&text, 3);
		ck_assert_int_eq(smime_buf_terminate(&text), SMIME_OK);
		ck_assert_msg(policy_script_parse((char *)text.data, &script, &error) == SMIME_OK,
		    "seed %llu: %s\n%s", (unsigned long long)seed, error.text, (char *)text.data);
		ck_assert_int_eq(policy_script_print(script, &printed), SMIME_OK);
		ck_assert_int_eq(smime_buf_terminate(&printed), SMIME_OK);
		ck_assert_msg(policy_script_parse((char *)printed.data, &again, &error) == SMIME_OK,
		    "seed %llu: %s\n%s", (unsigned long long)seed, error.text,
		    (char *)printed.data);
		ck_assert_msg(strcmp(script->name, again->name) == 0 &&
				  script->active == again->active &&
				  same_if(script->top, again->top),
		    "seed %llu: another tree\n%s\n%s", (unsigned long long)seed, (char *)text.data,
		    (char *)printed.data);
	}
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("rule_print");
	TCase *tc = tcase_create("all");

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, what_prints_parses_back_to_the_same_tree, 0, 2);
	return suite;
}
