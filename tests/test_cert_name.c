/* test_cert_name.c - which addresses a certificate names: raw octets, no favours. */
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
	{ NULL, "*.b.example", "x@c.a.b.example", SMIME_COVER_NONE },
	{ "x@a.b.example", "b.example *.b.example", "x@a.b.example", SMIME_COVER_MAILBOX },
	{ "a@b.example", NULL, "b.example", SMIME_COVER_NONE },
	{ "a@b.example", NULL, "", SMIME_COVER_NONE },
	{ NULL, "b.example", "x@y@b.example", SMIME_COVER_NONE },
};

START_TEST(an_address_is_covered_as_the_names_say)
{
	struct pki_cert *cert = pki_make(&(struct pki_spec){
	    .name = "x", .mailboxes = rows[_i].mailboxes, .domains = rows[_i].domains });

	ck_assert_int_eq(
	    smime_cert_covers(cert->cert, smime_bytes_str(rows[_i].address)), rows[_i].cover);
	pki_free(&cert);
}
END_TEST

/* Names that no CA should write, and some did. */
static const struct {
	struct pki_name name[3];
	const char *address;
} odd[] = {
	{ { { 0x81, "a@b.example\0.evil", 17 } }, "a@b.example" },
	{ { { 0x81, "*@b.example", 0 } }, "x@b.example" },
	{ { { 0x81, "b.example", 0 } }, "x@b.example" },
	{ { { 0x81, "a@b.example ", 0 } }, "a@b.example" }, { { { 0x82, "*", 0 } }, "x@example" },
	{ { { 0x82, "*.example\0x", 11 } }, "x@b.example" },
	{ { { 0x82, "*.*.example", 0 } }, "x@a.b.example" },
	{ { { 0x82, "b*.example", 0 } }, "x@bb.example" },
	{ { { 0x86, "mailto:a@b.example", 0 } }, "a@b.example" }, /* a URI */
};

START_TEST(odd_names_name_nobody)
{
	struct pki_cert *cert = pki_make(&(struct pki_spec){ .name = "x", .names = odd[_i].name });

	ck_assert_int_eq(
	    smime_cert_covers(cert->cert, smime_bytes_str(odd[_i].address)), SMIME_COVER_NONE);
	pki_free(&cert);
}
END_TEST

/* GnuTLS falls back to it; RFC 8550 s3 and we do not. */
START_TEST(an_address_in_the_subject_is_none)
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
};

START_TEST(a_certificate_is_used_for_what_it_is)
{
	struct pki_cert *cert = pki_make(&(struct pki_spec){ .name = "x",
	    .mailboxes = "a@b.example",
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
	tcase_add_loop_test(tc, an_address_is_covered_as_the_names_say, 0, ROWS(rows));
	tcase_add_loop_test(tc, odd_names_name_nobody, 0, ROWS(odd));
	tcase_add_test(tc, an_address_in_the_subject_is_none);
	tcase_add_loop_test(tc, a_certificate_is_used_for_what_it_is, 0, ROWS(uses));
	return suite;
}
