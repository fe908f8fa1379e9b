/* test_reply.c - answers that both MTAs will say as they are. */
#include "reply.h"
#include "support.h"
#include "support_fake_mta.h"

#include <stdio.h>

static struct fake_mta fake;

static void
setup(void)
{
	fake_mta_init(&fake, FAKE_POSTFIX, "\n");
}

static void
teardown(void)
{
	fake_mta_reset(&fake);
}

/* Pitfall 18: a class that differs from what the callback returns loses the text. */
START_TEST(pitfall_18_class_of_code_is_class_of_answer)
{
	static const struct {
		const char *code, *xcode;
		enum gateway_answer want;
		const char *want_code;
	} rows[] = {
		{ "550", "5.7.5", GATEWAY_REJECT, "550" },
		{ "451", "4.7.5", GATEWAY_TEMPFAIL, "451" },
		{ "550", "4.7.5", GATEWAY_TEMPFAIL, "451" },
		{ "451", "5.7.5", GATEWAY_TEMPFAIL, "451" },
		{ "250", "2.0.0", GATEWAY_TEMPFAIL, "451" },
		{ "5", "5.7.5", GATEWAY_TEMPFAIL, "451" },
		{ "", "", GATEWAY_TEMPFAIL, "451" },
	};

	for (int i = 0; i < ROWS(rows); i++) {
		ck_assert_int_eq(gateway_reply_with(&fake.base, rows[i].code, rows[i].xcode, "why"),
		    rows[i].want);
		ck_assert_str_eq(fake.code, rows[i].want_code);
		ck_assert_int_eq(fake.code[0], fake.xcode[0]);
	}
}
END_TEST

START_TEST(pitfall_18_percent_is_doubled)
{
	ck_assert_int_eq(
	    gateway_reply_with(&fake.base, "550", "5.7.1", "100% of %s"), GATEWAY_REJECT);
	ck_assert_str_eq(fake.text, "100% of %s");
}
END_TEST

START_TEST(pitfall_18_line_ends_and_control_characters_are_blanks)
{
	ck_assert_int_eq(
	    gateway_reply_with(&fake.base, "550", "5.7.1", "a\r\nb\tc\x7f"), GATEWAY_REJECT);
	ck_assert_str_eq(fake.text, "a  b c ");
}
END_TEST

/* Lines of the reply; none may be longer than RFC 5321 allows with its codes and line end. */
static size_t
count_lines(void)
{
	size_t count = 0;

	for (const char *line = fake.text; *line; count++) {
		size_t len = strcspn(line, "\n");

		ck_assert_uint_le(strlen("550-5.7.1 ") + len + strlen("\r\n"), 512);
		line += len + (line[len] != 0);
	}
	return count;
}

START_TEST(a_long_text_is_parted_between_characters)
{
	char text[4000] = "";

	for (size_t i = 0; i < 1200; i++)
		strcat(text, "\xE2\x82\xAC");
	ck_assert_int_eq(gateway_reply_with(&fake.base, "550", "5.7.1", text), GATEWAY_REJECT);
	ck_assert_uint_eq(count_lines(), 8);
	ck_assert_uint_eq(strlen(fake.text), 3600 + 7);
	for (const char *line = fake.text; line; line = strchr(line + 1, '\n'))
		ck_assert_int_eq((uint8_t)line[line > fake.text], 0xE2);
	memset(text, '%', sizeof text - 1);
	ck_assert_int_eq(gateway_reply_with(&fake.base, "550", "5.7.1", text), GATEWAY_REJECT);
	ck_assert_uint_eq(count_lines(), 9);
}
END_TEST

START_TEST(addresses_are_not_torn)
{
	char text[20000] = "no certificate to encrypt to somebody@x.example";

	for (int i = 0; i < 400; i++)
		(void)sprintf(text + strlen(text), ", nobody%d@x.example", i);
	ck_assert_int_eq(gateway_reply_with(&fake.base, "550", "5.7.5", text), GATEWAY_REJECT);
	ck_assert_uint_gt(count_lines(), 10);
	for (char *lf = fake.text; (lf = strchr(lf, '\n')) != NULL; *lf = ' ')
		ck_assert_int_eq(lf[-1], ',');
	ck_assert_str_eq(fake.text, text);
}
END_TEST

START_TEST(what_does_not_fit_is_cut_and_that_is_told)
{
	char text[20000];

	memset(text, 'x', sizeof text);
	text[sizeof text - 1] = 0;
	for (size_t i = 99; i < sizeof text; i += 100)
		text[i] = ' ';
	ck_assert_int_eq(gateway_reply_with(&fake.base, "550", "5.7.5", text), GATEWAY_REJECT);
	ck_assert_uint_eq(count_lines(), 32);
	ck_assert_str_eq(fake.text + strlen(fake.text) - 5, "xx...");
	ck_assert_int_eq(gateway_reply_with(&fake.base, "550", "5.7.5", ""), GATEWAY_REJECT);
	ck_assert_str_eq(fake.text, "");
}
END_TEST

START_TEST(our_own_replies_have_their_class)
{
	ck_assert_int_eq(gateway_reply(&fake.base, GATEWAY_REPLY_SYSTEM), GATEWAY_TEMPFAIL);
	ck_assert_str_eq(fake.code, "451");
	ck_assert_str_eq(fake.xcode, "4.3.0");
	ck_assert_int_eq(gateway_reply(&fake.base, GATEWAY_REPLY_BUSY), GATEWAY_TEMPFAIL);
	ck_assert_int_eq(gateway_reply(&fake.base, GATEWAY_REPLY_LOOP), GATEWAY_TEMPFAIL);
	ck_assert_int_eq(gateway_reply(&fake.base, GATEWAY_REPLY_TOO_BIG), GATEWAY_REJECT);
	ck_assert_str_eq(fake.code, "552");
	ck_assert_str_eq(fake.xcode, "5.3.4");
	ck_assert_int_eq(gateway_reply(&fake.base, GATEWAY_REPLY_REFUSED), GATEWAY_REJECT);
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("reply");
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, pitfall_18_class_of_code_is_class_of_answer);
	tcase_add_test(tc, pitfall_18_percent_is_doubled);
	tcase_add_test(tc, pitfall_18_line_ends_and_control_characters_are_blanks);
	tcase_add_test(tc, a_long_text_is_parted_between_characters);
	tcase_add_test(tc, addresses_are_not_torn);
	tcase_add_test(tc, what_does_not_fit_is_cut_and_that_is_told);
	tcase_add_test(tc, our_own_replies_have_their_class);
	suite_add_tcase(suite, tc);
	return suite;
}
