/* expiry.c - certificates that expire. SQL cannot read them: table certificate_expiry notes when
 * each does, for the view `expiring`, and when it was told last. Memory: one row. */
#include "policy/expiry.h"

#include "smime/cert.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define DAY        ((int64_t)86400)
#define IN_USE     (30 * DAY) /* used within */
#define LINES_MOST 100        /* in one round; the view has them all */

enum smime_status
policy_expiry_each(struct policy_db *db, int64_t before,
    enum smime_status (*visit)(const struct policy_expiring *e, void *arg), void *arg,
    struct smime_diag *diag)
{
	SMIME_AUTO(policy_stmt) row = NULL;
	bool more;

	SMIME_TRY(policy_stmt_take(db, POLICY_SQL_EXPIRY_LIST, &row, diag));
	SMIME_TRY(policy_bind_int(row, 1, before));
	for (;;) {
		SMIME_AUTO(smime_cert) cert = NULL;
		struct policy_expiring e = { 0 };

		SMIME_TRY(policy_step(row, &more, diag));
		if (!more)
			return SMIME_OK;
		e.expires = policy_column_int(row, 2);
		/* Nobody has noted it yet. */
		if (policy_column_null(row, 2)) {
			if (smime_cert_import_pem(policy_column_bytes(row, 3), &cert, NULL) !=
			    SMIME_OK)
				continue;
			e.expires = smime_cert_not_after(cert);
		}
		e.table = policy_column_text(row, 0);
		e.row = policy_column_text(row, 1);
		if (e.expires < before)
			SMIME_TRY(visit(&e, arg));
	}
}

enum smime_status
policy_expiry_text(const struct policy_expiring *e, int64_t now, struct smime_buf *out)
{
	long long days = (long long)((e->expires - now) / DAY);
	time_t seconds = (time_t)e->expires;
	char date[16] = "?";
	struct tm tm;

	if (gmtime_r(&seconds, &tm))
		(void)strftime(date, sizeof date, "%Y-%m-%d", &tm);
	SMIME_TRY(smime_buf_appendf(out, "%s \"%s\" ", e->table, e->row));
	if (e->expires < now)
		SMIME_TRY(smime_buf_appendf(out, "expired (%s)", date));
	else if (days == 0)
		SMIME_TRY(smime_buf_appendf(out, "expires within a day (%s)", date));
	else
		SMIME_TRY(smime_buf_appendf(
		    out, "expires in %lld day%s (%s)", days, days == 1 ? "" : "s", date));
	return smime_buf_terminate(out);
}

/* ---- noting ---- */

/* One name that a public key is found by. prefix: "@" for a domain. */
static enum smime_status
note_name(struct policy_db *db, const char *row, const char *prefix, struct smime_bytes name,
    const struct smime_cert *cert, struct smime_diag *diag)
{
	SMIME_AUTO(policy_stmt) stmt = NULL;
	SMIME_AUTO_BUF text = { 0 };
	bool unused;

	SMIME_TRY(smime_buf_appendf(&text, "%s", prefix));
	SMIME_TRY(smime_buf_append(&text, name.data, name.len));
	SMIME_TRY(smime_buf_terminate(&text));
	SMIME_TRY(policy_stmt_take(db, POLICY_SQL_PUBLIC_KEY_NAME, &stmt, diag));
	SMIME_TRY(policy_bind_text(stmt, 1, row));
	SMIME_TRY(policy_bind_text(stmt, 2, (const char *)text.data));
	SMIME_TRY(policy_bind_text(stmt, 3, smime_cert_fingerprint_hex(cert)));
	/* Whether it is valid is the view's to say. */
	SMIME_TRY(policy_bind_int(
	    stmt, 4, smime_cert_may_encrypt(cert, smime_cert_not_before(cert), NULL) == SMIME_OK));
	return policy_step(stmt, &unused, diag);
}

static enum smime_status
note_names(
    struct policy_db *db, const char *row, const struct smime_cert *cert, struct smime_diag *diag)
{
	for (size_t i = 0; i < smime_cert_mailbox_count(cert); i++)
		SMIME_TRY(note_name(db, row, "", smime_cert_mailbox(cert, i), cert, diag));
	for (size_t i = 0; i < smime_cert_domain_count(cert); i++)
		SMIME_TRY(note_name(db, row, "@", smime_cert_domain(cert, i), cert, diag));
	return SMIME_OK;
}

enum smime_status
policy_expiry_note(struct policy_db *db, const char *table, const char *row,
    const struct smime_cert *cert, struct smime_diag *diag)
{
	SMIME_AUTO(policy_stmt) stmt = NULL;
	bool unused;

	if (strcmp(table, "public_key") == 0)
		SMIME_TRY(note_names(db, row, cert, diag));
	SMIME_TRY(policy_stmt_take(db, POLICY_SQL_EXPIRY_NOTE, &stmt, diag));
	SMIME_TRY(policy_bind_text(stmt, 1, table));
	SMIME_TRY(policy_bind_text(stmt, 2, row));
	SMIME_TRY(policy_bind_int(stmt, 3, smime_cert_not_after(cert)));
	return policy_step(stmt, &unused, diag);
}

