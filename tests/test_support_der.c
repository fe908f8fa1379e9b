/* test_support_der.c - the editor of DER: a tool that spoils more than it says would make others'
 * tests lie. */
#include "support.h"
#include "support_der.h"

/* SEQUENCE { INTEGER 1, SEQUENCE { NULL, INTEGER 2 }, SET { } } */
static const uint8_t sample[] = { 0x30, 12, 2, 1, 1, 0x30, 5, 5, 0, 2, 1, 2, 0x31, 0 };

static const struct {
	struct der_edit edit;
	const char *want;
	size_t len;
} edits[] = {
	{ { .kind = DER_DROP, .at = 1 }, "\x30\x09\x30\x05\x05\x00\x02\x01\x02\x31\x00", 11 },
	{ { .kind = DER_DROP, .at = 0 }, "", 0 },
	{ { .kind = DER_REPEAT, .at = 3, .count = 3 },
	    "\x30\x10\x02\x01\x01\x30\x09\x05\x00\x05\x00\x05\x00\x02\x01\x02\x31\x00", 18 },
	{ { .kind = DER_EMPTY, .at = 2 }, "\x30\x07\x02\x01\x01\x30\x00\x31\x00", 9 },
	{ { .kind = DER_RETAG, .at = 4, .tag = 4 },
	    "\x30\x0c\x02\x01\x01\x30\x05\x05\x00\x04\x01\x02\x31\x00", 14 },
	{ { .kind = DER_PUT, .at = 5, .with = { (const uint8_t *)"\x05", 1 } },
	    "\x30\x0b\x02\x01\x01\x30\x05\x05\x00\x02\x01\x02\x05", 13 },
	{ { .at = 99 }, (const char *)sample, sizeof sample },
};

START_TEST(lengths_around_an_edit_are_right)
{
	SMIME_AUTO_BUF out = { 0 };

	ck_assert(der_edit(smime_bytes(sample, sizeof sample), &edits[_i].edit, &out));
	ck_assert_uint_eq(out.len, edits[_i].len);
	ck_assert_mem_eq(out.data ? out.data : (const uint8_t *)"", edits[_i].want, out.len);
}
END_TEST

START_TEST(elements_are_found_by_path)
{
	struct smime_bytes in = smime_bytes(sample, sizeof sample);

	ck_assert_uint_eq(der_count(in), 6);
	ck_assert_uint_eq(der_find(in, (const int[]){ 0, DER_END }), 0);
	ck_assert_uint_eq(der_find(in, (const int[]){ 0, 1, -1, DER_END }), 4);
	ck_assert_uint_eq(der_find(in, (const int[]){ 0, -1, DER_END }), 5);
	ck_assert_uint_eq(der_find(in, (const int[]){ 0, 3, DER_END }), SIZE_MAX);
	ck_assert_uint_eq(der_find(in, (const int[]){ 0, 0, 0, DER_END }), SIZE_MAX);
	ck_assert_uint_eq(der_at(in, 4).len, 3);
	ck_assert_uint_eq(der_at(in, 6).len, 0);
	ck_assert_uint_eq(der_count(smime_bytes_str("no BER")), 0);
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("support_der");
	TCase *tc = tcase_create("all");

	suite_add_tcase(suite, tc);
	tcase_add_loop_test(tc, lengths_around_an_edit_are_right, 0, ROWS(edits));
	tcase_add_test(tc, elements_are_found_by_path);
	return suite;
}
