/*
 * rule_test_parse.c - one test of a rule: its name, arguments, comparison and value, each checked
 * against the test's row in rule_tests.c. Patterns, addresses and dates are compiled here, so that
 * a wrong one is reported with its position before any message comes.
 */
#include "action.h"
#include "filetype.h"
#include "policy/suggest.h"
#include "rule_parse.h"
#include "rule_tests.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static enum smime_status
unknown_test(struct policy_parser *p)
{
	struct smime_bytes name = p->token.source;
	struct policy_suggestion near = { .word = name };
	int len = (int)(name.len < 64 ? name.len : 64);
	const char *text = (const char *)name.data;

	if (smime_bytes_equal(name, smime_bytes_str("smime-gateway")))
		return policy_error_set(p->error, SMIME_E_SYNTAX, p->token.line, p->token.column,
		    "smime-gateway is an action; the rule is smime-gateway-message");
	if (policy_name_is_foreign(name))
		return policy_error_set(p->error, SMIME_E_UNSUPPORTED, p->token.line,
		    p->token.column, "\"%.*s\" is not supported here", len, text);
	if (policy_action_known(name))
		return policy_error_set(p->error, SMIME_E_SYNTAX, p->token.line, p->token.column,
		    "found \"%.*s\", which is an action, expected a rule", len, text);
	for (size_t i = 0; policy_test_at(i); i++)
		policy_suggest(&near, policy_test_at(i)->name);
	if (!smime_bytes_equal(name, smime_bytes_str("not")))
		policy_suggest(&near, "not");
	return policy_parse_found(p, "a rule", near.best);
}

/* Takes what the next token says: a text or a number. */
static enum smime_status
take_value(struct policy_parser *p, struct policy_value *out)
{
	out->number = p->token.number;
	if (p->token.kind == POLICY_TOKEN_TEXT) {
		out->text = policy_token_text(&p->token);
		if (!out->text)
			return policy_parse_no_memory(p);
	}
	return policy_parse_advance(p);
}

static enum smime_status
compile_pattern(struct policy_parser *p, const struct policy_token *at, const char *text,
    bool nocase, struct policy_test *test)
{
	struct smime_diag diag = { 0 };
	enum smime_status status = policy_pattern_new(text, nocase, &test->pattern, &diag);

	if (status != SMIME_OK)
		(void)policy_error_set(
		    p->error, status, at->line, at->column, "found a bad pattern: %s", diag.text);
	return status;
}

/* ---- arguments ---- */

static bool
is_choice(const char *choices, const char *text)
{
	size_t len = strlen(text);

	for (const char *c = choices; c; c = strchr(c, '|') ? strchr(c, '|') + 1 : NULL)
		if (len > 0 && strncmp(c, text, len) == 0 && (c[len] == '|' || c[len] == '\0'))
			return true;
	return false;
}

static const char *
expected_argument(char letter)
{
	switch (letter) {
	case 'n':
		return "a number over 0";
	case 'p':
		return "a pattern in quotes";
	case 'd':
		return "the name of a dictionary in quotes";
	case 'c':
		return "one character in quotes";
	default:
		return "a text in quotes";
	}
}

static enum smime_status
take_argument(struct policy_parser *p, char letter, struct policy_test *test)
{
	struct policy_token at = p->token;
	bool number = letter == 'n';
	struct policy_value *grown;
	struct policy_value *arg;

	if (at.kind != (number ? POLICY_TOKEN_NUMBER : POLICY_TOKEN_TEXT) ||
	    (number && at.number == 0) || (letter == 'c' && at.source.len != 3))
		return policy_parse_found(p, expected_argument(letter), NULL);
	grown = policy_array_grow(test->args, test->arg_count, sizeof *test->args);
	if (!grown)
		return policy_parse_no_memory(p);
	test->args = grown;
	arg = &grown[test->arg_count++];
	*arg = (struct policy_value){ 0 };
	SMIME_TRY(take_value(p, arg));
	if (letter == 'p')
		return compile_pattern(p, &at, arg->text, false, test);
	if (test->arg_count == 1 && test->kind->choices &&
	    !is_choice(test->kind->choices, arg->text))
		return policy_error_set(p->error, SMIME_E_SYNTAX, at.line, at.column,
		    "%s: found \"%.64s\", expected one of %s", test->kind->name, arg->text,
		    test->kind->choices);
	return SMIME_OK;
}

static enum smime_status
parse_arguments(struct policy_parser *p, struct policy_test *test)
{
	const char *letter = test->kind->args;
	bool optional = *letter == '?';
	char last = *letter;

	if (!*letter)
		return SMIME_OK;
	SMIME_TRY(policy_parse_expect(p, "("));
	while (last) {
		SMIME_TRY(take_argument(p, last, test));
		if (*letter != '+')
			letter++;
		if (*letter == '?') {
			optional = true;
			letter++;
		}
		optional = optional || *letter == '+' || !*letter;
		if (*letter != '+')
			last = *letter;
		if (optional && !policy_token_is(&p->token, ","))
			break;
		if (!last)
			break;
		SMIME_TRY(policy_parse_expect(p, ","));
	}
	return policy_parse_expect(p, ")");
}

/* ---- the value ---- */

static const struct {
	enum policy_value_kind kind;
	const char *expected;
} values[] = {
	{ POLICY_VALUE_PATTERN, "a pattern in quotes" },
	{ POLICY_VALUE_PATTERN_NOCASE, "a pattern in quotes" },
	{ POLICY_VALUE_NAME, "a name in quotes" },
	{ POLICY_VALUE_NUMBER, "a number" },
	{ POLICY_VALUE_DATE, "a date in quotes, 'MM/DD/YYYY HH:MM:SS'" },
	{ POLICY_VALUE_IP, "an IP address, a range or a CIDR block in quotes" },
	{ POLICY_VALUE_FILETYPE,
	    "a kind of file in quotes, as 'pdf' or 'executable', or a media type" },
	{ POLICY_VALUE_TYPE, "a media type in quotes, as 'text/plain' or 'text/*'" },
};

