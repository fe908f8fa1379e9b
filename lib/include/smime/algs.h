/*
 * smime/algs.h - every algorithm, as rows of constant tables.
 *
 * Adding an algorithm is adding a row; no switch on algorithms anywhere else. A row is never edited
 * once released.
 */
#ifndef SMIME_ALGS_H
#define SMIME_ALGS_H

#include "smime/bytes.h"
#include <stdbool.h>
#include <stdint.h>

/* What we do with an algorithm. */
enum smime_alg_use {
	SMIME_ALG_SEND = 1,  /* may be written */
	SMIME_ALG_RECV = 2,  /* may be read */
	SMIME_ALG_WEAK = 4,  /* read, but the layer's verdict is "weak" (or "legacy" for ciphers) */
	SMIME_ALG_QUIET = 8, /* not announced in SMIMECapabilities: better is asked for */
	SMIME_ALG_BOTH = SMIME_ALG_SEND | SMIME_ALG_RECV,
};

struct smime_alg {
	const char *oid;  /* dotted */
	const char *name; /* as in the policy tables: "sha256", "aes256-cbc", "rsa-oaep" */
	int backend;      /* GnuTLS' number for it: digest, cipher or sign algorithm */
	uint16_t size;    /* digest: octets of output; cipher and wrap: octets of key */
	uint16_t block;   /* cipher: octets of block; 1 for AEAD; else 0 */
	uint16_t iv;      /* cipher: octets of IV or nonce; else 0 */
	unsigned use;     /* enum smime_alg_use */
	const char *source;
};

/* Tables, each ended by a row with oid NULL, in order of preference. */
extern const struct smime_alg smime_digests[];      /* RFC 5754; RFC 8551 s3.5.3.2 */
extern const struct smime_alg smime_content_algs[]; /* RFC 3565, RFC 5084, RFC 3370 */

/*
 * Signatures: one row per scheme ("rsa-pkcs1", "rsa-pss", "ecdsa", "eddsa") and digest; backend is
 * GnuTLS' sign algorithm, size the digest's. RFC 3370 s3.2, RFC 4056, RFC 5754 s3, RFC 8419.
 */
extern const struct smime_alg smime_signature_algs[];
extern const struct smime_alg smime_key_transport_algs[]; /* RFC 3370 s4.2.1, RFC 3560 */
/* Key agreement: backend is the KDF's digest. RFC 5753 s7.1.4, RFC 8418 s2. */
extern const struct smime_alg smime_key_agree_algs[];
extern const struct smime_alg
    smime_key_wrap_algs[]; /* size: octets of the wrapping key; RFC 3565 s2.3.2 */

/* The row of that scheme name and digest; NULL when there is none. */
const struct smime_alg *smime_signature_alg(const char *scheme, const struct smime_alg *digest);

/*
 * The row a SignerInfo means: signatureAlgorithm may name scheme and digest together, or the bare
 * key (rsaEncryption, id-ecPublicKey), or id-RSASSA-PSS; the digest is then digestAlgorithm. NULL
 * when the two contradict each other or are unknown.
 */
const struct smime_alg *smime_signature_alg_read(
    const char *signature_oid, const struct smime_alg *digest);

/* The digest row with that GnuTLS number; NULL when there is none. */
const struct smime_alg *smime_digest_by_backend(int backend);

/* The row with that dotted OID or that name; NULL when there is none. */
const struct smime_alg *smime_alg_by_oid(const struct smime_alg *table, const char *oid);
const struct smime_alg *smime_alg_by_name(const struct smime_alg *table, const char *name);

/* Content algorithms: whether it authenticates (AuthEnvelopedData, RFC 5083). */
static inline bool
smime_alg_is_aead(const struct smime_alg *cipher)
{
	return cipher->block == 1;
}

#endif
