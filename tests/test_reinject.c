/* test_reinject.c - copies leave before the message is edited, once each, or everything waits. */
#include "policy/db.h"
#include "policy/journal.h"
#include "support.h"
#include "support_db.h"
#include "support_fake_smtp.h"
#include "support_gateway.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

static struct test_gateway t;
static struct fake_smtp smtp;
static const char *const recipients[] = { "<b@x>", "<c@x>", "<D@x>", NULL };
static const char message[] = "From: a\r\nSubject: s\r\nMessage-ID: <1@x>\r\n"
			      "Content-Type: text/plain\r\n\r\nbody\r\n";

static void
setup(void)
{
	test_gateway_init(&t, FAKE_POSTFIX, message, recipients);
	t.gateway.hostname = "gw.test";
}

static void
teardown(void)
{
	test_gateway_reset(&t);
	fake_smtp_reset(&smtp);
}

static enum gateway_answer
run(outcome_maker *make, const struct fake_smtp_rule *rules)
{
	enum gateway_answer answer;

	fake_smtp_reset(&smtp);
	fake_smtp_start(&smtp, rules);
	t.site.reinject_port = smtp.port;
	answer = test_gateway_run(&t, make);
	fake_smtp_stop(&smtp);
	return answer;
}

static bool
commanded(const char *command)
{
	return strstr((const char *)smtp.commands.data, command) != NULL;
}

/* Whether anything but "we are alive" was asked of the MTA. */
static bool
is_edited(void)
{
	return t.mta.request_count > t.mta.progress_count;
}

static void
log_says(const char *want)
{
	ck_assert_msg(strstr(test_gateway_log(&t), want) != NULL, "%s", test_gateway_log(&t));
}

/* b gets a sealed one in place; c and D the copy as it came, with a field more. */
static void
split(const struct policy_message *m, struct policy_outcome *out)
{
	struct policy_copy *copy;

	(void)m;
	(void)outcome_copy(out, 0, 1, "Content-Type: x/sealed\r\n\r\nsealed\r\n");
	copy = outcome_copy(out, 1, 3, NULL);
	outcome_edit(copy, POLICY_EDIT_INSERT, "X-Clear", "yes", NULL);
}

START_TEST(the_other_copy_is_handed_over_and_this_message_edited)
{
	char *sent, *left;

	ck_assert_int_eq(run(split, NULL), GATEWAY_CONTINUE);
	ck_assert_uint_eq(smtp.messages, 1);
	ck_assert(commanded("MAIL FROM:<a@lab.test>"));
	ck_assert(commanded("RCPT TO:<c@x>\nRCPT TO:<D@x>\nDATA"));
	ck_assert(!commanded("RCPT TO:<b@x>"));
	ck_assert(commanded("XFORWARD IDENT=4QUEUE1"));
	/* The hop that brought it here: the MTA's own field is not shown to a milter. */
	ck_assert_ptr_eq(strstr((char *)smtp.message.data,
			     "Received: from me?test (unknown [127.0.0.1])\r\n"
			     "\tby gw.test (smime-milter) with ESMTP id 4QUEUE1;\r\n\t"),
	    smtp.message.data);
	ck_assert_str_eq(strstr((char *)smtp.message.data, "From: "),
	    "From: a\r\nSubject: s\r\nMessage-ID: <1@x>\r\nContent-Type: text/plain\r\n"
	    "X-Clear: yes\r\n\r\nbody\r\n");
	sent = fake_mta_sends(&t.mta);
	left = fake_mta_recipients(&t.mta);
	ck_assert_str_eq(sent, "From: a\r\nSubject: s\r\nMessage-ID: <1@x>\r\nMIME-Version: 1.0\r\n"
			       "Content-Type: x/sealed\r\n\r\nsealed\r\n");
	ck_assert_str_eq(left, "<b@x>");
	ck_assert_uint_eq(t.mta.progress_count, 1);
	log_says(" reinjected=4FAKE1 answer=continue");
	free(sent);
	free(left);
}
END_TEST

/* ---- notices ---- */

static void
add_notice(struct policy_outcome *out, const char *to)
{
	struct policy_notice *notice;

	out->notices = realloc(out->notices, (out->notice_count + 1) * sizeof *out->notices);
	notice = &out->notices[out->notice_count++];
	notice->to = strdup(to);
	ck_assert_int_eq(smime_spool_new(NULL, &notice->octets), SMIME_OK);
	ck_assert_int_eq(
	    smime_spool_write(notice->octets, "Subject: told\r\n\r\nyou\r\n", 22), SMIME_OK);
}

