/* test_cert.c - what a certificate is for, and how large its key may be. */
#include "ber.h"
#include "der.h"
#include "smime/cert.h"
#include "support.h"
#include "support_der.h"
#include "support_pki.h"
#include "support_run.h"

#define OK(call) ck_assert_int_eq(call, SMIME_OK)

static struct smime_diag diag;

/* INTEGER of so many octets behind its sign. */
static void
put_integer(struct smime_buf *out, size_t octets)
{
	SMIME_AUTO_BUF number = { 0 };

	for (size_t i = 0; i <= octets; i++)
		OK(smime_buf_append(&number, i == 0 ? "" : "\xa5", 1));
	OK(smime_der_tlv(out, SMIME_BER_INTEGER, smime_buf_bytes(&number)));
}

/* An RSA certificate with another key in it; who signed it does not matter here. */
static void
with_rsa_key(size_t modulus, size_t exponent, struct smime_buf *out)
{
	static const int spki[] = { 0, 0, 6, DER_END };
	SMIME_AUTO_BUF der = { 0 };
	SMIME_AUTO_BUF key = { 0 };
	SMIME_AUTO_BUF info = { 0 };
	struct der_edit edit = { .kind = DER_PUT };

	pki_make_der(&(struct pki_spec){ .name = "large", .key = "rsa-2048" }, &der);
	put_integer(&key, modulus);
	put_integer(&key, exponent);
	OK(smime_der_wrap(&key, 0, SMIME_BER_SEQUENCE));
	OK(smime_buf_append(&info, "", 1));
	OK(smime_buf_append(&info, key.data, key.len));
	OK(smime_der_wrap(&info, 0, SMIME_BER_BIT_STRING));
	key.len = 0;
	OK(smime_der_algid(&key, "1.2.840.113549.1.1.1", smime_der_null_bytes));
	OK(smime_buf_append(&key, info.data, info.len));
	OK(smime_der_wrap(&key, 0, SMIME_BER_SEQUENCE));
	edit.at = der_find(smime_buf_bytes(&der), spki);
	edit.with = smime_buf_bytes(&key);
	ck_assert(der_edit(smime_buf_bytes(&der), &edit, out));
}

static const struct {
	size_t modulus, exponent;
	enum smime_status status;
	bool may_sign;
} keys[] = {
	{ 256, 3, SMIME_OK, true },
	{ 1024, 3, SMIME_OK, true },
	{ 1025, 3, SMIME_OK, false },
	{ 2048, 3, SMIME_OK, false },
	{ 2049, 3, SMIME_E_LIMIT, false },
	{ 256, 8, SMIME_OK, true },
	{ 256, 9, SMIME_E_LIMIT, false },
	{ 256, 256, SMIME_E_LIMIT, false },
	/* One verification with these took 2.4 s. */
	{ 4096, 4096, SMIME_E_LIMIT, false },
	{ 7000, 7000, SMIME_E_LIMIT, false },
};

START_TEST(r_lim_large_rsa_keys_are_not_computed_with)
{
	SMIME_AUTO_BUF der = { 0 };
	SMIME_AUTO(smime_cert) cert = NULL;

	with_rsa_key(keys[_i].modulus, keys[_i].exponent, &der);
	ck_assert_int_eq(smime_cert_import(smime_buf_bytes(&der), &cert, &diag), keys[_i].status);
	if (keys[_i].status != SMIME_OK) {
		ck_assert_ptr_null(cert);
		ck_assert_str_eq(diag.token, "certificate");
		ck_assert_ptr_nonnull(strstr(diag.text, "RSA key"));
		return;
	}
	ck_assert_uint_eq(smime_cert_key_bits(cert), keys[_i].modulus * 8);
	ck_assert((smime_cert_may_sign(cert, PKI_NOW, &diag) == SMIME_OK) == keys[_i].may_sign);
}
END_TEST

static const struct {
	const char *octets; /* of extendedKeyUsage */
	size_t len;
	bool may;
} purposes[] = {
	{ "\x30\x0a\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x04", 12, true },
	{ "\x30\x06\x06\x04\x55\x1d\x25\x00", 8, true },
	/* TLS only; TLS and mail */
	{ "\x30\x0a\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x01", 12, false },
	{ "\x30\x14\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x01\x06\x08\x2b\x06\x01\x05\x05\x07\x03"
	  "\x04",
	    22, true },
	/* none; mail, and something that is no OID; what begins like it; octets behind the list */
	{ "\x30\x00", 2, false },
	{ "\x30\x0c\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x04\x05\x00", 14, false },
	{ "\x30\x0b\x06\x09\x2b\x06\x01\x05\x05\x07\x03\x04\x01", 13, false },
	{ "\x30\x0a\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x04\x05\x00", 14, false },
	{ "\x04\x00", 2, false },
};

