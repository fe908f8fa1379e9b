/* test_journal.c - what the journal knows after each step, also of other processes and full disks.
 */
#include "policy/db.h"
#include "policy/journal.h"
#include "support.h"
#include "support_db.h"

#include <pthread.h>
#include <sqlite3.h>
#include <string.h>

#define NOW 1790000000
#define DAY 86400

static struct policy_journal *journal;
static const char *const keys[] = { "aa01", "aa02" };

static void
reopen(void)
{
	struct smime_diag diag = { 0 };

	policy_journal_free(&journal);
	ck_assert_msg(policy_journal_open(db_path(), &journal, &diag) == SMIME_OK, "%s", diag.text);
}

static void
setup(void)
{
	db_make();
	ck_assert_int_eq(policy_db_init(db_path(), NULL), SMIME_OK);
	reopen();
}

static void
teardown(void)
{
	policy_journal_free(&journal);
	db_remove();
}

static void
state_is(const char *key, int64_t now, enum policy_journal_state want, const char *want_id)
{
	SMIME_AUTO_BUF id = { 0 };
	enum policy_journal_state state;

	ck_assert_int_eq(policy_journal_find(journal, key, now, &state, &id, NULL), SMIME_OK);
	ck_assert_int_eq(state, want);
	ck_assert_str_eq(id.data ? (char *)id.data : "", want_id);
}

START_TEST(every_step_outlives_the_process)
{
	state_is("aa01", NOW, POLICY_JOURNAL_NONE, "");
	ck_assert_int_eq(policy_journal_begin(journal, keys, 2, NOW, NULL), SMIME_OK);
	reopen();
	state_is("aa01", NOW, POLICY_JOURNAL_SENDING, "");
	state_is("aa02", NOW, POLICY_JOURNAL_SENDING, "");
	ck_assert_int_eq(policy_journal_sent(journal, keys, 1, "QID1", NULL), SMIME_OK);
	ck_assert_int_eq(policy_journal_forget(journal, keys, 2, NULL), SMIME_OK);
	reopen();
	/* What was sent cannot be forgotten. */
	state_is("aa01", NOW, POLICY_JOURNAL_SENT, "QID1");
	state_is("aa02", NOW, POLICY_JOURNAL_NONE, "");
}
END_TEST

START_TEST(a_message_is_known_by_the_beginning_of_its_keys)
{
	static const struct {
		const char *prefix;
		bool known;
	} rows[] = { { "aa", true }, { "aa0", true }, { "ab", false }, { "a9", false },
		{ "b", false } };
	bool known;

	ck_assert_int_eq(policy_journal_begin(journal, keys, 1, NOW, NULL), SMIME_OK);
	for (int i = 0; i < ROWS(rows); i++) {
		ck_assert_int_eq(
		    policy_journal_knows(journal, rows[i].prefix, NOW, &known, NULL), SMIME_OK);
		ck_assert_msg(known == rows[i].known, "%s", rows[i].prefix);
	}
}
END_TEST

START_TEST(rows_live_for_five_days)
{
	static const char *const later[] = { "bb01" };
	bool known;

	ck_assert_int_eq(policy_journal_begin(journal, keys, 1, NOW, NULL), SMIME_OK);
	ck_assert_int_eq(policy_journal_sent(journal, keys, 1, "QID1", NULL), SMIME_OK);
	state_is("aa01", NOW + 4 * DAY, POLICY_JOURNAL_SENT, "QID1");
	state_is("aa01", NOW + 6 * DAY, POLICY_JOURNAL_NONE, "");
	ck_assert_int_eq(
	    policy_journal_knows(journal, "aa", NOW + 6 * DAY, &known, NULL), SMIME_OK);
	ck_assert(!known);
	ck_assert_int_eq(policy_journal_begin(journal, later, 1, NOW + 6 * DAY, NULL), SMIME_OK);
	state_is("aa01", NOW, POLICY_JOURNAL_NONE, ""); /* the row is gone */
}
END_TEST

START_TEST(a_locked_database_refuses_before_anything_leaves)
{
	struct smime_diag diag = { 0 };
	sqlite3 *locker;

	ck_assert_int_eq(sqlite3_open(db_path(), &locker), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(locker, "BEGIN EXCLUSIVE", NULL, NULL, NULL), SQLITE_OK);
	ck_assert_int_eq(policy_journal_begin(journal, keys, 2, NOW, &diag), SMIME_E_SYSTEM);
	ck_assert_ptr_nonnull(strstr(diag.text, "locked"));
	ck_assert_int_eq(sqlite3_close(locker), SQLITE_OK);
	state_is("aa01", NOW, POLICY_JOURNAL_NONE, "");
	ck_assert_int_eq(policy_journal_begin(journal, keys, 2, NOW, NULL), SMIME_OK);
}
END_TEST

static void *
come_in(void *arg)
{
	(void)arg;
	ck_assert_int_eq(policy_journal_enter(journal, "aa", 10, NULL), SMIME_OK);
	policy_journal_leave(journal, "aa");
	return NULL;
}

START_TEST(attempts_at_one_message_go_one_after_the_other)
{
	struct smime_diag diag = { 0 };
	pthread_t thread;

	ck_assert_int_eq(policy_journal_enter(journal, "aa", 0, NULL), SMIME_OK);
	ck_assert_int_eq(policy_journal_enter(journal, "bb", 0, NULL), SMIME_OK);
	ck_assert_int_eq(policy_journal_enter(journal, "aa", 0, &diag), SMIME_E_SYSTEM);
	ck_assert_str_eq(diag.token, "busy");
	ck_assert_int_eq(pthread_create(&thread, NULL, come_in, NULL), 0);
	policy_journal_leave(journal, "aa");
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert_int_eq(policy_journal_enter(journal, "aa", 0, NULL), SMIME_OK);
	policy_journal_leave(journal, "aa");
	policy_journal_leave(journal, "bb");
}
END_TEST

START_TEST(a_list_is_written_as_a_whole_or_not_at_all)
{
	db_run("CREATE TRIGGER full BEFORE INSERT ON reinject_journal WHEN NEW.copy = 'aa02'"
	       " BEGIN SELECT RAISE(ABORT, 'disk is full'); END");
	ck_assert_int_ne(policy_journal_begin(journal, keys, 2, NOW, NULL), SMIME_OK);
	state_is("aa01", NOW, POLICY_JOURNAL_NONE, "");
	db_run("DROP TRIGGER full");
	ck_assert_int_eq(policy_journal_begin(journal, keys, 2, NOW, NULL), SMIME_OK);
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("journal");
	TCase *tc = tcase_create("all");

	tcase_set_timeout(tc, 30); /* a lock is waited for */
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, every_step_outlives_the_process);
	tcase_add_test(tc, a_message_is_known_by_the_beginning_of_its_keys);
	tcase_add_test(tc, rows_live_for_five_days);
	tcase_add_test(tc, a_locked_database_refuses_before_anything_leaves);
	tcase_add_test(tc, attempts_at_one_message_go_one_after_the_other);
	tcase_add_test(tc, a_list_is_written_as_a_whole_or_not_at_all);
	suite_add_tcase(suite, tc);
	return suite;
}
