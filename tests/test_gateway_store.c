/* test_gateway_store.c - milter/store.c: the database file replaced under a running daemon. */
#include "store.h"

#include "policy/db.h"
#include "policy/harvest.h"
#include "policy/journal.h"
#include "support.h"
#include "support_db.h"
#include "support_gateway.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char *const recipients[] = { "<b@x>", NULL };
static const char octets[] = "From: a\r\n\r\nbody\r\n";
static struct test_gateway t;
static struct policy_message *message;
static char aside[256];
static struct smime_diag diag;
static int64_t now;

static int64_t
test_clock(void)
{
	return now;
}

static void
ignore(void *arg, bool alert, const char *text)
{
	(void)arg;
	(void)alert;
	(void)text;
}

static void
setup(void)
{
	now = 1000;
	db_make();
	(void)snprintf(aside, sizeof aside, "%s.aside", db_path());
	ck_assert_int_eq(policy_db_init(db_path(), NULL), SMIME_OK);
	test_gateway_init(&t, FAKE_POSTFIX, octets, recipients);
	gateway_log_set_clock(t.gateway.log, test_clock);
	ck_assert_int_eq(gateway_store_open(db_path(), NULL, &t.gateway.store, &diag), SMIME_OK);
	ck_assert_int_eq(policy_journal_open(db_path(), &t.gateway.journal, &diag), SMIME_OK);
	ck_assert_int_eq(
	    policy_harvester_new(db_path(), ignore, NULL, &t.gateway.harvester, &diag), SMIME_OK);
	ck_assert_int_eq(policy_message_new(&message), SMIME_OK);
	ck_assert_int_eq(policy_message_add_recipient(message, "<b@x>", NULL), SMIME_OK);
	ck_assert_int_eq(smime_spool_new(NULL, &message->spool), SMIME_OK);
	ck_assert_int_eq(smime_spool_write(message->spool, octets, strlen(octets)), SMIME_OK);
}

/* As `mv` does, with what belongs to it. */
static void
move(const char *from, const char *to)
{
	static const char *const tails[] = { "", "-wal", "-shm" };

	for (size_t i = 0; i < 3; i++) {
		char a[300];
		char b[300];

		(void)snprintf(a, sizeof a, "%s%s", from, tails[i]);
		(void)snprintf(b, sizeof b, "%s%s", to, tails[i]);
		(void)rename(a, b);
	}
}

static void
remove_aside(void)
{
	move(aside, db_path()); /* whose files db_remove() knows */
}

static void
teardown(void)
{
	policy_message_free(&message);
	policy_harvester_free(&t.gateway.harvester);
	policy_journal_free(&t.gateway.journal);
	gateway_store_free(&t.gateway.store);
	test_gateway_reset(&t);
	remove_aside();
	db_remove();
}

/* Judge a message; whose postmaster is in force? */
static void
postmaster_is(const char *want)
{
	struct gateway_judgement judgement = { 0 };

	diag = (struct smime_diag){ 0 };
	ck_assert_int_eq(gateway_store_judge(&t.gateway, message, &judgement, &diag), SMIME_OK);
	ck_assert_str_eq(judgement.site.postmaster, want);
	gateway_judgement_reset(&judgement);
}

static void
replace(void)
{
	move(db_path(), aside);
	ck_assert_int_eq(policy_db_init(db_path(), NULL), SMIME_OK);
	db_run("UPDATE setting SET value = 'new@x' WHERE name = 'postmaster'");
}

START_TEST(a_replaced_file_is_told_and_opened_on_reload)
{
	postmaster_is("postmaster");
	ck_assert_str_eq(test_gateway_log(&t), "");
	replace();
	postmaster_is("postmaster");
	ck_assert_ptr_nonnull(strstr(test_gateway_log(&t), "was replaced by another file"));
	ck_assert_int_eq(gateway_store_reload(&t.gateway, &diag), SMIME_OK);
	now += 60;
	postmaster_is("new@x");
	ck_assert_ptr_eq(strchr(test_gateway_log(&t), '\n') + 1,
	    test_gateway_log(&t) + strlen(test_gateway_log(&t)));
}
END_TEST

