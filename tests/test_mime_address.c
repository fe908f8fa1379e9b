/* test_mime_address.c - who is named in To and Cc, however it is written. */
#include "smime/mime.h"
#include "support.h"

#include <stdio.h>
#include <stdlib.h>

static const struct {
	const char *value, *want; /* addresses with a blank between them */
	bool strict;
} rows[] = {
	{ "a@b.example", "a@b.example", true },
	{ " A <a@b.example>,\r\n\tc@d.example", "a@b.example c@d.example", true },
	{ "\"B, x <no@no>\" <a@b>", "a@b", true },
	{ "\"q\\\"<,>\" <a@b>, (c, d@e) f@g", "a@b f@g", true },
	{ "friends: a@b, C <c@d>;, e@f", "a@b c@d e@f", true },
	{ "undisclosed-recipients:;", "", true },
	{ "a @ b . example", "a@b.example", true },
	{ "a(nested (comment)) @b", "a@b", true },
	{ "\"odd local\"@b", "\"odd local\"@b", true },
	{ "<a@b", "", false },
	{ "a@b<example", "", false },
	{ "nobody", "", false },
	{ "@b, a@", "", false },
	{ "<>", "", true },
	{ "(unclosed a@b", "", true },
	{ "\"unclosed a@b", "", false },
	{ ",,;;::", "", true },
	{ "", "", true },
};

START_TEST(addresses_are_found)
{
	SMIME_AUTO_BUF got = { 0 };
	char **found;
	size_t count;
	bool strict;

	ck_assert_int_eq(
	    smime_value_addresses(smime_bytes_str(rows[_i].value), &found, &count, &strict),
	    SMIME_OK);
	for (size_t i = 0; i < count; i++)
		ck_assert_int_eq(smime_buf_appendf(&got, "%s%s", i ? " " : "", found[i]), SMIME_OK);
	ck_assert_int_eq(smime_buf_terminate(&got), SMIME_OK);
	ck_assert_str_eq((char *)got.data, rows[_i].want);
	ck_assert_int_eq(strict, rows[_i].strict);
	smime_addresses_free(&found);
}
END_TEST

START_TEST(more_than_ten_thousand_are_refused)
{
	SMIME_AUTO_BUF value = { 0 };
	char **found;
	size_t count;
	bool strict;

	for (int i = 0; i < 10000; i++)
		ck_assert_int_eq(smime_buf_appendf(&value, "a%d@b,", i), SMIME_OK);
	ck_assert_int_eq(
	    smime_value_addresses(smime_buf_bytes(&value), &found, &count, &strict), SMIME_OK);
	ck_assert_uint_eq(count, 10000);
	ck_assert_str_eq(found[9999], "a9999@b");
	ck_assert_ptr_null(found[10000]);
	smime_addresses_free(&found);
	ck_assert_int_eq(smime_buf_appendf(&value, "x@y"), SMIME_OK);
	ck_assert_int_eq(
	    smime_value_addresses(smime_buf_bytes(&value), &found, &count, &strict), SMIME_E_LIMIT);
	ck_assert_ptr_null(found);
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("mime_address");
	TCase *tc = tcase_create("all");

	tcase_add_loop_test(tc, addresses_are_found, 0, ROWS(rows));
	tcase_add_test(tc, more_than_ten_thousand_are_refused);
	suite_add_tcase(suite, tc);
	return suite;
}
