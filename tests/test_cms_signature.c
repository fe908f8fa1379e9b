/* test_cms_signature.c - which keys and algorithms are believed: every pair of them.  R-VER-ALG. */
#include "cms.h"
#include "cms_signature.h"
#include "support.h"
#include "support_der.h"
#include "support_dir.h"
#include "support_pki.h"
#include "support_run.h"

#include <gnutls/gnutls.h>
#include <stdlib.h>

#define OK(call) ck_assert_int_eq(call, SMIME_OK)

static const char content[] = "Content-Type: text/plain\r\n\r\nhello\r\n";

/* Each with a row for each digest: sha256, sha384, sha512, sha1. */
static const struct {
	const char *key, *scheme;
	bool weak;
} kinds[] = {
	{ "rsa-1024", "rsa-pkcs1", true },
	{ "rsa-2048", "rsa-pkcs1", false },
	{ "rsa-2048", "rsa-pss", false },
	{ "rsa-pss", "rsa-pss", false },
	{ "p-256", "ecdsa", false },
	{ "p-384", "ecdsa", false },
	{ "p-521", "ecdsa", false },
	{ "ed25519", "eddsa", false },
};

static enum smime_status
check(const struct pki_cert *ca, const struct smime_buf *der, bool weak_verifies,
    struct smime_diag *diag)
{
	struct smime_cms_verify how = {
		.now = PKI_NOW, .from = "a@a.example", .weak_verifies = weak_verifies
	};
	struct smime_trust *trust = NULL;
	struct smime_cms_verdict verdict = { 0 };
	struct smime_signed_data data = { 0 };
	struct smime_content_info info;
	SMIME_AUTO_BUF out = { 0 };
	SMIME_AUTO(smime_stage) collect = NULL;
	enum smime_status status;

	OK(smime_trust_new(&trust));
	OK(smime_trust_add_anchor(trust, ca->cert, false, NULL));
	how.trust = trust;
	OK(smime_stage_buf_new(&out, 1000, &collect));
	OK(smime_cms_read(smime_buf_bytes(der), &info, NULL));
	OK(smime_signed_data_read(info.content, &data, NULL));
	status = smime_cms_check(&how, &data, NULL, collect, &verdict, diag);
	smime_cert_free(&verdict.cert);
	smime_signed_data_reset(&data);
	smime_trust_free(&trust);
	return status;
}

/* SMIME_E_NOKEY: the key cannot make such a signature. */
static enum smime_status
sign(const struct pki_cert *cert, const char *scheme, const struct smime_alg *digest,
    struct smime_buf *der)
{
	struct smime_keyring *ring =
	    pki_keyring((struct pki_cert *[]){ (struct pki_cert *)(uintptr_t)cert, NULL });
	const struct smime_cms_signer how = { .cert = cert->cert,
		.keys = smime_keyring_keys(ring),
		.digest = digest,
		.scheme = smime_signature_alg(scheme, digest),
		.now = PKI_NOW };
	SMIME_AUTO(smime_spool) spool = NULL;
	SMIME_AUTO(smime_stage) collect = NULL;
	enum smime_status status = SMIME_E_NOKEY;

	OK(smime_spool_new(NULL, &spool));
	OK(smime_spool_write(spool, content, strlen(content)));
	OK(smime_stage_buf_new(der, 100000, &collect));
	if (how.scheme)
		status = smime_cms_sign(&how, false, spool, collect, NULL);
	smime_keyring_free(&ring);
	return status;
}

START_TEST(r_ver_alg_every_pair_of_key_and_digest)
{
	struct pki_cert *ca = pki_make(&(struct pki_spec){ .name = "CA", .ca = true });
	struct pki_cert *cert = pki_make(&(struct pki_spec){
	    .name = "a", .mailboxes = "a@a.example", .key = kinds[_i].key, .issuer = ca });
	int made = 0;

	for (const struct smime_alg *digest = smime_digests; digest->oid; digest++) {
		bool weak = kinds[_i].weak || (digest->use & SMIME_ALG_WEAK);
		struct smime_diag diag = { 0 };
		SMIME_AUTO_BUF der = { 0 };

		if (sign(cert, kinds[_i].scheme, digest, &der) != SMIME_OK)
			continue;
		made++;
		ck_assert_msg((check(ca, &der, false, &diag) == SMIME_OK) == !weak, "%s %s: %s",
		    kinds[_i].key, digest->name, diag.text);
		if (weak)
			ck_assert_str_eq(diag.token, "weak");
		ck_assert_msg(check(ca, &der, true, &diag) == SMIME_OK, "%s %s: %s", kinds[_i].key,
		    digest->name, diag.text);
	}
	ck_assert_int_ge(made, 1);
	pki_free(&cert);
	pki_free(&ca);
}
END_TEST

