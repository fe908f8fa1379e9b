/*
 * mime_field.c - a field that holds octets over 127, as 7-bit text: parameters by RFC 2231, other
 * text as encoded words, RFC 2047. Before an entity is signed.
 *
 * By hand: GMime 3.2's encoders run without end on some hostile parameters. Octets that are no
 * UTF-8 are called iso-8859-1, which every octet is. Memory: the field.
 */
#include "mime_internal.h"
#include "smime/words.h"

#define PIECE 42 /* octets of text in a line: three or four characters each when encoded */

static enum smime_status
put(struct smime_stage *out, const char *text)
{
	return smime_push(out, text, strlen(text));
}

static bool
is_eight_bit(struct smime_bytes in)
{
	for (size_t i = 0; i < in.len; i++)
		if (in.data[i] > 127)
			return true;
	return false;
}

static const char *
charset_of(struct smime_bytes in)
{
	while (in.len > 0) {
		size_t len = smime_utf8(in, NULL);

		if (len == 0)
			return "iso-8859-1";
		in = smime_bytes_slice(in, len, in.len);
	}
	return "utf-8";
}

/* The longest front of in that is at most PIECE octets and ends with a character. */
static struct smime_bytes
take_piece(struct smime_bytes *in, bool utf8)
{
	size_t len = 0;
	struct smime_bytes piece;

	while (len < in->len) {
		size_t next = utf8 ? smime_utf8(smime_bytes_slice(*in, len, in->len), NULL) : 1;

		if (len + next > PIECE)
			break;
		len += next;
	}
	piece = smime_bytes_slice(*in, 0, len);
	*in = smime_bytes_slice(*in, len, in->len);
	return piece;
}

/* ---- parameters ---- */

/* "attribute-char" of RFC 2231 s7. */
static bool
is_plain(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c != 0 && c < 128 && strchr("!#$&+-.^_`|~{}", c));
}

static enum smime_status
put_percent(struct smime_stage *out, struct smime_bytes in)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < in.len; i++) {
		const char code[3] = { '%', digits[in.data[i] >> 4], digits[in.data[i] & 15] };

		SMIME_TRY(is_plain(in.data[i]) ? smime_push(out, &in.data[i], 1)
					       : smime_push(out, code, sizeof code));
	}
	return SMIME_OK;
}

/* ";CRLF name*0*=charset''text" and so on; "name*=" when one piece is enough (RFC 2231 s4.1). */
static enum smime_status
put_extended(struct smime_stage *out, struct smime_bytes name, struct smime_bytes value)
{
	const char *charset = charset_of(value);
	bool utf8 = strcmp(charset, "utf-8") == 0, one = value.len <= PIECE;
	unsigned n = 0;

	do {
		SMIME_AUTO_BUF head = { 0 };
		struct smime_bytes piece = take_piece(&value, utf8);

		SMIME_TRY(smime_buf_appendf(&head, "%s\r\n %.*s*", n > 0 ? ";" : "", (int)name.len,
		    (const char *)name.data));
		SMIME_TRY(
		    one ? smime_buf_appendf(&head, "=") : smime_buf_appendf(&head, "%u*=", n));
		if (n++ == 0)
			SMIME_TRY(smime_buf_appendf(&head, "%s''", charset));
		SMIME_TRY(smime_push_bytes(out, smime_buf_bytes(&head)));
		SMIME_TRY(put_percent(out, piece));
	} while (value.len > 0);
	return SMIME_OK;
}

/* What is neither a parameter nor could be encoded: '?' for what does not belong there. */
static enum smime_status
put_masked(struct smime_stage *out, struct smime_bytes in)
{
	for (size_t i = 0; i < in.len; i++) {
		uint8_t c = in.data[i];

		if (c == '\r' || c == '\n')
			continue;
		SMIME_TRY(c > 127 || c == 0 ? put(out, "?") : smime_push(out, &c, 1));
	}
	return SMIME_OK;
}

static enum smime_status
put_parameter(struct smime_stage *out, struct smime_bytes parameter)
{
	const uint8_t *equals =
	    parameter.len > 0 ? memchr(parameter.data, '=', parameter.len) : NULL;
	size_t at = equals ? (size_t)(equals - parameter.data) : 0;
	struct smime_bytes name = smime_mime_trim(smime_bytes_slice(parameter, 0, at));
	struct smime_bytes value =
	    smime_mime_trim(smime_bytes_slice(parameter, at + 1, parameter.len));
	SMIME_AUTO_BUF text = { 0 };

	if (!equals || name.len == 0 || name.len > PIECE || is_eight_bit(name) ||
	    memchr(name.data, '*', name.len) || !is_eight_bit(value)) {
		SMIME_TRY(put(out, "\r\n "));
		return put_masked(out, parameter);
	}
	SMIME_TRY(smime_param_unquote(value, &text));
	return put_extended(out, name, smime_buf_bytes(&text));
}

static enum smime_status
put_structured(struct smime_stage *out, struct smime_bytes value)
{
	SMIME_TRY(put_masked(out, smime_mime_trim(smime_param_next(&value))));
	while (value.len > 0) {
		struct smime_bytes parameter = smime_mime_trim(smime_param_next(&value));

		if (parameter.len == 0)
			continue;
		SMIME_TRY(put(out, ";"));
		SMIME_TRY(put_parameter(out, parameter));
	}
	return SMIME_OK;
}

/* ---- text ---- */

/* One encoded word of base64 (RFC 2047 s2: at most 75 characters). */
static enum smime_status
put_word(struct smime_buf *out, const char *charset, struct smime_bytes piece)
{
	SMIME_AUTO_BUF word = { 0 };
	SMIME_AUTO(smime_stage) collect = NULL;
	SMIME_AUTO(smime_stage) base64 = NULL;

	SMIME_TRY(smime_stage_buf_new(&word, 200, &collect));
	SMIME_TRY(smime_stage_base64_new(collect, &base64));
	SMIME_TRY(smime_push_bytes(base64, piece));
	SMIME_TRY(smime_finish(base64));
	while (word.len > 0 && word.data[word.len - 1] <= ' ')
		word.len--;
	return smime_buf_appendf(
	    out, "=?%s?B?%.*s?=", charset, (int)word.len, (const char *)word.data);
}

enum smime_status
smime_words_encode(struct smime_bytes text, struct smime_buf *out)
{
	const char *charset = charset_of(text);

	for (unsigned n = 0; text.len > 0; n++) {
		struct smime_bytes piece = take_piece(&text, strcmp(charset, "utf-8") == 0);

		if (n > 0)
			SMIME_TRY(smime_buf_appendf(out, "\r\n "));
		SMIME_TRY(put_word(out, charset, piece));
	}
	return SMIME_OK;
}

static enum smime_status
put_words(struct smime_stage *out, struct smime_bytes value)
{
	SMIME_AUTO_BUF text = { 0 };
	SMIME_AUTO_BUF words = { 0 };

	SMIME_TRY(smime_param_unquote(smime_mime_trim(value), &text));
	SMIME_TRY(smime_words_encode(smime_buf_bytes(&text), &words));
	return smime_push_bytes(out, smime_buf_bytes(&words));
}

enum smime_status
smime_mime_field_encode(const struct smime_field *field, struct smime_stage *out)
{
	bool structured = smime_bytes_is(field->name, "Content-Type") ||
			  smime_bytes_is(field->name, "Content-Disposition");

	SMIME_TRY(smime_push_bytes(out, field->name));
	SMIME_TRY(put(out, ": "));
	SMIME_TRY(structured ? put_structured(out, field->value) : put_words(out, field->value));
	return put(out, "\r\n");
}
