/* test_commit.c - what both MTAs send after our requests, and what is never asked of them. */
#include "commit.h"
#include "support.h"
#include "support_fake_mta.h"

#include <stdlib.h>

/* Both MTAs, in every test. */
static struct fake_mta fakes[2];
static struct policy_header *header;
static struct gateway_edit edit;
static struct policy_recipient recipients[8];
static struct policy_message message = { .recipients = recipients };
static size_t stay[8];
static const char message_text[] =
    "Received: from x\r\n\tby y\r\nContent-Type: text/plain\r\nSubject: s\r\n"
    "X-Dup: 1\r\nContent-Transfer-Encoding: 7bit\r\nx-dup: 2\r\nMIME-Version: 1.0\r\n"
    "CONTENT-TYPE: text/html\r\nX-Dup: 3\r\nContent-ID: <x>\r\n\r\nold body\r\n";

static void
setup(void)
{
	const char *text = message_text;

	fake_mta_init(&fakes[0], FAKE_POSTFIX, text);
	fake_mta_init(&fakes[1], FAKE_SENDMAIL, text);
	ck_assert_int_eq(policy_header_read(smime_bytes_str(text), &header, NULL), SMIME_OK);
	edit = (struct gateway_edit){ .header = header, .recipients = stay };
	message.recipient_count = 0;
}

static void
teardown(void)
{
	for (size_t i = 0; i < message.recipient_count; i++)
		free(recipients[i].exact);
	policy_header_free(&header);
	smime_spool_free(&edit.entity);
	fake_mta_reset(&fakes[0]);
	fake_mta_reset(&fakes[1]);
}

static void
recipient(const char *exact, bool stays)
{
	fake_mta_recipient(&fakes[0], exact);
	fake_mta_recipient(&fakes[1], exact);
	if (stays)
		stay[edit.recipient_count++] = message.recipient_count;
	recipients[message.recipient_count++] = (struct policy_recipient){ .exact = strdup(exact) };
}

static void
entity(const char *text, size_t len)
{
	struct smime_bytes view;

	ck_assert_int_eq(smime_spool_new(NULL, &edit.entity), SMIME_OK);
	ck_assert_int_eq(smime_spool_write(edit.entity, text, len), SMIME_OK);
	ck_assert_int_eq(smime_spool_view(edit.entity, &view, NULL), SMIME_OK);
	ck_assert_int_eq(policy_header_swap_mime(header, view, &edit.body_at, NULL), SMIME_OK);
}

static void
commit_both(void)
{
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(gateway_commit(&fakes[i].base, &message, &edit, NULL), SMIME_OK);
		ck_assert(!fakes[i].failed);
	}
}

static void
both_send(const char *want)
{
	for (int i = 0; i < 2; i++) {
		char *sent = fake_mta_sends(&fakes[i]);

		ck_assert_str_eq(sent, want);
		free(sent);
	}
}

static void
both_have(const char *want)
{
	for (int i = 0; i < 2; i++) {
		char *left = fake_mta_recipients(&fakes[i]);

		ck_assert_str_eq(left, want);
		free(left);
	}
}

START_TEST(nothing_is_asked_when_nothing_changes)
{
	recipient("<a@x>", true);
	commit_both();
	ck_assert_uint_eq(fakes[0].request_count, 0);
	both_send(message_text);
}
END_TEST

START_TEST(pitfall_1_instances_go_from_the_last_to_the_first)
{
	recipient("<a@x>", true);
	policy_header_remove(header, "x-dup");
	commit_both();
	both_send("Received: from x\r\n\tby y\r\nContent-Type: text/plain\r\nSubject: s\r\n"
		  "Content-Transfer-Encoding: 7bit\r\nMIME-Version: 1.0\r\n"
		  "CONTENT-TYPE: text/html\r\nContent-ID: <x>\r\n\r\nold body\r\n");
}
END_TEST

