/* test_algs.c - the tables: what a SignerInfo may name, and that every row is one the backend
 * knows. */
#include "smime/algs.h"
#include "support.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

#define RSA_KEY "1.2.840.113549.1.1.1"
#define EC_KEY  "1.2.840.10045.2.1"

static const struct {
	const char *oid, *digest, *want;
} readings[] = {
	{ RSA_KEY, "sha256", "rsa-pkcs1" }, { RSA_KEY, "sha1", "rsa-pkcs1" },
	{ "1.2.840.113549.1.1.11", "sha256", "rsa-pkcs1" },
	{ "1.2.840.113549.1.1.11", "sha512", NULL }, /* contradiction */
	{ "1.2.840.113549.1.1.10", "sha384", "rsa-pss" }, { "1.2.840.113549.1.1.10", "sha1", NULL },
	{ EC_KEY, "sha384", "ecdsa" }, { "1.2.840.10045.4.3.4", "sha512", "ecdsa" },
	{ "1.3.101.112", "sha512", "eddsa" },
	{ "1.3.101.112", "sha256", NULL },     /* RFC 8419 s3.1: SHA-512 only */
	{ "1.2.840.10040.4.1", "sha1", NULL }, /* DSA */
};

START_TEST(signature_algorithms_are_read)
{
	const struct smime_alg *digest = smime_alg_by_name(smime_digests, readings[_i].digest);
	const struct smime_alg *row = smime_signature_alg_read(readings[_i].oid, digest);

	if (readings[_i].want) {
		ck_assert_ptr_nonnull(row);
		ck_assert_str_eq(row->name, readings[_i].want);
		ck_assert_uint_eq(row->size, digest->size);
	} else {
		ck_assert_ptr_null(row);
	}
}
END_TEST

START_TEST(content_rows_agree_with_the_backend)
{
	for (const struct smime_alg *row = smime_content_algs; row->oid; row++) {
		gnutls_cipher_algorithm_t cipher = (gnutls_cipher_algorithm_t)row->backend;

		ck_assert_uint_eq(row->size, gnutls_cipher_get_key_size(cipher));
		ck_assert_uint_eq(row->iv, (unsigned)gnutls_cipher_get_iv_size(cipher));
		if (!smime_alg_is_aead(row))
			ck_assert_uint_eq(
			    row->block, (unsigned)gnutls_cipher_get_block_size(cipher));
	}
}
END_TEST

START_TEST(digest_rows_agree_with_the_backend)
{
	for (const struct smime_alg *row = smime_digests; row->oid; row++) {
		gnutls_digest_algorithm_t digest = (gnutls_digest_algorithm_t)row->backend;

		ck_assert_uint_eq(row->size, (unsigned)gnutls_hash_get_len(digest));
		ck_assert_str_eq(row->oid, gnutls_digest_get_oid(digest));
		ck_assert_ptr_eq(smime_digest_by_backend(row->backend), row);
	}
	ck_assert_ptr_null(smime_digest_by_backend(GNUTLS_DIG_MD5));
}
END_TEST

START_TEST(nothing_weak_may_be_sent)
{
	static const struct smime_alg *const tables[] = { smime_digests, smime_content_algs,
		smime_signature_algs, smime_key_transport_algs, smime_key_agree_algs,
		smime_key_wrap_algs };

	for (int i = 0; i < ROWS(tables); i++)
		for (const struct smime_alg *row = tables[i]; row->oid; row++)
			ck_assert(!(row->use & SMIME_ALG_WEAK) || !(row->use & SMIME_ALG_SEND));
}
END_TEST

START_TEST(unknown_names_and_oids_have_no_row)
{
	ck_assert_ptr_null(smime_alg_by_name(smime_content_algs, "rc2-cbc"));
	ck_assert_ptr_null(smime_alg_by_oid(smime_content_algs, "1.2.840.113549.3.2"));
	ck_assert_ptr_null(smime_alg_by_oid(smime_digests, "1.2.840.113549.2.5"));
	ck_assert_str_eq(
	    smime_alg_by_oid(smime_key_wrap_algs, "2.16.840.1.101.3.4.1.5")->name, "aes128-wrap");
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("algs");
	TCase *tc = tcase_create("all");

	tcase_add_loop_test(tc, signature_algorithms_are_read, 0, ROWS(readings));
	tcase_add_test(tc, content_rows_agree_with_the_backend);
	tcase_add_test(tc, digest_rows_agree_with_the_backend);
	tcase_add_test(tc, nothing_weak_may_be_sent);
	tcase_add_test(tc, unknown_names_and_oids_have_no_row);
	suite_add_tcase(suite, tc);
	return suite;
}
