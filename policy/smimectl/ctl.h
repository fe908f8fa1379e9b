/*
 * ctl.h - what the commands of smimectl share: the database, options, output, exit codes.
 *
 * A command is a row of the table in main.c. It prints its result to standard output and what went
 * wrong, as one sentence, to standard error, and returns an exit code of sysexits.h.
 */
#ifndef CTL_H
#define CTL_H

#include "policy/db.h"
#include "policy/snapshot.h"
#include <stdio.h>
#include <sysexits.h>

struct ctl_args;
struct ctl_command;

struct ctl {
	const char *database;
	const char *passphrase_file;       /* -k; NULL: where it usually is */
	struct smime_buf passphrase;       /* read by ctl_passphrase() */
	const struct ctl_command *command; /* the one that runs */
	struct smime_diag diag;
};

struct ctl_option {
	const char *name;  /* without "--" */
	const char *value; /* what stands for its value in the usage; NULL: a flag */
	const char *help;
};

struct ctl_command {
	const char *name;      /* "certificate create" */
	const char *arguments; /* positional, for the usage */
	unsigned least, most;  /* how many of them */
	const char *help;
	const struct ctl_option *options; /* ended by a NULL name; NULL: none */
	int (*run)(struct ctl *ctl, const struct ctl_args *args);
};

/* ---- arguments (args.c) ---- */

struct ctl_args {
	char *const *positional;
	unsigned count;
	struct ctl_given { /* options in order */
		const char *name, *value;
	} * given;
	size_t given_count;
};

/* False: the exit code is in *code, and everything has been said. */
bool ctl_args_parse(
    const struct ctl_command *command, int argc, char **argv, struct ctl_args *out, int *code);
void ctl_args_reset(struct ctl_args *args);
void ctl_usage(const struct ctl_command *command, FILE *to);

/* The last value given; NULL: none. A flag's value is "". */
const char *ctl_get(const struct ctl_args *args, const char *name);
/* All values, NULL-ended vector that the caller frees (the strings are borrowed). NULL: no memory.
 */
const char **ctl_all(const struct ctl_args *args, const char *name, size_t *count);

/* ---- ends (output.c) ---- */

