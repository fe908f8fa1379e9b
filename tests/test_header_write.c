/* test_header_write.c - a header as edits leave it, as octets. */
#include "policy/header.h"
#include "support.h"

#include <stdlib.h>

static struct policy_header *header;

static void
teardown(void)
{
	policy_header_free(&header);
	ck_assert_ptr_null(header);
}

static void
read_header(const char *message)
{
	policy_header_free(&header);
	ck_assert_int_eq(policy_header_read(smime_bytes_str(message), &header, NULL), SMIME_OK);
}

static void
add(const char *name, const char *value, enum policy_fate where)
{
	ck_assert_int_eq(policy_header_add(header, name, smime_bytes_str(value), where), SMIME_OK);
}

START_TEST(a_bare_cr_begins_no_field)
{
	struct smime_buf out = { 0 };
	SMIME_AUTO(smime_stage) stage = NULL;

	read_header("A: 1\rB: 2\r\r\n \rc\r\nD: 3\r");
	ck_assert_int_eq(smime_stage_buf_new(&out, 1000, &stage), SMIME_OK);
	ck_assert_int_eq(policy_header_write(header, stage), SMIME_OK);
	ck_assert_int_eq(smime_buf_terminate(&out), SMIME_OK);
	ck_assert_str_eq((char *)out.data, "A: 1 B: 2 \r\n  c\r\nD: 3 ");
	smime_buf_reset(&out);
}
END_TEST

START_TEST(a_written_header_shows_all_fates)
{
	struct smime_buf out = { 0 };
	SMIME_AUTO(smime_stage) stage = NULL;

	read_header("A: 1\r\nB:  2\r\n  folded\r\nC: 3\nD: 4\r\n\r\n");
	add("Top", "first", POLICY_FIELD_ON_TOP);
	add("Top", "above", POLICY_FIELD_ON_TOP);
	add("Last", "a\n b", POLICY_FIELD_ADDED);
	policy_header_remove(header, "A");
	ck_assert_int_eq(policy_header_change(header, 5, smime_bytes_str("four")), SMIME_OK);
	ck_assert_int_eq(smime_stage_buf_new(&out, 1000, &stage), SMIME_OK);
	ck_assert_int_eq(policy_header_write(header, stage), SMIME_OK);
	ck_assert_int_eq(smime_buf_terminate(&out), SMIME_OK);
	ck_assert_str_eq((char *)out.data,
	    "Top: above\r\nTop: first\r\nB:  2\r\n  folded\r\nC: 3\nD: four\r\nLast: a\r\n b\r\n");
	smime_buf_reset(&out);
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("header_write");
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, NULL, teardown);
	tcase_add_test(tc, a_bare_cr_begins_no_field);
	tcase_add_test(tc, a_written_header_shows_all_fates);
	suite_add_tcase(suite, tc);
	return suite;
}