START_TEST(pitfall_1_some_instances_change_while_others_go)
{
	recipient("<a@x>", true);
	/* The second X-Dup goes, the first and third change. */
	ck_assert_int_eq(policy_header_change(header, 3, smime_bytes_str("one")), SMIME_OK);
	header->field[5].fate = POLICY_FIELD_REMOVED;
	ck_assert_int_eq(policy_header_change(header, 8, smime_bytes_str("three")), SMIME_OK);
	commit_both();
	both_send("Received: from x\r\n\tby y\r\nContent-Type: text/plain\r\nSubject: s\r\n"
		  "X-Dup: one\r\nContent-Transfer-Encoding: 7bit\r\nMIME-Version: 1.0\r\n"
		  "CONTENT-TYPE: text/html\r\nX-Dup: three\r\nContent-ID: <x>\r\n\r\nold body\r\n");
}
END_TEST

START_TEST(every_mime_field_is_swapped_and_the_body_with_it)
{
	static const char sealed[] = "MIME-Version: 1.0\r\nContent-Type: multipart/signed;\r\n"
				     "\tboundary=\"b\"\r\n\r\nnew body\r\n";

	recipient("<a@x>", true);
	entity(sealed, strlen(sealed));
	commit_both();
	both_send("Received: from x\r\n\tby y\r\nSubject: s\r\nX-Dup: 1\r\nx-dup: 2\r\n"
		  "MIME-Version: 1.0\r\nX-Dup: 3\r\nContent-Type: "
		  "multipart/signed;\r\n\tboundary=\"b\"\r\n\r\n"
		  "new body\r\n");
}
END_TEST

START_TEST(new_fields_stand_where_they_were_put)
{
	recipient("<a@x>", true);
	ck_assert_int_eq(policy_header_add(header, "Authentication-Results",
			     smime_bytes_str("gw; none"), POLICY_FIELD_ON_TOP),
	    SMIME_OK);
	ck_assert_int_eq(
	    policy_header_add(header, "X-Top", smime_bytes_str("above"), POLICY_FIELD_ON_TOP),
	    SMIME_OK);
	ck_assert_int_eq(
	    policy_header_add(header, "X-Last", smime_bytes_str("end"), POLICY_FIELD_ADDED),
	    SMIME_OK);
	commit_both();
	for (int i = 0; i < 2; i++) {
		char *sent = fake_mta_sends(&fakes[i]);

		ck_assert_ptr_eq(
		    strstr(sent, "X-Top: above\r\nAuthentication-Results: gw; none\r\nReceived:"),
		    sent);
		ck_assert_ptr_nonnull(strstr(sent, "<x>\r\nX-Last: end\r\n\r\nold body"));
		free(sent);
	}
}
END_TEST

START_TEST(pitfall_3_no_cr_reaches_the_mta)
{
	recipient("<a@x>", true);
	ck_assert_int_eq(
	    policy_header_change(header, 2, smime_bytes_str("a\r\n b\r\nX: c")), SMIME_OK);
	ck_assert_int_eq(
	    policy_header_add(header, "X-New", smime_bytes_str("a\r\n b"), POLICY_FIELD_ADDED),
	    SMIME_OK);
	commit_both();
	for (int i = 0; i < 2; i++) {
		char *sent = fake_mta_sends(&fakes[i]);

		ck_assert_ptr_null(strstr(sent, "\r\r"));
		ck_assert_ptr_nonnull(strstr(sent, "\r\nSubject: a\r\n b\r\n X: c\r\n"));
		ck_assert_ptr_nonnull(strstr(sent, "\r\nX-New: a\r\n b\r\n"));
		free(sent);
	}
}
END_TEST

START_TEST(pitfall_4_the_new_body_is_canonical)
{
	static const char text[] = "A: b\n\none\ntwo\rthree\r\n";
	static const char want[] = "one\r\ntwo\r\nthree\r\n";

	recipient("<a@x>", true);
	entity(text, strlen(text));
	commit_both();
	for (int i = 0; i < 2; i++) {
		ck_assert_uint_eq(fakes[i].body.len, strlen(want));
		ck_assert_mem_eq(fakes[i].body.data, want, strlen(want));
	}
}
END_TEST