static const char *
expected_value(enum policy_value_kind kind)
{
	size_t i = 0;

	while (values[i].kind != kind)
		i++;
	return values[i].expected;
}

/* 'MM/DD/YYYY HH:MM:SS' in the local time of the gateway. */
static bool
parse_date(const char *text, int64_t *out)
{
	struct tm tm = { .tm_isdst = -1 };
	struct tm given;
	const char *end = strptime(text, "%m/%d/%Y %H:%M:%S", &tm);
	time_t t;

	if (!end || *end)
		return false;
	given = tm;
	t = mktime(&tm);
	/* February 30 would become March, and '26' is the year 26, before all mail. */
	if (t < 0 || tm.tm_mday != given.tm_mday || tm.tm_mon != given.tm_mon)
		return false;
	*out = t;
	return true;
}

static bool
is_type(const char *text)
{
	const char *slash = strchr(text, '/');

	if (strcmp(text, "*") == 0)
		return true;
	return slash && slash > text && slash[1] && !strchr(slash + 1, '/') &&
	       !strpbrk(text, " \t;,");
}

static enum smime_status
unknown_filetype(struct policy_parser *p, const struct policy_token *at, const char *text)
{
	struct policy_suggestion near = { .word = smime_bytes_str(text) };

	for (size_t i = 0; policy_filetype_at(i); i++)
		policy_suggest(&near, policy_filetype_at(i));
	return policy_error_set(p->error, SMIME_E_SYNTAX, at->line, at->column,
	    "found \"%.64s\", expected %s%s%s%s", text, expected_value(POLICY_VALUE_FILETYPE),
	    near.best ? "; did you mean \"" : "", near.best ? near.best : "",
	    near.best ? "\"?" : "");
}

static enum smime_status
compile_value(struct policy_parser *p, const struct policy_token *at, struct policy_test *test)
{
	enum policy_value_kind kind = test->kind->value;
	const char *text = test->value.text;
	bool good = true;

	if (kind == POLICY_VALUE_PATTERN || kind == POLICY_VALUE_PATTERN_NOCASE)
		return compile_pattern(p, at, text, kind == POLICY_VALUE_PATTERN_NOCASE, test);
	if (kind == POLICY_VALUE_NAME)
		good = *text != '\0';
	if (kind == POLICY_VALUE_DATE)
		good = parse_date(text, &test->date);
	if (kind == POLICY_VALUE_IP)
		good = policy_ip_range_parse(text, &test->ip_range);
	if (kind == POLICY_VALUE_TYPE)
		good = is_type(text);
	if (kind == POLICY_VALUE_FILETYPE && !policy_filetype_known(text) && !is_type(text))
		return unknown_filetype(p, at, text);
	if (good)
		return SMIME_OK;
	return policy_error_set(p->error, SMIME_E_SYNTAX, at->line, at->column,
	    "%s: found \"%.64s\", expected %s", test->kind->name, text, expected_value(kind));
}

static enum policy_cmp
comparison(const struct policy_token *token)
{
	for (enum policy_cmp cmp = POLICY_CMP_EQ; cmp <= POLICY_CMP_GE; cmp++)
		if (policy_token_is(token, policy_cmp_mark(cmp)))
			return cmp;
	return POLICY_CMP_NONE;
}

static enum smime_status
parse_value(struct policy_parser *p, struct policy_test *test)
{
	enum policy_value_kind kind = test->kind->value;
	enum policy_cmp cmp = comparison(&p->token);
	bool ordered = kind == POLICY_VALUE_NUMBER || kind == POLICY_VALUE_DATE;
	struct policy_token at = p->token;

	if (cmp == POLICY_CMP_NONE && (kind == POLICY_VALUE_NONE || test->kind->value_optional))
		return SMIME_OK;
	if (kind == POLICY_VALUE_NONE)
		return policy_error_set(p->error, SMIME_E_SYNTAX, at.line, at.column,
		    "found \"%s\" behind %s, which is not compared with anything",
		    policy_cmp_mark(cmp), test->kind->name);
	if (cmp == POLICY_CMP_NONE)
		return policy_parse_found(p, ordered ? "==, !=, <, <=, > or >=" : "== or !=", NULL);
	if (!ordered && cmp > POLICY_CMP_NE)
		return policy_parse_found(p, "== or != (texts have no order)", NULL);
	SMIME_TRY(policy_parse_advance(p));
	at = p->token;
	if (at.kind != (kind == POLICY_VALUE_NUMBER ? POLICY_TOKEN_NUMBER : POLICY_TOKEN_TEXT))
		return policy_parse_found(p, expected_value(kind), NULL);
	SMIME_TRY(take_value(p, &test->value));
	test->cmp = cmp;
	return compile_value(p, &at, test);
}

enum smime_status
policy_parse_test(struct policy_parser *p, struct policy_test *out)
{
	enum smime_status status;

	*out = (struct policy_test){ .line = p->token.line, .column = p->token.column };
	if (p->token.kind != POLICY_TOKEN_WORD)
		return policy_parse_found(p, "a rule", NULL);
	out->kind = policy_test_find(p->token.source);
	if (!out->kind)
		return unknown_test(p);
	status = policy_parse_advance(p);
	if (status == SMIME_OK)
		status = parse_arguments(p, out);
	if (status == SMIME_OK)
		status = parse_value(p, out);
	if (status != SMIME_OK) {
		policy_test_reset(out);
		*out = (struct policy_test){ 0 };
	}
	return status;
}
