/*
 * smime/mime.h - the structure of a message: which octets are whose.  RFC 5322, RFC 2045, RFC 2046.
 *
 * One scanner serves S/MIME and the filters: two parsers that disagree are a bypass. It works on a
 * view, never copies, and keeps exact octet ranges, so that a signature is checked over what the
 * sender signed. Values (content types, addresses, encoded words) are read through GMime.
 */
#ifndef SMIME_MIME_H
#define SMIME_MIME_H

#include "smime/bytes.h"
#include "smime/spool.h"
#include "smime/status.h"

/* What makes the structure ambiguous or the octets unsafe to sign; or-ed over a part. */
enum smime_mime_flag {
	SMIME_MIME_BAD_HEADER = 1 << 0, /* a header line that is no field and no continuation */
	SMIME_MIME_DUPLICATE_FIELD =
	    1 << 1, /* a Content-Type, -Transfer-Encoding or -Disposition twice */
	SMIME_MIME_DUPLICATE_BOUNDARY =
	    1 << 2,                      /* a boundary parameter twice, or the parent's again */
	SMIME_MIME_NO_BOUNDARY = 1 << 3, /* multipart without a usable boundary: taken as a leaf */
	SMIME_MIME_UNCLOSED = 1 << 4,    /* multipart without its close-delimiter */
	SMIME_MIME_NUL = 1 << 5,
	SMIME_MIME_EIGHT_BIT = 1 << 6, /* an octet over 127 */
	SMIME_MIME_LONG_LINE = 1 << 7, /* over 998 octets without the line end */
	SMIME_MIME_BARE_CR = 1 << 8,
	SMIME_MIME_BARE_LF = 1 << 9,
	SMIME_MIME_TRAILING_BLANK = 1 << 10, /* a line that ends in space or tab */
	SMIME_MIME_FROM_LINE = 1 << 11,      /* a line that begins with "From " */
	SMIME_MIME_BAD_VALUE =
	    1 << 12, /* a Content-Type or -Transfer-Encoding that does not parse */
	SMIME_MIME_NO_FINAL_EOL =
	    1 << 13, /* the body does not end in a line end (octets, not a fault) */
};
/* Flags that say the structure can be read in more than one way. */
#define SMIME_MIME_AMBIGUOUS                                                                  \
	(SMIME_MIME_BAD_HEADER | SMIME_MIME_DUPLICATE_FIELD | SMIME_MIME_DUPLICATE_BOUNDARY | \
	    SMIME_MIME_NO_BOUNDARY | SMIME_MIME_UNCLOSED | SMIME_MIME_NUL | SMIME_MIME_BAD_VALUE)

/* Content-Transfer-Encoding (RFC 2045 s6). */
enum smime_cte {
	SMIME_CTE_7BIT,
	SMIME_CTE_8BIT,
	SMIME_CTE_BINARY,
	SMIME_CTE_QP,
	SMIME_CTE_BASE64,
	SMIME_CTE_UNKNOWN, /* x-uuencode and the like */
};

struct smime_field {
	struct smime_bytes line;  /* all of it: name, colon, value, folds, final line end */
	struct smime_bytes name;  /* without blanks before the colon */
	struct smime_bytes value; /* after the colon, folds inside, final line end not */
};

/* Index of a part; the root is 0. */
#define SMIME_NO_PART UINT32_MAX

struct smime_part {
	struct smime_bytes whole;  /* header, blank line and body */
	struct smime_bytes header; /* fields and the blank line that ends them */
	struct smime_bytes body;   /* a part's body ends before the CRLF of the next delimiter */
	struct smime_bytes preamble, epilogue;      /* of a multipart; else empty */
	struct smime_bytes boundary;                /* of a multipart; else empty */
	uint32_t parent, first_child, next_sibling; /* SMIME_NO_PART when none */
	uint32_t child_count;
	uint32_t depth;                    /* 0 is the root */
	uint32_t first_field, field_count; /* smime_mime_field(m, first_field + i) */
	uint32_t flags;                    /* enum smime_mime_flag of header and own body */
	enum smime_cte encoding;
	char type[40],
	    subtype[80]; /* lower case; "text", "plain" when absent; cut values set BAD_VALUE */
};

struct smime_mime;

/* Fields of 0 mean the default. */
struct smime_mime_limits {
	uint32_t parts;        /* 1000 */
	uint32_t depth;        /* 50 */
	uint32_t header_bytes; /* 1048576, the sum over one part's header */
	uint32_t fields;       /* 10000, over all parts */
};

/*
 * Scan one message or entity. message/rfc822 bodies are scanned as a child part.
 *
 * view    borrowed; must outlive *out. CR LF or LF line ends.
 * limits  NULL for the defaults. Beyond one: SMIME_E_LIMIT, token "parts", "depth", "header".
 *
 * Malformed structure is not an error: it sets flags.
 */
