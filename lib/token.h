/*
 * token.h - a private key in a PKCS#11 token, for the two operations that GnuTLS 3.7 does not do
 * there: RSA without padding, and key agreement. Signing and PKCS#1 v1.5 are GnuTLS'.
 */
#ifndef SMIME_TOKEN_H
#define SMIME_TOKEN_H

#include "smime/bytes.h"
#include "smime/status.h"

struct smime_token;

/*
 * Find the key and log in.
 *
 * uri  pkcs11: URI (RFC 7512); its pin-value or pin-source come before pin
 * pin  NULL: none; then somebody else must have logged in, or the token ask for none
 *
 * SMIME_E_NOKEY: no such token or key, or the PIN is wrong.
 */
SMIME_MUST_USE enum smime_status smime_token_open(
    const char *uri, const char *pin, struct smime_token **out, struct smime_diag *diag);
void smime_token_free(struct smime_token **token);

/* The PIN that a URI gives, appended to out, NUL-terminated; empty when it gives none. */
SMIME_MUST_USE enum smime_status smime_token_pin(
    const char *uri, struct smime_buf *out, struct smime_diag *diag);

/* Octets of an RSA key's modulus; 0: it is none. */
size_t smime_token_modulus(const struct smime_token *token);

/*
 * RSA's private operation, without any padding: modulus octets into out, which stays as it is when
 * the ciphertext is out of range. Any thread. SMIME_E_SYSTEM: the token failed, whatever the
 * ciphertext; SMIME_E_UNSUPPORTED: it does not do this.
 */
SMIME_MUST_USE enum smime_status smime_token_decrypt(const struct smime_token *token,
    struct smime_bytes encrypted, uint8_t *out, struct smime_diag *diag);

/* The shared secret of the key and a point (04 || X || Y), appended. Any thread. SMIME_E_UNTRUSTED:
 * the token refuses the point. SMIME_E_UNSUPPORTED, SMIME_E_SYSTEM as above. */
SMIME_MUST_USE enum smime_status smime_token_derive(const struct smime_token *token,
    struct smime_bytes point, struct smime_buf *secret, struct smime_diag *diag);

#endif
