/* support_db.c - a policy database for tests. */
#include "support_db.h"

#include "support.h"
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char dir[32];
static char path[64];

void
db_make(void)
{
	(void)snprintf(dir, sizeof dir, "/tmp/test-db-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	(void)snprintf(path, sizeof path, "%s/policy.db", dir);
}

void
db_remove(void)
{
	static const char *const suffixes[] = { "", "-wal", "-shm" };
	char name[80];

	for (int i = 0; i < ROWS(suffixes); i++) {
		(void)snprintf(name, sizeof name, "%s%s", path, suffixes[i]);
		(void)unlink(name);
	}
	ck_assert_int_eq(rmdir(dir), 0);
}

const char *
db_path(void)
{
	return path;
}

char *
db_shell(const char *sql)
{
	static char text[400];
	sqlite3 *db;
	char *error = NULL;

	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	text[0] = 0;
	if (sqlite3_exec(db, sql, NULL, NULL, &error) != SQLITE_OK)
		(void)snprintf(text, sizeof text, "%s", error);
	sqlite3_free(error);
	ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
	return text[0] ? text : NULL;
}

void
db_run(const char *format, ...)
{
	va_list args;
	char *sql, *error;

	va_start(args, format);
	sql = sqlite3_vmprintf(format, args);
	va_end(args);
	error = db_shell(sql);
	ck_assert_msg(!error, "%s: %s", sql, error ? error : "");
	sqlite3_free(sql);
}

const char *
db_query(const char *sql)
{
	static char out[4000];
	sqlite3_stmt *stmt;
	sqlite3 *db;

	out[0] = 0;
	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	ck_assert_msg(
	    sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK, "%s", sqlite3_errmsg(db));
	while (sqlite3_step(stmt) == SQLITE_ROW)
		(void)snprintf(out + strlen(out), sizeof out - strlen(out), "%s ",
		    (const char *)sqlite3_column_text(stmt, 0));
	ck_assert_int_eq(sqlite3_finalize(stmt), SQLITE_OK);
	ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
	return out;
}

static void
cert_pem(const struct pki_cert *cert, struct smime_buf *out)
{
	ck_assert_int_eq(smime_cert_pem(cert->cert, out), SMIME_OK);
	ck_assert_int_eq(smime_buf_terminate(out), SMIME_OK);
}

void
db_add_own(const char *name, const struct pki_cert *cert)
{
	SMIME_AUTO_BUF pem = { 0 };
	SMIME_AUTO_BUF key = { 0 };

	cert_pem(cert, &pem);
	pki_key_pem(cert, NULL, &key);
	ck_assert_int_eq(smime_buf_terminate(&key), SMIME_OK);
	db_run("INSERT INTO certificate (name, certificate, private_key) VALUES (%Q, %Q, %Q)", name,
	    (const char *)pem.data, (const char *)key.data);
}

void
db_add_public_key(const char *name, const struct pki_cert *cert)
{
	SMIME_AUTO_BUF pem = { 0 };

	cert_pem(cert, &pem);
	db_run("INSERT INTO public_key (name, certificate) VALUES (%Q, %Q)", name,
	    (const char *)pem.data);
}

void
db_add_anchor(const char *name, const struct pki_cert *cert)
{
	SMIME_AUTO_BUF pem = { 0 };

	cert_pem(cert, &pem);
	db_run("INSERT INTO trust_anchor (name, certificate) VALUES (%Q, %Q)", name,
	    (const char *)pem.data);
}

void
db_seal_all(const char *profile)
{
	db_run("INSERT INTO content_filter (name, direction) VALUES ('seal', 'outgoing');"
	       "INSERT INTO content_filter_action (content_filter, position, action,"
	       " sending_profile) VALUES ('seal', 1, 'smime-gateway', %Q);"
	       "INSERT INTO mail_policy_filter (mail_policy, position, content_filter)"
	       " VALUES ('default-outgoing', 1, 'seal')",
	    profile);
}
