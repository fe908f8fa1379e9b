/* test_rule_eval.c - what each rule says of a message; scripts and their branches; runaway
 * patterns. */
#include "dictionary.h"
#include "support_facts.h"

#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static struct test_facts t;
static struct policy_dictionary *dictionary;

/* confidential counts 5, offer 2, b.example 1. */
static void
add_dictionary(void)
{
	ck_assert_int_eq(policy_dictionary_new("words", false, false, &dictionary), SMIME_OK);
	ck_assert_int_eq(policy_dictionary_add(dictionary, "confidential", 5, &t.diag), SMIME_OK);
	ck_assert_int_eq(policy_dictionary_add(dictionary, "off?er", 2, &t.diag), SMIME_OK);
	ck_assert_int_eq(policy_dictionary_add(dictionary, "b\\.example", 1, &t.diag), SMIME_OK);
	t.snapshot.dictionaries = &dictionary;
	t.snapshot.dictionary_count = 1;
}

static void
teardown(void)
{
	test_facts_reset(&t);
	policy_dictionary_free(&dictionary);
	t.snapshot.dictionary_count = 0;
}

static void
read_octets(const void *octets, size_t len)
{
	teardown();
	test_facts_read(&t, octets, len);
}

static void
read_message(const char *octets)
{
	read_octets(octets, strlen(octets));
}

static enum smime_status
ask(const char *rule, bool *out)
{
	return test_facts_ask(&t, rule, out);
}

static bool
holds(const char *rule)
{
	return test_facts_hold(&t, rule);
}

#define MAIL                                                                                    \
	"From: Joe <joe@a.example>\r\nTo: x@b.example, \"Y, Z\" <y@c.example>\r\n"              \
	"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?= =?utf-8?b?IDop?=\r\nX-Two: one\r\nX-Two: two\r\n" \
	"X-Empty:\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"                         \
	"--b\r\nContent-Type: text/plain\r\n\r\nThe body is confidential.\r\n"                  \
	"--b\r\nContent-Type: application/pdf; name=\"Offer.pdf\"\r\n"                          \
	"Content-Transfer-Encoding: base64\r\n\r\nJVBERi0xLjQgY29uZmlkZW50aWFs\r\n"             \
	"--b\r\nContent-Type: text/csv\r\nContent-Disposition: attachment;\r\n"                 \
	" filename*=utf-8''%E6%9C%BA%E5%AF%86.csv\r\n\r\na,b,confidential\r\n--b--\r\n"

