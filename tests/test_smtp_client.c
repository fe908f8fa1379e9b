/* test_smtp_client.c - one message to a server that agrees, refuses, mumbles or goes away. */
#include "smtp_client.h"
#include "support.h"
#include "support_fake_smtp.h"

#include <stdio.h>
#include <string.h>

static struct fake_smtp fake;
static struct gateway_smtp_result result;
static struct smime_diag diag;
static const char *octets;
static const struct gateway_smtp_recipient recipients[] = {
	{ "b@dest.test", "NOTIFY=SUCCESS ORCPT=rfc822;x@y FOO=1" },
	{ "c@dest.test", "" },
};
static struct gateway_smtp_mail mail;
static struct gateway_smtp_server server;

static enum smime_status
write_octets(void *arg, struct smime_stage *out)
{
	(void)arg;
	SMIME_TRY(smime_push(out, octets, strlen(octets)));
	return smime_finish(out);
}

static void
setup(void)
{
	octets = "Subject: x\r\n\r\n.\r\n..\r\nbody\r\n.x\r\n";
	diag = (struct smime_diag){ 0 };
	server = (struct gateway_smtp_server){ "127.0.0.1", 0, "gw.test", 2000 };
	mail = (struct gateway_smtp_mail){
		.from = "a@lab.test",
		.args = "SIZE=99 BODY=7BIT RET=HDRS ENVID=q1 AUTH=<>",
		.recipients = recipients,
		.recipient_count = 2,
		.size = 1234,
		.client_name = "host.test",
		.client_ip = "2001:db8::1",
		.client_helo = "helo test",
		.queue_id = "QID1",
		.write = write_octets,
	};
}

static void
teardown(void)
{
	fake_smtp_reset(&fake);
}

static enum smime_status
send_with(const struct fake_smtp_rule *rules)
{
	enum smime_status status;

	fake_smtp_start(&fake, rules);
	server.port = fake.port;
	status = gateway_smtp_send(&server, &mail, &result, &diag);
	fake_smtp_stop(&fake);
	return status;
}

START_TEST(pitfall_20_a_message_is_handed_over_with_all_that_belongs_to_it)
{
	mail.eight_bit = true;
	ck_assert_int_eq(send_with(NULL), SMIME_OK);
	ck_assert_str_eq((char *)fake.commands.data,
	    "EHLO gw.test\n"
	    "XFORWARD NAME=host.test\nXFORWARD ADDR=IPv6:2001:db8::1\n"
	    "XFORWARD HELO=helo+20test\nXFORWARD IDENT=QID1\nXFORWARD SOURCE=REMOTE\n"
	    "MAIL FROM:<a@lab.test> SIZE=1234 BODY=8BITMIME RET=HDRS ENVID=q1\n"
	    "RCPT TO:<b@dest.test> NOTIFY=SUCCESS ORCPT=rfc822;x@y\n"
	    "RCPT TO:<c@dest.test>\nDATA\nQUIT\n");
	ck_assert_str_eq(
	    (char *)fake.message.data, "Subject: x\r\n\r\n..\r\n...\r\nbody\r\n..x\r\n");
	ck_assert_str_eq(result.queue_id, "4FAKE1");
	ck_assert_uint_eq(fake.messages, 1);
}
END_TEST

START_TEST(only_what_is_offered_is_used)
{
	static const struct fake_smtp_rule rules[] = { { "EHLO", "250 plain\r\n" },
		{ NULL, NULL } };

	mail.eight_bit = true;
	ck_assert_int_eq(send_with(rules), SMIME_OK);
	ck_assert_str_eq((char *)fake.commands.data,
	    "EHLO gw.test\nMAIL FROM:<a@lab.test>\nRCPT TO:<b@dest.test>\n"
	    "RCPT TO:<c@dest.test>\nDATA\nQUIT\n");
}
END_TEST

