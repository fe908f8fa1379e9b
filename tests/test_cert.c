/* test_cert.c - what a certificate is for, and how large its key may be. */
#include "ber.h"
#include "der.h"
#include "smime/cert.h"
#include "support.h"
#include "support_der.h"
#include "support_pki.h"

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

Suite *
test_suite(void)
{
	Suite *suite = suite_create("cert");
	TCase *tc = tcase_create("all");

	suite_add_tcase(suite, tc);
	tcase_add_loop_test(tc, r_lim_large_rsa_keys_are_not_computed_with, 0, ROWS(keys));
	tcase_add_loop_test(tc, r_ver_eku_purposes_are_read_octet_by_octet, 0, ROWS(purposes));
	tcase_add_test(tc, the_hundredth_purpose_counts);
	return suite;
}
