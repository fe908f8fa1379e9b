/* test_charset.c - octets of charsets as UTF-8: by name, by alias, by order of octets, and what is
 * none of them. */
#include "smime/charset.h"
#include "support.h"

static const struct {
	const char *charset;
	struct smime_bytes in;
	const char *want;
	bool good, keeps_ascii;
} rows[] = {
	{ "", { (const uint8_t *)"a\xC3\xBC", 3 }, "a\xC3\xBC", true, true },
	{ "US-ASCII", { (const uint8_t *)"a\xFC", 2 }, "a\xEF\xBF\xBD", false, true },
	{ "utf8", { (const uint8_t *)"\xC3\xBC", 2 }, "\xC3\xBC", true, true },
	{ "iso-8859-1", { (const uint8_t *)"\xFC", 1 }, "\xC3\xBC", true, true },
	/* GB 2312 is read as its superset: the euro sign is none of its characters */
	{ "gb2312", { (const uint8_t *)"\xBB\xFA\xA2\xE3", 4 }, "\xE6\x9C\xBA\xE2\x82\xAC", true,
	    true },
	{ "GBK", { (const uint8_t *)"\xBB\xFA\xFFz", 4 }, "\xE6\x9C\xBA\xEF\xBF\xBDz", false,
	    true },
	{ "utf-16", { (const uint8_t *)"\x67\x3A", 2 }, "\xE6\x9C\xBA", true, false },
	{ "utf-16", { (const uint8_t *)"\xFF\xFE\x3A\x67", 4 }, "\xE6\x9C\xBA", true, false },
	{ "utf-16le", { (const uint8_t *)"\x3A\x67\x00", 3 }, "\xE6\x9C\xBA\xEF\xBF\xBD", false,
	    false },
	{ "utf-32", { (const uint8_t *)"\x00\x00\x67\x3A", 4 }, "\xE6\x9C\xBA", true, false },
	{ "hz-gb-2312", { (const uint8_t *)"a~~~{;z~}b~\nc", 13 },
	    "a~\xE6\x9C\xBA"
	    "bc",
	    true, true },
	{ "iso-2022-jp", { (const uint8_t *)"\x1B$B4y\x1B(B", 8 }, "\xE6\x9C\xBA", true, true },
	{ "unicode-1-1-utf-7", { (const uint8_t *)"+Zzo-", 5 }, "\xE6\x9C\xBA", true, true },
	{ "x-nonsense", { (const uint8_t *)"a\xFF", 2 }, "a\xFF", false, false },
	{ "utf-8//TRANSLIT", { (const uint8_t *)"a", 1 }, "a", false, false },
};

START_TEST(octets_become_utf8)
{
	SMIME_AUTO_BUF out = { 0 };
	SMIME_AUTO(smime_stage) collect = NULL;
	bool good;

	ck_assert_int_eq(smime_stage_buf_new(&out, 1000, &collect), SMIME_OK);
	ck_assert_int_eq(
	    smime_charset_push(rows[_i].charset, rows[_i].in, collect, &good), SMIME_OK);
	ck_assert_int_eq(smime_buf_terminate(&out), SMIME_OK);
	ck_assert_str_eq((char *)out.data, rows[_i].want);
	ck_assert_int_eq(good, rows[_i].good);
	ck_assert_int_eq(smime_charset_keeps_ascii(rows[_i].charset), rows[_i].keeps_ascii);
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("charset");
	TCase *tc = tcase_create("all");

	suite_add_tcase(suite, tc);
	tcase_add_loop_test(tc, octets_become_utf8, 0, ROWS(rows));
	return suite;
}
