/* test_ber.c - the reader: lengths of every form, ends, constructed strings, limits; never past the
 * input. */
#include "ber.h"
#include "support.h"

#include <stdlib.h>

#define BYTES(literal) smime_bytes(literal, sizeof(literal) - 1)

static const struct {
	const char *octets;
	size_t len;
	enum smime_status status;
	size_t whole, content;
} reads[] = {
	{ "\x02\x01\x05", 3, SMIME_OK, 3, 1 },
	{ "\x04\x00", 2, SMIME_OK, 2, 0 },
	{ "\x04\x00rest", 6, SMIME_OK, 2, 0 },
	{ "\x04\x81\x01x", 4, SMIME_OK, 4, 1 }, /* not minimal, but BER */
	{ "\x04\x84\0\0\0\x01x", 7, SMIME_OK, 7, 1 },
	{ "\x04\x88\0\0\0\0\0\0\0\x01x", 11, SMIME_OK, 11, 1 },
	{ "\x04\x89\0\0\0\0\0\0\0\0\x01x", 12, SMIME_E_SYNTAX, 0, 0 }, /* over 8 octets of length */
	{ "\x04\x88\xff\xff\xff\xff\xff\xff\xff\xffx", 11, SMIME_E_SYNTAX, 0, 0 },
	{ "\x04\x84\x80\0\0\0x", 7, SMIME_E_SYNTAX, 0, 0 },
	{ "\x04\x02x", 3, SMIME_E_SYNTAX, 0, 0 },
	{ "\x04", 1, SMIME_E_SYNTAX, 0, 0 },
	{ "", 0, SMIME_E_SYNTAX, 0, 0 },
	{ "\x04\x82\x01", 3, SMIME_E_SYNTAX, 0, 0 },
	{ "\x1f\x81\x01\x00", 4, SMIME_E_SYNTAX, 0, 0 }, /* high tag number */
	{ "\x00\x00", 2, SMIME_E_SYNTAX, 0, 0 },         /* an end of nothing */
	{ "\x04\x80x\0\0", 5, SMIME_E_SYNTAX, 0, 0 },    /* indefinite but primitive */
	{ "\x30\x80\0\0", 4, SMIME_OK, 4, 0 },
	{ "\x30\x80\x02\x01\x05\0\0tail", 11, SMIME_OK, 7, 3 },
	{ "\x30\x80\x30\x80\x02\x01\x05\0\0\0\0", 11, SMIME_OK, 11, 7 },
	{ "\x30\x80\x30\x02\0\0\0\0", 8, SMIME_OK, 8,
	    4 }, /* zeros inside a definite one end nothing */
	{ "\x30\x80\x02\x01\x05", 5, SMIME_E_SYNTAX, 0, 0 }, /* never ended */
	{ "\x30\x80\x02\x05\x05\0\0", 7, SMIME_E_SYNTAX, 0, 0 },
	{ "\x30\x80\0", 3, SMIME_E_SYNTAX, 0, 0 },
};

/* The input stands in a block of its own, so that the sanitizer sees a look past its end. */
START_TEST(elements_are_read)
{
	size_t len = reads[_i].len;
	uint8_t *block = malloc(len ? len : 1);
	struct smime_bytes in;
	struct smime_tlv tlv;

	memcpy(block, reads[_i].octets, len);
	in = smime_bytes(block, len);
	ck_assert_int_eq(smime_ber_read(&in, &tlv), reads[_i].status);
	if (reads[_i].status == SMIME_OK) {
		ck_assert_uint_eq(tlv.whole.len, reads[_i].whole);
		ck_assert_uint_eq(tlv.content.len, reads[_i].content);
		ck_assert_uint_eq(in.len, len - reads[_i].whole);
	}
	free(block);
}
END_TEST

START_TEST(depth_is_limited)
{
	SMIME_AUTO_BUF buf = { 0 };
	struct smime_tlv tlv;

	for (unsigned depth = 1; depth <= 2 * SMIME_BER_DEPTH; depth++) {
		struct smime_bytes in;

		buf.len = 0;
		for (unsigned i = 0; i < depth; i++)
			ck_assert_int_eq(smime_buf_append(&buf, "\x30\x80", 2), SMIME_OK);
		for (unsigned i = 0; i < depth; i++)
			ck_assert_int_eq(smime_buf_append(&buf, "\0\0", 2), SMIME_OK);
		in = smime_buf_bytes(&buf);
		ck_assert_int_eq(
		    smime_ber_read(&in, &tlv), depth <= SMIME_BER_DEPTH ? SMIME_OK : SMIME_E_LIMIT);
	}
}
END_TEST

