/* test_session.c - what callbacks tell becomes one message, fact by fact and octet by octet. */
#include "session.h"
#include "support.h"
#include "support_gateway.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct gateway gateway;
static struct gateway_session *session;
static struct fake_mta fake;
static int log_fd;

/* What the last message was, as policy would see it. */
static struct {
	unsigned count;
	char facts[1000], recipients[1000];
	char octets[5000];
} seen;

static enum smime_status
remember(struct gateway *unused, struct policy_message *m, struct gateway_judgement *out,
    struct smime_diag *diag)
{
	struct smime_bytes view;
	size_t used = 0;

	(void)unused;
	seen.count++;
	(void)snprintf(seen.facts, sizeof seen.facts, "%s|%s|%s|%s|%s|%s|%s|%s", m->client_ip,
	    m->client_name, m->listener, m->helo, m->auth_user, m->queue_id, m->mail_from,
	    m->mail_args);
	for (size_t i = 0; i < m->recipient_count; i++)
		used += (size_t)snprintf(seen.recipients + used, sizeof seen.recipients - used,
		    "%s,%s,%s;", m->recipients[i].address, m->recipients[i].exact,
		    m->recipients[i].args);
	ck_assert_int_eq(smime_spool_view(m->spool, &view, NULL), SMIME_OK);
	(void)snprintf(seen.octets, sizeof seen.octets, "%.*s", (int)view.len, view.data);
	out->outcome = calloc(1, sizeof *out->outcome);
	out->outcome->reply = POLICY_REPLY_DISCARD;
	out->outcome->record = strdup("direction=incoming");
	(void)diag;
	return SMIME_OK;
}

static void
setup(void)
{
	static const struct gateway_gate_conf wide = { .width = 2, .wait_ms = 10, .alive_ms = 10 };

	log_fd = open("/tmp", O_TMPFILE | O_RDWR, 0600);
	ck_assert_int_ge(log_fd, 0);
	memset(&seen, 0, sizeof seen);
	gateway = (struct gateway){ .judge = remember };
	ck_assert_int_eq(gateway_log_new(log_fd, &gateway.log), SMIME_OK);
	ck_assert_int_eq(gateway_gate_new(&wide, &gateway.gate), SMIME_OK);
	ck_assert_int_eq(gateway_session_new(&gateway, &session), SMIME_OK);
}

static void
teardown(void)
{
	gateway_session_free(&session);
	gateway_gate_free(&gateway.gate);
	gateway_log_free(&gateway.log);
	fake_mta_reset(&fake);
	(void)close(log_fd);
}

static const char *
logged(void)
{
	static char text[4000];
	ssize_t n = pread(log_fd, text, sizeof text - 1, 0);

	text[n > 0 ? n : 0] = 0;
	return text;
}

static enum gateway_answer
connect_from(const char *ip)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	const struct sockaddr *address = NULL;

	if (ip && inet_pton(AF_INET, ip, &v4.sin_addr) == 1)
		address = (const struct sockaddr *)&v4;
	else if (ip && inet_pton(AF_INET6, ip, &v6.sin6_addr) == 1)
		address = (const struct sockaddr *)&v6;
	return gateway_session_connect(session, &fake.base, "host.test", address);
}

static const struct fake_envelope plain = { .from = "<a@lab.test>" };

START_TEST(facts_of_an_smtp_session_arrive)
{
	static const struct fake_envelope envelope = {
		.from = "<A@lab.test>", .mail_arg = "SIZE=18", .rcpt_arg = "NOTIFY=NEVER"
	};

	fake_mta_init(&fake, FAKE_POSTFIX, "Subject: x\n\nbody\n");
	fake_mta_recipient(&fake, "<B@Dest.test>");
	fake_mta_recipient(&fake, "<c@dest.test>");
	fake_mta_macro(&fake, "{client_resolve}", "OK");
	fake_mta_macro(&fake, "{client_name}", "client.test");
	/* Pitfall 7: at the end of the message Postfix tells main.cf's name. */
	fake_mta_macro(&fake, "{daemon_name}", "SUBMISSION");
	ck_assert_int_eq(connect_from("192.0.2.7"), GATEWAY_CONTINUE);
	ck_assert_int_eq(gateway_session_helo(session, "me.test"), GATEWAY_CONTINUE);
	fake_mta_macro(&fake, "{auth_authen}", "anna");
	ck_assert_int_eq(fake_mta_run(&fake, session, &envelope), GATEWAY_DISCARD);
	ck_assert_str_eq(
	    seen.facts, "192.0.2.7|client.test|SUBMISSION|me.test|anna|4QUEUE1|A@lab.test|SIZE=18");
	/* Pitfall 16: recipients keep the exact spelling that deleting them takes. */
	ck_assert_str_eq(seen.recipients,
	    "B@Dest.test,<B@Dest.test>,NOTIFY=NEVER;c@dest.test,<c@dest.test>,NOTIFY=NEVER;");
}
END_TEST

