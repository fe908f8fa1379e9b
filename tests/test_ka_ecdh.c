/* test_ka_ecdh.c - points that are no good agree on nothing.  R-DEC-UNWRAP, RFC 7748 s6.1. */
#include "ka_ecdh.h"
#include "support.h"
#include "support_der.h"
#include "support_pki.h"

static enum smime_status
agree(const char *kind, const uint8_t *point, size_t len)
{
	struct pki_cert *ca = pki_make(&(struct pki_spec){ .name = "CA", .ca = true });
	struct pki_cert *cert = pki_make(&(struct pki_spec){
	    .name = "r", .mailboxes = "r@a.example", .key = kind, .issuer = ca });
	struct smime_privkey *key = pki_privkey(cert);
	SMIME_AUTO_BUF secret = { .secret = true };
	enum smime_status status = smime_privkey_agree(key, smime_bytes(point, len), &secret, NULL);

	ck_assert((status == SMIME_OK) == (secret.len > 0));
	smime_privkey_free(&key);
	pki_free(&cert);
	pki_free(&ca);
	return status;
}

/* The orders of these points are 1, 2, 4 and 8: the secret would be all zeros, whatever the key. */
START_TEST(r_dec_unwrap_x25519_points_of_small_order)
{
	static const uint8_t points[][32] = {
		{ 0 },
		{ 1 },
		{ 0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1,
		    0x9f, 0xc4, 0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62,
		    0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00 },
		{ 0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		    0xff, 0xff, 0xff, 0xff, 0xff, 0x7f },
	};

	for (int i = 0; i < ROWS(points); i++)
		ck_assert_int_eq(agree("x25519", points[i], 32), SMIME_E_UNTRUSTED);
	ck_assert_int_eq(agree("x25519", points[0], 31), SMIME_E_UNTRUSTED);
	ck_assert_int_eq(agree("x25519",
			     (const uint8_t *)"\x09"
					      "1234567890123456789012345678901",
			     32),
	    SMIME_OK);
}
END_TEST

START_TEST(r_dec_unwrap_points_on_no_curve)
{
	static const struct {
		const char *kind;
		size_t octets;
	} curves[] = { { "p-256", 32 }, { "p-384", 48 }, { "p-521", 66 } };

	for (int i = 0; i < ROWS(curves); i++) {
		uint8_t point[133] = { 4, 1 };
		size_t len = 1 + 2 * curves[i].octets;

		ck_assert_int_eq(agree(curves[i].kind, point, len), SMIME_E_UNTRUSTED);
		ck_assert_int_eq(agree(curves[i].kind, point, len - 1), SMIME_E_UNTRUSTED);
		/* Infinity; compressed. */
		ck_assert_int_eq(agree(curves[i].kind, point + 2, 1), SMIME_E_UNTRUSTED);
		point[0] = 2;
		ck_assert_int_eq(
		    agree(curves[i].kind, point, 1 + curves[i].octets), SMIME_E_UNTRUSTED);
	}
}
END_TEST

/* What a partner's certificate says is what mail to him would be encrypted with. */
START_TEST(other_keys_agree_on_nothing)
{
	static const char *const kinds[] = { "rsa-2048", "ed25519" };

	for (int i = 0; i < ROWS(kinds); i++) {
		struct pki_cert *cert =
		    pki_make(&(struct pki_spec){ .name = "r", .key = kinds[i] });
		struct smime_diag diag = { 0 };
		SMIME_AUTO_BUF point = { 0 };
		SMIME_AUTO_BUF secret = { .secret = true };

		ck_assert_int_eq(
		    smime_ka_ephemeral(cert->cert, &point, &secret, &diag), SMIME_E_UNSUPPORTED);
		ck_assert_str_eq(diag.token, "key-type");
		ck_assert_uint_eq(point.len + secret.len, 0);
		pki_free(&cert);
	}
}
END_TEST

/* Nor is anything encrypted to a certificate whose point is on no curve. */
START_TEST(r_dec_unwrap_certificates_of_points_on_no_curve)
{
	static const int point[] = { 0, 0, 6, 1, DER_END };
	SMIME_AUTO_BUF der = { 0 };
	SMIME_AUTO_BUF edited = { 0 };
	SMIME_AUTO_BUF bits = { 0 };
	SMIME_AUTO_BUF out = { 0 };
	SMIME_AUTO_BUF secret = { .secret = true };
	SMIME_AUTO(smime_cert) cert = NULL;
	struct der_edit edit = { .kind = DER_PUT };
	struct smime_diag diag = { 0 };
	struct smime_bytes element;

	pki_make_der(&(struct pki_spec){ .name = "r" }, &der);
	edit.at = der_find(smime_buf_bytes(&der), point);
	element = der_at(smime_buf_bytes(&der), edit.at);
	ck_assert_int_eq(smime_buf_append(&bits, element.data, element.len), SMIME_OK);
	bits.data[bits.len - 1] ^= 1;
	edit.with = smime_buf_bytes(&bits);
	ck_assert(der_edit(smime_buf_bytes(&der), &edit, &edited));
	ck_assert_int_eq(smime_cert_import(smime_buf_bytes(&edited), &cert, &diag), SMIME_OK);
	ck_assert_int_eq(smime_ka_ephemeral(cert, &out, &secret, &diag), SMIME_E_NOKEY);
	ck_assert_str_eq(diag.token, "key-type");
	ck_assert_uint_eq(secret.len, 0);
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("ka_ecdh");
	TCase *tc = tcase_create("all");

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, r_dec_unwrap_x25519_points_of_small_order);
	tcase_add_test(tc, r_dec_unwrap_points_on_no_curve);
	tcase_add_test(tc, r_dec_unwrap_certificates_of_points_on_no_curve);
	tcase_add_test(tc, other_keys_agree_on_nothing);
	return suite;
}
