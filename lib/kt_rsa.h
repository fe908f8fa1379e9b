/*
 * kt_rsa.h - RSA key transport: PKCS#1 v1.5 (RFC 8017 s7.2) and OAEP (RFC 8017 s7.1, RFC 3560).
 * What GnuTLS 3.7 lacks (OAEP) is done on nettle's blinded private operation and GMP.
 */
#ifndef SMIME_KT_RSA_H
#define SMIME_KT_RSA_H

#include "smime/algs.h"
#include "smime/cert.h"

#include <gnutls/abstract.h>

/*
 * Encrypt a content-encryption key to an RSA certificate; appended to out. OAEP: SHA-256, MGF1 with
 * SHA-256, no label. SMIME_E_UNSUPPORTED when the key is no RSA key.
 */
SMIME_MUST_USE enum smime_status smime_kt_wrap(const struct smime_cert *cert,
    const struct smime_alg *transport, struct smime_bytes cek, struct smime_buf *out,
    struct smime_diag *diag);

/* AlgorithmIdentifier for KeyTransRecipientInfo.keyEncryptionAlgorithm; appended to out. */
SMIME_MUST_USE enum smime_status smime_kt_algid(
    const struct smime_alg *transport, struct smime_buf *out);

/*
 * OAEP decryption with any supported hash, split MGF1 hash and label. cek is filled whatever the
 * ciphertext holds, with random octets when anything in it is wrong, in constant time (Manger 2001,
 * RFC 3218). parameters: DER of RSAES-OAEP-params, empty or NULL for the defaults. Fails for
 * parameters that cannot be read (SMIME_E_UNSUPPORTED), a key that cannot be exported, or
 * SMIME_E_SYSTEM.
 */
SMIME_MUST_USE enum smime_status smime_oaep_unwrap(gnutls_privkey_t key,
    struct smime_bytes parameters, struct smime_bytes encrypted, uint8_t *cek, size_t cek_len,
    struct smime_diag *diag);

/* Are these RSAES-OAEP-params what smime_kt_wrap() writes: SHA-256 for both, no label? Then whoever
 * announces them (RFC 3560 s5) can read what we write. */
bool smime_oaep_is_ours(struct smime_bytes parameters);

/* The same, with a key in a token. */
struct smime_token; /* token.h */
SMIME_MUST_USE enum smime_status smime_oaep_unwrap_token(const struct smime_token *token,
    struct smime_bytes parameters, struct smime_bytes encrypted, uint8_t *cek, size_t cek_len,
    struct smime_diag *diag);

/*
 * The decoding alone (RFC 8017 s7.1.2 step 3), constant time: for tests with undefined secrets.
 * em is destroyed. *right: 1 when the message is right and cek_len long, which is copied then; else
 * 0, and cek stays. Fails with SMIME_E_SYSTEM only.
 */
SMIME_MUST_USE enum smime_status smime_oaep_decode(uint8_t *em, size_t em_len,
    const struct smime_alg *hash, const struct smime_alg *mgf, struct smime_bytes label,
    uint8_t *cek, size_t cek_len, unsigned *right);

#endif
