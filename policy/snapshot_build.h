/* snapshot_build.h - what the parts of a snapshot's compilation share. */
#ifndef POLICY_SNAPSHOT_BUILD_H
#define POLICY_SNAPSHOT_BUILD_H

#include "array.h"
#include "policy/db.h"
#include "policy/snapshot.h"

struct policy_build {
	struct policy_db *db;
	const char *passphrase;                 /* NULL: none */
	struct policy_harvested *harvested;     /* for the keystore; NULL: none */
	const struct policy_snapshot *previous; /* NULL: none */
	struct policy_snapshot *snapshot;       /* in the making */
	struct smime_diag *diag;
};

/* One row, and what it belongs to. Fails with SMIME_E_SYSTEM only; what is wrong with the row is
 * recorded by policy_problem_add(). */
typedef enum smime_status policy_visit(
    struct policy_build *build, struct policy_stmt *row, void *arg);

/* Calls visit for every row. key: the statement's only parameter; NULL when it has none. */
SMIME_MUST_USE enum smime_status policy_each_row(struct policy_build *build, enum policy_sql sql,
    const char *key, policy_visit *visit, void *arg);

/* Record what is wrong with a row. */
SMIME_MUST_USE enum smime_status policy_problem_add(
    struct policy_build *build, const char *table, const char *row, bool fatal, const char *reason);

/* What a call on a row's content ended with: a fatal problem of that row, unless it is
 * SMIME_E_SYSTEM, which it returns. */
SMIME_MUST_USE enum smime_status policy_problem_of(struct policy_build *build, const char *table,
    const char *row, enum smime_status status, const struct smime_diag *diag);

SMIME_MUST_USE enum smime_status policy_build_settings(struct policy_build *build);
SMIME_MUST_USE enum smime_status policy_build_flows(struct policy_build *build);
SMIME_MUST_USE enum smime_status policy_build_keys(struct policy_build *build);
SMIME_MUST_USE enum smime_status policy_build_profiles(struct policy_build *build);
SMIME_MUST_USE enum smime_status policy_build_dictionaries(struct policy_build *build);
SMIME_MUST_USE enum smime_status policy_build_filters(struct policy_build *build);
SMIME_MUST_USE enum smime_status policy_build_mail_policies(struct policy_build *build);

void policy_filter_free(struct policy_filter **filter); /* gives a reference back */

#endif
