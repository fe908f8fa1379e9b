/*
 * mime_param.c - parameters of Content-Type and Content-Disposition, as octets: RFC 2231 and what
 * stands there instead. Memory: the value. Sections beyond SECTIONS_MAX are left out, and the
 * reading is not whole.
 */
#include "mime_internal.h"
#include "smime/words.h"

#include <stdlib.h>

#define SECTIONS_MAX 1000

struct smime_bytes
smime_param_next(struct smime_bytes *in)
{
	bool quoted = false;
	struct smime_bytes piece;
	size_t i = 0;

	for (; i < in->len && (quoted || in->data[i] != ';'); i++) {
		if (in->data[i] == '"')
			quoted = !quoted;
		else if (in->data[i] == '\\' && quoted)
			i++;
	}
	piece = smime_bytes_slice(*in, 0, i);
	*in = smime_bytes_slice(*in, i + 1, in->len);
	return piece;
}

struct smime_bytes
smime_mime_trim(struct smime_bytes in)
{
	while (in.len > 0 && in.data[0] <= ' ')
		in = smime_bytes_slice(in, 1, in.len);
	while (in.len > 0 && in.data[in.len - 1] <= ' ')
		in.len--;
	return in;
}

enum smime_status
smime_param_unquote(struct smime_bytes in, struct smime_buf *out)
{
	bool quoted = in.len > 0 && in.data[0] == '"';

	for (size_t i = quoted; i < in.len && !(quoted && in.data[i] == '"'); i++) {
		if (quoted && in.data[i] == '\\' && i + 1 < in.len)
			i++;
		if (in.data[i] != '\r' && in.data[i] != '\n')
			SMIME_TRY(smime_buf_append(out, &in.data[i], 1));
	}
	return SMIME_OK;
}

/* ---- RFC 2231 ---- */

/* One parameter of the name asked for: "name", "name*", "name*3" or "name*3*". */
struct section {
	struct smime_bytes value;
	int number; /* -1: none */
	bool extended;
};

struct sections {
	struct section *item;
	size_t count;
	bool whole;
};

static void
sections_reset(struct sections *sections)
{
	free(sections->item);
}

static bool
read_section(struct smime_bytes parameter, const char *name, struct section *out)
{
	const uint8_t *equals =
	    parameter.len > 0 ? memchr(parameter.data, '=', parameter.len) : NULL;
	size_t at = equals ? (size_t)(equals - parameter.data) : 0, len = strlen(name), i = len;
	struct smime_bytes given = smime_mime_trim(smime_bytes_slice(parameter, 0, at));

	if (!equals || !smime_bytes_is(smime_bytes_slice(given, 0, len), name))
		return false;
	*out = (struct section){ .number = -1,
		.value = smime_mime_trim(smime_bytes_slice(parameter, at + 1, parameter.len)) };
	if (i == given.len)
		return true;
	if (given.data[i++] != '*')
		return false;
	for (; i < given.len && given.data[i] >= '0' && given.data[i] <= '9'; i++)
		out->number = out->number > SECTIONS_MAX
				  ? out->number
				  : (out->number < 0 ? 0 : out->number * 10) + given.data[i] - '0';
	out->extended = i < given.len && given.data[i] == '*';
	i += out->extended;
	if (out->number < 0 && i == len + 1)
		out->extended = true;
	return i == given.len;
}

static enum smime_status
collect(struct smime_bytes value, const char *name, struct sections *out)
{
	out->whole = true;
	while (value.len > 0) {
		struct section section, *grown;

		if (!read_section(smime_param_next(&value), name, &section))
			continue;
		if (out->count == SECTIONS_MAX) {
			out->whole = false;
			break;
		}
		grown = realloc(out->item, (out->count + 1) * sizeof *grown);
		if (!grown)
			return SMIME_E_SYSTEM;
		out->item = grown;
		grown[out->count++] = section;
	}
	return SMIME_OK;
}

static int
by_number(const void *a, const void *b)
{
	const struct section *x = a, *y = b;

	return (x->number > y->number) - (x->number < y->number);
}

/* "%" and two digits are an octet. */
static enum smime_status
put_percent(struct smime_words *w, struct smime_bytes in)
{
	for (size_t i = 0; i < in.len; i++) {
		uint8_t c = in.data[i];
		int high = i + 2 < in.len ? smime_hex_digit(in.data[i + 1]) : -1;
		int low = i + 2 < in.len ? smime_hex_digit(in.data[i + 2]) : -1;

		if (c == '%' && high >= 0 && low >= 0) {
			c = (uint8_t)(high << 4 | low);
			i += 2;
		} else if (c == '%') {
			w->whole = false;
		}
		SMIME_TRY(smime_buf_append(&w->octets, &c, 1));
	}
	return SMIME_OK;
}

