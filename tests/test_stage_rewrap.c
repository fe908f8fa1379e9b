/* test_stage_rewrap.c - base64 in other lines: each character of it, and no other. */
#include "support.h"
#include "support_stage.h"

#define A38 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static const struct stage_vector vectors[] = {
	{ "", 0, "", 0 },
	{ " \r\n\r\n", 0, "", 0 },
	{ "Zm9v\r\nYmFy", 0, "Zm9vYmFy\r\n", 0 },
	{ "Zg==\r\n", 0, "Zg==\r\n", 0 },
	{ "Z\0m\x80"
	  "8=-_.\r",
	    10, "Zm8=\r\n", 0 },
	{ "Zg==\r\nZm8=\r\n", 0, "Zg==Zm8=\r\n", 0 },
	{ A38 A38, 0, A38 A38 "\r\n", 0 },
	{ A38 A38 "\nBC", 0, A38 A38 "\r\nBC\r\n", 0 },
	{ A38 "\r\n" A38 "+/=\r\n", 0, A38 A38 "\r\n+/=\r\n", 0 },
};

START_TEST(same_octets_for_every_split)
{
	check_stage(smime_stage_rewrap_new, &vectors[_i]);
}
END_TEST

/* More than a buffer of it, from lines without end. */
START_TEST(much_is_kept)
{
	SMIME_AUTO_BUF in = { 0 };
	SMIME_AUTO_BUF out = { 0 };
	SMIME_AUTO(smime_stage) collect = NULL;
	SMIME_AUTO(smime_stage) rewrap = NULL;
	size_t longest = 0, kept = 0;

	for (unsigned i = 0; i < 60000; i++)
		ck_assert_int_eq(smime_buf_append(&in, i % 7 ? "q" : " ", 1), SMIME_OK);
	ck_assert_int_eq(smime_stage_buf_new(&out, 100000, &collect), SMIME_OK);
	ck_assert_int_eq(smime_stage_rewrap_new(collect, &rewrap), SMIME_OK);
	ck_assert_int_eq(smime_push_bytes(rewrap, smime_buf_bytes(&in)), SMIME_OK);
	ck_assert_int_eq(smime_finish(rewrap), SMIME_OK);
	for (size_t i = 0, column = 0; i < out.len; i++) {
		column = out.data[i] == '\n' ? 0 : column + 1;
		longest = column > longest ? column : longest;
		kept += out.data[i] == 'q';
	}
	ck_assert_uint_eq(longest, 77); /* 76 and a CR */
	ck_assert_uint_eq(kept, 60000 - (60000 + 6) / 7);
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("stage_rewrap");
	TCase *tc = tcase_create("all");

	tcase_add_loop_test(tc, same_octets_for_every_split, 0, ROWS(vectors));
	tcase_add_test(tc, much_is_kept);
	suite_add_tcase(suite, tc);
	return suite;
}
