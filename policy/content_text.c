/* content_text.c - charsets by iconv; HTML to the text a reader sees.  Memory: fixed buffers.
 * HTML is not parsed as a browser would, but as one who looks for words: what is between tags
 * stays, and tags inside of a word do not divide it. */
#include "content_text.h"

#include <errno.h>
#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

/* ---- charsets ---- */

/* "/" would begin options of iconv. */
static bool
is_name(const char *charset)
{
	return *charset && strlen(charset) < 40 &&
	       strspn(charset,
		   "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_:.+") ==
		   strlen(charset);
}

/* One step; *in moves on. *good is false for octets that are none of the charset. */
static enum smime_status
step(iconv_t cd, char **in, size_t *left, struct smime_spool *out, bool *good)
{
	char buffer[8192], *to = buffer;
	size_t room = sizeof buffer, rc = iconv(cd, in, left, &to, &room);

	*good = rc != (size_t)-1 || errno == E2BIG;
	return smime_spool_write(out, buffer, sizeof buffer - room);
}

static enum smime_status
convert(iconv_t cd, struct smime_bytes in, struct smime_spool *out, bool *good)
{
	char *at = (char *)(uintptr_t)in.data;
	size_t left = in.len;

	do {
		SMIME_TRY(step(cd, &at, &left, out, good));
	} while (*good && left > 0);
	/* Back to the initial state: the last characters of stateful charsets. */
	return *good ? step(cd, NULL, &left, out, good) : SMIME_OK;
}

static enum smime_status
copy(struct smime_bytes in, struct smime_spool *out)
{
	return smime_push_bytes(smime_spool_stage(out), in);
}

static bool
is_utf8(struct smime_bytes in)
{
	while (in.len > 0) {
		size_t len = smime_utf8(in, NULL);

		if (len == 0)
			return false;
		in = smime_bytes_slice(in, len, in.len);
	}
	return true;
}

enum smime_status
policy_to_utf8(const char *charset, struct smime_bytes in, struct smime_spool *out, bool *good)
{
	bool ascii = !*charset || strcasecmp(charset, "us-ascii") == 0;
	enum smime_status status;
	iconv_t cd;

	/* Mislabelled UTF-8 is what most 8-bit text without a charset is. */
	if (ascii || strcasecmp(charset, "utf-8") == 0) {
		*good = is_utf8(in);
		return *good ? copy(in, out) : SMIME_OK;
	}
	*good = false;
	if (!is_name(charset))
		return SMIME_OK;
	cd = iconv_open("UTF-8", charset);
	if (cd == (iconv_t)-1)
		return errno == ENOMEM ? SMIME_E_SYSTEM : SMIME_OK;
	status = convert(cd, in, out, good);
	(void)iconv_close(cd);
	return status;
}

/* ---- HTML ---- */

struct html {
	struct smime_bytes rest;
	struct smime_stage *out;
};

/* Tags that end a line for the reader; all others stand inside of one. */
static bool
divides(struct smime_bytes name)
{
	static const char *const tags[] = { "br", "p", "div", "td", "th", "tr", "li", "ul", "ol",
		"h1", "h2", "h3", "h4", "h5", "h6", "table", "pre", "blockquote", "hr", "title",
		"option", "dt", "dd" };

	for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
		if (smime_bytes_is(name, tags[i]))
			return true;
	return false;
}

static size_t
find(struct smime_bytes in, const char *what)
{
	size_t len = strlen(what);

	for (size_t i = 0; i + len <= in.len; i++)
		if (strncasecmp((const char *)in.data + i, what, len) == 0)
			return i;
	return in.len;
}

static void
skip(struct html *h, size_t len)
{
	h->rest = smime_bytes_slice(h->rest, len, h->rest.len);
}

