/* test_mime_from.c - the one address that a certificate has to cover; whatever could be read in two
 * ways is refused. */
#include "smime/mime.h"
#include "support.h"

#include <stdio.h>

static const struct {
	const char *header, *address; /* NULL: refused */
} rows[] = {
	{ "From: a@b.example\r\n", "a@b.example" },
	{ "From: <a@b.example>\r\n", "a@b.example" },
	{ "from: Some One <a@b.example>\r\n", "a@b.example" },
	{ "From: \"One, Some\" <a@b.example>\r\n", "a@b.example" },
	{ "From: =?utf-8?q?=3Cceo=40c=2Eexample=3E?= <a@b.example>\r\n", "a@b.example" },
	{ "From: a@b.example (comment <c@d.example>)\r\n", "a@b.example" },
	{ "From: Some\r\n One\r\n <a@b.example>\r\n", "a@b.example" },
	{ "Sender: c@d.example\r\nFrom: a@b.example\r\nReply-To: e@f.example\r\n", "a@b.example" },
	{ "", NULL },
	{ "From:\r\n", NULL },
	{ "From: nobody\r\n", NULL },
	{ "From: a@b.example\r\nFrom: c@d.example\r\n", NULL },
	{ "From: a@b.example, c@d.example\r\n", NULL },
	{ "From: a@b.example c@d.example\r\n", NULL },
	{ "From: <a@b.example> <c@d.example>\r\n", NULL },
	{ "From: <a@b.example>, \r\n", NULL },
	{ "From: \"c@d.example\" a@b.example\r\n", NULL },
	{ "From: group: a@b.example;\r\n", NULL },
	{ "From: <@c.example:a@b.example>\r\n", NULL },
	{ "From: a@b.example@c.example\r\n", NULL },
	{ "From: a@[192.0.2.1]\r\n", NULL },
	{ "From: \"a b\"@c.example\r\n", NULL },
	{ "From: <a@b.example\r\n", NULL },
	{ "From: (unclosed a@b.example\r\n", NULL },
	{ "From : a@b.example\r\n", "a@b.example" },
	{ "From: a@b.example (it\\)s (nested) me)\r\n", "a@b.example" },
	{ "From: (a\\(b) Some One <a@b.example>\r\n", "a@b.example" },
	{ "From: \"a \\\" <c@d.example>\" <a@b.example>\r\n", "a@b.example" },
	{ "From: J. Doe <a@b.example>\r\n", "a@b.example" },
	{ "From: \"never closed <a@b.example>\r\n", NULL },
	{ "From: \"ends in a backslash\\\r\n", NULL },
	{ "From: a@b.example (ends in a backslash\\\r\n", NULL },
	{ "From: Some; One <a@b.example>\r\n", NULL },
	{ "From: [x] <a@b.example>\r\n", NULL },
	{ "From: Some One <a@b.example> more\r\n", NULL },
	{ "From: Some One (unclosed <a@b.example>\r\n", NULL },
	{ "From: .a@b.example\r\n", NULL },
	{ "From: a..b@b.example\r\n", NULL },
	{ "From: a@b.example.\r\n", NULL },
	{ "From: =?utf-8?q?a=40b=2Eexample?=\r\n", NULL },
};

/* An address is 254 octets long at most (RFC 5321 s4.5.3.1.3, less the brackets of a path). */
START_TEST(an_address_has_an_end)
{
	for (int len = 253; len < 257; len++) {
		SMIME_AUTO(smime_mime) mime = NULL;
		SMIME_AUTO_BUF from = { 0 };
		char message[400];

		(void)snprintf(
		    message, sizeof message, "From: a@%0*d.example\r\n\r\nx\r\n", len - 10, 1);
		ck_assert_int_eq(
		    smime_mime_scan(smime_bytes_str(message), NULL, &mime, NULL), SMIME_OK);
		ck_assert_int_eq(
		    smime_mime_from(mime, &from, NULL), len <= 254 ? SMIME_OK : SMIME_E_SYNTAX);
		ck_assert_uint_eq(from.len, len <= 254 ? (size_t)len : 0);
	}
}
END_TEST

START_TEST(one_address_or_none)
{
	SMIME_AUTO(smime_mime) mime = NULL;
	SMIME_AUTO_BUF from = { 0 };
	struct smime_diag diag = { 0 };
	char message[300];
	enum smime_status status;

	(void)snprintf(message, sizeof message, "%s\r\nbody\r\n", rows[_i].header);
	ck_assert_int_eq(smime_mime_scan(smime_bytes_str(message), NULL, &mime, NULL), SMIME_OK);
	status = smime_mime_from(mime, &from, &diag);
	if (!rows[_i].address) {
		ck_assert_msg(status == SMIME_E_SYNTAX, "%s: %.*s", rows[_i].header, (int)from.len,
		    (char *)from.data);
		ck_assert_str_eq(diag.token, "from");
		ck_assert_uint_eq(from.len, 0);
		return;
	}
	ck_assert_msg(status == SMIME_OK, "%s: %s", rows[_i].header, diag.text);
	ck_assert_int_eq(smime_buf_terminate(&from), SMIME_OK);
	ck_assert_str_eq((char *)from.data, rows[_i].address);
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("mime_from");
	TCase *tc = tcase_create("all");

	tcase_add_test(tc, an_address_has_an_end);
	tcase_add_loop_test(tc, one_address_or_none, 0, ROWS(rows));
	suite_add_tcase(suite, tc);
	return suite;
}