/* charset'language' in front of the first section; nothing when the quotes are not there. */
static struct smime_bytes
take_charset(struct smime_bytes *text)
{
	const uint8_t *first = text->len > 0 ? memchr(text->data, '\'', text->len) : NULL;
	size_t at = first ? (size_t)(first - text->data) : 0, next;
	const uint8_t *second =
	    first && at + 1 < text->len ? memchr(first + 1, '\'', text->len - at - 1) : NULL;
	struct smime_bytes charset = smime_bytes_slice(*text, 0, second ? at : 0);

	next = second ? (size_t)(second - text->data) + 1 : 0;
	*text = smime_bytes_slice(*text, next, text->len);
	return charset;
}

/* One text: sections [from, to) in order, or a single parameter. */
static enum smime_status
join(const struct section *item, size_t count, struct smime_words *w)
{
	SMIME_AUTO_BUF plain = { 0 };
	struct smime_bytes charset = { 0 };
	bool extended = false, whole;

	w->whole = true;
	for (size_t i = 0; i < count; i++) {
		SMIME_AUTO_BUF text = { 0 };
		struct smime_bytes rest;

		SMIME_TRY(smime_param_unquote(item[i].value, &text));
		rest = smime_buf_bytes(&text);
		extended = extended || item[i].extended;
		if (item[i].extended && i == 0)
			charset = take_charset(&rest);
		w->whole = w->whole && (item[i].number < 0 || item[i].number == (int)i);
		if (i == 0) {
			w->word = calloc(1, sizeof *w->word);
			if (!w->word)
				return SMIME_E_SYSTEM;
			w->count = 1;
			memcpy(w->word->charset, charset.len ? charset.data : (const uint8_t *)"",
			    charset.len < sizeof w->word->charset ? charset.len : 0);
		}
		SMIME_TRY(item[i].extended ? put_percent(w, rest)
					   : smime_buf_append(&w->octets, rest.data, rest.len));
	}
	w->word->to = w->octets.len;
	if (extended)
		return SMIME_OK;
	/* Not RFC 2231: then what many senders write into a quoted string instead. */
	whole = w->whole;
	SMIME_TRY(smime_buf_append(&plain, w->octets.data, w->octets.len));
	smime_words_reset(w);
	SMIME_TRY(smime_words_read(smime_buf_bytes(&plain), w));
	w->whole = w->whole && whole;
	return SMIME_OK;
}

static enum smime_status
add(const struct section *item, size_t count, struct smime_words **out, size_t *total)
{
	struct smime_words *grown;

	if (count == 0)
		return SMIME_OK;
	grown = realloc(*out, (*total + 1) * sizeof *grown);
	if (!grown)
		return SMIME_E_SYSTEM;
	*out = grown;
	grown += (*total)++;
	*grown = (struct smime_words){ 0 };
	return join(item, count, grown);
}

enum smime_status
smime_words_param(
    struct smime_bytes value, const char *name, struct smime_words **out, size_t *count)
{
	__attribute__((cleanup(sections_reset))) struct sections all = { 0 };
	size_t single = 0;

	SMIME_TRY(collect(value, name, &all));
	if (all.count == 0)
		return SMIME_OK;
	/* Those without a number come first; the sections stay in the order of their numbers. */
	qsort(all.item, all.count, sizeof *all.item, by_number);
	while (single < all.count && all.item[single].number < 0)
		single++;
	for (size_t i = 0; i < single; i++)
		if (all.item[i].extended)
			SMIME_TRY(add(&all.item[i], 1, out, count));
	SMIME_TRY(add(all.item + single, all.count - single, out, count));
	for (size_t i = 0; i < single; i++)
		if (!all.item[i].extended)
			SMIME_TRY(add(&all.item[i], 1, out, count));
	if (*count > 0 && !all.whole)
		(*out)[0].whole = false;
	return SMIME_OK;
}

void
smime_words_free(struct smime_words **list, size_t *count)
{
	for (size_t i = 0; i < *count; i++)
		smime_words_reset(&(*list)[i]);
	free(*list);
	*list = NULL;
	*count = 0;
}
