/* test_rule_shared.c - what rules of one message share is never what was true before: every action
 * and every splinter is seen by the rules that come after it. */
#include "support.h"
#include "support_site.h"

#define TEXT "From: user@a.example\r\nTo: x@b.example\r\nSubject: s\r\n\r\nhello\r\n"

static void
setup(void)
{
	site_make();
	site_message("user@a.example", TEXT, strlen(TEXT));
	site_recipients("x@b.example y@c.example");
}

/* The tags that the filters gave, a blank behind each. */
static const char *
tags(void)
{
	static char text[200];

	site_run(false);
	text[0] = 0;
	for (size_t i = 0; i < site.outcome->plan->tag_count; i++) {
		(void)strncat(text, site.outcome->plan->tags[i], 20);
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
	tcase_add_checked_fixture(tc, setup, site_remove);
	tcase_add_test(tc, the_next_filter_sees_what_the_last_one_did);
	tcase_add_test(tc, a_splinter_does_not_see_what_became_of_another);
	return suite;
}
