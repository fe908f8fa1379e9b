/*
 * policy/harvest.h - keys out of signed mail, and stamps on keys that were used: found out while a
 * message is processed, written after it was answered.  DESIGN section 6.
 */
#ifndef POLICY_HARVEST_H
#define POLICY_HARVEST_H

#include "smime/cert.h"
#include "smime/open.h"

struct policy_flow; /* policy/snapshot.h */

/* A signer's certificate, for the From address of what it signed. */
struct policy_harvest {
	char *address; /* lower case */
	struct smime_cert *cert;
	bool verified; /* else it becomes 'untrusted', unusable until approved */
	bool updates;  /* replaces the active key of that address; else it becomes a 'candidate' */
	struct smime_caps caps; /* that the message announced; of no use unless verified */
	int64_t signed_at;      /* signingTime, never later than now */
};

/* What is to be written for one message. */
struct policy_after {
	struct policy_harvest *harvest;
	size_t harvest_count;
	struct smime_certs used; /* encrypted to, harvested or not */
	char *source;            /* queue id */
	int64_t now;
};

void policy_after_reset(struct policy_after *after);

/*
 * What the flow policy lets be harvested from an opened message: certificates of signers that cover
 * From and can be encrypted to, neither expired nor self-signed; from layers that failed only when
 * it says so. Appended to after. SMIME_E_SYSTEM only.
 */
SMIME_MUST_USE enum smime_status policy_harvest_collect(const struct policy_flow *flow,
    const struct smime_opened *opened, const char *from, struct policy_after *after);

/* Writes in a thread of its own, on a connection of its own; never holds up a message. */
struct policy_harvester;

/* Something for the log; alert: somebody should look at it. */
typedef void policy_tell(void *arg, bool alert, const char *text);

/* SMIME_E_SYSTEM: no thread, or the database cannot be opened. */
SMIME_MUST_USE enum smime_status policy_harvester_new(const char *path, policy_tell *tell,
    void *arg, struct policy_harvester **out, struct smime_diag *diag);

/* Takes *after over and empties it. capacity: octets of certificates that the cache may hold. When
 * too much waits it is told and forgotten. */
void policy_harvester_push(
    struct policy_harvester *harvester, uint64_t capacity, struct policy_after *after);

/* What waits is written first. */
void policy_harvester_free(struct policy_harvester **harvester);

#endif
