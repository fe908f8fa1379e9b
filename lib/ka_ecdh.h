/* ka_ecdh.h - elliptic curve Diffie-Hellman: P-256, P-384, P-521, X25519.  SEC 1 s3.3.1, RFC 7748.
 */
#ifndef SMIME_KA_ECDH_H
#define SMIME_KA_ECDH_H

#include "smime/cert.h"

#include <gnutls/abstract.h>

/*
 * A fresh key pair on the certificate's curve, and the secret it shares with the certificate's key.
 *
 * point   the fresh public key: 04 || X || Y, or the 32 octets of X25519; appended
 * secret  the shared secret; should be a secret buffer; appended
 *
 * SMIME_E_UNSUPPORTED when it is no such key.
 */
SMIME_MUST_USE enum smime_status smime_ka_ephemeral(const struct smime_cert *cert,
    struct smime_buf *point, struct smime_buf *secret, struct smime_diag *diag);

/*
 * The secret that a private key shares with a public one (as above), appended to secret.
 *
 * SMIME_E_UNTRUSTED: the point is none of the key's curve, or the secret would be zero.
 * SMIME_E_UNSUPPORTED: no such key, or one that does not leave its token.
 */
SMIME_MUST_USE enum smime_status smime_ka_derive(gnutls_privkey_t key, struct smime_bytes point,
    struct smime_buf *secret, struct smime_diag *diag);

#endif