static void
delivered_and_told(const struct policy_message *m, struct policy_outcome *out)
{
	(void)outcome_copy(out, 0, m->recipient_count, NULL);
	add_notice(out, "boss@x");
	add_notice(out, "other@x");
}

static void
refused_and_told(const struct policy_message *m, struct policy_outcome *out)
{
	(void)m;
	out->reply = POLICY_REPLY_REJECT;
	(void)memcpy(out->code, "550", 4);
	(void)memcpy(out->xcode, "5.7.1", 6);
	out->text = strdup("no");
	add_notice(out, "boss@x");
}

static void
dropped_and_told(const struct policy_message *m, struct policy_outcome *out)
{
	(void)m;
	out->reply = POLICY_REPLY_DISCARD;
	add_notice(out, "boss@x");
}

static const struct {
	outcome_maker *make;
	enum gateway_answer answer;
	unsigned messages;
} told[] = {
	{ delivered_and_told, GATEWAY_CONTINUE, 2 },
	{ refused_and_told, GATEWAY_REJECT, 1 },
	{ dropped_and_told, GATEWAY_DISCARD, 1 },
};

START_TEST(notices_leave_whatever_becomes_of_the_message)
{
	ck_assert_int_eq(run(told[_i].make, NULL), told[_i].answer);
	ck_assert_uint_eq(smtp.messages, told[_i].messages);
	ck_assert(commanded("MAIL FROM:<>"));
	ck_assert(commanded("RCPT TO:<boss@x>"));
	ck_assert_str_eq((char *)smtp.message.data, "Subject: told\r\n\r\nyou\r\n");
}
END_TEST

START_TEST(a_notice_that_cannot_leave_makes_the_client_wait)
{
	static const struct fake_smtp_rule later[] = { { ".", "451 4.3.0 later\r\n" },
		{ NULL, NULL } };

	ck_assert_int_eq(run(told[_i].make, later), GATEWAY_TEMPFAIL);
	ck_assert(!is_edited());
}
END_TEST

static void
three_ways(const struct policy_message *m, struct policy_outcome *out)
{
	for (size_t i = 0; i < m->recipient_count; i++)
		(void)outcome_copy(out, i, i + 1, "Content-Type: x/sealed\n\nse\xC3\xA9l\r.ed\n");
}

START_TEST(every_other_copy_has_a_transaction_of_its_own)
{
	ck_assert_int_eq(run(three_ways, NULL), GATEWAY_CONTINUE);
	ck_assert_uint_eq(smtp.messages, 2);
	ck_assert(commanded("BODY=8BITMIME"));
	ck_assert_ptr_nonnull(strstr((char *)smtp.message.data, "\r\n\r\nse\xC3\xA9l\r\n..ed\r\n"));
	log_says(" reinjected=4FAKE1,4FAKE1 ");
}
END_TEST

/* ---- refused for good ---- */

static const struct fake_smtp_rule refuse_D[] = { { "RCPT TO:<D", "550 5.1.1 no 50% of D\r\n" },
	{ NULL, NULL } };

static void
report_says(const char *want)
{
	ck_assert_msg(strstr((const char *)smtp.message.data, want) != NULL, "%s",
	    (const char *)smtp.message.data);
}

static void
stays(const char *want)
{
	char *left = fake_mta_recipients(&t.mta);

	ck_assert_str_eq(left, want);
	free(left);
}

START_TEST(who_is_refused_for_good_is_reported_and_the_others_have_it)
{
	ck_assert_int_eq(run(split, refuse_D), GATEWAY_CONTINUE);
	ck_assert_uint_eq(smtp.messages, 2);
	ck_assert(commanded("RCPT TO:<c@x>\nRCPT TO:<D@x>\nDATA\n"));
	ck_assert(commanded("MAIL FROM:<>"));
	ck_assert(commanded("RCPT TO:<a@lab.test> NOTIFY=NEVER\nDATA"));
	report_says("Final-Recipient: rfc822; D@x\r\nAction: failed\r\nStatus: 5.1.1\r\n"
		    "Diagnostic-Code: smtp; 550 5.1.1 no 50% of D\r\n");
	ck_assert_ptr_null(strstr((char *)smtp.message.data, "Final-Recipient: rfc822; c@x"));
	ck_assert_ptr_null(strstr((char *)smtp.message.data, "\r\nbody\r\n"));
	stays("<b@x>");
	log_says(": refused=D@x code=550 xcode=5.1.1 reason=\"no 50% of D\"\n");
	log_says(" refused=D@x reinjected=4FAKE1,4FAKE1 answer=continue");
}
END_TEST