START_TEST(r_dec_dsn_what_was_decrypted_waits_for_a_listener_that_keeps_it_from_reports)
{
	static const struct fake_smtp_rule rules[] = { { "EHLO", "250 plain\r\n" },
		{ NULL, NULL } };

	mail.headers_only = true;
	ck_assert_int_eq(send_with(rules), SMIME_E_SYSTEM);
	ck_assert_str_eq(diag.token, "dsn");
	ck_assert_str_eq((char *)fake.commands.data, "EHLO gw.test\nQUIT\n");
	fake_smtp_reset(&fake);
	ck_assert_int_eq(send_with(NULL), SMIME_OK);
	ck_assert_ptr_nonnull(strstr((char *)fake.commands.data, " RET=HDRS ENVID=q1\n"));
	fake_smtp_reset(&fake);
	mail.from = ""; /* gets no report */
	ck_assert_int_eq(send_with(rules), SMIME_OK);
}
END_TEST

START_TEST(the_null_sender_and_unknown_clients_are_sent)
{
	mail.from = "";
	mail.args = "";
	mail.client_name = mail.client_ip = mail.client_helo = mail.queue_id = "";
	mail.size = 0;
	mail.recipient_count = 1;
	ck_assert_int_eq(send_with(NULL), SMIME_OK);
	ck_assert_ptr_nonnull(strstr((char *)fake.commands.data,
	    "XFORWARD NAME=[UNAVAILABLE]\nXFORWARD ADDR=[UNAVAILABLE]\n"));
	ck_assert_ptr_nonnull(strstr((char *)fake.commands.data, "\nMAIL FROM:<>\n"));
}
END_TEST

START_TEST(utf8_addresses_need_smtputf8)
{
	static const struct fake_smtp_rule rules[] = { { "EHLO", "250 plain\r\n" },
		{ NULL, NULL } };

	mail.from = "\xC3\xA9@lab.test";
	ck_assert_int_eq(send_with(NULL), SMIME_OK);
	ck_assert_ptr_nonnull(strstr((char *)fake.commands.data, " SMTPUTF8"));
	fake_smtp_reset(&fake);
	ck_assert_int_eq(send_with(rules), SMIME_E_UNSUPPORTED);
	ck_assert_ptr_nonnull(strstr(result.text, "SMTPUTF8"));
	ck_assert_ptr_null(strstr((char *)fake.commands.data, "DATA"));
}
END_TEST

START_TEST(sendmail_tells_its_queue_id_otherwise)
{
	static const struct fake_smtp_rule rules[] = {
		{ ".", "250 2.0.0 4AOB1C2d Message accepted for delivery\r\n" }, { NULL, NULL }
	};

	ck_assert_int_eq(send_with(rules), SMIME_OK);
	ck_assert_str_eq(result.queue_id, "4AOB1C2d");
}
END_TEST

/* Where a refusal comes, what it is, and that no message is handed over. */
static const struct {
	struct fake_smtp_rule rule;
	enum smime_status want;
	const char *code, *xcode, *text;
} refusals[] = {
	/* Before MAIL it is not about this message. */
	{ { "", "554 5.3.2 no service\r\n" }, SMIME_E_SYSTEM, "554", "5.3.2", "no service" },
	{ { "", "421 4.3.2 busy\r\n" }, SMIME_E_SYSTEM, "421", "4.3.2", "busy" },
	{ { "EHLO", "502 what\r\n" }, SMIME_E_SYSTEM, "502", "", "what" },
	{ { "MAIL", "452 4.3.1 full\r\n" }, SMIME_E_SYSTEM, "452", "4.3.1", "full" },
	{ { "MAIL", "552-5.3.4 too\r\n552 5.3.4 big\r\n" }, SMIME_E_UNSUPPORTED, "552", "5.3.4",
	    "big" },
	{ { "RCPT TO:<b", "550 5.1.1 unknown\r\n" }, SMIME_E_UNSUPPORTED, "550", "5.1.1",
	    "unknown" },
	/* Some recipients accepted, one refused, and nobody to tell: none gets the message. */
	{ { "RCPT TO:<c", "550 5.1.1 unknown\r\n" }, SMIME_E_UNSUPPORTED, "550", "5.1.1",
	    "unknown" },
	{ { "RCPT TO:<c", "451 4.7.1 later\r\n" }, SMIME_E_SYSTEM, "451", "4.7.1", "later" },
	{ { "DATA", "451 4.3.0 no\r\n" }, SMIME_E_SYSTEM, "451", "4.3.0", "no" },
	{ { ".", "554 5.7.1 spam\r\n" }, SMIME_E_UNSUPPORTED, "554", "5.7.1", "spam" },
	{ { ".", "451 4.3.0 later\r\n" }, SMIME_E_SYSTEM, "451", "4.3.0", "later" },
	{ { ".", "354 what\r\n" }, SMIME_E_SYSTEM, "354", "", "what" },
	/* No refusal, but no success either. */
	{ { "", "" }, SMIME_E_SYSTEM, "", "", "" },
	{ { "EHLO", "" }, SMIME_E_SYSTEM, "", "", "" },
	{ { "RCPT", "" }, SMIME_E_SYSTEM, "", "", "" },
	{ { ".", "" }, SMIME_E_SYSTEM, "", "", "" },
	{ { "MAIL", "nonsense\r\n" }, SMIME_E_SYSTEM, "", "", "" },
	{ { "MAIL", "25\r\n" }, SMIME_E_SYSTEM, "", "", "" },
	{ { "MAIL", "950 x\r\n" }, SMIME_E_SYSTEM, "", "", "" },
	{ { "MAIL", "250x\r\n" }, SMIME_E_SYSTEM, "", "", "" },
};

