/* test_dsn.c - reports that other mail systems can read, and that give nothing away. */
#include "dsn.h"
#include "support.h"

#include <stdlib.h>

static char address[] = "b@x", second[] = "\xC3\xA9+@x", third[] = "never@x", none[] = "";
static char args[] = "ORCPT=rfc822;x+2By@z NOTIFY=success,failure", never[] = "NOTIFY=NEVER";
static char from[] = "a@lab.test", mail_args[] = "RET=FULL ENVID=q+2B1";
static char text[] = "no certificate\r\nfor <b@x>";
static struct policy_recipient recipients[] = {
	{ .address = address, .args = args },
	{ .address = second, .args = none },
	{ .address = third, .args = never },
};
static struct gateway_refusal refused[] = {
	{ .recipient = 0, .code = "550", .xcode = "5.7.5", .text = text },
	{ .recipient = 1, .code = "550", .xcode = "5.7.5", .text = text },
	{ .recipient = 2, .code = "550", .xcode = "5.7.5", .text = text },
};
static const struct gateway_refusals refusals = { refused, 3 };
static const struct policy_message message = { .mail_from = from,
	.mail_args = mail_args,
	.recipients = recipients,
	.recipient_count = 3,
	.received_at = 1767225600 };

static const char *postmaster = "postmaster@gw.test";
static const char *original = "From: a\r\nSubject: secret\r\n\r\nBODY";

static const char *
report(void)
{
	static char out[5000];
	SMIME_AUTO(policy_header) header = NULL;
	SMIME_AUTO(smime_spool) spool = NULL;
	struct smime_bytes view;
	struct gateway_dsn dsn = { .message = &message,
		.refusals = &refusals,
		.hostname = "gw.test",
		.postmaster = postmaster,
		.now = 1767225661 };

	ck_assert_int_eq(policy_header_read(smime_bytes_str(original), &header, NULL), SMIME_OK);
	dsn.header = header;
	ck_assert_int_eq(smime_spool_new(NULL, &spool), SMIME_OK);
	ck_assert_int_eq(gateway_dsn_write(&dsn, spool), SMIME_OK);
	ck_assert_int_eq(smime_spool_view(spool, &view, NULL), SMIME_OK);
	ck_assert_uint_lt(view.len, sizeof out);
	memcpy(out, view.data, view.len);
	out[view.len] = 0;
	return out;
}

static void
has(const char *want)
{
	const char *whole = report();

	ck_assert_msg(strstr(whole, want) != NULL, "no \"%s\" in:\n%s", want, whole);
}

START_TEST(a_report_has_what_rfc_3464_wants)
{
	has("Date: Thu, 01 Jan 2026 00:01:01 +0000\r\n");
	has("From: Mail Delivery System <postmaster@gw.test>\r\nTo: <a@lab.test>\r\n");
	has("Auto-Submitted: auto-replied\r\n");
	has("Content-Type: multipart/report; report-type=delivery-status;\r\n boundary=");
	has("Content-Type: message/delivery-status\r\n\r\nOriginal-Envelope-Id: q+1\r\n"
	    "Reporting-MTA: dns; gw.test\r\nArrival-Date: Thu, 01 Jan 2026 00:00:00 +0000\r\n\r\n");
	has("\r\n\r\nOriginal-Recipient: rfc822;x+y@z\r\nFinal-Recipient: rfc822; b@x\r\n"
	    "Action: failed\r\nStatus: 5.7.5\r\n"
	    "Diagnostic-Code: smtp; 550 5.7.5 no certificate??for <b@x>\r\n\r\n");
	has("\r\n\r\nFinal-Recipient: utf-8; \\x{E9}\\x{2B}@x\r\n");
}
END_TEST

START_TEST(the_header_is_returned_and_the_body_is_not)
{
	has("Content-Type: text/rfc822-headers\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
	    "From: a\r\nSubject: secret\r\n\r\n--");
	ck_assert_ptr_null(strstr(report(), "BODY"));
}
END_TEST

START_TEST(a_header_in_utf8_says_so)
{
	original = "Subject: \xC3\xA9\r\n\r\nBODY";
	has("Content-Type: message/global-headers\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
	    "Subject: \xC3\xA9\r\n\r\n--");
}
END_TEST

START_TEST(a_postmaster_without_domain_is_of_this_machine)
{
	postmaster = "postmaster";
	has("From: Mail Delivery System <postmaster@gw.test>\r\n");
}
END_TEST

START_TEST(who_does_not_want_to_hear_is_left_out)
{
	ck_assert(gateway_dsn_is_wanted(&recipients[0]));
	ck_assert(gateway_dsn_is_wanted(&recipients[1]));
	ck_assert(!gateway_dsn_is_wanted(&recipients[2]));
	ck_assert_ptr_null(strstr(report(), "never@x"));
}
END_TEST

/* The text names everybody, and may be said to each: lines, and the whole, stay bounded. */
START_TEST(a_reason_that_names_hundreds_is_cut)
{
	static char long_text[30000];
	struct gateway_refusals list = { 0 };
	const char *cut;

	for (size_t i = 0; i + 1 < sizeof long_text; i++)
		long_text[i] = "\xA9\xC3"[i % 2]; /* a character begins at odd octets */
	long_text[0] = 'x';
	ck_assert_int_eq(gateway_refusals_add(&list, 7, "550", "", long_text), SMIME_OK);
	ck_assert_uint_eq(list.item[0].recipient, 7);
	ck_assert_str_eq(list.item[0].xcode, "5.0.0");
	cut = list.item[0].text;
	ck_assert_uint_le(strlen(cut), 810);
	ck_assert_uint_ge(strlen(cut), 790);
	ck_assert_str_eq(cut + strlen(cut) - 5, "\xC3\xA9...");
	gateway_refusals_reset(&list);
}
END_TEST

START_TEST(every_line_ends_with_cr_lf_and_the_multipart_is_closed)
{
	const char *whole = report();
	size_t len = strlen(whole);

	for (const char *c = whole; *c; c++)
		ck_assert(*c != '\n' || (c > whole && c[-1] == '\r'));
	ck_assert_str_eq(whole + len - 4, "--\r\n");
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("dsn");
	TCase *tc = tcase_create("all");

	tcase_add_test(tc, a_report_has_what_rfc_3464_wants);
	tcase_add_test(tc, the_header_is_returned_and_the_body_is_not);
	tcase_add_test(tc, a_header_in_utf8_says_so);
	tcase_add_test(tc, a_postmaster_without_domain_is_of_this_machine);
	tcase_add_test(tc, who_does_not_want_to_hear_is_left_out);
	tcase_add_test(tc, a_reason_that_names_hundreds_is_cut);
	tcase_add_test(tc, every_line_ends_with_cr_lf_and_the_multipart_is_closed);
	suite_add_tcase(suite, tc);
	return suite;
}