static const struct {
	const char *rule;
	bool holds;
} rows[] = {
	{ "", true },
	{ "true", true },
	{ "not true", false },
	{ "mail-from == '^joe@'", true }, /* case-insensitive, as the guides say */
	{ "mail-from != '^joe@'", false },
	{ "rcpt-to == '@C\\\\.example$'", true },
	{ "rcpt-to == '@d\\\\.example$'", false },
	{ "rcpt-count == 2 and rcpt-count >= 2 and not rcpt-count > 2", true },
	{ "body-size < 1K", true },
	{ "body-size > 1M", false },
	{ "sendergroup == 'RELAYLIST'", true },
	{ "recv-listener == 'OUTBOUND'", false },
	{ "remote-ip == '192.0.2.0/24'", true },
	{ "remote-ip == '192.0.2.8-192.0.2.20'", false },
	{ "remote-ip == '192.0.2.1-7'", true },
	{ "remote-ip == '0.0.0.0/0' and remote-ip != '::/0'", true },
	{ "date > '01/01/2026 00:00:00' and date < '01/01/2027 00:00:00'", true },
	{ "random(1) == 0", true },
	{ "subject == 'Gr\xC3\xBC\xC3\x9F"
	  "e :\\\\)$'",
	    true },
	{ "subject == 'gr'", false }, /* case counts here */
	{ "subject == '(?i)gr'", true },
	{ "header('X-Two') == '^two$'", true },
	{ "header('x-two')", true },
	{ "header('X-None')", false },
	{ "header('X-None') != '.'", true },
	{ "header('X-Empty') != '.'", true },
	{ "header('X-Empty') == '^$'", true },
	{ "addr-count('To', 'Cc') == 2", true },
	{ "addr-count('Cc') > 0", false },
	{ "smtp-auth-id-matches('*FromAddress')", true },
	{ "smtp-auth-id-matches('*Sender')", false },
	{ "malformed-header", false },
	{ "duplicate_boundaries", false },
	{ "encrypted or signed", false },
	{ "smime-gateway-message", false },
	{ "valid", true },
	{ "body-contains('confidential', 3)", true },
	{ "body-contains('confidential', 4)", false },
	{ "only-body-contains('confidential')", true },
	{ "only-body-contains('a,b')", false },
	{ "attachment-contains('confidential', 2)", true },
	{ "every-attachment-contains('confidential')", true },
	{ "every-attachment-contains('PDF')", false },
	{ "attachment-binary-contains('%PDF-1')", true },
	{ "attachment-filename == '(?i)\\\\.PDF$'", true },
	{ "attachment-filename == '^\xE6\x9C\xBA\xE5\xAF\x86'", true },
	{ "attachment-type == 'text/*'", true },
	{ "attachment-mimetype == 'application/pdf'", true },
	{ "attachment-type == 'image/*'", false },
	{ "attachment-filetype == 'pdf'", true },
	{ "attachment-filetype == 'Document'", true },
	{ "attachment-filetype == 'application/pdf'", true },
	{ "attachment-filetype == 'text/*'", true },
	{ "attachment-filetype != 'exe'", true },
	{ "attachment-filetype == 'executable'", false },
	{ "attachment-protected", false },
	{ "attachment-unprotected", true },
	{ "attachment-size > 10", true },
	{ "attachment-size > 1M", false },
	{ "dictionary-match('words', 15)", true }, /* three times confidential */
	{ "dictionary-match('words', 16)", false },
	{ "body-dictionary-match('words', 5)", true },
	{ "body-dictionary-match('words', 6)", false },
	{ "attachment-dictionary-match('words', 10)", true },
	{ "attachment-dictionary-match('words', 11)", false },
	{ "subject-dictionary-match('words')", false },
	{ "header-dictionary-match('words', 'To')", true },
	{ "header-dictionary-match('words', 'To', 2)", false },
	{ "mail-from-dictionary-match('words')", false },
	{ "rcpt-to-dictionary-match('words')", true },
	{ "true and (subject == 'x' or body-size > 0)", true },
};

START_TEST(a_rule_says_what_it_says)
{
	read_message(MAIL);
	add_dictionary();
	ck_assert_msg(holds(rows[_i].rule) == rows[_i].holds, "%s", rows[_i].rule);
}
END_TEST

START_TEST(rules_see_fields_as_earlier_actions_left_them)
{
	read_message(MAIL);
	ck_assert_int_eq(
	    policy_edits_add(&t.edits, POLICY_EDIT_STRIP, "X-Two", NULL, NULL), SMIME_OK);
	ck_assert_int_eq(
	    policy_edits_add(&t.edits, POLICY_EDIT_INSERT, "X-New", "here", NULL), SMIME_OK);
	ck_assert_int_eq(
	    policy_edits_add(&t.edits, POLICY_EDIT_TEXT, "From", "JIM", "joe@"), SMIME_OK);
	ck_assert(!holds("header('X-Two')"));
	ck_assert(holds("header('X-New') == '^here$'"));
	ck_assert(holds("header('From') == 'JIMa'"));
}
END_TEST