START_TEST(refusals_are_told_and_nothing_is_sent)
{
	struct fake_smtp_rule rules[2] = { refusals[_i].rule };

	ck_assert_int_eq(send_with(rules), refusals[_i].want);
	ck_assert_str_eq(result.code, refusals[_i].code);
	ck_assert_str_eq(result.xcode, refusals[_i].xcode);
	ck_assert_str_eq(result.text, refusals[_i].text);
	ck_assert_uint_eq(fake.messages, 0);
	ck_assert_int_ne(diag.text[0], 0);
	ck_assert_int_eq(diag.status, refusals[_i].want);
}
END_TEST

#define PIPELINING                                       \
	{                                                \
		"EHLO", "250-fake\r\n250 PIPELINING\r\n" \
	}

/* The server says nothing before it has heard the last recipient. */
START_TEST(the_envelope_goes_out_at_once_where_that_is_offered)
{
	static const struct fake_smtp_rule rules[] = { PIPELINING, { "MAIL", NULL },
		{ "RCPT TO:<b", NULL }, { "RCPT TO:<c", "250 ok\r\n250 ok\r\n250 ok\r\n" },
		{ NULL, NULL } };

	ck_assert_int_eq(send_with(rules), SMIME_OK);
	ck_assert_uint_eq(fake.messages, 1);
	fake_smtp_reset(&fake);
	server.command_ms = 50;
	ck_assert_int_eq(send_with(rules + 1), SMIME_E_SYSTEM); /* not offered, so waited for */
}
END_TEST

/* Refusals among answers that come together: the first counts, none is taken for that to another
 * command, and DATA is not said. */
static const struct {
	const char *replies;
	enum smime_status want;
	const char *code;
} pipelined[] = {
	{ "452 full\r\n503 x\r\n503 x\r\n", SMIME_E_SYSTEM, "452" },
	{ "250 ok\r\n550 nobody\r\n250 ok\r\n", SMIME_E_UNSUPPORTED, "550" },
	{ "250 ok\r\n250 ok\r\n451 later\r\n", SMIME_E_SYSTEM, "451" },
	{ "250 ok\r\n451 later\r\n550 nobody\r\n", SMIME_E_SYSTEM, "451" },
	{ "250 ok\r\n550 nobody\r\n", SMIME_E_UNSUPPORTED, "550" }, /* and then silence */
	{ "250 ok\r\n", SMIME_E_SYSTEM, "" },
};

START_TEST(refusals_in_a_pipeline_are_told)
{
	const struct fake_smtp_rule rules[] = { PIPELINING, { "MAIL", NULL },
		{ "RCPT TO:<b", NULL }, { "RCPT TO:<c", pipelined[_i].replies }, { NULL, NULL } };

	server.command_ms = 200;
	ck_assert_int_eq(send_with(rules), pipelined[_i].want);
	ck_assert_str_eq(result.code, pipelined[_i].code);
	ck_assert_int_eq(diag.status, pipelined[_i].want);
	ck_assert_ptr_null(strstr((char *)fake.commands.data, "DATA"));
	ck_assert_uint_eq(fake.messages, 0);
}
END_TEST

