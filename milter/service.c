/*
 * service.c - run libmilter until a signal says stop; reload; drain.
 *
 * libmilter's own thread waits for SIGTERM too, and would end the process's work within about 4 s
 * whatever is in hand. The main thread waits for the same signals: Linux gives a signal sent to the
 * process to the main thread when it waits for it. Should libmilter's thread get it after all, its
 * smfi_main() returns, which we take as the same request: work in hand is finished either way.
 */
#include "service.h"

#include "socket.h"
#include <errno.h>
#include <libmilter/mfapi.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>

/* libmilter writes an answer just after our callback has returned. */
#define LAST_WORDS_MS 200
#define WAKE_MS       50

struct listener {
	pthread_t main_thread;
	atomic_bool ended;
	int result;
};

static void
wanted_signals(sigset_t *set)
{
	(void)sigemptyset(set);
	(void)sigaddset(set, SIGUSR1);
	(void)sigaddset(set, SIGTERM);
	(void)sigaddset(set, SIGINT);
	(void)sigaddset(set, SIGHUP);
}

void
gateway_service_block_signals(void)
{
	sigset_t set;

	wanted_signals(&set);
	(void)pthread_sigmask(SIG_BLOCK, &set, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
}

/* Asked before anybody waited for it: libmilter would take the signal, and call it a failure. */
static bool
is_asked_to_stop(void)
{
	sigset_t pending;

	return sigpending(&pending) == 0 &&
	       (sigismember(&pending, SIGTERM) == 1 || sigismember(&pending, SIGINT) == 1 ||
		   sigismember(&pending, SIGHUP) == 1);
}

static void *
listen_until_stopped(void *arg)
{
	struct listener *listener = arg;

	listener->result = is_asked_to_stop() ? MI_SUCCESS : smfi_main();
	atomic_store(&listener->ended, true);
	/* Blocked in every thread, and waited for there: it ends a sigwait(), not a thread. */
	// NOLINTNEXTLINE(bugprone-bad-signal-to-kill-thread,cert-pos44-c)
	(void)pthread_kill(listener->main_thread, SIGTERM);
	return NULL;
}

static void
reload(struct gateway *gateway)
{
	struct smime_diag diag = { 0 };

	if (gateway->reload(gateway, &diag) == SMIME_OK)
		gateway_log_line(gateway->log, GATEWAY_INFO, "policy reloaded");
	else
		gateway_log_line(gateway->log, GATEWAY_ERROR,
		    "reload failed, the old policy stays in force: %s", diag.text);
}

/* Until a signal that ends the service. */
static void
wait_for_end(struct gateway *gateway)
{
	sigset_t set;
	int received = 0;

	wanted_signals(&set);
	while (sigwait(&set, &received) != 0 || received == SIGUSR1)
		if (received == SIGUSR1)
			reload(gateway);
}

/* Nothing new begins; what has begun is finished and answered. */
static unsigned
drain(struct gateway *gateway, int64_t drain_ms)
{
	const struct timespec last_words = { .tv_nsec = LAST_WORDS_MS * 1000000L };
	unsigned left;

	gateway_gate_close(gateway->gate);
	left = gateway_gate_drain(gateway->gate, drain_ms);
	(void)nanosleep(&last_words, NULL);
	if (left > 0)
		gateway_log_line(gateway->log, GATEWAY_ERROR,
		    "stopped with %u messages unanswered: their clients will send them again",
		    left);
	return left;
}

static void *
stop_libmilter(void *unused)
{
	(void)smfi_stop();
	return unused;
}

/* smfi_stop() waits for a lock that libmilter's listener holds while it waits, up to 5 s, for the
 * next connection: so we are that connection, until the listener is gone. */
static void
stop_listener(pthread_t listener_thread, const char *socket)
{
	pthread_t stopper;
	struct timespec until;

	if (pthread_create(&stopper, NULL, stop_libmilter, NULL) != 0) {
		(void)stop_libmilter(NULL);
		(void)pthread_join(listener_thread, NULL);
		return;
	}
	do {
		gateway_socket_wake(socket);
		(void)clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += WAKE_MS * 1000000L;
		until.tv_sec += until.tv_nsec / 1000000000L;
		until.tv_nsec %= 1000000000L;
	} while (pthread_timedjoin_np(listener_thread, NULL, &until) == ETIMEDOUT);
	(void)pthread_join(stopper, NULL);
}

enum smime_status
gateway_service_run(struct gateway *gateway, const char *socket, int64_t drain_ms)
{
	/* Static: should libmilter outlive this function's patience, its thread still refers to it.
	 */
	static struct listener listener;
	pthread_t thread;
	bool by_itself;
	unsigned left;

	listener.main_thread = pthread_self();
	if (pthread_create(&thread, NULL, listen_until_stopped, &listener) != 0)
		return SMIME_E_SYSTEM;
	wait_for_end(gateway);
	by_itself = atomic_load(&listener.ended) && listener.result != MI_SUCCESS;
	left = drain(gateway, drain_ms);
	stop_listener(thread, socket);
	if (by_itself)
		gateway_log_line(
		    gateway->log, GATEWAY_ERROR, "libmilter stopped because of an error");
	return by_itself || left > 0 ? SMIME_E_SYSTEM : SMIME_OK;
}
