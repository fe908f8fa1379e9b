/* pss.h - RSASSA-PSS-params: those of a signature, and those a key is bound to.  RFC 4055 s3. */
#ifndef SMIME_PSS_H
#define SMIME_PSS_H

#include "smime/algs.h"
#include "smime/cert.h"

#include <gnutls/abstract.h>

/* Read the parameters of a signature made with digest; *salt: octets of it. The mask has to be MGF1
 * with the same digest. SMIME_E_SYNTAX, SMIME_E_UNSUPPORTED. */
SMIME_MUST_USE enum smime_status smime_pss_read(
    struct smime_bytes parameters, const struct smime_alg *digest, uint32_t *salt);

/* May the certificate's key make a signature with that digest and salt? An id-RSASSA-PSS key may
 * bear parameters; any other RSA key is bound to nothing. */
bool smime_pss_key_allows(
    const struct smime_cert *cert, const struct smime_alg *digest, uint32_t salt);

/* Have an RSA key verify signatures of that kind from now on. SMIME_E_UNSUPPORTED: it is none. */
SMIME_MUST_USE enum smime_status smime_pss_set(
    gnutls_pubkey_t key, const struct smime_alg *digest, uint32_t salt);

/* Is it a certificate or a revocation list (DER) with an RSASSA-PSS signature of that issuer's key?
 * For what GnuTLS 3.7 finds wrong: it takes each salt there for as long as the digest. SHA-1 is no
 * digest here. */
bool smime_pss_signed(struct smime_bytes object, const struct smime_cert *issuer);

#endif
