/* test_service.c - the daemon as an MTA meets it: through libmilter, on a socket, with signals. */
#include "service.h"
#include "support.h"
#include "support_gateway.h"
#include "support_wire.h"

#include "callbacks.h"
#include "socket.h"
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* What Postfix 3.7 and Sendmail 8.17 offer. */
#define ACTIONS 0x1ff
#define STEPS   0x1fffff

static char dir[64], path[128], spec[160];
static int log_ends[2], go_ends[2];
static pid_t daemon_pid;
static bool stopped_early; /* the signal comes while the daemon starts */
static struct gateway gateway;

/* ---- the daemon, in a process of its own; policy goes by the sender ---- */

/* Tells that it is in work, and goes on when the test says so. */
static void
wait_for_go(void)
{
	char go;

	gateway_log_line(gateway.log, GATEWAY_INFO, "judging");
	ck_assert_int_eq(read(go_ends[0], &go, 1), 1);
}

static enum smime_status
judge(struct gateway *unused, struct policy_message *m, struct gateway_judgement *out,
    struct smime_diag *diag)
{
	struct policy_outcome *outcome = calloc(1, sizeof *outcome);
	struct policy_copy *copy;

	(void)unused;
	(void)diag;
	out->outcome = outcome;
	outcome->record = strdup(m->listener);
	if (strcmp(m->mail_from, "slow@x") == 0)
		wait_for_go();
	if (strcmp(m->mail_from, "refuse@x") == 0) {
		outcome->reply = POLICY_REPLY_REJECT;
		memcpy(outcome->code, "550", 4);
		memcpy(outcome->xcode, "5.7.1", 6);
		outcome->text = strdup("100% no");
		return SMIME_OK;
	}
	copy = outcome_copy(outcome, 0, m->recipient_count,
	    strcmp(m->mail_from, "seal@x") == 0 ? "Content-Type: x/y\r\n\r\nsealed\r\n" : NULL);
	if (strcmp(m->mail_from, "seal@x") == 0)
		outcome_edit(copy, POLICY_EDIT_RESULTS, "Authentication-Results", "gw; none", "gw");
	return SMIME_OK;
}

static enum smime_status
reload(struct gateway *unused, struct smime_diag *diag)
{
	static int times;

	(void)unused;
	return ++times == 1 ? SMIME_OK : smime_fail(diag, SMIME_E_SYSTEM, NULL, "no such file");
}

static int
run_daemon(void)
{
	static const struct gateway_gate_conf gate = {
		.width = 4, .wait_ms = 90000, .alive_ms = 20000
	};
	struct smime_diag diag = { 0 };

	gateway_service_block_signals();
	gateway.judge = judge;
	gateway.reload = reload;
	if (gateway_log_new(log_ends[1], &gateway.log) != SMIME_OK ||
	    gateway_gate_new(&gate, &gateway.gate) != SMIME_OK ||
	    !gateway_callbacks_register(&gateway) ||
	    gateway_socket_open(spec, 0600, NULL, &diag) != SMIME_OK)
		return 99;
	if (stopped_early)
		(void)kill(getpid(), SIGTERM);
	return gateway_service_run(&gateway, spec, 20000) == SMIME_OK ? 0 : 1;
}

