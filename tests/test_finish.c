/* test_finish.c - what policy says is what the MTA does, on both MTAs; every end has one line. */
#include "support.h"
#include "support_gateway.h"

#include <stdio.h>
#include <stdlib.h>

static struct test_gateway t;
static const char *const recipients[] = { "<b@x>", "<c@x>", "<D@x>", NULL };
static const char message[] = "From: a\r\nSubject: s\r\nContent-Type: text/plain\r\n\r\nbody\r\n";

static void
setup(void)
{
	test_gateway_init(&t, FAKE_POSTFIX, message, recipients);
}

static void
teardown(void)
{
	test_gateway_reset(&t);
}

static void
mta_sends(const char *want)
{
	char *sent = fake_mta_sends(&t.mta);

	ck_assert(!t.mta.failed);
	ck_assert_str_eq(sent, want);
	free(sent);
}

static void
mta_has(const char *want)
{
	char *left = fake_mta_recipients(&t.mta);

	ck_assert_str_eq(left, want);
	free(left);
}

/* Exactly one line, which holds what is wanted. */
static void
log_says(const char *want)
{
	const char *text = test_gateway_log(&t);

	ck_assert_msg(strstr(text, want) != NULL, "%s", text);
	ck_assert_ptr_eq(strchr(text, '\n') + 1, text + strlen(text));
	ck_assert_ptr_nonnull(strstr(text, " ms="));
}

static void
untouched(const struct policy_message *m, struct policy_outcome *out)
{
	(void)outcome_copy(out, 0, m->recipient_count, NULL);
}

START_TEST(an_untouched_message_goes_as_it_came)
{
	ck_assert_int_eq(test_gateway_run(&t, untouched), GATEWAY_CONTINUE);
	ck_assert_uint_eq(t.mta.request_count, 0);
	mta_sends(message);
	mta_has("<b@x> <c@x> <D@x>");
	log_says("]: 4QUEUE1: direction=outgoing answer=continue ms=");
}
END_TEST

static void
sealed(const struct policy_message *m, struct policy_outcome *out)
{
	struct policy_copy *copy = outcome_copy(out, 0, m->recipient_count,
	    "MIME-Version: 1.0\r\nContent-Type: x/sealed\r\n\r\nsealed\r\n");

	outcome_edit(copy, POLICY_EDIT_INSERT, "X-New", "v", NULL);
	outcome_edit(copy, POLICY_EDIT_STRIP, "Subject", NULL, NULL);
	outcome_edit(copy, POLICY_EDIT_RESULTS, "Authentication-Results", "gw; none", "gw");
	copy->quarantine = strdup("Policy");
}

START_TEST(a_sealed_message_replaces_the_one_that_came)
{
	for (int kind = FAKE_POSTFIX; kind <= FAKE_SENDMAIL; kind++) {
		test_gateway_reset(&t);
		test_gateway_init(&t, (enum fake_kind)kind, message, recipients);
		ck_assert_int_eq(test_gateway_run(&t, sealed), GATEWAY_CONTINUE);
		mta_sends("Authentication-Results: gw; none\r\nFrom: a\r\nX-New: v\r\n"
			  "MIME-Version: 1.0\r\nContent-Type: x/sealed\r\n\r\nsealed\r\n");
		ck_assert_str_eq(t.mta.quarantine, "Policy");
	}
}
END_TEST

static void
for_some(const struct policy_message *m, struct policy_outcome *out)
{
	(void)m;
	(void)outcome_copy(out, 1, 3, NULL);
	out->dropped = calloc(1, sizeof *out->dropped);
	out->dropped_count = 1;
}

START_TEST(dropped_recipients_are_deleted)
{
	ck_assert_int_eq(test_gateway_run(&t, for_some), GATEWAY_CONTINUE);
	mta_has("<c@x> <D@x>");
	ck_assert_ptr_nonnull(strstr(test_gateway_log(&t), "4QUEUE1: dropped=b@x\n"));
}
END_TEST

static void
refuse(const struct policy_message *m, struct policy_outcome *out)
{
	(void)m;
	out->reply = POLICY_REPLY_REJECT;
	memcpy(out->code, "550", 4);
	memcpy(out->xcode, "5.7.5", 6);
	out->text = strdup("no certificate for 50% of: c@x");
}

START_TEST(a_refusal_reaches_the_client_in_its_words)
{
	ck_assert_int_eq(test_gateway_run(&t, refuse), GATEWAY_REJECT);
	ck_assert_str_eq(t.mta.code, "550");
	ck_assert_str_eq(t.mta.xcode, "5.7.5");
	ck_assert_str_eq(t.mta.text, "no certificate for 50% of: c@x");
	ck_assert_uint_eq(t.mta.request_count, 0);
	log_says("answer=reject");
}
END_TEST

static void
discard(const struct policy_message *m, struct policy_outcome *out)
{
	(void)m;
	out->reply = POLICY_REPLY_DISCARD;
}

