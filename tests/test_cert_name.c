/* test_cert_name.c - which addresses a certificate names: raw octets, no favours. */
#include "ber.h"
#include "der.h"
#include "smime/cert.h"
#include "support.h"
#include "support_pki.h"

static const struct {
	const char *mailboxes, *domains, *address;
	enum smime_cover cover;
} rows[] = {
	{ "a@b.example", NULL, "a@b.example", SMIME_COVER_MAILBOX },
	{ "a@b.example", NULL, "a@B.Example", SMIME_COVER_MAILBOX },
	{ "a@B.EXAMPLE", NULL, "a@b.example", SMIME_COVER_MAILBOX },
	/* RFC 5321 s2.4: only the domain is without case. */
	{ "a@b.example", NULL, "A@b.example", SMIME_COVER_NONE },
	{ "a@b.example", NULL, "a@c.example", SMIME_COVER_NONE },
	{ "a@b.example", NULL, "aa@b.example", SMIME_COVER_NONE },
	{ NULL, "b.example", "x@b.example", SMIME_COVER_DOMAIN },
	{ NULL, "b.example", "x@B.example", SMIME_COVER_DOMAIN },
	{ NULL, "b.example", "x@a.b.example", SMIME_COVER_NONE },
	{ NULL, "b.example", "x@ab.example", SMIME_COVER_NONE },
	{ NULL, "*.b.example", "x@a.b.example", SMIME_COVER_WILDCARD },
	{ NULL, "*.b.example", "x@b.example", SMIME_COVER_NONE },
	{ NULL, "*.example.co.uk", "x@a.example.co.uk", SMIME_COVER_WILDCARD },
	{ NULL, "co.uk", "x@co.uk", SMIME_COVER_DOMAIN },
	{ NULL, "*.b.example", "x@c.a.b.example", SMIME_COVER_NONE },
	{ "x@a.b.example", "b.example *.b.example", "x@a.b.example", SMIME_COVER_MAILBOX },
	{ "a@b.example", NULL, "b.example", SMIME_COVER_NONE },
	{ "a@b.example", NULL, "", SMIME_COVER_NONE },
	{ NULL, "b.example", "x@y@b.example", SMIME_COVER_NONE },
};

START_TEST(r_ver_addr_an_address_is_covered_as_the_names_say)
{
	struct pki_cert *cert = pki_make(&(struct pki_spec){
	    .name = "x", .mailboxes = rows[_i].mailboxes, .domains = rows[_i].domains });

	ck_assert_int_eq(
	    smime_cert_covers(cert->cert, smime_bytes_str(rows[_i].address)), rows[_i].cover);
	pki_free(&cert);
}
END_TEST

/* otherName id-on-SmtpUTF8Mailbox (RFC 9598 s3), then [0] and its length. */
#define SMTP_UTF8(len) "\x06\x08\x2b\x06\x01\x05\x05\x07\x08\x09\xa0" len

/* Names that no CA should write, and some did. */
static const struct {
	struct pki_name name[3];
	const char *address;
} odd[] = {
	{ { { 0x81, "a@b.example\0.evil", 17 } }, "a@b.example" },
	{ { { 0x81, "*@b.example", 0 } }, "x@b.example" },
	{ { { 0x81, "b.example", 0 } }, "x@b.example" },
	{ { { 0x81, "a@b.example ", 0 } }, "a@b.example" },
	{ { { 0x82, "*", 0 } }, "x@example" },
	{ { { 0x82, "b..example", 0 } }, "x@b..example" },
	{ { { 0x82, "b/c.example", 0 } }, "x@b/c.example" },
	{ { { 0x82, "*.example\0x", 11 } }, "x@b.example" },
	{ { { 0x82, "*.*.example", 0 } }, "x@a.b.example" },
	/* Public suffixes: what is below one of them is everybody's. */
	{ { { 0x82, "*.example", 0 } }, "x@a.example" },
	{ { { 0x82, "*.com", 0 } }, "x@a.com" },
	{ { { 0x82, "*.Co.uk", 0 } }, "x@a.co.uk" },
	{ { { 0x82, "*.xn--p1ai", 0 } }, "x@a.xn--p1ai" },
	{ { { 0x82, "*.github.io", 0 } }, "x@a.github.io" },
	{ { { 0x82, "b*.example", 0 } }, "x@bb.example" },
	{ { { 0x86, "mailto:a@b.example", 0 } }, "a@b.example" }, /* a URI */
	/* U-labels belong into no certificate (RFC 9598 s3), nor do Latin-1 and what is not seen.
	 */
	{ { { 0x81, "a@b\xc3\xa9.example", 0 } }, "a@b\xc3\xa9.example" },
	{ { { 0x81, "\xe9@b.example", 0 } }, "\xe9@b.example" },
	{ { { 0xa0,
	      SMTP_UTF8("\x0e") "\x0c\x0c\xe9"
				"a@b.example",
	      0 } },
	    "\xe9"
	    "a@b.example" },
	{ { { 0xa0,
	      SMTP_UTF8("\x10") "\x0c\x0e\xe2\x80\x8b"
				"a@b.example",
	      0 } },
	    "\xe2\x80\x8b"
	    "a@b.example" },
	{ { { 0xa0,
	      SMTP_UTF8("\x0d") "\x13\x0b"
				"a@b.example",
	      0 } },
	    "a@b.example" },
	/* What rfc822Name can hold stands there and nowhere else. */
	{ { { 0xa0,
	      SMTP_UTF8("\x0d") "\x0c\x0b"
				"a@b.example",
	      0 } },
	    "a@b.example" },
};