static const struct {
	struct smime_bytes in;
	enum smime_status status;
	const char *want;
} strings[] = {
	{ { (const uint8_t *)"\x04\x03"
			     "abc",
	      5 },
	    SMIME_OK, "abc" },
	{ { (const uint8_t *)"\x04\x00", 2 }, SMIME_OK, "" },
	{ { (const uint8_t *)"\x24\x07\x04\x01"
			     "a\x04\x02"
			     "bc",
	      9 },
	    SMIME_OK, "abc" },
	{ { (const uint8_t *)"\x24\x80\x04\x01"
			     "a\x04\x02"
			     "bc\0\0",
	      11 },
	    SMIME_OK, "abc" },
	{ { (const uint8_t *)"\x24\x80\x24\x80\x04\x01"
			     "a\0\0\x04\x02"
			     "bc\0\0",
	      15 },
	    SMIME_OK, "abc" },
	{ { (const uint8_t *)"\x24\x00", 2 }, SMIME_OK, "" },
	{ { (const uint8_t *)"\x24\x03\x02\x01"
			     "a",
	      5 },
	    SMIME_E_SYNTAX, NULL }, /* an INTEGER in it */
	{ { (const uint8_t *)"\x24\x02\x04\x01", 4 }, SMIME_E_SYNTAX, NULL },
};

START_TEST(strings_are_joined)
{
	struct smime_bytes in = strings[_i].in;
	SMIME_AUTO_BUF out = { 0 };
	struct smime_tlv tlv;

	ck_assert_int_eq(smime_ber_expect(&in, SMIME_BER_OCTET_STRING, &tlv), SMIME_OK);
	ck_assert_int_eq(smime_ber_octets(&tlv, 100, &out), strings[_i].status);
	if (strings[_i].want)
		ck_assert(
		    smime_bytes_equal(smime_buf_bytes(&out), smime_bytes_str(strings[_i].want)));
}
END_TEST

START_TEST(strings_nest_no_deeper_than_the_limit)
{
	SMIME_AUTO_BUF buf = { 0 };
	SMIME_AUTO_BUF out = { 0 };
	struct smime_bytes in;
	struct smime_tlv tlv;

	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(smime_buf_append(&buf, "\x24\x7f", 2), SMIME_OK);
	for (size_t i = 0; i < 100; i++)
		buf.data[i * 2 + 1] = (uint8_t)(198 - 2 * i > 127 ? 127 : 198 - 2 * i);
	in = smime_bytes_slice(smime_buf_bytes(&buf), 72, 200);
	ck_assert_int_eq(smime_ber_expect(&in, SMIME_BER_OCTET_STRING, &tlv), SMIME_OK);
	ck_assert_int_eq(smime_ber_octets(&tlv, 100, &out), SMIME_E_LIMIT);
}
END_TEST

START_TEST(a_string_over_the_limit_is_refused)
{
	struct smime_bytes in = BYTES("\x04\x03"
				      "abc");
	SMIME_AUTO_BUF out = { 0 };
	struct smime_tlv tlv;

	ck_assert_int_eq(smime_ber_read(&in, &tlv), SMIME_OK);
	ck_assert_int_eq(smime_ber_octets(&tlv, 2, &out), SMIME_E_LIMIT);
}
END_TEST

START_TEST(counting_stops_at_the_limit)
{
	struct smime_bytes in = BYTES("\x02\x01\x01\x02\x01\x02\x02\x01\x03");
	size_t count;

	ck_assert_int_eq(smime_ber_count(in, 3, &count), SMIME_OK);
	ck_assert_uint_eq(count, 3);
	ck_assert_int_eq(smime_ber_count(in, 2, &count), SMIME_E_LIMIT);
	ck_assert_int_eq(smime_ber_count(BYTES("\x02\x01"), 2, &count), SMIME_E_SYNTAX);
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("ber");
	TCase *tc = tcase_create("all");

	tcase_add_loop_test(tc, elements_are_read, 0, ROWS(reads));
	tcase_add_test(tc, depth_is_limited);
	tcase_add_loop_test(tc, strings_are_joined, 0, ROWS(strings));
	tcase_add_test(tc, strings_nest_no_deeper_than_the_limit);
	tcase_add_test(tc, a_string_over_the_limit_is_refused);
	tcase_add_test(tc, counting_stops_at_the_limit);
	suite_add_tcase(suite, tc);
	return suite;
}