/* The second of two layers. */
static void
replayed(const struct policy_message *m, struct policy_outcome *out)
{
	untouched(m, out);
	out->opened = calloc(1, sizeof *out->opened);
	ck_assert_ptr_nonnull(out->opened);
	out->opened->layer_count = 2;
	out->opened->layers[0].ok = true;
	out->opened->layers[1] = (struct smime_layer){ .status = SMIME_E_UNTRUSTED,
		.token = "replayed-key",
		.fingerprint = "f00d",
		.reason = "it came before" };
}

START_TEST(r_dec_replay_is_an_alert_and_the_message_goes_as_it_came)
{
	static const char want[] = "4QUEUE1: alert=replayed-key layer=2 fingerprint=f00d "
				   "reason=\"it came before\"\n";
	const char *line;

	ck_assert_int_eq(test_gateway_run(&t, replayed), GATEWAY_CONTINUE);
	mta_sends(message);
	line = strstr(test_gateway_log(&t), "4QUEUE1: alert=");
	ck_assert_ptr_nonnull(line);
	ck_assert_msg(strncmp(line, want, strlen(want)) == 0, "%s", line);
	ck_assert_msg(!strstr(line + strlen(want), "alert="), "%s", line);
}
END_TEST

/* Pitfall 17: who wants nobody to get it says so, and it is logged. */
START_TEST(pitfall_17_a_discard_is_explicit_and_logged)
{
	ck_assert_int_eq(test_gateway_run(&t, discard), GATEWAY_DISCARD);
	mta_has("<b@x> <c@x> <D@x>");
	log_says("answer=discard");
}
END_TEST

static void
fail_for_now(const struct policy_message *m, struct policy_outcome *out)
{
	(void)m;
	out->reply = POLICY_REPLY_TEMPFAIL;
	memcpy(out->code, "451", 4);
	memcpy(out->xcode, "4.3.0", 6);
	out->text = strdup("database locked");
}

START_TEST(a_failure_of_policy_is_temporary)
{
	(void)smime_fail(&t.diag, SMIME_E_SYSTEM, NULL, "the database is locked");
	ck_assert_int_eq(test_gateway_run(&t, fail_for_now), GATEWAY_TEMPFAIL);
	ck_assert_str_eq(t.mta.text, "database locked");
	log_says("failure=system reason=\"the database is locked\" answer=tempfail");
}
END_TEST

START_TEST(a_policy_that_cannot_even_speak_is_temporary)
{
	ck_assert_int_eq(test_gateway_run(&t, NULL), GATEWAY_TEMPFAIL);
	ck_assert_str_eq(t.mta.xcode, "4.3.0");
	log_says("action=none from=a@lab.test recipients=3 failure=system reason=\"no memory\"");
}
END_TEST

static void
nobody(const struct policy_message *m, struct policy_outcome *out)
{
	(void)m;
	(void)out;
}

static void
empty_copy(const struct policy_message *m, struct policy_outcome *out)
{
	(void)m;
	(void)outcome_copy(out, 0, 0, NULL);
}

START_TEST(pitfall_17_an_outcome_without_recipients_is_a_failure)
{
	ck_assert_int_eq(test_gateway_run(&t, nobody), GATEWAY_TEMPFAIL);
	log_says("failure=no-recipient");
	teardown();
	setup();
	ck_assert_int_eq(test_gateway_run(&t, empty_copy), GATEWAY_TEMPFAIL);
	log_says("failure=no-recipient");
	mta_has("<b@x> <c@x> <D@x>");
}
END_TEST

/* Pitfall 14: the MTA would refuse the grown message after our yes. */
START_TEST(pitfall_14_a_message_that_grew_too_large_is_refused_by_us)
{
	t.gateway.size_max = 60;
	ck_assert_int_eq(test_gateway_run(&t, sealed), GATEWAY_REJECT);
	ck_assert_str_eq(t.mta.code, "552");
	ck_assert_str_eq(t.mta.xcode, "5.3.4");
	ck_assert_uint_eq(t.mta.request_count, 0);
	log_says("failure=limit");
}
END_TEST

/* Pitfall 5: whatever the MTA has of our edits, it throws away on 451. */
START_TEST(pitfall_5_an_mta_that_fails_half_way_gets_451)
{
	for (unsigned at = 1; at <= 7; at++) {
		teardown();
		setup();
		t.mta.fail_at = at;
		ck_assert_int_eq(test_gateway_run(&t, sealed), GATEWAY_TEMPFAIL);
		ck_assert_str_eq(t.mta.code, "451");
		log_says("failure=mta");
	}
}
END_TEST

START_TEST(our_own_copy_does_not_go_round)
{
	t.site.reinject_port = 25;
	ck_assert_int_eq(test_gateway_run(&t, untouched), GATEWAY_TEMPFAIL);
	ck_assert_str_eq(t.mta.xcode, "4.3.5");
	log_says("failure=loop");
}
END_TEST

