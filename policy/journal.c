/*
 * journal.c - who was handed a copy of which message: one small table, one connection, one lock.
 * DESIGN section 10. Every write is on disk when it returns (WAL, synchronous FULL).
 *
 * The steps of a message with several copies, what is on disk after each, and what becomes of a
 * crash there. "Crash" is any end without an answer that the client hears: this daemon's, the
 * MTA's, or that of the line between them. The client then has the message and sends it again.
 *
 *	step                          row of a copy   after a crash, the next attempt
 *	1 everything is sealed        none            starts anew
 *	2 policy_journal_begin        sending         sends the copy, and logs may-be-second
 *	3 MAIL, RCPT, DATA, text      sending         sends the copy, and logs may-be-second
 *	  4xx, or no connection       none (forget)   starts anew
 *	  final dot, but no answer    sending         sends the copy, and logs may-be-second
 *	4 250 after the final dot     sending         sends the copy, and logs may-be-second:
 *						      the one window that makes a second copy
 *	5 policy_journal_sent         sent            leaves the copy out, and logs already-sent
 *	  (fails: logged)             sending         sends the copy, and logs may-be-second
 *	  refused with 5xx, alone     none (forget)   tries him again: nobody was told yet
 *	  or with all others
 *	6 report of the refused       as below
 *	7 edits of the message        sent            leaves the copy out; the MTA has thrown
 *						      away the edits with the message
 *	8 answer to the MTA           sent            leaves the copy out; logs may-be-second for
 *						      who is in place: the MTA may have kept it
 *	9 five days                   none            starts anew
 *
 * Who is refused for good, by policy or by the listener, while others get the message, is reported
 * to the sender; for him there is a row of another kind. One that is there decides: what the sender
 * may have read, that he gets nothing, stays true.
 *
 *	step                          row of a report after a crash, the next attempt
 *	policy_journal_begin          sending         no copy for him any more; the report is
 *						      sent again, and logged as may-be-second
 *	4xx, or no connection         none (forget)   starts anew: he may get the copy
 *	5xx to the report             none (forget)   451 if anybody has a copy, else the refusal
 *	final dot, 250                sending         as after policy_journal_begin
 *	policy_journal_sent           sent            neither copy nor report: already-reported
 *
 * The whole message is refused with 5xx only while nobody has a copy and no report has left, for
 * the client's own report names everybody. When a later attempt is to be refused (a certificate has
 * expired since), our report tells of those who have nothing, and the message is discarded.
 *
 * No step is left out for an error: a row that cannot be written at 2 is 451, before anything has
 * left. A copy is never sent in clear because of what stands here: the journal only says who is
 * left out. A client that gives up waiting and comes again while its first attempt still goes on
 * waits for that one to end: it would not find what the other is about to write.
 * Rows are by recipient, so that the next attempt may sort recipients into copies
 * differently: a key that has come meanwhile, a policy that has changed, or a client that tries
 * them one by one.
 */
#include "policy/journal.h"
#include "policy/db.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

/* As long as a client keeps trying (RFC 5321 s4.5.4.1). */
#define KEEP (5 * (int64_t)86400)

/* A message in work. */
struct busy {
	struct busy *next;
	char prefix[];
};

struct policy_journal {
	struct policy_db *db;
	pthread_mutex_t lock; /* guards the connection */
	pthread_mutex_t busy_lock;
	pthread_cond_t left;
	struct busy *busy;
};

enum smime_status
policy_journal_open(const char *path, struct policy_journal **out, struct smime_diag *diag)
{
	SMIME_AUTO(policy_journal) journal = calloc(1, sizeof *journal);

	*out = NULL;
	if (!journal || pthread_mutex_init(&journal->lock, NULL) != 0 ||
	    pthread_mutex_init(&journal->busy_lock, NULL) != 0 ||
	    pthread_cond_init(&journal->left, NULL) != 0)
		return SMIME_E_SYSTEM;
	SMIME_TRY(policy_db_open(path, POLICY_DB_WRITE, &journal->db, diag));
	*out = journal;
	journal = NULL;
	return SMIME_OK;
}

enum smime_status
policy_journal_reopen(struct policy_journal *journal, const char *path, struct smime_diag *diag)
{
	struct policy_db *fresh, *old;

	SMIME_TRY(policy_db_open(path, POLICY_DB_WRITE, &fresh, diag));
	(void)pthread_mutex_lock(&journal->lock);
	old = journal->db;
	journal->db = fresh;
	(void)pthread_mutex_unlock(&journal->lock);
	policy_db_free(&old);
	return SMIME_OK;
}

