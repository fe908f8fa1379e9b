/*
 * seen.c - which wrapped keys came with which content: a table, and in front of it the last ones in
 * memory.  R-DEC-REPLAY.
 *
 * The first content that comes with a key is its content, whether it could be decrypted or not and
 * whatever became of the message: an answer that depended on that would be an oracle. A key is kept
 * as HMAC, so that the table without its secret tells nobody which messages came.
 *
 * Two messages with one key cannot pass each other: the first is in memory, under the lock, before
 * the second one is asked about. It is forgotten there when POLICY_SEEN_RECENT newer keys came; by
 * then it is in the table, unless the database took no writes for as long, or the harvester's queue
 * was full (which is told).
 */
#include "policy/seen.h"

#include "array.h"
#include <gnutls/gnutls.h>
#include <pthread.h>
#include <stdlib.h>

#define SECRET 32

struct recent {
	struct policy_seen seen;
	int64_t at;
};

struct policy_seen_keys {
	pthread_mutex_t lock; /* guards all that follows */
	struct policy_db *db;
	uint8_t secret[SECRET];
	struct recent recent[POLICY_SEEN_RECENT]; /* a ring */
	size_t count, next;
};

static enum smime_status
read_secret(struct policy_db *db, uint8_t out[SECRET], struct smime_diag *diag)
{
	SMIME_AUTO(policy_stmt) stmt = NULL;
	struct smime_bytes secret = { 0 };
	bool found;

	SMIME_TRY(policy_stmt_take(db, POLICY_SQL_SEEN_SECRET, &stmt, diag));
	SMIME_TRY(policy_step(stmt, &found, diag));
	if (found)
		secret = policy_column_bytes(stmt, 0);
	if (secret.len != SECRET)
		return smime_fail(diag, SMIME_E_SYSTEM, "database",
		    "policy database: seen_key_secret does not hold its one row");
	memcpy(out, secret.data, SECRET);
	return SMIME_OK;
}

enum smime_status
policy_seen_keys_open(const char *path, struct policy_seen_keys **out, struct smime_diag *diag)
{
	struct policy_seen_keys *seen = calloc(1, sizeof *seen);
	enum smime_status status;

	*out = NULL;
	if (!seen || pthread_mutex_init(&seen->lock, NULL) != 0) {
		free(seen);
		return SMIME_E_SYSTEM;
	}
	status = policy_db_open(path, POLICY_DB_READ, &seen->db, diag);
	if (status == SMIME_OK)
		status = read_secret(seen->db, seen->secret, diag);
	if (status != SMIME_OK)
		policy_seen_keys_free(&seen);
	*out = seen;
	return status;
}

/* Another database has another secret, and what is in memory was made with the old one. */
enum smime_status
policy_seen_keys_reopen(struct policy_seen_keys *seen, const char *path, struct smime_diag *diag)
{
	SMIME_AUTO(policy_db) db = NULL;
	struct policy_db *old;
	uint8_t secret[SECRET];

	SMIME_TRY(policy_db_open(path, POLICY_DB_READ, &db, diag));
	SMIME_TRY(read_secret(db, secret, diag));
	(void)pthread_mutex_lock(&seen->lock);
	if (gnutls_memcmp(secret, seen->secret, SECRET) != 0)
		seen->count = seen->next = 0;
	memcpy(seen->secret, secret, SECRET);
	old = seen->db;
	seen->db = db;
	db = old;
	(void)pthread_mutex_unlock(&seen->lock);
	explicit_bzero(secret, sizeof secret);
	return SMIME_OK;
}

void
policy_seen_keys_free(struct policy_seen_keys **seen)
{
	struct policy_seen_keys *s = *seen;

	*seen = NULL;
	if (!s)
		return;
	policy_db_free(&s->db);
	(void)pthread_mutex_destroy(&s->lock);
	explicit_bzero(s->secret, sizeof s->secret);
	free(s);
}

/* ---- asking ---- */

static bool
same(const uint8_t *a, const uint8_t *b)
{
	return memcmp(a, b, SMIME_REPLAY_SIZE) == 0;
}

/* What came with that key, as far as it is remembered here. */
static const uint8_t *
find_recent(const struct policy_seen_keys *seen, const uint8_t *id, int64_t now)
{
	for (size_t i = 0; i < seen->count; i++) {
		const struct recent *r = &seen->recent[i];

		if (same(r->seen.id, id) && r->at >= now - POLICY_SEEN_SPAN)
			return r->seen.content;
	}
	return NULL;
}

