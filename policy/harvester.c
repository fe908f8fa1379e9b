/*
 * harvester.c - a thread that writes harvested keys, usage stamps and wrapped keys that were seen,
 * after the answer.  DESIGN section 6, R-DEC-REPLAY.
 *
 * One transaction for each message. A failure is told and what was to be written is forgotten: the
 * key comes again with the next message, and no message ever waits for it. Memory: QUEUE_MAX
 * messages' certificates.
 */
#include "harvest_write.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define QUEUE_MAX 1000

struct policy_harvester {
	struct policy_db *db; /* the thread's */
	policy_tell *tell;
	void *arg;
	pthread_t thread;
	pthread_mutex_t lock;    /* guards what follows */
	struct policy_db *fresh; /* to be used from now on; NULL: db stays */
	pthread_cond_t changed;
	struct policy_after queue[QUEUE_MAX];
	size_t first, count;
	bool stop;
};

/* One message. False: it could not be written, and what it held is forgotten. */
static bool
write_one(struct policy_harvester *h, const struct policy_after *after)
{
	struct policy_telling telling = { 0 };
	struct smime_diag diag = { 0 };
	enum smime_status status = policy_db_run(h->db, POLICY_SQL_BEGIN_WRITE, &diag);
	char text[400];

	if (status == SMIME_OK) {
		status = policy_harvest_write(h->db, after, &telling, &diag);
		if (status == SMIME_OK)
			status = policy_db_run(h->db, POLICY_SQL_COMMIT, &diag);
		if (status != SMIME_OK)
			(void)!policy_db_run(h->db, POLICY_SQL_ROLLBACK, NULL);
	}
	if (status == SMIME_OK) {
		policy_telling_give(&telling, h->tell, h->arg);
	} else {
		(void)snprintf(text, sizeof text, "harvest: not written: %.250s", diag.text);
		h->tell(h->arg, true, text);
	}
	smime_buf_reset(&telling.lines);
	return status == SMIME_OK;
}

/* ---- the thread ---- */

static bool
take(struct policy_harvester *h, struct policy_after *out)
{
	bool some;

	(void)pthread_mutex_lock(&h->lock);
	while (h->count == 0 && !h->stop)
		(void)pthread_cond_wait(&h->changed, &h->lock);
	some = h->count > 0;
	if (h->fresh) {
		policy_db_free(&h->db);
		h->db = h->fresh;
		h->fresh = NULL;
	}
	if (some) {
		*out = h->queue[h->first];
		h->first = (h->first + 1) % QUEUE_MAX;
		h->count--;
	}
	(void)pthread_mutex_unlock(&h->lock);
	return some;
}

/* Who stops does not wait for a database that does not answer: the first failure ends it. */
static void
forget_rest(struct policy_harvester *h)
{
	(void)pthread_mutex_lock(&h->lock);
	for (; h->stop && h->count > 0; h->count--) {
		policy_after_reset(&h->queue[h->first]);
		h->first = (h->first + 1) % QUEUE_MAX;
	}
	(void)pthread_mutex_unlock(&h->lock);
}

static void *
work(void *arg)
{
	struct policy_harvester *h = arg;
	struct policy_after after;

	while (take(h, &after)) {
		if (!write_one(h, &after))
			forget_rest(h);
		policy_after_reset(&after);
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

enum smime_status
policy_harvester_reopen(struct policy_harvester *h, const char *path, struct smime_diag *diag)
{
	struct policy_db *fresh;

	SMIME_TRY(policy_db_open(path, POLICY_DB_WRITE, &fresh, diag));
	(void)pthread_mutex_lock(&h->lock);
	policy_db_free(&h->fresh);
	h->fresh = fresh;
	(void)pthread_mutex_unlock(&h->lock);
	return SMIME_OK;
}

void
policy_harvester_push(struct policy_harvester *harvester, struct policy_after *after)
{
	bool full;

	if (after->harvest_count == 0 && after->use_count == 0 && after->seen_count == 0)
		return;
	(void)pthread_mutex_lock(&harvester->lock);
	full = harvester->count == QUEUE_MAX;
	if (!full) {
		size_t at = (harvester->first + harvester->count++) % QUEUE_MAX;

		harvester->queue[at] = *after;
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
	policy_db_free(&h->fresh);
	(void)pthread_cond_destroy(&h->changed);
	(void)pthread_mutex_destroy(&h->lock);
	free(h);
}
