/* test_stage_unqp.c - quoted-printable as it arrives: lower case, transport padding, broken
 * escapes. */
#include "support.h"
#include "support_stage.h"

static const struct stage_vector vectors[] = {
	{ "", 0, "", 0 },
	{ "a=3Db", 0, "a=b", 0 },
	{ "=c3=bc", 0, "\xc3\xbc", 0 },
	{ "soft=\r\nbreak", 0, "softbreak", 0 },
	{ "soft=\nbreak", 0, "softbreak", 0 },
	{ "soft= \t\r\nbreak", 0, "softbreak", 0 },
	{ "blank \t\r\nkept=20\r\n", 0, "blank\r\nkept \r\n", 0 },
	{ "blank \nx", 0, "blank\nx", 0 },
	{ "a b\tc", 0, "a b\tc", 0 },
	{ "a=zz", 0, "a=zz", 0 },
	{ "a=4z", 0, "a=4z", 0 },
	{ "==41", 0, "=A", 0 },
	{ "=4=41", 0, "=4A", 0 },
	{ "=\rx", 0, "=\rx", 0 },
	/* Not an escape, though its blanks could have come in front of a line end. */
	{ "width= 10 href= \"x\"", 0, "width= 10 href= \"x\"", 0 },
	{ "a= =41", 0, "a= A", 0 },
	{ "a= \rx", 0, "a=\rx", 0 },
	{ "end=", 0, "end", 0 },
	{ "end=4", 0, "end=4", 0 },
	{ "end   ", 0, "end", 0 },
};

START_TEST(same_octets_for_every_split)
{
	check_stage(smime_stage_unqp_new, &vectors[_i]);
}
END_TEST

START_TEST(blanks_without_end_are_bounded)
{
	SMIME_AUTO_BUF in = { 0 };
	SMIME_AUTO_BUF out = { 0 };

	for (int i = 0; i < 3000; i++)
		ck_assert_int_eq(smime_buf_append(&in, " ", 1), SMIME_OK);
	ck_assert_int_eq(smime_buf_append(&in, "x", 1), SMIME_OK);
	ck_assert_int_eq(run_stage(smime_stage_unqp_new, smime_buf_bytes(&in), &out), SMIME_OK);
	ck_assert(smime_bytes_equal(smime_buf_bytes(&in), smime_buf_bytes(&out)));
}
END_TEST

/* Octets of every kind, more than fit into any buffer on the way. */
START_TEST(much_comes_back)
{
	SMIME_AUTO_BUF plain = { 0 };
	SMIME_AUTO_BUF encoded = { 0 };
	SMIME_AUTO_BUF out = { 0 };
	SMIME_AUTO(smime_stage) collect = NULL;
	SMIME_AUTO(smime_stage) qp = NULL;

	for (unsigned i = 0; i < 100000; i++)
		ck_assert_int_eq(
		    smime_buf_append(&plain, &(uint8_t){ (uint8_t)(i * i >> 3) }, 1), SMIME_OK);
	ck_assert_int_eq(smime_stage_buf_new(&encoded, 1000000, &collect), SMIME_OK);
	ck_assert_int_eq(smime_stage_qp_new(collect, &qp), SMIME_OK);
	ck_assert_int_eq(smime_push_bytes(qp, smime_buf_bytes(&plain)), SMIME_OK);
	ck_assert_int_eq(smime_finish(qp), SMIME_OK);
	ck_assert_int_eq(
	    run_stage(smime_stage_unqp_new, smime_buf_bytes(&encoded), &out), SMIME_OK);
	ck_assert(smime_bytes_equal(smime_buf_bytes(&out), smime_buf_bytes(&plain)));
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("stage_unqp");
	TCase *tc = tcase_create("all");

	tcase_add_loop_test(tc, same_octets_for_every_split, 0, ROWS(vectors));
	tcase_add_test(tc, blanks_without_end_are_bounded);
	tcase_add_test(tc, much_comes_back);
	suite_add_tcase(suite, tc);
	return suite;
}
