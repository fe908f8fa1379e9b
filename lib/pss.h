/* pss.h - RSASSA-PSS-params: those of a signature, and those a key is bound to.  RFC 4055 s3. */
#ifndef SMIME_PSS_H
#define SMIME_PSS_H

#include "smime/algs.h"
#include "smime/cert.h"

/* Read the parameters of a signature made with digest; *salt: octets of it. The mask has to be MGF1
 * with the same digest. SMIME_E_SYNTAX, SMIME_E_UNSUPPORTED. */
SMIME_MUST_USE enum smime_status smime_pss_read(
    struct smime_bytes parameters, const struct smime_alg *digest, uint32_t *salt);

/* May the certificate's key make a signature with that digest and salt? An id-RSASSA-PSS key may
 * bear parameters; any other RSA key is bound to nothing. */
bool smime_pss_key_allows(
    const struct smime_cert *cert, const struct smime_alg *digest, uint32_t salt);

#endif
