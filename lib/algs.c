/* algs.c - the registry: every algorithm we write or read, one row each. A row is never edited once
 * released. DES, RC2 and RC4 are in no table: they are never read. */
#include "smime/algs.h"

#include <gnutls/gnutls.h>

#define BOTH   SMIME_ALG_BOTH
#define RECV   SMIME_ALG_RECV
#define LEGACY (SMIME_ALG_RECV | SMIME_ALG_WEAK)
#define QUIET  (SMIME_ALG_RECV | SMIME_ALG_QUIET)

/* clang-format off */
const struct smime_alg smime_digests[] = {
	/* OID                        name      GnuTLS             size blk iv  may     source */
	{ "2.16.840.1.101.3.4.2.1", "sha256", GNUTLS_DIG_SHA256, 32, 0, 0, BOTH,   "RFC 5754 s2.2" },
	{ "2.16.840.1.101.3.4.2.2", "sha384", GNUTLS_DIG_SHA384, 48, 0, 0, BOTH,   "RFC 5754 s2.3" },
	{ "2.16.840.1.101.3.4.2.3", "sha512", GNUTLS_DIG_SHA512, 64, 0, 0, BOTH,   "RFC 5754 s2.4" },
	{ "1.3.14.3.2.26",          "sha1",   GNUTLS_DIG_SHA1,   20, 0, 0, LEGACY, "RFC 3370 s2.1" },
	{ 0 },
};

const struct smime_alg smime_content_algs[] = {
	/* OID                         name          GnuTLS                     key blk iv  may    source */
	{ "2.16.840.1.101.3.4.1.46", "aes256-gcm", GNUTLS_CIPHER_AES_256_GCM, 32, 1, 12, BOTH,   "RFC 5084 s3.2" },
	{ "2.16.840.1.101.3.4.1.6",  "aes128-gcm", GNUTLS_CIPHER_AES_128_GCM, 16, 1, 12, BOTH,   "RFC 5084 s3.2" },
	{ "2.16.840.1.101.3.4.1.42", "aes256-cbc", GNUTLS_CIPHER_AES_256_CBC, 32, 16, 16, BOTH,  "RFC 3565 s4.1" },
	{ "2.16.840.1.101.3.4.1.2",  "aes128-cbc", GNUTLS_CIPHER_AES_128_CBC, 16, 16, 16, BOTH,  "RFC 3565 s4.1" },
	{ "2.16.840.1.101.3.4.1.26", "aes192-gcm", GNUTLS_CIPHER_AES_192_GCM, 24, 1, 12, RECV,   "RFC 5084 s3.2" },
	{ "2.16.840.1.101.3.4.1.22", "aes192-cbc", GNUTLS_CIPHER_AES_192_CBC, 24, 16, 16, RECV,  "RFC 3565 s4.1" },
	{ "1.2.392.200011.61.1.1.1.4", "camellia256-cbc", GNUTLS_CIPHER_CAMELLIA_256_CBC, 32, 16, 16, QUIET, "RFC 3657 s3" },
	{ "1.2.392.200011.61.1.1.1.3", "camellia192-cbc", GNUTLS_CIPHER_CAMELLIA_192_CBC, 24, 16, 16, QUIET, "RFC 3657 s3" },
	{ "1.2.392.200011.61.1.1.1.2", "camellia128-cbc", GNUTLS_CIPHER_CAMELLIA_128_CBC, 16, 16, 16, QUIET, "RFC 3657 s3" },
	{ "1.2.840.113549.3.7",      "3des-cbc",   GNUTLS_CIPHER_3DES_CBC,    24, 8, 8, LEGACY,  "RFC 3370 s5.1" },
	{ 0 },
};

const struct smime_alg smime_signature_algs[] = {
	/* OID                       name        GnuTLS                       size blk iv  may   source */
	{ "1.2.840.113549.1.1.11", "rsa-pkcs1", GNUTLS_SIGN_RSA_SHA256,      32, 0, 0, BOTH,   "RFC 5754 s3.2" },
	{ "1.2.840.113549.1.1.12", "rsa-pkcs1", GNUTLS_SIGN_RSA_SHA384,      48, 0, 0, BOTH,   "RFC 5754 s3.2" },
	{ "1.2.840.113549.1.1.13", "rsa-pkcs1", GNUTLS_SIGN_RSA_SHA512,      64, 0, 0, BOTH,   "RFC 5754 s3.2" },
	{ "1.2.840.113549.1.1.5",  "rsa-pkcs1", GNUTLS_SIGN_RSA_SHA1,        20, 0, 0, LEGACY, "RFC 3370 s3.2" },
	{ "1.2.840.113549.1.1.10", "rsa-pss",   GNUTLS_SIGN_RSA_PSS_SHA256,  32, 0, 0, BOTH,   "RFC 4056 s3" },
	{ "1.2.840.113549.1.1.10", "rsa-pss",   GNUTLS_SIGN_RSA_PSS_SHA384,  48, 0, 0, BOTH,   "RFC 4056 s3" },
	{ "1.2.840.113549.1.1.10", "rsa-pss",   GNUTLS_SIGN_RSA_PSS_SHA512,  64, 0, 0, BOTH,   "RFC 4056 s3" },
	{ "1.2.840.10045.4.3.2",   "ecdsa",     GNUTLS_SIGN_ECDSA_SHA256,    32, 0, 0, BOTH,   "RFC 5754 s3.3" },
	{ "1.2.840.10045.4.3.3",   "ecdsa",     GNUTLS_SIGN_ECDSA_SHA384,    48, 0, 0, BOTH,   "RFC 5754 s3.3" },
	{ "1.2.840.10045.4.3.4",   "ecdsa",     GNUTLS_SIGN_ECDSA_SHA512,    64, 0, 0, BOTH,   "RFC 5754 s3.3" },
	{ "1.2.840.10045.4.1",     "ecdsa",     GNUTLS_SIGN_ECDSA_SHA1,      20, 0, 0, LEGACY, "RFC 3278 s8.1" },
	{ "1.3.101.112",           "eddsa",     GNUTLS_SIGN_EDDSA_ED25519,   64, 0, 0, BOTH,   "RFC 8419 s3" },
	{ 0 },
};

