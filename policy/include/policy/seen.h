/*
 * policy/seen.h - which wrapped keys came with which content in the last 90 days.  R-DEC-REPLAY.
 *
 * Asked before a message is decrypted; written, like harvested keys, after it was answered. Until
 * then, and should writing fail, the last ones are remembered here.
 */
#ifndef POLICY_SEEN_H
#define POLICY_SEEN_H

#include "policy/db.h"
#include "policy/harvest.h"

#define POLICY_SEEN_SPAN   (90 * (int64_t)86400)
#define POLICY_SEEN_RECENT 4096 /* remembered here */

struct policy_seen_keys; /* one connection, one lock; shared by all threads */

/* SMIME_E_SYSTEM: the database cannot be read. */
SMIME_MUST_USE enum smime_status policy_seen_keys_open(
    const char *path, struct policy_seen_keys **out, struct smime_diag *diag);
/* The database of that name has become another file. After a failure the old one is still asked. */
SMIME_MUST_USE enum smime_status policy_seen_keys_reopen(
    struct policy_seen_keys *seen, const char *path, struct smime_diag *diag);
void policy_seen_keys_free(struct policy_seen_keys **seen);

/* One message's questions. Zero but for its fields; valid as long as what it refers to. */
struct policy_seen_asking {
	struct smime_replay base;
	struct policy_seen_keys *seen;
	int64_t now;
	struct policy_after *after; /* what is new is appended; NULL: nothing shall be remembered */
};

/* What lib/ asks. */
struct smime_replay *policy_seen_ask(struct policy_seen_asking *asking);

/* Write what after has seen, and forget what is too old; within the caller's transaction. */
SMIME_MUST_USE enum smime_status policy_seen_write(
    struct policy_db *db, const struct policy_after *after, struct smime_diag *diag);

#endif