/* openssl makes what GnuTLS does not: keys with e = 3. */
START_TEST(r_ver_alg_a_small_exponent_is_weak)
{
	static const struct {
		const char *option;
		bool weak;
	} exponents[] = { { "rsa_keygen_pubexp:3", true }, { "rsa_keygen_pubexp:257", true },
		{ "rsa_keygen_pubexp:65537", false } };
	char key[DIR_PATH_SIZE], pem[DIR_PATH_SIZE];
	struct smime_cert *cert = NULL;
	SMIME_AUTO_BUF said = { 0 };

	dir_make();
	ck_assert_msg(
	    run_program((const char *[]){ "openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt",
			    "rsa_keygen_bits:2048", "-pkeyopt", exponents[_i].option, "-out",
			    dir_file("key.pem", key), NULL },
		smime_bytes(NULL, 0), &said) == 0,
	    "%s", (const char *)said.data);
	smime_buf_reset(&said);
	ck_assert_int_eq(
	    run_program((const char *[]){ "openssl", "req", "-x509", "-new", "-key", key, "-subj",
			    "/CN=x", "-out", dir_file("cert.pem", pem), NULL },
		smime_bytes(NULL, 0), &said),
	    0);
	smime_buf_reset(&said);
	ck_assert_int_eq(
	    run_program((const char *[]){ "cat", pem, NULL }, smime_bytes(NULL, 0), &said), 0);
	OK(smime_cert_import_pem(smime_buf_bytes(&said), &cert, NULL));
	ck_assert(smime_cert_is_weak(cert) == exponents[_i].weak);
	smime_cert_free(&cert);
	dir_remove();
}
END_TEST

/* An id-RSASSA-PSS key, bound to a digest and the least salt, or to nothing; and a signature of the
 * same RSA key, whose salt is as long as its digest. */
static const struct {
	int bound_to, salt;
	const char *scheme, *digest;
	enum smime_status status;
} bounds[] = {
	{ GNUTLS_DIG_SHA256, 32, "rsa-pss", "sha256", SMIME_OK },
	{ GNUTLS_DIG_SHA256, 20, "rsa-pss", "sha256", SMIME_OK },
	{ GNUTLS_DIG_SHA384, 0, "rsa-pss", "sha384", SMIME_OK },
	{ GNUTLS_DIG_SHA512, 64, "rsa-pss", "sha512", SMIME_OK },
	{ GNUTLS_DIG_SHA256, 33, "rsa-pss", "sha256", SMIME_E_UNSUPPORTED },
	{ GNUTLS_DIG_SHA256, 32, "rsa-pss", "sha384", SMIME_E_UNSUPPORTED },
	{ GNUTLS_DIG_SHA256, 32, "rsa-pss", "sha512", SMIME_E_UNSUPPORTED },
	{ GNUTLS_DIG_SHA512, 32, "rsa-pss", "sha256", SMIME_E_UNSUPPORTED },
	{ GNUTLS_DIG_SHA256, 32, "rsa-pkcs1", "sha256", SMIME_E_UNTRUSTED },
	{ 0, 0, "rsa-pss", "sha512", SMIME_OK },
};

/* "all parameters in the signature structure algorithm identifier MUST match the parameters in the
 * key structure algorithm identifier except the saltLength field" (RFC 4055 s3.3) */
