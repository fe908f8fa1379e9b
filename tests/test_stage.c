/* test_stage.c - chains: pushing, finishing, dividing, collecting, and how they fail. */
#include "smime/stage.h"
#include "support.h"

START_TEST(a_tee_gives_both_the_same)
{
	SMIME_AUTO_BUF a = { 0 };
	SMIME_AUTO_BUF b = { 0 };
	SMIME_AUTO(smime_stage) to_a = NULL;
	SMIME_AUTO(smime_stage) to_b = NULL;
	SMIME_AUTO(smime_stage) base64 = NULL;
	SMIME_AUTO(smime_stage) tee = NULL;

	ck_assert_int_eq(smime_stage_buf_new(&a, 100, &to_a), SMIME_OK);
	ck_assert_int_eq(smime_stage_buf_new(&b, 100, &to_b), SMIME_OK);
	ck_assert_int_eq(smime_stage_base64_new(to_b, &base64), SMIME_OK);
	ck_assert_int_eq(smime_stage_tee_new(to_a, base64, &tee), SMIME_OK);
	ck_assert_int_eq(smime_push(tee, "abc", 3), SMIME_OK);
	ck_assert_int_eq(smime_finish(tee), SMIME_OK);
	ck_assert(smime_bytes_is(smime_buf_bytes(&a), "abc"));
	ck_assert(smime_bytes_equal(smime_buf_bytes(&b), smime_bytes_str("YWJj\r\n")));
}
END_TEST

START_TEST(a_full_buffer_is_a_limit)
{
	SMIME_AUTO_BUF buf = { 0 };
	SMIME_AUTO(smime_stage) stage = NULL;

	ck_assert_int_eq(smime_stage_buf_new(&buf, 5, &stage), SMIME_OK);
	ck_assert_int_eq(smime_push(stage, "12345", 5), SMIME_OK);
	ck_assert_int_eq(smime_push(stage, "6", 1), SMIME_E_LIMIT);
	ck_assert_uint_eq(buf.len, 5);
}
END_TEST

START_TEST(a_failure_comes_back_through_the_chain)
{
	SMIME_AUTO_BUF buf = { 0 };
	SMIME_AUTO(smime_stage) sink = NULL;
	SMIME_AUTO(smime_stage) crlf = NULL;

	ck_assert_int_eq(smime_stage_buf_new(&buf, 2, &sink), SMIME_OK);
	ck_assert_int_eq(smime_stage_crlf_new(sink, &crlf), SMIME_OK);
	ck_assert_int_eq(smime_push(crlf, "a\nb", 3), SMIME_E_LIMIT);
}
END_TEST

START_TEST(without_a_next_stage_output_is_dropped)
{
	SMIME_AUTO(smime_stage) crlf = NULL;

	ck_assert_int_eq(smime_stage_crlf_new(NULL, &crlf), SMIME_OK);
	ck_assert_int_eq(smime_push_bytes(crlf, smime_bytes_str("a\nb")), SMIME_OK);
	ck_assert_int_eq(smime_finish(crlf), SMIME_OK);
	ck_assert_int_eq(smime_push(NULL, "x", 1), SMIME_OK);
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("stage");
	TCase *tc = tcase_create("all");

	tcase_add_test(tc, a_tee_gives_both_the_same);
	tcase_add_test(tc, a_full_buffer_is_a_limit);
	tcase_add_test(tc, a_failure_comes_back_through_the_chain);
	tcase_add_test(tc, without_a_next_stage_output_is_dropped);
	suite_add_tcase(suite, tc);
	return suite;
}
