/* expiry_watch.c - look every hour whether certificates expire: a thread that sleeps. The database
 * is opened for each round, so that nothing is held open in between. */
#include "policy/expiry.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#define HOUR 3600

struct policy_expiry_watch {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake; /* monotonic */
	bool stop;           /* under lock */
	char *path;
	policy_tell *tell;
	void *arg;
};

static void
look(const struct policy_expiry_watch *w)
{
	SMIME_AUTO(policy_db) db = NULL;
	struct smime_diag diag = { 0 };

	if (policy_db_open(w->path, POLICY_DB_WRITE, &db, &diag) == SMIME_OK &&
	    policy_expiry_round(db, time(NULL), w->tell, w->arg, &diag) == SMIME_OK)
		return;
	smime_diag_context(&diag, "certificates that expire");
	w->tell(w->arg, true, diag.text);
}

static void *
watch(void *arg)
{
	struct policy_expiry_watch *w = arg;
	struct timespec until;

	(void)pthread_mutex_lock(&w->lock);
	while (!w->stop) {
		(void)pthread_mutex_unlock(&w->lock);
		look(w);
		(void)clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_sec += HOUR;
		(void)pthread_mutex_lock(&w->lock);
		while (!w->stop && pthread_cond_timedwait(&w->wake, &w->lock, &until) == 0)
			;
	}
	(void)pthread_mutex_unlock(&w->lock);
	return NULL;
}

static bool
init_locks(struct policy_expiry_watch *w)
{
	pthread_condattr_t attributes;
	bool good;

	if (pthread_mutex_init(&w->lock, NULL) != 0)
		return false;
	good = pthread_condattr_init(&attributes) == 0;
	if (good) {
		good = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0 &&
		       pthread_cond_init(&w->wake, &attributes) == 0;
		(void)pthread_condattr_destroy(&attributes);
	}
	if (!good)
		(void)pthread_mutex_destroy(&w->lock);
	return good;
}

enum smime_status
policy_expiry_watch_new(
    const char *path, policy_tell *tell, void *arg, struct policy_expiry_watch **out)
{
	struct policy_expiry_watch *w = calloc(1, sizeof *w);

	*out = NULL;
	if (!w)
		return SMIME_E_SYSTEM;
	w->path = strdup(path);
	w->tell = tell;
	w->arg = arg;
	if (!w->path || !init_locks(w)) {
		free(w->path);
		free(w);
		return SMIME_E_SYSTEM;
	}
	if (pthread_create(&w->thread, NULL, watch, w) != 0) {
		(void)pthread_cond_destroy(&w->wake);
		(void)pthread_mutex_destroy(&w->lock);
		free(w->path);
		free(w);
		return SMIME_E_SYSTEM;
	}
	*out = w;
	return SMIME_OK;
}

void
policy_expiry_watch_free(struct policy_expiry_watch **watch)
{
	struct policy_expiry_watch *w = *watch;

	*watch = NULL;
	if (!w)
		return;
	(void)pthread_mutex_lock(&w->lock);
	w->stop = true;
	(void)pthread_cond_signal(&w->wake);
	(void)pthread_mutex_unlock(&w->lock);
	(void)pthread_join(w->thread, NULL);
	(void)pthread_cond_destroy(&w->wake);
	(void)pthread_mutex_destroy(&w->lock);
	free(w->path);
	free(w);
}