static void
setup(void)
{
	(void)snprintf(dir, sizeof dir, "/tmp/service-test.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	(void)snprintf(path, sizeof path, "%s/s", dir);
	(void)snprintf(spec, sizeof spec, "unix:%s", path);
	ck_assert_int_eq(pipe(log_ends), 0);
	ck_assert_int_eq(pipe(go_ends), 0);
	daemon_pid = fork();
	if (daemon_pid == 0)
		_exit(run_daemon());
	(void)close(log_ends[1]);
}

static void
setup_stopped(void)
{
	stopped_early = true;
	setup();
}

/* Its exit status. */
static int
wait_for_daemon(void)
{
	int status = 0;

	ck_assert_int_eq(waitpid(daemon_pid, &status, 0), daemon_pid);
	daemon_pid = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void
teardown(void)
{
	if (daemon_pid > 0) {
		(void)kill(daemon_pid, SIGKILL);
		(void)wait_for_daemon();
	}
	(void)close(log_ends[0]);
	(void)close(go_ends[0]);
	(void)close(go_ends[1]);
	(void)unlink(path);
	(void)rmdir(dir);
}

/* Waits until the log holds text; all of it so far. */
static const char *
log_until(const char *text)
{
	static char all[8000];
	size_t used = strlen(all);

	while (!strstr(all, text)) {
		ssize_t n = read(log_ends[0], all + used, sizeof all - 1 - used);

		ck_assert_msg(n > 0, "the log ended without \"%s\": %s", text, all);
		used += (size_t)n;
		all[used] = 0;
	}
	return all;
}

/* A connection that is ready for a message. */
static void
begin(struct wire *wire)
{
	wire_connect(wire, path);
	ck_assert_int_eq(wire_negotiate(wire, ACTIONS, STEPS), 'O');
	wire_begin(wire);
}

/* ---- tests ---- */

/* Pitfall 8: macros that Postfix does not send by itself are asked for. */
START_TEST(pitfall_8_macros_are_asked_for_and_values_come_whole)
{
	struct wire wire;
	uint32_t flags[3];
	SMIME_AUTO_BUF asked = { 0 };

	wire_connect(&wire, path);
	ck_assert_int_eq(wire_negotiate(&wire, ACTIONS, STEPS), 'O');
	memcpy(flags, wire.data.data, sizeof flags);
	ck_assert_uint_eq(ntohl(flags[0]), 6);
	/* Change headers and body, delete recipients, quarantine, ask for macros. */
	ck_assert_uint_eq(ntohl(flags[1]) & 0x13b, 0x13b);
	ck_assert_uint_eq(ntohl(flags[2]), 0x100000); /* header values with their leading blank */
	for (size_t i = sizeof flags; i < wire.data.len; i++)
		ck_assert_int_eq(smime_buf_appendf(&asked, "%c",
				     wire.data.data[i] >= ' ' ? wire.data.data[i] : '|'),
		    SMIME_OK);
	ck_assert_int_eq(smime_buf_terminate(&asked), SMIME_OK);
	ck_assert_ptr_nonnull(strstr((char *)asked.data, "{client_addr}"));
	ck_assert_ptr_nonnull(strstr((char *)asked.data, "{daemon_port}"));
	ck_assert_ptr_nonnull(strstr((char *)asked.data, "{client_resolve}"));
	ck_assert_ptr_nonnull(strstr((char *)asked.data, "{auth_authen}"));
	wire_close(&wire);
}
END_TEST

START_TEST(an_mta_that_offers_too_little_is_refused)
{
	struct wire wire;

	wire_connect(&wire, path);
	ck_assert_int_ne(wire_negotiate(&wire, ACTIONS, STEPS & ~0x100000U), 'O');
	wire_close(&wire);
	wire_connect(&wire, path);
	ck_assert_int_ne(wire_negotiate(&wire, ACTIONS & ~0x10U, STEPS), 'O');
	wire_close(&wire);
	ck_assert_ptr_nonnull(strstr(log_until("Postfix 2.6"), "offers too little"));
}
END_TEST

START_TEST(a_message_is_sealed)
{
	struct wire wire;

	begin(&wire);
	wire_message(&wire, "<seal@x>", "<b@x>");
	ck_assert_int_eq(wire_end(&wire), 'c');
	ck_assert_str_eq((char *)wire.requests.data, "m 1 Content-Type \n"
						     "i 0 Authentication-Results  gw; none\n"
						     "i 1000000 MIME-Version  1.0\n"
						     "i 1000000 Content-Type  x/y\n");
	ck_assert_str_eq((char *)wire.body.data, "sealed\r\n");
	ck_assert_ptr_nonnull(strstr(log_until("ms="), "]: 4WIRE1: LISTENER answer=continue"));
	wire_close(&wire);
}
END_TEST

START_TEST(a_connection_carries_many_messages)
{
	struct wire wire;

	begin(&wire);
	for (int i = 0; i < 20; i++) {
		wire_message(&wire, i % 2 ? "<seal@x>" : "<a@x>", "<b@x>");
		ck_assert_int_eq(wire_end(&wire), 'c');
		ck_assert_uint_eq(wire.body.len, i % 2 ? 8 : 0);
		if (i % 3 == 0)
			wire_send(&wire, 'A', "", 0);
	}
	wire_send(&wire, 'Q', "", 0);
	ck_assert_int_eq(wire_receive(&wire), 0);
	wire_close(&wire);
}
END_TEST

/* Pitfall 18, through the real library. */
START_TEST(pitfall_18_a_refusal_with_percent_arrives)
{
	struct wire wire;

	begin(&wire);
	wire_message(&wire, "<refuse@x>", "<b@x>");
	ck_assert_int_eq(wire_end(&wire), 'y');
	ck_assert_str_eq(wire.reply, "550 5.7.1 100%% no");
	wire_close(&wire);
}
END_TEST

/* Pitfall 21: more sessions than threads, in turns. */
START_TEST(pitfall_21_many_sessions_at_once)
{
	struct wire wires[30];

	for (int i = 0; i < ROWS(wires); i++)
		begin(&wires[i]);
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < ROWS(wires); i++)
			wire_message(&wires[i], i % 2 ? "<seal@x>" : "<a@x>", "<b@x>");
		for (int i = 0; i < ROWS(wires); i++) {
			ck_assert_int_eq(wire_end(&wires[i]), 'c');
			ck_assert_uint_eq(wires[i].body.len, i % 2 ? 8 : 0);
		}
	}
	for (int i = 0; i < ROWS(wires); i++)
		wire_close(&wires[i]);
}
END_TEST

