/*
 * keywrap.h - from a shared secret to a wrapped content-encryption key.  RFC 5753 s7.2, RFC 8418,
 * RFC 3394.
 */
#ifndef SMIME_KEYWRAP_H
#define SMIME_KEYWRAP_H

#include "smime/algs.h"

#define SMIME_KEK_MAX 32

struct smime_kdf {
	const struct smime_alg *agree; /* row of smime_key_agree_algs: which KDF, which digest */
	const struct smime_alg *wrap;  /* row of smime_key_wrap_algs: how long a key */
	struct smime_bytes wrap_algid; /* its AlgorithmIdentifier as written: part of the input */
	struct smime_bytes ukm;        /* user keying material; empty when absent */
};

/* The key-encryption key: wrap->size octets. SMIME_E_SYSTEM only. */
SMIME_MUST_USE enum smime_status smime_kdf(
    const struct smime_kdf *kdf, struct smime_bytes secret, uint8_t kek[SMIME_KEK_MAX]);

/* AES key wrap of cek (16, 24 or 32 octets); appended to out. */
SMIME_MUST_USE enum smime_status smime_key_wrap(const struct smime_alg *wrap, const uint8_t *kek,
    struct smime_bytes cek, struct smime_buf *out);

/*
 * Unwrap into cek. What was not wrapped with that key, or is not that long, leaves cek as it is, in
 * the same time (RFC 3218: the caller put random octets there). 1 when it was right, else 0; that
 * is a secret, too.
 */
int smime_key_unwrap(const struct smime_alg *wrap, const uint8_t *kek, struct smime_bytes wrapped,
    uint8_t *cek, size_t cek_len);

#endif