void
policy_journal_free(struct policy_journal **journal)
{
	struct policy_journal *j = *journal;

	*journal = NULL;
	if (!j)
		return;
	policy_db_free(&j->db);
	(void)pthread_mutex_destroy(&j->lock);
	(void)pthread_mutex_destroy(&j->busy_lock);
	(void)pthread_cond_destroy(&j->left);
	free(j);
}

/* ---- one attempt at a time ---- */

/* The link that points to the message of that prefix, or to the end. */
static struct busy **
find_busy(struct policy_journal *journal, const char *prefix)
{
	struct busy **at = &journal->busy;

	while (*at && strcmp((*at)->prefix, prefix) != 0)
		at = &(*at)->next;
	return at;
}

/* With the lock held: until nobody is in it, or too late. */
static bool
wait_until_free(struct policy_journal *journal, const char *prefix, int64_t patience_seconds)
{
	struct timespec until;

	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += patience_seconds;
	while (*find_busy(journal, prefix))
		if (pthread_cond_timedwait(&journal->left, &journal->busy_lock, &until) != 0)
			return *find_busy(journal, prefix) == NULL;
	return true;
}

enum smime_status
policy_journal_enter(struct policy_journal *journal, const char *prefix, int64_t patience_seconds,
    struct smime_diag *diag)
{
	struct busy *mine = calloc(1, sizeof *mine + strlen(prefix) + 1);
	bool is_free;

	if (!mine)
		return smime_fail(diag, SMIME_E_SYSTEM, NULL, "no memory for the journal");
	/* calloc() has set its end. */
	memcpy(mine->prefix, prefix, strlen(prefix)); // NOLINT(bugprone-not-null-terminated-result)
	(void)pthread_mutex_lock(&journal->busy_lock);
	is_free = wait_until_free(journal, prefix, patience_seconds);
	if (is_free) {
		mine->next = journal->busy;
		journal->busy = mine;
	}
	(void)pthread_mutex_unlock(&journal->busy_lock);
	if (is_free)
		return SMIME_OK;
	free(mine);
	return smime_fail(
	    diag, SMIME_E_SYSTEM, "busy", "an earlier attempt at this message is still in work");
}

void
policy_journal_leave(struct policy_journal *journal, const char *prefix)
{
	struct busy **at, *mine;

	(void)pthread_mutex_lock(&journal->busy_lock);
	at = find_busy(journal, prefix);
	mine = *at;
	if (mine)
		*at = mine->next;
	(void)pthread_cond_broadcast(&journal->left);
	(void)pthread_mutex_unlock(&journal->busy_lock);
	free(mine);
}

/* ---- reading ---- */

static enum smime_status
knows(struct policy_db *db, const char *prefix, int64_t since, bool *out, struct smime_diag *diag)
{
	SMIME_AUTO(policy_stmt) stmt = NULL;

	SMIME_TRY(policy_stmt_take(db, POLICY_SQL_JOURNAL_KNOWS, &stmt, diag));
	SMIME_TRY(policy_bind_text(stmt, 1, prefix));
	SMIME_TRY(policy_bind_int(stmt, 2, since));
	return policy_step(stmt, out, diag);
}

enum smime_status
policy_journal_knows(struct policy_journal *journal, const char *prefix, int64_t now, bool *out,
    struct smime_diag *diag)
{
	enum smime_status status;

	(void)pthread_mutex_lock(&journal->lock);
	status = knows(journal->db, prefix, now - KEEP, out, diag);
	(void)pthread_mutex_unlock(&journal->lock);
	return status;
}

static enum smime_status
find(struct policy_db *db, const char *key, int64_t since, enum policy_journal_state *out,
    struct smime_buf *queue_id, struct smime_diag *diag)
{
	SMIME_AUTO(policy_stmt) stmt = NULL;
	struct smime_bytes id;
	bool row;

