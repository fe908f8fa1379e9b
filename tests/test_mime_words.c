/* test_mime_words.c - encoded words as octets and labels, and what a parameter may be taken to say.
 * RFC 2047, RFC 2231. */
#include "smime/words.h"
#include "support.h"

#include <stdlib.h>

static const struct {
	const char *value, *charset, *want; /* charset NULL: as labelled */
	size_t pieces;
	bool good;
} values[] = {
	{ " plain", NULL, "plain", 1, true },
	{ "=?utf-8?q?a=C3=BC_b?=", NULL, "a\xC3\xBC b", 1, true },
	{ "=?utf-8?B?w7w=?= =?UTF-8?q?=C3?=\r\n =?utf-8?b?vA==?=", NULL, "\xC3\xBC\xC3\xBC", 1,
	    true },
	{ "a\r\n\tb\r\n\t=?utf-8?q?c?=\r\n\td\te", NULL, "a b c d\te", 3, true },
	{ "a =?utf-8?q?b?= c", NULL, "a b c", 3, true },
	{ "x=?utf-8?q?b?=y", NULL, "xby", 3, true },
	{ "=?utf-8*de?q?b?=", NULL, "b", 1, true },
	{ "=?utf-8?q?a b?c?=", NULL, "a b?c", 1, true },
	{ "=?gbk?b?u/o=?= =?big5?b?vvc=?=", NULL, "\xE6\x9C\xBA\xE6\xA9\x9F", 2, true },
	{ "=?x-nonsense?b?u/o=?=", "GBK", "\xE6\x9C\xBA", 1, true },
	{ "=?x-nonsense?b?u/o=?=", NULL, "\xBB\xFA", 1, false },
	{ "=?utf-8?q?=C3?=", NULL, "\xEF\xBF\xBD", 1, false },
	{ "=?utf-8?q?=C?=", NULL, "=C", 1, false },
	/* a group of base64 that is divided, or the padding left out: readers disagree */
	{ "=?utf-8?b?w7?= =?utf-8?b?w=?=", NULL, "\xEF\xBF\xBD", 1, false },
	{ "=?utf-8?b?YQ==Yg==?=", NULL, "ab", 1, false },
	{ "=?utf-8?x?a?= =?utf-8?q?a", NULL, "=?utf-8?x?a?= =?utf-8?q?a", 1, false },
	{ "=?", NULL, "=?", 1, true },
	{ "a=?b", NULL, "a=?b", 1, true },
	{ "=?utf-8?q?a=?utf-8?q?b?=", NULL, "=?utf-8?q?ab", 2, false },
	{ "", NULL, "", 0, true },
};

static void
check_text(const struct smime_words *words, const char *charset, const char *want, bool good)
{
	SMIME_AUTO_BUF text = { 0 };
	bool is_good;

	ck_assert_int_eq(smime_words_utf8(words, charset, &text, &is_good), SMIME_OK);
	ck_assert_int_eq(smime_buf_terminate(&text), SMIME_OK);
	ck_assert_str_eq((char *)text.data, want);
	ck_assert_int_eq(is_good, good);
}

START_TEST(words_are_taken_apart)
{
	SMIME_AUTO_WORDS words = { 0 };

	ck_assert_int_eq(smime_words_read(smime_bytes_str(values[_i].value), &words), SMIME_OK);
	ck_assert_uint_eq(words.count, values[_i].pieces);
	check_text(&words, values[_i].charset, values[_i].want, values[_i].good);
}
END_TEST

/* Hostile values take no longer than their length. */
START_TEST(many_beginnings_cost_little)
{
	SMIME_AUTO_BUF value = { 0 };
	SMIME_AUTO_WORDS words = { 0 };

	for (int i = 0; i < 100000; i++)
		ck_assert_int_eq(smime_buf_appendf(&value, "=?a?q?b"), SMIME_OK);
	ck_assert_int_eq(smime_words_read(smime_buf_bytes(&value), &words), SMIME_OK);
	ck_assert_uint_eq(words.octets.len, value.len);
	smime_words_reset(&words);
	value.len = 0;
	for (int i = 0; i < 100000; i++)
		ck_assert_int_eq(smime_buf_appendf(&value, "=?a?q?"), SMIME_OK);
	ck_assert_int_eq(smime_words_read(smime_buf_bytes(&value), &words), SMIME_OK);
}
END_TEST

static const struct {
	const char *value;
	const char *want[4]; /* NULL-ended */
	bool good;           /* the first of them */
} params[] = {
	{ "attachment", { NULL }, true },
	{ "attachment; filename=a.txt", { "a.txt" }, true },
	{ "attachment; FileName=\"a \\\"b\\\".txt\"", { "a \"b\".txt" }, true },
	{ "attachment; filename*=utf-8'en'%C3%BC", { "\xC3\xBC" }, true },
	{ "attachment; filename=u; filename*=iso-8859-1''%FC", { "\xC3\xBC", "u" }, true },
	{ "attachment; filename*1*=%BC; filename*0*=utf-8''%C3", { "\xC3\xBC" }, true },
	{ "attachment; filename*0=\"a\"; filename*1=\"b\"; filename*2*=%63", { "abc" }, true },
	{ "attachment; filename*0*=utf-8''a; filename*2*=b", { "ab" }, false },
	{ "attachment; filename=\"=?utf-8?q?=C3=BC?=\"", { "\xC3\xBC" }, true },
	{ "attachment; filename*0=\"=?utf-8?q?=C3\"; filename*1=\"=BC?=\"", { "\xC3\xBC" }, true },
	{ "attachment; filename=a; filename=b", { "a", "b" }, true },
	{ "attachment; filename*=%C3%BC", { "\xC3\xBC" }, true },
	{ "attachment; filename*=utf-8''%", { "%" }, false },
	{ "attachment; filenames=a; xfilename=b; filename*x=c", { NULL }, true },
};

START_TEST(parameters_say_what_they_may_be_taken_to_say)
{
	struct smime_words *list = NULL;
	size_t count = 0, want = 0;

	ck_assert_int_eq(
	    smime_words_param(smime_bytes_str(params[_i].value), "filename", &list, &count),
	    SMIME_OK);
	for (; params[_i].want[want]; want++) {
		ck_assert_uint_lt(want, count);
		check_text(&list[want], NULL, params[_i].want[want], want > 0 || params[_i].good);
	}
	ck_assert_uint_eq(count, want);
	smime_words_free(&list, &count);
	ck_assert_ptr_null(list);
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("mime_words");
	TCase *tc = tcase_create("all");

	suite_add_tcase(suite, tc);
	tcase_add_loop_test(tc, words_are_taken_apart, 0, ROWS(values));
	tcase_add_test(tc, many_beginnings_cost_little);
	tcase_add_loop_test(tc, parameters_say_what_they_may_be_taken_to_say, 0, ROWS(params));
	return suite;
}