/* Header edits, recipients and quarantine all come before the first piece. */
START_TEST(pitfall_2_the_body_comes_last_and_unbroken)
{
	char *text = malloc(200001);

	for (size_t i = 0; i < 200000; i++)
		text[i] = i % 78 == 76 ? '\r' : i % 78 == 77 ? '\n' : 'A';
	memcpy(text, "Content-Type: x/y\r\n\r\n", 21);
	recipient("<a@x>", true);
	recipient("<b@x>", false);
	entity(text, 200000);
	free(text);
	edit.quarantine = "Policy";
	commit_both();
	for (int i = 0; i < 2; i++) {
		ck_assert_str_eq(fakes[i].quarantine, "Policy");
		ck_assert_uint_eq(fakes[i].progress_count, 0);
	}
	both_have("<a@x>");
}
END_TEST

/* Pieces of 78 octets cost ten times as much. */
START_TEST(pitfall_22_pieces_are_large)
{
	char *text = calloc(1, 200000);

	ck_assert_ptr_nonnull(text);
	for (size_t i = 0; i < 200000; i++)
		text[i] = i % 78 == 76 ? '\r' : i % 78 == 77 ? '\n' : 'A';
	memcpy(text, "Content-Type: x/y\r\n\r\n", 21);
	recipient("<a@x>", true);
	entity(text, 200000);
	free(text);
	commit_both();
	for (int i = 0; i < 2; i++) {
		ck_assert_uint_eq(fakes[i].piece_count, 4);
		ck_assert_uint_eq(fakes[i].piece_largest, 65536);
	}
}
END_TEST

START_TEST(an_empty_new_body_replaces_the_old_one)
{
	recipient("<a@x>", true);
	entity("Content-Type: x/y\r\n\r\n", 21);
	commit_both();
	ck_assert(fakes[0].body_replaced);
	ck_assert_uint_eq(fakes[0].body.len, 0);
}
END_TEST

START_TEST(pitfall_16_recipients_go_by_their_exact_spelling)
{
	recipient("<B@Dest.test>", false);
	recipient("<b@dest.test>", true);
	recipient("c@dest.test", false);
	commit_both();
	both_have("<b@dest.test>");
}
END_TEST

/* One request deletes all that are spelt alike, with brackets or without. */
START_TEST(a_recipient_named_twice_is_not_lost_with_its_twin)
{
	recipient("<a@x>", true);
	recipient("<a@x>", false);
	recipient("a@x", false);
	recipient("<b@x>", false);
	commit_both();
	both_have("<a@x> <a@x> a@x");
}
END_TEST

/* A recipient that a filter added: the MTA has to be told, and is never asked to delete him. */
static void
added(const char *exact, bool stays)
{
	if (stays)
		stay[edit.recipient_count++] = message.recipient_count;
	recipients[message.recipient_count++] = (struct policy_recipient){
		.exact = strdup(exact), .args = (char *)(uintptr_t) "NOTIFY=NEVER", .added = true
	};
}

START_TEST(added_recipients_come_before_others_go)
{
	recipient("<a@x>", false);
	recipient("<b@x>", false);
	added("<new@y>", true);
	added("<elsewhere@y>", false);
	commit_both();
	both_have("<new@y>");
	ck_assert_uint_eq(fakes[0].request_count, 3);
}
END_TEST

START_TEST(a_blind_copy_leaves_the_others_alone)
{
	recipient("<a@x>", true);
	added("<blind@y>", true);
	commit_both();
	both_have("<a@x> <blind@y>");
	ck_assert_uint_eq(fakes[0].request_count, 1);
}
END_TEST