START_TEST(a_runaway_pattern_is_a_limit)
{
	SMIME_AUTO_BUF octets = { 0 };
	bool out;

	ck_assert_int_eq(smime_buf_appendf(&octets, "Subject: "), SMIME_OK);
	for (int i = 0; i < 60; i++)
		ck_assert_int_eq(smime_buf_appendf(&octets, "a"), SMIME_OK);
	ck_assert_int_eq(smime_buf_appendf(&octets, "!\r\n\r\n"), SMIME_OK);
	read_octets(octets.data, octets.len);
	ck_assert_int_eq(ask("subject == '^(a+)+$'", &out), SMIME_E_LIMIT);
	ck_assert_str_eq(t.diag.token, "pattern");
}
END_TEST

START_TEST(what_matched_is_remembered)
{
	SMIME_AUTO_BUF text = { 0 };

	read_message(MAIL);
	add_dictionary();
	ck_assert(holds("header('X-Two') == 't.o' and dictionary-match('words')"));
	ck_assert_int_eq(policy_expand("<$matchedcontent>", &t.facts, "f", &text), SMIME_OK);
	ck_assert_int_eq(smime_buf_terminate(&text), SMIME_OK);
	ck_assert_str_eq((char *)text.data, "<two, confidential>");
}
END_TEST

START_TEST(a_dictionary_that_is_not_there_is_our_fault)
{
	bool out;

	read_message(MAIL);
	ck_assert_int_eq(ask("dictionary-match('none')", &out), SMIME_E_SYSTEM);
	ck_assert_ptr_nonnull(strstr(t.diag.text, "\"none\""));
}
END_TEST

/* ---- one word in many clothes ---- */

static const struct {
	const char *charset, *label;
	bool base64;
} clothes[] = {
	{ "UTF-8", "utf-8", false },
	{ "UTF-8", "utf-8", true },
	{ "UTF-8", NULL, false }, /* without a charset */
	{ "UTF-16", "utf-16", true },
	{ "UTF-16BE", "UTF-16BE", true },
	{ "UTF-32", "utf-32", true },
	{ "GB18030", "gb18030", true },
	{ "GBK", "gbk", false },
	{ "GB2312", "GB2312", true },
	{ "BIG5-HKSCS", "big5-hkscs", true },
	{ "EUC-JP", "euc-jp", false },
	{ "ISO-2022-CN", "iso-2022-cn", true },
};

static size_t
encode(const char *charset, char *out, size_t size)
{
	char word[] = "xx \xE6\x9C\xBA\xE5\xAF\x86 yy", *in = word, *to = out;
	size_t left = strlen(word), room = size;
	iconv_t cd = iconv_open(charset, "UTF-8");

	ck_assert_msg(cd != (iconv_t)-1, "%s", charset);
	if (iconv(cd, &in, &left, &to, &room) == (size_t)-1)
		room = size; /* a charset without these characters */
	else
		(void)iconv(cd, NULL, NULL, &to, &room);
	(void)iconv_close(cd);
	return size - room;
}

START_TEST(a_keyword_is_found_in_any_charset)
{
	char word[200];
	size_t len = encode(clothes[_i].charset, word, sizeof word);
	SMIME_AUTO_BUF octets = { 0 };
	SMIME_AUTO(smime_stage) collect = NULL;
	SMIME_AUTO(smime_stage) base64 = NULL;

	if (len == 0)
		return;
	ck_assert_int_eq(
	    smime_buf_appendf(&octets, "Content-Type: text/plain%s%s\r\n%s\r\n",
		clothes[_i].label ? "; charset=" : "", clothes[_i].label ? clothes[_i].label : "",
		clothes[_i].base64 ? "Content-Transfer-Encoding: base64\r\n" : ""),
	    SMIME_OK);
	ck_assert_int_eq(smime_stage_buf_new(&octets, 10000, &collect), SMIME_OK);
	if (clothes[_i].base64)
		ck_assert_int_eq(smime_stage_base64_new(collect, &base64), SMIME_OK);
	ck_assert_int_eq(smime_push(base64 ? base64 : collect, word, len), SMIME_OK);
	ck_assert_int_eq(smime_finish(base64 ? base64 : collect), SMIME_OK);
	read_octets(octets.data, octets.len);
	ck_assert(holds("body-contains('\xE6\x9C\xBA\xE5\xAF\x86')"));
	ck_assert(holds("valid"));
}
END_TEST

