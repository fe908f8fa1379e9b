/* mime_header.c - the fields of one header, and what its Content-* fields say about structure.
 * RFC 5322 s2.2, RFC 2045 s5. Names, values and lines stay views. Malformed lines set flags. */
#include "mime_internal.h"

#include <stdlib.h>

struct smime_bytes
smime_mime_line(struct smime_bytes *in)
{
	const uint8_t *lf = in->len ? memchr(in->data, '\n', in->len) : NULL;
	size_t len = lf ? (size_t)(lf - in->data) + 1 : in->len;
	struct smime_bytes line = smime_bytes(in->data, len);

	*in = smime_bytes(in->data + len, in->len - len);
	return line;
}

struct smime_bytes
smime_mime_chomp(struct smime_bytes line)
{
	if (line.len > 0 && line.data[line.len - 1] == '\n')
		line.len--;
	if (line.len > 0 && line.data[line.len - 1] == '\r')
		line.len--;
	return line;
}

bool
smime_mime_blank(struct smime_bytes line)
{
	for (size_t i = 0; i < line.len; i++)
		if (line.data[i] != ' ' && line.data[i] != '\t')
			return false;
	return true;
}

static enum smime_status
add_field(struct smime_mime *m, struct smime_part *part, struct smime_bytes line, size_t name,
    size_t colon, struct smime_diag *diag)
{
	if (m->field_count == m->limits.fields)
		return smime_fail(
		    diag, SMIME_E_LIMIT, "header", "over %u header fields", m->limits.fields);
	if (m->field_count == m->field_room) {
		size_t room = m->field_room ? m->field_room * 2 : 32;
		struct smime_field *grown = realloc(m->fields, room * sizeof *grown);

		if (!grown)
			return SMIME_E_SYSTEM;
		m->fields = grown;
		m->field_room = room;
	}
	m->fields[m->field_count++] = (struct smime_field){ .line = line,
		.name = smime_bytes_slice(line, 0, name),
		.value = smime_mime_chomp(smime_bytes_slice(line, colon + 1, line.len)) };
	part->field_count++;
	return SMIME_OK;
}

/* "printable US-ASCII characters except colon" (RFC 5322 s2.2); blanks before the colon are old
 * syntax. */
static bool
field_name(struct smime_bytes line, size_t *name, size_t *colon)
{
	size_t i = 0;

	while (i < line.len && line.data[i] > ' ' && line.data[i] < 127 && line.data[i] != ':')
		i++;
	*name = i;
	while (i < line.len && (line.data[i] == ' ' || line.data[i] == '\t'))
		i++;
	*colon = i;
	return *name > 0 && i < line.len && line.data[i] == ':';
}

/* The lines that continue the field just read become part of it. */
static struct smime_bytes
with_folds(struct smime_bytes line, struct smime_bytes *in)
{
	while (in->len > 0 && (in->data[0] == ' ' || in->data[0] == '\t')) {
		struct smime_bytes ahead = *in, fold = smime_mime_line(&ahead);

		line.len += fold.len;
		*in = ahead;
	}
	return line;
}

enum smime_status
smime_mime_read_header(struct smime_mime *m, struct smime_part *part, struct smime_bytes *in,
    bool (*delimiter)(const struct smime_mime *, const struct smime_part *, struct smime_bytes),
    struct smime_diag *diag)
{
	const uint8_t *start = in->data;

	part->first_field = (uint32_t)m->field_count;
	while (in->len > 0) {
		struct smime_bytes ahead = *in, line = smime_mime_line(&ahead);
		size_t name, colon;

		if (smime_mime_chomp(line).len == 0) {
			*in = ahead;
			break;
		}
		/* Neither field nor blank line: the header ends here, as MTAs see it too. */
		if (delimiter(m, part, line) || !field_name(line, &name, &colon)) {
			part->flags |= SMIME_MIME_BAD_HEADER;
			break;
		}
		*in = ahead;
		line = with_folds(line, in);
		if ((size_t)(in->data - start) > m->limits.header_bytes)
			return smime_fail(diag, SMIME_E_LIMIT, "header",
			    "a header of over %u octets", m->limits.header_bytes);
		SMIME_TRY(add_field(m, part, line, name, colon, diag));
	}
	part->header = smime_bytes(start, (size_t)(in->data - start));
	return SMIME_OK;
}