START_TEST(a_copy_that_is_refused_for_all_is_one_report)
{
	static const struct fake_smtp_rule rules[] = {
		{ "RCPT TO:<D", "550 5.1.1 who\r\n" },
		{ "RCPT TO:<c", "554 5.7.1 not c\r\n" },
		{ NULL, NULL },
	};

	ck_assert_int_eq(run(split, rules), GATEWAY_CONTINUE);
	ck_assert_uint_eq(smtp.messages, 1);
	report_says("    c@x\r\n\r\nThe reason: not c\r\n\r\n    D@x\r\n\r\nThe reason: who\r\n");
	report_says("Final-Recipient: rfc822; c@x\r\nAction: failed\r\nStatus: 5.7.1\r\n");
	report_says("Final-Recipient: rfc822; D@x\r\nAction: failed\r\nStatus: 5.1.1\r\n");
	stays("<b@x>");
}
END_TEST

/* Refused as a whole, after one of the two was refused by himself. */
START_TEST(who_is_refused_with_all_others_hears_that)
{
	static const struct fake_smtp_rule rules[] = {
		{ "RCPT TO:<D", "550 5.1.1 who\r\n" },
		{ "DATA", "554 5.5.1 no valid recipients\r\n" },
		{ NULL, NULL },
	};

	ck_assert_int_eq(run(split, rules), GATEWAY_REJECT); /* nor does it take the report */
	ck_assert_str_eq(t.mta.xcode, "5.1.1");
	ck_assert_uint_eq(smtp.messages, 0);
	ck_assert(!is_edited());
	log_says(": refused=c@x code=554 xcode=5.5.1 ");
	log_says(": refused=D@x code=550 xcode=5.1.1 ");
}
END_TEST

START_TEST(a_listener_that_refuses_everything_refuses_the_message)
{
	static const struct fake_smtp_rule rules[] = { { "RCPT", "554 5.7.1 50% relay denied\r\n" },
		{ NULL, NULL } };

	ck_assert_int_eq(run(split, rules), GATEWAY_REJECT);
	ck_assert_str_eq(t.mta.code, "554");
	ck_assert_str_eq(t.mta.xcode, "5.7.1");
	ck_assert_str_eq(t.mta.text, "50% relay denied");
	ck_assert_uint_eq(smtp.messages, 0);
	ck_assert(!is_edited());
}
END_TEST

static const struct fake_smtp_rule refuse_D_and_report[] = {
	{ "RCPT TO:<D", "550 5.1.1 who\r\n" },
	{ "RCPT TO:<a@", "550 5.7.1 no report\r\n" },
	{ NULL, NULL },
};

/* c has it, so the client must not say that nobody does. */
START_TEST(a_report_that_is_refused_after_a_copy_has_left_makes_all_wait)
{
	ck_assert_int_eq(run(split, refuse_D_and_report), GATEWAY_TEMPFAIL);
	ck_assert_uint_eq(smtp.messages, 1);
	ck_assert(!is_edited());
	log_says("failure=refused");
}
END_TEST

START_TEST(nobody_is_told_of_what_is_refused_when_nobody_wants_to_hear)
{
	static const struct fake_envelope envelopes[] = { { .from = "<>" },
		{ .from = "<a@x>", .rcpt_arg = "NOTIFY=NEVER" } };

	fake_smtp_start(&smtp, refuse_D);
	t.site.reinject_port = smtp.port;
	t.make = split;
	ck_assert_int_eq(fake_mta_run(&t.mta, t.session, &envelopes[_i]), GATEWAY_CONTINUE);
	fake_smtp_stop(&smtp);
	ck_assert_uint_eq(smtp.messages, 1);
	ck_assert(commanded("RCPT TO:<c@x>"));
	log_says(": refused=D@x ");
	stays("<b@x>");
}
END_TEST

