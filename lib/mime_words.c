/*
 * mime_words.c - text in header fields: encoded words of RFC 2047 wherever a reader might decode
 * them, as octets and labels.
 *
 * By hand: GMime joins neighbouring words only when their encodings are the same, too, and keeps no
 * octets that could be read in another charset. Memory: the value. Refuses nothing.
 */
#include "smime/charset.h"
#include "smime/stage.h"
#include "smime/words.h"

#include <stdlib.h>
#include <strings.h>

void
smime_words_reset(struct smime_words *words)
{
	smime_buf_reset(&words->octets);
	free(words->word);
	*words = (struct smime_words){ 0 };
}

/* One encoded word as it stands in the text. */
struct encoded {
	struct smime_bytes charset, text;
	bool base64;
	size_t len; /* all of it */
};

/* The '?' at or after from; in.len when there is none. */
static size_t
question_mark(struct smime_bytes in, size_t from)
{
	const uint8_t *found = from < in.len ? memchr(in.data + from, '?', in.len - from) : NULL;

	return found ? (size_t)(found - in.data) : in.len;
}

/*
 * "=?charset?encoding?text?=" at the front of in. The text may hold blanks and '?': some senders do
 * not know better, and some readers do not mind. *begun: it begins like one, and another one begins
 * (or the value ends) before it ends.
 */
static bool
is_encoded(struct smime_bytes in, struct encoded *out, bool *begun)
{
	size_t charset, encoding, end;
	const uint8_t *star;

	*begun = false;
	if (in.len < 2 || in.data[0] != '=' || in.data[1] != '?')
		return false;
	charset = question_mark(in, 2);
	encoding = question_mark(in, charset + 1);
	if (charset == 2 || encoding >= in.len || encoding != charset + 2 ||
	    !strchr("bBqQ", in.data[charset + 1]))
		return false;
	*begun = true;
	end = question_mark(in, encoding + 1);
	while (end + 1 < in.len && in.data[end + 1] != '=' && in.data[end - 1] != '=')
		end = question_mark(in, end + 1);
	if (end + 1 >= in.len || in.data[end + 1] != '=')
		return false;
	*out = (struct encoded){ .charset = smime_bytes_slice(in, 2, charset),
		.text = smime_bytes_slice(in, encoding + 1, end),
		.base64 = (in.data[charset + 1] | 32) == 'b',
		.len = end + 2 };
	/* "a language tag behind an asterisk" (RFC 2231 s5) */
	star = memchr(out->charset.data, '*', out->charset.len);
	if (star)
		out->charset.len = (size_t)(star - out->charset.data);
	return true;
}

/* A piece begins, or goes on when the last one has this label and joins. */
static enum smime_status
begin(struct smime_words *w, struct smime_bytes charset, bool joins)
{
	struct smime_word *grown;
	size_t len =
	    charset.len < sizeof w->word->charset - 1 ? charset.len : sizeof w->word->charset - 1;

	if (w->count > 0 && joins &&
	    smime_bytes_is(smime_bytes_slice(charset, 0, len), w->word[w->count - 1].charset))
		return SMIME_OK;
	/* The room is a power of two. */
	if ((w->count & (w->count - 1)) == 0) {
		grown = realloc(w->word, (w->count ? 2 * w->count : 1) * sizeof *grown);
		if (!grown)
			return SMIME_E_SYSTEM;
		w->word = grown;
	}
	grown = w->word + w->count++;
	*grown = (struct smime_word){ .from = w->octets.len, .to = w->octets.len };
	memcpy(grown->charset, charset.data ? charset.data : (const uint8_t *)"", len);
	return SMIME_OK;
}

static void
end(struct smime_words *w)
{
	w->word[w->count - 1].to = w->octets.len;
}

static enum smime_status
take_raw(struct smime_words *w, struct smime_bytes text)
{
	SMIME_TRY(begin(w, smime_bytes("", 0), true));
	SMIME_TRY(smime_buf_append(&w->octets, text.data, text.len));
	end(w);
	return SMIME_OK;
}

/* ---- encodings ---- */

/* RFC 2047 s4.2 */
static enum smime_status
take_q(struct smime_words *w, struct smime_bytes text)
{
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.data[i] == '_' ? ' ' : text.data[i];
		int high = i + 2 < text.len ? smime_hex_digit(text.data[i + 1]) : -1;
		int low = i + 2 < text.len ? smime_hex_digit(text.data[i + 2]) : -1;

		if (c == '=' && high >= 0 && low >= 0) {
			c = (uint8_t)(high << 4 | low);
			i += 2;
		} else if (c == '=') {
			w->whole = false;
		}
		SMIME_TRY(smime_buf_append(&w->octets, &c, 1));
	}
	return SMIME_OK;
}

