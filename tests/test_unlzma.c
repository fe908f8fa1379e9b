/* test_unlzma.c - LZMA as liblzma wrote it; what is damaged or cut ends. */
#include "support.h"
#include "unlzma.h"

#define VERSE     "To be, or not to be, that is the question: "
#define BYTES     "\0\1\2\3"
#define THRICE(x) x x x

static const uint8_t properties[POLICY_LZMA_PROPERTIES] = { 93, 0, 0, 1, 0 };
static const char text[] =
    THRICE(VERSE) THRICE(THRICE(BYTES)) "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
					"question: whether 'tis nobler in the mind to suffer"
					"To be, or not to be";
/* clang-format off */
static const char packed[] =
	"\x00\x2A\x1B\xC0\x06\x23\x63\x3C\x1E\x1E\x37\x20\xE5\x52\xC6\x56\xAF\x7F\x62\xF6"
	"\x82\x2C\x99\x42\x6C\x60\xB4\x23\x52\x18\x45\xEB\x64\xAB\x82\x99\xBA\x87\xC5\x7F"
	"\x2B\x96\x1C\x5C\x41\xAC\x8F\xE9\x93\xD7\x41\x09\x6F\x1E\xB7\xFC\xE2\x14\xA1\xA2"
	"\x83\x61\x25\xA6\xB1\x7B\x50\x87\x30\xFF\x0E\x1F\xF6\xED\x35\xF3\x1A\x61\x10\xDE"
	"\x2E\x10\xED\x01\x23\x05\x19\x78\x55\x5C\x4F\xCF\x40\x00\xFF\xF1\x14\x7B\x1B";
/* clang-format on */
#define PACKED (sizeof packed - 1)
#define TEXT   (sizeof text - 1)

static uint8_t out[TEXT + 100];

START_TEST(what_was_packed_comes_out)
{
	ck_assert_uint_eq(policy_unlzma(properties, smime_bytes(packed, PACKED), out, TEXT), TEXT);
	ck_assert_mem_eq(out, text, TEXT);
	/* The end marker, or less room. */
	ck_assert_uint_eq(
	    policy_unlzma(properties, smime_bytes(packed, PACKED), out, sizeof out), TEXT);
	ck_assert_uint_eq(policy_unlzma(properties, smime_bytes(packed, PACKED), out, 50), 50);
	ck_assert_mem_eq(out, text, 50);
}
END_TEST

START_TEST(what_is_cut_ends_early)
{
	for (size_t len = 0; len < PACKED; len++) {
		SMIME_AUTO_BUF piece = { 0 };
		size_t got;

		ck_assert_int_eq(smime_buf_append(&piece, packed, len), SMIME_OK);
		got = policy_unlzma(properties, smime_buf_bytes(&piece), out, TEXT);
		ck_assert_uint_le(got, TEXT);
		ck_assert_mem_eq(out, text, got);
	}
}
END_TEST

START_TEST(what_is_damaged_ends)
{
	uint8_t copy[PACKED];

	for (size_t at = 0; at < PACKED; at++)
		for (unsigned bit = 0; bit < 8; bit++) {
			memcpy(copy, packed, PACKED);
			copy[at] ^= (uint8_t)(1U << bit);
			ck_assert_uint_le(
			    policy_unlzma(properties, smime_bytes(copy, PACKED), out, sizeof out),
			    sizeof out);
		}
	for (unsigned p = 0; p < 256; p++) {
		const uint8_t other[POLICY_LZMA_PROPERTIES] = { (uint8_t)p };

		ck_assert_uint_le(
		    policy_unlzma(other, smime_bytes(packed, PACKED), out, sizeof out), sizeof out);
	}
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("unlzma");
	TCase *tc = tcase_create("all");

	suite_add_tcase(suite, tc);
	tcase_add_test(tc, what_was_packed_comes_out);
	tcase_add_test(tc, what_is_cut_ends_early);
	tcase_add_test(tc, what_is_damaged_ends);
	return suite;
}
