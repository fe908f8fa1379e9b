/* test_utf8.c - what is a character, and what only looks like one. */
#include "smime/bytes.h"
#include "support.h"

static const struct {
	const char *octets;
	size_t len;
	uint32_t number;
} rows[] = {
	{ "a", 1, 'a' },
	{ "\x7F", 1, 0x7F },
	{ "\xC2\x80", 2, 0x80 },
	{ "\xC3\xA9x", 2, 0xE9 },
	{ "\xE2\x82\xAC", 3, 0x20AC },
	{ "\xF0\x9F\x98\x80", 4, 0x1F600 },
	{ "\xF4\x8F\xBF\xBF", 4, 0x10FFFF },
	{ "", 0, 0 },
	{ "\x80", 0, 0 },
	{ "\xC0\xAF", 0, 0 },         /* overlong */
	{ "\xE0\x80\xAF", 0, 0 },     /* overlong */
	{ "\xF0\x80\x80\xAF", 0, 0 }, /* overlong */
	{ "\xED\xA0\x80", 0, 0 },     /* surrogate */
	{ "\xF4\x90\x80\x80", 0, 0 }, /* beyond the last */
	{ "\xF5\x80\x80\x80", 0, 0 },
	{ "\xE2\x82", 0, 0 }, /* cut */
	{ "\xE2"
	  "a\x82",
	    0, 0 },
};

START_TEST(a_character_is_read)
{
	uint32_t number = 0;

	ck_assert_uint_eq(smime_utf8(smime_bytes_str(rows[_i].octets), &number), rows[_i].len);
	ck_assert_uint_eq(number, rows[_i].number);
	ck_assert_uint_eq(smime_utf8(smime_bytes_str(rows[_i].octets), NULL), rows[_i].len);
}
END_TEST

START_TEST(what_deceives_the_eye_is_known)
{
	static const uint32_t hides[] = { 0, 0x1B, 0x7F, 0x85, 0x9F, 0x61C, 0x200B, 0x200F, 0x2028,
		0x202E, 0x2066, 0xFEFF };
	static const uint32_t plain[] = { ' ', '~', 0xA0, 0xE9, 0x200A, 0x2010, 0x673A, 0x1F600 };

	for (int i = 0; i < ROWS(hides); i++)
		ck_assert_msg(smime_char_hides(hides[i]), "%x", hides[i]);
	for (int i = 0; i < ROWS(plain); i++)
		ck_assert_msg(!smime_char_hides(plain[i]), "%x", plain[i]);
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("utf8");
	TCase *tc = tcase_create("all");

	tcase_add_loop_test(tc, a_character_is_read, 0, ROWS(rows));
	suite_add_tcase(suite, tc);
	tcase_add_test(tc, what_deceives_the_eye_is_known);
	return suite;
}
