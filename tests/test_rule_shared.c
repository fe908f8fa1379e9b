/* test_rule_shared.c - what rules of one message share is never what was true before: every action
 * and every splinter is seen by the rules that come after it. */
#include "policy/db.h"
#include "policy/process.h"
#include "support.h"
#include "support_db.h"

#define TEXT "From: user@a.example\r\nTo: x@b.example\r\nSubject: s\r\n\r\nhello\r\n"

static struct policy_store *store;
static struct policy_snapshot *snapshot;
static struct policy_message *message;
static struct policy_outcome *outcome;

static void
setup(void)
{
	db_make();
	ck_assert_int_eq(policy_db_init(db_path(), NULL), SMIME_OK);
	ck_assert_int_eq(policy_message_new(&message), SMIME_OK);
	ck_assert_int_eq(policy_message_set(&message->client_ip, "127.0.0.1"), SMIME_OK);
	ck_assert_int_eq(policy_message_add_recipient(message, "<x@b.example>", NULL), SMIME_OK);
	ck_assert_int_eq(policy_message_add_recipient(message, "<y@c.example>", NULL), SMIME_OK);
	ck_assert_int_eq(smime_spool_new(NULL, &message->spool), SMIME_OK);
	ck_assert_int_eq(smime_spool_write(message->spool, TEXT, strlen(TEXT)), SMIME_OK);
}

static void
teardown(void)
{
	policy_outcome_free(&outcome);
	policy_snapshot_free(&snapshot);
	policy_store_free(&store);
	policy_message_free(&message);
	db_remove();
}

/* The tags that the filters gave, a blank behind each. */
static const char *
tags(void)
{
	static char text[200];
	struct smime_diag diag = { 0 };
	bool problem;

	ck_assert_msg(
	    policy_store_open(db_path(), NULL, &store, &diag) == SMIME_OK, "%s", diag.text);
	ck_assert_int_eq(policy_store_current(store, &snapshot, &problem, &diag), SMIME_OK);
	ck_assert_msg(!problem, "%s", diag.text);
	ck_assert_int_eq(
	    policy_process(&(struct policy_process){ .snapshot = snapshot, .now = PKI_NOW },
		message, &outcome, &diag),
	    SMIME_OK);
	text[0] = 0;
	for (size_t i = 0; i < outcome->plan->tag_count; i++) {
		(void)strncat(text, outcome->plan->tags[i], 20);
		(void)strncat(text, " ", 2);
	}
	return text;
}

START_TEST(the_next_filter_sees_what_the_last_one_did)
{
	db_run("INSERT INTO message_filter (name, position, script) VALUES"
	       " ('a', 1, 'a: if not header(\"X\") { insert-header(\"X\", \"1\"); }'),"
	       " ('b', 2, 'b: if header(\"X\") == \"^1$\" { tag-message(\"b\");"
	       "   edit-header-text(\"X\", \"1\", \"2\"); }'),"
	       " ('c', 3, 'c: if header(\"X\") == \"^2$\" { tag-message(\"c\");"
	       "   strip-header(\"X\"); }'),"
	       " ('d', 4, 'd: if header(\"X\") { tag-message(\"wrong\"); }')");
	ck_assert_str_eq(tags(), "b c ");
}
END_TEST

/* Both splinters have one edit when the second filter is asked; not the same one. */
START_TEST(a_splinter_does_not_see_what_became_of_another)
{
	db_run("INSERT INTO mail_policy (name, direction, position) VALUES ('p', 'outgoing', 1);"
	       "INSERT INTO mail_policy_member (mail_policy, side, pattern) VALUES"
	       " ('p', 'recipient', '@b.example');"
	       "INSERT INTO content_filter (name, direction, condition) VALUES"
	       " ('put-p', 'outgoing', ''), ('put-d', 'outgoing', ''),"
	       " ('has-p', 'outgoing', 'header(\"X\") == \"p\"'),"
	       " ('has-d', 'outgoing', 'header(\"X\") == \"d\"');"
	       "INSERT INTO content_filter_action (content_filter, position, action, argument)"
	       " VALUES ('put-p', 1, 'insert-header', '[\"X\", \"p\"]'),"
	       " ('put-d', 1, 'insert-header', '[\"X\", \"d\"]'),"
	       " ('has-p', 1, 'tag-message', 'p-$Policy'),"
	       " ('has-d', 1, 'tag-message', 'd-$Policy');"
	       "INSERT INTO mail_policy_filter (mail_policy, position, content_filter) VALUES"
	       " ('p', 1, 'put-p'), ('p', 2, 'has-p'), ('p', 3, 'has-d'),"
	       " ('default-outgoing', 1, 'put-d'), ('default-outgoing', 2, 'has-p'),"
	       " ('default-outgoing', 3, 'has-d')");
	ck_assert_str_eq(tags(), "p-p d-default-outgoing ");
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("rule_shared");
	TCase *tc = tcase_create("shared");

	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, the_next_filter_sees_what_the_last_one_did);
	tcase_add_test(tc, a_splinter_does_not_see_what_became_of_another);
	return suite;
}
