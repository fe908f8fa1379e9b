/* db_internal.h - what db.c gives to db_schema.c. */
#ifndef POLICY_DB_INTERNAL_H
#define POLICY_DB_INTERNAL_H

#include "policy/db.h"

/* flags: SQLITE_OPEN_*. The schema is not looked at. */
SMIME_MUST_USE enum smime_status policy_db_connect(
    const char *path, int flags, struct policy_db **out, struct smime_diag *diag);

/* Several statements of our own schema, without parameters. */
SMIME_MUST_USE enum smime_status policy_db_script(
    struct policy_db *db, const char *sql, struct smime_diag *diag);

/* The same, and then the statements that a SELECT in it writes: each row is one. */
SMIME_MUST_USE enum smime_status policy_db_script_written(
    struct policy_db *db, const char *sql, struct smime_diag *diag);

/* The one number that a constant statement gives. */
SMIME_MUST_USE enum smime_status policy_db_number(
    struct policy_db *db, const char *sql, int64_t *out, struct smime_diag *diag);

/* All of a database into an empty one. */
SMIME_MUST_USE enum smime_status policy_db_copy(
    struct policy_db *from, struct policy_db *to, struct smime_diag *diag);

/* What takes one schema version to the next, run by policy_db_script_written(); NULL ends the
 * scripts of a step early. */
#define POLICY_SCHEMA_SCRIPTS 5
struct policy_schema_step {
	const char *script[POLICY_SCHEMA_SCRIPTS];
};
struct policy_schema {
	const struct policy_schema_step *steps; /* step n leads from version n to n + 1 */
	int64_t newest;                         /* how many */
};

/* policy_db_open() with another schema than the built-in one. */
SMIME_MUST_USE enum smime_status policy_db_open_as(const char *path, enum policy_db_mode mode,
    const struct policy_schema *schema, struct policy_db **out, struct smime_diag *diag);

#endif