/* ---- what the fields say ---- */

bool
smime_mime_skip_cfws(struct smime_bytes *in)
{
	unsigned depth = 0;
	size_t i = 0;

	for (; i < in->len; i++) {
		uint8_t c = in->data[i];

		if (c == '(')
			depth++;
		else if (c == ')' && depth > 0)
			depth--;
		else if (c == '\\' && depth > 0)
			i++;
		else if (depth == 0 && c != ' ' && c != '\t' && c != '\r' && c != '\n')
			break;
	}
	*in = smime_bytes_slice(*in, i, in->len);
	return depth == 0;
}

static bool
is_token_char(uint8_t c)
{
	return c > ' ' && c < 127 && !strchr("()<>@,;:\\\"/[]?=", c);
}

static struct smime_bytes
token(struct smime_bytes *in)
{
	struct smime_bytes out;
	size_t i = 0;

	while (i < in->len && is_token_char(in->data[i]))
		i++;
	out = smime_bytes_slice(*in, 0, i);
	*in = smime_bytes_slice(*in, i, in->len);
	return out;
}

static bool
take(struct smime_bytes *in, uint8_t c)
{
	(void)smime_mime_skip_cfws(in);
	if (in->len == 0 || in->data[0] != c)
		return false;
	*in = smime_bytes_slice(*in, 1, in->len);
	return true;
}

/* A quoted string, its escapes left in it, or what stands up to the next blank or semicolon:
 * boundaries in the wild hold characters that a token may not. *plain: without escapes, which many
 * readers take as they stand. */
static struct smime_bytes
parameter_value(struct smime_bytes *in, bool *plain)
{
	struct smime_bytes out;
	size_t i = 0;

	*plain = true;
	if (take(in, '"')) {
		for (; i < in->len && in->data[i] != '"'; i++)
			if (in->data[i] == '\\') {
				*plain = false;
				i++;
			}
		out = smime_bytes_slice(*in, 0, i);
		*in = smime_bytes_slice(*in, i + 1, in->len);
		return out;
	}
	while (i < in->len && in->data[i] > ' ' && in->data[i] != ';') {
		*plain = *plain && !strchr("\"\\(", in->data[i]);
		i++;
	}
	out = smime_bytes_slice(*in, 0, i);
	*in = smime_bytes_slice(*in, i, in->len);
	return out;
}

/* Blanks inside only, and nothing that is no printable character: others are cut, folded or
 * trimmed by some readers. */
static bool
is_plain_boundary(struct smime_bytes in)
{
	for (size_t i = 0; i < in.len; i++)
		if (in.data[i] < ' ' || in.data[i] > 126)
			return false;
	return in.len == 0 || (in.data[0] != ' ' && in.data[in.len - 1] != ' ');
}

static void
copy_lower(char *out, size_t size, struct smime_bytes in, struct smime_part *part)
{
	size_t len = in.len < size ? in.len : size - 1;

	if (in.len >= size)
		part->flags |= SMIME_MIME_BAD_VALUE;
	for (size_t i = 0; i < len; i++)
		out[i] =
		    (char)(in.data[i] >= 'A' && in.data[i] <= 'Z' ? in.data[i] + 32 : in.data[i]);
	out[len] = 0;
}

/* Parameters of the Content-Type; only the boundary matters here. RFC 2231 forms of it are refused:
 * readers disagree on them. */
