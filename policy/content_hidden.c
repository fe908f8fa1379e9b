/* content_hidden.c - text as the eye sees it, and what looks like text at all.  Unicode s5.21
 * (ignorable characters), s3.11 (letters and marks that are one; other forms of a letter), RFC 3676
 * s4.1 (DelSp). Memory: fixed buffers. */
#include "content_text.h"

#include <glib.h>

#define LOOK_MAX  65536
#define FORM_MOST 4 /* characters that one is a form of */

/* White space stays what it is; soft hyphens, variation selectors and the grapheme joiner are
 * hidden as well. */
static bool
is_hidden(uint32_t c)
{
	if (c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == 0x85 || c == 0x2028 ||
	    c == 0x2029)
		return false;
	return smime_char_hides(c) || c == 0xAD || c == 0x034F || c == 0x180E ||
	       (c >= 0xFE00 && c <= 0xFE0F);
}

/* Accents, the voice marks of Japanese, vowels and finals of Korean: some systems write file names
 * and text with them apart from their letter. */
static bool
is_mark(uint32_t c)
{
	return (c >= 0x0300 && c <= 0x036F) || c == 0x3099 || c == 0x309A ||
	       (c >= 0x1161 && c <= 0x1175) || (c >= 0x11A8 && c <= 0x11C2);
}

/* The mark at `at`; 0 when there is none. *len: its octets. */
static uint32_t
mark_at(struct smime_bytes in, size_t at, size_t *len)
{
	uint8_t first = at < in.len ? in.data[at] : 0;
	uint32_t c = 0;

	if (first != 0xCC && first != 0xCD && first != 0xE1 && first != 0xE3)
		return 0;
	*len = smime_utf8(smime_bytes_slice(in, at, in.len), &c);
	return *len > 0 && is_mark(c) ? c : 0;
}

/* The letter at the front of in, of len octets, with the marks behind it as one. *used: octets of
 * all of them; len when they do not make one. */
static uint32_t
composed(struct smime_bytes in, size_t len, size_t *used)
{
	uint32_t c = 0, mark;
	size_t more;
	gunichar both;

	*used = len;
	if (!mark_at(in, len, &more) || (in.data[0] >= 0x80 && smime_utf8(in, &c) == 0))
		return 0;
	c = in.data[0] < 0x80 ? in.data[0] : c;
	while ((mark = mark_at(in, *used, &more)) && g_unichar_compose(c, mark, &both)) {
		c = both;
		*used += more;
	}
	return c;
}

/* Full-width forms as in Japanese text, ligatures as they are copied out of PDF, letters as of
 * formulas. */
static bool
is_other_form(uint32_t c)
{
	return (c >= 0xFF01 && c <= 0xFF5E) || (c >= 0xFB00 && c <= 0xFB06) ||
	       (c >= 0x1D400 && c <= 0x1D7FF) || c == 0x3000;
}

/* Is it one that makes words? Full-width punctuation alone is everywhere in Chinese text. */
static bool
is_other_letter(uint32_t c)
{
	bool full = c >= 0xFF01 && c <= 0xFF5E;

	return full ? g_ascii_isalnum((gchar)(c - 0xFEE0)) : is_other_form(c) && c != 0x3000;
}

/* The letters that a character at the front of in is another form of. Their number; 0: none. */
static size_t
plain_form(struct smime_bytes in, gunichar out[FORM_MOST])
{
	uint8_t first = in.data[0];
	uint32_t c = 0;

	if ((first != 0xEF && first != 0xE3 && first != 0xF0) || smime_utf8(in, &c) == 0 ||
	    !is_other_form(c))
		return 0;
	return g_unichar_fully_decompose(c, TRUE, out, FORM_MOST);
}

/* Octets of the character at the front of in; *c: which, 0xFFFD for what is none. */
static size_t
character(struct smime_bytes in, uint32_t *c)
{
	size_t len = 1;

	*c = in.data[0];
	if (*c >= 0x80)
		len = smime_utf8(in, c);
	if (len == 0)
		*c = 0xFFFD;
	return len > 0 ? len : 1;
}

/* " CRLF" at the front of in: 2 or 3 octets; else 0. */
static size_t
soft_break(struct smime_bytes in)
{
	if (in.len >= 3 && memcmp(in.data, " \r\n", 3) == 0)
		return 3;
	return in.len >= 2 && memcmp(in.data, " \n", 2) == 0 ? 2 : 0;
}

