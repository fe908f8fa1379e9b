/* db.c - a connection to the policy database: opening, prepared statements, rows.  R-DB.
 * Whoever can write the file can write the schema, too: nothing in it is trusted to run functions
 * with side effects, and a damaged file is noticed rather than believed. */
#include "policy/db.h"
#include "db_internal.h"
#include "sql.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PATIENCE_MS 5000

struct policy_db {
	sqlite3 *handle;
	sqlite3_stmt *prepared[POLICY_SQL_COUNT];
};

struct policy_stmt {
	struct policy_db *db;
	sqlite3_stmt *handle;
};

/* SQLite's answer as a status: what a CHECK or trigger refused is the caller's fault. */
static enum smime_status
failed(struct policy_db *db, int rc, struct smime_diag *diag)
{
	const char *text = db->handle ? sqlite3_errmsg(db->handle) : sqlite3_errstr(rc);
	const char *check = "CHECK constraint failed: ";

	if (strncmp(text, check, strlen(check)) == 0)
		text += strlen(check);
	if (rc == SQLITE_CONSTRAINT_UNIQUE || rc == SQLITE_CONSTRAINT_PRIMARYKEY)
		return smime_fail(diag, SMIME_E_SYNTAX, "exists",
		    "there is such a row already (%s): choose another name, or delete that one "
		    "first",
		    strchr(text, ':') ? strchr(text, ':') + 2 : text);
	if ((rc & 0xff) == SQLITE_CONSTRAINT)
		return smime_fail(diag, SMIME_E_SYNTAX, "refused", "%s", text);
	return smime_fail(diag, SMIME_E_SYSTEM, "database", "policy database: %s", text);
}

static enum smime_status
harden(struct policy_db *db, struct smime_diag *diag)
{
	static const char pragmas[] = "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;"
				      "PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL;";
	int rc;

	(void)sqlite3_busy_timeout(db->handle, PATIENCE_MS);
	(void)sqlite3_extended_result_codes(db->handle, 1);
	(void)sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	rc = sqlite3_exec(db->handle, pragmas, NULL, NULL, NULL);
	return rc == SQLITE_OK ? SMIME_OK : failed(db, rc, diag);
}

enum smime_status
policy_db_connect(const char *path, int flags, struct policy_db **out, struct smime_diag *diag)
{
	SMIME_AUTO(policy_db) db = calloc(1, sizeof *db);
	int rc;

	*out = NULL;
	if (!db)
		return SMIME_E_SYSTEM;
	rc = sqlite3_open_v2(path, &db->handle, flags | SQLITE_OPEN_NOMUTEX, NULL);
	if (rc == SQLITE_CANTOPEN && access(path, F_OK) != 0)
		return smime_fail(diag, SMIME_E_SYSTEM, "database",
		    "policy database %s: %s; make one with smimectl init", path,
		    strerrordesc_np(errno));
	if (rc != SQLITE_OK)
		return smime_fail(diag, SMIME_E_SYSTEM, "database", "policy database %s: %s", path,
		    db->handle ? sqlite3_errmsg(db->handle) : sqlite3_errstr(rc));
	SMIME_TRY(harden(db, diag));
	*out = db;
	db = NULL;
	return SMIME_OK;
}

void
policy_db_free(struct policy_db **db)
{
	struct policy_db *d = *db;

	*db = NULL;
	if (!d)
		return;
	for (size_t i = 0; i < POLICY_SQL_COUNT; i++)
		(void)sqlite3_finalize(d->prepared[i]);
	(void)sqlite3_close(d->handle);
	free(d);
}

enum smime_status
policy_db_copy(struct policy_db *from, struct policy_db *to, struct smime_diag *diag)
{
	sqlite3_backup *backup = sqlite3_backup_init(to->handle, "main", from->handle, "main");
	int rc;

	if (!backup)
		return failed(to, sqlite3_errcode(to->handle), diag);
	(void)sqlite3_backup_step(backup, -1);
	rc = sqlite3_backup_finish(backup);
	return rc == SQLITE_OK ? SMIME_OK : failed(to, rc, diag);
}

enum smime_status
policy_db_script(struct policy_db *db, const char *sql, struct smime_diag *diag)
{
	int rc = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? SMIME_OK : failed(db, rc, diag);
}

static int
note_statement(void *written, int count, char **column, char **name)
{
	(void)name;
	return count == 1 && smime_buf_appendf(written, "%s;\n", column[0]) == SMIME_OK ? 0 : 1;
}

enum smime_status
policy_db_script_written(struct policy_db *db, const char *sql, struct smime_diag *diag)
{
	SMIME_AUTO_BUF written = { 0 };
	int rc = sqlite3_exec(db->handle, sql, note_statement, &written, NULL);

	if (rc != SQLITE_OK)
		return failed(db, rc, diag);
	SMIME_TRY(smime_buf_terminate(&written));
	return policy_db_script(db, (const char *)written.data, diag);
}

