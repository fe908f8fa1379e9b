/* test_guess.c - which charsets are tried on octets that are not what they are said to be. */
#include "guess.h"

#include "support.h"

static const struct {
	const char *pattern;
	struct smime_bytes octets;
	const char *shows; /* the first charset that may show it; NULL: none */
} rows[] = {
	{ "secret", { (const uint8_t *)"plain text, 1+1", 15 }, NULL },
	{ "secret", { (const uint8_t *)"f\xFCr", 3 }, NULL }, /* ASCII is seen in the octets */
	{ "\xC3\xBC", { (const uint8_t *)"f\xC3\xBCr", 4 }, NULL }, /* good UTF-8 */
	{ "\xC3\xBC", { (const uint8_t *)"f\xFCr", 3 }, "CP1252" },
	{ "\xC3\xBC", { (const uint8_t *)"f\xF6r", 3 }, NULL }, /* another one */
	{ "\xE6\x9C\xBA", { (const uint8_t *)"\xBB\xFA", 2 }, "GB18030" },
	{ "\\x{673a}", { (const uint8_t *)"\xBB\xFA", 2 }, "GB18030" },
	{ "secret", { (const uint8_t *)"s\0e\0", 4 }, "UTF-16LE" },
	{ "secret", { (const uint8_t *)"+AHM-", 5 }, "UTF-7" },
	{ "secret", { (const uint8_t *)"\x1B$B4y\x1B(B", 8 }, NULL },
	{ "\xE6\x9C\xBA", { (const uint8_t *)"\x1B$B4y\x1B(B", 8 }, "ISO-2022-JP-2" },
	{ "\xE6\x9C\xBA", { (const uint8_t *)"~{;z~}", 6 }, "HZ-GB-2312" },
	{ "\xE6\x9C\xBA", { (const uint8_t *)"", 0 }, NULL },
	/* capitals for small letters and the other way round, and what stands in a range */
	{ "(?i)\xC3\xBC"
	  "bung",
	    { (const uint8_t *)"\xDC"
			       "BUNG",
		5 },
	    "CP1252" },
	{ "(?i)\xC3\x9C"
	  "BUNG",
	    { (const uint8_t *)"\xFC"
			       "bung",
		5 },
	    "CP1252" },
	{ "[\xE4\xB8\x80-\xE9\xBE\xA5]", { (const uint8_t *)"\xBB\xFA", 2 }, "GB18030" },
	{ "[a-\xC3\xBC]", { (const uint8_t *)"\xE4", 1 }, "GB18030" },
};

START_TEST(a_charset_is_tried_where_it_may_show_something)
{
	SMIME_AUTO(policy_wanted) wanted = NULL;
	uint32_t class =
	    policy_octets_class(rows[_i].octets, smime_bytes_are_utf8(rows[_i].octets));
	const char *first = NULL;

	ck_assert_int_eq(policy_wanted_new(rows[_i].pattern, &wanted), SMIME_OK);
	for (size_t g = 0; policy_guess_charset(g) && !first; g++)
		if (policy_guess_shows(g, class, rows[_i].octets, wanted))
			first = policy_guess_charset(g);
	ck_assert_pstr_eq(first, rows[_i].shows);
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("guess");
	TCase *tc = tcase_create("all");

	suite_add_tcase(suite, tc);
	tcase_add_loop_test(tc, a_charset_is_tried_where_it_may_show_something, 0, ROWS(rows));
	return suite;
}