/* What is read in the place of the character of len octets at the front of in, and *used octets.
 * Its number of characters; 0: it stays. */
static size_t
read_as(struct smime_bytes in, size_t len, size_t *used, gunichar out[FORM_MOST])
{
	size_t count;

	out[0] = composed(in, len, used);
	if (*used > len)
		return 1;
	count = plain_form(in, out);
	return count < FORM_MOST ? count : FORM_MOST;
}

static enum smime_status
put_characters(struct smime_stage *out, const gunichar *c, size_t count)
{
	char octets[6];

	for (size_t i = 0; i < count; i++)
		SMIME_TRY(smime_push(out, octets, (size_t)g_unichar_to_utf8(c[i], octets)));
	return SMIME_OK;
}

/* The front of a text: octets that stay, and octets behind them that go, for `count` characters. */
struct piece {
	size_t stay, go, count;
	gunichar instead[FORM_MOST];
};

static struct piece
next_piece(struct smime_bytes in, enum policy_breaks breaks)
{
	size_t gone = breaks != POLICY_BREAKS_HARD ? soft_break(in) : 0, len;
	size_t blank = breaks == POLICY_BREAKS_FLOWED ? 1 : 0;
	struct piece piece = { 0 };
	uint32_t c;

	if (gone > 0)
		return (struct piece){ .stay = blank, .go = gone - blank };
	len = character(in, &c);
	if (is_hidden(c))
		return (struct piece){ .go = len };
	piece.count = read_as(in, len, &piece.go, piece.instead);
	if (piece.count == 0)
		piece = (struct piece){ .stay = len };
	return piece;
}

enum smime_status
policy_strip_hidden(struct smime_bytes in, enum policy_breaks breaks, struct smime_stage *out)
{
	size_t from = 0, at = 0;

	while (at < in.len) {
		struct piece piece = next_piece(smime_bytes(in.data + at, in.len - at), breaks);

		at += piece.stay;
		if (piece.go == 0)
			continue;
		SMIME_TRY(smime_push_bytes(out, smime_bytes_slice(in, from, at)));
		SMIME_TRY(put_characters(out, piece.instead, piece.count));
		at += piece.go;
		from = at;
	}
	return smime_push_bytes(out, smime_bytes_slice(in, from, in.len));
}

/* Octets that a hidden character begins with: controls, and what stands in front of U+00AD, U+034F,
 * U+061C, U+180E, U+20xx and U+Fxxx; marks, and other forms of letters. */
static bool
may_begin_hidden(uint8_t c)
{
	return c < '\t' || (c > '\r' && c < 0x20) || c == 0x7F || c == 0xC2 || c == 0xCC ||
	       c == 0xCD || c == 0xE3 || c == 0xD8 || c == 0xE1 || c == 0xE2 || c == 0xEF ||
	       c == 0xF0 || c == '\v';
}

bool
policy_has_hidden(struct smime_bytes in)
{
	bool may[256], hidden = false;

	for (unsigned c = 0; c < 256; c++)
		may[c] = may_begin_hidden((uint8_t)c);
	for (size_t at = 0; at < in.len && !hidden; at++) {
		size_t unused;
		uint32_t c;

		if (!may[in.data[at]])
			continue;
		(void)character(smime_bytes(in.data + at, in.len - at), &c);
		hidden = is_hidden(c) || is_other_letter(c) || mark_at(in, at, &unused);
	}
	return hidden;
}

bool
policy_looks_like_text(struct smime_bytes octets)
{
	struct smime_bytes front = smime_bytes_slice(octets, 0, LOOK_MAX);
	size_t nul[2] = { 0, 0 }, control = 0;

	for (size_t i = 0; i < front.len; i++) {
		uint8_t c = front.data[i];

		nul[i % 2] += c == 0;
		control += c < 0x20 && c != 0 && !(c >= '\t' && c <= '\r') && c != 0x1B &&
			   c != 0x0E && c != 0x0F;
	}
	if (front.len >= 2 && ((front.data[0] == 0xFF && front.data[1] == 0xFE) ||
				  (front.data[0] == 0xFE && front.data[1] == 0xFF)))
		return true;
	/* UTF-16 of any script has NULs on one side, at least in its line ends and blanks. */
	if (nul[0] + nul[1] > 0)
		return (nul[0] == 0 || nul[1] == 0) && control <= front.len / 8;
	return control == 0;
}
