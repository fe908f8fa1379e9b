/* test_mime_param.c - what a parameter may be taken to say, by readers who know RFC 2231 and by
 * those who do not. */
#include "smime/words.h"
#include "support.h"

static const struct {
	const char *value;
	const char *want[4]; /* NULL-ended */
	bool good;           /* the first of them */
} params[] = {
	{ "attachment", { NULL }, true },
	{ "attachment; filename=a.txt", { "a.txt" }, true },
	{ "attachment; FileName=\"a \\\"b\\\".txt\"", { "a \"b\".txt" }, true },
	{ "attachment; filename=\"a;b\"; x=y", { "a;b" }, true },
	{ "attachment; filename=\"a\r\n b\"", { "a b" }, true },
	{ "attachment; filename = a.txt ;", { "a.txt" }, true },
	{ "attachment; filename=", { "" }, true },
	{ "attachment; filename", { NULL }, true },
	{ "attachment; filename=\"never closed", { "never closed" }, true },
	{ "attachment; filename*=utf-8'en'%C3%BC", { "\xC3\xBC" }, true },
	{ "attachment; filename=u; filename*=iso-8859-1''%FC", { "\xC3\xBC", "u" }, true },
	{ "attachment; filename*1*=%BC; filename*0*=utf-8''%C3", { "\xC3\xBC" }, true },
	{ "attachment; filename*0=\"a\"; filename*1=\"b\"; filename*2*=%63", { "abc" }, true },
	{ "attachment; filename*0*=utf-8''a; filename*2*=b", { "ab" }, false },
	{ "attachment; filename*1=b; filename*2=c", { "bc" }, false },
	{ "attachment; filename*0=a; filename*0=b", { "ab" }, false },
	{ "attachment; filename*0=a; filename*00=b", { "ab" }, false },
	{ "attachment; filename=\"=?utf-8?q?=C3=BC?=\"", { "\xC3\xBC" }, true },
	{ "attachment; filename*0=\"=?utf-8?q?=C3\"; filename*1=\"=BC?=\"", { "\xC3\xBC" }, true },
	{ "attachment; filename=a; filename=b", { "a", "b" }, true },
	{ "attachment; filename*=%C3%BC", { "\xC3\xBC" }, true },
	{ "attachment; filename*=utf-8''%", { "%" }, false },
	{ "attachment; filename*=utf-8''%4", { "%4" }, false },
	{ "attachment; filename*=utf-8''%4g", { "%4g" }, false },
	{ "attachment; filename*=utf-8''a'b", { "a'b" }, true },
	{ "attachment; filename*=it's", { "it's" }, true },
	{ "attachment; filenames=a; xfilename=b; filename*x=c", { NULL }, true },
	/* The examples of RFC 2231 s3 and s4.1, under the name that is asked for. */
	{ "message/external-body; access-type=URL;\r\n"
	  " filename*0=\"ftp://\";\r\n "
	  "filename*1=\"cs.utk.edu/pub/moore/bulk-mailer/bulk-mailer.tar\"",
	    { "ftp://cs.utk.edu/pub/moore/bulk-mailer/bulk-mailer.tar" }, true },
	{ "application/x-stuff;\r\n filename*=us-ascii'en-us'This%20is%20%2A%2A%2Afun%2A%2A%2A",
	    { "This is ***fun***" }, true },
	{ "application/x-stuff;\r\n filename*0*=us-ascii'en'This%20is%20even%20more%20;\r\n"
	  " filename*1*=%2A%2A%2Afun%2A%2A%2A%20;\r\n filename*2=\"isn't it!\"",
	    { "This is even more ***fun*** isn't it!" }, true },
};

static void
check_text(const struct smime_words *words, const char *want, bool good)
{
	SMIME_AUTO_BUF text = { 0 };
	bool is_good;

	ck_assert_int_eq(smime_words_utf8(words, NULL, &text, &is_good), SMIME_OK);
	ck_assert_int_eq(smime_buf_terminate(&text), SMIME_OK);
	ck_assert_str_eq((char *)text.data, want);
	ck_assert_int_eq(is_good, good);
}

START_TEST(parameters_say_what_they_may_be_taken_to_say)
{
	struct smime_words *list = NULL;
	size_t count = 0, want = 0;

	ck_assert_int_eq(
	    smime_words_param(smime_bytes_str(params[_i].value), "filename", &list, &count),
	    SMIME_OK);
	for (; params[_i].want[want]; want++) {
		ck_assert_msg(want < count, "%s: %zu", params[_i].value, count);
		check_text(&list[want], params[_i].want[want], want > 0 || params[_i].good);
	}
	ck_assert_uint_eq(count, want);
	smime_words_free(&list, &count);
	ck_assert_ptr_null(list);
}
END_TEST

/* A thousand sections are read; whoever writes more is told apart from those who end there. */
START_TEST(a_name_in_very_many_pieces_is_not_whole)
{
	for (int extra = 0; extra < 2; extra++) {
		struct smime_words *list = NULL;
		size_t count = 0;
		SMIME_AUTO_BUF value = { 0 };

		for (int i = 0; i < 1000 + extra; i++)
			ck_assert_int_eq(smime_buf_appendf(&value, "; filename*%d=x", i), SMIME_OK);
		ck_assert_int_eq(
		    smime_words_param(smime_buf_bytes(&value), "filename", &list, &count),
		    SMIME_OK);
		ck_assert_uint_eq(count, 1);
		ck_assert_uint_eq(list[0].octets.len, 1000);
		ck_assert_int_eq(list[0].whole, !extra);
		smime_words_free(&list, &count);
	}
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("mime_param");
	TCase *tc = tcase_create("all");

	suite_add_tcase(suite, tc);
	tcase_add_loop_test(tc, parameters_say_what_they_may_be_taken_to_say, 0, ROWS(params));
	tcase_add_test(tc, a_name_in_very_many_pieces_is_not_whole);
	return suite;
}