START_TEST(a_copy_that_must_wait_makes_all_wait)
{
	static const struct fake_smtp_rule rules[] = { { ".", "451 4.3.0 later\r\n" },
		{ NULL, NULL } };

	ck_assert_int_eq(run(split, rules), GATEWAY_TEMPFAIL);
	ck_assert_str_eq(t.mta.code, "451");
	ck_assert_str_eq(t.mta.xcode, "4.3.0");
	ck_assert(!is_edited());
	log_says("failure=refused");
}
END_TEST

static void
three_copies(const struct policy_message *m, struct policy_outcome *out)
{
	(void)m;
	for (size_t i = 0; i < 3; i++)
		(void)outcome_copy(out, i, i + 1, NULL);
}

static void
the_last_grows(const struct policy_message *m, struct policy_outcome *out)
{
	static char large[300] = "Content-Type: x/sealed\r\n\r\n";

	memset(large + strlen(large), 'x', sizeof large - 1 - strlen(large));
	(void)m;
	(void)outcome_copy(out, 0, 1, NULL);
	(void)outcome_copy(out, 1, 2, NULL);
	(void)outcome_copy(out, 2, 3, large);
}

START_TEST(nothing_leaves_when_a_later_copy_is_too_large)
{
	t.gateway.size_max = 200;
	ck_assert_int_eq(run(the_last_grows, NULL), GATEWAY_REJECT);
	ck_assert_str_eq(t.mta.xcode, "5.3.4");
	ck_assert_uint_eq(smtp.messages, 0);
}
END_TEST

START_TEST(a_copy_that_left_before_another_is_refused_is_in_the_log)
{
	static const struct fake_smtp_rule rules[] = { { "RCPT TO:<D", "451 4.3.0 later\r\n" },
		{ NULL, NULL } };

	ck_assert_int_eq(run(three_copies, rules), GATEWAY_TEMPFAIL);
	ck_assert_uint_eq(smtp.messages, 1);
	log_says(" reinjected=4FAKE1 failure=refused");
}
END_TEST

START_TEST(a_listener_that_is_down_makes_all_wait)
{
	fake_smtp_start(&smtp, NULL);
	t.site.reinject_port = smtp.port;
	fake_smtp_stop(&smtp);
	ck_assert_int_eq(test_gateway_run(&t, split), GATEWAY_TEMPFAIL);
	ck_assert(!is_edited());
	log_says("failure=connect");
}
END_TEST

START_TEST(nothing_leaves_when_this_message_cannot_be_edited)
{
	t.gateway.size_max = 100;
	ck_assert_int_eq(run(split, NULL), GATEWAY_REJECT);
	ck_assert_str_eq(t.mta.xcode, "5.3.4");
	ck_assert_uint_eq(smtp.messages, 0);
}
END_TEST

/* ---- the journal ---- */

static void
everybody(const struct policy_message *m, struct policy_outcome *out)
{
	(void)outcome_copy(out, 0, m->recipient_count, NULL);
}

static void
open_journal(void)
{
	db_make();
	ck_assert_int_eq(policy_db_init(db_path(), NULL), SMIME_OK);
	ck_assert_int_eq(policy_journal_open(db_path(), &t.gateway.journal, NULL), SMIME_OK);
}

static void
close_journal(void)
{
	policy_journal_free(&t.gateway.journal);
	db_remove();
}

/* The client sends the message again, to these. */
static void
come_again(const char *const *to)
{
	fake_mta_reset(&t.mta);
	fake_mta_init(&t.mta, FAKE_POSTFIX, message);
	for (size_t i = 0; to[i]; i++)
		fake_mta_recipient(&t.mta, to[i]);
}

/* The MTA dies after the copy has left. */
static void
fail_in_edits(void)
{
	t.mta.fail_at = 2; /* after the progress: the first edit */
	ck_assert_int_eq(run(split, NULL), GATEWAY_TEMPFAIL);
	ck_assert_uint_eq(smtp.messages, 1);
}

START_TEST(a_retry_does_not_hand_a_copy_over_again)
{
	open_journal();
	fail_in_edits();
	come_again(recipients);
	ck_assert_int_eq(run(split, NULL), GATEWAY_CONTINUE);
	ck_assert_uint_eq(smtp.messages, 0);
	ck_assert(is_edited());
	log_says(" reinjected=[4FAKE1] ");
	log_says(": already-sent=c@x as=4FAKE1\n");
	log_says(": already-sent=D@x as=4FAKE1\n");
	log_says(": may-be-second=b@x\n"); /* we do not know how far the MTA got */
	close_journal();
}
END_TEST