static void
let_go(void)
{
	ck_assert_int_eq(write(go_ends[1], "", 1), 1);
}

/* Waits until the daemon has taken the signal: what connects is deferred. */
static void
wait_until_it_stops(void)
{
	char answer = 'c';

	while (answer == 'c') {
		struct wire probe;

		wire_connect(&probe, path);
		ck_assert_int_eq(wire_negotiate(&probe, ACTIONS, STEPS), 'O');
		answer = wire_client(&probe);
		wire_close(&probe);
	}
}

START_TEST(stopping_finishes_what_has_begun)
{
	struct wire wire;

	begin(&wire);
	wire_message(&wire, "<slow@x>", "<b@x>");
	(void)log_until("judging");
	ck_assert_int_eq(kill(daemon_pid, SIGTERM), 0);
	wait_until_it_stops();
	let_go();
	ck_assert_int_eq(wire_end(&wire), 'c');
	ck_assert_int_eq(wait_for_daemon(), 0);
	wire_close(&wire);
}
END_TEST

START_TEST(stopping_defers_what_begins)
{
	struct wire slow, late;

	begin(&slow);
	begin(&late);
	wire_message(&slow, "<slow@x>", "<b@x>");
	(void)log_until("judging");
	ck_assert_int_eq(kill(daemon_pid, SIGHUP), 0);
	wait_until_it_stops();
	wire_message(&late, "<a@x>", "<b@x>");
	ck_assert_int_eq(wire_end(&late), 'y');
	ck_assert_int_eq(strncmp(late.reply, "451 4.3.2 ", 10), 0);
	let_go();
	ck_assert_int_eq(wire_end(&slow), 'c');
	ck_assert_int_eq(wait_for_daemon(), 0);
	wire_close(&slow);
	wire_close(&late);
}
END_TEST

START_TEST(an_idle_daemon_stops_at_once)
{
	struct wire wire;

	begin(&wire);
	alarm(10);
	ck_assert_int_eq(kill(daemon_pid, SIGINT), 0);
	ck_assert_int_eq(wait_for_daemon(), 0);
	alarm(0);
	wire_close(&wire);
}
END_TEST

START_TEST(stopping_while_it_starts_is_no_failure)
{
	ck_assert_int_eq(wait_for_daemon(), 0);
}
END_TEST

START_TEST(sigusr1_reloads_and_goes_on)
{
	struct wire wire;

	begin(&wire);
	ck_assert_int_eq(kill(daemon_pid, SIGUSR1), 0);
	(void)log_until("policy reloaded");
	ck_assert_int_eq(kill(daemon_pid, SIGUSR1), 0);
	(void)log_until("reload failed, the old policy stays in force: no such file");
	wire_message(&wire, "<a@x>", "<b@x>");
	ck_assert_int_eq(wire_end(&wire), 'c');
	wire_close(&wire);
}
END_TEST

/* Pitfall 5: a crash at the end of the message leaves the MTA without an answer, never with half a
 * message and a yes. */
START_TEST(pitfall_5_a_crash_is_no_answer)
{
	struct wire wire;

	begin(&wire);
	wire_message(&wire, "<slow@x>", "<b@x>");
	(void)log_until("judging");
	ck_assert_int_eq(kill(daemon_pid, SIGKILL), 0);
	ck_assert_int_eq(wire_end(&wire), 0);
	wire_close(&wire);
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("service");
	TCase *tc = tcase_create("all"), *early = tcase_create("stopped early");

	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, pitfall_8_macros_are_asked_for_and_values_come_whole);
	tcase_add_test(tc, an_mta_that_offers_too_little_is_refused);
	tcase_add_test(tc, a_message_is_sealed);
	tcase_add_test(tc, a_connection_carries_many_messages);
	tcase_add_test(tc, pitfall_18_a_refusal_with_percent_arrives);
	tcase_add_test(tc, pitfall_21_many_sessions_at_once);
	tcase_add_test(tc, stopping_finishes_what_has_begun);
	tcase_add_test(tc, stopping_defers_what_begins);
	tcase_add_test(tc, an_idle_daemon_stops_at_once);
	tcase_add_test(tc, sigusr1_reloads_and_goes_on);
	tcase_add_test(tc, pitfall_5_a_crash_is_no_answer);
	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(early, setup_stopped, teardown);
	tcase_add_test(early, stopping_while_it_starts_is_no_failure);
	suite_add_tcase(suite, early);
	return suite;
}
