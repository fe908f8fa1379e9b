/* journal.c - which copies were handed back to the MTA: one small table, one connection, one lock.
 * DESIGN section 10. synchronous is FULL: what policy_journal_add has said is on disk. */
#include "policy/journal.h"
#include "policy/db.h"

#include <pthread.h>
#include <stdlib.h>

/* As long as a client keeps trying (RFC 5321 s4.5.4.1). */
#define KEEP (5 * (int64_t)86400)

struct policy_journal {
	struct policy_db *db;
	pthread_mutex_t lock;
};

enum smime_status
policy_journal_open(const char *path, struct policy_journal **out, struct smime_diag *diag)
{
	SMIME_AUTO(policy_journal) journal = calloc(1, sizeof *journal);

	*out = NULL;
	if (!journal || pthread_mutex_init(&journal->lock, NULL) != 0)
		return SMIME_E_SYSTEM;
	SMIME_TRY(policy_db_open(path, POLICY_DB_WRITE, &journal->db, diag));
	*out = journal;
	journal = NULL;
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
	free(j);
}

static enum smime_status
find(struct policy_db *db, const char *key, int64_t since, bool *found, struct smime_buf *queue_id,
    struct smime_diag *diag)
{
	SMIME_AUTO(policy_stmt) stmt = NULL;
	struct smime_bytes id;

	SMIME_TRY(policy_stmt_take(db, POLICY_SQL_JOURNAL_FIND, &stmt, diag));
	SMIME_TRY(policy_bind_text(stmt, 1, key));
	SMIME_TRY(policy_bind_int(stmt, 2, since));
	SMIME_TRY(policy_step(stmt, found, diag));
	if (!*found)
		return SMIME_OK;
	id = policy_column_bytes(stmt, 0);
	SMIME_TRY(smime_buf_append(queue_id, id.data, id.len));
	return smime_buf_terminate(queue_id);
}

enum smime_status
policy_journal_find(struct policy_journal *journal, const char *key, int64_t now, bool *found,
    struct smime_buf *queue_id, struct smime_diag *diag)
{
	enum smime_status status;

	(void)pthread_mutex_lock(&journal->lock);
	status = find(journal->db, key, now - KEEP, found, queue_id, diag);
	(void)pthread_mutex_unlock(&journal->lock);
	return status;
}

enum smime_status
policy_journal_ready(struct policy_journal *journal, struct smime_diag *diag)
{
	enum smime_status status;

	(void)pthread_mutex_lock(&journal->lock);
	status = policy_db_run(journal->db, POLICY_SQL_BEGIN_WRITE, diag);
	if (status == SMIME_OK)
		status = policy_db_run(journal->db, POLICY_SQL_ROLLBACK, diag);
	(void)pthread_mutex_unlock(&journal->lock);
	return status;
}

static enum smime_status
add(struct policy_db *db, const char *key, const char *queue_id, int64_t now,
    struct smime_diag *diag)
{
	SMIME_AUTO(policy_stmt) insert = NULL;
	SMIME_AUTO(policy_stmt) expire = NULL;
	bool row;

	SMIME_TRY(policy_stmt_take(db, POLICY_SQL_JOURNAL_ADD, &insert, diag));
	SMIME_TRY(policy_bind_text(insert, 1, key));
	SMIME_TRY(policy_bind_text(insert, 2, queue_id));
	SMIME_TRY(policy_bind_int(insert, 3, now));
	SMIME_TRY(policy_step(insert, &row, diag));
	SMIME_TRY(policy_stmt_take(db, POLICY_SQL_JOURNAL_EXPIRE, &expire, diag));
	SMIME_TRY(policy_bind_int(expire, 1, now - KEEP));
	return policy_step(expire, &row, diag);
}

enum smime_status
policy_journal_add(struct policy_journal *journal, const char *key, const char *queue_id,
    int64_t now, struct smime_diag *diag)
{
	enum smime_status status;

	(void)pthread_mutex_lock(&journal->lock);
	status = add(journal->db, key, queue_id, now, diag);
	(void)pthread_mutex_unlock(&journal->lock);
	return status;
}
