/* test_support_run.c - a peer that did not run, or whose answer got lost, must not look content. */
#include "support_run.h"

#include "support.h"

START_TEST(output_and_exit_status_come_back)
{
	SMIME_AUTO_BUF out = { 0 };
	char name[RUN_NAME_SIZE];

	ck_assert_int_eq(run_program((const char *[]){ "cat", "-",
					 run_file(smime_bytes_str(" and a file"), name), NULL },
			     smime_bytes_str("input"), &out),
	    0);
	ck_assert_str_eq((char *)out.data, "input and a file");
	ck_assert_int_eq(
	    run_program((const char *[]){ "false", NULL }, smime_bytes(NULL, 0), NULL), 1);
}
END_TEST

START_TEST(errors_are_part_of_the_output)
{
	SMIME_AUTO_BUF out = { 0 };

	ck_assert_int_ne(run_program((const char *[]){ "cat", "/nonexistent", NULL },
			     smime_bytes(NULL, 0), &out),
	    0);
	ck_assert_ptr_nonnull(strstr((char *)out.data, "/nonexistent"));
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("support_run");
	TCase *tc = tcase_create("support_run");

	tcase_add_test(tc, output_and_exit_status_come_back);
	tcase_add_test(tc, errors_are_part_of_the_output);
	suite_add_tcase(suite, tc);
	return suite;
}
