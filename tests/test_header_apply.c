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

Suite *
test_suite(void)
{
	Suite *suite = suite_create("header_apply");
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, fields_come_and_go_in_order);
	tcase_add_test(tc, our_results_replace_forged_ones);
	suite_add_tcase(suite, tc);
	return suite;
}