/* The same, out of the table. *found is false for a key that is new. */
static enum smime_status
find_stored(struct policy_seen_keys *seen, const struct policy_seen *asked, int64_t now,
    bool *found, bool *other, struct smime_diag *diag)
{
	SMIME_AUTO(policy_stmt) row = NULL;

	SMIME_TRY(policy_stmt_take(seen->db, POLICY_SQL_SEEN_FIND, &row, diag));
	SMIME_TRY(policy_bind_blob(row, 1, smime_bytes(asked->id, sizeof asked->id)));
	SMIME_TRY(policy_bind_int(row, 2, now - POLICY_SEEN_SPAN));
	SMIME_TRY(policy_step(row, found, diag));
	if (*found)
		*other = !smime_bytes_equal(policy_column_bytes(row, 0),
		    smime_bytes(asked->content, sizeof asked->content));
	return SMIME_OK;
}

static enum smime_status
note(struct policy_after *after, const struct policy_seen *asked)
{
	struct policy_seen *seen = policy_array_grow(after->seen, after->seen_count, sizeof *seen);

	if (!seen)
		return SMIME_E_SYSTEM;
	after->seen = seen;
	after->seen[after->seen_count++] = *asked;
	return SMIME_OK;
}

static void
remember(struct policy_seen_keys *seen, const struct policy_seen *asked, int64_t now)
{
	seen->recent[seen->next] = (struct recent){ .seen = *asked, .at = now };
	seen->next = (seen->next + 1) % POLICY_SEEN_RECENT;
	if (seen->count < POLICY_SEEN_RECENT)
		seen->count++;
}

/* With the lock held. */
static enum smime_status
look(const struct policy_seen_asking *asking, const struct policy_seen *asked, bool *other,
    struct smime_diag *diag)
{
	const uint8_t *content = find_recent(asking->seen, asked->id, asking->now);
	bool found = content != NULL;

	if (found)
		*other = !same(content, asked->content);
	else
		SMIME_TRY(find_stored(asking->seen, asked, asking->now, &found, other, diag));
	if (found || !asking->after)
		return SMIME_OK;
	SMIME_TRY(note(asking->after, asked));
	remember(asking->seen, asked, asking->now);
	return SMIME_OK;
}

static enum smime_status
ask(struct smime_replay *replay, struct smime_bytes wrapped,
    const uint8_t content[SMIME_REPLAY_SIZE], bool *other, struct smime_diag *diag)
{
	struct policy_seen_asking *asking =
	    smime_container_of(replay, struct policy_seen_asking, base);
	struct policy_seen_keys *seen = asking->seen;
	struct policy_seen asked = { 0 };
	enum smime_status status;

	*other = false;
	SMIME_TRY(
	    smime_replay_id(smime_bytes(seen->secret, sizeof seen->secret), wrapped, asked.id));
	memcpy(asked.content, content, sizeof asked.content);
	(void)pthread_mutex_lock(&seen->lock);
	status = look(asking, &asked, other, diag);
	(void)pthread_mutex_unlock(&seen->lock);
	return status;
}

struct smime_replay *
policy_seen_ask(struct policy_seen_asking *asking)
{
	static const struct smime_replay_ops ops = { .ask = ask };

	asking->base.ops = &ops;
	return &asking->base;
}

/* ---- writing ---- */

static enum smime_status
add(struct policy_db *db, const struct policy_seen *seen, int64_t now, struct smime_diag *diag)
{
	SMIME_AUTO(policy_stmt) stmt = NULL;
	bool row;

	SMIME_TRY(policy_stmt_take(db, POLICY_SQL_SEEN_ADD, &stmt, diag));
	SMIME_TRY(policy_bind_blob(stmt, 1, smime_bytes(seen->id, sizeof seen->id)));
	SMIME_TRY(policy_bind_blob(stmt, 2, smime_bytes(seen->content, sizeof seen->content)));
	SMIME_TRY(policy_bind_int(stmt, 3, now));
	SMIME_TRY(policy_bind_int(stmt, 4, now - POLICY_SEEN_SPAN));
	return policy_step(stmt, &row, diag);
}

enum smime_status
policy_seen_write(struct policy_db *db, const struct policy_after *after, struct smime_diag *diag)
{
	SMIME_AUTO(policy_stmt) expire = NULL;
	bool row;

	if (after->seen_count == 0)
		return SMIME_OK;
	for (size_t i = 0; i < after->seen_count; i++)
		SMIME_TRY(add(db, &after->seen[i], after->now, diag));
	SMIME_TRY(policy_stmt_take(db, POLICY_SQL_SEEN_EXPIRE, &expire, diag));
	SMIME_TRY(policy_bind_int(expire, 1, after->now - POLICY_SEEN_SPAN));
	return policy_step(expire, &row, diag);
}
