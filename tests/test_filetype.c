/* test_filetype.c - what octets look like, and the names for kinds. */
#include "filetype.h"
#include "support.h"

static const struct {
	const char *octets;
	size_t len;
	const char *type, *is, *is_not;
} rows[] = {
	{ "%PDF-1.4\n", 9, "application/pdf", "pdf", "doc" },
	{ "GIF89a\1\0\1\0", 10, "image/gif", "image", "png" },
	{ "#!/bin/sh\necho\n", 15, "text/x-shellscript", "executable", "pdf" },
	{ "\x1f\x8b\x08\0\0\0\0\0\0\3", 10, "application/gzip", "compressed", "zip" },
	{ "plain text\n", 11, "text/plain", "text/*", "html" },
	{ "", 0, "application/octet-stream", "application/*", "text" },
};

START_TEST(octets_say_what_they_are)
{
	SMIME_AUTO(policy_filetypes) filetypes = NULL;
	const char *type;

	ck_assert_int_eq(policy_filetypes_new(&filetypes), SMIME_OK);
	type = policy_filetypes_detect(filetypes, smime_bytes(rows[_i].octets, rows[_i].len));
	ck_assert_str_eq(type, rows[_i].type);
	ck_assert(policy_filetype_is(rows[_i].is, type));
	ck_assert(!policy_filetype_is(rows[_i].is_not, type));
}
END_TEST

START_TEST(names_have_no_case_and_types_may_end_in_a_star)
{
	ck_assert(policy_filetype_known("PDF"));
	ck_assert(!policy_filetype_known("pd"));
	ck_assert(policy_filetype_is("Image", "image/PNG"));
	ck_assert(policy_filetype_is(
	    "docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"));
	ck_assert(policy_filetype_is("image/*", "image/png"));
	ck_assert(!policy_filetype_is("image/p", "image/png"));
	ck_assert(policy_filetype_is("*", "image/png"));
	ck_assert(!policy_filetype_is("", "image/png"));
}
END_TEST

START_TEST(every_name_is_listed_once)
{
	size_t count = 0;

	for (; policy_filetype_at(count); count++)
		for (size_t i = 0; i < count; i++)
			ck_assert_str_ne(policy_filetype_at(i), policy_filetype_at(count));
	ck_assert_uint_gt(count, 50);
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("filetype");
	TCase *tc = tcase_create("all");

	tcase_add_loop_test(tc, octets_say_what_they_are, 0, ROWS(rows));
	tcase_add_test(tc, names_have_no_case_and_types_may_end_in_a_star);
	tcase_add_test(tc, every_name_is_listed_once);
	suite_add_tcase(suite, tc);
	return suite;
}