static void
swapped(const struct policy_message *m, struct policy_outcome *out)
{
	(void)m;
	(void)outcome_copy(out, 1, 3, "Content-Type: x/sealed\r\n\r\nsealed\r\n");
	(void)outcome_copy(out, 0, 1, NULL);
}

/* A key has come meanwhile, and other recipients stay in place. */
START_TEST(a_retry_that_sorts_otherwise_sends_to_nobody_twice)
{
	char *left;

	open_journal();
	fail_in_edits();
	come_again(recipients);
	ck_assert_int_eq(run(swapped, NULL), GATEWAY_CONTINUE);
	ck_assert_uint_eq(smtp.messages, 0);
	left = fake_mta_recipients(&t.mta);
	ck_assert_str_eq(left, "<b@x>");
	free(left);
	close_journal();
}
END_TEST

START_TEST(a_retry_for_those_who_have_it_delivers_nothing)
{
	static const char *const one[] = { "<c@x>", NULL };

	open_journal();
	fail_in_edits();
	come_again(one);
	ck_assert_int_eq(run(everybody, NULL), GATEWAY_DISCARD);
	ck_assert_uint_eq(smtp.messages, 0);
	ck_assert(!is_edited());
	log_says(": already-sent=c@x as=4FAKE1\n");
	close_journal();
}
END_TEST

/* Between the final dot and its answer nobody knows: a second copy is better than none. */
START_TEST(a_copy_without_answer_is_sent_again_and_the_log_says_so)
{
	static const struct fake_smtp_rule cut[] = { { ".", "" }, { NULL, NULL } };

	open_journal();
	ck_assert_int_eq(run(split, cut), GATEWAY_TEMPFAIL);
	ck_assert(!is_edited());
	come_again(recipients);
	ck_assert_int_eq(run(split, NULL), GATEWAY_CONTINUE);
	ck_assert_uint_eq(smtp.messages, 1);
	log_says(": may-be-second=c@x\n");
	log_says(": may-be-second=D@x\n");
	close_journal();
}
END_TEST

START_TEST(a_copy_that_was_refused_is_no_second_one)
{
	static const struct fake_smtp_rule refuse[] = { { ".", "451 later\r\n" }, { NULL, NULL } };
	static const struct fake_smtp_rule cut[] = { { "RCPT", "" }, { NULL, NULL } };

	open_journal();
	ck_assert_int_eq(run(split, refuse), GATEWAY_TEMPFAIL);
	come_again(recipients);
	ck_assert_int_eq(run(split, cut), GATEWAY_TEMPFAIL);
	come_again(recipients);
	ck_assert_int_eq(run(split, NULL), GATEWAY_CONTINUE);
	ck_assert_uint_eq(smtp.messages, 1);
	ck_assert_ptr_null(strstr(test_gateway_log(&t), "may-be-second"));
	close_journal();
}
END_TEST

START_TEST(a_locked_journal_keeps_copies_here)
{
	sqlite3 *locker;

	open_journal();
	ck_assert_int_eq(sqlite3_open(db_path(), &locker), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(locker, "BEGIN EXCLUSIVE", NULL, NULL, NULL), SQLITE_OK);
	ck_assert_int_eq(run(split, NULL), GATEWAY_TEMPFAIL);
	ck_assert_uint_eq(smtp.messages, 0);
	ck_assert(!is_edited());
	log_says("database is locked");
	ck_assert_int_eq(sqlite3_close(locker), SQLITE_OK);
	close_journal();
}
END_TEST

START_TEST(another_message_is_handed_over)
{
	open_journal();
	ck_assert_int_eq(run(split, NULL), GATEWAY_CONTINUE);
	fake_mta_reset(&t.mta);
	fake_mta_init(&t.mta, FAKE_POSTFIX, "From: a\r\nMessage-ID: <1@x>\r\n\r\nanother body\r\n");
	for (size_t i = 0; recipients[i]; i++)
		fake_mta_recipient(&t.mta, recipients[i]);
	ck_assert_int_eq(run(split, NULL), GATEWAY_CONTINUE);
	ck_assert_uint_eq(smtp.messages, 1);
	close_journal();
}
END_TEST

