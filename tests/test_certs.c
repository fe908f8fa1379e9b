/* test_certs.c - lists of certificates out of PEM and PKCS#7, as openssl writes them. */
#include "smime/cert.h"
#include "support.h"
#include "support_der.h"
#include "support_dir.h"
#include "support_pki.h"
#include "support_run.h"

#include <stdio.h>

static struct pki_cert *one, *two;
static char path[DIR_PATH_SIZE];
static struct smime_certs certs;
static struct smime_diag diag;

static void
setup(void)
{
	SMIME_AUTO_BUF pem = { 0 };

	dir_make();
	one = pki_make(&(struct pki_spec){ .name = "one" });
	two = pki_make(&(struct pki_spec){ .name = "two" });
	ck_assert_int_eq(smime_cert_pem(one->cert, &pem), SMIME_OK);
	ck_assert_int_eq(smime_buf_appendf(&pem, "between them\n"), SMIME_OK);
	ck_assert_int_eq(smime_cert_pem(two->cert, &pem), SMIME_OK);
	(void)dir_write("both.pem", smime_buf_bytes(&pem), path);
	diag = (struct smime_diag){ 0 };
}

static void
teardown(void)
{
	smime_certs_reset(&certs);
	pki_free(&one);
	pki_free(&two);
	dir_remove();
}

static void
holds_both(void)
{
	ck_assert_uint_eq(certs.count, 2);
	ck_assert(smime_certs_hold(&certs, one->cert) && smime_certs_hold(&certs, two->cert));
	/* A SET OF is sorted. */
	for (size_t i = 0; i < 2; i++)
		ck_assert_str_eq(smime_cert_subject(certs.item[i]),
		    smime_bytes_equal(smime_cert_der(certs.item[i]), smime_cert_der(one->cert))
			? "CN=one"
			: "CN=two");
}

START_TEST(a_pkcs7_file_gives_its_certificates)
{
	const char *const argv[] = { "openssl", "crl2pkcs7", "-nocrl", "-certfile", path,
		"-outform", _i == 0 ? "DER" : "PEM", NULL };
	SMIME_AUTO_BUF p7 = { 0 };

	ck_assert_int_eq(run_program(argv, smime_bytes(NULL, 0), &p7), 0);
	ck_assert_msg(
	    (_i == 0 ? smime_certs_add_pkcs7(&certs, smime_buf_bytes(&p7), &diag)
		     : smime_certs_add_pem(&certs, smime_buf_bytes(&p7), &diag)) == SMIME_OK,
	    "%s", diag.text);
	holds_both();
}
END_TEST

START_TEST(a_certificate_is_itself_only)
{
	ck_assert_int_eq(smime_certs_add(&certs, one->cert), SMIME_OK);
	ck_assert(smime_certs_hold(&certs, one->cert));
	ck_assert(!smime_certs_hold(&certs, two->cert));
	ck_assert(smime_cert_is(one->cert, one->cert) && !smime_cert_is(one->cert, two->cert));
}
END_TEST

/* CertificateChoices (RFC 5652 s10.2.2): what is no X.509 certificate is passed over. */
START_TEST(other_kinds_of_certificates_are_passed_over)
{
	static const int first[] = { 0, 1, 0, 3, 0, DER_END };
	const char *const argv[] = { "openssl", "crl2pkcs7", "-nocrl", "-certfile", path,
		"-outform", "DER", NULL };
	struct der_edit edit = { .kind = DER_PUT };
	SMIME_AUTO_BUF p7 = { 0 };
	SMIME_AUTO_BUF with = { 0 };
	SMIME_AUTO_BUF mixed = { 0 };
	struct smime_bytes element;

	ck_assert_int_eq(run_program(argv, smime_bytes(NULL, 0), &p7), 0);
	edit.at = der_find(smime_buf_bytes(&p7), first);
	element = der_at(smime_buf_bytes(&p7), edit.at);
	ck_assert_int_eq(smime_buf_append(&with, "\xA1\x02\x30\x00", 4), SMIME_OK);
	ck_assert_int_eq(smime_buf_append(&with, element.data, element.len), SMIME_OK);
	edit.with = smime_buf_bytes(&with);
	ck_assert(der_edit(smime_buf_bytes(&p7), &edit, &mixed));
	ck_assert_int_eq(smime_certs_add_pkcs7(&certs, smime_buf_bytes(&mixed), &diag), SMIME_OK);
	holds_both();
}
END_TEST

START_TEST(what_is_no_pkcs7_is_refused)
{
	const char *const argv[] = { "openssl", "crl2pkcs7", "-nocrl", "-certfile", path,
		"-outform", "DER", NULL };
	SMIME_AUTO_BUF p7 = { 0 };

	ck_assert_int_eq(run_program(argv, smime_bytes(NULL, 0), &p7), 0);
	for (size_t cut = 1; cut < p7.len; cut += 50)
		ck_assert_int_ne(
		    smime_certs_add_pkcs7(&certs, smime_bytes(p7.data, p7.len - cut), &diag),
		    SMIME_OK);
	ck_assert_int_eq(
	    smime_certs_add_pkcs7(&certs, smime_bytes_str("hello"), &diag), SMIME_E_SYNTAX);
	ck_assert_int_eq(
	    smime_certs_add_pkcs7(&certs, smime_cert_der(one->cert), &diag), SMIME_E_SYNTAX);
	ck_assert_ptr_nonnull(strstr(diag.text, "PKCS#7"));
}
END_TEST

START_TEST(a_damaged_block_is_told)
{
	ck_assert_int_eq(
	    smime_certs_add_pem(
		&certs, smime_bytes_str("-----BEGIN PKCS7-----\n!\n-----END PKCS7-----\n"), &diag),
	    SMIME_E_SYNTAX);
	ck_assert_ptr_nonnull(strstr(diag.text, "damaged"));
	ck_assert_int_eq(
	    smime_certs_add_pem(&certs,
		smime_bytes_str("-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n"),
		&diag),
	    SMIME_E_SYNTAX);
	ck_assert_int_eq(smime_certs_add_pem(&certs, smime_bytes_str("nothing"), &diag), SMIME_OK);
	ck_assert_uint_eq(certs.count, 0);
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("certs");
	TCase *tc = tcase_create("all");

	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, a_pkcs7_file_gives_its_certificates, 0, 2);
	tcase_add_test(tc, a_certificate_is_itself_only);
	tcase_add_test(tc, other_kinds_of_certificates_are_passed_over);
	tcase_add_test(tc, what_is_no_pkcs7_is_refused);
	tcase_add_test(tc, a_damaged_block_is_told);
	return suite;
}
