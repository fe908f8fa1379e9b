/* test_dictionary.c - terms, weights, words, case; the tables as an administrator edits them. */
#include "dictionary.h"
#include "policy/db.h"
#include "policy/snapshot.h"
#include "support.h"
#include "support_db.h"

static struct smime_diag diag;

static const struct {
	bool match_case, whole_words;
	const char *term, *text;
	uint64_t weight, enough, score;
} rows[] = {
	{ false, false, "secret", "Secret and SECRET", 1, 10, 2 },
	{ true, false, "secret", "Secret and secret", 1, 10, 1 },
	{ false, false, "secret", "nothing", 1, 10, 0 },
	{ false, false, "secret", "", 1, 10, 0 },
	{ false, false, "a", "aaaa", 3, 100, 12 },
	{ false, false, "a", "aaaa", 3, 5, 6 }, /* not counted further than needed */
	{ false, true, "cat|dog", "concat dogs Cat, dog", 1, 10, 2 },
	{ false, true, "\xC3\xA4rger", "\xC3\x84rger V\xC3\xA4rger", 1, 10, 1 },
	{ false, false, "\xE6\x9C\xBA\xE5\xAF\x86", "\xE6\x9C\xBA\xE5\xAF\x86", 7, 10, 7 },
};

START_TEST(a_text_scores)
{
	SMIME_AUTO(policy_dictionary) d = NULL;
	SMIME_AUTO(policy_matcher) matcher = NULL;
	struct policy_span first = { 0 };
	uint64_t score;

	ck_assert_int_eq(
	    policy_dictionary_new("d", rows[_i].match_case, rows[_i].whole_words, &d), SMIME_OK);
	ck_assert_int_eq(policy_dictionary_add(d, rows[_i].term, rows[_i].weight, &diag), SMIME_OK);
	ck_assert_int_eq(policy_matcher_new(0, &matcher), SMIME_OK);
	ck_assert_int_eq(policy_dictionary_score(d, matcher, smime_bytes_str(rows[_i].text),
			     rows[_i].enough, &score, &first, &diag),
	    SMIME_OK);
	ck_assert_uint_eq(score, rows[_i].score);
	if (score > 0)
		ck_assert_uint_gt(first.to, first.from);
}
END_TEST

START_TEST(terms_add_up)
{
	SMIME_AUTO(policy_dictionary) d = NULL;
	SMIME_AUTO(policy_matcher) matcher = NULL;
	struct policy_span first = { 0 };
	uint64_t score;

	ck_assert_int_eq(policy_dictionary_new("d", false, false, &d), SMIME_OK);
	ck_assert_int_eq(policy_dictionary_add(d, "top secret", 10, &diag), SMIME_OK);
	ck_assert_int_eq(policy_dictionary_add(d, "secret", 3, &diag), SMIME_OK);
	ck_assert_int_eq(policy_matcher_new(0, &matcher), SMIME_OK);
	ck_assert_int_eq(policy_dictionary_score(d, matcher, smime_bytes_str("a top secret"), 100,
			     &score, &first, &diag),
	    SMIME_OK);
	ck_assert_uint_eq(score, 13);
	ck_assert_uint_eq(first.from, 2);
}
END_TEST

START_TEST(a_term_that_is_no_pattern_is_refused)
{
	SMIME_AUTO(policy_dictionary) d = NULL;

	ck_assert_int_eq(policy_dictionary_new("d", false, _i, &d), SMIME_OK);
	ck_assert_int_eq(policy_dictionary_add(d, "a)(b", 1, &diag), SMIME_E_SYNTAX);
	ck_assert_str_ne(diag.text, "");
	ck_assert_uint_eq(d->term_count, 0);
}
END_TEST

START_TEST(a_runaway_term_is_a_limit)
{
	SMIME_AUTO(policy_dictionary) d = NULL;
	SMIME_AUTO(policy_matcher) matcher = NULL;
	struct policy_span first = { 0 };
	char text[62] = "";
	uint64_t score;

	(void)memset(text, 'a', 60);
	text[60] = '!';
	ck_assert_int_eq(policy_dictionary_new("d", false, false, &d), SMIME_OK);
	ck_assert_int_eq(policy_dictionary_add(d, "^(a+)+$", 1, &diag), SMIME_OK);
	ck_assert_int_eq(policy_matcher_new(0, &matcher), SMIME_OK);
	ck_assert_int_eq(
	    policy_dictionary_score(d, matcher, smime_bytes_str(text), 1, &score, &first, &diag),
	    SMIME_E_LIMIT);
}
END_TEST

