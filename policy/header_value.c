/*
 * header_value.c - the value of one header field: as received, made fit to be sent, and the
 * authserv-id in it.  RFC 5322 s2.2, RFC 8601 s2.2. Refuses to let CR, NUL, a line over 998 octets
 * or a line that is no continuation into a new value.
 */
#include "header_value.h"

#define LINE_MOST 998 /* RFC 5322 s2.1.1: MUST */
#define LINE_WANT 78  /* RFC 5322 s2.1.1: SHOULD */

static bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

/* Length of the line at the beginning of rest, its line end included. */
size_t
policy_line_length(struct smime_bytes rest)
{
	const uint8_t *lf = rest.len > 0 ? memchr(rest.data, '\n', rest.len) : NULL;

	return lf ? (size_t)(lf - rest.data) + 1 : rest.len;
}

struct smime_bytes
policy_header_value(const struct policy_header_field *field)
{
	struct smime_bytes v;
	const uint8_t *colon;

	if (field->value)
		return smime_bytes_str(field->value);
	v = field->line;
	colon = v.len > 0 ? memchr(v.data, ':', v.len) : NULL;
	if (colon)
		v = smime_bytes_slice(v, (size_t)(colon - v.data) + 1, v.len);
	while (v.len > 0 && is_blank(v.data[0]))
		v = smime_bytes_slice(v, 1, v.len);
	if (v.len > 0 && v.data[v.len - 1] == '\n')
		v.len--;
	if (v.len > 0 && v.data[v.len - 1] == '\r')
		v.len--;
	return v;
}

/* Without CR and without leading or trailing white space; every LF is followed by a blank, so that
 * no value can begin a field of its own or end the header. */
static enum smime_status
clean(struct smime_bytes value, struct smime_buf *out)
{
	bool blank_line = true;

	for (size_t i = 0; i < value.len; i++) {
		uint8_t c = value.data[i];

		if (c == '\r' || c == 0 || (out->len == 0 && (is_blank(c) || c == '\n')))
			continue;
		if (c == '\n' && blank_line)
			continue;
		if (out->len > 0 && out->data[out->len - 1] == '\n' && !is_blank(c))
			SMIME_TRY(smime_buf_append(out, " ", 1));
		SMIME_TRY(smime_buf_append(out, &c, 1));
		blank_line = c == '\n' || (blank_line && is_blank(c));
	}
	while (
	    out->len > 0 && (is_blank(out->data[out->len - 1]) || out->data[out->len - 1] == '\n'))
		out->len--;
	return SMIME_OK;
}

/* Where to break a line that is too long: the last blank that keeps it within `room`, or else the
 * first one after; never a blank with only blanks before it. line.len when there is none. */
static size_t
break_at(struct smime_bytes line, size_t room)
{
	size_t best = line.len;
	size_t i = 0;

	while (i < line.len && is_blank(line.data[i]))
		i++;
	for (; i < line.len; i++) {
		if (!is_blank(line.data[i]) || is_blank(line.data[i - 1]))
			continue;
		if (i > room)
			return best < line.len ? best : i;
		best = i;
	}
	return best;
}

/* One line of a value, broken up where it is longer than room. */
static enum smime_status
fold_line(struct smime_bytes line, size_t room, struct smime_buf *out)
{
	while (line.len > room) {
		size_t at = break_at(line, room);

		if (at == line.len && line.len <= LINE_MOST - LINE_WANT)
			break;
		if (at > LINE_MOST - LINE_WANT) { /* no blank: what the MTA would do */
			at = LINE_MOST - LINE_WANT;
			SMIME_TRY(smime_buf_append(out, line.data, at));
			SMIME_TRY(smime_buf_append(out, "\n ", 2));
		} else {
			SMIME_TRY(smime_buf_append(out, line.data, at));
			SMIME_TRY(smime_buf_append(out, "\n", 1));
		}
		line = smime_bytes_slice(line, at, line.len);
		room = LINE_WANT;
	}
	return smime_buf_append(out, line.data, line.len);
}

static enum smime_status
fold(const char *name, struct smime_bytes value, struct smime_buf *out)
{
	size_t used = strlen(name) + 2;
	size_t room = used < LINE_WANT ? LINE_WANT - used : 1;

	while (value.len > 0) {
		size_t len = policy_line_length(value);
		bool ended = value.data[len - 1] == '\n';

		SMIME_TRY(fold_line(smime_bytes_slice(value, 0, len - ended), room, out));
		if (ended)
			SMIME_TRY(smime_buf_append(out, "\n", 1));
		value = smime_bytes_slice(value, len, value.len);
		room = LINE_WANT;
	}
	return SMIME_OK;
}

enum smime_status
policy_header_make_value(const char *name, struct smime_bytes value, char **out)
{
	SMIME_AUTO_BUF cleaned = { 0 };
	struct smime_buf folded = { 0 };

	*out = NULL;
	if (clean(value, &cleaned) == SMIME_OK &&
	    fold(name, smime_buf_bytes(&cleaned), &folded) == SMIME_OK &&
	    smime_buf_terminate(&folded) == SMIME_OK) {
		*out = (char *)folded.data;
		return SMIME_OK;
	}
	smime_buf_reset(&folded);
	return SMIME_E_SYSTEM;
}

/* v without leading white space and comments (RFC 5322 s3.2.2: they nest, and quote with '\').
 * An unclosed comment leaves nothing. */
static struct smime_bytes
skip_cfws(struct smime_bytes v)
{
	unsigned depth = 0;
	size_t i = 0;

	for (; i < v.len; i++) {
		uint8_t c = v.data[i];

		if (c == '(')
			depth++;
		else if (depth > 0 && c == ')')
			depth--;
		else if (depth > 0 && c == '\\')
			i++;
		else if (depth == 0 && !is_blank(c) && c != '\r' && c != '\n')
			break;
	}
	return smime_bytes_slice(v, i, v.len);
}

struct smime_bytes
policy_header_results_id(const struct policy_header_field *field)
{
	struct smime_bytes v = skip_cfws(policy_header_value(field));
	const char *ends = "; \t\r\n(";
	size_t len = 0;

	if (v.len > 0 && v.data[0] == '"') {
		v = smime_bytes_slice(v, 1, v.len);
		ends = "\"";
	}
	while (len < v.len && v.data[len] != 0 && !strchr(ends, v.data[len]))
		len++;
	return smime_bytes_slice(v, 0, len);
}