START_TEST(pitfall_7_the_listener_is_that_of_the_connection)
{
	fake_mta_init(&fake, FAKE_POSTFIX, "Subject: x\n\nbody\n");
	fake_mta_recipient(&fake, "<b@dest.test>");
	fake_mta_macro(&fake, "{daemon_name}", "SUBMISSION");
	ck_assert_int_eq(connect_from("192.0.2.7"), GATEWAY_CONTINUE);
	(void)fake_mta_run(&fake, session, &plain);
	(void)fake_mta_run(&fake, session, &plain);
	ck_assert_uint_eq(seen.count, 2);
	ck_assert_ptr_nonnull(strstr(seen.facts, "|SUBMISSION|"));
}
END_TEST

/* Pitfall 9: Postfix has no queue id at MAIL and RCPT; Sendmail always has. */
START_TEST(pitfall_9_the_queue_id_is_taken_whenever_it_comes)
{
	for (int kind = FAKE_POSTFIX; kind <= FAKE_SENDMAIL; kind++) {
		fake_mta_init(&fake, (enum fake_kind)kind, "Subject: x\n\nbody\n");
		fake_mta_recipient(&fake, "<b@dest.test>");
		if (kind == FAKE_SENDMAIL)
			fake_mta_macro(&fake, "i", "4QUEUE1");
		(void)connect_from("192.0.2.7");
		(void)fake_mta_run(&fake, session, &plain);
		ck_assert_ptr_nonnull(strstr(seen.facts, "|4QUEUE1|"));
		if (kind == FAKE_POSTFIX)
			fake_mta_reset(&fake);
	}
	ck_assert_ptr_nonnull(
	    strstr(logged(), "]: 4QUEUE1: direction=incoming answer=discard ms="));
}
END_TEST

/* Pitfall 10: local submission gives no brackets, and "" for the null sender. */
START_TEST(pitfall_10_addresses_come_with_and_without_brackets)
{
	static const struct {
		const char *given, *want;
	} rows[] = {
		{ "<a@b>", "|a@b|" },
		{ "a@b", "|a@b|" },
		{ "<>", "|4QUEUE1||" },
		{ "", "|4QUEUE1||" },
		{ "<", "|<|" },
	};

	fake_mta_init(&fake, FAKE_POSTFIX, "Subject: x\n\nbody\n");
	fake_mta_recipient(&fake, "b@dest.test");
	(void)connect_from(NULL);
	for (int i = 0; i < ROWS(rows); i++) {
		struct fake_envelope envelope = { .from = rows[i].given };

		(void)fake_mta_run(&fake, session, &envelope);
		ck_assert_msg(strstr(seen.facts, rows[i].want) != NULL, "%s", seen.facts);
		ck_assert_str_eq(seen.recipients, "b@dest.test,b@dest.test,;");
	}
}
END_TEST

/* Pitfall 8: {client_addr} must be asked for; the socket's address is there without. */
START_TEST(pitfall_8_the_client_address_comes_from_socket_or_macro)
{
	fake_mta_init(&fake, FAKE_SENDMAIL, "Subject: x\n\nbody\n");
	fake_mta_recipient(&fake, "b@dest.test");
	(void)connect_from("2001:db8::1");
	(void)fake_mta_run(&fake, session, &plain);
	ck_assert_int_eq(strncmp(seen.facts, "2001:db8::1|", 12), 0);
	fake_mta_macro(&fake, "{client_addr}", "IPv6:2001:db8::2");
	(void)connect_from(NULL);
	(void)fake_mta_run(&fake, session, &plain);
	ck_assert_int_eq(strncmp(seen.facts, "2001:db8::2|", 12), 0);
	fake_mta_macro(&fake, "{client_addr}", "192.0.2.9");
	(void)connect_from(NULL);
	(void)fake_mta_run(&fake, session, &plain);
	ck_assert_int_eq(strncmp(seen.facts, "192.0.2.9|", 10), 0);
}
END_TEST