/* The octet after the '>' that ends the tag; '>' inside of quotes does not. */
static size_t
tag_length(struct smime_bytes in)
{
	uint8_t quote = 0;

	for (size_t i = 1; i < in.len; i++) {
		uint8_t c = in.data[i];

		if (quote) {
			quote = c == quote ? 0 : quote;
		} else if (c == '"' || c == '\'') {
			quote = c;
		} else if (c == '>') {
			return i + 1;
		}
	}
	return in.len;
}

static struct smime_bytes
tag_name(struct smime_bytes tag)
{
	size_t from = tag.len > 1 && tag.data[1] == '/' ? 2 : 1, to = from;

	while (to < tag.len &&
	       ((tag.data[to] | 32) >= 'a' || (tag.data[to] >= '0' && tag.data[to] <= '9')))
		to++;
	return smime_bytes_slice(tag, from, to);
}

static enum smime_status
take_tag(struct html *h)
{
	struct smime_bytes tag, name;

	if (h->rest.len >= 4 && memcmp(h->rest.data, "<!--", 4) == 0) {
		skip(h, find(h->rest, "-->") + 3);
		return SMIME_OK;
	}
	tag = smime_bytes_slice(h->rest, 0, tag_length(h->rest));
	name = tag_name(tag);
	skip(h, tag.len);
	if (tag.len > 1 && tag.data[1] != '/') {
		if (smime_bytes_is(name, "script"))
			skip(h, find(h->rest, "</script"));
		else if (smime_bytes_is(name, "style"))
			skip(h, find(h->rest, "</style"));
	}
	return divides(name) ? smime_push(h->out, "\n", 1) : SMIME_OK;
}

/* A number as UTF-8. */
static enum smime_status
put_character(struct html *h, unsigned long c)
{
	uint8_t out[4];
	size_t len = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	static const uint8_t marks[] = { 0, 0, 0xC0, 0xE0, 0xF0 };

	if (c == 0 || c > 0x10FFFF || (c >= 0xD800 && c < 0xE000))
		return SMIME_OK;
	for (size_t i = len; i-- > 1; c >>= 6)
		out[i] = (uint8_t)(0x80 | (c & 0x3F));
	out[0] = (uint8_t)(marks[len] | c);
	return smime_push(h->out, out, len);
}

static enum smime_status
take_reference(struct html *h)
{
	static const struct {
		const char *name;
		unsigned c;
	} names[] = { { "&amp;", '&' }, { "&lt;", '<' }, { "&gt;", '>' }, { "&quot;", '"' },
		{ "&apos;", '\'' }, { "&nbsp;", ' ' } };
	char text[16], *end;
	unsigned long c;

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (find(smime_bytes_slice(h->rest, 0, strlen(names[i].name)), names[i].name) ==
		    0) {
			skip(h, strlen(names[i].name));
			return put_character(h, names[i].c);
		}
	(void)snprintf(text, sizeof text, "%.*s", (int)(h->rest.len < 15 ? h->rest.len : 15),
	    (const char *)h->rest.data);
	if (text[1] == '#') {
		bool hex = (text[2] | 32) == 'x';

		c = strtoul(text + (hex ? 3 : 2), &end, hex ? 16 : 10);
		if (*end == ';') {
			skip(h, (size_t)(end - text) + 1);
			return put_character(h, c);
		}
	}
	skip(h, 1);
	return smime_push(h->out, "&", 1);
}

enum smime_status
policy_strip_html(struct smime_bytes in, struct smime_spool *out)
{
	struct html h = { .rest = in, .out = smime_spool_stage(out) };

	while (h.rest.len > 0) {
		size_t plain = 0;

		while (plain < h.rest.len && h.rest.data[plain] != '<' && h.rest.data[plain] != '&')
			plain++;
		SMIME_TRY(smime_push_bytes(h.out, smime_bytes_slice(h.rest, 0, plain)));
		skip(&h, plain);
		if (h.rest.len > 0)
			SMIME_TRY(h.rest.data[0] == '<' ? take_tag(&h) : take_reference(&h));
	}
	return SMIME_OK;
}
