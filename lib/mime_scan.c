/* mime_scan.c - one pass over a message: parts and their exact octet ranges.  RFC 2046 s5.1.
 * Iterative, linear; nothing is copied. Malformed structure sets flags, limits refuse. */
#include "mime_internal.h"

#include <stdlib.h>

#define PARTS  1000
#define DEPTH  50
#define HEADER 1048576
#define FIELDS 10000

struct scan {
	struct smime_mime *mime;
	struct smime_bytes rest; /* not yet read; at a line's start */
	uint32_t current;        /* innermost open part */
	uint32_t open_boundaries;
	struct smime_diag *diag;
};

/* Kept in flags while scanning: its close-delimiter was seen. Not part of the interface. */
#define CLOSED (1U << 31)

static bool
is_multipart(const struct smime_part *part)
{
	return part->boundary.len > 0;
}

static bool
encodes_nothing(const struct smime_part *part)
{
	return part->encoding != SMIME_CTE_QP && part->encoding != SMIME_CTE_BASE64;
}

/*
 * Is the line this boundary's delimiter? "--boundary", then blanks only (RFC 2046 s5.1.1); with
 * "--" between them it closes.
 */
static bool
is_delimiter(struct smime_bytes line, struct smime_bytes boundary, bool *closes)
{
	struct smime_bytes text = smime_mime_chomp(line);

	if (text.len < boundary.len + 2 || memcmp(text.data + 2, boundary.data, boundary.len) != 0)
		return false;
	text = smime_bytes_slice(text, boundary.len + 2, text.len);
	*closes = text.len >= 2 && text.data[0] == '-' && text.data[1] == '-';
	return smime_mime_blank(smime_bytes_slice(text, *closes ? 2 : 0, text.len));
}

/* The multipart that the line delimits, innermost first; SMIME_NO_PART when it is no delimiter. */
static uint32_t
delimited(const struct smime_mime *m, uint32_t from, struct smime_bytes line, bool *closes)
{
	if (line.len < 2 || line.data[0] != '-' || line.data[1] != '-')
		return SMIME_NO_PART;
	for (uint32_t p = from; p != SMIME_NO_PART; p = m->parts[p].parent)
		if (is_multipart(&m->parts[p]) && !(m->parts[p].flags & CLOSED) &&
		    is_delimiter(line, m->parts[p].boundary, closes))
			return p;
	return SMIME_NO_PART;
}

static bool
ends_header(const struct smime_mime *m, const struct smime_part *part, struct smime_bytes line)
{
	bool closes;

	return delimited(m, part->parent, line, &closes) != SMIME_NO_PART;
}

static enum smime_status
new_part(struct scan *s, uint32_t parent, uint32_t *out)
{
	struct smime_mime *m = s->mime;
	uint32_t depth = parent == SMIME_NO_PART ? 0 : m->parts[parent].depth + 1, *link;

	if (m->part_count == m->limits.parts)
		return smime_fail(
		    s->diag, SMIME_E_LIMIT, "parts", "over %u MIME parts", m->limits.parts);
	if (depth > m->limits.depth)
		return smime_fail(s->diag, SMIME_E_LIMIT, "depth", "MIME parts nested over %u deep",
		    m->limits.depth);
	if (m->part_count == m->part_room) {
		size_t room = m->part_room ? m->part_room * 2 : 8;
		struct smime_part *grown = realloc(m->parts, room * sizeof *grown);

		if (!grown)
			return SMIME_E_SYSTEM;
		m->parts = grown;
		m->part_room = room;
	}
	*out = (uint32_t)m->part_count++;
	m->parts[*out] = (struct smime_part){ .parent = parent,
		.depth = depth,
		.first_child = SMIME_NO_PART,
		.next_sibling = SMIME_NO_PART };
	if (parent == SMIME_NO_PART)
		return SMIME_OK;
	/* Children are appended: the last one is the newest part whose parent this is. */
	link = &m->parts[parent].first_child;
	if (m->parts[parent].child_count++ > 0) {
		uint32_t last = *out - 1;

		while (m->parts[last].parent != parent)
			last = m->parts[last].parent;
		link = &m->parts[last].next_sibling;
	}
	*link = *out;
	return SMIME_OK;
}

