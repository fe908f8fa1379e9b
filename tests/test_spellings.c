/*
 * test_spellings.c - one keyword in every dress that mail may give it: charsets and labels,
 * transfer encodings, nesting, encoded words divided anywhere, file names, markup, broken
 * structure. None is missed, or the message is not valid, which filters treat strictly. FILTERS:
 * semantics.
 *
 * Each dress is put on a decoy, too: a rule that says yes to everything finds nothing.
 */
#include "support_facts.h"

#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>

static struct test_facts t;

static const struct keyword {
	const char *word, *decoy; /* equally many characters, of the same kind */
} keywords[] = {
	{ "confidential", "unimportants" },
	{ "\xE6\x9C\xBA\xE5\xAF\x86", "\xE5\xA4\xA9\xE6\xB0\x94" },
};

static void
teardown(void)
{
	test_facts_reset(&t);
}

/* ---- putting messages together ---- */

static void
put(struct smime_buf *out, const char *text)
{
	ck_assert_int_eq(smime_buf_append(out, text, strlen(text)), SMIME_OK);
}

static void
put_octets(struct smime_buf *out, struct smime_bytes octets)
{
	ck_assert_int_eq(smime_buf_append(out, octets.data, octets.len), SMIME_OK);
}

/* False: the charset has not got these characters. */
static bool
encode(const char *charset, const char *text, struct smime_buf *out)
{
	char *in = (char *)(uintptr_t)text, octets[600], *to = octets;
	size_t left = strlen(text), room = sizeof octets;
	iconv_t cd = iconv_open(charset, "UTF-8");
	bool good;

	ck_assert_msg(cd != (iconv_t)-1, "%s", charset);
	good = iconv(cd, &in, &left, &to, &room) != (size_t)-1 &&
	       iconv(cd, NULL, NULL, &to, &room) != (size_t)-1;
	(void)iconv_close(cd);
	if (good)
		put_octets(out, smime_bytes(octets, sizeof octets - room));
	return good;
}

/* RFC 1843: between "~{" and "~}", GB 2312 with the high bits off. */
static bool
encode_hz(const char *text, struct smime_buf *out)
{
	SMIME_AUTO_BUF gb = { 0 };
	bool inside = false;

	if (!encode("GB2312", text, &gb))
		return false;
	for (size_t i = 0; i < gb.len; i++) {
		uint8_t low = gb.data[i] & 0x7F;

		if (inside != (gb.data[i] > 127))
			put(out, inside ? "~}" : "~{");
		inside = gb.data[i] > 127;
		put_octets(out, smime_bytes(&low, 1));
	}
	put(out, inside ? "~}" : "");
	return true;
}