START_TEST(a_stopping_gateway_defers)
{
	gateway_gate_close(t.gateway.gate);
	ck_assert_int_eq(test_gateway_run(&t, untouched), GATEWAY_TEMPFAIL);
	ck_assert_str_eq(t.mta.xcode, "4.3.2");
	log_says("failure=busy reason=stopping answer=tempfail");
}
END_TEST

START_TEST(a_busy_gateway_defers_after_a_while)
{
	ck_assert(gateway_gate_enter(t.gateway.gate, &t.mta.base));
	ck_assert(gateway_gate_enter(t.gateway.gate, &t.mta.base));
	ck_assert_int_eq(test_gateway_run(&t, untouched), GATEWAY_TEMPFAIL);
	log_says("failure=busy reason=\"too many messages at once\"");
}
END_TEST

static void
with_log_entries(const struct policy_message *m, struct policy_outcome *out)
{
	untouched(m, out);
	out->plan = calloc(1, sizeof *out->plan);
	out->plan->log_entries = calloc(2, sizeof *out->plan->log_entries);
	out->plan->log_entries[0] = strdup("first \"entry\"");
	out->plan->log_entries[1] = strdup("second");
	out->plan->log_entry_count = 2;
}

START_TEST(log_entries_have_lines_of_their_own)
{
	ck_assert_int_eq(test_gateway_run(&t, with_log_entries), GATEWAY_CONTINUE);
	ck_assert_ptr_nonnull(
	    strstr(test_gateway_log(&t), "]: 4QUEUE1: log-entry=\"first \\x22entry\\x22\"\n"));
	ck_assert_ptr_nonnull(strstr(test_gateway_log(&t), "]: 4QUEUE1: log-entry=second\n"));
}
END_TEST

static void
for_hundreds(const struct policy_message *m, struct policy_outcome *out)
{
	SMIME_AUTO_BUF record = { 0 };

	untouched(m, out);
	ck_assert_int_eq(smime_buf_appendf(&record, "direction=outgoing"), SMIME_OK);
	for (int i = 0; i < 900; i++)
		ck_assert_int_eq(smime_buf_appendf(&record, " sealed=\"u %d@x\"", i), SMIME_OK);
	ck_assert_int_eq(smime_buf_terminate(&record), SMIME_OK);
	free(out->record);
	out->record = strdup((const char *)record.data);
}

START_TEST(the_answer_is_logged_however_long_the_line)
{
	const char *at;
	int lines = 0;

	ck_assert_int_eq(test_gateway_run(&t, for_hundreds), GATEWAY_CONTINUE);
	at = test_gateway_log(&t);
	for (int i = 0; i < 900; i++) {
		char word[32];

		(void)snprintf(word, sizeof word, " sealed=\"u %d@x\"", i);
		ck_assert_msg(strstr(at, word) != NULL, "%s", word);
	}
	for (const char *end; (end = strchr(at, '\n')) != NULL; at = end + 1) {
		bool last = end[1] == 0;

		lines++;
		ck_assert_int_le(end - at, 4200);
		ck_assert_int_eq(memmem(at, (size_t)(end - at), " answer=", 8) != NULL, last);
		ck_assert_int_eq(
		    memmem(at, (size_t)(end - at), "]: 4QUEUE1: continues=1 ", 24) != NULL, !last);
	}
	ck_assert_int_eq(lines, 4);
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("finish");
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, an_untouched_message_goes_as_it_came);
	tcase_add_test(tc, a_sealed_message_replaces_the_one_that_came);
	tcase_add_test(tc, dropped_recipients_are_deleted);
	tcase_add_test(tc, a_refusal_reaches_the_client_in_its_words);
	tcase_add_test(tc, r_dec_replay_is_an_alert_and_the_message_goes_as_it_came);
	tcase_add_test(tc, pitfall_17_a_discard_is_explicit_and_logged);
	tcase_add_test(tc, a_failure_of_policy_is_temporary);
	tcase_add_test(tc, a_policy_that_cannot_even_speak_is_temporary);
	tcase_add_test(tc, pitfall_17_an_outcome_without_recipients_is_a_failure);
	tcase_add_test(tc, pitfall_14_a_message_that_grew_too_large_is_refused_by_us);
	tcase_add_test(tc, pitfall_5_an_mta_that_fails_half_way_gets_451);
	tcase_add_test(tc, our_own_copy_does_not_go_round);
	tcase_add_test(tc, a_stopping_gateway_defers);
	tcase_add_test(tc, a_busy_gateway_defers_after_a_while);
	tcase_add_test(tc, log_entries_have_lines_of_their_own);
	tcase_add_test(tc, the_answer_is_logged_however_long_the_line);
	suite_add_tcase(suite, tc);
	return suite;
}
