/*
 * policy/harvest.h - keys out of signed mail, stamps on keys that were used, and wrapped keys that
 * were seen: found out while a message is processed, written after it was answered.  DESIGN section
 * 6.
 */
#ifndef POLICY_HARVEST_H
#define POLICY_HARVEST_H

#include "smime/cert.h"
#include "smime/open.h"
#include "smime/replay.h"

struct policy_flow; /* policy/snapshot.h */

/* A signer's certificate, for the From address of what it signed. */
struct policy_harvest {
	char *address; /* smime_mailbox_fold() */
	struct smime_cert *cert;
	bool verified; /* else it becomes 'untrusted', unusable until approved */
	bool updates;  /* replaces the active key of that address; else it becomes a 'candidate' */
	struct smime_caps caps; /* that the message announced; of no use unless verified */
	int64_t signed_at;      /* signingTime, never later than now */
};

/* One ciphertext: who reads it, and what it was encrypted to, harvested or not. */
struct policy_use {
	char **addresses; /* smime_mailbox_fold() */
	size_t address_count;
	struct smime_certs certs;
};

/* A wrapped key and what came with it (policy/seen.h). */
struct policy_seen {
	uint8_t id[SMIME_REPLAY_SIZE]; /* smime_replay_id() */
	uint8_t content[SMIME_REPLAY_SIZE];
};

/* What the cache may take, and let replace what it has. */
struct policy_harvest_limits {
	uint64_t capacity;               /* octets */
	int64_t per_address, per_domain; /* new keys in a day; 0: no limit */
	bool pin;                        /* only a renewal replaces a key */
};

/* What is to be written for one message. */
struct policy_after {
	struct policy_harvest *harvest;
	size_t harvest_count;
	struct policy_use *uses;
	size_t use_count;
	struct policy_seen *seen;
	size_t seen_count;
	struct policy_harvest_limits limits;
	char *source; /* queue id */
	int64_t now;
};

void policy_after_reset(struct policy_after *after);

/* Of a message that is not delivered, only that its wrapped keys came is to be written: a verdict
 * must not depend on what became of an earlier message. */
void policy_after_not_delivered(struct policy_after *after);

/* One use more, of these certificates, without readers; then its readers. SMIME_E_SYSTEM only. */
SMIME_MUST_USE enum smime_status policy_after_use(
    struct policy_after *after, const struct smime_certs *certs);
SMIME_MUST_USE enum smime_status policy_after_reader(
    struct policy_after *after, const char *address);

/*
 * What the flow policy lets be harvested from an opened message: certificates of signers that cover
 * From and can be encrypted to now; from layers that failed only when it says so, and self-signed
 * ones only from such. Appended to after. SMIME_E_SYSTEM only.
 */
SMIME_MUST_USE enum smime_status policy_harvest_collect(const struct policy_flow *flow,
    const struct smime_opened *opened, const char *from, struct policy_after *after);

/* Writes in a thread of its own, on a connection of its own; never holds up a message. */
struct policy_harvester;

/* Something for the log, in the database by now; alert: somebody should look at it. */
typedef void policy_tell(void *arg, bool alert, const char *text);

/* SMIME_E_SYSTEM: no thread, or the database cannot be opened. */
SMIME_MUST_USE enum smime_status policy_harvester_new(const char *path, policy_tell *tell,
    void *arg, struct policy_harvester **out, struct smime_diag *diag);

/* From the next message on it writes to the file that is now at path; a failure changes nothing. */
SMIME_MUST_USE enum smime_status policy_harvester_reopen(
    struct policy_harvester *harvester, const char *path, struct smime_diag *diag);

/* Takes *after over and empties it; never waits. When too much is queued it is told and forgotten.
 */
void policy_harvester_push(struct policy_harvester *harvester, struct policy_after *after);

/* What is queued is written first, up to the first failure. */
void policy_harvester_free(struct policy_harvester **harvester);

#endif