	*out = POLICY_JOURNAL_NONE;
	SMIME_TRY(policy_stmt_take(db, POLICY_SQL_JOURNAL_FIND, &stmt, diag));
	SMIME_TRY(policy_bind_text(stmt, 1, key));
	SMIME_TRY(policy_bind_int(stmt, 2, since));
	SMIME_TRY(policy_step(stmt, &row, diag));
	if (!row)
		return SMIME_OK;
	*out = strcmp(policy_column_text(stmt, 0), "sent") == 0 ? POLICY_JOURNAL_SENT
								: POLICY_JOURNAL_SENDING;
	id = policy_column_bytes(stmt, 1);
	SMIME_TRY(smime_buf_append(queue_id, id.data, id.len));
	return smime_buf_terminate(queue_id);
}

enum smime_status
policy_journal_find(struct policy_journal *journal, const char *key, int64_t now,
    enum policy_journal_state *out, struct smime_buf *queue_id, struct smime_diag *diag)
{
	enum smime_status status;

	(void)pthread_mutex_lock(&journal->lock);
	status = find(journal->db, key, now - KEEP, out, queue_id, diag);
	(void)pthread_mutex_unlock(&journal->lock);
	return status;
}

/* ---- writing ---- */

/* One statement, of which every key is the first parameter. */
struct change {
	enum policy_sql sql;
	const char *const *keys;
	size_t count;
	const char *queue_id; /* second parameter; NULL: now is */
	int64_t now;          /* 0: no second parameter either */
};

static enum smime_status
apply(struct policy_db *db, const struct change *c, struct smime_diag *diag)
{
	for (size_t i = 0; i < c->count; i++) {
		SMIME_AUTO(policy_stmt) stmt = NULL;
		bool row;

		SMIME_TRY(policy_stmt_take(db, c->sql, &stmt, diag));
		SMIME_TRY(policy_bind_text(stmt, 1, c->keys[i]));
		if (c->queue_id)
			SMIME_TRY(policy_bind_text(stmt, 2, c->queue_id));
		else if (c->now != 0)
			SMIME_TRY(policy_bind_int(stmt, 2, c->now));
		SMIME_TRY(policy_step(stmt, &row, diag));
	}
	return SMIME_OK;
}

static enum smime_status
expire(struct policy_db *db, int64_t before, struct smime_diag *diag)
{
	SMIME_AUTO(policy_stmt) stmt = NULL;
	bool row;

	SMIME_TRY(policy_stmt_take(db, POLICY_SQL_JOURNAL_EXPIRE, &stmt, diag));
	SMIME_TRY(policy_bind_int(stmt, 1, before));
	return policy_step(stmt, &row, diag);
}

static enum smime_status
in_transaction(struct policy_db *db, const struct change *c, struct smime_diag *diag)
{
	enum smime_status status = apply(db, c, diag);

	if (status == SMIME_OK && c->now != 0)
		status = expire(db, c->now - KEEP, diag);
	if (status == SMIME_OK)
		status = policy_db_run(db, POLICY_SQL_COMMIT, diag);
	/* SQLite has rolled back by itself when the disk is full: then this fails, which is fine.
	 */
	if (status != SMIME_OK)
		(void)!policy_db_run(db, POLICY_SQL_ROLLBACK, NULL);
	return status;
}

static enum smime_status
write_rows(struct policy_journal *journal, const struct change *c, struct smime_diag *diag)
{
	enum smime_status status;

	(void)pthread_mutex_lock(&journal->lock);
	status = policy_db_run(journal->db, POLICY_SQL_BEGIN_WRITE, diag);
	if (status == SMIME_OK)
		status = in_transaction(journal->db, c, diag);
	(void)pthread_mutex_unlock(&journal->lock);
	return status;
}

enum smime_status
policy_journal_begin(struct policy_journal *journal, const char *const *keys, size_t count,
    int64_t now, struct smime_diag *diag)
{
	const struct change c = {
		.sql = POLICY_SQL_JOURNAL_BEGIN, .keys = keys, .count = count, .now = now
	};

	return write_rows(journal, &c, diag);
}

enum smime_status
policy_journal_sent(struct policy_journal *journal, const char *const *keys, size_t count,
    const char *queue_id, struct smime_diag *diag)
{
	const struct change c = {
		.sql = POLICY_SQL_JOURNAL_SENT, .keys = keys, .count = count, .queue_id = queue_id
	};

	return write_rows(journal, &c, diag);
}

enum smime_status
policy_journal_forget(
    struct policy_journal *journal, const char *const *keys, size_t count, struct smime_diag *diag)
{
	const struct change c = { .sql = POLICY_SQL_JOURNAL_FORGET, .keys = keys, .count = count };

	return count > 0 ? write_rows(journal, &c, diag) : SMIME_OK;
}