/* ---- the tables ---- */

static struct policy_store *store;
static struct policy_snapshot *snapshot;

static void
setup(void)
{
	db_make();
	ck_assert_int_eq(policy_db_init(db_path(), NULL), SMIME_OK);
	db_run("INSERT INTO dictionary (name) VALUES ('words');"
	       "INSERT INTO dictionary_term (dictionary, term, weight) VALUES ('words', 'x+', 4);"
	       "INSERT INTO message_filter (name, position, script) VALUES ('f', 1,"
	       " 'f: if body-dictionary-match(\"words\", 4) { drop(); }')");
	ck_assert_int_eq(policy_store_open(db_path(), NULL, &store, &diag), SMIME_OK);
}

static void
teardown(void)
{
	policy_snapshot_free(&snapshot);
	policy_store_free(&store);
	db_remove();
}

/* What the tables say now; whether there is a problem. */
static bool
look(void)
{
	bool problem;

	policy_snapshot_free(&snapshot);
	ck_assert_int_eq(policy_store_current(store, &snapshot, &problem, &diag), SMIME_OK);
	return problem;
}

START_TEST(an_edit_makes_a_new_dictionary_and_nothing_else_does)
{
	const struct policy_dictionary *d;

	ck_assert(!look());
	d = policy_snapshot_dictionary(snapshot, "words");
	ck_assert_uint_eq(d->term_count, 1);
	db_run("UPDATE setting SET value = 'mx.a.example' WHERE name = 'authserv_id'");
	ck_assert(!look());
	ck_assert_ptr_eq(policy_snapshot_dictionary(snapshot, "words"), d);
	db_run("INSERT INTO dictionary_term (dictionary, term) VALUES ('words', 'y')");
	ck_assert(!look());
	ck_assert_uint_eq(policy_snapshot_dictionary(snapshot, "words")->term_count, 2);
	db_run("UPDATE dictionary SET match_case = 1");
	ck_assert(!look());
	ck_assert(policy_snapshot_dictionary(snapshot, "words")->match_case);
}
END_TEST

START_TEST(a_broken_term_is_told_and_the_last_good_dictionary_stays)
{
	ck_assert(!look());
	db_run("INSERT INTO dictionary_term (dictionary, term) VALUES ('words', '(')");
	ck_assert(look());
	ck_assert_ptr_nonnull(strstr(diag.text, "dictionary_term"));
	ck_assert_ptr_nonnull(strstr(diag.text, "words"));
	ck_assert_uint_eq(policy_snapshot_dictionary(snapshot, "words")->term_count, 1);
	ck_assert_uint_eq(snapshot->message_filter_count, 1);
}
END_TEST

START_TEST(a_filter_without_its_dictionary_is_left_out)
{
	ck_assert(!look());
	db_run("DELETE FROM dictionary");
	ck_assert(look());
	ck_assert_ptr_nonnull(strstr(diag.text, "there is no good dictionary \"words\""));
	ck_assert_uint_eq(snapshot->message_filter_count, 0);
}
END_TEST

START_TEST(weights_have_limits)
{
	ck_assert_str_eq(db_shell("UPDATE dictionary_term SET weight = 0"),
	    "CHECK constraint failed: dictionary_term.weight must be 1 to 1000000");
	ck_assert_ptr_nonnull(
	    db_shell("INSERT INTO dictionary_term (dictionary, term) VALUES ('none', 'x')"));
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("dictionary");
	TCase *tc = tcase_create("terms");

	tcase_add_loop_test(tc, a_text_scores, 0, ROWS(rows));
	tcase_add_test(tc, terms_add_up);
	tcase_add_loop_test(tc, a_term_that_is_no_pattern_is_refused, 0, 2);
	tcase_add_test(tc, a_runaway_term_is_a_limit);
	suite_add_tcase(suite, tc);
	tc = tcase_create("tables");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, an_edit_makes_a_new_dictionary_and_nothing_else_does);
	tcase_add_test(tc, a_broken_term_is_told_and_the_last_good_dictionary_stays);
	tcase_add_test(tc, a_filter_without_its_dictionary_is_left_out);
	tcase_add_test(tc, weights_have_limits);
	suite_add_tcase(suite, tc);
	return suite;
}
