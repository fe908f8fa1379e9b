/* test_mime_scan.c - which octets are whose, exactly; what is ambiguous says so; limits hold. */
#include "smime/mime.h"
#include "support.h"

#include <stdio.h>
#include <stdlib.h>

static struct smime_mime *mime;
static struct smime_diag diag;

static void
teardown(void)
{
	smime_mime_free(&mime);
}

static const struct smime_part *
scan(const char *message)
{
	smime_mime_free(&mime);
	ck_assert_int_eq(smime_mime_scan(smime_bytes_str(message), NULL, &mime, NULL), SMIME_OK);
	return smime_mime_part(mime, 0);
}

static void
is(struct smime_bytes got, const char *want)
{
	ck_assert_msg(smime_bytes_equal(got, smime_bytes_str(want)), "got \"%.*s\", want \"%s\"",
	    (int)got.len, (const char *)got.data, want);
}

START_TEST(a_simple_message_is_header_and_body)
{
	const struct smime_part *root = scan("A: 1\r\nB: 2\r\n 3\r\n\r\nbody\r\n");

	is(root->header, "A: 1\r\nB: 2\r\n 3\r\n\r\n");
	is(root->body, "body\r\n");
	ck_assert_str_eq(root->type, "text");
	ck_assert_str_eq(root->subtype, "plain");
	is(smime_mime_find(mime, 0, "b", 0)->value, " 2\r\n 3");
	ck_assert_ptr_null(smime_mime_find(mime, 0, "B", 1));
	ck_assert_uint_eq(root->flags, 0);
}
END_TEST

/* RFC 2046 s5.1.1: the line end in front of a delimiter belongs to the delimiter. */
START_TEST(parts_have_their_exact_octets)
{
	const struct smime_part *root = scan(
	    "Content-Type: multipart/mixed; boundary=\"b c\"\r\n\r\npre\r\n--b c\r\n\r\none\r\n"
	    "\r\n--b c  \r\nX: y\r\n\r\ntwo\r\n--b c--\r\nepi\r\n");
	const struct smime_part *one = smime_mime_part(mime, 1), *two = smime_mime_part(mime, 2);

	ck_assert_uint_eq(smime_mime_part_count(mime), 3);
	ck_assert_uint_eq(root->child_count, 2);
	is(root->preamble, "pre");
	is(one->whole, "\r\none\r\n");
	is(one->body, "one\r\n");
	is(two->whole, "X: y\r\n\r\ntwo");
	is(two->body, "two");
	is(root->epilogue, "epi\r\n");
	ck_assert_uint_eq(one->next_sibling, 2);
	ck_assert_uint_eq(two->parent, 0);
	ck_assert_uint_eq(smime_mime_flags_below(mime, 0) & SMIME_MIME_AMBIGUOUS, 0);
}
END_TEST

START_TEST(lines_may_end_in_lf)
{
	(void)scan("Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b--\n");
	is(smime_mime_part(mime, 1)->body, "one");
}
END_TEST

START_TEST(a_boundary_that_begins_another_is_not_it)
{
	(void)scan(
	    "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
	    "Content-Type: multipart/mixed; boundary=bb\r\n\r\n--bb\r\n\r\ninner\r\n--bb--\r\n"
	    "--bx\r\n--b\r\n\r\nsecond\r\n--b--\r\n");
	ck_assert_uint_eq(smime_mime_part_count(mime), 4);
	is(smime_mime_part(mime, 2)->body, "inner");
	is(smime_mime_part(mime, 3)->body, "second");
	is(smime_mime_part(mime, 1)->epilogue, "--bx");
}
END_TEST

START_TEST(an_inner_part_ends_with_the_outer_delimiter)
{
	(void)scan("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
		   "Content-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\nx\r\n--b--\r\n");
	is(smime_mime_part(mime, 2)->body, "x");
	ck_assert(smime_mime_part(mime, 1)->flags & SMIME_MIME_UNCLOSED);
	ck_assert(!(smime_mime_part(mime, 0)->flags & SMIME_MIME_UNCLOSED));
}
END_TEST

START_TEST(a_message_inside_is_scanned)
{
	(void)scan(
	    "Content-Type: message/rfc822\r\n\r\nSubject: in\r\nContent-Type: text/html\r\n\r\nx");
	ck_assert_uint_eq(smime_mime_part_count(mime), 2);
	ck_assert_str_eq(smime_mime_part(mime, 1)->subtype, "html");
	is(smime_mime_find(mime, 1, "subject", 0)->value, " in");
	/* What is encoded is a leaf. */
	(void)scan("Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\nWA==");
	ck_assert_uint_eq(smime_mime_part_count(mime), 1);
}
END_TEST

#define A39 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define A40 A39 "a"

