/* test_mime_safe.c - an entity that any MTA may carry: what is safe keeps its octets, what is not
 * is encoded anew and says the same. */
#include "smime/mime.h"
#include "support.h"

#include <stdlib.h>

static struct smime_buf out;

static void
teardown(void)
{
	smime_buf_reset(&out);
}

/* The entity of message, as a string (a NUL inside ends it). */
static const char *
safe(const void *message, size_t len)
{
	SMIME_AUTO(smime_mime) mime = NULL;
	SMIME_AUTO(smime_spool) spool = NULL;
	struct smime_bytes view;

	out.len = 0;
	ck_assert_int_eq(smime_mime_scan(smime_bytes(message, len), NULL, &mime, NULL), SMIME_OK);
	ck_assert_int_eq(smime_spool_new(NULL, &spool), SMIME_OK);
	ck_assert_int_eq(smime_mime_safe(mime, spool, NULL), SMIME_OK);
	ck_assert_int_eq(smime_spool_view(spool, &view, NULL), SMIME_OK);
	ck_assert_int_eq(smime_buf_append(&out, view.data, view.len), SMIME_OK);
	ck_assert_int_eq(smime_buf_terminate(&out), SMIME_OK);
	return (const char *)out.data;
}

#define A74 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct {
	const char *message, *entity;
} rows[] = {
	/* Safe: octets stay, and only Content-* goes inside. */
	{ "From: a@b\r\nContent-Type: text/plain\r\nSubject: s\r\n\r\nhello\r\n",
	    "Content-Type: text/plain\r\n\r\nhello\r\n" },
	/* What stays outside is no reason to change what goes inside. */
	{ "Subject: \xC3\xA9\r\nContent-Type: text/plain\r\n\r\nhello\r\n",
	    "Content-Type: text/plain\r\n\r\nhello\r\n" },
	{ "Subject: \xC3\xA9\r\nFrom : a@b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
	  "preamble\r\n--b\r\n\r\nx\r\n--b--\r\n",
	    "Content-Type: multipart/mixed; "
	    "boundary=b\r\n\r\npreamble\r\n--b\r\n\r\nx\r\n--b--\r\n" },
	{ "Subject: \xC3\xA9\r\n\r\nhello\r\n",
	    "Content-Type: text/plain; charset=us-ascii\r\n\r\nhello\r\n" },
	/* A message without a type is plain text (RFC 2045 s5.2). */
	{ "From: a@b\r\n\r\nhello\r\n",
	    "Content-Type: text/plain; charset=us-ascii\r\n\r\nhello\r\n" },
	/* Line ends become CR LF; nothing else changes for that. */
	{ "Content-Type: text/plain\n\na\nb\n", "Content-Type: text/plain\r\n\r\na\r\nb\r\n" },
	/* No body. */
	{ "Content-Type: text/plain\r\n\r\n", "Content-Type: text/plain\r\n\r\n" },
	/* Folds with TAB become folds with a space. */
	{ "Content-Type: text/plain;\r\n\tcharset=us-ascii\r\n\r\nx\r\n",
	    "Content-Type: text/plain;\r\n charset=us-ascii\r\n\r\nx\r\n" },
	/* Trailing blanks, "From ", 8-bit octets: quoted-printable. */
	{ "Content-Type: text/plain; charset=utf-8\r\n\r\na \r\nFrom b\r\n\xC3\xA9\r\n",
	    "Content-Type: text/plain; charset=utf-8\r\n"
	    "Content-Transfer-Encoding: quoted-printable\r\n\r\na=20\r\n=46rom b\r\n=C3=A9\r\n" },
	{ "Content-Transfer-Encoding: 8bit\r\n\r\n\xC3\xA9\r\n",
	    "Content-Type: text/plain; charset=utf-8\r\n"
	    "Content-Transfer-Encoding: quoted-printable\r\n\r\n=C3=A9\r\n" },
	/* Text that came as base64 stays so, whatever is odd about its lines. */
	{ "Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\naGVs bG8= \r\n",
	    "Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\naGVsbG8=\r\n" },
	/* What is around 8-bit parts does not stay 8bit. */
	{ "Content-Type: multipart/mixed; boundary=b\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
	  "--b\r\nContent-Type: text/plain; charset=utf-8\r\n"
	  "Content-Transfer-Encoding: 8bit\r\n\r\n\xC3\xA9\r\n--b--\r\n",
	    "Content-Type: multipart/mixed; boundary=b\r\nContent-Transfer-Encoding: 7bit\r\n\r\n"
	    "--b\r\nContent-Type: text/plain; charset=utf-8\r\n"
	    "Content-Transfer-Encoding: quoted-printable\r\n\r\n=C3=A9\r\n--b--\r\n" },
	/* What is not text: base64. */
	{ "Content-Type: application/x-thing\r\n\r\n\xFF\r\n",
	    "Content-Type: application/x-thing\r\nContent-Transfer-Encoding: "
	    "base64\r\n\r\n/w0K\r\n" },
	/* Base64 in other lines, with all that could be taken for it. */
	{ "Content-Type: application/x-thing; name=\"\xC3\xA9\"\r\nContent-Transfer-Encoding: "
	  "base64\r\n\r\nZm9v \r\nYg==\r\nYmFy\r\n\r\n-- \r\n",
	    "Content-Type: application/x-thing;\r\n name*=utf-8''%C3%A9\r\n"
	    "Content-Transfer-Encoding: base64\r\n\r\nZm9vYg==YmFy\r\n" },
	/* Only the part that needs it; its siblings keep their octets. */
	{ "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nplain\r\n--b\r\n"
	  "Content-Type: text/plain\r\n\r\nblank \r\n--b--\r\n",
	    "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nplain\r\n--b\r\n"
	    "Content-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
	    "blank=20\r\n--b--\r\n" },
	/* The epilogue of the outermost multipart goes: Outlook does not count it. */
	{ "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--\r\nepilogue\r\n",
	    "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n" },
	/* What is signed inside is left alone, though it is not safe. */
	{ "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: multipart/signed; "
	  "boundary=c\r\n\r\n--c\r\n\r\nblank \r\n--c--\r\n--b--\r\n",
	    "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: "
	    "multipart/signed; "
	    "boundary=c\r\n\r\n--c\r\n\r\nblank \r\n--c--\r\n--b--\r\n" },
	/* Text that was encoded so as not to be a delimiter does not become one, nor does text
	 * that a soft line break puts to a line's front. */
	{ "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n"
	  "Content-Transfer-Encoding: quoted-printable\r\n\r\nblank \r\n=2D-b\r\n"
	  "Content-Type: text/html\r\n\r\nx" A74 "--b\r\n--b--\r\n",
	    "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n"
	    "Content-Transfer-Encoding: quoted-printable\r\n\r\nblank\r\n=2D-b\r\n"
	    "Content-Type: text/html\r\n\r\nx" A74 "=\r\n=2D-b\r\n--b--\r\n" },
	/* A message inside a message. */
	{ "Content-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\nblank \r\n",
	    "Content-Type: message/rfc822\r\n\r\nSubject: x\r\n"
	    "Content-Transfer-Encoding: quoted-printable\r\n\r\nblank=20\r\n" },
	/* 8-bit in a field: RFC 2231 and RFC 2047; a part with such a field is encoded anew. */
	{ "Content-Type: text/plain; format=flowed;\r\n\tname=\"\xC3\xA9 \\\"x\"; "
	  "charset=utf-8\r\n\r\nx\r\n",
	    "Content-Type: text/plain;\r\n format=flowed;\r\n name*=utf-8''%C3%A9%20%22x;\r\n"
	    " charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nx\r\n" },
	{ "Content-Type: text/plain\r\nContent-Disposition: attachment; filename=\"\xE9.txt\"\r\n"
	  "Content-Description: \xC3\xA9\r\n\r\nx\r\n",
	    "Content-Type: text/plain\r\nContent-Disposition: attachment;\r\n"
	    " filename*=iso-8859-1''%E9.txt\r\nContent-Description: =?utf-8?B?w6k=?=\r\n"
	    "Content-Transfer-Encoding: quoted-printable\r\n\r\nx\r\n" },
	/* A long one goes on: RFC 2231 s3. */
	{ "Content-Type: text/plain; name=\"\xC3\xA9"
	  "0123456789012345678901234567890123456789012\xC3\xA9\"\r\n\r\nx\r\n",
	    "Content-Type: text/plain;\r\n"
	    " name*0*=utf-8''%C3%A90123456789012345678901234567890123456789;\r\n "
	    "name*1*=012%C3%A9\r\n"
	    "Content-Transfer-Encoding: quoted-printable\r\n\r\nx\r\n" },
};