static const char *const html[] = {
	"confidential",
	"confi<b>dent</b>ial",
	"<p title='>'>con<!-- x -->fidential</p>",
	"&#99;onfidential",
	"&#x63;onfid&#101;ntial",
	"<script>confidential</script><style>x</style>con<span>fidential",
	/* where readers see the end of a tag or of a comment */
	"<!-- x --!>con<i>fidential",
	"<!-->con<i>fidential",
	"<!--->con<i>fidential",
	"<a =\">con<i>fidential",
	"<a b=c=\"d>con<i>fidential",
	"<a b=c/d=\"e>con<i>fidential",
	"</a=\"b>con<i>fidential",
	"</ a=\"b>con<i>fidential",
	"<!a b=\"c>con<i>fidential",
	"<?a b=\"c>con<i>fidential",
	"<svg><style/></svg>con<i>fidential",
	"<script>con<i>fidential",
	"<a title = \"x>y\" b='>' c>con<i>fidential",
	"<a/b='>'>con<i>fidential",
};

static const struct {
	const char *html, *text;
} references[] = {
	{ "h&ouml;chste &Uuml;bung", "^h\xC3\xB6"
				     "chste \xC3\x9C"
				     "bung$" },
	{ "h&oumlchste", "^h\xC3\xB6"
			 "chste$" },
	{ "&Gcy;&rcy;&iecy;&KHcy;", "^\xD0\x93\xD1\x80\xD0\xB5\xD0\xA5$" },
	{ "&Ccaron;&lstrok;&alpha;", "^\xC4\x8C\xC5\x82\xCE\xB1$" },
	{ "&#138;&#x9E;&#129;", "^\xC5\xA0\xC5\xBE\xC2\x81$" },
	{ "a&nbsp;b&nbsp&shy;&amp;&AMP&ltx", "^a b \xC2\xAD&&<x$" },
	{ "top\r\n\t<b> \r\n</b> secret", "^top secret$" },
	{ "top<br> \r\n secret", "^top\\\\nsecret$" },
	{ "&gcy &none; &; & &", "^&gcy &none; &; & &$" },
	{ "&notit;", "^\xC2\xACit;$" },
};

START_TEST(characters_are_read_by_their_names)
{
	char octets[400], rule[400];

	(void)snprintf(
	    octets, sizeof octets, "Content-Type: text/html\r\n\r\n<p>%s</p>", references[_i].html);
	(void)snprintf(rule, sizeof rule, "only-body-contains('(?m)%s')", references[_i].text);
	read_message(octets);
	ck_assert_msg(holds(rule), "%s", references[_i].html);
}
END_TEST

START_TEST(a_keyword_is_found_between_tags)
{
	char octets[400];

	(void)snprintf(
	    octets, sizeof octets, "Content-Type: text/html\r\n\r\n<body>%s</body>", html[_i]);
	read_message(octets);
	ck_assert_msg(holds("only-body-contains('confidential')"), "%s", html[_i]);
	ck_assert(!holds("only-body-contains('nothing')"));
}
END_TEST

/* Where a line ends only for the eye of the sender's program. */
static const char *const phrases[] = {
	"Content-Type: text/plain; format=flowed\r\n\r\nit is top \r\nsecret\r\n",
	"Content-Type: text/plain; format=flowed; delsp=yes\r\n\r\nit is top  \r\nse \r\ncret\r\n",
	"Content-Type: text/html\r\n\r\n<p>it is top\r\n   secret</p>\r\n",
	"Subject: it is top\r\n\tsecret\r\n\r\n",
	"Subject: it is top\r\n secret\r\n\r\n",
};