SMIME_MUST_USE enum smime_status smime_mime_scan(struct smime_bytes view,
    const struct smime_mime_limits *limits, struct smime_mime **out, struct smime_diag *diag);

/* The same for the view of a spool (borrowed, must outlive *out), whose mapped pages are given back
 * on the way, here and whenever its parts are read: resident memory stays bounded.
 * SMIME_E_SYSTEM, too, when it cannot be viewed. */
SMIME_MUST_USE enum smime_status smime_mime_scan_spool(struct smime_spool *spool,
    const struct smime_mime_limits *limits, struct smime_mime **out, struct smime_diag *diag);
void smime_mime_free(struct smime_mime **mime);

uint32_t smime_mime_part_count(const struct smime_mime *mime);
const struct smime_part *smime_mime_part(const struct smime_mime *mime, uint32_t part);
const struct smime_field *smime_mime_field(const struct smime_mime *mime, uint32_t index);
/* Flags of a part and everything below it. */
uint32_t smime_mime_flags_below(const struct smime_mime *mime, uint32_t part);
/* The nth (0 first) field of that name in a part's header; NULL when there is none. */
const struct smime_field *smime_mime_find(
    const struct smime_mime *mime, uint32_t part, const char *name, uint32_t nth);

/* ---- values (lib/mime_value.c) ---- */

/* A parameter of a Content-Type or Content-Disposition value, RFC 2231 decoded, UTF-8, appended.
 * *found tells whether it is there. */
SMIME_MUST_USE enum smime_status smime_value_param(
    struct smime_bytes value, const char *name, struct smime_buf *out, bool *found);

/* Unfold and decode encoded words (RFC 2047); UTF-8, appended. */
SMIME_MUST_USE enum smime_status smime_value_text(struct smime_bytes value, struct smime_buf *out);

/*
 * Every addr-spec of an address list field (groups flattened), as strings in a NULL-ended vector
 * freed by smime_addresses_free. *strict is false when the list parses only leniently.
 */
SMIME_MUST_USE enum smime_status smime_value_addresses(
    struct smime_bytes value, char ***out, size_t *count, bool *strict);
void smime_addresses_free(char ***addresses);

/*
 * The one addr-spec of the one From field: what a certificate has to cover (security: display name,
 * Sender and Reply-To never count). SMIME_E_SYNTAX, token "from", when there is no From field, more
 * than one, or not exactly one address. Appends without a NUL.
 */
SMIME_MUST_USE enum smime_status smime_mime_from(
    const struct smime_mime *mime, struct smime_buf *out, struct smime_diag *diag);

/* A leaf's body decoded (base64, quoted-printable, or as it is) and pushed into a stage; ends with
 * smime_finish. */
SMIME_MUST_USE enum smime_status smime_part_decode(
    const struct smime_mime *mime, uint32_t part, struct smime_stage *out, struct smime_diag *diag);

/* The same as the most lenient reader decodes it: base64 goes on behind its padding. *agreed is
 * false when others would see less, or would decode what we do not know. */
SMIME_MUST_USE enum smime_status smime_part_decode_all(const struct smime_mime *mime, uint32_t part,
    struct smime_stage *out, bool *agreed, struct smime_diag *diag);

/* ---- making an entity transport-proof (lib/mime_safe.c) ---- */

/*
 * Write the entity of a message (its Content-* fields, each folded line's CRLF followed by a space,
 * blank line, body) so that it survives any MTA (RFC 8551 s3.1.2, DESIGN section 6): CRLF line
 * ends, 7-bit, no line over 998 octets, no trailing blanks, no line that starts "From ". Leaves are
 * re-encoded only when they need it; an entity that is already safe keeps its octets, but for the
 * epilogue of its outermost multipart, which is dropped.
 *
 * mime  the scanned message; only root fields Content-* go inside.
 * out   gets the whole entity; not finished for viewing.
 */
SMIME_MUST_USE enum smime_status smime_mime_safe(
    const struct smime_mime *mime, struct smime_spool *out, struct smime_diag *diag);

/* ---- wrappers (lib/mime_write.c) ---- */

/* A boundary that no line of the entity can contain: 128 random bits. out holds at least 48 octets.
 */
SMIME_MUST_USE enum smime_status smime_mime_boundary(char *out, size_t out_size);

/* multipart/signed around entity and base64 of der (RFC 8551 s3.5.3). micalg: "sha-256". */
SMIME_MUST_USE enum smime_status smime_mime_write_signed(struct smime_spool *entity,
    struct smime_bytes signature_der, const char *micalg, struct smime_spool *out);

/* The header of application/pkcs7-mime (RFC 8551 s3.2), to be followed by base64 of the CMS object.
 * smime_type: "signed-data", "enveloped-data", "authEnveloped-data". */
SMIME_MUST_USE enum smime_status smime_mime_write_pkcs7_header(
    const char *smime_type, struct smime_spool *out);

#endif