START_TEST(r_ver_addr_odd_names_name_nobody)
{
	struct pki_cert *cert = pki_make(&(struct pki_spec){ .name = "x", .names = odd[_i].name });

	ck_assert_int_eq(
	    smime_cert_covers(cert->cert, smime_bytes_str(odd[_i].address)), SMIME_COVER_NONE);
	pki_free(&cert);
}
END_TEST

/* A certificate with that subjectAltName. */
static enum smime_status
import_names(struct smime_bytes names, struct smime_cert **out, struct smime_diag *diag)
{
	SMIME_AUTO_BUF der = { 0 };

	pki_make_der(
	    &(struct pki_spec){ .name = "x", .extension = "2.5.29.17", .extension_value = names },
	    &der);
	return smime_cert_import(smime_buf_bytes(&der), out, diag);
}

static const struct {
	const char *octets; /* of the extension */
	size_t len;
} broken[] = {
	{ "\x04\x00", 2 },
	{ "\x30\x00\x05\x00", 4 },
	{ "\x30\x05\x81\x03"
	  "a@b",
	    7 },
	{ "\x30\x06\x81\x05"
	  "a@b.",
	    8 },
	{ "\x30\x01\x81", 3 },
};

START_TEST(names_that_cannot_be_read_spoil_the_certificate)
{
	SMIME_AUTO(smime_cert) cert = NULL;
	struct smime_diag diag = { 0 };
	enum smime_status status =
	    import_names(smime_bytes(broken[_i].octets, broken[_i].len), &cert, &diag);

	if (_i == 2) { /* the one that is right */
		ck_assert_int_eq(status, SMIME_OK);
		ck_assert_int_eq(
		    smime_cert_covers(cert, smime_bytes_str("a@b")), SMIME_COVER_MAILBOX);
		return;
	}
	ck_assert_int_eq(status, SMIME_E_SYNTAX);
	ck_assert_str_eq(diag.token, "certificate");
}
END_TEST

START_TEST(r_lim_a_certificate_has_256_names)
{
	for (int count = 256; count <= 257; count++) {
		SMIME_AUTO(smime_cert) cert = NULL;
		SMIME_AUTO_BUF names = { 0 };
		struct smime_diag diag = { 0 };

		for (int i = 0; i < count; i++)
			ck_assert_int_eq(
			    smime_der_tlv(&names, SMIME_BER_CONTEXT | 1, smime_bytes_str("a@b")),
			    SMIME_OK);
		ck_assert_int_eq(smime_der_wrap(&names, 0, SMIME_BER_SEQUENCE), SMIME_OK);
		ck_assert_int_eq(import_names(smime_buf_bytes(&names), &cert, &diag),
		    count == 256 ? SMIME_OK : SMIME_E_LIMIT);
		ck_assert_uint_eq(
		    cert ? smime_cert_mailbox_count(cert) : 0, count == 256 ? 256 : 0);
	}
}
END_TEST

/* RFC 9598 s3: the local part in UTF-8, the domain as A-labels, whatever the address writes. */
START_TEST(r_ver_addr_a_mailbox_in_utf8_is_named)
{
	static const struct pki_name names[] = {
		{ 0xa0, SMTP_UTF8("\x1a") "\x0c\x18\xc3\xa9@xn--bcher-kva.example", 0 }, { 0 }
	};
	struct pki_cert *cert = pki_make(&(struct pki_spec){ .name = "x", .names = names });

	ck_assert_int_eq(
	    smime_cert_covers(cert->cert, smime_bytes_str("\xc3\xa9@xn--bcher-kva.example")),
	    SMIME_COVER_MAILBOX);
	ck_assert_int_eq(smime_cert_covers(cert->cert, smime_bytes_str("\xc3\xa9@b\xc3\xbc"
								       "cher.example")),
	    SMIME_COVER_MAILBOX);
	ck_assert_int_eq(
	    smime_cert_covers(cert->cert, smime_bytes_str("e\xcc\x81@xn--bcher-kva.example")),
	    SMIME_COVER_NONE);
	pki_free(&cert);
}
END_TEST

