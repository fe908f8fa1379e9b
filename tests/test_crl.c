/* test_crl.c - revocation lists, as openssl writes them and as nobody should. */
#include "smime/crl.h"
#include "support.h"
#include "support_der.h"
#include "support_pki.h"

#include <gnutls/x509.h>

static struct pki_cert *ca, *cert;
static struct smime_buf der;
static struct smime_crl *crl;
static struct smime_diag diag;

static void
setup(void)
{
	ca = pki_make(&(struct pki_spec){ .name = "CA", .ca = true });
	cert = pki_make(&(struct pki_spec){ .name = "x", .issuer = ca });
	diag = (struct smime_diag){ 0 };
}

static void
teardown(void)
{
	smime_crl_free(&crl);
	smime_buf_reset(&der);
	pki_free(&cert);
	pki_free(&ca);
}

START_TEST(a_list_says_whose_it_is_and_until_when)
{
	pki_crl(ca, cert, PKI_NOW - 5, PKI_NOW + PKI_DAY, &der);
	ck_assert_int_eq(smime_crl_import(smime_buf_bytes(&der), &crl, &diag), SMIME_OK);
	ck_assert_str_eq(smime_crl_issuer(crl), "CN=CA");
	ck_assert(smime_bytes_equal(smime_crl_issuer_der(crl), smime_cert_subject_der(ca->cert)));
	ck_assert_int_eq(smime_crl_this_update(crl), PKI_NOW - 5);
	ck_assert_int_eq(smime_crl_next_update(crl), PKI_NOW + PKI_DAY);
	ck_assert_uint_eq(smime_crl_count(crl), 1);
	ck_assert(smime_crl_lists(crl, smime_cert_serial(cert->cert)));
	ck_assert(!smime_crl_lists(crl, smime_cert_serial(ca->cert)));
}
END_TEST

START_TEST(an_empty_list_lists_nothing)
{
	pki_crl(ca, NULL, PKI_NOW, PKI_NOW + PKI_DAY, &der);
	ck_assert_int_eq(smime_crl_import(smime_buf_bytes(&der), &crl, &diag), SMIME_OK);
	ck_assert_uint_eq(smime_crl_count(crl), 0);
	ck_assert(!smime_crl_lists(crl, smime_cert_serial(cert->cert)));
	ck_assert(!smime_crl_lists(crl, smime_bytes("\0", 1)));
}
END_TEST

START_TEST(pem_and_der_are_the_same)
{
	SMIME_AUTO_BUF pem = { 0 };

	pki_crl(ca, cert, PKI_NOW, PKI_NOW + PKI_DAY, &der);
	ck_assert_int_eq(smime_crl_import(smime_buf_bytes(&der), &crl, &diag), SMIME_OK);
	ck_assert_int_eq(smime_crl_pem(crl, &pem), SMIME_OK);
	smime_crl_free(&crl);
	ck_assert_int_eq(smime_crl_import(smime_buf_bytes(&pem), &crl, &diag), SMIME_OK);
	ck_assert(smime_crl_lists(crl, smime_cert_serial(cert->cert)));
	/* Two would be one read and one lost. */
	smime_crl_free(&crl);
	ck_assert_int_eq(smime_buf_append(&pem, pem.data, pem.len / 2), SMIME_OK);
	ck_assert_int_eq(smime_crl_import(smime_buf_bytes(&pem), &crl, &diag), SMIME_E_SYNTAX);
	ck_assert_ptr_nonnull(strstr(diag.text, "several"));
}
END_TEST

