/* test_mime_flags.c - what an MTA on the way would change, wherever in a line it stands: octets are
 * looked at a word at a time.  RFC 5321 s2.3.8, s4.5.3.1.6. */
#include "mime_internal.h"
#include "support.h"

static uint32_t
flags_of(const void *octets, size_t len)
{
	return smime_mime_content_flags(smime_bytes(octets, len), NULL);
}

static const struct {
	const char *octets;
	uint32_t flags;
} rows[] = {
	{ "", 0 },
	{ "\r\n", 0 },
	{ "a\r\n", 0 },
	{ "a", SMIME_MIME_NO_FINAL_EOL },
	{ "a\n", SMIME_MIME_BARE_LF },
	{ "\n", SMIME_MIME_BARE_LF },
	{ "a\r", SMIME_MIME_BARE_CR | SMIME_MIME_NO_FINAL_EOL },
	{ "\r", SMIME_MIME_BARE_CR | SMIME_MIME_NO_FINAL_EOL },
	{ "a\rb\r\n", SMIME_MIME_BARE_CR },
	{ "a\r\r\n", SMIME_MIME_BARE_CR },
	{ "a \r\n", SMIME_MIME_TRAILING_BLANK },
	{ "a\t\r\nb\r\n", SMIME_MIME_TRAILING_BLANK },
	{ " \r\n", SMIME_MIME_TRAILING_BLANK },
	{ " a\r\n", 0 },
	{ "From a\r\n", SMIME_MIME_FROM_LINE },
	{ "x\r\nFrom ",
	    SMIME_MIME_FROM_LINE | SMIME_MIME_TRAILING_BLANK | SMIME_MIME_NO_FINAL_EOL },
	{ "from a\r\n", 0 },
	{ "From\r\n", 0 },
	{ ">From a\r\n", 0 },
};

START_TEST(lines_are_told_apart)
{
	ck_assert_uint_eq(flags_of(rows[_i].octets, strlen(rows[_i].octets)), rows[_i].flags);
}
END_TEST

/* 0x01 and 0x80 are what the arithmetic on words might mistake for 0. */
START_TEST(an_octet_is_seen_wherever_it_stands)
{
	static const struct {
		uint8_t octet, around;
		uint32_t flags;
	} octets[] = { { 0x00, 'x', SMIME_MIME_NUL }, { 0x00, 0x01, SMIME_MIME_NUL },
		{ 0x80, 'x', SMIME_MIME_EIGHT_BIT }, { 0xFF, 0x01, SMIME_MIME_EIGHT_BIT },
		{ 0x00, 0x80, SMIME_MIME_NUL | SMIME_MIME_EIGHT_BIT }, { 0x01, 'x', 0 },
		{ 0x7F, 0x01, 0 }, { 0x80, 0x81, SMIME_MIME_EIGHT_BIT } };

	for (int i = 0; i < ROWS(octets); i++)
		for (size_t len = 2; len < 40; len++)
			for (size_t at = 0; at < len; at++) {
				uint8_t line[48];

				memset(line, octets[i].around, sizeof line);
				line[at] = octets[i].octet;
				memcpy(line + len, "\r\n", 2);
				ck_assert_uint_eq(flags_of(line, len + 2), octets[i].flags);
			}
}
END_TEST

START_TEST(a_line_may_have_998_octets)
{
	char lines[2100];

	memset(lines, 'x', sizeof lines);
	memcpy(lines + 998, "\r\n", 2);
	memcpy(lines + 1998, "\r\n", 2);
	ck_assert_uint_eq(flags_of(lines, 2000), 0);
	memcpy(lines + 1998, "x\r\n", 3);
	ck_assert_uint_eq(flags_of(lines, 2001), SMIME_MIME_LONG_LINE);
	lines[1999] = '\n';
	ck_assert_uint_eq(flags_of(lines, 2000), SMIME_MIME_LONG_LINE | SMIME_MIME_BARE_LF);
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("mime_flags");
	TCase *tc = tcase_create("all");

	suite_add_tcase(suite, tc);
	tcase_add_loop_test(tc, lines_are_told_apart, 0, ROWS(rows));
	tcase_add_test(tc, an_octet_is_seen_wherever_it_stands);
	tcase_add_test(tc, a_line_may_have_998_octets);
	return suite;
}