START_TEST(only_verified_names_are_names)
{
	static const struct {
		const char *resolve, *name, *want;
	} rows[] = {
		{ "OK", "client.test", "|client.test|" },
		{ "FORGED", "client.test", "192.0.2.7|||" },
		{ "FAIL", "unknown", "192.0.2.7|||" },
		{ "OK", "unknown", "192.0.2.7|||" },
		{ "OK", "[192.0.2.7]", "192.0.2.7|||" },
	};

	fake_mta_init(&fake, FAKE_POSTFIX, "Subject: x\n\nbody\n");
	fake_mta_recipient(&fake, "b@dest.test");
	(void)connect_from("192.0.2.7");
	(void)fake_mta_run(&fake, session, &plain);
	ck_assert_int_eq(strncmp(seen.facts, "192.0.2.7||of-main.cf", 11), 0);
	for (int i = 0; i < ROWS(rows); i++) {
		fake_mta_macro(&fake, "{daemon_name}", "");
		fake_mta_macro(&fake, "{client_resolve}", rows[i].resolve);
		fake_mta_macro(&fake, "{client_name}", rows[i].name);
		(void)connect_from("192.0.2.7");
		(void)fake_mta_run(&fake, session, &plain);
		ck_assert_msg(strstr(seen.facts, rows[i].want) != NULL, "%s", seen.facts);
	}
}
END_TEST

START_TEST(octets_come_together_as_they_were_sent)
{
	static const char text[] =
	    "Subject:nospc\r\nX-Tab:\tv\r\nX-Sp:  two \r\nX-Fold: a\r\n\tb\r\n  c"
	    "\r\nEmpty:\r\nX-8bit: \xE9\xC3\xA9\r\nSubject: again\r\n\r\n"
	    "line\r\n.\r\n\r\nlast\r\n";

	for (size_t piece = 1; piece < 40; piece++) {
		struct fake_envelope envelope = { .from = "<a@b>", .piece = piece };

		fake_mta_init(&fake, FAKE_POSTFIX, text);
		fake_mta_recipient(&fake, "<b@dest.test>");
		(void)connect_from("192.0.2.7");
		(void)fake_mta_run(&fake, session, &envelope);
		ck_assert_str_eq(seen.octets, text);
		if (piece < 39)
			fake_mta_reset(&fake);
	}
}
END_TEST

START_TEST(a_message_without_body_or_header_is_one)
{
	fake_mta_init(&fake, FAKE_POSTFIX, "");
	fake_mta_recipient(&fake, "<b@dest.test>");
	(void)connect_from("192.0.2.7");
	(void)fake_mta_run(&fake, session, &plain);
	ck_assert_str_eq(seen.octets, "\r\n");
}
END_TEST

START_TEST(a_session_has_many_messages_and_aborts_some)
{
	char *mail[] = { strdup("<x@y>"), NULL };

	fake_mta_init(&fake, FAKE_SENDMAIL, "Subject: x\n\nbody\n");
	fake_mta_recipient(&fake, "<b@dest.test>");
	fake_mta_macro(&fake, "i", "4ABORT1");
	(void)connect_from("192.0.2.7");
	(void)gateway_session_mail(session, &fake.base, mail);
	gateway_session_abort(session); /* RSET before DATA: no message, no line */
	ck_assert_str_eq(logged(), "");
	(void)gateway_session_mail(session, &fake.base, mail);
	(void)gateway_session_header(session, "A", " b");
	gateway_session_abort(session);
	gateway_session_abort(session);
	ck_assert_ptr_nonnull(strstr(logged(), "]: 4ABORT1: action=aborted ms="));
	(void)fake_mta_run(&fake, session, &plain);
	ck_assert_uint_eq(seen.count, 1);
	ck_assert_str_eq(seen.octets, "Subject: x\r\n\r\nbody\r\n");
	free(mail[0]);
}
END_TEST

/* Pitfall 21: state is in the session alone, so that two of them can take turns on one thread. */
START_TEST(pitfall_21_sessions_do_not_mix)
{
	struct gateway_session *other = NULL;
	char *first[] = { strdup("<first@x>"), NULL };
	char *second[] = { strdup("<second@x>"), NULL };
	char *rcpt[] = { strdup("<r@x>"), NULL };

	fake_mta_init(&fake, FAKE_SENDMAIL, "\n");
	ck_assert_int_eq(gateway_session_new(&gateway, &other), SMIME_OK);
	(void)gateway_session_mail(session, &fake.base, first);
	(void)gateway_session_mail(other, &fake.base, second);
	(void)gateway_session_rcpt(session, rcpt);
	(void)gateway_session_header(other, "Subject", " second");
	(void)gateway_session_header(session, "Subject", " first");
	(void)gateway_session_end_of_header(session, &fake.base);
	(void)gateway_session_end_of_message(session, &fake.base);
	ck_assert_str_eq(seen.octets, "Subject: first\r\n\r\n");
	(void)gateway_session_end_of_message(other, &fake.base);
	ck_assert_str_eq(seen.octets, "Subject: second\r\n");
	gateway_session_free(&other);
	free(first[0]);
	free(second[0]);
	free(rcpt[0]);
}
END_TEST