START_TEST(an_entity_is_made_safe)
{
	ck_assert_str_eq(safe(rows[_i].message, strlen(rows[_i].message)), rows[_i].entity);
}
END_TEST

START_TEST(what_was_made_safe_stays_as_it_is)
{
	char *once = strdup(safe(rows[_i].message, strlen(rows[_i].message)));

	ck_assert_str_eq(safe(once, strlen(once)), once);
	free(once);
}
END_TEST

START_TEST(pitfall_13_a_line_over_998_octets_is_broken)
{
	char message[2000] = "Content-Type: text/plain\r\n\r\n";
	size_t len = strlen(message);
	const char *line;

	memset(message + len, 'x', 999);
	len += 999;
	message[len++] = '\r';
	message[len++] = '\n';
	line = strstr(safe(message, len), "\r\n\r\n") + 4;
	ck_assert_ptr_nonnull(strstr((char *)out.data, "quoted-printable"));
	for (; *line; line += strcspn(line, "\n") + 1)
		ck_assert_uint_le(strcspn(line, "\r"), 76);
}
END_TEST

/* A NUL in a field must not cost the boundary that stands behind it. */
START_TEST(a_nul_in_a_field_loses_nothing)
{
	static const char message[] =
	    "Content-Type: multipart/mixed; a=\xC3\xA9\0b; boundary=bb\r\n"
	    "\r\n--bb\r\n\r\nx\r\n--bb--\r\n";

	(void)safe(message, sizeof message - 1);
	ck_assert_ptr_nonnull(strstr((char *)out.data, "boundary=bb"));
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("mime_safe");
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, NULL, teardown);
	tcase_add_loop_test(tc, an_entity_is_made_safe, 0, ROWS(rows));
	tcase_add_loop_test(tc, what_was_made_safe_stays_as_it_is, 0, ROWS(rows));
	tcase_add_test(tc, pitfall_13_a_line_over_998_octets_is_broken);
	tcase_add_test(tc, a_nul_in_a_field_loses_nothing);
	suite_add_tcase(suite, tc);
	return suite;
}
