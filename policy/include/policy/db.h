/*
 * policy/db.h - one connection to the policy database.  SQLite; schema/README.md.
 *
 * A connection belongs to one thread at a time. SQL texts stand in policy/sql.c and nowhere else.
 */
#ifndef POLICY_DB_H
#define POLICY_DB_H

#include "smime/bytes.h"
#include "smime/status.h"
#include <stdbool.h>
#include <stdint.h>

struct policy_db;

enum policy_db_mode {
	POLICY_DB_READ,  /* SELECT only */
	POLICY_DB_WRITE, /* the file must exist */
};

/*
 * Open an existing database: WAL, synchronous FULL, foreign keys, 5 seconds of patience with locks,
 * defensive. An older schema is migrated in one transaction (WRITE), or a copy of it in memory is
 * (READ: later edits are not seen); a newer one is refused.
 *
 * SMIME_E_SYSTEM: missing, unreadable, locked, corrupt; SMIME_E_UNSUPPORTED: no database of ours,
 * or newer.
 */
SMIME_MUST_USE enum smime_status policy_db_open(
    const char *path, enum policy_db_mode mode, struct policy_db **out, struct smime_diag *diag);
void policy_db_free(struct policy_db **db);

/* Make a new database (mode 0640) with the schema and its defaults. SMIME_E_SYNTAX when it exists.
 */
SMIME_MUST_USE enum smime_status policy_db_init(const char *path, struct smime_diag *diag);

/* Migrate an older schema, so that readers see the database itself and not a copy. */
SMIME_MUST_USE enum smime_status policy_db_migrate(const char *path, struct smime_diag *diag);

/* PRAGMA data_version: changes when another connection changed the database. */
SMIME_MUST_USE enum smime_status policy_db_version(
    struct policy_db *db, int64_t *out, struct smime_diag *diag);

/* The last id of change_log: changes with every edit of a policy table, and with nothing else. */
SMIME_MUST_USE enum smime_status policy_db_last_change(
    struct policy_db *db, int64_t *out, struct smime_diag *diag);

/* ---- statements ---- */

