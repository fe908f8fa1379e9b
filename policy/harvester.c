/*
 * harvester.c - a thread that writes harvested keys and usage stamps.  DESIGN section 6.
 *
 * One transaction for each message. A failure is told and what was to be written is forgotten: the
 * key comes again with the next message, and no message ever waits for it. Memory: QUEUE_MAX
 * messages' certificates.
 */
#include "array.h"
#include "policy/db.h"
#include "policy/harvest.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define QUEUE_MAX   1000
#define ALERT_SPAN  (48 * (int64_t)3600)
#define KEPT_SPAN   (30 * (int64_t)86400)
#define CHECK_EVERY 100 /* inserts between two looks at the size of the cache */

struct job {
	struct policy_after after;
	uint64_t capacity;
};

struct policy_harvester {
	struct policy_db *db;
	policy_tell *tell;
	void *arg;
	unsigned inserts; /* of the thread alone */
	pthread_t thread;
	pthread_mutex_t lock; /* guards what follows */
	pthread_cond_t changed;
	struct job queue[QUEUE_MAX];
	size_t first, count;
	bool stop;
};

/* ---- writing ---- */

/* A statement with up to two texts and two numbers, in this order; *number: its first column. */
struct call {
	enum policy_sql sql;
	const char *texts[4];
	int64_t numbers[2];
	size_t text_count, number_count;
};

static enum smime_status
run(struct policy_harvester *h, const struct call *call, int64_t *number, struct smime_diag *diag)
{
	SMIME_AUTO(policy_stmt) stmt = NULL;
	int n = 1;
	bool row;

	SMIME_TRY(policy_stmt_take(h->db, call->sql, &stmt, diag));
	for (size_t i = 0; i < call->text_count; i++)
		SMIME_TRY(policy_bind_text(stmt, n++, call->texts[i]));
	for (size_t i = 0; i < call->number_count; i++)
		SMIME_TRY(policy_bind_int(stmt, n++, call->numbers[i]));
	SMIME_TRY(policy_step(stmt, &row, diag));
	if (number)
		*number = row ? policy_column_int(stmt, 0) : 0;
	return SMIME_OK;
}

/* Untrusted, or active, or, when there is an active one already, its successor or a candidate. */
static enum smime_status
choose_state(struct policy_harvester *h, const struct policy_harvest *key, const char **state,
    struct smime_diag *diag)
{
	struct call others = { .sql = POLICY_SQL_HARVESTED_OTHERS,
		.texts = { key->address, smime_cert_fingerprint_hex(key->cert) },
		.text_count = 2 };
	int64_t count;

	*state = "untrusted";
	if (!key->verified)
		return SMIME_OK;
	SMIME_TRY(run(h, &others, &count, diag));
	*state = count == 0 || key->updates ? "active" : "candidate";
	if (count == 0 || !key->updates)
		return SMIME_OK;
	others.sql = POLICY_SQL_HARVESTED_SUPERSEDE;
	return run(h, &others, NULL, diag);
}

/* Two new keys for one address, or for one domain, within two days: once, when the second comes. */
static enum smime_status
alert(struct policy_harvester *h, const char *address, int64_t now, struct smime_diag *diag)
{
	const char *at = strrchr(address, '@');
	const char *subjects[] = { address, at ? at + 1 : NULL };
	static const enum policy_sql counts[] = { POLICY_SQL_HARVESTED_NEW_FOR_ADDRESS,
		POLICY_SQL_HARVESTED_NEW_FOR_DOMAIN };

	for (size_t i = 0; i < 2 && subjects[i]; i++) {
		const struct call call = { .sql = counts[i],
			.texts = { subjects[i] },
			.text_count = 1,
			.numbers = { now - ALERT_SPAN },
			.number_count = 1 };
		char text[400];
		int64_t count;

		SMIME_TRY(run(h, &call, &count, diag));
		if (count != 2)
			continue;
		(void)snprintf(text, sizeof text,
		    "harvest: two new keys for %.200s within 48 hours: is one of them forged?",
		    subjects[i]);
		h->tell(h->arg, true, text);
		break;
	}
	return SMIME_OK;
}

