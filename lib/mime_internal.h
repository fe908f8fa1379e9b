/* mime_internal.h - the inside of a scanned message, for the mime_*.c files only. */
#ifndef SMIME_MIME_INTERNAL_H
#define SMIME_MIME_INTERNAL_H

#include "smime/mime.h"

struct smime_mime {
	struct smime_bytes view;
	struct smime_spool *spool; /* that it is the view of; NULL: unknown */
	struct smime_mime_limits limits;
	struct smime_part *parts;
	size_t part_count, part_room;
	struct smime_field *fields;
	size_t field_count, field_room;
};

/* GMime is initialised, once, by whoever needs it first. */
void smime_use_gmime(void);

/*
 * A field that holds octets over 127, as 7-bit text (mime_field.c): parameters of Content-Type and
 * Content-Disposition by RFC 2231, everything else as encoded words (RFC 2047). Folded with a
 * space.
 */
SMIME_MUST_USE enum smime_status smime_mime_field_encode(
    const struct smime_field *field, struct smime_stage *out);

/* Octets read between two releases of mapped pages. */
#define SMIME_MIME_RELEASE 1048576

/* Content flags (NUL, EIGHT_BIT, LONG_LINE, BARE_CR, BARE_LF, TRAILING_BLANK, FROM_LINE,
 * NO_FINAL_EOL) of any range of octets; spool as in struct smime_mime. */
uint32_t smime_mime_content_flags(struct smime_bytes octets, struct smime_spool *spool);

/* The first line of in, its line end included; in moves behind it. */
struct smime_bytes smime_mime_line(struct smime_bytes *in);

/* A line without its line end. */
struct smime_bytes smime_mime_chomp(struct smime_bytes line);

/* Without control characters and blanks at its ends. */
struct smime_bytes smime_mime_trim(struct smime_bytes in);

/* Behind blanks, line ends and comments (nested, RFC 5322 s3.2.2); false for a comment that does
 * not end. */
bool smime_mime_skip_cfws(struct smime_bytes *in);

/* ---- parameters (mime_param.c) ---- */

/* Up to the next ';' that is not quoted; in moves behind it. */
struct smime_bytes smime_param_next(struct smime_bytes *in);

/* A value without its quotes, line ends and quoting backslashes, appended. */
SMIME_MUST_USE enum smime_status smime_param_unquote(struct smime_bytes in, struct smime_buf *out);

/* Is it nothing but spaces and tabs? */
bool smime_mime_blank(struct smime_bytes line);

/* Read the header at the front of *in: adds fields, moves *in behind the blank line. delimiter
 * tells whether a line is one of the enclosing boundaries' (it ends the header, too). */
SMIME_MUST_USE enum smime_status smime_mime_read_header(struct smime_mime *mime,
    struct smime_part *part, struct smime_bytes *in,
    bool (*delimiter)(
	const struct smime_mime *mime, const struct smime_part *part, struct smime_bytes line),
    struct smime_diag *diag);

/* Type, boundary, transfer encoding of a part from its fields. in_digest: the parent is
 * multipart/digest (RFC 2046 s5.1.5). */
void smime_mime_read_content(struct smime_mime *mime, struct smime_part *part, bool in_digest);

#endif
