/* support_db.h - a policy database in a directory of its own, edited as an administrator would: by
 * the sqlite3 shell, without any pragma of ours. */
#ifndef TEST_SUPPORT_DB_H
#define TEST_SUPPORT_DB_H

#include "support_pki.h"

/* One at a time. Aborts the test when it cannot. */
void db_make(void);   /* a directory, no database yet */
void db_remove(void); /* the directory and what is in it */
const char *db_path(void);

/* Run statements. NULL when they succeed, else SQLite's sentence, valid until the next call. */
char *db_shell(const char *sql);

/* Must succeed. Like printf; %q and %Q quote (sqlite3_mprintf). */
void db_run(const char *format, ...);

/* The first column of a query's rows as text, a blank behind each; valid until the next call. */
const char *db_query(const char *sql);

/* Rows certificate, public_key and trust_anchor. */
void db_add_own(const char *name, const struct pki_cert *cert);
void db_add_public_key(const char *name, const struct pki_cert *cert);
void db_add_anchor(const char *name, const struct pki_cert *cert);

/* A content filter "seal" on default-outgoing: all mail is sealed by the profile of that name. */
void db_seal_all(const char *profile);

#endif