/* What the signer reads, if the signature is to be believed. */
static enum smime_status
announce(struct policy_harvester *h, const struct policy_harvest *key, struct smime_diag *diag)
{
	SMIME_AUTO_BUF names = { 0 };
	struct call call = { .sql = POLICY_SQL_HARVESTED_ANNOUNCE,
		.texts = { key->address, smime_cert_fingerprint_hex(key->cert), NULL },
		.text_count = 3,
		.numbers = { key->signed_at },
		.number_count = 1 };

	SMIME_TRY(smime_caps_print(&key->caps, &names));
	if (!key->verified || names.len == 0)
		return SMIME_OK;
	SMIME_TRY(smime_buf_terminate(&names));
	call.texts[2] = (const char *)names.data;
	return run(h, &call, NULL, diag);
}

static enum smime_status
add(struct policy_harvester *h, const struct policy_after *after, const struct policy_harvest *key,
    struct smime_diag *diag)
{
	const char *fingerprint = smime_cert_fingerprint_hex(key->cert), *state;
	SMIME_AUTO_BUF pem = { 0 };
	struct call call = { .sql = POLICY_SQL_HARVESTED_ADD,
		.texts = { fingerprint, key->address, NULL, NULL },
		.text_count = 4,
		.numbers = { after->now },
		.number_count = 1 };
	char text[400];

	SMIME_TRY(choose_state(h, key, &state, diag));
	SMIME_TRY(smime_cert_pem(key->cert, &pem));
	SMIME_TRY(smime_buf_terminate(&pem));
	call.texts[2] = (const char *)pem.data;
	call.texts[3] = state;
	SMIME_TRY(run(h, &call, NULL, diag));
	if (policy_db_changes(h->db) == 0)
		return SMIME_OK; /* known already */
	h->inserts++;
	(void)snprintf(text, sizeof text, "%.64s: harvested address=%.200s fingerprint=%s state=%s",
	    after->source ? after->source : "", key->address, fingerprint, state);
	h->tell(h->arg, false, text);
	return alert(h, key->address, after->now, diag);
}

/* Keys never used go first, then those not used for the longest time; those in use stay. */
static enum smime_status
evict(struct policy_harvester *h, uint64_t capacity, int64_t now, struct smime_diag *diag)
{
	const struct call size = { .sql = POLICY_SQL_HARVESTED_SIZE };
	const struct call drop = {
		.sql = POLICY_SQL_HARVESTED_EVICT, .numbers = { now - KEPT_SPAN }, .number_count = 1
	};
	int64_t octets;

	do {
		SMIME_TRY(run(h, &size, &octets, diag));
		if ((uint64_t)octets <= capacity)
			return SMIME_OK;
		SMIME_TRY(run(h, &drop, NULL, diag));
	} while (policy_db_changes(h->db) > 0);
	return SMIME_OK;
}

static enum smime_status
write_all(struct policy_harvester *h, const struct job *job, struct smime_diag *diag)
{
	const struct policy_after *after = &job->after;

	for (size_t i = 0; i < after->used.count; i++) {
		const struct call stamp = { .sql = POLICY_SQL_HARVESTED_STAMP,
			.texts = { smime_cert_fingerprint_hex(after->used.item[i]) },
			.text_count = 1,
			.numbers = { after->now },
			.number_count = 1 };

		SMIME_TRY(run(h, &stamp, NULL, diag));
	}
	for (size_t i = 0; i < after->harvest_count; i++) {
		SMIME_TRY(add(h, after, &after->harvest[i], diag));
		SMIME_TRY(announce(h, &after->harvest[i], diag));
	}
	if (h->inserts >= CHECK_EVERY) {
		h->inserts = 0;
		SMIME_TRY(evict(h, job->capacity, after->now, diag));
	}
	return SMIME_OK;
}