START_TEST(without_message_id_a_duplicate_is_better_than_a_loss)
{
	open_journal();
	for (int i = 0; i < 2; i++) {
		fake_mta_reset(&t.mta);
		fake_mta_init(&t.mta, FAKE_POSTFIX, "From: a\r\n\r\nbody\r\n");
		for (size_t r = 0; recipients[r]; r++)
			fake_mta_recipient(&t.mta, recipients[r]);
		ck_assert_int_eq(run(split, NULL), GATEWAY_CONTINUE);
		ck_assert_uint_eq(smtp.messages, 1);
	}
	log_says("not-journalled");
	close_journal();
}
END_TEST

/* D has been reported, and then the MTA dies. */
static void
fail_after_report(void)
{
	t.mta.fail_at = 3; /* after the progress of copy and report */
	ck_assert_int_eq(run(split, refuse_D), GATEWAY_TEMPFAIL);
	ck_assert_uint_eq(smtp.messages, 2);
}

START_TEST(who_was_reported_gets_neither_copy_nor_report_by_a_retry)
{
	open_journal();
	fail_after_report();
	come_again(recipients);
	ck_assert_int_eq(run(split, NULL), GATEWAY_CONTINUE);
	ck_assert_uint_eq(smtp.messages, 0);
	log_says(": already-sent=c@x as=4FAKE1\n");
	log_says(": already-reported=D@x as=4FAKE1\n");
	stays("<b@x>");
	close_journal();
}
END_TEST

static void bounce_two(const struct policy_message *m, struct policy_outcome *out);

/* A certificate has expired meanwhile: c has it all the same, and D was told of. */
START_TEST(a_retry_reports_nobody_who_is_settled)
{
	open_journal();
	fail_after_report();
	come_again(recipients);
	ck_assert_int_eq(run(bounce_two, NULL), GATEWAY_CONTINUE);
	ck_assert_uint_eq(smtp.messages, 0);
	stays("<b@x>");
	close_journal();
}
END_TEST

START_TEST(who_was_refused_before_a_crash_is_tried_again)
{
	static const struct fake_smtp_rule later[] = { { "RCPT TO:<D", "550 5.1.1 who\r\n" },
		{ "MAIL FROM:<>", "451 4.3.0 later\r\n" }, { NULL, NULL } };

	open_journal();
	ck_assert_int_eq(run(split, later), GATEWAY_TEMPFAIL);
	ck_assert_uint_eq(smtp.messages, 1);
	ck_assert(!is_edited());
	come_again(recipients);
	ck_assert_int_eq(run(split, NULL), GATEWAY_CONTINUE);
	ck_assert_uint_eq(smtp.messages, 1);
	ck_assert(commanded("\nRCPT TO:<D@x>\nDATA"));
	ck_assert(!commanded("MAIL FROM:<>"));
	ck_assert_ptr_null(strstr(test_gateway_log(&t), "may-be-second=D"));
	close_journal();
}
END_TEST

static void
only_D_leaves(const struct policy_message *m, struct policy_outcome *out)
{
	(void)m;
	(void)outcome_copy(out, 0, 2, NULL);
	(void)outcome_copy(out, 2, 3, NULL);
}

/* The sender may have read that D gets nothing: D gets nothing. */
START_TEST(a_report_without_answer_is_sent_again_and_no_copy)
{
	static const struct fake_smtp_rule cut[] = { { "RCPT TO:<D", "550 5.1.1 who\r\n" },
		{ ".", "" }, { NULL, NULL } };

	open_journal();
	ck_assert_int_eq(run(only_D_leaves, cut), GATEWAY_TEMPFAIL);
	come_again(recipients);
	ck_assert_int_eq(run(only_D_leaves, NULL), GATEWAY_CONTINUE);
	ck_assert_uint_eq(smtp.messages, 1);
	ck_assert(!commanded("RCPT TO:<D@x>"));
	report_says("Final-Recipient: rfc822; D@x\r\n");
	log_says(": may-be-second=D@x\n");
	stays("<b@x> <c@x>");
	close_journal();
}
END_TEST

