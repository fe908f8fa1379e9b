/* test_stage_base64.c - RFC 4648 vectors, line lengths, and the way back for every length. */
#include "support.h"
#include "support_stage.h"

static const struct stage_vector vectors[] = {
	{ "", 0, "", 0 },
	{ "f", 0, "Zg==\r\n", 0 },
	{ "fo", 0, "Zm8=\r\n", 0 },
	{ "foo", 0, "Zm9v\r\n", 0 },
	{ "foobar", 0, "Zm9vYmFy\r\n", 0 },
	{ "\xff\xfe\xfd\x00", 4, "//79AA==\r\n", 0 },
	{ "123456789012345678901234567890123456789012345678901234567", 0,
	    "MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3\r\n", 0 },
	{ "1234567890123456789012345678901234567890123456789012345678", 0,
	    "MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3\r\n"
	    "OA==\r\n",
	    0 },
};

START_TEST(same_octets_for_every_split)
{
	check_stage(smime_stage_base64_new, &vectors[_i]);
}
END_TEST

static enum smime_status
decoder(struct smime_stage *next, struct smime_stage **out)
{
	return smime_stage_unbase64_new(true, next, out);
}

START_TEST(every_length_comes_back)
{
	uint8_t octets[600];

	for (size_t i = 0; i < sizeof octets; i++)
		octets[i] = (uint8_t)(i * 167 + i / 256);
	for (size_t len = 0; len <= sizeof octets; len++) {
		SMIME_AUTO_BUF text = { 0 };
		SMIME_AUTO_BUF back = { 0 };

		ck_assert_int_eq(
		    run_stage(smime_stage_base64_new, smime_bytes(octets, len), &text), SMIME_OK);
		ck_assert_int_eq(run_stage(decoder, smime_buf_bytes(&text), &back), SMIME_OK);
		ck_assert(smime_bytes_equal(smime_buf_bytes(&back), smime_bytes(octets, len)));
	}
}
END_TEST

START_TEST(a_megabyte_comes_back)
{
	SMIME_AUTO_BUF octets = { 0 };
	SMIME_AUTO_BUF text = { 0 };
	SMIME_AUTO_BUF back = { 0 };
	uint8_t *room;

	ck_assert_int_eq(smime_buf_extend(&octets, 1000003, &room), SMIME_OK);
	for (size_t i = 0; i < octets.len; i++)
		room[i] = (uint8_t)(i ^ i >> 8 ^ i >> 16);
	ck_assert_int_eq(
	    run_stage(smime_stage_base64_new, smime_buf_bytes(&octets), &text), SMIME_OK);
	ck_assert_uint_eq(text.len, 1000003 / 57 * 78 + (1000003 % 57 + 2) / 3 * 4 + 2);
	ck_assert_int_eq(run_stage(decoder, smime_buf_bytes(&text), &back), SMIME_OK);
	ck_assert(smime_bytes_equal(smime_buf_bytes(&back), smime_buf_bytes(&octets)));
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("stage_base64");
	TCase *tc = tcase_create("all");

	tcase_add_loop_test(tc, same_octets_for_every_split, 0, ROWS(vectors));
	tcase_add_test(tc, every_length_comes_back);
	tcase_add_test(tc, a_megabyte_comes_back);
	suite_add_tcase(suite, tc);
	return suite;
}
