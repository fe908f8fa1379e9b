/* test_rule_parse.c - the grammar of filters: what is accepted word for word, what is refused with
 * which sentence, and that canonical text means the same. */
#include "policy/rule.h"
#include "support.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const good[] = {
	"quarantine_smime_messages:if (smime-gateway-message and not smime-gateway-verified)\n"
	"{ quarantine(\"Policy\"); }",
	"smime-deferred:if(mail-from == "
	"\"user@example.com\"){smime-gateway-deferred(\"smime-encrypt\");}",
	"pass: if true { skip-filters(); }",
	"a: if not valid { drop(); }",
	"a: if (header('Subject') != \".\") OR (header('To') != \".\") { bounce(); }",
	"# a comment\na! if true { no-op() } else if rcpt-count > 3 { drop() } else { deliver(); }",
	"a: if mail-from == '@yahoo\\\\.com$' { log-entry(\"it's \\\"q\\\"\"); }",
	"a: if body-size >= 10K and body-size < 2M { if subject == '' { no-op(); } drop(); }",
	"a: if addr-count('To', 'Cc') > 1 and random(10) == 3 { edit-header-text('S', '(x)', "
	"'\\\\1'); }",
	"a: if date > '01/31/2026 23:59:59' and remote-ip == '2001:db8::/32' { strip-header('X'); "
	"}",
	"a: if body-contains('x', 2) or attachment-type == 'text/*' { insert-header('A', "
	"'$Subject'); }",
};

static char *
print(const struct policy_script *script)
{
	struct smime_buf out = { 0 };

	ck_assert_int_eq(policy_script_print(script, &out), SMIME_OK);
	ck_assert_int_eq(smime_buf_terminate(&out), SMIME_OK);
	return (char *)out.data;
}

START_TEST(scripts_are_accepted_and_print_back)
{
	SMIME_AUTO(policy_script) script = NULL;
	SMIME_AUTO(policy_script) again = NULL;
	struct policy_error error = { 0 };
	char *once, *twice;

	ck_assert_msg(policy_script_parse(good[_i], &script, &error) == SMIME_OK, "%s: %s",
	    good[_i], error.text);
	ck_assert_ptr_nonnull(script);
	once = print(script);
	ck_assert_msg(
	    policy_script_parse(once, &again, &error) == SMIME_OK, "%s: %s", once, error.text);
	twice = print(again);
	ck_assert_str_eq(once, twice);
	ck_assert_str_eq(policy_script_name(script), policy_script_name(again));
	ck_assert_int_eq(policy_script_active(script), policy_script_active(again));
	free(once);
	free(twice);
}
END_TEST

static const struct {
	const char *script, *sentence;
} bad[] = {
	{ "a: if subjekt == 'x' { drop(); }",
	    "line 1, column 7: found \"subjekt\", expected a rule; did you mean \"subject\"?" },
	{ "a: if true { dorp(); }", "did you mean \"drop\"?" },
	{ "a: if smime-gateway { drop(); }",
	    "smime-gateway is an action; the rule is smime-gateway-message" },
	{ "a: if spf-status == 'pass' { drop(); }", "\"spf-status\" is not supported here" },
	{ "a: if true { skip-spamcheck(); }", "\"skip-spamcheck\" is not supported here" },
	{ "a: if attachment-filetype == 'pfd' { drop(); }",
	    "expected a kind of file in quotes, as 'pdf' or 'executable', or a media type; did you "
	    "mean \"pdf\"?" },
	{ "a: if dictionary-match(3) { drop(); }", "expected the name of a dictionary in quotes" },
	{ "a: if dictionary-match('d', 0) { drop(); }", "expected a number over 0" },
	{ "a: if drop { drop(); }", "which is an action, expected a rule" },
	{ "a: if true { valid(); }", "which is a rule, expected an action" },
	{ "a: if true { drop() log-entry('x'); }", "expected \";\"" },
	{ "a: if true { drop();", "found the end of the text" },
	{ "a if true { drop(); }", "\":\" (or \"!\", inactive)" },
	{ "a: if true\n  and subject = 'x' { drop(); }", "line 2" },
	{ "a: if subject == '(' { drop(); }", "bad pattern" },
	{ "a: if body-size > 'x' { drop(); }", "expected a number" },
	{ "a: if remote-ip == '10.0.0.0/33' { drop(); }", "expected an IP address" },
	{ "a: if date > 'yesterday' { drop(); }", "MM/DD/YYYY" },
	{ "a: if date > '01/31/26 10:00:00' { drop(); }", "MM/DD/YYYY" },
	{ "a: if date > '02/30/2026 10:00:00' { drop(); }", "MM/DD/YYYY" },
	{ "a: if signed-certificate('root') { drop(); }", "expected one of issuer|signer" },
	{ "a: if true { insert-header('X Y', 'v'); }", "expected the name of a header field" },
	{ "a: if true { insert-header('X'); }", "insert-header: found 1 text, expected 2" },
	{ "a: if true { quarantine(''); }", "expected a name" },
	{ "a: if true { drop(); } b: if true { drop(); }", "one filter" },
	{ "a: if subject == \"x { drop(); }", "line 1" },
	{ "a: if mail-from > 'x' { drop(); }", NULL },
};