enum smime_status
policy_db_number(struct policy_db *db, const char *sql, int64_t *out, struct smime_diag *diag)
{
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(db->handle, sql, -1, &stmt, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW)
		*out = sqlite3_column_int64(stmt, 0);
	(void)sqlite3_finalize(stmt);
	return rc == SQLITE_ROW ? SMIME_OK : failed(db, rc, diag);
}

enum smime_status
policy_stmt_take(
    struct policy_db *db, enum policy_sql sql, struct policy_stmt **out, struct smime_diag *diag)
{
	struct policy_stmt *stmt;
	int rc = SQLITE_OK;

	*out = NULL;
	if (!db->prepared[sql])
		rc = sqlite3_prepare_v3(db->handle, policy_sql_text[sql], -1,
		    SQLITE_PREPARE_PERSISTENT, &db->prepared[sql], NULL);
	if (rc != SQLITE_OK)
		return failed(db, rc, diag);
	stmt = calloc(1, sizeof *stmt);
	if (!stmt)
		return SMIME_E_SYSTEM;
	stmt->db = db;
	stmt->handle = db->prepared[sql];
	*out = stmt;
	return SMIME_OK;
}

void
policy_stmt_free(struct policy_stmt **stmt)
{
	if (*stmt) {
		(void)sqlite3_reset((*stmt)->handle);
		(void)sqlite3_clear_bindings((*stmt)->handle);
	}
	free(*stmt);
	*stmt = NULL;
}

enum smime_status
policy_bind_text(struct policy_stmt *stmt, int n, const char *text)
{
	int rc = text ? sqlite3_bind_text(stmt->handle, n, text, -1, SQLITE_TRANSIENT)
		      : sqlite3_bind_null(stmt->handle, n);

	return rc == SQLITE_OK ? SMIME_OK : SMIME_E_SYSTEM;
}

enum smime_status
policy_bind_blob(struct policy_stmt *stmt, int n, struct smime_bytes octets)
{
	return sqlite3_bind_blob64(stmt->handle, n, octets.data, octets.len, SQLITE_TRANSIENT) ==
		       SQLITE_OK
		   ? SMIME_OK
		   : SMIME_E_SYSTEM;
}

enum smime_status
policy_bind_int(struct policy_stmt *stmt, int n, int64_t value)
{
	return sqlite3_bind_int64(stmt->handle, n, value) == SQLITE_OK ? SMIME_OK : SMIME_E_SYSTEM;
}

enum smime_status
policy_step(struct policy_stmt *stmt, bool *row, struct smime_diag *diag)
{
	int rc = sqlite3_step(stmt->handle);

	*row = rc == SQLITE_ROW;
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? SMIME_OK : failed(stmt->db, rc, diag);
}

const char *
policy_column_text(struct policy_stmt *stmt, int n)
{
	const unsigned char *text = sqlite3_column_text(stmt->handle, n);

	return text ? (const char *)text : "";
}

struct smime_bytes
policy_column_bytes(struct policy_stmt *stmt, int n)
{
	const char *text = policy_column_text(stmt, n);

	return smime_bytes(text, (size_t)sqlite3_column_bytes(stmt->handle, n));
}

int64_t
policy_column_int(struct policy_stmt *stmt, int n)
{
	return sqlite3_column_int64(stmt->handle, n);
}

bool
policy_column_null(struct policy_stmt *stmt, int n)
{
	return sqlite3_column_type(stmt->handle, n) == SQLITE_NULL;
}

enum smime_status
policy_db_run(struct policy_db *db, enum policy_sql sql, struct smime_diag *diag)
{
	SMIME_AUTO(policy_stmt) stmt = NULL;
	bool row;

	SMIME_TRY(policy_stmt_take(db, sql, &stmt, diag));
	return policy_step(stmt, &row, diag);
}

static enum smime_status
read_number(struct policy_db *db, enum policy_sql sql, int64_t *out, struct smime_diag *diag)
{
	SMIME_AUTO(policy_stmt) stmt = NULL;
	bool row;

	SMIME_TRY(policy_stmt_take(db, sql, &stmt, diag));
	SMIME_TRY(policy_step(stmt, &row, diag));
	*out = policy_column_int(stmt, 0);
	return SMIME_OK;
}

enum smime_status
policy_db_version(struct policy_db *db, int64_t *out, struct smime_diag *diag)
{
	return read_number(db, POLICY_SQL_DATA_VERSION, out, diag);
}

enum smime_status
policy_db_last_change(struct policy_db *db, int64_t *out, struct smime_diag *diag)
{
	return read_number(db, POLICY_SQL_LAST_CHANGE, out, diag);
}

int64_t
policy_db_changes(struct policy_db *db)
{
	return sqlite3_changes64(db->handle);
}