START_TEST(a_phrase_is_found_over_soft_line_ends)
{
	read_message(phrases[_i]);
	ck_assert_msg(
	    holds("body-contains('is top secret') or subject == 'is top secret'"), "%d", _i);
}
END_TEST

/* u and its dots, ka and its voice mark, three parts of a Korean syllable: each is one for the eye.
 */
static const struct {
	const char *message, *rule;
} marks[] = {
	{ "Content-Type: application/pdf; name=\"U\xCC\x88"
	  "bung.pdf\"\r\n\r\nx\r\n",
	    "attachment-filename == '^\xC3\x9C"
	    "bung'" },
	{ "Content-Type: application/pdf\r\n"
	  "Content-Disposition: attachment; filename*=utf-8''U%CC%88bung.pdf\r\n\r\nx\r\n",
	    "attachment-filename == '^\xC3\x9C"
	    "bung'" },
	{ "Subject: =?utf-8?q?ho=CC=88chste?=\r\n\r\n", "subject == '^h\xC3\xB6"
							"chste$'" },
	{ "Content-Type: text/plain; charset=utf-8\r\n\r\nho\xCC\x88"
	  "chste U\xCC\x88\r\n",
	    "body-contains('^h\xC3\xB6"
	    "chste \xC3\x9C')" },
	{ "Content-Type: text/html; charset=utf-8\r\n\r\nh<b>o&#x308;</b>chste\r\n",
	    "body-contains('h\xC3\xB6"
	    "chste')" },
	{ "Content-Type: text/plain; charset=utf-8\r\n\r\n\xE3\x81\x8B\xE3\x82\x99\r\n",
	    "body-contains('\xE3\x81\x8C')" },
	{ "Content-Type: text/plain; charset=utf-8\r\n\r\n"
	  "\xE1\x84\x92\xE1\x85\xA1\xE1\x86\xAB\r\n",
	    "body-contains('\xED\x95\x9C')" },
	{ "Content-Type: text/plain; charset=utf-8\r\n\r\ne\xCC\xA3\xCC\x82q\xCC\x88\xCC\r\n",
	    "body-contains('\xE1\xBB\x87q')" },
};

START_TEST(a_letter_and_its_mark_are_one)
{
	read_message(marks[_i].message);
	ck_assert_msg(holds(marks[_i].rule), "%s", marks[_i].rule);
}
END_TEST

/* Letters of another form: full-width as out of Japanese text, ligatures as out of PDF, letters of
 * formulas. */
static const struct {
	const char *message, *rule;
} forms[] = {
	{ "Content-Type: text/plain; charset=utf-8\r\n\r\nis "
	  "\xEF\xBD\x83\xEF\xBD\x8F\xEF\xBD\x8E\xEF\xBD\x86\xEF\xBD\x89\xEF\xBD\x84\xEF\xBD\x85\xEF"
	  "\xBD\x8E"
	  "\xEF\xBD\x94\xEF\xBD\x89\xEF\xBD\x81\xEF\xBD\x8C!\r\n",
	    "body-contains('\\bconfidential\\b')" },
	{ "Content-Type: text/plain; charset=shift_jis\r\n\r\n"
	  "\x82\x83\x82\x8F\x82\x8E\x82\x86\x81\x40x\r\n",
	    "body-contains('conf x')" },
	{ "Subject: =?utf-8?q?con=EF=AC=81dential_o=EF=AC=83ce?=\r\n\r\n",
	    "subject == '^confidential office$'" },
	{ "Content-Type: text/plain; charset=utf-8\r\n\r\n"
	  "\xF0\x9D\x90\x9C\xF0\x9D\x90\xA8\xF0\x9D\x90\xA7\xF0\x9D\x90\x9F\r\n",
	    "body-contains('^conf')" },
	/* As it is written, too. */
	{ "Content-Type: text/plain; charset=utf-8\r\n\r\n\xEF\xBC\xA1\xEF\xBC\x8C\r\n",
	    "body-contains('\xEF\xBC\xA1\xEF\xBC\x8C')" },
};

