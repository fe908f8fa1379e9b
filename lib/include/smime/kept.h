/*
 * smime/kept.h - a certificate kept for later: its octets, and what finds it. A parsed one takes 25
 * KiB, this one a little more than its DER: there may be a hundred thousand.
 */
#ifndef SMIME_KEPT_H
#define SMIME_KEPT_H

#include "smime/cert.h"
#include "smime/keys.h"

struct smime_kept; /* immutable; shared by reference count between threads */

SMIME_MUST_USE enum smime_status smime_kept_new(
    const struct smime_cert *cert, struct smime_kept **out);
struct smime_kept *smime_kept_ref(struct smime_kept *kept);
void smime_kept_free(struct smime_kept **kept);

struct smime_bytes smime_kept_der(const struct smime_kept *kept);
const uint8_t *smime_kept_fingerprint(const struct smime_kept *kept); /* SHA-256, 32 octets */
bool smime_kept_matches(const struct smime_kept *kept, const struct smime_cert_id *id);

/* The certificate itself, parsed again (tens of microseconds). */
SMIME_MUST_USE enum smime_status smime_kept_open(
    const struct smime_kept *kept, struct smime_cert **out, struct smime_diag *diag);

#endif