/* "an edit that does not compile ... is logged with table, row and reason": each of them. */
START_TEST(each_broken_row_is_told_at_once)
{
	db_run("INSERT INTO message_filter (name, position, script) VALUES"
	       " ('one', 1, 'one: if treu { no-op(); }')");
	/* When it starts, and on SIGUSR1, before there is mail. */
	ck_assert_int_eq(gateway_store_reload(&t.gateway, &diag), SMIME_OK);
	ck_assert_ptr_nonnull(strstr(test_gateway_log(&t), "message_filter \"one\": line 1, "));
	db_run("INSERT INTO message_filter (name, position, script) VALUES"
	       " ('two', 2, 'two: if true { no-opp(); }');"
	       "INSERT INTO content_filter (name, direction, condition) VALUES"
	       " ('three', 'outgoing', 'subject = 1')");
	postmaster_is("postmaster");
	ck_assert_ptr_nonnull(strstr(test_gateway_log(&t), "message_filter \"two\": line 1, "));
	ck_assert_ptr_nonnull(strstr(test_gateway_log(&t), "content_filter \"three\": line 1, "));
	ck_assert_ptr_nonnull(strstr(test_gateway_log(&t), "expected \"==\" (it is left out)"));
	db_run("INSERT INTO public_key (name, certificate) VALUES ('four',"
	       " '-----BEGIN CERTIFICATE-----' || '-----END CERTIFICATE-----')");
	postmaster_is("postmaster");
	ck_assert_ptr_nonnull(strstr(
	    test_gateway_log(&t), "the last good policy stays in force: public_key \"four\": "));
	db_run("DELETE FROM public_key");
	for (int i = 5; i < 30; i++)
		db_run("INSERT INTO message_filter (name, position, script) VALUES"
		       " ('f%d', %d, 'f%d: if treu { no-op(); }')",
		    i, i, i);
	postmaster_is("postmaster");
	ck_assert_ptr_nonnull(
	    strstr(test_gateway_log(&t), "more than 16 rows of the policy are wrong"));
}
END_TEST

START_TEST(a_file_that_is_gone_is_told_each_minute)
{
	move(db_path(), aside);
	postmaster_is("postmaster");
	ck_assert_ptr_nonnull(strstr(test_gateway_log(&t), "is gone, or cannot be reached"));
	ck_assert_int_eq(gateway_store_reload(&t.gateway, &diag), SMIME_E_SYSTEM);
	postmaster_is("postmaster");
	now += 60;
	postmaster_is("postmaster");
	ck_assert_ptr_nonnull(
	    strstr(test_gateway_log(&t), "(1 like this left out) policy database"));
	move(aside, db_path());
	now += 60;
	postmaster_is("postmaster");
	ck_assert_ptr_null(strstr(test_gateway_log(&t), "(0 like"));
}
END_TEST

/* What a retry must find would be written to a file without name. */
START_TEST(after_a_reload_the_journal_is_written_to_the_new_file)
{
	static const char *const keys[] = { "aa01" };

	replace();
	ck_assert_int_eq(gateway_store_reload(&t.gateway, &diag), SMIME_OK);
	ck_assert_int_eq(policy_journal_begin(t.gateway.journal, keys, 1, 1000, &diag), SMIME_OK);
	ck_assert_str_eq(db_query("SELECT copy FROM reinject_journal"), "aa01 ");
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("gateway_store");
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_replaced_file_is_told_and_opened_on_reload);
	tcase_add_test(tc, each_broken_row_is_told_at_once);
	tcase_add_test(tc, a_file_that_is_gone_is_told_each_minute);
	tcase_add_test(tc, after_a_reload_the_journal_is_written_to_the_new_file);
	suite_add_tcase(suite, tc);
	return suite;
}