START_TEST(r_ver_eku_purposes_are_read_octet_by_octet)
{
	SMIME_AUTO_BUF der = { 0 };
	SMIME_AUTO(smime_cert) cert = NULL;

	pki_make_der(&(struct pki_spec){ .name = "p",
			 .purpose = "-",
			 .extension = "2.5.29.37",
			 .extension_value = smime_bytes(purposes[_i].octets, purposes[_i].len) },
	    &der);
	OK(smime_cert_import(smime_buf_bytes(&der), &cert, &diag));
	ck_assert_int_eq(
	    smime_cert_may_sign(cert, PKI_NOW, &diag), purposes[_i].may ? SMIME_OK : SMIME_E_NOKEY);
	if (!purposes[_i].may)
		ck_assert_str_eq(diag.token, "purpose");
}
END_TEST

/* GnuTLS' own list ends after 64. */
START_TEST(the_hundredth_purpose_counts)
{
	SMIME_AUTO_BUF list = { 0 };
	SMIME_AUTO_BUF der = { 0 };
	SMIME_AUTO(smime_cert) cert = NULL;

	for (int i = 0; i < 100; i++)
		OK(smime_der_oid(&list, i == 99 ? "1.3.6.1.5.5.7.3.4" : "1.2.3"));
	OK(smime_der_wrap(&list, 0, SMIME_BER_SEQUENCE));
	pki_make_der(&(struct pki_spec){ .name = "p",
			 .purpose = "-",
			 .extension = "2.5.29.37",
			 .extension_value = smime_buf_bytes(&list) },
	    &der);
	OK(smime_cert_import(smime_buf_bytes(&der), &cert, &diag));
	OK(smime_cert_may_sign(cert, PKI_NOW, &diag));
}
END_TEST

/* ---- what it is made of ---- */

/* The certificate with another element at that path. */
static enum smime_status
import_with(const int *path, struct smime_bytes with, struct smime_cert **out)
{
	SMIME_AUTO_BUF der = { 0 };
	SMIME_AUTO_BUF edited = { 0 };
	struct der_edit edit = { .kind = DER_PUT, .with = with };

	pki_make_der(&(struct pki_spec){ .name = "x", .mailboxes = "a@a.example" }, &der);
	edit.at = der_find(smime_buf_bytes(&der), path);
	ck_assert(der_edit(smime_buf_bytes(&der), &edit, &edited));
	diag = (struct smime_diag){ 0 };
	return smime_cert_import(smime_buf_bytes(&edited), out, &diag);
}

/* "conforming CAs MUST NOT use serialNumber values longer than 20 octets" (RFC 5280 s4.1.2.2);
 * some write a zero in front of 20, to keep the sign. */
START_TEST(a_serial_number_has_20_octets_and_a_sign)
{
	for (uint8_t len = 19; len <= 22; len++) {
		SMIME_AUTO(smime_cert) cert = NULL;
		uint8_t serial[24] = { SMIME_BER_INTEGER, len };

		memset(serial + 2, 0x11, len);
		ck_assert_int_eq(import_with((const int[]){ 0, 0, 1, DER_END },
				     smime_bytes(serial, len + 2U), &cert),
		    len <= 21 ? SMIME_OK : SMIME_E_SYNTAX);
		if (cert)
			ck_assert_uint_eq(strlen(smime_cert_serial_hex(cert)), 2U * len);
		else
			ck_assert_ptr_nonnull(strstr(diag.text, "20 octets"));
	}
}
END_TEST

START_TEST(a_certificate_that_is_never_valid_is_none)
{
	SMIME_AUTO(smime_cert) cert = NULL;

	ck_assert_int_eq(import_with((const int[]){ 0, 0, 4, 0, DER_END },
			     smime_bytes("\x17\x0d"
					 "269901000000Z",
				 15),
			     &cert),
	    SMIME_E_SYNTAX);
	ck_assert_ptr_null(cert);
}
END_TEST

START_TEST(r_lim_a_certificate_has_16_kib)
{
	SMIME_AUTO_BUF value = { 0 };
	uint8_t *room;

	OK(smime_buf_extend(&value, 16300, &room));
	memset(room, 5, value.len);
	for (; value.len > 15000; value.len -= 16) {
		SMIME_AUTO_BUF der = { 0 };
		SMIME_AUTO(smime_cert) cert = NULL;

		pki_make_der(&(struct pki_spec){ .name = "x",
				 .extension = "1.2.3",
				 .extension_value = smime_buf_bytes(&value) },
		    &der);
		ck_assert_int_eq(smime_cert_import(smime_buf_bytes(&der), &cert, &diag),
		    der.len <= 16384 ? SMIME_OK : SMIME_E_LIMIT);
		if (der.len <= 16384)
			return;
		ck_assert_ptr_nonnull(strstr(diag.text, "over the limit of 16384"));
	}
	ck_abort();
}
END_TEST