START_TEST(a_letter_is_one_in_any_form)
{
	read_message(forms[_i].message);
	ck_assert_msg(holds(forms[_i].rule), "%s", forms[_i].rule);
	ck_assert(!holds("body-contains('nothing') or subject == 'nothing'"));
}
END_TEST

/* Readers show the subject of a message inside as the name of the attachment. */
#define FORWARD(encoding, subject)                                                         \
	"Subject: fwd\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nsee " \
	"below\r\n"                                                                        \
	"--b\r\nContent-Type: message/rfc822\r\n" encoding "\r\n" subject "\r\n--b--\r\n"

static const char *const forwards[] = {
	FORWARD("", "From: a@b.test\r\nSubject: the secret secret plan\r\n\r\nsecret\r\n"),
	FORWARD("", "Subject: =?utf-8?q?the_s=65cret_secret?= plan\r\n\r\nsecret\r\n"),
	/* "Subject: secret secret\r\n\r\nsecret\r\n" */
	FORWARD("Content-Transfer-Encoding: base64\r\n",
	    "U3ViamVjdDogc2VjcmV0IHNlY3JldA0KDQpzZWNyZXQNCg=="),
	FORWARD("", "Subject: x\r\nContent-Type: message/rfc822\r\n\r\nSubject: secret\r\n"
		    " secret\r\n\r\nsecret\r\n"),
};

START_TEST(the_subject_of_a_message_inside_is_content)
{
	read_message(forwards[_i]);
	ck_assert(holds("body-contains('secret', 3)"));
	ck_assert(holds("attachment-contains('secret', 3)"));
	ck_assert(!holds("body-contains('secret', 4)"));
	ck_assert(!holds("only-body-contains('secret')"));
	ck_assert(!holds("body-contains('fwd')")); /* what rule subject is for */
	ck_assert(!holds("attachment-binary-contains('plan')"));
}
END_TEST

START_TEST(hard_line_ends_stay)
{
	read_message("Content-Type: text/plain; format=flowed\r\n\r\ntop\r\nsecret\r\n");
	ck_assert(!holds("body-contains('top *secret')"));
	ck_assert(holds("body-contains('(?m)^secret')"));
}
END_TEST

START_TEST(twins_count_once)
{
	read_message(
	    "Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n\r\nword word\r\n"
	    "--b\r\nContent-Type: text/html\r\n\r\n<p>word word word</p>\r\n--b--\r\n");
	ck_assert(holds("body-contains('word', 3)"));
	ck_assert(!holds("body-contains('word', 4)"));
}
END_TEST

/* What one reader shows and another hides is looked at in every way. */
static const struct {
	const char *message;
	bool valid;
} hiding[] = {
	{ "Content-Type: text/plain\r\nContent-Type: multipart/mixed; "
	  "boundary=b\r\n\r\n--x\r\n\r\nsecret\r\n",
	    false },
	{ "Content-Type: multipart/mixed\r\n\r\n--b\r\n\r\nsecret\r\n--b--\r\n", false },
	{ "Content-Type: multipart/mixed; boundary=b\r\n\r\nsecret\r\n--b\r\n\r\nx\r\n", false },
	{ "Content-Type: multipart/mixed; "
	  "boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--\r\nsecret\r\n--b\r\n\r\ny",
	    false },
	{ "Content-Type: multipart/mixed; "
	  "boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--\r\nsecret\r\n",
	    true },
	{ "Content-Type: multipart/mixed; boundary=b\r\n\r\nsecret\r\n--b\r\n\r\nx\r\n--b--\r\n",
	    true },
};

START_TEST(nothing_hides_between_the_parts)
{
	read_message(hiding[_i].message);
	ck_assert_int_eq(holds("valid"), hiding[_i].valid);
	ck_assert(holds("body-contains('secret')"));
}
END_TEST

