/*
 * content_html.c - HTML to the text a reader sees.  Memory: fixed buffers.
 * HTML is not parsed as a browser would, but as one who looks for words: what is between tags
 * stays, and tags inside of a word do not divide it.
 */
#include "content_text.h"

#include <strings.h>

struct html {
	struct smime_bytes rest;
	struct smime_stage *out;
	bool blank;                         /* the last octet that was pushed is white space */
	bool endless_script, endless_style; /* the rest has no end of one */
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

static bool
is_white(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}

static void
skip(struct html *h, size_t len)
{
	h->rest = smime_bytes_slice(h->rest, len, h->rest.len);
}

/* What has no end hides nothing: it is one only in part of what readers know. */
static void
skip_to(struct html *h, const char *end, bool *endless)
{
	size_t at = *endless ? h->rest.len : find(h->rest, end);

	*endless = at == h->rest.len;
	if (!*endless)
		skip(h, at);
}

enum place { NAME, BEFORE, ATTRIBUTE, VALUE, BARE };

/* What an octet of a tag that is neither its '>' nor a quote makes of the place. */
static enum place
next_place(enum place at, uint8_t c, bool first)
{
	if (c == '=' && at == ATTRIBUTE)
		return VALUE;
	if (c == '/' && !first && at != VALUE && at != BARE)
		return BEFORE;
	if (c > ' ')
		return at == VALUE ? BARE : at == BEFORE ? ATTRIBUTE : at;
	return at == NAME || at == BARE ? BEFORE : at;
}

/* The octet after the '>' that ends the tag (HTML s13.2.5.32 to 39): only a quote where the value
 * of an attribute begins hides a '>'. */
static size_t
tag_length(struct smime_bytes in)
{
	enum place at = NAME;

	for (size_t i = 1; i < in.len; i++) {
		uint8_t c = in.data[i];
		const uint8_t *end;

		if (c == '>')
			return i + 1;
		if (at != VALUE || (c != '"' && c != '\'')) {
			at = next_place(at, c, i == 1);
			continue;
		}
		end = memchr(in.data + i + 1, c, in.len - i - 1);
		if (!end)
			break;
		i = (size_t)(end - in.data);
		at = BEFORE;
	}
	return in.len;
}

/* "<!-- -->": "<!-->" is whole, and "--!>" ends one, too. */
static size_t
comment_length(struct smime_bytes in)
{
	for (size_t i = 2; i + 2 < in.len; i++) {
		if (in.data[i] != '-' || in.data[i + 1] != '-')
			continue;
		if (in.data[i + 2] == '>')
			return i + 3;
		if (i > 3 && in.data[i + 2] == '!' && i + 3 < in.len && in.data[i + 3] == '>')
			return i + 4;
	}
	return in.len;
}

/* "<!x>", "<?x>", "</ x>" are comments, too, and end at the first '>'. */
static bool
begins_mark(struct smime_bytes in)
{
	uint8_t c = in.data[1] == '/' && in.len > 2 ? in.data[2] | 32 : 0;

	return in.data[1] == '!' || in.data[1] == '?' ||
	       (in.data[1] == '/' && (c < 'a' || c > 'z'));
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

/* A '<' that begins no tag stands for itself. */
static bool
begins_tag(struct smime_bytes in)
{
	uint8_t c = in.len > 1 ? in.data[1] : ' ';

	return c == '/' || c == '!' || c == '?' || ((c | 32) >= 'a' && (c | 32) <= 'z');
}

/* A blank between two words is none. */
static bool
begins_gap(struct smime_bytes text, size_t at)
{
	if (!is_white(text.data[at]))
		return false;
	return text.data[at] != ' ' || at == 0 || at + 1 == text.len || is_white(text.data[at + 1]);
}

/* White space of any length is one blank: a phrase may stand on two lines of the source. */
static enum smime_status
put_text(struct html *h, struct smime_bytes text)
{
	while (text.len > 0) {
		size_t word = 0, gap;

		while (word < text.len && !begins_gap(text, word))
			word++;
		for (gap = word; gap < text.len && is_white(text.data[gap]);)
			gap++;
		SMIME_TRY(smime_push_bytes(h->out, smime_bytes_slice(text, 0, word)));
		h->blank = h->blank && word == 0;
		if (gap > word && !h->blank)
			SMIME_TRY(smime_push(h->out, " ", 1));
		h->blank = h->blank || gap > word;
		text = smime_bytes_slice(text, gap, text.len);
	}
	return SMIME_OK;
}

static enum smime_status
put_line_end(struct html *h)
{
	h->blank = true;
	return smime_push(h->out, "\n", 1);
}

static enum smime_status
take_tag(struct html *h)
{
	struct smime_bytes tag, name;

	if (h->rest.len >= 4 && memcmp(h->rest.data, "<!--", 4) == 0) {
		skip(h, comment_length(h->rest));
		return SMIME_OK;
	}
	if (!begins_tag(h->rest)) {
		skip(h, 1);
		h->blank = false;
		return smime_push(h->out, "<", 1);
	}
	if (begins_mark(h->rest)) {
		skip(h, find(h->rest, ">") + 1);
		return SMIME_OK;
	}
	tag = smime_bytes_slice(h->rest, 0, tag_length(h->rest));
	name = tag_name(tag);
	skip(h, tag.len);
	if (tag.len > 1 && tag.data[1] != '/') {
		if (smime_bytes_is(name, "script"))
			skip_to(h, "</script", &h->endless_script);
		else if (smime_bytes_is(name, "style"))
			skip_to(h, "</style", &h->endless_style);
	}
	return divides(name) ? put_line_end(h) : SMIME_OK;
}

/* A number as UTF-8. */
static enum smime_status
put_character(struct html *h, uint32_t c)
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
	uint32_t c = 0;
	size_t len = policy_html_reference(h->rest, &c);

	skip(h, len > 0 ? len : 1);
	h->blank = false;
	return len > 0 ? put_character(h, c) : smime_push(h->out, "&", 1);
}

enum smime_status
policy_strip_html(struct smime_bytes in, struct smime_stage *out)
{
	struct html h = { .rest = in, .out = out };

	while (h.rest.len > 0) {
		size_t plain = 0;

		while (plain < h.rest.len && h.rest.data[plain] != '<' && h.rest.data[plain] != '&')
			plain++;
		SMIME_TRY(put_text(&h, smime_bytes_slice(h.rest, 0, plain)));
		skip(&h, plain);
		if (h.rest.len > 0)
			SMIME_TRY(h.rest.data[0] == '<' ? take_tag(&h) : take_reference(&h));
	}
	return SMIME_OK;
}

bool
policy_looks_like_html(struct smime_bytes text)
{
	struct smime_bytes front = smime_bytes_slice(text, 0, 1024);

	return find(front, "<html") < front.len || find(front, "<!doctype html") < front.len;
}
