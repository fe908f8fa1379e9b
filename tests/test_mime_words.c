/* test_mime_words.c - encoded words as octets and labels, and text as encoded words.  RFC 2047. */
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

/* ---- the other way ---- */

static const char *const texts[] = {
	"",
	"short",
	/* Characters of one to four octets, so that a line's end falls inside of each. */
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\xC3\xA9\xC3\xA9\xC3\xA9",
	"\xE6\x9C\xBA\xE5\xAF\x86\xE6\x9C\xBA\xE5\xAF\x86\xE6\x9C\xBA\xE5\xAF\x86\xE6\x9C\xBA"
	"\xE5\xAF\x86\xE6\x9C\xBA\xE5\xAF\x86\xE6\x9C\xBA\xE5\xAF\x86\xE6\x9C\xBA\xE5\xAF\x86",
	"a\xF0\x9F\x98\x80\xF0\x9F\x98\x80\xF0\x9F\x98\x80\xF0\x9F\x98\x80\xF0\x9F\x98\x80"
	"\xF0\x9F\x98\x80\xF0\x9F\x98\x80\xF0\x9F\x98\x80\xF0\x9F\x98\x80\xF0\x9F\x98\x80"
	"\xF0\x9F\x98\x80\xF0\x9F\x98\x80\xF0\x9F\x98\x80\xF0\x9F\x98\x80",
};

/* RFC 2047 s2: an encoded word is at most 75 characters long, a line with one 76. s5: a character
 * is not divided between two: each word alone is text. */
START_TEST(text_is_encoded_in_words_that_stand_alone)
{
	SMIME_AUTO_BUF out = { 0 };
	SMIME_AUTO_BUF text = { 0 };
	SMIME_AUTO_WORDS words = { 0 };

	ck_assert_int_eq(smime_words_encode(smime_bytes_str(texts[_i]), &out), SMIME_OK);
	ck_assert_int_eq(smime_words_read(smime_buf_bytes(&out), &words), SMIME_OK);
	check_text(&words, NULL, texts[_i], true);
	ck_assert_int_eq(smime_buf_terminate(&out), SMIME_OK);
	for (char *word = strtok((char *)out.data, "\r\n "); word; word = strtok(NULL, "\r\n ")) {
		SMIME_AUTO_WORDS one = { 0 };
		bool good;

		ck_assert_uint_le(strlen(word), 75);
		ck_assert_int_eq(smime_words_read(smime_bytes_str(word), &one), SMIME_OK);
		ck_assert_int_eq(smime_words_utf8(&one, NULL, &text, &good), SMIME_OK);
		ck_assert_msg(good, "%s", word);
	}
	ck_assert(smime_bytes_equal(smime_buf_bytes(&text), smime_bytes_str(texts[_i])));
}
END_TEST

/* What is no UTF-8 keeps its octets: every one of them is a character of iso-8859-1. */
START_TEST(other_octets_are_kept)
{
	uint8_t octets[256];
	SMIME_AUTO_BUF out = { 0 };
	SMIME_AUTO_WORDS words = { 0 };

	for (int i = 0; i < 256; i++)
		octets[i] = (uint8_t)i;
	ck_assert_int_eq(smime_words_encode(smime_bytes(octets, 256), &out), SMIME_OK);
	ck_assert_int_eq(smime_words_read(smime_buf_bytes(&out), &words), SMIME_OK);
	ck_assert_uint_eq(words.octets.len, 256);
	ck_assert_mem_eq(words.octets.data, octets, 256);
	ck_assert_str_eq(words.word[0].charset, "iso-8859-1");
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("mime_words");
	TCase *tc = tcase_create("all");

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, words_are_taken_apart, 0, ROWS(values));
	tcase_add_test(tc, many_beginnings_cost_little);
	tcase_add_loop_test(tc, text_is_encoded_in_words_that_stand_alone, 0, ROWS(texts));
	tcase_add_test(tc, other_octets_are_kept);
	return suite;
}