START_TEST(r_dec_dsn_reports_do_not_return_what_was_decrypted)
{
	static const struct {
		const char *from, *args, *sender;
		bool decrypted;
	} cases[] = {
		{ "a@x", "SIZE=9 ENVID=q RET=FULL", "<a@x> RET=HDRS ENVID=q", true },
		{ "a@x", "", "<a@x> RET=HDRS", true },
		{ "", "RET=FULL", "", true },
		{ "a@x", "RET=FULL", "", false },
	};

	recipient("<b@y>", true);
	for (int i = 0; i < ROWS(cases); i++) {
		message.mail_from = (char *)(uintptr_t)cases[i].from;
		message.mail_args = (char *)(uintptr_t)cases[i].args;
		edit.decrypted = cases[i].decrypted;
		fakes[0].sender[0] = fakes[1].sender[0] = 0;
		commit_both();
		ck_assert_str_eq(fakes[0].sender, cases[i].sender);
		ck_assert_str_eq(fakes[1].sender, cases[i].sender);
	}
}
END_TEST

START_TEST(pitfall_17_the_last_recipient_is_never_deleted)
{
	struct smime_diag diag = { 0 };

	recipient("<a@x>", false);
	recipient("<b@x>", false);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(
		    gateway_commit(&fakes[i].base, &message, &edit, &diag), SMIME_E_SYSTEM);
		ck_assert_str_eq(diag.token, "no-recipient");
		ck_assert_uint_eq(fakes[i].request_count, 0);
	}
	both_have("<a@x> <b@x>");
}
END_TEST

/* The MTA goes away at each request in turn: we say so, and the session answers 4xx. */
START_TEST(pitfall_5_a_failed_request_is_a_failure)
{
	struct smime_diag diag;
	unsigned at = 1;

	recipient("<a@x>", true);
	recipient("<b@x>", false);
	entity("Content-Type: x/y\r\n\r\nnew\r\n", 26);
	ck_assert_int_eq(policy_header_change(header, 2, smime_bytes_str("t")), SMIME_OK);
	ck_assert_int_eq(
	    policy_header_add(header, "A", smime_bytes_str("t"), POLICY_FIELD_ON_TOP), SMIME_OK);
	edit.quarantine = "q";
	for (;; at++) {
		fakes[0].request_count = 0;
		fakes[0].fail_at = at;
		diag = (struct smime_diag){ 0 };
		if (gateway_commit(&fakes[0].base, &message, &edit, &diag) == SMIME_OK)
			break;
		ck_assert_str_eq(diag.token, "mta");
		ck_assert_uint_eq(fakes[0].request_count, at);
	}
	ck_assert_uint_eq(at, 11); /* 1 recipient, 5 received fields, 2 new, quarantine, body */
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("commit");
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, nothing_is_asked_when_nothing_changes);
	tcase_add_test(tc, pitfall_1_instances_go_from_the_last_to_the_first);
	tcase_add_test(tc, pitfall_1_some_instances_change_while_others_go);
	tcase_add_test(tc, every_mime_field_is_swapped_and_the_body_with_it);
	tcase_add_test(tc, new_fields_stand_where_they_were_put);
	tcase_add_test(tc, pitfall_3_no_cr_reaches_the_mta);
	tcase_add_test(tc, pitfall_4_the_new_body_is_canonical);
	tcase_add_test(tc, pitfall_2_the_body_comes_last_and_unbroken);
	tcase_add_test(tc, pitfall_22_pieces_are_large);
	tcase_add_test(tc, an_empty_new_body_replaces_the_old_one);
	tcase_add_test(tc, pitfall_16_recipients_go_by_their_exact_spelling);
	tcase_add_test(tc, a_recipient_named_twice_is_not_lost_with_its_twin);
	tcase_add_test(tc, added_recipients_come_before_others_go);
	tcase_add_test(tc, a_blind_copy_leaves_the_others_alone);
	tcase_add_test(tc, r_dec_dsn_reports_do_not_return_what_was_decrypted);
	tcase_add_test(tc, pitfall_17_the_last_recipient_is_never_deleted);
	tcase_add_test(tc, pitfall_5_a_failed_request_is_a_failure);
	suite_add_tcase(suite, tc);
	return suite;
}
