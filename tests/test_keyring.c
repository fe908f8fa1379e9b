/* test_keyring.c - a keyring finds what a message names, in the order in which it was filled, and
 * does with a key only what that key is for. */
#include "smime/keys.h"
#include "support.h"
#include "support_pki.h"

#define OK(call) ck_assert_int_eq(call, SMIME_OK)

static struct pki_cert *rsa, *renewed, *ec, *bare;

static void
setup(void)
{
	rsa = pki_make(&(struct pki_spec){ .name = "rsa", .key = "rsa-2048", .serial = 7 });
	renewed = pki_make(&(struct pki_spec){ .name = "rsa", .same_key = rsa, .serial = 8 });
	ec = pki_make(&(struct pki_spec){ .name = "ec", .serial = 7 });
	bare = pki_make(&(struct pki_spec){ .name = "bare", .version_1 = true });
}

static void
teardown(void)
{
	pki_free(&bare);
	pki_free(&ec);
	pki_free(&renewed);
	pki_free(&rsa);
}

static struct smime_cert_id
by_serial(const struct pki_cert *cert)
{
	return (struct smime_cert_id){ .issuer = smime_cert_issuer_der(cert->cert),
		.serial = smime_cert_serial(cert->cert) };
}

static struct smime_cert_id
by_ski(const struct pki_cert *cert)
{
	return (struct smime_cert_id){ .ski = smime_cert_ski(cert->cert) };
}

/* NULL: none is found. */
static void
check_found(struct smime_keyring *ring, struct smime_cert_id id, const struct pki_cert *want)
{
	struct smime_keys *keys = smime_keyring_keys(ring);
	SMIME_AUTO(smime_cert) found = NULL;

	ck_assert_int_eq(keys->ops->find(keys, &id, &found), want ? SMIME_OK : SMIME_E_NOKEY);
	ck_assert((found != NULL) == (want != NULL));
	if (want)
		ck_assert_str_eq(
		    smime_cert_fingerprint_hex(found), smime_cert_fingerprint_hex(want->cert));
}

START_TEST(a_certificate_is_found_as_it_is_named)
{
	struct smime_keyring *ring =
	    pki_keyring((struct pki_cert *[]){ rsa, renewed, ec, bare, NULL });
	struct smime_cert_id mixed = by_serial(rsa);

	check_found(ring, by_serial(rsa), rsa);
	check_found(ring, by_serial(renewed), renewed);
	check_found(ring, by_serial(ec), ec);
	check_found(ring, by_serial(bare), bare);
	check_found(ring, by_ski(ec), ec);
	/* The number of one, the issuer of another. */
	mixed.serial = smime_cert_serial(renewed->cert);
	mixed.issuer = smime_cert_issuer_der(ec->cert);
	check_found(ring, mixed, NULL);
	/* A certificate without the extension is not what an empty name means, and no name is none.
	 */
	check_found(ring, by_ski(bare), NULL);
	check_found(ring, (struct smime_cert_id){ 0 }, NULL);
	check_found(ring, (struct smime_cert_id){ .ski = smime_bytes("none", 4) }, NULL);
	smime_keyring_free(&ring);
	ring = pki_keyring((struct pki_cert *[]){ NULL });
	check_found(ring, by_serial(rsa), NULL);
	smime_keyring_free(&ring);
}
END_TEST

/* A key identifier names the key: the certificate that was renewed on it bears the same one. */
START_TEST(the_first_of_several_is_found)
{
	struct smime_keyring *one = pki_keyring((struct pki_cert *[]){ rsa, renewed, rsa, NULL });
	struct smime_keyring *two = pki_keyring((struct pki_cert *[]){ renewed, rsa, NULL });

	ck_assert(smime_bytes_equal(smime_cert_ski(rsa->cert), smime_cert_ski(renewed->cert)));
	check_found(one, by_ski(rsa), rsa);
	check_found(two, by_ski(rsa), renewed);
	check_found(one, by_serial(rsa), rsa);
	smime_keyring_free(&one);
	smime_keyring_free(&two);
}
END_TEST

START_TEST(a_key_that_is_not_the_certificates_is_given_back)
{
	struct smime_keyring *ring = NULL;
	struct smime_privkey *key = pki_privkey(ec), *kept = key;
	struct smime_diag diag = { 0 };

	OK(smime_keyring_new(&ring));
	ck_assert_int_eq(smime_keyring_add(ring, rsa->cert, &key, &diag), SMIME_E_NOKEY);
	ck_assert_str_eq(diag.token, "key-mismatch");
	ck_assert_ptr_nonnull(strstr(diag.text, "CN=rsa"));
	ck_assert_ptr_eq(key, kept);
	check_found(ring, by_serial(rsa), NULL);
	OK(smime_keyring_add(ring, ec->cert, &key, &diag));
	ck_assert_ptr_null(key);
	check_found(ring, by_serial(ec), ec);
	smime_keyring_free(&ring);
	smime_keyring_free(&ring);
}
END_TEST

static const uint8_t digest[32] = "thirty-two octets of a digest.";

START_TEST(a_certificate_without_its_key_does_nothing)
{
	struct smime_keyring *ring = pki_keyring((struct pki_cert *[]){ ec, NULL });
	struct smime_keys *keys = smime_keyring_keys(ring);
	uint8_t cek[32] = { 0 };
	struct smime_diag diag = { 0 };
	SMIME_AUTO_BUF out = { 0 };

	ck_assert_int_eq(
	    keys->ops->sign(keys, rsa->cert, smime_alg_by_name(smime_signature_algs, "rsa-pkcs1"),
		smime_bytes(digest, 32), &out, &diag),
	    SMIME_E_NOKEY);
	ck_assert_str_eq(diag.token, "no-key");
	ck_assert_ptr_nonnull(strstr(diag.text, "CN=rsa"));
	ck_assert_int_eq(keys->ops->unwrap(keys, rsa->cert, &smime_key_transport_algs[0],
			     smime_bytes(NULL, 0), smime_bytes(digest, 32), cek, sizeof cek, &diag),
	    SMIME_E_NOKEY);
	ck_assert_int_eq(
	    keys->ops->agree(keys, rsa->cert, smime_bytes(digest, 32), &out, &diag), SMIME_E_NOKEY);
	ck_assert_uint_eq(out.len, 0);
	smime_keyring_free(&ring);
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("keyring");
	TCase *tc = tcase_create("all");

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 60);
	tcase_add_unchecked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_certificate_is_found_as_it_is_named);
	tcase_add_test(tc, the_first_of_several_is_found);
	tcase_add_test(tc, a_key_that_is_not_the_certificates_is_given_back);
	tcase_add_test(tc, a_certificate_without_its_key_does_nothing);
	return suite;
}