/* A terminal that shows a subject must show all of it and obey none of it. */
START_TEST(the_subject_shows_what_no_eye_sees)
{
	struct pki_cert *cert = pki_make(&(struct pki_spec){ .name = "a\033[2Jb\xe2\x80\xae"
								     "c\xc3\xa9" });

	ck_assert_ptr_nonnull(strstr(smime_cert_subject(cert->cert), "CN=a\\1B[2Jb"));
	ck_assert_ptr_nonnull(strstr(smime_cert_subject(cert->cert), "\\E2\\80\\AEc\xc3\xa9"));
	pki_free(&cert);
}
END_TEST

/* GnuTLS falls back to it; RFC 8550 s3 and we do not. */
START_TEST(r_ver_addr_an_address_in_the_subject_is_none)
{
	struct pki_cert *cert = pki_make(&(struct pki_spec){
	    .name = "x", .subject_email = "a@b.example", .domains = "c.example" });

	ck_assert_int_eq(
	    smime_cert_covers(cert->cert, smime_bytes_str("a@b.example")), SMIME_COVER_NONE);
	pki_free(&cert);
}
END_TEST

static const struct {
	const char *key, *usage, *purpose;
	bool ca, signs, encrypts;
} uses[] = {
	{ "rsa-2048", "sign encipher", "mail", false, true, true },
	{ "rsa-2048", "sign", "mail", false, true, false },
	{ "rsa-2048", "repudiate", "mail", false, true, false },
	{ "rsa-2048", "encipher", "mail", false, false, true },
	{ "rsa-2048", "agree", "mail", false, false, false },
	/* keyUsage absent: may sign, must not be encrypted to. */
	{ "rsa-2048", "-", "mail", false, true, false },
	{ "rsa-2048", "sign encipher", "-", false, true, true },
	{ "rsa-2048", "sign encipher", "any", false, true, true },
	{ "rsa-2048", "sign encipher", "server", false, false, false },
	{ "rsa-1024", "sign encipher", "mail", false, false, false },
	{ "p-256", "sign agree", "mail", false, true, true },
	{ "p-256", "sign encipher", "mail", false, true, false },
	{ "ed25519", "sign agree", "mail", false, true, false },
	{ "rsa-pss", "sign encipher", "mail", false, true, false },
	/* As openssl req -x509 makes them, if nobody says otherwise: of people, not of CAs. */
	{ "rsa-2048", "sign encipher", "mail", true, true, true },
	{ "rsa-2048", "certs", "mail", true, false, false },
};

START_TEST(r_ver_eku_a_certificate_is_used_for_what_it_is)
{
	struct pki_cert *cert = pki_make(&(struct pki_spec){ .name = "x",
	    .mailboxes = "a@b.example",
	    .ca = uses[_i].ca,
	    .key = uses[_i].key,
	    .usage = uses[_i].usage,
	    .purpose = uses[_i].purpose });
	struct smime_diag diag = { 0 };

	ck_assert_msg(
	    (smime_cert_may_sign(cert->cert, PKI_NOW, &diag) == SMIME_OK) == uses[_i].signs,
	    "sign: %s", diag.text);
	ck_assert_msg(
	    (smime_cert_may_encrypt(cert->cert, PKI_NOW, &diag) == SMIME_OK) == uses[_i].encrypts,
	    "encrypt: %s", diag.text);
	ck_assert_int_ne(
	    smime_cert_may_sign(cert->cert, PKI_NOW + 4000 * (int64_t)PKI_DAY, &diag), SMIME_OK);
	pki_free(&cert);
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("cert_name");
	TCase *tc = tcase_create("all");

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, r_ver_addr_an_address_is_covered_as_the_names_say, 0, ROWS(rows));
	tcase_add_loop_test(tc, r_ver_addr_odd_names_name_nobody, 0, ROWS(odd));
	tcase_add_test(tc, r_ver_addr_a_mailbox_in_utf8_is_named);
	tcase_add_test(tc, the_subject_shows_what_no_eye_sees);
	tcase_add_test(tc, r_ver_addr_an_address_in_the_subject_is_none);
	tcase_add_loop_test(tc, names_that_cannot_be_read_spoil_the_certificate, 0, ROWS(broken));
	tcase_add_test(tc, r_lim_a_certificate_has_256_names);
	tcase_add_loop_test(tc, r_ver_eku_a_certificate_is_used_for_what_it_is, 0, ROWS(uses));
	return suite;
}
