/* policy/expiry.h - certificates that expire: own ones, other parties', CAs. */
#ifndef POLICY_EXPIRY_H
#define POLICY_EXPIRY_H

#include "policy/db.h"
#include "policy/harvest.h"

#define POLICY_EXPIRY_SOON (30 * (int64_t)86400) /* seconds: what is worth telling */

/* A certificate's row. */
struct policy_expiring {
	const char *table, *row; /* borrowed from the call */
	int64_t expires;         /* seconds since 1970 */
};

/* Everything that expires before `before`, by table; it stops at what visit returns but SMIME_OK.
 * Rows that do not parse are left out. SMIME_E_SYSTEM: the database. */
SMIME_MUST_USE enum smime_status policy_expiry_each(struct policy_db *db, int64_t before,
    enum smime_status (*visit)(const struct policy_expiring *e, void *arg), void *arg,
    struct smime_diag *diag);

/* One sentence: `public_key "x" expires in 6 days (2026-12-01)`, or has expired; appended,
 * NUL-terminated. */
SMIME_MUST_USE enum smime_status policy_expiry_text(
    const struct policy_expiring *e, int64_t now, struct smime_buf *out);

/* Note what SQL cannot read out of a row's certificate, for the views: when it expires, and the
 * names of a public key. SMIME_E_SYSTEM. */
SMIME_MUST_USE enum smime_status policy_expiry_note(struct policy_db *db, const char *table,
    const char *row, const struct smime_cert *cert, struct smime_diag *diag);

/* That of every row that was written by hand. SMIME_E_SYSTEM: also when it may only read. */
SMIME_MUST_USE enum smime_status policy_expiry_note_new(
    struct policy_db *db, struct smime_diag *diag);

/*
 * What a daemon does now and then: note when new certificates expire (for the view `expiring`), and
 * tell those that will within 30 days or did since yesterday, each once a day, whatever restarts.
 * An alert when it is an own certificate or within 7 days. SMIME_E_SYSTEM: the database.
 */
SMIME_MUST_USE enum smime_status policy_expiry_round(
    struct policy_db *db, int64_t now, policy_tell *tell, void *arg, struct smime_diag *diag);

/* The same every hour, in a thread of its own, on a connection of its own. */
struct policy_expiry_watch;
SMIME_MUST_USE enum smime_status policy_expiry_watch_new(
    const char *path, policy_tell *tell, void *arg, struct policy_expiry_watch **out);
void policy_expiry_watch_free(struct policy_expiry_watch **watch);

#endif