/* Keys that openssl makes and that are of no use for mail, or for one thing only. */
static const struct {
	const char *option, *encrypts, *signs; /* tokens; NULL: it may */
	const char *algorithm;
} kinds[] = {
	{ "group:brainpoolP256r1", "key-type", "weak-key", "EC" },
	{ "group:secp256k1", "key-type", "weak-key", "EC" },
	{ "group:P-224", "weak-key", "weak-key", "EC" },
	{ "group:P-256", NULL, NULL, "EC" },
	{ NULL, "key-type", NULL, "ED25519" },
	{ NULL, "key-type", NULL, "ED448" },
	{ "rsa_keygen_bits:1024", "key-usage", "weak-key", "RSA" },
	{ "rsa_keygen_bits:2048", "key-usage", NULL, "RSA" },
	{ "rsa_keygen_bits:2048", "key-type", NULL, "RSA-PSS" },
};

START_TEST(a_key_is_used_for_what_it_can)
{
	const char *argv[] = { "openssl", "req", "-x509", "-newkey", kinds[_i].algorithm, "-nodes",
		"-keyout", "/dev/null", "-subj", "/CN=x", "-addext",
		"keyUsage=keyAgreement,digitalSignature", "-addext", "basicConstraints=CA:FALSE",
		"-pkeyopt", kinds[_i].option, NULL };
	SMIME_AUTO_BUF pem = { 0 };
	SMIME_AUTO(smime_cert) cert = NULL;
	int64_t now;

	if (!kinds[_i].option)
		argv[14] = NULL;
	ck_assert_msg(run_program(argv, smime_bytes(NULL, 0), &pem) == 0, "%s", (char *)pem.data);
	OK(smime_cert_import_pem(smime_buf_bytes(&pem), &cert, &diag));
	now = smime_cert_not_before(cert) + 1;
	diag = (struct smime_diag){ 0 };
	ck_assert_int_eq(
	    smime_cert_may_sign(cert, now, &diag), kinds[_i].signs ? SMIME_E_NOKEY : SMIME_OK);
	ck_assert_str_eq(diag.token, kinds[_i].signs ? kinds[_i].signs : "");
	diag = (struct smime_diag){ 0 };
	ck_assert_int_eq(smime_cert_may_encrypt(cert, now, &diag),
	    kinds[_i].encrypts ? SMIME_E_NOKEY : SMIME_OK);
	ck_assert_str_eq(diag.token, kinds[_i].encrypts ? kinds[_i].encrypts : "");
	ck_assert(smime_cert_is_weak(cert) ==
		  (kinds[_i].signs && strcmp(kinds[_i].signs, "weak-key") == 0));
}
END_TEST

START_TEST(a_key_that_agrees_only_does_not_sign)
{
	struct pki_cert *ca = pki_make(&(struct pki_spec){ .name = "CA", .ca = true });
	struct pki_cert *cert =
	    pki_make(&(struct pki_spec){ .name = "x", .key = "x25519", .issuer = ca });

	ck_assert_int_eq(smime_cert_may_sign(cert->cert, PKI_NOW, &diag), SMIME_E_NOKEY);
	ck_assert_str_eq(diag.token, "key-type");
	OK(smime_cert_may_encrypt(cert->cert, PKI_NOW, &diag));
	pki_free(&cert);
	pki_free(&ca);
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("cert");
	TCase *tc = tcase_create("all");

	suite_add_tcase(suite, tc);
	tcase_add_test(tc, a_serial_number_has_20_octets_and_a_sign);
	tcase_add_test(tc, a_certificate_that_is_never_valid_is_none);
	tcase_add_test(tc, r_lim_a_certificate_has_16_kib);
	tcase_add_loop_test(tc, a_key_is_used_for_what_it_can, 0, ROWS(kinds));
	tcase_add_test(tc, a_key_that_agrees_only_does_not_sign);
	tcase_add_loop_test(tc, r_lim_large_rsa_keys_are_not_computed_with, 0, ROWS(keys));
	tcase_add_loop_test(tc, r_ver_eku_purposes_are_read_octet_by_octet, 0, ROWS(purposes));
	tcase_add_test(tc, the_hundredth_purpose_counts);
	return suite;
}
