/* test_mime_value.c - one parameter, one text, of values that nobody has tidied. */
#include "smime/mime.h"
#include "support.h"

static const struct {
	const char *value, *name, *want; /* NULL: not there */
} params[] = {
	{ "text/plain; charset=utf-8", "charset", "utf-8" },
	{ "text/plain; charset=utf-8", "Charset", "utf-8" },
	{ "text/plain; charset=utf-8", "name", NULL },
	{ "text/plain", "charset", NULL },
	{ "", "charset", NULL },
	{ ";", "charset", NULL },
	{ "application/pkcs7-mime;\r\n\tsmime-type=signed-data; name=\"a b\"", "smime-type",
	    "signed-data" },
	{ "application/pkcs7-mime;\r\n\tsmime-type=signed-data; name=\"a b\"", "name", "a b" },
	{ "attachment; filename*0*=utf-8''%C3; filename*1*=%A9", "filename", "\xC3\xA9" },
};

START_TEST(a_parameter_is_found)
{
	SMIME_AUTO_BUF out = { 0 };
	bool found;

	ck_assert_int_eq(
	    smime_value_param(smime_bytes_str(params[_i].value), params[_i].name, &out, &found),
	    SMIME_OK);
	ck_assert_int_eq(smime_buf_terminate(&out), SMIME_OK);
	ck_assert_int_eq(found, params[_i].want != NULL);
	ck_assert_str_eq((char *)out.data, params[_i].want ? params[_i].want : "");
}
END_TEST

/* GMime reads C strings: what stands behind a NUL must not hide from it. */
START_TEST(a_nul_hides_nothing)
{
	SMIME_AUTO_BUF out = { 0 };
	bool found;

	ck_assert_int_eq(
	    smime_value_param(smime_bytes("text/plain;\0 name=x", 19), "name", &out, &found),
	    SMIME_OK);
	ck_assert(found);
	ck_assert(smime_bytes_equal(smime_buf_bytes(&out), smime_bytes_str("x")));
}
END_TEST

START_TEST(a_value_has_an_end)
{
	SMIME_AUTO_BUF value = { 0 };
	SMIME_AUTO_BUF out = { 0 };
	uint8_t *room;
	bool found;

	ck_assert_int_eq(smime_buf_extend(&value, 1048577, &room), SMIME_OK);
	memset(room, ' ', value.len);
	memcpy(room, "a; name=x;", 10);
	ck_assert_int_eq(
	    smime_value_param(smime_buf_bytes(&value), "name", &out, &found), SMIME_E_LIMIT);
	value.len--;
	ck_assert_int_eq(
	    smime_value_param(smime_buf_bytes(&value), "name", &out, &found), SMIME_OK);
	ck_assert(found);
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("mime_value");
	TCase *tc = tcase_create("all");

	suite_add_tcase(suite, tc);
	tcase_add_loop_test(tc, a_parameter_is_found, 0, ROWS(params));
	tcase_add_test(tc, a_nul_hides_nothing);
	tcase_add_test(tc, a_value_has_an_end);
	return suite;
}
