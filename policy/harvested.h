/* harvested.h - the harvest cache, asked for one address at a time: it may hold a million keys, and
 * no snapshot does. */
#ifndef POLICY_HARVESTED_H
#define POLICY_HARVESTED_H

#include "smime/caps.h"
#include "smime/cert.h"

struct policy_harvested; /* counted; one connection of its own, shared by all threads */

SMIME_MUST_USE enum smime_status policy_harvested_open(
    const char *path, struct policy_harvested **out, struct smime_diag *diag);
struct policy_harvested *policy_harvested_ref(struct policy_harvested *harvested);
void policy_harvested_free(struct policy_harvested **harvested); /* gives a reference back */

/* The active keys of an address (lower case), newest first, appended to out; rows that do not parse
 * are passed over. SMIME_E_SYSTEM. */
SMIME_MUST_USE enum smime_status policy_harvested_find(struct policy_harvested *harvested,
    const char *address, struct smime_certs *out, struct smime_diag *diag);

/* What the newest mail signed by a certificate announced; nothing when there was none.
 * SMIME_E_SYSTEM. */
SMIME_MUST_USE enum smime_status policy_harvested_caps(struct policy_harvested *harvested,
    const struct smime_cert *cert, struct smime_caps *out, struct smime_diag *diag);

#endif