START_TEST(what_cannot_be_decoded_is_matched_raw)
{
	read_message("Content-Type: text/plain; charset=no-such\r\n\r\nsecret\r\n");
	ck_assert(!holds("valid"));
	ck_assert(holds("body-contains('secret')"));
	read_message("Content-Type: text/plain; charset=utf-8\r\n\r\nsecret \xFF\r\n");
	ck_assert(!holds("valid"));
	ck_assert(holds("body-contains('secret')"));
}
END_TEST

/* ---- scripts ---- */

static char taken[200];

static bool
note(void *arg, const struct policy_action *action)
{
	(void)arg;
	(void)strncat(taken, policy_action_name(action->kind), sizeof taken - strlen(taken) - 1);
	(void)strncat(taken, " ", sizeof taken - strlen(taken) - 1);
	return !policy_action_is_final(action->kind);
}

static const struct {
	const char *script, *taken;
	bool matched;
} scripts[] = {
	{ "a: if true { no-op(); log-entry('x'); }", "no-op log-entry ", true },
	{ "a: if not true { no-op(); } else { drop(); log-entry('x'); }", "drop ", false },
	{ "a: if not true { no-op(); } else if true { bounce() }", "bounce ", false },
	{ "a: if true { if not true { drop(); } else { no-op(); } log-entry('x') }",
	    "no-op log-entry ", true },
	{ "a: if true { if true { deliver(); } log-entry('x'); }", "deliver ", true },
};

START_TEST(a_script_takes_its_branches)
{
	SMIME_AUTO(policy_script) script = NULL;
	struct policy_error error = { 0 };
	bool matched;

	read_message(MAIL);
	taken[0] = 0;
	ck_assert_msg(
	    policy_script_parse(scripts[_i].script, &script, &error) == SMIME_OK, "%s", error.text);
	ck_assert_int_eq(
	    policy_script_run(script, &t.facts, NULL, note, NULL, &matched, &t.diag), SMIME_OK);
	ck_assert_str_eq(taken, scripts[_i].taken);
	ck_assert_int_eq(matched, scripts[_i].matched);
}
END_TEST

static const struct {
	const char *text, *want;
} expansions[] = {
	{ "plain", "plain" },
	{ "$subject!", "Gr\xC3\xBC\xC3\x9F"
		       "e :)!" },
	{ "$FilterName/$MID/$remoteip", "f//192.0.2.7" },
	{ "$EnvelopeFrom > $EnvelopeRecipients", "Joe@a.example > x@b.example, y@c.example" },
	{ "$Header['x-two'] $Header['none']", "one " },
	{ "$filenames", "Offer.pdf, \xE6\x9C\xBA\xE5\xAF\x86.csv" },
	{ "$filetypes; $FILESIZES", "application/pdf, text/plain; 21, 16" },
	{ "$Group $RecvListener $Date", "RELAYLIST INBOUND 09/21/2026" },
	{ "$GMTimeStamp, $gmtimestamp",
	    "Mon, 21 Sep 2026 14:13:20 GMT, Mon, 21 Sep 2026 14:13:20 GMT" },
	{ "<$Policy> $BodySize$", "<to-partner> 313$" },
	{ "[$CertificateSigners]", "[joe@a.example, root@a.example]" },
	{ "costs $5 and $unknown", "costs $5 and $unknown" },
	{ "a\r\nb\x7F", "a  b " },
	{ "a\xC2\x85"
	  "b\xE2\x80\xA8"
	  "c\xFF",
	    "a b c?" },
	{ "$Header[\"X-Two\"] $Header[X] $Header['X", "one $Header[X] $Header['X" },
};

/* Inside of what was encrypted; one of the layers is nobody's. */
static const struct smime_opened signed_twice = { .layer_count = 4,
	.layers = { { .type = SMIME_LAYER_SIGNED, .signer = "joe@a.example" },
	    { .type = SMIME_LAYER_ENCRYPTED, .signer = "nobody@a.example" },
	    { .type = SMIME_LAYER_SIGNED },
	    { .type = SMIME_LAYER_SIGNED, .signer = "root@a.example" } } };