static void
do_job(struct policy_harvester *h, const struct job *job)
{
	struct smime_diag diag = { 0 };
	enum smime_status status = policy_db_run(h->db, POLICY_SQL_BEGIN_WRITE, &diag);
	char text[400];

	if (status == SMIME_OK) {
		status = write_all(h, job, &diag);
		if (status == SMIME_OK)
			status = policy_db_run(h->db, POLICY_SQL_COMMIT, &diag);
		else
			(void)!policy_db_run(h->db, POLICY_SQL_ROLLBACK, NULL);
	}
	if (status == SMIME_OK)
		return;
	(void)snprintf(text, sizeof text, "harvest: not written: %.250s", diag.text);
	h->tell(h->arg, true, text);
}

/* ---- the thread ---- */

static bool
take(struct policy_harvester *h, struct job *out)
{
	bool some;

	(void)pthread_mutex_lock(&h->lock);
	while (h->count == 0 && !h->stop)
		(void)pthread_cond_wait(&h->changed, &h->lock);
	some = h->count > 0;
	if (some) {
		*out = h->queue[h->first];
		h->first = (h->first + 1) % QUEUE_MAX;
		h->count--;
	}
	(void)pthread_mutex_unlock(&h->lock);
	return some;
}

static void *
work(void *arg)
{
	struct policy_harvester *h = arg;
	struct job job;

	while (take(h, &job)) {
		do_job(h, &job);
		policy_after_reset(&job.after);
	}
	return NULL;
}

enum smime_status
policy_harvester_new(const char *path, policy_tell *tell, void *arg, struct policy_harvester **out,
    struct smime_diag *diag)
{
	struct policy_harvester *h = calloc(1, sizeof *h);
	enum smime_status status;

	*out = NULL;
	if (!h)
		return SMIME_E_SYSTEM;
	h->tell = tell;
	h->arg = arg;
	status = policy_db_open(path, POLICY_DB_WRITE, &h->db, diag);
	if (status == SMIME_OK &&
	    (pthread_mutex_init(&h->lock, NULL) != 0 || pthread_cond_init(&h->changed, NULL) != 0 ||
		pthread_create(&h->thread, NULL, work, h) != 0))
		status = smime_fail(diag, SMIME_E_SYSTEM, NULL, "no thread for harvesting");
	if (status != SMIME_OK) {
		policy_db_free(&h->db);
		free(h);
		return status;
	}
	*out = h;
	return SMIME_OK;
}

void
policy_harvester_push(
    struct policy_harvester *harvester, uint64_t capacity, struct policy_after *after)
{
	bool full;

	if (after->harvest_count == 0 && after->used.count == 0)
		return;
	(void)pthread_mutex_lock(&harvester->lock);
	full = harvester->count == QUEUE_MAX;
	if (!full) {
		size_t at = (harvester->first + harvester->count++) % QUEUE_MAX;

		harvester->queue[at] = (struct job){ .after = *after, .capacity = capacity };
		*after = (struct policy_after){ 0 };
		(void)pthread_cond_signal(&harvester->changed);
	}
	(void)pthread_mutex_unlock(&harvester->lock);
	if (full)
		harvester->tell(harvester->arg, true,
		    "harvest: too much waits to be written; keys of one message are forgotten");
}

void
policy_harvester_free(struct policy_harvester **harvester)
{
	struct policy_harvester *h = *harvester;

	*harvester = NULL;
	if (!h)
		return;
	(void)pthread_mutex_lock(&h->lock);
	h->stop = true;
	(void)pthread_cond_signal(&h->changed);
	(void)pthread_mutex_unlock(&h->lock);
	(void)pthread_join(h->thread, NULL);
	policy_db_free(&h->db);
	(void)pthread_cond_destroy(&h->changed);
	(void)pthread_mutex_destroy(&h->lock);
	free(h);
}