/* Who was refused: "b:550 5.1.1 unknown;" */
static char told[200];

static enum smime_status
note_refused(void *arg, size_t recipient, const struct gateway_smtp_result *how)
{
	size_t used = strlen(told);

	(void)snprintf(told + used, sizeof told - used, "%c:%s %s %.20s;",
	    *recipients[recipient].address, how->code, how->xcode, how->text);
	return *(const enum smime_status *)arg;
}

static const struct {
	const char *b, *c, *dot;
	enum smime_status want;
	const char *told;
	enum smime_status note; /* what the one who is told answers */
} partly[] = {
	{ "250 ok\r\n", "550 5.1.1 who\r\n", "250 ok\r\n", SMIME_OK, "c:550 5.1.1 who;", 0 },
	{ "554 5.7.1 no\r\n", "250 ok\r\n", "250 ok\r\n", SMIME_OK, "b:554 5.7.1 no;", 0 },
	{ "550 x\r\n", "551 y\r\n", "250 ok\r\n", SMIME_E_UNSUPPORTED, "b:550  x;c:551  y;", 0 },
	/* Who has to wait lets all wait. */
	{ "550 x\r\n", "451 later\r\n", "250 ok\r\n", SMIME_E_SYSTEM, "b:550  x;", 0 },
	{ "451 later\r\n", "550 x\r\n", "250 ok\r\n", SMIME_E_SYSTEM, "", 0 },
	{ "550 x\r\n", "250 ok\r\n", "451 later\r\n", SMIME_E_SYSTEM, "b:550  x;", 0 },
	{ "550 x\r\n", "250 ok\r\n", "554 5.6.0 y\r\n", SMIME_E_UNSUPPORTED, "b:550  x;", 0 },
	{ "550 x\r\n", "250 ok\r\n", "250 ok\r\n", SMIME_E_SYSTEM, "b:550  x;", SMIME_E_SYSTEM },
};

START_TEST(one_who_is_refused_does_not_keep_it_from_others)
{
	const struct fake_smtp_rule rules[] = { { "RCPT TO:<b", partly[_i].b },
		{ "RCPT TO:<c", partly[_i].c }, { ".", partly[_i].dot }, { NULL, NULL } };
	enum smime_status note = partly[_i].note;

	*told = 0;
	mail.refused = note_refused;
	mail.refused_arg = &note;
	ck_assert_int_eq(send_with(rules), partly[_i].want);
	ck_assert_str_eq(told, partly[_i].told);
	ck_assert_uint_eq(fake.messages, partly[_i].want == SMIME_OK);
	ck_assert_int_eq(diag.status, partly[_i].want);
}
END_TEST

START_TEST(thousands_of_recipients_do_not_stall_a_pipeline)
{
	static const struct fake_smtp_rule rules[] = { PIPELINING, { NULL, NULL } };
	static struct gateway_smtp_recipient many[5000];

	for (size_t i = 0; i < ROWS(many); i++)
		many[i] = recipients[i % 2];
	mail.recipients = many;
	mail.recipient_count = ROWS(many);
	ck_assert_int_eq(send_with(rules), SMIME_OK);
	ck_assert_uint_eq(fake.messages, 1);
}
END_TEST

START_TEST(a_silent_server_is_given_up)
{
	static const struct fake_smtp_rule rules[] = { { "MAIL", NULL }, { NULL, NULL } };

	server.command_ms = 50;
	ck_assert_int_eq(send_with(rules), SMIME_E_SYSTEM);
	ck_assert_str_eq(diag.token, "connection");
}
END_TEST

START_TEST(replies_without_end_are_given_up)
{
	static char lines[150 * 8 + 1];
	static char line[4000];
	const struct fake_smtp_rule many[] = { { "MAIL", lines }, { NULL, NULL } };
	const struct fake_smtp_rule endless[] = { { "MAIL", line }, { NULL, NULL } };

	lines[0] = 0;
	for (int i = 0; i < 150; i++)
		strcat(lines, "250-ok\r\n");
	ck_assert_int_eq(send_with(many), SMIME_E_SYSTEM);
	fake_smtp_reset(&fake);
	memset(line, '2', sizeof line - 1);
	ck_assert_int_eq(send_with(endless), SMIME_E_SYSTEM);
}
END_TEST