START_TEST(the_exempt_listener_is_left_alone_from_here_only)
{
	gateway.exempt = "REINJECT";
	fake_mta_init(&fake, FAKE_POSTFIX, "\n");
	fake_mta_macro(&fake, "{daemon_name}", "REINJECT");
	ck_assert_int_eq(connect_from("127.0.0.1"), GATEWAY_ACCEPT);
	ck_assert_int_eq(connect_from("::1"), GATEWAY_ACCEPT);
	ck_assert_int_eq(connect_from("192.0.2.7"), GATEWAY_CONTINUE);
	fake_mta_macro(&fake, "{daemon_name}", "OTHER");
	ck_assert_int_eq(connect_from("127.0.0.1"), GATEWAY_CONTINUE);
}
END_TEST

START_TEST(nobody_connects_while_we_stop)
{
	fake_mta_init(&fake, FAKE_POSTFIX, "\n");
	gateway_gate_close(gateway.gate);
	ck_assert_int_eq(connect_from("127.0.0.1"), GATEWAY_TEMPFAIL);
}
END_TEST

/* Pitfall 14: the answer comes from us, with a text, at the end of the message. */
START_TEST(a_message_that_is_too_big_is_refused_at_its_end)
{
	gateway.spool.size_max = 100;
	fake_mta_init(&fake, FAKE_POSTFIX,
	    "Subject: x\n\n12345678901234567890123456789012345678901234567890\n"
	    "123456789012345678901234567890123456789012345678901234567890\n");
	fake_mta_recipient(&fake, "<b@dest.test>");
	(void)connect_from("192.0.2.7");
	ck_assert_int_eq(fake_mta_run(&fake, session, &plain), GATEWAY_REJECT);
	ck_assert_str_eq(fake.code, "552");
	ck_assert_str_eq(fake.xcode, "5.3.4");
	ck_assert_uint_eq(seen.count, 0);
	ck_assert_ptr_nonnull(strstr(logged(), "4QUEUE1: action=none from=a@lab.test recipients=1 "
					       "failure=limit reason=\"the message is too big\" "
					       "answer=reject ms="));
}
END_TEST

START_TEST(a_spool_that_cannot_be_written_is_a_failure_of_ours)
{
	gateway.spool.dir = "/nonexistent";
	gateway.spool.memory_max = 10;
	fake_mta_init(&fake, FAKE_POSTFIX, "Subject: x\n\n1234567890\n");
	fake_mta_recipient(&fake, "<b@dest.test>");
	(void)connect_from("192.0.2.7");
	ck_assert_int_eq(fake_mta_run(&fake, session, &plain), GATEWAY_TEMPFAIL);
	ck_assert_str_eq(fake.code, "451");
	ck_assert_str_eq(fake.xcode, "4.3.0");
	ck_assert_uint_eq(seen.count, 0);
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("session");
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, facts_of_an_smtp_session_arrive);
	tcase_add_test(tc, pitfall_7_the_listener_is_that_of_the_connection);
	tcase_add_test(tc, pitfall_9_the_queue_id_is_taken_whenever_it_comes);
	tcase_add_test(tc, pitfall_10_addresses_come_with_and_without_brackets);
	tcase_add_test(tc, pitfall_8_the_client_address_comes_from_socket_or_macro);
	tcase_add_test(tc, only_verified_names_are_names);
	tcase_add_test(tc, octets_come_together_as_they_were_sent);
	tcase_add_test(tc, a_message_without_body_or_header_is_one);
	tcase_add_test(tc, a_session_has_many_messages_and_aborts_some);
	tcase_add_test(tc, pitfall_21_sessions_do_not_mix);
	tcase_add_test(tc, the_exempt_listener_is_left_alone_from_here_only);
	tcase_add_test(tc, nobody_connects_while_we_stop);
	tcase_add_test(tc, a_message_that_is_too_big_is_refused_at_its_end);
	tcase_add_test(tc, a_spool_that_cannot_be_written_is_a_failure_of_ours);
	suite_add_tcase(suite, tc);
	return suite;
}
