/* test_smtp_args.c - nothing gets into a command line that could end it. */
#include "smtp_args.h"
#include "support.h"

START_TEST(addresses_that_could_end_the_command_are_refused)
{
	static const struct {
		const char *address;
		bool safe;
	} rows[] = {
		{ "", true },
		{ "a@b", true },
		{ "\"a b\"@c", true },
		{ "\"a>b\"@c", true },
		{ "\"a\\\"b\"@c", true },
		{ "user+tag=x@example.org", true },
		{ "gr\xC3\xBC\xC3\x9F"
		  "e@example.org",
		    true },
		{ "a@[192.0.2.1]", true },
		{ "a@b> NOTIFY=NEVER", false },
		{ "a b@c", false },
		{ "<a@b", false },
		{ "a@b\r\nDATA", false },
		{ "a@b\n", false },
		{ "a\t@b", false },
		{ "a\x7f@b", false },
		{ "\"a@b", false },
		{ "\"a\\", false },
		{ "\"a\\\n\"@b", false },
	};

	for (int i = 0; i < ROWS(rows); i++)
		ck_assert_msg(gateway_smtp_address_is_safe(rows[i].address) == rows[i].safe, "%s",
		    rows[i].address);
}
END_TEST

START_TEST(an_address_may_have_320_octets)
{
	char address[322];

	memset(address, 'a', sizeof address);
	address[320] = 0;
	ck_assert(gateway_smtp_address_is_safe(address));
	address[320] = 'a';
	address[321] = 0;
	ck_assert(!gateway_smtp_address_is_safe(address));
}
END_TEST

static void
keeps(const char *args, const char *want)
{
	static const char *const keep[] = { "NOTIFY", "ORCPT", NULL };
	SMIME_AUTO_BUF out = { 0 };

	ck_assert_int_eq(gateway_smtp_keep_args(args, keep, &out), SMIME_OK);
	ck_assert_int_eq(smime_buf_terminate(&out), SMIME_OK);
	ck_assert_str_eq((char *)out.data, want);
}

START_TEST(arguments_are_kept_by_keyword)
{
	keeps("", "");
	keeps(
	    "NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;x@y", " NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;x@y");
	keeps("  orcpt=rfc822;x@y   FOO=1 notify=never ", " orcpt=rfc822;x@y notify=never");
	keeps("NOTIFYX=1 XORCPT=2 NOTIFY", " NOTIFY");
	keeps("ORCPT=rfc822;x\r\nDATA NOTIFY=NEVER", " NOTIFY=NEVER");
}
END_TEST

START_TEST(keywords_are_found_in_any_case)
{
	ck_assert(gateway_smtp_has_arg("SMTPUTF8 body=8bitmime", "BODY"));
	ck_assert(gateway_smtp_has_arg("smtputf8", "SMTPUTF8"));
	ck_assert(!gateway_smtp_has_arg("XSMTPUTF8 SMTPUTF8X", "SMTPUTF8"));
	ck_assert(!gateway_smtp_has_arg("", "BODY"));
}
END_TEST

START_TEST(xtext_escapes_what_is_not_printable)
{
	SMIME_AUTO_BUF out = { 0 };

	ck_assert_int_eq(gateway_smtp_xtext("a+b=c d\r\n\xC3\xA9!~", &out), SMIME_OK);
	ck_assert_int_eq(smime_buf_terminate(&out), SMIME_OK);
	ck_assert_str_eq((char *)out.data, "a+2Bb+3Dc+20d+0D+0A+C3+A9!~");
}
END_TEST

START_TEST(ascii_is_told_from_the_rest)
{
	ck_assert(gateway_smtp_is_ascii("a@b"));
	ck_assert(!gateway_smtp_is_ascii("\xC3\xA9@b"));
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("smtp_args");
	TCase *tc = tcase_create("all");

	tcase_add_test(tc, addresses_that_could_end_the_command_are_refused);
	tcase_add_test(tc, an_address_may_have_320_octets);
	tcase_add_test(tc, arguments_are_kept_by_keyword);
	tcase_add_test(tc, keywords_are_found_in_any_case);
	tcase_add_test(tc, xtext_escapes_what_is_not_printable);
	tcase_add_test(tc, ascii_is_told_from_the_rest);
	suite_add_tcase(suite, tc);
	return suite;
}