/* Policy has changed since c got it. */
START_TEST(a_retry_that_is_refused_tells_only_of_those_without_a_copy)
{
	static const char *const want[] = { "Final-Recipient: rfc822; b@x\r\n",
		"Diagnostic-Code: smtp; 550 5.7.1 no\r\n", "Final-Recipient: rfc822; D@x\r\n" };
	static const struct fake_smtp_rule later[] = { { "RCPT TO:<D", "451 4.3.0 later\r\n" },
		{ NULL, NULL } };

	open_journal();
	ck_assert_int_eq(run(three_copies, later), GATEWAY_TEMPFAIL);
	come_again(recipients);
	ck_assert_int_eq(run(refused_and_told, NULL), GATEWAY_DISCARD);
	ck_assert_uint_eq(smtp.messages, 2); /* the notice, the report */
	for (size_t i = 0; i < ROWS(want); i++)
		report_says(want[i]);
	ck_assert_ptr_null(strstr((char *)smtp.message.data, "Final-Recipient: rfc822; c@x"));
	ck_assert_ptr_null(strstr((char *)smtp.message.data, "\r\nbody\r\n"));
	close_journal();
}
END_TEST

START_TEST(a_retry_that_is_refused_waits_when_the_report_cannot_leave)
{
	static const struct fake_smtp_rule later[] = { { "RCPT TO:<D", "451 4.3.0 later\r\n" },
		{ NULL, NULL } };
	static const struct fake_smtp_rule never[] = { { "RCPT TO:<a@", "550 5.7.1 no\r\n" },
		{ NULL, NULL } };

	open_journal();
	ck_assert_int_eq(run(three_copies, later), GATEWAY_TEMPFAIL);
	come_again(recipients);
	ck_assert_int_eq(run(refused_and_told, never), GATEWAY_TEMPFAIL);
	close_journal();
}
END_TEST

/* ---- quarantine ---- */

static void
second_held(const struct policy_message *m, struct policy_outcome *out)
{
	split(m, out);
	out->copies[1].quarantine = strdup("Policy");
}

START_TEST(the_copy_to_be_held_is_the_one_in_place)
{
	char *left;

	ck_assert_int_eq(run(second_held, NULL), GATEWAY_CONTINUE);
	ck_assert_str_eq(t.mta.quarantine, "Policy");
	left = fake_mta_recipients(&t.mta);
	ck_assert_str_eq(left, "<c@x> <D@x>");
	ck_assert(commanded("RCPT TO:<b@x>\nDATA"));
	free(left);
}
END_TEST

static void
both_held(const struct policy_message *m, struct policy_outcome *out)
{
	second_held(m, out);
	out->copies[0].quarantine = strdup("Policy");
}

START_TEST(two_copies_to_be_held_are_never_let_go)
{
	ck_assert_int_eq(run(both_held, NULL), GATEWAY_TEMPFAIL);
	ck_assert_uint_eq(smtp.messages, 0);
	ck_assert(!is_edited());
	log_says("failure=hold");
}
END_TEST

/* ---- bounces ---- */

static void
bounce_one(const struct policy_message *m, struct policy_outcome *out)
{
	(void)m;
	(void)outcome_copy(out, 0, 2, NULL);
	out->bounces = calloc(1, sizeof *out->bounces);
	out->bounce_count = 1;
	out->bounces[0].recipients = calloc(1, sizeof *out->bounces[0].recipients);
	out->bounces[0].recipients[0] = 2;
	out->bounces[0].recipient_count = 1;
	out->bounces[0].code = strdup("550");
	out->bounces[0].xcode = strdup("5.7.5");
	out->bounces[0].text = strdup("no certificate for D@x");
}

static void
bounce_two(const struct policy_message *m, struct policy_outcome *out)
{
	bounce_one(m, out);
	out->copies[0].recipient_count = 1;
	out->bounces[0].recipients =
	    realloc(out->bounces[0].recipients, 2 * sizeof *out->bounces[0].recipients);
	out->bounces[0].recipients[1] = 1;
	out->bounces[0].recipient_count = 2;
}

START_TEST(who_is_refused_alone_is_reported_without_the_body)
{
	const char *report;
	char *left;

	fake_mta_macro(&t.mta, "j", "mx.lab.test");
	ck_assert_int_eq(run(bounce_one, NULL), GATEWAY_CONTINUE);
	ck_assert(commanded("MAIL FROM:<>"));
	ck_assert(commanded("RCPT TO:<a@lab.test> NOTIFY=NEVER\n"));
	report = (const char *)smtp.message.data;
	ck_assert_ptr_nonnull(strstr(report, "Reporting-MTA: dns; mx.lab.test\r\n"));
	ck_assert_ptr_nonnull(strstr(report, "Final-Recipient: rfc822; D@x\r\n"));
	ck_assert_ptr_nonnull(strstr(report, "no certificate for D@x"));
	ck_assert_ptr_nonnull(strstr(report, "\r\nSubject: s\r\n"));
	ck_assert_ptr_null(strstr(report, "\r\nbody\r\n"));
	left = fake_mta_recipients(&t.mta);
	ck_assert_str_eq(left, "<b@x> <c@x>");
	free(left);
}
END_TEST