/* Many entries, in no order; leading zeros are no part of a number. */
START_TEST(every_serial_of_a_long_list_is_found)
{
	gnutls_datum_t issuer_der, out = { 0 };
	gnutls_x509_crt_t issuer;
	gnutls_x509_crl_t made;
	SMIME_AUTO_BUF copy = { 0 };

	ck_assert_int_eq(
	    smime_buf_append(&copy, smime_cert_der(ca->cert).data, smime_cert_der(ca->cert).len),
	    SMIME_OK);
	issuer_der = (gnutls_datum_t){ copy.data, (unsigned)copy.len };
	ck_assert_int_ge(gnutls_x509_crt_init(&issuer), 0);
	ck_assert_int_ge(gnutls_x509_crt_import(issuer, &issuer_der, GNUTLS_X509_FMT_DER), 0);
	ck_assert_int_ge(gnutls_x509_crl_init(&made), 0);
	ck_assert_int_ge(gnutls_x509_crl_set_version(made, 2), 0);
	ck_assert_int_ge(gnutls_x509_crl_set_this_update(made, PKI_NOW), 0);
	for (unsigned i = 0; i < 200; i++) {
		uint8_t serial[3] = { (uint8_t)(i * 37 % 127), (uint8_t)i, 1 };

		ck_assert_int_ge(gnutls_x509_crl_set_crt_serial(made, serial, 3, PKI_NOW), 0);
	}
	ck_assert_int_ge(gnutls_x509_crl_sign2(made, issuer, ca->key, GNUTLS_DIG_SHA256, 0), 0);
	ck_assert_int_ge(gnutls_x509_crl_export2(made, GNUTLS_X509_FMT_DER, &out), 0);
	ck_assert_int_eq(smime_crl_import(smime_bytes(out.data, out.size), &crl, &diag), SMIME_OK);
	gnutls_free(out.data);
	gnutls_x509_crl_deinit(made);
	gnutls_x509_crt_deinit(issuer);
	ck_assert_uint_eq(smime_crl_count(crl), 200);
	ck_assert_int_eq(smime_crl_next_update(crl), INT64_MAX);
	for (unsigned i = 0; i < 200; i++) {
		uint8_t serial[4] = { 0, (uint8_t)(i * 37 % 127), (uint8_t)i, 1 };

		ck_assert(smime_crl_lists(crl, smime_bytes(serial, 4)));
		serial[3] = 2;
		ck_assert(!smime_crl_lists(crl, smime_bytes(serial, 4)));
	}
	ck_assert(!smime_crl_lists(crl, smime_bytes("0123456789012345678901", 22)));
}
END_TEST

/* A number that no certificate of ours can have: whose list says so is not believed in part. */
START_TEST(a_serial_number_has_an_end)
{
	static const int path[] = { 0, 0, 5, 0, 0, DER_END };
	uint8_t serial[80] = { 0x02, 78 };
	SMIME_AUTO_BUF edited = { 0 };
	struct der_edit edit = { .kind = DER_PUT, .with = smime_bytes(serial, sizeof serial) };

	memset(serial + 2, 0x11, sizeof serial - 2);
	pki_crl(ca, cert, PKI_NOW, PKI_NOW + PKI_DAY, &der);
	edit.at = der_find(smime_buf_bytes(&der), path);
	ck_assert(der_edit(smime_buf_bytes(&der), &edit, &edited));
	ck_assert_int_eq(smime_crl_import(smime_buf_bytes(&edited), &crl, &diag), SMIME_E_SYNTAX);
	ck_assert_ptr_null(crl);
}
END_TEST

START_TEST(what_is_no_list_is_refused)
{
	ck_assert_int_eq(smime_crl_import(smime_bytes_str("hello"), &crl, &diag), SMIME_E_SYNTAX);
	ck_assert_int_eq(smime_crl_import(smime_bytes(NULL, 0), &crl, &diag), SMIME_E_SYNTAX);
	ck_assert_int_eq(smime_crl_import(smime_cert_der(ca->cert), &crl, &diag), SMIME_E_SYNTAX);
	pki_crl(ca, cert, PKI_NOW, PKI_NOW + PKI_DAY, &der);
	der.len -= 3;
	ck_assert_int_eq(smime_crl_import(smime_buf_bytes(&der), &crl, &diag), SMIME_E_SYNTAX);
	ck_assert_ptr_null(crl);
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("crl");
	TCase *tc = tcase_create("all");

	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_list_says_whose_it_is_and_until_when);
	tcase_add_test(tc, an_empty_list_lists_nothing);
	tcase_add_test(tc, pem_and_der_are_the_same);
	tcase_add_test(tc, every_serial_of_a_long_list_is_found);
	tcase_add_test(tc, a_serial_number_has_an_end);
	tcase_add_test(tc, what_is_no_list_is_refused);
	return suite;
}