START_TEST(r_ver_alg_a_pss_key_binds_its_signatures)
{
	const struct smime_alg *digest = smime_alg_by_name(smime_digests, bounds[_i].digest);
	struct pki_cert *ca = pki_make(&(struct pki_spec){ .name = "CA", .ca = true });
	struct pki_cert *plain = pki_make(&(struct pki_spec){ .name = "a", .key = "rsa-2048" });
	struct pki_cert *bound = pki_make(&(struct pki_spec){ .name = "b",
	    .issuer = ca,
	    .same_key = plain,
	    .key = "rsa",
	    .pss_digest = bounds[_i].bound_to,
	    .pss_salt = bounds[_i].salt });
	struct smime_signed_data data = { 0 };
	struct smime_signature signature;
	struct smime_content_info info;
	struct smime_diag diag = { 0 };
	SMIME_AUTO_BUF der = { 0 };

	ck_assert_int_eq(smime_cert_key_type(bound->cert),
	    bounds[_i].bound_to ? SMIME_KEY_RSA_PSS : SMIME_KEY_RSA);
	OK(sign(plain, bounds[_i].scheme, digest, &der));
	OK(smime_cms_read(smime_buf_bytes(&der), &info, NULL));
	OK(smime_signed_data_read(info.content, &data, NULL));
	OK(smime_signature_read(&data.signers[0], &signature, NULL));
	OK(smime_signature_verify(&signature, plain->cert, smime_bytes(NULL, 0), &diag));
	ck_assert_int_eq(
	    smime_signature_verify(&signature, bound->cert, smime_bytes(NULL, 0), &diag),
	    bounds[_i].status);
	ck_assert_msg(bounds[_i].status == SMIME_OK || diag.text[0], "no reason");
	smime_signed_data_reset(&data);
	pki_free(&bound);
	pki_free(&plain);
	pki_free(&ca);
}
END_TEST

/* RSASSA-PSS-params (RFC 4055 s3.1) that mean nothing to us: told apart from a bad signature. */
static const struct {
	const char *octets;
	size_t len;
} parameters[] = {
	{ "\x04\x00", 2 }, { "\x30\x07\xa0\x05\x30\x03\x06\x01\x2a", 9 }, /* another hash */
	{ "\x30\x07\xa1\x05\x30\x03\x06\x01\x2a", 9 },                    /* another mask */
	{ "\x30\x05\xa2\x03\x04\x01\x20", 7 }, /* a salt length that is no number */
	{ "\x30\x05\xa3\x03\x02\x01\x02", 7 }, /* another trailer */
};

START_TEST(r_ver_alg_pss_parameters_are_understood_or_refused)
{
	static const int path[] = { 0, 1, 0, 4, 0, 4, 1, DER_END };
	const struct smime_alg *sha256 = smime_alg_by_name(smime_digests, "sha256");
	struct pki_cert *ca = pki_make(&(struct pki_spec){ .name = "CA", .ca = true });
	struct pki_cert *cert = pki_make(&(struct pki_spec){
	    .name = "a", .mailboxes = "a@a.example", .key = "rsa-pss", .issuer = ca });
	struct der_edit edit = { .kind = DER_PUT,
		.with = smime_bytes(parameters[_i].octets, parameters[_i].len) };
	struct smime_diag diag = { 0 };
	SMIME_AUTO_BUF der = { 0 };
	SMIME_AUTO_BUF edited = { 0 };

	OK(sign(cert, "rsa-pss", sha256, &der));
	edit.at = der_find(smime_buf_bytes(&der), path);
	ck_assert(der_edit(smime_buf_bytes(&der), &edit, &edited));
	ck_assert_int_eq(check(ca, &edited, false, &diag), SMIME_E_UNSUPPORTED);
	ck_assert_str_eq(diag.token, "algorithm");
	pki_free(&cert);
	pki_free(&ca);
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("cms_signature");
	TCase *tc = tcase_create("all");

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, r_ver_alg_every_pair_of_key_and_digest, 0, ROWS(kinds));
	tcase_add_loop_test(tc, r_ver_alg_a_pss_key_binds_its_signatures, 0, ROWS(bounds));
	tcase_add_loop_test(
	    tc, r_ver_alg_pss_parameters_are_understood_or_refused, 0, ROWS(parameters));
	tcase_add_loop_test(tc, r_ver_alg_a_small_exponent_is_weak, 0, 3);
	return suite;
}