static void
base64(struct smime_bytes in, size_t line, struct smime_buf *out)
{
	static const char alphabet[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t column = 0;

	for (size_t i = 0; i < in.len; i += 3) {
		uint32_t group = (uint32_t)in.data[i] << 16 |
				 (i + 1 < in.len ? (uint32_t)in.data[i + 1] << 8 : 0) |
				 (i + 2 < in.len ? in.data[i + 2] : 0);

		for (unsigned k = 0; k < 4; k++) {
			char c = i + k > in.len ? '=' : alphabet[group >> (18 - 6 * k) & 63];

			put_octets(out, smime_bytes(&c, 1));
			if (line > 0 && ++column % line == 0)
				put(out, "\r\n");
		}
	}
}

/* Every octet as a mark and two digits, a soft break behind each tenth. */
static void
quoted(struct smime_bytes in, char mark, bool breaks, struct smime_buf *out)
{
	for (size_t i = 0; i < in.len; i++) {
		ck_assert_int_eq(
		    smime_buf_appendf(out, mark == '=' ? "=%02X" : "%%%02x", in.data[i]), SMIME_OK);
		if (breaks && i % 10 == 9)
			put(out, "=\r\n");
	}
}

/* ---- charsets ---- */

static const char *const charsets[] = { "UTF-8", "UTF-16", "UTF-16LE", "UTF-16BE", "UTF-32",
	"GB18030", "GBK", "GB2312", "BIG5", "BIG5-HKSCS", "ISO-2022-JP", "EUC-JP", "SHIFT_JIS",
	"ISO-2022-CN", "EUC-KR", "UTF-7", "HZ-GB-2312" };

static bool
encode_as(const char *charset, const char *text, struct smime_buf *out)
{
	return strcmp(charset, "HZ-GB-2312") == 0 ? encode_hz(text, out)
						  : encode(charset, text, out);
}

/* NULL: the right one. "": none. */
static const char *const labels[] = { NULL, "", "us-ascii", "utf-8", "iso-8859-1", "x-nonsense",
	"big5", "gb2312", "windows-1252" };

enum cte {
	BASE64,
	BASE64_RAGGED,
	QUOTED,
	PLAIN,
	CTES,
};

/* The fields and the body of one part. */
static void
put_part(const char *type, const char *label, enum cte cte, struct smime_bytes octets,
    struct smime_buf *out)
{
	static const char *const names[] = { "base64", "BASE64 ", "Quoted-Printable", "8bit" };

	ck_assert_int_eq(
	    smime_buf_appendf(out, "Content-Type: %s%s%s\r\nContent-Transfer-Encoding: %s\r\n\r\n",
		type, *label ? "; charset=" : "", label, names[cte]),
	    SMIME_OK);
	if (cte == BASE64 || cte == BASE64_RAGGED)
		base64(octets, cte == BASE64 ? 76 : 7, out);
	else if (cte == QUOTED)
		quoted(octets, '=', true, out);
	else
		put_octets(out, octets);
	put(out, "\r\n");
}

enum container {
	SINGLE,
	ATTACHED,
	UNDECLARED, /* an attachment that is called application/octet-stream */
	TWIN,
	NESTED,
	NESTED_ENCODED, /* a message that is base64 as a whole */
	DEEP,
	CONTAINERS,
};

static void
put_container(enum container container, struct smime_bytes part, struct smime_buf *out)
{
	put(out, "From: a@a.example\r\nMIME-Version: 1.0\r\n");
	if (container == ATTACHED || container == UNDECLARED)
		put(out,
		    "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nhi\r\n--b\r\n");
	else if (container == TWIN)
		put(out, "Content-Type: multipart/alternative; "
			 "boundary=b\r\n\r\n--b\r\n\r\nhi\r\n--b\r\n");
	else if (container == NESTED)
		put(out, "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
			 "Content-Type: message/rfc822\r\n\r\nSubject: in\r\n");
	else if (container == NESTED_ENCODED)
		put(out,
		    "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n");
	for (int i = 0; container == DEEP && i < 9; i++)
		ck_assert_int_eq(
		    smime_buf_appendf(
			out, "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", i, i),
		    SMIME_OK);
	if (container == NESTED_ENCODED)
		base64(part, 76, out);
	else
		put_octets(out, part);
	for (int i = 9; container == DEEP && i-- > 0;)
		ck_assert_int_eq(smime_buf_appendf(out, "\r\n--b%d--\r\n", i), SMIME_OK);
	if (container == ATTACHED || container == UNDECLARED || container == TWIN ||
	    container == NESTED)
		put(out, "--b--\r\n");
}

/* ---- bodies ---- */

struct tally {
	unsigned spellings, found, reported;
};

/* Does a rule of this name find the word? */
static bool
finds(struct smime_bytes octets, const char *rule, const char *word)
{
	bool calls = strcmp(rule, "body-contains") == 0;
	char text[200];

	(void)snprintf(
	    text, sizeof text, "%s %s'%s'%s", rule, calls ? "(" : "== ", word, calls ? ")" : "");
	test_facts_read(&t, octets.data, octets.len);
	return test_facts_hold(&t, text);
}

static void
count(struct tally *tally, struct smime_bytes octets, const char *rule, const char *word, bool must,
    const char *what)
{
	bool found = finds(octets, rule, word), valid = test_facts_hold(&t, "valid");

	tally->spellings++;
	tally->found += found;
	tally->reported += !found && !valid;
	ck_assert_msg(found || (!must && !valid), "missed %s: %s (%s)\n%.*s", word, what,
	    valid ? "valid" : "not valid", (int)(octets.len < 900 ? octets.len : 900),
	    (const char *)octets.data);
}

static void
refuse(struct smime_bytes octets, const char *rule, const char *word, const char *what)
{
	ck_assert_msg(!finds(octets, rule, word), "found %s where it is not: %s\n%.*s", word, what,
	    (int)octets.len, (const char *)octets.data);
}

/* Which of all bodies. */
struct dress {
	size_t charset, label;
	enum cte cte;
	enum container container;
};

static bool
make_body(const struct dress *d, const char *word, struct smime_buf *out)
{
	SMIME_AUTO_BUF octets = { 0 };
	SMIME_AUTO_BUF part = { 0 };
	char text[100];
	const char *label = labels[d->label] ? labels[d->label] : charsets[d->charset];

	(void)snprintf(text, sizeof text, "Before it\r\nxx %s yy\r\nbehind it\r\n", word);
	if (!encode_as(charsets[d->charset], text, &octets))
		return false;
	put_part(d->container == UNDECLARED ? "application/octet-stream" : "text/plain",
	    d->container == UNDECLARED ? "" : label, d->cte, smime_buf_bytes(&octets), &part);
	put_container(d->container, smime_buf_bytes(&part), out);
	return true;
}

static void
try_body(const struct dress *d, const struct keyword *k, struct tally *tally)
{
	SMIME_AUTO_BUF message = { 0 };
	SMIME_AUTO_BUF decoy = { 0 };
	const char *label = labels[d->label] ? labels[d->label] : "right label";
	char what[100];

	(void)snprintf(what, sizeof what, "%s as %s, encoding %d, container %d",
	    charsets[d->charset], label, (int)d->cte, (int)d->container);
	if (!make_body(d, k->word, &message) || !make_body(d, k->decoy, &decoy))
		return;
	count(tally, smime_buf_bytes(&message), "body-contains", k->word,
	    !labels[d->label] && d->cte != PLAIN, what);
	refuse(smime_buf_bytes(&decoy), "body-contains", k->word, what);
}

START_TEST(a_keyword_in_a_body_is_found_or_reported)
{
	struct tally tally = { 0 };

	for (size_t c = 0; c < sizeof charsets / sizeof *charsets; c++)
		for (size_t l = 0; l < sizeof labels / sizeof *labels; l++)
			for (enum cte cte = 0; cte < CTES; cte++)
				for (enum container n = 0; n < CONTAINERS; n++)
					/* A wrong label is as wrong wherever it stands. */
					if (!labels[l] || n == SINGLE || n == ATTACHED ||
					    n == NESTED_ENCODED)
						try_body(&(const struct dress){ c, l, cte, n },
						    &keywords[_i], &tally);
	ck_assert_uint_ge(tally.spellings, 300);
	printf("%s in bodies: %u spellings, %u found, %u reported\n", keywords[_i].word,
	    tally.spellings, tally.found, tally.reported);
}
END_TEST

/* ---- header fields ---- */

enum split {
	WHOLE,
	BETWEEN,   /* characters */
	INSIDE,    /* characters: octet by octet */
	MIXED,     /* the same, B and Q in turn */
	SQUEEZED,  /* no blank between the words */
	LANGUAGE,  /* RFC 2231 s5 */
	IN_A_WORD, /* with letters before and behind */
	SPLITS,
};

static void
put_word(const char *charset, bool b, struct smime_bytes octets, struct smime_buf *out)
{
	ck_assert_int_eq(smime_buf_appendf(out, "=?%s?%c?", charset, b ? 'B' : 'q'), SMIME_OK);
	if (b)
		base64(octets, 0, out);
	else
		quoted(octets, '=', false, out);
	put(out, "?=");
}

/* Words of `step` octets each. */
static void
put_words(const char *charset, const char *label, enum split split, bool b,
    struct smime_bytes octets, struct smime_buf *out)
{
	/* Where characters are of one width, or the first one is. */
	size_t width = strstr(charset, "32") ? 4 : strstr(charset, "UTF-8") ? 3 : 2;
	size_t step = split == BETWEEN                                         ? width
		      : split == INSIDE || split == MIXED || split == SQUEEZED ? 1
									       : octets.len;
	char tagged[60];

	(void)snprintf(tagged, sizeof tagged, "%s%s", label, split == LANGUAGE ? "*zh" : "");
	put(out, split == IN_A_WORD ? "abc" : "");
	for (size_t i = 0; i < octets.len; i += step) {
		put(out, i == 0 ? "" : split == SQUEEZED ? "" : i % 2 ? "\r\n " : " ");
		put_word(tagged, split == MIXED ? (i / step) % 2 == 0 : b,
		    smime_bytes_slice(octets, i, i + step), out);
	}
	put(out, split == IN_A_WORD ? "def" : "");
}

static void
try_subject(
    const struct dress *d, enum split split, bool b, const struct keyword *k, struct tally *tally)
{
	const char *charset = charsets[d->charset];
	const char *label = labels[d->label] ? labels[d->label] : charset;
	char what[100];

	(void)snprintf(
	    what, sizeof what, "%s as %s, split %d, %c", charset, label, (int)split, b ? 'B' : 'Q');
	for (int decoy = 0; decoy < 2; decoy++) {
		SMIME_AUTO_BUF octets = { 0 };
		SMIME_AUTO_BUF message = { 0 };

		if (!encode_as(charset, decoy ? k->decoy : k->word, &octets))
			return;
		put(&message, "From: a@a.example\r\nSubject: [x] ");
		put_words(charset, label, split, b, smime_buf_bytes(&octets), &message);
		put(&message, " y\r\n\r\nbody\r\n");
		if (decoy)
			refuse(smime_buf_bytes(&message), "subject", k->word, what);
		else
			count(tally, smime_buf_bytes(&message), "subject", k->word,
			    !labels[d->label] && split != BETWEEN, what);
	}
}

START_TEST(a_keyword_in_a_subject_is_found_or_reported)
{
	struct tally tally = { 0 };

	for (size_t c = 0; c < sizeof charsets / sizeof *charsets; c++)
		for (size_t l = 0; l < sizeof labels / sizeof *labels; l++)
			for (enum split s = 0; s < SPLITS && (!labels[l] || *labels[l]); s++)
				for (int b = 0; b < 2; b++)
					try_subject(&(const struct dress){ c, l, PLAIN, SINGLE }, s,
					    b, &keywords[_i], &tally);
	ck_assert_uint_ge(tally.spellings, 300);
	printf("%s in subjects: %u spellings, %u found, %u reported\n", keywords[_i].word,
	    tally.spellings, tally.found, tally.reported);
}
END_TEST

/* ---- file names ---- */

enum naming {
	EXTENDED,    /* filename*= */
	SECTIONS,    /* filename*0*= ..., three octets each */
	SHUFFLED,    /* the same, the last one first */
	QUOTED_WORD, /* filename="=?...?=" */
	RAW,         /* filename="octets" */
	OF_TYPE,     /* name="=?...?=" in Content-Type */
	TYPE_EXTENDED,
	NAMINGS,
};

static void
put_sections(const char *label, struct smime_bytes octets, bool shuffled, struct smime_buf *out)
{
	size_t sections = (octets.len + 2) / 3;

	for (size_t i = 0; i < sections; i++) {
		size_t n = shuffled ? sections - 1 - i : i;

		ck_assert_int_eq(smime_buf_appendf(out, ";\r\n filename*%zu*=%s%s", n,
				     n == 0 ? label : "", n == 0 ? "''" : ""),
		    SMIME_OK);
		quoted(smime_bytes_slice(octets, 3 * n, 3 * n + 3), '%', false, out);
	}
}

static void
put_name(enum naming naming, const char *label, struct smime_bytes octets, struct smime_buf *out)
{
	bool of_type = naming == OF_TYPE || naming == TYPE_EXTENDED;

	put(out, of_type
		     ? "Content-Type: application/octet-stream"
		     : "Content-Type: application/octet-stream\r\nContent-Disposition: attachment");
	if (naming == SECTIONS || naming == SHUFFLED) {
		put_sections(label, octets, naming == SHUFFLED, out);
	} else if (naming == EXTENDED || naming == TYPE_EXTENDED) {
		ck_assert_int_eq(
		    smime_buf_appendf(out, "; %s*=%s''", of_type ? "name" : "filename", label),
		    SMIME_OK);
		quoted(octets, '%', false, out);
	} else {
		put(out, of_type ? "; name=\"" : "; filename=\"");
		if (naming == RAW)
			put_octets(out, octets);
		else
			put_word(label, true, octets, out);
		put(out, "\"");
	}
	put(out, "\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA\r\n--b--\r\n");
}

static void
try_name(size_t c, size_t l, enum naming naming, const struct keyword *k, struct tally *tally)
{
	const char *label = labels[l] ? labels[l] : charsets[c];
	char what[100];

	(void)snprintf(what, sizeof what, "%s as %s, naming %d", charsets[c], label, (int)naming);
	for (int decoy = 0; decoy < 2; decoy++) {
		SMIME_AUTO_BUF octets = { 0 };
		SMIME_AUTO_BUF message = { 0 };

		if (!encode_as(charsets[c], decoy ? k->decoy : k->word, &octets))
			return;
		/* What a quoted string cannot hold. */
		if (naming == RAW &&
		    (memchr(octets.data, 0, octets.len) || memchr(octets.data, '"', octets.len) ||
			memchr(octets.data, '\\', octets.len)))
			return;
		put(&message, "From: a@a.example\r\nMIME-Version: 1.0\r\n"
			      "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n");
		put_name(naming, label, smime_buf_bytes(&octets), &message);
		if (decoy)
			refuse(smime_buf_bytes(&message), "attachment-filename", k->word, what);
		else
			count(tally, smime_buf_bytes(&message), "attachment-filename", k->word,
			    !labels[l] && naming != RAW, what);
	}
}

START_TEST(a_keyword_in_a_file_name_is_found_or_reported)
{
	struct tally tally = { 0 };

	for (size_t c = 0; c < sizeof charsets / sizeof *charsets; c++)
		for (size_t l = 0; l < sizeof labels / sizeof *labels; l++)
			for (enum naming n = 0; n < NAMINGS && (!labels[l] || *labels[l]); n++)
				try_name(c, l, n, &keywords[_i], &tally);
	ck_assert_uint_ge(tally.spellings, 300);
	printf("%s in file names: %u spellings, %u found, %u reported\n", keywords[_i].word,
	    tally.spellings, tally.found, tally.reported);
}
END_TEST

/* ---- tricks ---- */

#define H    "From: a@a.example\r\nMIME-Version: 1.0\r\n"
#define HTML H "Content-Type: text/html; charset=utf-8\r\n\r\n"
#define TEXT H "Content-Type: text/plain; charset=utf-8\r\n\r\n"

/* %1: the keyword; %2, %3: its halves; %4: it in base64. */
static const struct trick {
	const char *message;
	bool must; /* be found; else it may be reported */
} tricks[] = {
	{ HTML "<p>%2<b></b>%3</p>", true },
	{ HTML "%2<!-- x --><!---->%3", true },
	{ HTML "%2<span title='a>b'>%3</span>", true },
	{ HTML "<p title=it's>%2<i>%3</i>", true },
	{ HTML "%2<font\ncolor=red\n>%3", true },
	{ HTML "%2&shy;%3", true },
	{ HTML "%2&#8203;%3", true },
	{ HTML "%2&#x200b;%3", true },
	{ HTML "%2&ZeroWidthSpace;%3", true },
	{ HTML "%2\xE2\x80\x8B%3", true },
	{ HTML "%2\xC2\xAD%3", true },
	{ HTML "a < b %2<u>%3</u>", true },
	{ HTML "<script>x</script>%2<s>%3</s>", true },
	{ H "Content-Type: text/plain\r\n\r\n<html><body>%2<b>%3</b></body></html>", true },
	{ H "Content-Type: application/octet-stream\r\n\r\n<html>%2<b>%3</b></html>", true },
	{ TEXT "%2\xE2\x80\x8D%3", true },
	{ TEXT "%2\xEF\xBB\xBF%3", true },
	{ TEXT "%2\xE2\x81\xA0%3", true },
	{ H "Content-Type: text/plain; charset=utf-8; format=flowed; delsp=yes\r\n\r\n%2 "
	    "\r\n%3",
	    true },
	{ H "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: "
	    "quoted-printable\r\n\r\n%2=\r\n%3",
	    true },
	{ H "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: "
	    "quoted-printable\r\n\r\n%2=  \r\n%3",
	    true },
	{ H "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: "
	    "base64\r\n\r\nYQ==\r\n%4",
	    true },
	{ H "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: "
	    "base64\r\n\r\n%4!!!\r\n",
	    true },
	{ H "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: (x) "
	    "base64 (y)\r\n\r\n%4",
	    true },
	{ "From: a@a.example\r\nContent-Type: text/plain; charset=utf-8\r\n"
	  "Content-Transfer-Encoding: base64\r\n\r\n%4",
	    true },
	{ H "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: "
	    "x-uuencode\r\n\r\n%4",
	    false },
	{ H "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n"
	    "Content-Transfer-Encoding: base64\r\n\r\n%4",
	    false },
	{ H "Content-Type: text/plain\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
	    "Content-Transfer-Encoding: base64\r\n\r\n%4\r\n--b--\r\n",
	    false },
	{ H "Content-Type: multipart/mixed; boundary=a; boundary=b\r\n\r\n--b\r\n"
	    "Content-Transfer-Encoding: base64\r\n\r\n%4\r\n--b--\r\n",
	    false },
	{ H "Content-Type: multipart/mixed; boundary*=us-ascii''b\r\n\r\n--b\r\n"
	    "Content-Transfer-Encoding: base64\r\n\r\n%4\r\n--b--\r\n",
	    false },
	{ H "Content-Type: multipart/mixed; boundary=\"a\\b\"\r\n\r\n--ab\r\n"
	    "Content-Transfer-Encoding: base64\r\n\r\n%4\r\n--ab--\r\n",
	    false },
	{ H "Content-Type: multipart/mixed\r\n\r\n--b\r\n"
	    "Content-Transfer-Encoding: base64\r\n\r\n%4\r\n--b--\r\n",
	    false },
	{ H "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
	    "Content-Transfer-Encoding: base64\r\n\r\n%4\r\n",
	    true },
	{ H "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n--b\r\n"
	    "Content-Transfer-Encoding: base64\r\n\r\n%4\r\n--b--\r\n",
	    false },
	{ H "Content-Type: multipart/mixed; boundary=b\r\n\r\n%1\r\n--b\r\n\r\nx\r\n--b--\r\n",
	    true },
	{ H "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n%1\r\n",
	    true },
	{ H "Content-Type: multipart/mixed; boundary=b\r\nContent-Transfer-Encoding: base64\r\n"
	    "\r\n%4\r\n",
	    false },
	{ H "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r"
	    "Content-Transfer-Encoding: base64\r\n\r\n%4\r\n--b--\r\n",
	    false },
	{ H "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r--b\r"
	    "Content-Transfer-Encoding: base64\r\r%4\r\n--b--\r\n",
	    false },
	{ H "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nnonsense\r\n"
	    "Content-Transfer-Encoding: base64\r\n\r\n%4\r\n--b--\r\n",
	    false },
	{ H "Subject: x\r\n \r\nContent-Transfer-Encoding: base64\r\n\r\n%4\r\n", true },
	{ H "Content-Type: message/partial; id=x; number=2; total=2\r\n\r\n%4\r\n", false },
	{ H "Content-Type: text\r\nContent-Transfer-Encoding: base64\r\n\r\n%4\r\n", true },
	{ H "Content-Type: text/plain; charset=\"utf-8\r\nContent-Transfer-Encoding: "
	    "base64\r\n\r\n%4\r\n",
	    true },
	{ H "Content-Type: text/plain; charset=utf-8; charset=utf-16\r\n"
	    "Content-Transfer-Encoding: base64\r\n\r\n%4\r\n",
	    true },
	{ H "Content-Type: text/html; charset*0=ut; charset*1=f-8\r\n"
	    "Content-Transfer-Encoding: base64\r\n\r\n%4\r\n",
	    true },
	{ H "content-type:text/plain\r\nCONTENT-TRANSFER-ENCODING:Base64\r\n\r\n%4\r\n", true },
	{ H "Content-Type : text/plain\r\nContent-Transfer-Encoding : base64\r\n\r\n%4\r\n", true },
	{ H "Content-Type: multipart/digest; boundary=b\r\n\r\n--b\r\n\r\nSubject: x\r\n"
	    "Content-Transfer-Encoding: base64\r\n\r\n%4\r\n--b--\r\n",
	    true },
	{ H "Content-Type: multipart/mixed; boundary=\"b \"\r\n\r\n--b \r\n"
	    "Content-Transfer-Encoding: base64\r\n\r\n%4\r\n--b --\r\n",
	    true },
};

/* The middle, between characters. */
static size_t
middle(const char *word)
{
	size_t at = strlen(word) / 2;

	while ((word[at] & 0xC0) == 0x80)
		at++;
	return at;
}

static void
make_trick(const struct trick *trick, const char *word, struct smime_buf *out)
{
	SMIME_AUTO_BUF encoded = { 0 };
	char first[20];
	size_t half = middle(word);
	const char *parts[] = { word, first, word + half, NULL };

	base64(smime_bytes_str(word), 0, &encoded);
	ck_assert_int_eq(smime_buf_terminate(&encoded), SMIME_OK);
	parts[3] = (char *)encoded.data;
	(void)snprintf(first, sizeof first, "%.*s", (int)half, word);
	for (const char *c = trick->message; *c; c++) {
		bool part = *c == '%' && c[1] >= '1' && c[1] <= '4';

		if (part)
			put(out, parts[c[1] - '1']);
		else
			put_octets(out, smime_bytes(c, 1));
		c += part;
	}
}

START_TEST(a_trick_hides_nothing)
{
	for (size_t k = 0; k < sizeof keywords / sizeof *keywords; k++) {
		SMIME_AUTO_BUF message = { 0 };
		SMIME_AUTO_BUF decoy = { 0 };
		struct tally tally = { 0 };

		make_trick(&tricks[_i], keywords[k].word, &message);
		make_trick(&tricks[_i], keywords[k].decoy, &decoy);
		count(&tally, smime_buf_bytes(&message), "body-contains", keywords[k].word,
		    tricks[_i].must, tricks[_i].message);
		refuse(
		    smime_buf_bytes(&decoy), "body-contains", keywords[k].word, tricks[_i].message);
	}
}
END_TEST

START_TEST(a_nul_inside_is_reported)
{
	static const char message[] = H "Content-Type: text/plain\r\n\r\nconf\0idential\r\n";
	static const char encoded[] = H "Content-Type: text/plain\r\nContent-Transfer-Encoding: "
					"quoted-printable\r\n\r\nconf=00idential\r\n";

	test_facts_read(&t, message, sizeof message - 1);
	ck_assert(!test_facts_hold(&t, "valid"));
	ck_assert(test_facts_hold(&t, "body-contains('confidential')"));
	test_facts_read(&t, encoded, sizeof encoded - 1);
	ck_assert(!test_facts_hold(&t, "valid"));
	ck_assert(test_facts_hold(&t, "body-contains('confidential')"));
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("spellings");
	TCase *tc = tcase_create("all");

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 300);
	tcase_add_checked_fixture(tc, NULL, teardown);
	tcase_add_loop_test(tc, a_keyword_in_a_body_is_found_or_reported, 0, ROWS(keywords));
	tcase_add_loop_test(tc, a_keyword_in_a_subject_is_found_or_reported, 0, ROWS(keywords));
	tcase_add_loop_test(tc, a_keyword_in_a_file_name_is_found_or_reported, 0, ROWS(keywords));
	tcase_add_loop_test(tc, a_trick_hides_nothing, 0, ROWS(tricks));
	tcase_add_test(tc, a_nul_inside_is_reported);
	return suite;
}
