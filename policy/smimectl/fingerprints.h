/* fingerprints.h - a set of certificates' fingerprints. */
#ifndef CTL_FINGERPRINTS_H
#define CTL_FINGERPRINTS_H

#include "smime/cert.h"

struct ctl_fingerprints {    /* zero-initialise */
	uint8_t (*slot)[32]; /* open addressing; all zeros: free */
	size_t room, count;
};

/* *known: it was there already. SMIME_E_SYSTEM only. */
SMIME_MUST_USE enum smime_status ctl_fingerprints_add(
    struct ctl_fingerprints *set, const uint8_t fingerprint[32], bool *known);
void ctl_fingerprints_reset(struct ctl_fingerprints *set);

#endif