enum policy_sql {
	POLICY_SQL_BEGIN_READ,
	POLICY_SQL_BEGIN_WRITE,
	POLICY_SQL_COMMIT,
	POLICY_SQL_ROLLBACK,
	POLICY_SQL_DATA_VERSION,
	POLICY_SQL_SETTINGS,
	POLICY_SQL_CERTIFICATES,
	POLICY_SQL_PUBLIC_KEYS,
	POLICY_SQL_TRUST_ANCHORS,
	POLICY_SQL_REVOCATION_LISTS,
	POLICY_SQL_PROFILES,
	POLICY_SQL_FLOWS,
	POLICY_SQL_GROUPS,
	POLICY_SQL_GROUP_MEMBERS,
	POLICY_SQL_DICTIONARIES,
	POLICY_SQL_DICTIONARY_TERMS,
	POLICY_SQL_MESSAGE_FILTERS,
	POLICY_SQL_CONTENT_FILTERS,
	POLICY_SQL_FILTER_ACTIONS,
	POLICY_SQL_MAIL_POLICIES,
	POLICY_SQL_MAIL_POLICY_MEMBERS,
	POLICY_SQL_MAIL_POLICY_FILTERS,
	POLICY_SQL_HARVESTED_ACTIVE,
	POLICY_SQL_HARVESTED_CAPABILITIES,
	POLICY_SQL_HARVESTED_ANNOUNCE,
	POLICY_SQL_HARVESTED_KNOWN,
	POLICY_SQL_HARVESTED_COUNT_ADDRESS,
	POLICY_SQL_HARVESTED_COUNT_DOMAIN,
	POLICY_SQL_HARVEST_ALERT,
	POLICY_SQL_HARVEST_ALERT_EXPIRE,
	POLICY_SQL_HARVESTED_OTHERS,
	POLICY_SQL_HARVESTED_SUPERSEDE,
	POLICY_SQL_HARVESTED_ADD,
	POLICY_SQL_HARVESTED_NEW_FOR_ADDRESS,
	POLICY_SQL_HARVESTED_NEW_FOR_DOMAIN,
	POLICY_SQL_HARVESTED_SIZE,
	POLICY_SQL_HARVESTED_EVICT,
	POLICY_SQL_HARVESTED_STAMP,
	POLICY_SQL_HARVESTED_LIST,
	POLICY_SQL_HARVESTED_GET,
	POLICY_SQL_HARVESTED_ROWS,
	POLICY_SQL_HARVESTED_APPROVE,
	POLICY_SQL_HARVESTED_LOG,
	POLICY_SQL_HARVESTED_DELETE,
	POLICY_SQL_CERTIFICATE_ADD,
	POLICY_SQL_CERTIFICATE_KEEP,
	POLICY_SQL_CERTIFICATE_RENEW,
	POLICY_SQL_CERTIFICATE_GET,
	POLICY_SQL_CERTIFICATE_DELETE,
	POLICY_SQL_PUBLIC_KEY_ADD,
	POLICY_SQL_PUBLIC_KEY_GET,
	POLICY_SQL_PUBLIC_KEY_DELETE,
	POLICY_SQL_PROFILE_LIST,
	POLICY_SQL_PROFILE_EXPORT,
	POLICY_SQL_PROFILE_WRONG,
	POLICY_SQL_PROFILE_THERE,
	POLICY_SQL_PROFILE_IMPORT,
	POLICY_SQL_PROFILE_REPLACE,
	POLICY_SQL_TRUST_ADD,
	POLICY_SQL_TRUST_LIST,
	POLICY_SQL_TRUST_DELETE,
	POLICY_SQL_CRL_ADD,
	POLICY_SQL_CRL_GET,
	POLICY_SQL_CRL_DELETE,
	POLICY_SQL_PUBLIC_KEY_NAME,
	POLICY_SQL_FILTER_PUT,
	POLICY_SQL_FILTER_DELETE_ALL,
	POLICY_SQL_PROFILE_NAMES,
	POLICY_SQL_DICTIONARY_NAMES,
	POLICY_SQL_SENDER_GROUP_NAMES,
	POLICY_SQL_EXPIRY_LIST,
	POLICY_SQL_EXPIRY_UNKNOWN,
	POLICY_SQL_EXPIRY_NOTE,
	POLICY_SQL_EXPIRY_HARVESTED,
	POLICY_SQL_EXPIRY_FORGET,
	POLICY_SQL_EXPIRY_DUE,
	POLICY_SQL_EXPIRY_TOLD,
	POLICY_SQL_JOURNAL_FIND,
	POLICY_SQL_JOURNAL_KNOWS,
	POLICY_SQL_JOURNAL_BEGIN,
	POLICY_SQL_JOURNAL_SENT,
	POLICY_SQL_JOURNAL_FORGET,
	POLICY_SQL_JOURNAL_EXPIRE,
	POLICY_SQL_SEEN_SECRET,
	POLICY_SQL_SEEN_FIND,
	POLICY_SQL_SEEN_ADD,
	POLICY_SQL_SEEN_EXPIRE,
	POLICY_SQL_SIGN_CHANGES,
	POLICY_SQL_LAST_CHANGE,
	POLICY_SQL_COUNT,
};

struct policy_stmt;

/* A prepared statement, ready to bind; policy_stmt_free gives it back. */
SMIME_MUST_USE enum smime_status policy_stmt_take(
    struct policy_db *db, enum policy_sql sql, struct policy_stmt **out, struct smime_diag *diag);
void policy_stmt_free(struct policy_stmt **stmt);

/* Parameters count from 1. text is copied; NULL binds NULL. */
SMIME_MUST_USE enum smime_status policy_bind_text(
    struct policy_stmt *stmt, int n, const char *text);
SMIME_MUST_USE enum smime_status policy_bind_blob(
    struct policy_stmt *stmt, int n, struct smime_bytes octets); /* copied */
SMIME_MUST_USE enum smime_status policy_bind_int(struct policy_stmt *stmt, int n, int64_t value);

/* One row more? SMIME_E_SYNTAX: a CHECK or trigger refused, with its sentence. */
SMIME_MUST_USE enum smime_status policy_step(
    struct policy_stmt *stmt, bool *row, struct smime_diag *diag);

/* Columns count from 0; valid until the next step. NULL columns read as "" and 0. */
const char *policy_column_text(struct policy_stmt *stmt, int n);
struct smime_bytes policy_column_bytes(struct policy_stmt *stmt, int n);
int64_t policy_column_int(struct policy_stmt *stmt, int n);
bool policy_column_null(struct policy_stmt *stmt, int n);

/* A statement without parameters and rows. */
SMIME_MUST_USE enum smime_status policy_db_run(
    struct policy_db *db, enum policy_sql sql, struct smime_diag *diag);

/* Rows that the last statement changed. */
int64_t policy_db_changes(struct policy_db *db);

#endif