static void
check_boundary(struct smime_mime *m, struct smime_part *part)
{
	bool multipart = strcmp(part->type, "multipart") == 0;

	if (!multipart) {
		part->boundary = smime_bytes(NULL, 0);
		return;
	}
	/* "a multipart entity must not have another encoding than 7bit, 8bit, binary" (RFC 2045
	 * s6.4) */
	if (!encodes_nothing(part)) {
		part->flags |= SMIME_MIME_BAD_VALUE;
		part->boundary = smime_bytes(NULL, 0);
	}
	if (part->boundary.len == 0 || part->boundary.len > 200) {
		part->flags |= SMIME_MIME_NO_BOUNDARY;
		part->boundary = smime_bytes(NULL, 0);
	}
	for (uint32_t p = part->parent; p != SMIME_NO_PART && part->boundary.len > 0;
	     p = m->parts[p].parent)
		if (smime_bytes_equal(m->parts[p].boundary, part->boundary))
			part->flags |= SMIME_MIME_DUPLICATE_BOUNDARY;
}

/* Read a part's header, and that of the message inside it when it is one. */
static enum smime_status
open_part(struct scan *s, uint32_t parent)
{
	struct smime_mime *m = s->mime;

	for (;;) {
		struct smime_part *part;
		bool in_digest, message;
		uint32_t index = 0;

		SMIME_TRY(new_part(s, parent, &index));
		part = &m->parts[index];
		part->whole = smime_bytes(s->rest.data, 0);
		in_digest = parent != SMIME_NO_PART &&
			    strcmp(m->parts[parent].type, "multipart") == 0 &&
			    strcmp(m->parts[parent].subtype, "digest") == 0;
		SMIME_TRY(smime_mime_read_header(m, part, &s->rest, ends_header, s->diag));
		smime_mime_read_content(m, part, in_digest);
		check_boundary(m, part);
		part->body = smime_bytes(s->rest.data, 0);
		if (is_multipart(part)) {
			part->preamble = part->body;
			s->open_boundaries++;
		}
		s->current = index;
		message =
		    strcmp(part->type, "message") == 0 &&
		    (strcmp(part->subtype, "rfc822") == 0 || strcmp(part->subtype, "global") == 0);
		if (!message || !encodes_nothing(part))
			return SMIME_OK;
		parent = index;
	}
}

/* A range that begins somewhere in the view ends at `end`, or is empty when that is in front of it.
 */
static void
end_at(struct smime_bytes *range, const uint8_t *end)
{
	if (range->data)
		range->len = end > range->data ? (size_t)(end - range->data) : 0;
}

/* Parts from the current one up to (not) `until` end at `end`. */
static void
close_parts(struct scan *s, uint32_t until, const uint8_t *end)
{
	struct smime_mime *m = s->mime;

	while (s->current != until) {
		struct smime_part *part = &m->parts[s->current];

		end_at(&part->whole, end);
		end_at(&part->body, end);
		if (is_multipart(part) && !(part->flags & CLOSED)) {
			part->flags |= SMIME_MIME_UNCLOSED;
			s->open_boundaries--;
			if (part->child_count == 0)
				end_at(&part->preamble, end);
		}
		end_at(&part->epilogue, end);
		s->current = part->parent;
	}
}

/* The line end in front of a delimiter belongs to the delimiter (RFC 2046 s5.1.1). */
static const uint8_t *
before_line_end(const struct smime_mime *m, const uint8_t *line)
{
	const uint8_t *p = line;

	if (p > m->view.data && p[-1] == '\n')
		p--;
	if (p > m->view.data && p < line && p[-1] == '\r')
		p--;
	return p;
}

static enum smime_status
take_delimiter(struct scan *s, uint32_t multipart, const uint8_t *line, bool closes)
{
	struct smime_part *part = &s->mime->parts[multipart];
	const uint8_t *end = before_line_end(s->mime, line);

	close_parts(s, multipart, end);
	if (part->child_count == 0)
		end_at(&part->preamble, end);
	if (!closes)
		return open_part(s, multipart);
	part->flags |= CLOSED;
	part->epilogue = smime_bytes(s->rest.data, 0);
	s->open_boundaries--;
	return SMIME_OK;
}

static enum smime_status
scan_body(struct scan *s)
{
	const uint8_t *released = s->rest.data;

	while (s->rest.len > 0) {
		const uint8_t *start = s->rest.data;
		struct smime_bytes line;
		uint32_t multipart;
		bool closes;

		/* Nothing can end before the end any more. */
		if (s->open_boundaries == 0)
			break;
		line = smime_mime_line(&s->rest);
		multipart = delimited(s->mime, s->current, line, &closes);
		if (multipart != SMIME_NO_PART)
			SMIME_TRY(take_delimiter(s, multipart, start, closes));
		if (s->mime->spool && s->rest.data - released >= SMIME_MIME_RELEASE) {
			smime_spool_release(s->mime->spool);
			released = s->rest.data;
		}
	}
	close_parts(s, SMIME_NO_PART, s->mime->view.data + s->mime->view.len);
	return SMIME_OK;
}