static enum smime_status
note_new(struct policy_db *db, struct smime_diag *diag)
{
	SMIME_AUTO(policy_stmt) row = NULL;
	bool more;

	SMIME_TRY(policy_stmt_take(db, POLICY_SQL_EXPIRY_UNKNOWN, &row, diag));
	for (;;) {
		SMIME_AUTO(smime_cert) cert = NULL;

		SMIME_TRY(policy_step(row, &more, diag));
		if (!more)
			return SMIME_OK;
		if (smime_cert_import_pem(policy_column_bytes(row, 2), &cert, NULL) == SMIME_OK)
			SMIME_TRY(policy_expiry_note(db, policy_column_text(row, 0),
			    policy_column_text(row, 1), cert, diag));
	}
}

/* Keys out of mail are many: only those in use are of interest, and one for each address. */
static enum smime_status
note_harvested(struct policy_db *db, int64_t now, struct smime_diag *diag)
{
	SMIME_AUTO(policy_stmt) add = NULL;
	SMIME_AUTO(policy_stmt) forget = NULL;
	bool row;

	SMIME_TRY(policy_stmt_take(db, POLICY_SQL_EXPIRY_HARVESTED, &add, diag));
	SMIME_TRY(policy_bind_int(add, 1, now + POLICY_EXPIRY_SOON));
	SMIME_TRY(policy_bind_int(add, 2, now - IN_USE));
	SMIME_TRY(policy_step(add, &row, diag));
	SMIME_TRY(policy_stmt_take(db, POLICY_SQL_EXPIRY_FORGET, &forget, diag));
	SMIME_TRY(policy_bind_int(forget, 1, now - IN_USE));
	return policy_step(forget, &row, diag);
}

/* ---- telling ---- */

struct telling {
	struct policy_db *db;
	int64_t now;
	policy_tell *tell;
	void *arg;
	struct smime_diag *diag;
	size_t count;
};

static enum smime_status
bind_due(struct policy_stmt *stmt, int64_t now)
{
	SMIME_TRY(policy_bind_int(stmt, 1, now + POLICY_EXPIRY_SOON));
	SMIME_TRY(policy_bind_int(stmt, 2, now - DAY));
	return policy_bind_int(stmt, 3, now / DAY * DAY); /* since midnight, UTC */
}

static enum smime_status
tell_one(struct telling *t, const struct policy_expiring *e)
{
	bool alert = strcmp(e->table, "certificate") == 0 || e->expires < t->now + 7 * DAY;
	SMIME_AUTO_BUF text = { 0 };

	if (++t->count > LINES_MOST)
		return SMIME_OK;
	SMIME_TRY(policy_expiry_text(e, t->now, &text));
	t->tell(t->arg, alert, (const char *)text.data);
	return SMIME_OK;
}

static enum smime_status
tell_due(struct telling *t)
{
	SMIME_AUTO(policy_stmt) row = NULL;
	bool more;

	SMIME_TRY(policy_stmt_take(t->db, POLICY_SQL_EXPIRY_DUE, &row, t->diag));
	SMIME_TRY(bind_due(row, t->now));
	for (;;) {
		SMIME_TRY(policy_step(row, &more, t->diag));
		if (!more)
			return SMIME_OK;
		SMIME_TRY(
		    tell_one(t, &(struct policy_expiring){ .table = policy_column_text(row, 0),
				    .row = policy_column_text(row, 1),
				    .expires = policy_column_int(row, 2) }));
	}
}

static enum smime_status
mark_told(const struct telling *t)
{
	SMIME_AUTO(policy_stmt) stmt = NULL;
	bool row;

	SMIME_TRY(policy_stmt_take(t->db, POLICY_SQL_EXPIRY_TOLD, &stmt, t->diag));
	SMIME_TRY(bind_due(stmt, t->now));
	SMIME_TRY(policy_bind_int(stmt, 4, t->now));
	return policy_step(stmt, &row, t->diag);
}

static enum smime_status
do_round(struct telling *t)
{
	char more[100];

	SMIME_TRY(note_new(t->db, t->diag));
	if (!t->tell)
		return SMIME_OK;
	SMIME_TRY(note_harvested(t->db, t->now, t->diag));
	SMIME_TRY(tell_due(t));
	if (t->count > LINES_MOST) {
		(void)snprintf(more, sizeof more,
		    "%zu more certificates expire within 30 days: view expiring",
		    t->count - LINES_MOST);
		t->tell(t->arg, true, more);
	}
	return t->count > 0 ? mark_told(t) : SMIME_OK;
}

enum smime_status
policy_expiry_round(
    struct policy_db *db, int64_t now, policy_tell *tell, void *arg, struct smime_diag *diag)
{
	struct telling t = { .db = db, .now = now, .tell = tell, .arg = arg, .diag = diag };
	enum smime_status status;

	SMIME_TRY(policy_db_run(db, POLICY_SQL_BEGIN_WRITE, diag));
	status = do_round(&t);
	if (status == SMIME_OK)
		return policy_db_run(db, POLICY_SQL_COMMIT, diag);
	/* The first reason is the one to tell. */
	(void)!policy_db_run(db, POLICY_SQL_ROLLBACK, NULL);
	return status;
}

enum smime_status
policy_expiry_note_new(struct policy_db *db, struct smime_diag *diag)
{
	return policy_expiry_round(db, 0, NULL, NULL, diag);
}
