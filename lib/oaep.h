/* oaep.h - EME-OAEP encoding and MGF1.  RFC 8017 s7.1.1, B.2.1. */
#ifndef SMIME_OAEP_H
#define SMIME_OAEP_H

#include "smime/algs.h"
#include "smime/bytes.h"

#define SMIME_OID_MGF1       "1.2.840.113549.1.1.8"
#define SMIME_OID_PSPECIFIED "1.2.840.113549.1.1.9"

/* out[0, len) ^= MGF1(seed). */
SMIME_MUST_USE enum smime_status smime_mgf1_xor(
    const struct smime_alg *hash, struct smime_bytes seed, uint8_t *out, size_t len);

/* Encode message into em[0, em_len), label empty. SMIME_E_LIMIT when it does not fit. */
SMIME_MUST_USE enum smime_status smime_oaep_encode(
    uint8_t *em, size_t em_len, const struct smime_alg *hash, struct smime_bytes message);

#endif
