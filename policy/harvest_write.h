/* harvest_write.h - what harvester.c's thread writes for one message. */
#ifndef POLICY_HARVEST_WRITE_H
#define POLICY_HARVEST_WRITE_H

#include "policy/db.h"
#include "policy/harvest.h"

/* Lines for policy_tell, one behind the other: '!' (alert) or ' ', the text, NUL. Told when what
 * they tell of is in the database. */
struct policy_telling {
	struct smime_buf lines;
};

void policy_telling_give(const struct policy_telling *telling, policy_tell *tell, void *arg);

/* Wrapped keys, stamps, keys, alerts, eviction; within the caller's transaction. SMIME_E_SYSTEM:
 * nothing of it shall be kept. */
SMIME_MUST_USE enum smime_status policy_harvest_write(struct policy_db *db,
    const struct policy_after *after, struct policy_telling *telling, struct smime_diag *diag);

#endif
