/* test_header_apply.c - edits in order, on one header. */
#include "policy/header.h"
#include "policy/plan.h"
#include "support.h"

static struct policy_header *header;

static void
setup(void)
{
	ck_assert_int_eq(policy_header_read(smime_bytes_str("A: 1\nB: 2\na: 3\n"
							    "Authentication-Results: gw; x=y\n"
							    "Authentication-Results: mx; x=y\n"),
			     &header, NULL),
	    SMIME_OK);
}

static void
teardown(void)
{
	policy_header_free(&header);
}

static void
apply(struct policy_edit *items, size_t count)
{
	const struct policy_edits edits = { items, count };

	ck_assert_int_eq(policy_header_apply(header, &edits, NULL), SMIME_OK);
}

START_TEST(fields_come_and_go_in_order)
{
	static char a[] = "A", c[] = "C", value[] = "new";
	struct policy_edit edits[] = {
		{ .kind = POLICY_EDIT_INSERT, .name = c, .value = value },
		{ .kind = POLICY_EDIT_STRIP, .name = c },
		{ .kind = POLICY_EDIT_STRIP, .name = a },
		{ .kind = POLICY_EDIT_INSERT, .name = a, .value = value },
	};

	apply(edits, 4);
	ck_assert_uint_eq(header->count, 6);
	ck_assert_int_eq(header->field[0].fate, POLICY_FIELD_REMOVED);
	ck_assert_int_eq(header->field[1].fate, POLICY_FIELD_KEPT);
	ck_assert_int_eq(header->field[2].fate, POLICY_FIELD_REMOVED);
	ck_assert_int_eq(header->field[5].fate, POLICY_FIELD_ADDED);
	ck_assert_str_eq(header->field[5].name, "A");
	ck_assert_str_eq(header->field[5].value, "new");
}
END_TEST

START_TEST(our_results_replace_forged_ones)
{
	static char name[] = "Authentication-Results", id[] = "GW", value[] = "GW; smime=pass";
	struct policy_edit edits[] = {
		{ .kind = POLICY_EDIT_RESULTS, .name = name, .value = value, .pattern = id },
	};

	apply(edits, 1);
	ck_assert_uint_eq(header->count, 6);
	ck_assert_int_eq(header->field[0].fate, POLICY_FIELD_ON_TOP);
	ck_assert_str_eq(header->field[0].value, "GW; smime=pass");
	ck_assert_int_eq(header->field[4].fate, POLICY_FIELD_REMOVED);
	ck_assert_int_eq(header->field[5].fate, POLICY_FIELD_KEPT);
	edits[0].value = NULL;
	apply(edits, 1);
	ck_assert_uint_eq(header->count, 5);
}
END_TEST

#define SECRET  "\xE6\x9C\xBA\xE5\xAF\x86" /* two characters */
#define ENCODED "=?utf-8?B?5py65a+G?="

/* What is written is ASCII, but for addresses; what is matched is what stands there, or else what
 * it says. */
static const struct {
	const char *field, *name, *pattern, *replacement, *want; /* want: the last field's value */
} texts[] = {
	{ "", "X", NULL, "a " SECRET " b", "a " ENCODED " b" },
	{ "", "X", NULL, "a\"" SECRET "\"", "=?utf-8?B?YSLmnLrlr4Yi?=" },
	{ "", "X", NULL, "plain", "plain" },
	{ "", "Reply-To", NULL, "<" SECRET "@a.example>", "<" SECRET "@a.example>" },
	{ "X: " ENCODED " b\n", "X", SECRET, "x", "x b" },
	{ "X: " ENCODED " b\n", "X", "b$", "c", ENCODED " c" },
	{ "X: " ENCODED " b\n", "X", "^", "[" SECRET "] ",
	    "=?utf-8?B?W+acuuWvhl0=?= " ENCODED " b" },
	{ "X: " ENCODED " b\n", "X", "none", "x", NULL },
};

START_TEST(text_beyond_ascii_is_encoded)
{
	struct policy_edit edit = { .kind =
					texts[_i].pattern ? POLICY_EDIT_TEXT : POLICY_EDIT_INSERT,
		.name = (char *)(uintptr_t)texts[_i].name,
		.pattern = (char *)(uintptr_t)texts[_i].pattern,
		.value = (char *)(uintptr_t)texts[_i].replacement };

	policy_header_free(&header);
	ck_assert_int_eq(
	    policy_header_read(smime_bytes_str(texts[_i].field), &header, NULL), SMIME_OK);
	apply(&edit, 1);
	ck_assert_pstr_eq(header->field[header->count - 1].value, texts[_i].want);
}
END_TEST

START_TEST(a_pattern_that_runs_away_is_a_limit)
{
	static char name[] = "X", pattern[] = "^(a+)+$", value[] = "b";
	struct policy_edit edit = {
		.kind = POLICY_EDIT_TEXT, .name = name, .pattern = pattern, .value = value
	};
	const struct policy_edits edits = { &edit, 1 };
	struct smime_diag diag = { 0 };

	policy_header_free(&header);
	ck_assert_int_eq(
	    policy_header_read(smime_bytes_str("X: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
					       "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\n"),
		&header, NULL),
	    SMIME_OK);
	ck_assert_int_eq(policy_header_apply(header, &edits, &diag), SMIME_E_LIMIT);
	ck_assert_str_eq(diag.token, "pattern");
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("header_apply");
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, fields_come_and_go_in_order);
	tcase_add_test(tc, our_results_replace_forged_ones);
	tcase_add_loop_test(tc, text_beyond_ascii_is_encoded, 0, ROWS(texts));
	tcase_add_test(tc, a_pattern_that_runs_away_is_a_limit);
	suite_add_tcase(suite, tc);
	return suite;
}