static void
read_boundary(struct smime_bytes in, struct smime_part *part)
{
	bool multipart = strcmp(part->type, "multipart") == 0;
	unsigned seen = 0;

	while (take(&in, ';')) {
		struct smime_bytes name, value;
		bool plain;

		(void)smime_mime_skip_cfws(&in);
		if (in.len == 0)
			return;
		name = token(&in);
		if (name.len == 0 || !take(&in, '=')) {
			part->flags |= SMIME_MIME_BAD_VALUE;
			return;
		}
		(void)smime_mime_skip_cfws(&in);
		value = parameter_value(&in, &plain);
		if (multipart && !plain)
			part->flags |= SMIME_MIME_BAD_VALUE;
		if (name.len > 8 && smime_bytes_is(smime_bytes_slice(name, 0, 9), "boundary*"))
			part->flags |= SMIME_MIME_BAD_VALUE;
		if (!smime_bytes_is(name, "boundary"))
			continue;
		if (!is_plain_boundary(value))
			part->flags |= SMIME_MIME_BAD_VALUE;
		if (++seen == 1)
			part->boundary = value;
		else
			part->flags |= SMIME_MIME_DUPLICATE_BOUNDARY;
	}
	(void)smime_mime_skip_cfws(&in);
	if (in.len > 0)
		part->flags |= SMIME_MIME_BAD_VALUE;
}

static void
read_content_type(struct smime_bytes value, struct smime_part *part)
{
	struct smime_bytes in = value, type, subtype;

	(void)smime_mime_skip_cfws(&in);
	type = token(&in);
	if (type.len == 0 || !take(&in, '/')) {
		part->flags |= SMIME_MIME_BAD_VALUE;
		return;
	}
	(void)smime_mime_skip_cfws(&in);
	subtype = token(&in);
	if (subtype.len == 0) {
		part->flags |= SMIME_MIME_BAD_VALUE;
		return;
	}
	copy_lower(part->type, sizeof part->type, type, part);
	copy_lower(part->subtype, sizeof part->subtype, subtype, part);
	read_boundary(in, part);
}

static enum smime_cte
read_encoding(struct smime_bytes in, struct smime_part *part)
{
	static const struct {
		const char *name;
		enum smime_cte encoding;
	} rows[] = { { "7bit", SMIME_CTE_7BIT }, { "8bit", SMIME_CTE_8BIT },
		{ "binary", SMIME_CTE_BINARY }, { "quoted-printable", SMIME_CTE_QP },
		{ "base64", SMIME_CTE_BASE64 } };
	struct smime_bytes name;

	(void)smime_mime_skip_cfws(&in);
	name = token(&in);
	(void)smime_mime_skip_cfws(&in);
	if (name.len == 0 || in.len > 0)
		part->flags |= SMIME_MIME_BAD_VALUE;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (smime_bytes_is(name, rows[i].name))
			return rows[i].encoding;
	return SMIME_CTE_UNKNOWN;
}

void
smime_mime_read_content(struct smime_mime *m, struct smime_part *part, bool in_digest)
{
	const struct smime_field *type = NULL, *encoding = NULL, *disposition = NULL;

	memcpy(part->type, in_digest ? "message" : "text", in_digest ? 8 : 5);
	memcpy(part->subtype, in_digest ? "rfc822" : "plain", in_digest ? 7 : 6);
	for (uint32_t i = 0; i < part->field_count; i++) {
		const struct smime_field *f = &m->fields[part->first_field + i];
		const struct smime_field **slot = NULL;

		if (smime_bytes_is(f->name, "Content-Type"))
			slot = &type;
		else if (smime_bytes_is(f->name, "Content-Transfer-Encoding"))
			slot = &encoding;
		else if (smime_bytes_is(f->name, "Content-Disposition"))
			slot = &disposition;
		/* The first one counts: that is what MTAs and most readers do. */
		if (slot && *slot)
			part->flags |= SMIME_MIME_DUPLICATE_FIELD;
		else if (slot)
			*slot = f;
	}
	if (type)
		read_content_type(type->value, part);
	if (encoding)
		part->encoding = read_encoding(encoding->value, part);
}
