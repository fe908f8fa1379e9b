/* mime_safe.c - make an entity transport-proof before it is signed.  RFC 8551 s3.1, DESIGN
 * section 6. Memory: fixed buffers; octets are pushed from the view into the spool. What is safe
 * keeps its octets. Left as it is, byte for byte, even if it is not safe: what is signed or
 * encrypted inside (changing it would break it here instead of perhaps later), and leaves with an
 * encoding that is not MIME's. */
#include "mime_internal.h"

#define UNSAFE                                                                               \
	(SMIME_MIME_NUL | SMIME_MIME_EIGHT_BIT | SMIME_MIME_LONG_LINE | SMIME_MIME_BARE_CR | \
	    SMIME_MIME_TRAILING_BLANK | SMIME_MIME_FROM_LINE)

struct writer {
	const struct smime_mime *mime;
	uint32_t root_flags;     /* of what goes inside */
	struct smime_stage *out; /* line ends become CR LF on the way to the spool */
	struct smime_diag *diag;
};

static enum smime_status
put(struct writer *w, const char *text)
{
	return smime_push(w->out, text, strlen(text));
}

/* A field, or the rest of one, with its folds as CR LF SP: RFC 5322 allows TAB, but some verifiers
 * change it. */
static enum smime_status
put_folded(struct writer *w, struct smime_bytes text)
{
	struct smime_bytes rest = text;

	while (rest.len > 0) {
		const uint8_t *lf = memchr(rest.data, '\n', rest.len);
		size_t len = lf ? (size_t)(lf - rest.data) + 1 : rest.len;

		SMIME_TRY(smime_push(w->out, rest.data, len));
		rest = smime_bytes_slice(rest, len, rest.len);
		if (rest.len > 0 && rest.data[0] == '\t') {
			SMIME_TRY(put(w, " "));
			rest = smime_bytes_slice(rest, 1, rest.len);
		}
	}
	return text.len > 0 && text.data[text.len - 1] != '\n' ? put(w, "\r\n") : SMIME_OK;
}

static bool
is_eight_bit(struct smime_bytes octets)
{
	for (size_t i = 0; i < octets.len; i++)
		if (octets.data[i] > 127)
			return true;
	return false;
}

static bool
is_content(const struct smime_field *f)
{
	return f->name.len > 8 && smime_bytes_is(smime_bytes_slice(f->name, 0, 8), "Content-");
}

/* The root without what does not go inside: other fields than Content-*, and the epilogue. */
static uint32_t
root_flags(const struct smime_mime *mime)
{
	const struct smime_part *root = smime_mime_part(mime, 0);
	uint32_t flags = 0;

	for (uint32_t i = 0; i < root->field_count; i++) {
		const struct smime_field *f = smime_mime_field(mime, root->first_field + i);

		if (is_content(f))
			flags |= smime_mime_content_flags(f->line, NULL);
	}
	flags &= ~(uint32_t)SMIME_MIME_TRAILING_BLANK;
	if (root->boundary.len > 0)
		flags |= smime_mime_content_flags(root->preamble, mime->spool);
	else if (root->child_count == 0)
		flags |= smime_mime_content_flags(root->body, mime->spool);
	for (uint32_t c = root->first_child; c != SMIME_NO_PART;
	     c = smime_mime_part(mime, c)->next_sibling)
		flags |= smime_mime_flags_below(mime, c);
	return flags;
}

/* Of the part and what is in it. */
static uint32_t
flags_of(const struct writer *w, uint32_t index)
{
	return index == 0 ? w->root_flags : smime_mime_flags_below(w->mime, index);
}

/*
 * Header of a part and the blank line. encoding: replaces Content-Transfer-Encoding; NULL keeps it.
 * The root of a message gives its Content-* fields only.
 */
static enum smime_status
put_header(struct writer *w, uint32_t index, const char *encoding)
{
	const struct smime_part *part = smime_mime_part(w->mime, index);

	for (uint32_t i = 0; i < part->field_count; i++) {
		const struct smime_field *f = smime_mime_field(w->mime, part->first_field + i);

		if (index == 0 && !is_content(f))
			continue;
		if (encoding && smime_bytes_is(f->name, "Content-Transfer-Encoding"))
			continue;
		if (is_eight_bit(f->value))
			SMIME_TRY(smime_mime_field_encode(f, w->out));
		else
			SMIME_TRY(put_folded(w, f->line));
	}
	if (index == 0 && !smime_mime_find(w->mime, 0, "Content-Type", 0))
		SMIME_TRY(put(w, w->root_flags & SMIME_MIME_EIGHT_BIT
				     ? "Content-Type: text/plain; charset=utf-8\r\n"
				     : "Content-Type: text/plain; charset=us-ascii\r\n"));
	if (encoding) {
		SMIME_TRY(put(w, "Content-Transfer-Encoding: "));
		SMIME_TRY(put(w, encoding));
		SMIME_TRY(put(w, "\r\n"));
	}
	return put(w, "\r\n");
}

/* Signed or encrypted inside, or in an encoding that only its reader knows. */
static bool
must_not_touch(const struct smime_part *part)
{
	if (strcmp(part->type, "multipart") == 0)
		return strcmp(part->subtype, "signed") == 0 ||
		       strcmp(part->subtype, "encrypted") == 0 || part->boundary.len == 0;
	return part->encoding == SMIME_CTE_UNKNOWN;
}

