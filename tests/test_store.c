/* test_store.c - edits apply, and a bad one leaves the last good policy, or the last good version
 * of a filter, in force. */
#include "policy/db.h"
#include "policy/snapshot.h"
#include "support.h"
#include "support_db.h"

#include <stdlib.h>

static struct policy_store *store;
static struct policy_snapshot *snapshot;
static struct smime_diag diag;
static bool problem;

static void
setup(void)
{
	db_make();
	ck_assert_int_eq(policy_db_init(db_path(), NULL), SMIME_OK);
	ck_assert_int_eq(policy_store_open(db_path(), NULL, &store, &diag), SMIME_OK);
}

static void
teardown(void)
{
	policy_snapshot_free(&snapshot);
	policy_store_free(&store);
	db_remove();
}

static void
look(void)
{
	policy_snapshot_free(&snapshot);
	diag = (struct smime_diag){ 0 };
	ck_assert_int_eq(policy_store_current(store, &snapshot, &problem, &diag), SMIME_OK);
}

#define FILTER(name, script)                                                                   \
	db_run("INSERT INTO message_filter (name, position, script) VALUES (%Q, 1, %Q)", name, \
	    script)

START_TEST(the_same_snapshot_serves_until_something_changes)
{
	struct policy_snapshot *first;

	look();
	ck_assert(!problem);
	first = policy_snapshot_ref(snapshot);
	look();
	ck_assert_ptr_eq(snapshot, first);
	/* The journal is no policy. */
	db_run("INSERT INTO reinject_journal VALUES ('copy', 'sent', 'id', 1)");
	look();
	ck_assert_ptr_eq(snapshot, first);
	db_run(
	    "UPDATE setting SET value = 'boss' WHERE name = 'postmaster'; DELETE FROM change_log");
	look();
	ck_assert_ptr_ne(snapshot, first);
	ck_assert_str_eq(snapshot->postmaster, "boss");
	ck_assert_str_eq(first->postmaster, "postmaster");
	policy_snapshot_free(&first);
}
END_TEST

START_TEST(a_broken_filter_is_left_out_and_the_others_run)
{
	FILTER("good", "good: if true { no-op(); }");
	FILTER("typo", "typo: if treu { no-op(); }");
	FILTER("profile", "profile: if true { smime-gateway('nope'); }");
	look();
	ck_assert(problem);
	ck_assert_ptr_nonnull(strstr(diag.text, "message_filter \""));
	ck_assert_ptr_nonnull(strstr(diag.text, "(and 1 more"));
	ck_assert_uint_eq(snapshot->message_filter_count, 1);
	ck_assert_str_eq(snapshot->message_filters[0]->name, "good");
	ck_assert_uint_eq(snapshot->problem_count, 2);
	for (size_t i = 0; i < 2; i++)
		ck_assert_ptr_nonnull(strstr(snapshot->problems[i].reason, "(it is left out)"));
}
END_TEST

START_TEST(the_last_good_version_of_a_filter_stays)
{
	FILTER("f", "f: if true { no-op(); }");
	look();
	ck_assert_uint_eq(snapshot->message_filter_count, 1);
	db_run("UPDATE message_filter SET script = 'f: if ture { no-op(); }'");
	FILTER("g", "g: if true { no-op(); }");
	look();
	ck_assert(problem);
	ck_assert_ptr_nonnull(strstr(snapshot->problems[0].reason, "last good version"));
	ck_assert_uint_eq(snapshot->message_filter_count, 2);
	ck_assert_str_eq(snapshot->message_filters[0]->source, "f: if true { no-op(); }");
	/* And stays, whatever else is edited; until it is mended. */
	db_run("UPDATE setting SET value = 'boss' WHERE name = 'postmaster'");
	look();
	ck_assert_uint_eq(snapshot->message_filter_count, 2);
	db_run("UPDATE message_filter SET script = 'f: if true { drop(); }' WHERE name = 'f'");
	look();
	ck_assert(!problem);
	ck_assert_str_eq(snapshot->message_filters[0]->source, "f: if true { drop(); }");
}
END_TEST