START_TEST(the_null_sender_gets_no_report)
{
	static const struct fake_envelope envelope = { .from = "<>" };

	t.make = bounce_one;
	t.site.reinject_port = 1; /* nobody there */
	ck_assert_int_eq(fake_mta_run(&t.mta, t.session, &envelope), GATEWAY_CONTINUE);
}
END_TEST

START_TEST(who_does_not_want_reports_gets_none)
{
	static const struct fake_envelope envelope = { .from = "<a@x>",
		.rcpt_arg = "NOTIFY=SUCCESS,DELAY" };

	t.make = bounce_one;
	t.site.reinject_port = 1;
	ck_assert_int_eq(fake_mta_run(&t.mta, t.session, &envelope), GATEWAY_CONTINUE);
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("reinject");
	TCase *tc = tcase_create("all");

	tcase_set_timeout(tc, 30); /* a lock is waited for */
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, notices_leave_whatever_becomes_of_the_message, 0, ROWS(told));
	tcase_add_loop_test(tc, a_notice_that_cannot_leave_makes_the_client_wait, 0, ROWS(told));
	tcase_add_test(tc, the_other_copy_is_handed_over_and_this_message_edited);
	tcase_add_test(tc, every_other_copy_has_a_transaction_of_its_own);
	tcase_add_test(tc, who_is_refused_for_good_is_reported_and_the_others_have_it);
	tcase_add_test(tc, a_copy_that_is_refused_for_all_is_one_report);
	tcase_add_test(tc, who_is_refused_with_all_others_hears_that);
	tcase_add_test(tc, a_listener_that_refuses_everything_refuses_the_message);
	tcase_add_test(tc, a_report_that_is_refused_after_a_copy_has_left_makes_all_wait);
	tcase_add_loop_test(tc, nobody_is_told_of_what_is_refused_when_nobody_wants_to_hear, 0, 2);
	tcase_add_test(tc, nothing_leaves_when_a_later_copy_is_too_large);
	tcase_add_test(tc, a_copy_that_must_wait_makes_all_wait);
	tcase_add_test(tc, a_copy_that_left_before_another_is_refused_is_in_the_log);
	tcase_add_test(tc, a_listener_that_is_down_makes_all_wait);
	tcase_add_test(tc, nothing_leaves_when_this_message_cannot_be_edited);
	tcase_add_test(tc, a_retry_does_not_hand_a_copy_over_again);
	tcase_add_test(tc, a_retry_that_sorts_otherwise_sends_to_nobody_twice);
	tcase_add_test(tc, a_retry_for_those_who_have_it_delivers_nothing);
	tcase_add_test(tc, a_copy_without_answer_is_sent_again_and_the_log_says_so);
	tcase_add_test(tc, a_copy_that_was_refused_is_no_second_one);
	tcase_add_test(tc, a_locked_journal_keeps_copies_here);
	tcase_add_test(tc, another_message_is_handed_over);
	tcase_add_test(tc, without_message_id_a_duplicate_is_better_than_a_loss);
	tcase_add_test(tc, who_was_reported_gets_neither_copy_nor_report_by_a_retry);
	tcase_add_test(tc, a_retry_reports_nobody_who_is_settled);
	tcase_add_test(tc, who_was_refused_before_a_crash_is_tried_again);
	tcase_add_test(tc, a_report_without_answer_is_sent_again_and_no_copy);
	tcase_add_test(tc, a_retry_that_is_refused_tells_only_of_those_without_a_copy);
	tcase_add_test(tc, a_retry_that_is_refused_waits_when_the_report_cannot_leave);
	tcase_add_test(tc, the_copy_to_be_held_is_the_one_in_place);
	tcase_add_test(tc, two_copies_to_be_held_are_never_let_go);
	tcase_add_test(tc, who_is_refused_alone_is_reported_without_the_body);
	tcase_add_test(tc, the_null_sender_gets_no_report);
	tcase_add_test(tc, who_does_not_want_reports_gets_none);
	suite_add_tcase(suite, tc);
	return suite;
}