static const struct {
	const char *message;
	uint32_t flag;
} flags[] = {
	{ "no field\r\nA: b\r\n\r\nx\r\n", SMIME_MIME_BAD_HEADER },
	{ "Content-Type: text/plain\r\ncontent-type: text/html\r\n\r\nx\r\n",
	    SMIME_MIME_DUPLICATE_FIELD },
	{ "Content-Type: multipart/mixed; boundary=a; boundary=b\r\n\r\n--a\r\n\r\nx\r\n--a--\r\n",
	    SMIME_MIME_DUPLICATE_BOUNDARY },
	{ "Content-Type: multipart/mixed\r\n\r\n--a\r\n\r\nx\r\n--a--\r\n",
	    SMIME_MIME_NO_BOUNDARY },
	{ "Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n\r\nx\r\n",
	    SMIME_MIME_UNCLOSED },
	{ "A: b\r\n\r\n\xC3\xA9\r\n", SMIME_MIME_EIGHT_BIT },
	{ "A: b\r\n\r\na\rb\r\n", SMIME_MIME_BARE_CR },
	{ "A: b\r\n\r\na\nb\r\n", SMIME_MIME_BARE_LF },
	{ "A: b\r\n\r\na \r\n", SMIME_MIME_TRAILING_BLANK },
	{ "A: b\r\n\r\nFrom a\r\n", SMIME_MIME_FROM_LINE },
	{ "A: b\r\n\r\na", SMIME_MIME_NO_FINAL_EOL },
	{ "Content-Type: nonsense\r\n\r\nx\r\n", SMIME_MIME_BAD_VALUE },
	{ "Content-Type: text/\r\n\r\nx\r\n", SMIME_MIME_BAD_VALUE },
	{ "Content-Type: text/plain; charset\r\n\r\nx\r\n", SMIME_MIME_BAD_VALUE },
	{ "Content-Type: text/plain; =x\r\n\r\nx\r\n", SMIME_MIME_BAD_VALUE },
	{ "Content-Type: text/plain x\r\n\r\nx\r\n", SMIME_MIME_BAD_VALUE },
	{ "Content-Type: " A40 "/plain\r\n\r\nx\r\n", SMIME_MIME_BAD_VALUE },
	{ "Content-Type: text/" A40 A40 "\r\n\r\nx\r\n", SMIME_MIME_BAD_VALUE },
	{ "Content-Type: multipart/mixed; boundary=\"a\\b\"\r\n\r\n--ab--\r\n",
	    SMIME_MIME_BAD_VALUE },
	{ "Content-Type: multipart/mixed; boundary=\"a \"\r\n\r\n--a --\r\n",
	    SMIME_MIME_BAD_VALUE },
	{ "Content-Type: multipart/mixed; boundary=\" a\"\r\n\r\n-- a--\r\n",
	    SMIME_MIME_BAD_VALUE },
	{ "Content-Type: multipart/mixed; boundary=\"a\x7F\"\r\n\r\n--a--\r\n",
	    SMIME_MIME_BAD_VALUE },
	{ "Content-Type: multipart/mixed; boundary=\"a\tb\"\r\n\r\n--a--\r\n",
	    SMIME_MIME_BAD_VALUE },
	{ "Content-Type: multipart/mixed; boundary*0=a; boundary=a\r\n\r\n--a--\r\n",
	    SMIME_MIME_BAD_VALUE },
	{ "Content-Transfer-Encoding: base64 x\r\n\r\nx\r\n", SMIME_MIME_BAD_VALUE },
	{ "Content-Transfer-Encoding:\r\n\r\nx\r\n", SMIME_MIME_BAD_VALUE },
};

/* What may look odd and is not. */
static const char *const even[] = {
	"Content-Type: (a \\) comment (in it)) text/plain (;) ; charset=utf-8\r\n\r\nx\r\n",
	"Content-Type: text / plain;\r\n\tcharset = \"utf-8\"\r\n\r\nx\r\n",
	"Content-Type: " A39 "/" A39 A40 "\r\n\r\nx\r\n",
	"Content-Type: text/plain;\r\n\r\nx\r\n",
	"Content-Type: multipart/mixed; boundary=\"a ?'\"\r\n\r\n--a ?'\r\n\r\n\r\n--a ?'--\r\n",
	"Content-Type: text/plain; name=\"a\\\"b\"\r\n\r\nx\r\n",
	"Content-Transfer-Encoding: (a comment) 7BIT\r\n\r\nx\r\n",
	"A : b\r\n\r\nx\r\n",
};

START_TEST(what_is_odd_says_so)
{
	(void)scan(flags[_i].message);
	ck_assert_msg(smime_mime_flags_below(mime, 0) & flags[_i].flag, "%s", flags[_i].message);
}
END_TEST

START_TEST(what_is_usual_says_nothing)
{
	(void)scan(even[_i]);
	ck_assert_msg((smime_mime_flags_below(mime, 0) & ~(uint32_t)SMIME_MIME_NO_FINAL_EOL) == 0,
	    "%s", even[_i]);
}
END_TEST