START_TEST(a_content_filter_keeps_its_last_good_version_too)
{
	db_run("INSERT INTO content_filter (name, direction, condition) VALUES"
	       " ('c', 'outgoing', 'subject == \"x\"');"
	       "INSERT INTO content_filter_action (content_filter, position, action, argument)"
	       " VALUES ('c', 1, 'insert-header', '[\"X-A\", \"[b]\"]'),"
	       " ('c', 2, 'quarantine', '[Policy]'), ('c', 3, 'drop', '')");
	look();
	ck_assert(!problem);
	ck_assert_uint_eq(snapshot->content_filter_count, 1);
	ck_assert_uint_eq(snapshot->content_filters[0]->action_count, 3);
	ck_assert_str_eq(snapshot->content_filters[0]->actions[0].args[1], "[b]");
	ck_assert_str_eq(snapshot->content_filters[0]->actions[1].args[0], "[Policy]");
	db_run("UPDATE content_filter SET condition = 'subject =='");
	look();
	ck_assert(problem);
	ck_assert_uint_eq(snapshot->content_filter_count, 1);
	ck_assert_str_eq(snapshot->content_filters[0]->source, "subject == \"x\"");
	db_run("UPDATE content_filter SET enabled = 0");
	look();
	ck_assert(!problem);
	ck_assert_uint_eq(snapshot->content_filter_count, 0);
}
END_TEST

START_TEST(what_does_not_compile_leaves_the_whole_policy)
{
	db_run("UPDATE setting SET value = 'before' WHERE name = 'postmaster'");
	look();
	db_run(
	    "UPDATE setting SET value = 'after' WHERE name = 'postmaster';"
	    "INSERT INTO public_key (name, certificate) VALUES ('x', '-----BEGIN CERTIFICATE-----"
	    " AAAA -----END CERTIFICATE-----')");
	look();
	ck_assert(problem);
	ck_assert_ptr_nonnull(
	    strstr(diag.text, "the last good policy stays in force: public_key \"x\": "));
	ck_assert_str_eq(snapshot->postmaster, "before");
	db_run("DELETE FROM public_key");
	look();
	ck_assert(!problem);
	ck_assert_str_eq(snapshot->postmaster, "after");
}
END_TEST

START_TEST(without_a_good_policy_nothing_starts)
{
	struct policy_store *second = NULL;

	db_run(
	    "INSERT INTO certificate (name, certificate, private_key) VALUES ('x',"
	    " '-----BEGIN CERTIFICATE----- AAAA -----END CERTIFICATE-----', 'file:/nonexistent')");
	ck_assert_int_ne(policy_store_open(db_path(), NULL, &second, &diag), SMIME_OK);
	ck_assert_ptr_null(second);
	ck_assert_ptr_nonnull(strstr(diag.text, "certificate \"x\""));
}
END_TEST

START_TEST(a_key_has_to_fit_its_certificate)
{
	struct pki_cert *one = pki_make(&(struct pki_spec){ .name = "1", .domains = "a.example" });
	struct pki_cert *two = pki_make(&(struct pki_spec){ .name = "2", .domains = "a.example" });

	db_add_own("one", one);
	db_add_own("two", two);
	look();
	ck_assert(!problem);
	db_run(
	    "UPDATE certificate SET private_key = (SELECT private_key FROM certificate WHERE name ="
	    " 'two') WHERE name = 'one'");
	look();
	ck_assert(problem);
	ck_assert_ptr_nonnull(strstr(diag.text, "certificate \"one\""));
	pki_free(&one);
	pki_free(&two);
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("store");
	TCase *tc = tcase_create("all");

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, the_same_snapshot_serves_until_something_changes);
	tcase_add_test(tc, a_broken_filter_is_left_out_and_the_others_run);
	tcase_add_test(tc, the_last_good_version_of_a_filter_stays);
	tcase_add_test(tc, a_content_filter_keeps_its_last_good_version_too);
	tcase_add_test(tc, what_does_not_compile_leaves_the_whole_policy);
	tcase_add_test(tc, without_a_good_policy_nothing_starts);
	tcase_add_test(tc, a_key_has_to_fit_its_certificate);
	return suite;
}
