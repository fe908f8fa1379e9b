/* change.c - reading and changing rows. A change and its signature in change_log are one
 * transaction. */
#include "ctl.h"

#include "policy/expiry.h"
#include <pwd.h>
#include <unistd.h>

static const char *
who(void)
{
	/* One thread. */
	const struct passwd *user = getpwuid(getuid()); // NOLINT(concurrency-mt-unsafe)

	return user ? user->pw_name : "unknown";
}

static enum smime_status
sign_changes(struct ctl *ctl, struct policy_db *db, int64_t after)
{
	SMIME_AUTO(policy_stmt) stmt = NULL;
	bool row;

	SMIME_TRY(policy_stmt_take(db, POLICY_SQL_SIGN_CHANGES, &stmt, &ctl->diag));
	SMIME_TRY(policy_bind_text(stmt, 1, who()));
	SMIME_TRY(policy_bind_int(stmt, 2, after));
	return policy_step(stmt, &row, &ctl->diag);
}

enum smime_status
ctl_run(struct ctl *ctl, struct policy_db *db, enum policy_sql sql, const char *const *texts,
    size_t count, int64_t *changed)
{
	SMIME_AUTO(policy_stmt) stmt = NULL;
	bool row;

	SMIME_TRY(policy_stmt_take(db, sql, &stmt, &ctl->diag));
	for (size_t i = 0; i < count; i++)
		SMIME_TRY(policy_bind_text(stmt, (int)i + 1, texts[i]));
	SMIME_TRY(policy_step(stmt, &row, &ctl->diag));
	*changed = policy_db_changes(db);
	return SMIME_OK;
}

enum smime_status
ctl_transaction(struct ctl *ctl,
    enum smime_status (*work)(struct ctl *ctl, struct policy_db *db, void *arg), void *arg)
{
	SMIME_AUTO(policy_db) db = NULL;
	int64_t before;

	SMIME_TRY(policy_db_open(ctl->database, POLICY_DB_WRITE, &db, &ctl->diag));
	SMIME_TRY(policy_db_run(db, POLICY_SQL_BEGIN_WRITE, &ctl->diag));
	/* After a failure the transaction ends with the connection, and nothing is kept. */
	SMIME_TRY(policy_db_last_change(db, &before, &ctl->diag));
	SMIME_TRY(work(ctl, db, arg));
	SMIME_TRY(sign_changes(ctl, db, before));
	return policy_db_run(db, POLICY_SQL_COMMIT, &ctl->diag);
}

/* One statement. */
struct change {
	enum policy_sql sql;
	const char *const *texts;
	size_t count;
	int64_t *changed;
};

static enum smime_status
run_change(struct ctl *ctl, struct policy_db *db, void *arg)
{
	const struct change *c = arg;

	return ctl_run(ctl, db, c->sql, c->texts, c->count, c->changed);
}

enum smime_status
ctl_change( // NOLINTNEXTLINE(readability-non-const-parameter): struct change writes it
    struct ctl *ctl, enum policy_sql sql, const char *const *texts, size_t count, int64_t *changed)
{
	struct change c = { .sql = sql, .texts = texts, .count = count, .changed = changed };

	return ctl_transaction(ctl, run_change, &c);
}

enum smime_status
ctl_note_expiry(struct ctl *ctl, struct policy_db *db, const char *table, const char *row,
    const struct smime_cert *cert)
{
	return policy_expiry_note(db, table, row, cert, &ctl->diag);
}

static enum smime_status
each(struct ctl *ctl, struct policy_stmt *row,
    enum smime_status (*visit)(struct ctl *ctl, struct policy_stmt *row, void *arg), void *arg)
{
	bool more;

	for (;;) {
		SMIME_TRY(policy_step(row, &more, &ctl->diag));
		if (!more)
			return SMIME_OK;
		SMIME_TRY(visit(ctl, row, arg));
	}
}

enum smime_status
ctl_each(struct ctl *ctl, enum policy_sql sql, const char *key,
    enum smime_status (*visit)(struct ctl *ctl, struct policy_stmt *row, void *arg), void *arg)
{
	SMIME_AUTO(policy_db) db = NULL;
	SMIME_AUTO(policy_stmt) row = NULL;
	enum smime_status status;

	SMIME_TRY(policy_db_open(ctl->database, POLICY_DB_READ, &db, &ctl->diag));
	SMIME_TRY(policy_stmt_take(db, sql, &row, &ctl->diag));
	if (key)
		SMIME_TRY(policy_bind_text(row, 1, key));
	status = each(ctl, row, visit, arg);
	/* Before the connection that it belongs to. */
	policy_stmt_free(&row);
	return status;
}

enum smime_status
ctl_snapshot(struct ctl *ctl, struct policy_store **store, struct policy_snapshot **out)
{
	bool problem;

	SMIME_TRY(ctl_passphrase(ctl));
	SMIME_TRY(policy_store_open(
	    ctl->database, (const char *)ctl->passphrase.data, store, &ctl->diag));
	SMIME_TRY(policy_store_current(*store, out, &problem, &ctl->diag));
	if (problem)
		(void)ctl_error(EX_OK, "note: %s", ctl->diag.text);
	ctl->diag = (struct smime_diag){ 0 };
	return SMIME_OK;
}