/* *loose: characters were left over, without padding. */
static enum smime_status
take_b(struct smime_words *w, struct smime_bytes text, bool *loose)
{
	static const char alphabet[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	uint32_t group = 0;
	unsigned held = 0;
	bool ended = false;

	for (size_t i = 0; i < text.len; i++) {
		const char *at = text.data[i] ? strchr(alphabet, text.data[i]) : NULL;
		uint8_t octet;

		if (text.data[i] == '=') {
			held = 0;
			ended = true;
		}
		if (!at)
			continue;
		/* What stands behind the padding some readers decode, and some do not. */
		w->whole = w->whole && !ended;
		group = group << 6 | (uint32_t)(at - alphabet);
		held = held == 3 ? 0 : held + 1;
		if (held == 1)
			continue;
		octet = (uint8_t)(group >> (held == 2 ? 4 : held == 3 ? 2 : 0));
		SMIME_TRY(smime_buf_append(&w->octets, &octet, 1));
	}
	*loose = held > 0;
	return SMIME_OK;
}

/* ---- the whole ---- */

static size_t
blanks(struct smime_bytes in)
{
	size_t i = 0;

	while (i < in.len && in.data[i] && strchr(" \t\r\n", in.data[i]))
		i++;
	return i;
}

/* Up to the next word; line ends are folds, and readers show a blank whatever comes behind. */
static enum smime_status
take_text(struct smime_words *w, struct smime_bytes *in)
{
	struct encoded unused;
	size_t at = 0, from = 0;
	bool encoded, begun;

	(void)is_encoded(*in, &unused, &begun);
	do {
		w->whole = w->whole && !begun;
		if (in->data[at] == '\r' || in->data[at] == '\n') {
			SMIME_TRY(take_raw(w, smime_bytes_slice(*in, from, at)));
			from = at + 1;
		} else if (in->data[at] == '\t' && at > 0 && in->data[at - 1] == '\n') {
			SMIME_TRY(take_raw(w, smime_bytes_str(" ")));
			from = at + 1;
		}
		encoded = is_encoded(smime_bytes_slice(*in, ++at, in->len), &unused, &begun);
	} while (at < in->len && !encoded);
	SMIME_TRY(take_raw(w, smime_bytes_slice(*in, from, at)));
	*in = smime_bytes_slice(*in, at, in->len);
	return SMIME_OK;
}

enum smime_status
smime_words_read(struct smime_bytes value, struct smime_words *out)
{
	bool joins = false; /* a word stands in front, with nothing but blanks between */
	bool loose = false, begun;

	out->whole = out->whole || out->count == 0;
	value = smime_bytes_slice(value, blanks(value), value.len);
	while (value.len > 0) {
		size_t skip = joins ? blanks(value) : 0;
		struct encoded e;

		if (!is_encoded(smime_bytes_slice(value, skip, value.len), &e, &begun)) {
			SMIME_TRY(take_text(out, &value));
			joins = false;
			continue;
		}
		SMIME_TRY(begin(out, e.charset, joins));
		/* Was the padding left out, or a group divided between two words? */
		out->whole = out->whole && !(joins && loose);
		loose = false;
		SMIME_TRY(e.base64 ? take_b(out, e.text, &loose) : take_q(out, e.text));
		end(out);
		value = smime_bytes_slice(value, skip + e.len, value.len);
		joins = true;
	}
	return SMIME_OK;
}

static bool
is_ascii(struct smime_bytes in)
{
	for (size_t i = 0; i < in.len; i++)
		if (in.data[i] > 127)
			return false;
	return true;
}

enum smime_status
smime_words_utf8(
    const struct smime_words *words, const char *charset, struct smime_buf *out, bool *good)
{
	SMIME_AUTO(smime_stage) collect = NULL;

	SMIME_TRY(smime_stage_buf_new(out, SIZE_MAX, &collect));
	*good = words->whole || words->count == 0;
	for (size_t i = 0; i < words->count; i++) {
		const struct smime_word *w = &words->word[i];
		struct smime_bytes octets =
		    smime_bytes_slice(smime_buf_bytes(&words->octets), w->from, w->to);
		/* ASCII that nobody labelled is ASCII, but for escapes that begin in it. */
		bool other = charset && (*w->charset || !is_ascii(octets) ||
					    smime_charset_keeps_ascii(charset));
		bool some = true;

		SMIME_TRY(smime_charset_push(other ? charset : w->charset, octets, collect, &some));
		*good = *good && some;
	}
	return smime_finish(collect);
}
