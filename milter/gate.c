/*
 * gate.c - how many messages may be worked on at once, and waiting until all are done.
 * libmilter starts a thread whenever none is idle, without an upper bound: the bound is here. A
 * message that waits too long is better deferred, because its client will not wait for ever.
 */
#include "gate.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

struct gateway_gate {
	struct gateway_gate_conf conf;
	pthread_mutex_t mutex; /* guards what follows */
	pthread_cond_t changed;
	unsigned inside;
	bool closed;
};

enum smime_status
gateway_gate_new(const struct gateway_gate_conf *conf, struct gateway_gate **out)
{
	struct gateway_gate *gate = calloc(1, sizeof *gate);
	pthread_condattr_t attr;

	*out = NULL;
	if (!gate)
		return SMIME_E_SYSTEM;
	gate->conf = *conf;
	(void)pthread_mutex_init(&gate->mutex, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&gate->changed, &attr);
	(void)pthread_condattr_destroy(&attr);
	*out = gate;
	return SMIME_OK;
}

void
gateway_gate_free(struct gateway_gate **gate)
{
	if (!*gate)
		return;
	(void)pthread_cond_destroy(&(*gate)->changed);
	(void)pthread_mutex_destroy(&(*gate)->mutex);
	free(*gate);
	*gate = NULL;
}

static struct timespec
in_ms(int64_t ms)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += ms / 1000;
	t.tv_nsec += ms % 1000 * 1000000;
	if (t.tv_nsec >= 1000000000) {
		t.tv_sec++;
		t.tv_nsec -= 1000000000;
	}
	return t;
}

/* Wait, locked, until there is room or the gate is closed. False when ms went by. */
static bool
wait_for_room(struct gateway_gate *gate, int64_t ms)
{
	struct timespec until = in_ms(ms);

	while (gate->inside >= gate->conf.width && !gate->closed)
		if (pthread_cond_timedwait(&gate->changed, &gate->mutex, &until) == ETIMEDOUT)
			return gate->inside < gate->conf.width || gate->closed;
	return true;
}

bool
gateway_gate_enter(struct gateway_gate *gate, struct gateway_mta *mta)
{
	int64_t waited = 0;
	bool entered;

	(void)pthread_mutex_lock(&gate->mutex);
	while (!wait_for_room(gate, gate->conf.alive_ms)) {
		waited += gate->conf.alive_ms;
		if (waited >= gate->conf.wait_ms)
			break;
		(void)pthread_mutex_unlock(&gate->mutex);
		/* If the MTA is gone, its message fails soon enough. */
		(void)!mta->ops->progress(mta);
		(void)pthread_mutex_lock(&gate->mutex);
	}
	entered = gate->inside < gate->conf.width && !gate->closed;
	gate->inside += entered;
	(void)pthread_mutex_unlock(&gate->mutex);
	return entered;
}

void
gateway_gate_leave(struct gateway_gate *gate)
{
	(void)pthread_mutex_lock(&gate->mutex);
	gate->inside--;
	(void)pthread_cond_broadcast(&gate->changed);
	(void)pthread_mutex_unlock(&gate->mutex);
}

void
gateway_gate_close(struct gateway_gate *gate)
{
	(void)pthread_mutex_lock(&gate->mutex);
	gate->closed = true;
	(void)pthread_cond_broadcast(&gate->changed);
	(void)pthread_mutex_unlock(&gate->mutex);
}

bool
gateway_gate_is_closed(struct gateway_gate *gate)
{
	bool closed;

	(void)pthread_mutex_lock(&gate->mutex);
	closed = gate->closed;
	(void)pthread_mutex_unlock(&gate->mutex);
	return closed;
}

unsigned
gateway_gate_drain(struct gateway_gate *gate, int64_t ms)
{
	struct timespec until = in_ms(ms);
	unsigned inside;

	(void)pthread_mutex_lock(&gate->mutex);
	while (gate->inside > 0)
		if (pthread_cond_timedwait(&gate->changed, &gate->mutex, &until) == ETIMEDOUT)
			break;
	inside = gate->inside;
	(void)pthread_mutex_unlock(&gate->mutex);
	return inside;
}
