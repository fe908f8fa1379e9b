/* test_status.c - a failure carries its status, a token and a sentence that is cut, never overrun.
 */
#include "smime/status.h"
#include "support.h"

#include <string.h>

START_TEST(fail_fills_the_diagnosis)
{
	struct smime_diag diag = { 0 };

	ck_assert_int_eq(
	    smime_fail(&diag, SMIME_E_NOKEY, "expired", "expired %d days ago", 3), SMIME_E_NOKEY);
	ck_assert_int_eq(diag.status, SMIME_E_NOKEY);
	ck_assert_str_eq(diag.token, "expired");
	ck_assert_str_eq(diag.text, "expired 3 days ago");
	smime_diag_context(&diag, "certificate \"%s\"", "x");
	ck_assert_str_eq(diag.text, "certificate \"x\": expired 3 days ago");
}
END_TEST

START_TEST(the_token_defaults_to_the_status)
{
	struct smime_diag diag = { 0 };

	ck_assert_int_eq(smime_fail(&diag, SMIME_E_LIMIT, NULL, "x"), SMIME_E_LIMIT);
	ck_assert_str_eq(diag.token, "limit");
	ck_assert_int_eq(smime_fail(NULL, SMIME_E_SYNTAX, NULL, "x"), SMIME_E_SYNTAX);
	smime_diag_context(NULL, "nothing to do");
}
END_TEST

START_TEST(long_sentences_are_cut)
{
	struct smime_diag diag = { 0 };
	char text[600];

	memset(text, 'a', sizeof text);
	text[sizeof text - 1] = 0;
	ck_assert_int_eq(smime_fail(&diag, SMIME_E_SYNTAX, text, "%s", text), SMIME_E_SYNTAX);
	smime_diag_context(&diag, "%s", text);
	ck_assert_uint_eq(strlen(diag.token), sizeof diag.token - 1);
	ck_assert_uint_eq(strlen(diag.text), sizeof diag.text - 1);
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("status");
	TCase *tc = tcase_create("all");

	tcase_add_test(tc, fail_fills_the_diagnosis);
	tcase_add_test(tc, the_token_defaults_to_the_status);
	tcase_add_test(tc, long_sentences_are_cut);
	suite_add_tcase(suite, tc);
	return suite;
}
