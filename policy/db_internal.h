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

/* The one number that a constant statement gives. */
SMIME_MUST_USE enum smime_status policy_db_number(
    struct policy_db *db, const char *sql, int64_t *out, struct smime_diag *diag);

#endif