START_TEST(nobody_listening_is_not_now)
{
	fake_smtp_start(&fake, NULL);
	server.port = fake.port;
	fake_smtp_stop(&fake);
	ck_assert_int_eq(gateway_smtp_send(&server, &mail, &result, &diag), SMIME_E_SYSTEM);
	ck_assert_str_eq(diag.token, "connect");
	server.host = "host.invalid";
	ck_assert_int_eq(gateway_smtp_send(&server, &mail, &result, &diag), SMIME_E_SYSTEM);
}
END_TEST

START_TEST(addresses_that_could_inject_commands_never_reach_the_wire)
{
	static const struct gateway_smtp_recipient bad[] = { { "a@b>\r\nDATA", "" } };
	static const struct gateway_smtp_recipient empty[] = { { "", "" } };

	mail.recipients = bad;
	mail.recipient_count = 1;
	ck_assert_int_eq(gateway_smtp_send(&server, &mail, &result, &diag), SMIME_E_UNSUPPORTED);
	ck_assert_str_eq(result.code, "550");
	mail.recipients = empty;
	ck_assert_int_eq(gateway_smtp_send(&server, &mail, &result, &diag), SMIME_E_UNSUPPORTED);
	mail.recipient_count = 0;
	ck_assert_int_eq(gateway_smtp_send(&server, &mail, &result, &diag), SMIME_E_UNSUPPORTED);
	mail.recipients = recipients;
	mail.recipient_count = 1;
	mail.from = "a\nb";
	ck_assert_int_eq(gateway_smtp_send(&server, &mail, &result, &diag), SMIME_E_UNSUPPORTED);
}
END_TEST

static enum smime_status
write_half(void *arg, struct smime_stage *out)
{
	(void)arg;
	SMIME_TRY(smime_push(out, "Subject: half\r\n", 15));
	return SMIME_E_SYSTEM;
}

START_TEST(half_a_message_is_taken_back)
{
	mail.write = write_half;
	ck_assert_int_eq(send_with(NULL), SMIME_E_SYSTEM);
	ck_assert_uint_eq(fake.messages, 0);
	ck_assert_ptr_null(strstr((char *)fake.message.data, "QUIT"));
}
END_TEST

static enum smime_status
write_much(void *arg, struct smime_stage *out)
{
	(void)arg;
	for (int i = 0; i < 20000; i++)
		SMIME_TRY(smime_push(out, ".123456789\r\n", 12));
	return smime_finish(out);
}

START_TEST(large_messages_go_through)
{
	mail.write = write_much;
	ck_assert_int_eq(send_with(NULL), SMIME_OK);
	ck_assert_uint_eq(fake.message.len, 20000 * 13);
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("smtp_client");
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, pitfall_20_a_message_is_handed_over_with_all_that_belongs_to_it);
	tcase_add_test(tc, only_what_is_offered_is_used);
	tcase_add_test(
	    tc, r_dec_dsn_what_was_decrypted_waits_for_a_listener_that_keeps_it_from_reports);
	tcase_add_test(tc, the_null_sender_and_unknown_clients_are_sent);
	tcase_add_test(tc, utf8_addresses_need_smtputf8);
	tcase_add_test(tc, sendmail_tells_its_queue_id_otherwise);
	tcase_add_loop_test(tc, refusals_are_told_and_nothing_is_sent, 0, ROWS(refusals));
	tcase_add_test(tc, the_envelope_goes_out_at_once_where_that_is_offered);
	tcase_add_loop_test(tc, refusals_in_a_pipeline_are_told, 0, ROWS(pipelined));
	tcase_add_loop_test(tc, one_who_is_refused_does_not_keep_it_from_others, 0, ROWS(partly));
	tcase_add_test(tc, thousands_of_recipients_do_not_stall_a_pipeline);
	tcase_add_test(tc, a_silent_server_is_given_up);
	tcase_add_test(tc, replies_without_end_are_given_up);
	tcase_add_test(tc, nobody_listening_is_not_now);
	tcase_add_test(tc, addresses_that_could_inject_commands_never_reach_the_wire);
	tcase_add_test(tc, half_a_message_is_taken_back);
	tcase_add_test(tc, large_messages_go_through);
	suite_add_tcase(suite, tc);
	return suite;
}