const struct smime_alg smime_key_transport_algs[] = {
	{ "1.2.840.113549.1.1.1", "rsa-pkcs1", GNUTLS_PK_RSA, 0, 0, 0, BOTH, "RFC 3370 s4.2.1" },
	{ "1.2.840.113549.1.1.7", "rsa-oaep",  GNUTLS_PK_RSA, 0, 0, 0, BOTH, "RFC 3560 s3" },
	{ 0 },
};

const struct smime_alg smime_key_agree_algs[] = {
	{ "1.3.132.1.11.1",             "stddh-sha256",    GNUTLS_DIG_SHA256, 32, 0, 0, BOTH,   "RFC 5753 s7.1.4" },
	{ "1.3.132.1.11.2",             "stddh-sha384",    GNUTLS_DIG_SHA384, 48, 0, 0, BOTH,   "RFC 5753 s7.1.4" },
	{ "1.3.132.1.11.3",             "stddh-sha512",    GNUTLS_DIG_SHA512, 64, 0, 0, BOTH,   "RFC 5753 s7.1.4" },
	{ "1.3.133.16.840.63.0.2",      "stddh-sha1",      GNUTLS_DIG_SHA1,   20, 0, 0, RECV,   "RFC 5753 s7.1.4" },
	/* The cofactor of the P curves is 1: the same computation. */
	{ "1.3.132.1.14.1",             "cofactor-sha256", GNUTLS_DIG_SHA256, 32, 0, 0, RECV,   "RFC 5753 s7.1.4" },
	{ "1.3.132.1.14.2",             "cofactor-sha384", GNUTLS_DIG_SHA384, 48, 0, 0, RECV,   "RFC 5753 s7.1.4" },
	{ "1.3.132.1.14.3",             "cofactor-sha512", GNUTLS_DIG_SHA512, 64, 0, 0, RECV,   "RFC 5753 s7.1.4" },
	{ "1.3.133.16.840.63.0.3",      "cofactor-sha1",   GNUTLS_DIG_SHA1,   20, 0, 0, RECV,   "RFC 5753 s7.1.4" },
	{ "1.2.840.113549.1.9.16.3.19", "hkdf-sha256",     GNUTLS_DIG_SHA256, 32, 0, 0, BOTH,   "RFC 8418 s2.2" },
	{ "1.2.840.113549.1.9.16.3.20", "hkdf-sha384",     GNUTLS_DIG_SHA384, 48, 0, 0, RECV,   "RFC 8418 s2.2" },
	{ "1.2.840.113549.1.9.16.3.21", "hkdf-sha512",     GNUTLS_DIG_SHA512, 64, 0, 0, RECV,   "RFC 8418 s2.2" },
	{ 0 },
};

const struct smime_alg smime_key_wrap_algs[] = {
	{ "2.16.840.1.101.3.4.1.45", "aes256-wrap", 0, 32, 8, 0, BOTH, "RFC 3565 s2.3.2" },
	{ "2.16.840.1.101.3.4.1.5",  "aes128-wrap", 0, 16, 8, 0, BOTH, "RFC 3565 s2.3.2" },
	{ "2.16.840.1.101.3.4.1.25", "aes192-wrap", 0, 24, 8, 0, RECV, "RFC 3565 s2.3.2" },
	{ 0 },
};
/* clang-format on */

/* signatureAlgorithm may be the key's algorithm alone (RFC 3370 s3.2, RFC 5753 s2.1.1). */
static const struct {
	const char *oid, *scheme;
} bare_keys[] = {
	{ "1.2.840.113549.1.1.1", "rsa-pkcs1" },
	{ "1.2.840.10045.2.1", "ecdsa" },
	{ "1.2.840.113549.1.1.10", "rsa-pss" },
};

const struct smime_alg *
smime_alg_by_oid(const struct smime_alg *table, const char *oid)
{
	for (; table->oid; table++)
		if (strcmp(table->oid, oid) == 0)
			return table;
	return NULL;
}

const struct smime_alg *
smime_alg_by_name(const struct smime_alg *table, const char *name)
{
	for (; table->oid; table++)
		if (strcmp(table->name, name) == 0)
			return table;
	return NULL;
}

const struct smime_alg *
smime_digest_by_backend(int backend)
{
	for (const struct smime_alg *row = smime_digests; row->oid; row++)
		if (row->backend == backend)
			return row;
	return NULL;
}

const struct smime_alg *
smime_signature_alg(const char *scheme, const struct smime_alg *digest)
{
	for (const struct smime_alg *row = smime_signature_algs; row->oid; row++)
		if (row->size == digest->size && strcmp(row->name, scheme) == 0)
			return row;
	return NULL;
}

const struct smime_alg *
smime_signature_alg_read(const char *signature_oid, const struct smime_alg *digest)
{
	const struct smime_alg *row;

	for (size_t i = 0; i < sizeof bare_keys / sizeof *bare_keys; i++)
		if (strcmp(bare_keys[i].oid, signature_oid) == 0)
			return smime_signature_alg(bare_keys[i].scheme, digest);
	row = smime_alg_by_oid(smime_signature_algs, signature_oid);
	return row && row->size == digest->size ? row : NULL;
}
