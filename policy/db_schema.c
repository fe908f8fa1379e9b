/* db_schema.c - the schema's life: a new database, migration forward in one transaction, refusal of
 * newer ones.  The SQL is embedded from schema/ at build time. */
#include "db_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define APPLICATION_ID "1397573965" /* "SMIM" as octets: file(1) can tell */

extern const char policy_schema_0001_tables[], policy_schema_0001_triggers[],
    policy_schema_0001_change_log[], policy_schema_0001_views[], policy_schema_0001_defaults[];

/* Each version's scripts, in order; a row is never edited once released. */
static const struct policy_schema_step steps[] = {
	{ { policy_schema_0001_tables, policy_schema_0001_triggers, policy_schema_0001_change_log,
	    policy_schema_0001_views, policy_schema_0001_defaults } },
};
static const struct policy_schema the_schema = { steps, sizeof steps / sizeof *steps };

static enum smime_status
upgrade(
    struct policy_db *db, const struct policy_schema *schema, int64_t from, struct smime_diag *diag)
{
	char sql[64];

	for (int64_t v = from; v < schema->newest; v++)
		for (size_t i = 0; i < POLICY_SCHEMA_SCRIPTS && schema->steps[v].script[i]; i++)
			SMIME_TRY(policy_db_script_written(db, schema->steps[v].script[i], diag));
	(void)snprintf(sql, sizeof sql, "PRAGMA user_version = %lld", (long long)schema->newest);
	SMIME_TRY(policy_db_script(db, sql, diag));
	return policy_db_script(db, "PRAGMA application_id = " APPLICATION_ID, diag);
}

/* A script that makes a table anew must not take along the rows that refer to it, so that foreign
 * keys rest meanwhile; in the end they hold again, or nothing is kept. */
static enum smime_status
check_references(struct policy_db *db, struct smime_diag *diag)
{
	int64_t broken = 0;

	SMIME_TRY(
	    policy_db_number(db, "SELECT count(*) FROM pragma_foreign_key_check", &broken, diag));
	return broken == 0 ? SMIME_OK
			   : smime_fail(diag, SMIME_E_UNSUPPORTED, "schema",
				 "the new schema leaves %lld rows that refer to nothing",
				 (long long)broken);
}

static enum smime_status
upgrade_in_transaction(
    struct policy_db *db, const struct policy_schema *schema, struct smime_diag *diag)
{
	enum smime_status status;
	int64_t version = 0;

	SMIME_TRY(policy_db_run(db, POLICY_SQL_BEGIN_WRITE, diag));
	/* Somebody else may have done it while we waited for the lock. */
	status = policy_db_number(db, "PRAGMA user_version", &version, diag);
	if (status == SMIME_OK && version < schema->newest)
		status = upgrade(db, schema, version, diag);
	if (status == SMIME_OK)
		status = check_references(db, diag);
	if (status == SMIME_OK)
		return policy_db_run(db, POLICY_SQL_COMMIT, diag);
	/* The first reason is the one to tell. */
	(void)!policy_db_run(db, POLICY_SQL_ROLLBACK, NULL);
	return status;
}

static enum smime_status
migrate(struct policy_db *db, const struct policy_schema *schema, struct smime_diag *diag)
{
	/* Has no effect inside a transaction. */
	SMIME_TRY(policy_db_script(db, "PRAGMA foreign_keys = OFF", diag));
	SMIME_TRY(upgrade_in_transaction(db, schema, diag));
	return policy_db_script(db, "PRAGMA foreign_keys = ON", diag);
}

/* Who may not write sees an older database as it will be: a copy in memory is migrated. */
static enum smime_status
migrate_copy(struct policy_db **db, const struct policy_schema *schema, struct smime_diag *diag)
{
	SMIME_AUTO(policy_db) copy = NULL;

	SMIME_TRY(
	    policy_db_connect(":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY, &copy, diag));
	SMIME_TRY(policy_db_copy(*db, copy, diag));
	SMIME_TRY(migrate(copy, schema, diag));
	policy_db_free(db);
	*db = copy;
	copy = NULL;
	return SMIME_OK;
}

static enum smime_status
check_schema(struct policy_db *db, const char *path, const struct policy_schema *schema,
    int64_t *version, struct smime_diag *diag)
{
	int64_t id = 0;

	SMIME_TRY(policy_db_number(db, "PRAGMA application_id", &id, diag));
	SMIME_TRY(policy_db_number(db, "PRAGMA user_version", version, diag));
	if (id != strtoll(APPLICATION_ID, NULL, 10) || *version < 1)
		return smime_fail(diag, SMIME_E_UNSUPPORTED, "schema",
		    "%s is no policy database; make one with smimectl init", path);
	if (*version > schema->newest)
		return smime_fail(diag, SMIME_E_UNSUPPORTED, "schema",
		    "%s has schema version %lld, newer than this program's %lld: install the newer "
		    "program",
		    path, (long long)*version, (long long)schema->newest);
	return SMIME_OK;
}

enum smime_status
policy_db_open_as(const char *path, enum policy_db_mode mode, const struct policy_schema *schema,
    struct policy_db **out, struct smime_diag *diag)
{
	int flags = mode == POLICY_DB_READ ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
	SMIME_AUTO(policy_db) db = NULL;
	int64_t version = 0;

	*out = NULL;
	SMIME_TRY(policy_db_connect(path, flags, &db, diag));
	SMIME_TRY(check_schema(db, path, schema, &version, diag));
	if (version < schema->newest)
		SMIME_TRY(mode == POLICY_DB_READ ? migrate_copy(&db, schema, diag)
						 : migrate(db, schema, diag));
	*out = db;
	db = NULL;
	return SMIME_OK;
}

enum smime_status
policy_db_open(
    const char *path, enum policy_db_mode mode, struct policy_db **out, struct smime_diag *diag)
{
	return policy_db_open_as(path, mode, &the_schema, out, diag);
}

enum smime_status
policy_db_migrate(const char *path, struct smime_diag *diag)
{
	SMIME_AUTO(policy_db) db = NULL;

	return policy_db_open(path, POLICY_DB_WRITE, &db, diag);
}

enum smime_status
policy_db_init(const char *path, struct smime_diag *diag)
{
	SMIME_AUTO(policy_db) db = NULL;
	enum smime_status status;
	int fd = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0640);

	if (fd < 0 && errno == EEXIST)
		return smime_fail(diag, SMIME_E_SYNTAX, "exists",
		    "%s is there already and is left as it is", path);
	if (fd < 0)
		return smime_fail(
		    diag, SMIME_E_SYSTEM, "database", "%s: %s", path, strerrordesc_np(errno));
	(void)close(fd);
	status = policy_db_connect(path, SQLITE_OPEN_READWRITE, &db, diag);
	/* WAL stays with the file: readers and the one writer do not wait for each other. */
	if (status == SMIME_OK)
		status = policy_db_script(db, "PRAGMA journal_mode = WAL", diag);
	if (status == SMIME_OK)
		status = migrate(db, &the_schema, diag);
	if (status != SMIME_OK)
		(void)unlink(path);
	return status;
}