START_TEST(variables_are_expanded_and_cleaned)
{
	SMIME_AUTO_BUF out = { 0 };

	read_message(MAIL);
	t.facts.mail_policy = "to-partner";
	t.facts.opened = &signed_twice;
	ck_assert_int_eq(policy_expand(expansions[_i].text, &t.facts, "f", &out), SMIME_OK);
	ck_assert_int_eq(smime_buf_terminate(&out), SMIME_OK);
	ck_assert_str_eq((char *)out.data, expansions[_i].want);
}
END_TEST

/* Both in the gateway's time: what rule date calls today is what $Date says. */
START_TEST(the_date_is_that_of_the_gateway)
{
	SMIME_AUTO_BUF out = { 0 };

	read_message(MAIL);
	ck_assert_int_eq(setenv("TZ", "XYZ-14", 1), 0);
	tzset();
	ck_assert_int_eq(policy_expand("$Date, $GMTimeStamp", &t.facts, "f", &out), SMIME_OK);
	ck_assert_int_eq(smime_buf_terminate(&out), SMIME_OK);
	ck_assert_str_eq((char *)out.data, "09/22/2026, Mon, 21 Sep 2026 14:13:20 GMT");
	ck_assert(holds("date > '09/22/2026 00:00:00'"));
	ck_assert_int_eq(unsetenv("TZ"), 0);
	tzset();
}
END_TEST

START_TEST(the_host_is_named)
{
	SMIME_AUTO_BUF out = { 0 };
	char host[256] = "";

	read_message(MAIL);
	ck_assert_int_eq(gethostname(host, sizeof host - 1), 0);
	ck_assert_int_eq(policy_expand("$HOSTNAME", &t.facts, "f", &out), SMIME_OK);
	ck_assert_int_eq(smime_buf_terminate(&out), SMIME_OK);
	ck_assert_str_eq((char *)out.data, host);
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("rule_eval");
	TCase *tc = tcase_create("all");

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, NULL, teardown);
	tcase_add_loop_test(tc, a_rule_says_what_it_says, 0, ROWS(rows));
	tcase_add_test(tc, rules_see_fields_as_earlier_actions_left_them);
	tcase_add_test(tc, a_runaway_pattern_is_a_limit);
	tcase_add_test(tc, what_matched_is_remembered);
	tcase_add_test(tc, a_dictionary_that_is_not_there_is_our_fault);
	tcase_add_loop_test(tc, a_keyword_is_found_in_any_charset, 0, ROWS(clothes));
	tcase_add_loop_test(tc, a_keyword_is_found_between_tags, 0, ROWS(html));
	tcase_add_loop_test(tc, characters_are_read_by_their_names, 0, ROWS(references));
	tcase_add_loop_test(tc, a_phrase_is_found_over_soft_line_ends, 0, ROWS(phrases));
	tcase_add_loop_test(tc, a_letter_and_its_mark_are_one, 0, ROWS(marks));
	tcase_add_loop_test(tc, a_letter_is_one_in_any_form, 0, ROWS(forms));
	tcase_add_loop_test(tc, the_subject_of_a_message_inside_is_content, 0, ROWS(forwards));
	tcase_add_test(tc, hard_line_ends_stay);
	tcase_add_test(tc, twins_count_once);
	tcase_add_loop_test(tc, nothing_hides_between_the_parts, 0, ROWS(hiding));
	tcase_add_test(tc, what_cannot_be_decoded_is_matched_raw);
	tcase_add_loop_test(tc, a_script_takes_its_branches, 0, ROWS(scripts));
	tcase_add_test(tc, the_date_is_that_of_the_gateway);
	tcase_add_test(tc, the_host_is_named);
	tcase_add_loop_test(tc, variables_are_expanded_and_cleaned, 0, ROWS(expansions));
	return suite;
}