static void
set_flags(struct smime_mime *m)
{
	for (size_t i = 0; i < m->part_count; i++) {
		struct smime_part *part = &m->parts[i];
		uint32_t header = smime_mime_content_flags(part->header, m->spool);

		part->flags &= ~CLOSED;
		part->flags |=
		    header & ~(uint32_t)(SMIME_MIME_TRAILING_BLANK | SMIME_MIME_NO_FINAL_EOL);
		if (part->boundary.len > 0)
			part->flags |= (smime_mime_content_flags(part->preamble, m->spool) |
					   smime_mime_content_flags(part->epilogue, m->spool)) &
				       ~(uint32_t)SMIME_MIME_NO_FINAL_EOL;
		else if (part->child_count == 0)
			part->flags |= smime_mime_content_flags(part->body, m->spool);
	}
}

static uint32_t
or_default(uint32_t value, uint32_t fallback)
{
	return value ? value : fallback;
}

static enum smime_status
scan(struct smime_bytes view, struct smime_spool *spool, const struct smime_mime_limits *limits,
    struct smime_mime **out, struct smime_diag *diag)
{
	static const struct smime_mime_limits none = { 0 };
	SMIME_AUTO(smime_mime) m = calloc(1, sizeof *m);
	struct scan s = { .mime = m, .rest = view, .current = SMIME_NO_PART, .diag = diag };

	*out = NULL;
	if (!m)
		return SMIME_E_SYSTEM;
	if (!limits)
		limits = &none;
	/* An empty view still is somewhere: ranges compare addresses. */
	if (!view.data)
		s.rest = view = smime_bytes("", 0);
	m->view = view;
	m->spool = spool;
	m->limits = (struct smime_mime_limits){ .parts = or_default(limits->parts, PARTS),
		.depth = or_default(limits->depth, DEPTH),
		.header_bytes = or_default(limits->header_bytes, HEADER),
		.fields = or_default(limits->fields, FIELDS) };
	SMIME_TRY(open_part(&s, SMIME_NO_PART));
	SMIME_TRY(scan_body(&s));
	set_flags(m);
	*out = m;
	m = NULL;
	return SMIME_OK;
}

enum smime_status
smime_mime_scan(struct smime_bytes view, const struct smime_mime_limits *limits,
    struct smime_mime **out, struct smime_diag *diag)
{
	return scan(view, NULL, limits, out, diag);
}

enum smime_status
smime_mime_scan_spool(struct smime_spool *spool, const struct smime_mime_limits *limits,
    struct smime_mime **out, struct smime_diag *diag)
{
	struct smime_bytes view;

	*out = NULL;
	SMIME_TRY(smime_spool_view(spool, &view, diag));
	SMIME_TRY(scan(view, spool, limits, out, diag));
	smime_spool_release(spool);
	return SMIME_OK;
}

void
smime_mime_free(struct smime_mime **mime)
{
	struct smime_mime *m = *mime;

	*mime = NULL;
	if (!m)
		return;
	free(m->parts);
	free(m->fields);
	free(m);
}

uint32_t
smime_mime_part_count(const struct smime_mime *mime)
{
	return (uint32_t)mime->part_count;
}

const struct smime_part *
smime_mime_part(const struct smime_mime *mime, uint32_t part)
{
	return &mime->parts[part];
}

const struct smime_field *
smime_mime_field(const struct smime_mime *mime, uint32_t index)
{
	return &mime->fields[index];
}

uint32_t
smime_mime_flags_below(const struct smime_mime *mime, uint32_t part)
{
	uint32_t flags = mime->parts[part].flags;

	/* Parts stand in document order: what is below follows, and is deeper. */
	for (size_t i = part + 1;
	     i < mime->part_count && mime->parts[i].depth > mime->parts[part].depth; i++)
		flags |= mime->parts[i].flags;
	return flags;
}

const struct smime_field *
smime_mime_find(const struct smime_mime *mime, uint32_t part, const char *name, uint32_t nth)
{
	const struct smime_part *p = &mime->parts[part];

	for (uint32_t i = 0; i < p->field_count; i++) {
		const struct smime_field *f = &mime->fields[p->first_field + i];

		if (smime_bytes_is(f->name, name) && nth-- == 0)
			return f;
	}
	return NULL;
}