START_TEST(wrong_ones_are_refused_with_a_sentence)
{
	SMIME_AUTO(policy_script) script = NULL;
	struct policy_error error = { 0 };

	ck_assert_int_ne(policy_script_parse(bad[_i].script, &script, &error), SMIME_OK);
	ck_assert_ptr_null(script);
	ck_assert_str_ne(error.text, "");
	if (bad[_i].sentence)
		ck_assert_msg(strstr(error.text, bad[_i].sentence) != NULL, "%s", error.text);
}
END_TEST

START_TEST(depth_is_limited)
{
	SMIME_AUTO_BUF text = { 0 };
	SMIME_AUTO(policy_rule) rule = NULL;
	struct policy_error error = { 0 };

	for (int i = 0; i < 100000; i++)
		ck_assert_int_eq(smime_buf_append(&text, "(", 1), SMIME_OK);
	ck_assert_int_eq(smime_buf_terminate(&text), SMIME_OK);
	ck_assert_int_eq(policy_rule_parse((const char *)text.data, &rule, &error), SMIME_E_LIMIT);
	ck_assert_ptr_nonnull(strstr(error.text, "100 deep"));
}
END_TEST

START_TEST(a_file_holds_many)
{
	struct policy_script_source source = { .line = 1, .column = 1 };
	const char *text = "# one\na: if true { drop(); }\n\nb! if true { no-op(); }\n# end\n";
	static const char *const names[] = { "a", "b" };
	struct policy_error error = { 0 };

	source.at = text;
	for (int i = 0; i < 2; i++) {
		SMIME_AUTO(policy_script) script = NULL;

		ck_assert_int_eq(policy_script_next(&source, &script, &error), SMIME_OK);
		ck_assert_str_eq(policy_script_name(script), names[i]);
		ck_assert_int_eq(policy_script_active(script), i == 0);
	}
	{
		SMIME_AUTO(policy_script) none = NULL;

		ck_assert_int_eq(policy_script_next(&source, &none, &error), SMIME_OK);
		ck_assert_ptr_null(none);
	}
}
END_TEST

START_TEST(an_empty_script_is_no_filter)
{
	SMIME_AUTO(policy_script) script = NULL;
	struct policy_error error = { 0 };

	ck_assert_int_eq(policy_script_parse(" \n# nothing\n", &script, &error), SMIME_OK);
	ck_assert_ptr_null(script);
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("rule_parse");
	TCase *tc = tcase_create("all");

	suite_add_tcase(suite, tc);
	tcase_add_loop_test(tc, scripts_are_accepted_and_print_back, 0, ROWS(good));
	tcase_add_loop_test(tc, wrong_ones_are_refused_with_a_sentence, 0, ROWS(bad));
	tcase_add_test(tc, depth_is_limited);
	tcase_add_test(tc, a_file_holds_many);
	tcase_add_test(tc, an_empty_script_is_no_filter);
	return suite;
}