/* What is mapped is given back on the way, and reads the same again. */
START_TEST(a_large_message_is_what_a_small_one_is)
{
	static const char line[] = "The quick brown fox jumps over the lazy dog.\r\n";
	SMIME_AUTO(smime_spool) spool = NULL;
	SMIME_AUTO(smime_mime) mapped = NULL;
	struct smime_bytes view;

	ck_assert_int_eq(smime_spool_new(NULL, &spool), SMIME_OK);
	for (int part = 0; part < 2; part++) {
		static const char *const begin[] = {
			"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n",
			"\r\n--b\r\nContent-Type: text/html\r\n\r\n"
		};

		ck_assert_int_eq(
		    smime_spool_write(spool, begin[part], strlen(begin[part])), SMIME_OK);
		for (int i = 0; i < 50000; i++)
			ck_assert_int_eq(smime_spool_write(spool, line, sizeof line - 1), SMIME_OK);
	}
	ck_assert_int_eq(smime_spool_write(spool, "\xE9\r\n--b--\r\n", 10), SMIME_OK);
	ck_assert_int_eq(smime_mime_scan_spool(spool, NULL, &mapped, NULL), SMIME_OK);
	ck_assert_int_eq(smime_spool_view(spool, &view, NULL), SMIME_OK);
	smime_mime_free(&mime);
	ck_assert_int_eq(smime_mime_scan(view, NULL, &mime, NULL), SMIME_OK);
	ck_assert_uint_eq(smime_mime_part_count(mapped), 3);
	for (uint32_t i = 0; i < 3; i++) {
		const struct smime_part *one = smime_mime_part(mapped, i),
					*other = smime_mime_part(mime, i);

		ck_assert_ptr_eq(one->body.data, other->body.data);
		ck_assert_uint_eq(one->body.len, other->body.len);
		ck_assert_uint_eq(one->flags, other->flags);
	}
	ck_assert_uint_eq(smime_mime_part(mapped, 1)->flags, 0);
	ck_assert_uint_eq(
	    smime_mime_part(mapped, 2)->flags, SMIME_MIME_EIGHT_BIT | SMIME_MIME_NO_FINAL_EOL);
}
END_TEST

START_TEST(nothing_is_a_message_too)
{
	const struct smime_part *root;

	ck_assert_int_eq(smime_mime_scan(smime_bytes(NULL, 0), NULL, &mime, NULL), SMIME_OK);
	root = smime_mime_part(mime, 0);
	ck_assert_uint_eq(smime_mime_part_count(mime), 1);
	ck_assert_uint_eq(root->header.len + root->body.len, 0);
	ck_assert_str_eq(root->type, "text");
}
END_TEST

/* A message of `count` pieces between a beginning and an end. */
static enum smime_status
scan_many(const char *begin, const char *piece, int count)
{
	SMIME_AUTO_BUF message = { 0 };
	enum smime_status status;

	ck_assert_int_eq(smime_buf_appendf(&message, "%s", begin), SMIME_OK);
	for (int i = 0; i < count; i++)
		ck_assert_int_eq(smime_buf_appendf(&message, "%s", piece), SMIME_OK);
	diag = (struct smime_diag){ 0 };
	smime_mime_free(&mime);
	status = smime_mime_scan(smime_buf_bytes(&message), NULL, &mime, &diag);
	smime_mime_free(&mime);
	return status;
}

static const struct {
	const char *begin, *piece, *token;
	int good, bad;
} limits[] = {
	{ "Content-Type: multipart/mixed; boundary=b\r\n\r\n", "--b\r\n\r\n\r\n", "parts", 999,
	    1000 },
	{ "", "Content-Type: message/rfc822\r\n\r\n", "depth", 50, 60 },
	{ "", "A: b\r\n", "header", 10000, 10001 },
};

START_TEST(limits_refuse)
{
	ck_assert_int_eq(scan_many(limits[_i].begin, limits[_i].piece, limits[_i].good), SMIME_OK);
	ck_assert_int_eq(
	    scan_many(limits[_i].begin, limits[_i].piece, limits[_i].bad), SMIME_E_LIMIT);
	ck_assert_str_eq(diag.token, limits[_i].token);
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("mime_scan");
	TCase *tc = tcase_create("all");

	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(tc, NULL, teardown);
	tcase_add_test(tc, a_simple_message_is_header_and_body);
	tcase_add_test(tc, parts_have_their_exact_octets);
	tcase_add_test(tc, lines_may_end_in_lf);
	tcase_add_test(tc, a_boundary_that_begins_another_is_not_it);
	tcase_add_test(tc, an_inner_part_ends_with_the_outer_delimiter);
	tcase_add_test(tc, a_message_inside_is_scanned);
	tcase_add_loop_test(tc, what_is_odd_says_so, 0, ROWS(flags));
	tcase_add_loop_test(tc, what_is_usual_says_nothing, 0, ROWS(even));
	tcase_add_test(tc, a_large_message_is_what_a_small_one_is);
	tcase_add_test(tc, nothing_is_a_message_too);
	tcase_add_loop_test(tc, limits_refuse, 0, ROWS(limits));
	return suite;
}
