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
    policy_schema_0001_views[], policy_schema_0001_defaults[];

/* Each version's scripts, in order; a row is never edited once released. */
#define SCRIPTS 4
static const char *const versions[][SCRIPTS] = {
	{ policy_schema_0001_tables, policy_schema_0001_triggers, policy_schema_0001_views,
	    policy_schema_0001_defaults },
};
#define NEWEST ((int64_t)(sizeof versions / sizeof *versions))

static enum smime_status
upgrade(struct policy_db *db, int64_t from, struct smime_diag *diag)
{
	char sql[64];

	for (int64_t v = from; v < NEWEST; v++)
		for (size_t i = 0; i < SCRIPTS; i++)
			SMIME_TRY(policy_db_script(db, versions[v][i], diag));
	(void)snprintf(sql, sizeof sql, "PRAGMA user_version = %lld", (long long)NEWEST);
	SMIME_TRY(policy_db_script(db, sql, diag));
	return policy_db_script(db, "PRAGMA application_id = " APPLICATION_ID, diag);
}

static enum smime_status
migrate(struct policy_db *db, struct smime_diag *diag)
{
	enum smime_status status;
	int64_t version = 0;

	SMIME_TRY(policy_db_run(db, POLICY_SQL_BEGIN_WRITE, diag));
	/* Somebody else may have done it while we waited for the lock. */
	status = policy_db_number(db, "PRAGMA user_version", &version, diag);
	if (status == SMIME_OK)
		status = upgrade(db, version, diag);
	if (status == SMIME_OK)
		return policy_db_run(db, POLICY_SQL_COMMIT, diag);
	/* The first reason is the one to tell. */
	if (policy_db_run(db, POLICY_SQL_ROLLBACK, NULL) != SMIME_OK)
		return status;
	return status;
}

static enum smime_status
check_schema(
    struct policy_db *db, const char *path, enum policy_db_mode mode, struct smime_diag *diag)
{
	int64_t id = 0, version = 0;

	SMIME_TRY(policy_db_number(db, "PRAGMA application_id", &id, diag));
	SMIME_TRY(policy_db_number(db, "PRAGMA user_version", &version, diag));
	if (id != strtoll(APPLICATION_ID, NULL, 10) || version < 1)
		return smime_fail(diag, SMIME_E_UNSUPPORTED, "schema",
		    "%s is no policy database; make one with smimectl init", path);
	if (version > NEWEST)
		return smime_fail(diag, SMIME_E_UNSUPPORTED, "schema",
		    "%s has schema version %lld, newer than this program's %lld: install the newer "
		    "program",
		    path, (long long)version, (long long)NEWEST);
	if (version == NEWEST)
		return SMIME_OK;
	if (mode == POLICY_DB_READ)
		return smime_fail(diag, SMIME_E_UNSUPPORTED, "schema",
		    "%s has the older schema version %lld: run smimectl check to migrate it", path,
		    (long long)version);
	return migrate(db, diag);
}

enum smime_status
policy_db_open(
    const char *path, enum policy_db_mode mode, struct policy_db **out, struct smime_diag *diag)
{
	int flags = mode == POLICY_DB_READ ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
	SMIME_AUTO(policy_db) db = NULL;

	*out = NULL;
	SMIME_TRY(policy_db_connect(path, flags, &db, diag));
	SMIME_TRY(check_schema(db, path, mode, diag));
	*out = db;
	db = NULL;
	return SMIME_OK;
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
		    diag, SMIME_E_SYSTEM, "database", "%s: %s", path, strerror(errno));
	(void)close(fd);
	status = policy_db_connect(path, SQLITE_OPEN_READWRITE, &db, diag);
	/* WAL stays with the file: readers and the one writer do not wait for each other. */
	if (status == SMIME_OK)
		status = policy_db_script(db, "PRAGMA journal_mode = WAL", diag);
	if (status == SMIME_OK)
		status = migrate(db, diag);
	if (status != SMIME_OK)
		(void)unlink(path);
	return status;
}