static bool
is_safe(const struct writer *w, uint32_t index)
{
	const struct smime_part *part = smime_mime_part(w->mime, index);

	return !(flags_of(w, index) & UNSAFE) || must_not_touch(part);
}

/* Base64 is safe in lines of its own. Decoded and encoded anew it was the same to most readers, but
 * what stands behind the padding, where some go on, was lost. */
static enum smime_status
put_base64(struct writer *w, uint32_t index)
{
	SMIME_AUTO(smime_stage) rewrap = NULL;

	SMIME_TRY(put_header(w, index, "base64"));
	SMIME_TRY(smime_stage_rewrap_new(w->out, &rewrap));
	SMIME_TRY(smime_push_bytes(rewrap, smime_mime_part(w->mime, index)->body));
	return smime_finish(rewrap);
}

/* The body decoded and encoded anew. Text keeps readable as quoted-printable; what has no lines, or
 * is mostly 8-bit, is shorter as base64. */
static enum smime_status
put_leaf(struct writer *w, uint32_t index)
{
	const struct smime_part *part = smime_mime_part(w->mime, index);
	bool text = strcmp(part->type, "text") == 0 &&
		    !(flags_of(w, index) & (SMIME_MIME_NUL | SMIME_MIME_BARE_CR));
	SMIME_AUTO(smime_stage) encoder = NULL;
	SMIME_AUTO(smime_stage) crlf = NULL;

	if (part->encoding == SMIME_CTE_BASE64)
		return put_base64(w, index);
	SMIME_TRY(put_header(w, index, text ? "quoted-printable" : "base64"));
	if (text)
		SMIME_TRY(smime_stage_qp_new(w->out, &encoder));
	else
		SMIME_TRY(smime_stage_base64_new(w->out, &encoder));
	/* Lines are CR LF before they are encoded. */
	SMIME_TRY(smime_stage_crlf_new(encoder, &crlf));
	SMIME_TRY(smime_part_decode(w->mime, index, text ? crlf : encoder, w->diag));
	return SMIME_OK;
}

static enum smime_status
put_verbatim(struct writer *w, uint32_t index)
{
	SMIME_TRY(put_header(w, index, NULL));
	return smime_push_bytes(w->out, smime_mime_part(w->mime, index)->body);
}

static enum smime_status put_part(struct writer *w, uint32_t index);

static enum smime_status
put_multipart(struct writer *w, const struct smime_part *part) /* NOLINT(misc-no-recursion) */
{
	/* Preamble and epilogue are for readers without MIME: nobody misses them. */
	for (uint32_t c = part->first_child; c != SMIME_NO_PART;
	     c = smime_mime_part(w->mime, c)->next_sibling) {
		SMIME_TRY(put(w, "--"));
		SMIME_TRY(smime_push(w->out, part->boundary.data, part->boundary.len));
		SMIME_TRY(put(w, "\r\n"));
		SMIME_TRY(put_part(w, c));
		SMIME_TRY(put(w, "\r\n"));
	}
	SMIME_TRY(put(w, "--"));
	SMIME_TRY(smime_push(w->out, part->boundary.data, part->boundary.len));
	return put(w, "--");
}

/* The scanner's depth limit bounds the recursion. */
static enum smime_status
put_part(struct writer *w, uint32_t index) /* NOLINT(misc-no-recursion): at most 50 deep */
{
	const struct smime_part *part = smime_mime_part(w->mime, index);
	const char *identity = NULL;

	if (is_safe(w, index))
		return put_verbatim(w, index);
	if (part->child_count == 0)
		return put_leaf(w, index);
	/* What is inside has become 7-bit. */
	if (part->encoding == SMIME_CTE_8BIT || part->encoding == SMIME_CTE_BINARY)
		identity = "7bit";
	SMIME_TRY(put_header(w, index, identity));
	if (part->boundary.len > 0)
		return put_multipart(w, part);
	return put_part(w, part->first_child);
}

/* "Outlook does not count the epilogue": the entity ends with the close-delimiter's line. */
static enum smime_status
put_root(struct writer *w)
{
	const struct smime_part *root = smime_mime_part(w->mime, 0);
	struct smime_bytes body = root->body;

	if (root->boundary.len == 0)
		return put_part(w, 0);
	if (is_safe(w, 0)) {
		SMIME_TRY(put_header(w, 0, NULL));
		if (root->epilogue.data)
			body.len = (size_t)(root->epilogue.data - body.data);
		SMIME_TRY(smime_push_bytes(w->out, body));
		return body.len > 0 && body.data[body.len - 1] == '\n' ? SMIME_OK : put(w, "\r\n");
	}
	SMIME_TRY(put_part(w, 0));
	return put(w, "\r\n");
}

enum smime_status
smime_mime_safe(const struct smime_mime *mime, struct smime_spool *out, struct smime_diag *diag)
{
	SMIME_AUTO(smime_stage) release = NULL;
	SMIME_AUTO(smime_stage) crlf = NULL;
	struct writer w = { .mime = mime, .root_flags = root_flags(mime), .diag = diag };

	SMIME_TRY(smime_stage_release_new(mime->spool, smime_spool_stage(out), &release));
	SMIME_TRY(smime_stage_crlf_new(release, &crlf));
	w.out = crlf;
	return put_root(&w);
}