/* Say what went wrong and return the exit code for it. */
int ctl_fail(struct ctl *ctl, enum smime_status status);
int ctl_error(int code, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* printf for what may hold names out of certificates and tables: control characters but the line
 * end, those that hide or turn text, and what is no UTF-8 are shown as '?', here and in errors. */
void ctl_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A date for people: "2026-01-31". out holds 16 octets. */
const char *ctl_date(int64_t t, char *out);

/* "2026-01-31T12:00:00Z" (or NULL: now) to seconds. False: it is neither. */
bool ctl_time(const char *text, int64_t *out);

/* A value in a column of a list: the same, and line ends too. */
void ctl_print_text(const char *text);

/* ---- files (files.c) ---- */

/* A whole file, "-" being standard input; NUL-terminated. SMIME_E_SYNTAX: unreadable or over 64
 * MiB. */
SMIME_MUST_USE enum smime_status ctl_read_file(
    struct ctl *ctl, const char *path, struct smime_buf *out);

/* A message from path (NULL or "-": standard input) with CR LF line ends. */
SMIME_MUST_USE enum smime_status ctl_read_message(
    struct ctl *ctl, const char *path, struct smime_spool **out);

/* The parts of that: a stream that may be standard input, which stays open. What cannot be opened
 * or read bears this token, and ctl_fail() makes EX_NOINPUT of it. */
#define CTL_NO_INPUT "no-input"
SMIME_MUST_USE enum smime_status ctl_open_file(struct ctl *ctl, const char *path, FILE **out);
SMIME_MUST_USE enum smime_status ctl_close_file(struct ctl *ctl, const char *path, FILE *f);
SMIME_MUST_USE enum smime_status ctl_read_stream(
    struct ctl *ctl, const char *path, FILE *f, struct smime_buf *out);

/* The passphrase of private keys; empty when there is none to be found. */
SMIME_MUST_USE enum smime_status ctl_passphrase(struct ctl *ctl);

/* ---- certificates out of files (certificates.c) ---- */

/* name: what the file calls it; NULL: nothing. */
typedef enum smime_status ctl_certificate_visit(
    struct ctl *ctl, const struct smime_cert *cert, const char *name, void *arg);

/* Calls visit for every certificate of a file (PEM, DER or PKCS#7), however long the file is;
 * *count of them, at least one. It stops at what visit returns but SMIME_OK. */
SMIME_MUST_USE enum smime_status ctl_each_certificate(
    struct ctl *ctl, const char *path, ctl_certificate_visit *visit, void *arg, size_t *count);

/* All of them. */
SMIME_MUST_USE enum smime_status ctl_read_certificates(
    struct ctl *ctl, const char *path, struct smime_certs *out);

/* The same, of a file that has been read; path is for what goes wrong. */
SMIME_MUST_USE enum smime_status ctl_parse_certificates(
    struct ctl *ctl, const char *path, struct smime_bytes text, struct smime_certs *out);

/* ---- database (change.c) ---- */

/* One statement with up to five texts, in a transaction that change_log signs with who we are.
 * *changed: rows. */
SMIME_MUST_USE enum smime_status ctl_change(
    struct ctl *ctl, enum policy_sql sql, const char *const *texts, size_t count, int64_t *changed);

/* Several: work is called in a transaction, which is kept when it returns SMIME_OK. */
SMIME_MUST_USE enum smime_status ctl_transaction(struct ctl *ctl,
    enum smime_status (*work)(struct ctl *ctl, struct policy_db *db, void *arg), void *arg);
/* One statement of it. */
SMIME_MUST_USE enum smime_status ctl_run(struct ctl *ctl, struct policy_db *db, enum policy_sql sql,
    const char *const *texts, size_t count, int64_t *changed);

/* Note when a row's certificate expires, for the view. */
SMIME_MUST_USE enum smime_status ctl_note_expiry(struct ctl *ctl, struct policy_db *db,
    const char *table, const char *row, const struct smime_cert *cert);

/* Calls visit for every row; it stops at what visit returns but SMIME_OK. key may be NULL. */
SMIME_MUST_USE enum smime_status ctl_each(struct ctl *ctl, enum policy_sql sql, const char *key,
    enum smime_status (*visit)(struct ctl *ctl, struct policy_stmt *row, void *arg), void *arg);

/* The snapshot that the daemon would use; filters that were left out are told on standard error. */
SMIME_MUST_USE enum smime_status ctl_snapshot(
    struct ctl *ctl, struct policy_store **store, struct policy_snapshot **out);

/* ---- rows that hold a certificate (rows.c) ---- */

/* Columns name, certificate: one line each. pattern: only those whose line holds it; NULL: all. */
int ctl_list_certificates(struct ctl *ctl, enum policy_sql sql, const char *pattern);

/* What the certificates of a list must be; NULL: anything. */
struct ctl_filter {
	const char *text;    /* stands in the line */
	const char *address; /* is named, by mailbox or domain */
	const char *domain;  /* of a mailbox in it, or named itself */
	const char *subject; /* stands in the subject, in any case */
	int64_t ends_before; /* INT64_MAX: whenever */
};
/* Out of TEXT and the options --address, --domain, --subject, --expires-within. EX_OK or EX_USAGE.
 */
int ctl_filter_read(const struct ctl_args *args, struct ctl_filter *out);
/* key: the statement's parameter, or NULL. */
int ctl_list_filtered(
    struct ctl *ctl, enum policy_sql sql, const char *key, const struct ctl_filter *filter);

/* Print a column of the row that key names; of all rows when it is NULL. */
int ctl_export(
    struct ctl *ctl, enum policy_sql sql, const char *table, const char *key, int column);

/* Change or delete the row that the first argument names. */
int ctl_change_row(
    struct ctl *ctl, enum policy_sql sql, const char *table, const struct ctl_args *args);

int ctl_missing(const char *table, const char *name);

/* What a row is called when nobody says: the first mailbox, else the first domain, else the
 * subject. */
SMIME_MUST_USE enum smime_status ctl_row_name(const struct smime_cert *cert, struct smime_buf *out);

/* ---- commands ---- */

int ctl_init(struct ctl *ctl, const struct ctl_args *args);
int ctl_check(struct ctl *ctl, const struct ctl_args *args);
int ctl_check_mta(struct ctl *ctl, const struct ctl_args *args);
int ctl_log(struct ctl *ctl, const struct ctl_args *args);
int ctl_certificate_create(struct ctl *ctl, const struct ctl_args *args);
int ctl_certificate_csr(struct ctl *ctl, const struct ctl_args *args);
int ctl_certificate_import(struct ctl *ctl, const struct ctl_args *args);
int ctl_certificate_export(struct ctl *ctl, const struct ctl_args *args);
int ctl_certificate_list(struct ctl *ctl, const struct ctl_args *args);
int ctl_certificate_delete(struct ctl *ctl, const struct ctl_args *args);
int ctl_public_key_add(struct ctl *ctl, const struct ctl_args *args);
int ctl_public_key_import(struct ctl *ctl, const struct ctl_args *args);
int ctl_public_key_export(struct ctl *ctl, const struct ctl_args *args);
int ctl_public_key_list(struct ctl *ctl, const struct ctl_args *args);
int ctl_public_key_search(struct ctl *ctl, const struct ctl_args *args);
int ctl_public_key_delete(struct ctl *ctl, const struct ctl_args *args);
int ctl_harvested_list(struct ctl *ctl, const struct ctl_args *args);
int ctl_harvested_show(struct ctl *ctl, const struct ctl_args *args);
int ctl_harvested_export(struct ctl *ctl, const struct ctl_args *args);
int ctl_harvested_approve(struct ctl *ctl, const struct ctl_args *args);
int ctl_harvested_promote(struct ctl *ctl, const struct ctl_args *args);
int ctl_harvested_delete(struct ctl *ctl, const struct ctl_args *args);
int ctl_trust_add(struct ctl *ctl, const struct ctl_args *args);
int ctl_trust_list(struct ctl *ctl, const struct ctl_args *args);
int ctl_trust_delete(struct ctl *ctl, const struct ctl_args *args);
int ctl_crl_add(struct ctl *ctl, const struct ctl_args *args);
int ctl_crl_list(struct ctl *ctl, const struct ctl_args *args);
int ctl_crl_delete(struct ctl *ctl, const struct ctl_args *args);
int ctl_profile_list(struct ctl *ctl, const struct ctl_args *args);
int ctl_profile_export(struct ctl *ctl, const struct ctl_args *args);
int ctl_profile_import(struct ctl *ctl, const struct ctl_args *args);
int ctl_filter_import(struct ctl *ctl, const struct ctl_args *args);
int ctl_filter_export(struct ctl *ctl, const struct ctl_args *args);
int ctl_seal(struct ctl *ctl, const struct ctl_args *args);
int ctl_open(struct ctl *ctl, const struct ctl_args *args);
int ctl_explain(struct ctl *ctl, const struct ctl_args *args);

#endif
