/* test_mime_field.c - fields that hold octets over 127, as text of 7 bits that says the same.
 * RFC 2231 s4.1, RFC 2047. */
#include "mime_internal.h"
#include "smime/words.h"
#include "support.h"

static const struct {
	const char *name, *value, *want;
} fields[] = {
	{ "Content-Type", " text/plain; ; ;name=\"\xC3\xA9\";",
	    "Content-Type: text/plain;\r\n name*=utf-8''%C3%A9\r\n" },
	{ "content-disposition", " attachment;\r\n\tfilename = \xE9 ; size=1\r\n ",
	    "content-disposition: attachment;\r\n filename*=iso-8859-1''%E9;\r\n size=1\r\n" },
	/* What is no parameter cannot be encoded. */
	{ "Content-Type", " text/pl\xC3\xA9n; name; \xC3\xA9=x; =\xC3\xA9",
	    "Content-Type: text/pl??n;\r\n name;\r\n ?\?=x;\r\n =??\r\n" },
	/* Encoded already, in part: once is enough. */
	{ "Content-Type", " text/plain; name*0=\xC3\xA9; name*1*=%C3%A9",
	    "Content-Type: text/plain;\r\n name*0=??;\r\n name*1*=%C3%A9\r\n" },
	{ "Content-Type", " text/\r\n plain; name=\"a\r\n b\"; x=\xC3\xA9",
	    "Content-Type: text/ plain;\r\n name=\"a b\";\r\n x*=utf-8''%C3%A9\r\n" },
	{ "Content-Description", " \"quoted \xC3\xA9\"",
	    "Content-Description: =?utf-8?B?cXVvdGVkIMOp?=\r\n" },
	{ "Content-Description", " ", "Content-Description: \r\n" },
};

START_TEST(a_field_says_the_same_in_seven_bits)
{
	const struct smime_field field = { .name = smime_bytes_str(fields[_i].name),
		.value = smime_bytes_str(fields[_i].value) };
	SMIME_AUTO_BUF out = { 0 };
	SMIME_AUTO(smime_stage) collect = NULL;

	ck_assert_int_eq(smime_stage_buf_new(&out, 10000, &collect), SMIME_OK);
	ck_assert_int_eq(smime_mime_field_encode(&field, collect), SMIME_OK);
	ck_assert_int_eq(smime_buf_terminate(&out), SMIME_OK);
	ck_assert_str_eq((char *)out.data, fields[_i].want);
}
END_TEST

/* Of whatever length: in pieces that are whole characters, on lines that are not too long. */
START_TEST(a_long_name_comes_back)
{
	for (size_t len = 38; len < 300; len += 7) {
		struct smime_field field = { .name = smime_bytes_str("Content-Disposition") };
		struct smime_words *list = NULL;
		size_t count = 0, line = 0;
		SMIME_AUTO_BUF value = { 0 };
		SMIME_AUTO_BUF out = { 0 };
		SMIME_AUTO_BUF text = { 0 };
		SMIME_AUTO(smime_stage) collect = NULL;
		bool good;

		ck_assert_int_eq(smime_buf_appendf(&value, "attachment; filename="), SMIME_OK);
		for (size_t i = 0; i < len; i++)
			ck_assert_int_eq(
			    smime_buf_appendf(&value, i % 3 ? "\xE6\x9C\xBA" : "a"), SMIME_OK);
		field.value = smime_buf_bytes(&value);
		ck_assert_int_eq(smime_stage_buf_new(&out, 10000, &collect), SMIME_OK);
		ck_assert_int_eq(smime_mime_field_encode(&field, collect), SMIME_OK);
		for (size_t i = 0; i < out.len; i++) {
			ck_assert_uint_lt(out.data[i], 128);
			line = out.data[i] == '\n' ? 0 : line + 1;
			ck_assert_uint_lt(line, 200);
		}
		ck_assert_int_eq(
		    smime_words_param(smime_buf_bytes(&out), "filename", &list, &count), SMIME_OK);
		ck_assert_uint_eq(count, 1);
		ck_assert_int_eq(smime_words_utf8(&list[0], NULL, &text, &good), SMIME_OK);
		ck_assert(good);
		ck_assert(smime_bytes_equal(smime_buf_bytes(&text),
		    smime_bytes_slice(smime_buf_bytes(&value), 21, value.len)));
		smime_words_free(&list, &count);
	}
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("mime_field");
	TCase *tc = tcase_create("all");

	suite_add_tcase(suite, tc);
	tcase_add_loop_test(tc, a_field_says_the_same_in_seven_bits, 0, ROWS(fields));
	tcase_add_test(tc, a_long_name_comes_back);
	return suite;
}
