/* content.c - which parts of a message are its body and its attachments, and what of it can be read
 * in more than one way.  RFC 2045 s6, RFC 2046 s5.1.4 and s5.2.1, RFC 2183, RFC 6532 s3.7.
 * Limits: those of the scanner, over all messages encoded inside of each other. */
#include "array.h"
#include "content_entry.h"

#include <stdlib.h>

#define PARTS_MAX 1000
#define DEPTH_MAX 50

/* The file name: of the disposition (RFC 2183 s2.3), and the older one of the type. */
static enum smime_status
read_names(struct policy_content_entry *e)
{
	static const char *const places[][2] = { { "Content-Disposition", "filename" },
		{ "Content-Type", "name" } };
	bool good;

	for (size_t i = 0; i < 2; i++) {
		const struct smime_field *f;

		for (uint32_t n = 0; (f = smime_mime_find(e->mime, e->part, places[i][0], n)); n++)
			SMIME_TRY(
			    smime_words_param(f->value, places[i][1], &e->names, &e->name_count));
	}
	if (e->name_count > 0)
		SMIME_TRY(smime_words_utf8(&e->names[0], NULL, &e->name, &good));
	return smime_buf_terminate(&e->name);
}

static enum smime_status
add_item(struct policy_content *content, const struct smime_mime *mime, uint32_t part, size_t node)
{
	const struct smime_part *p = smime_mime_part(mime, part);
	bool text = strcmp(p->type, "text") == 0;
	struct policy_content_entry *e =
	    policy_array_grow(content->entry, content->count, sizeof *e);

	if (!e)
		return SMIME_E_SYSTEM;
	content->entry = e;
	e += content->count++;
	*e = (struct policy_content_entry){
		.item = { .body = text && !content->has_body,
		    .type = p->type,
		    .subtype = p->subtype },
		.mime = mime,
		.part = part,
		.node = node,
	};
	content->has_body = content->has_body || text;
	return read_names(e);
}

/* Is that part the header and the body of a message inside of another one? */
static bool
is_inner_message(const struct smime_mime *mime, uint32_t part, size_t parent)
{
	const struct smime_part *p = smime_mime_part(mime, part);

	if (part == 0)
		return parent != SIZE_MAX;
	return strcmp(smime_mime_part(mime, p->parent)->type, "message") == 0;
}

static enum smime_status
add_subjects(
    struct policy_content *content, const struct smime_mime *mime, uint32_t part, size_t node)
{
	const struct smime_field *f;

	for (uint32_t n = 0; (f = smime_mime_find(mime, part, "Subject", n)); n++) {
		struct policy_content_subject *grown =
		    policy_array_grow(content->subject, content->subject_count, sizeof *grown);

		if (!grown)
			return SMIME_E_SYSTEM;
		content->subject = grown;
		grown[content->subject_count++] =
		    (struct policy_content_subject){ .value = f->value, .node = node };
	}
	return SMIME_OK;
}

static enum smime_status add_message(struct policy_content *content, const struct smime_mime *mime,
    size_t parent, unsigned depth, struct smime_diag *diag);

/* A message inside of another one may be encoded as a whole (message/global; others in spite of RFC
 * 2046 s5.2.1), and some readers open it. */
static bool
is_encoded_message(const struct smime_part *p)
{
	return strcmp(p->type, "message") == 0 &&
	       (strcmp(p->subtype, "rfc822") == 0 || strcmp(p->subtype, "global") == 0) &&
	       (p->encoding == SMIME_CTE_QP || p->encoding == SMIME_CTE_BASE64);
}

static enum smime_status
open_inner(/* NOLINT(misc-no-recursion): depth 50 */
    struct policy_content *content, const struct smime_mime *mime, uint32_t part, size_t node,
    unsigned depth, struct smime_diag *diag)
{
	struct policy_content_inner *inner =
	    policy_array_grow(content->inner, content->inner_count, sizeof *inner);

	if (depth == DEPTH_MAX)
		return smime_fail(diag, SMIME_E_LIMIT, "depth",
		    "messages encoded inside of each other, over %d deep", DEPTH_MAX);
	if (!inner)
		return SMIME_E_SYSTEM;
	content->inner = inner;
	inner += content->inner_count++;
	*inner = (struct policy_content_inner){ 0 };
	SMIME_TRY(policy_content_decode(content, mime, part, &inner->octets, &inner->agreed));
	SMIME_TRY(smime_mime_scan_spool(inner->octets, NULL, &inner->mime, diag));
	/* The list of them may move; what is in it does not. */
	return add_message(content, inner->mime, node, depth + 1, diag);
}

/* Its parts, all behind parent. */
static enum smime_status
add_message(/* NOLINT(misc-no-recursion): depth 50 */
    struct policy_content *content, const struct smime_mime *mime, size_t parent, unsigned depth,
    struct smime_diag *diag)
{
	size_t first = content->node_count, parts = smime_mime_part_count(mime);

	if (first + parts > PARTS_MAX)
		return smime_fail(diag, SMIME_E_LIMIT, "parts", "over %d MIME parts", PARTS_MAX);
	for (uint32_t i = 0; i < parts; i++) {
		const struct smime_part *p = smime_mime_part(mime, i);
		struct policy_content_node *grown =
		    policy_array_grow(content->node, content->node_count, sizeof *grown);

		if (!grown)
			return SMIME_E_SYSTEM;
		content->node = grown;
		grown[content->node_count++] = (struct policy_content_node){
			.parent = i == 0 ? parent : first + p->parent,
			.alternative = strcmp(p->type, "multipart") == 0 &&
				       strcmp(p->subtype, "alternative") == 0,
		};
	}
	for (uint32_t i = 0; i < parts; i++) {
		const struct smime_part *p = smime_mime_part(mime, i);

		if (is_inner_message(mime, i, parent))
			SMIME_TRY(add_subjects(content, mime, i, first + i));
		if (p->child_count > 0)
			continue;
		if (is_encoded_message(p))
			SMIME_TRY(open_inner(content, mime, i, first + i, depth, diag));
		else
			SMIME_TRY(add_item(content, mime, i, first + i));
	}
	return SMIME_OK;
}

enum smime_status
policy_content_new(const struct smime_mime *mime, const struct smime_spool_conf *conf,
    struct policy_content **out, struct smime_diag *diag)
{
	SMIME_AUTO(policy_content) content = calloc(1, sizeof *content);

	*out = NULL;
	if (!content)
		return SMIME_E_SYSTEM;
	content->mime = mime;
	content->conf = conf;
	SMIME_TRY(add_message(content, mime, SIZE_MAX, 0, diag));
	/* Entries do not move any more. */
	for (size_t i = 0; i < content->count; i++) {
		struct policy_content_entry *e = &content->entry[i];

		e->item.name = (const char *)e->name.data;
		e->item.names = e->names;
		e->item.name_count = e->name_count;
	}
	*out = content;
	content = NULL;
	return SMIME_OK;
}

static void
entry_reset(struct policy_content_entry *e)
{
	smime_words_free(&e->names, &e->name_count);
	smime_buf_reset(&e->name);
	smime_spool_free(&e->octets);
	smime_spool_free(&e->text);
	for (size_t i = 0; i < POLICY_READINGS; i++)
		smime_spool_free(&e->readings[i]);
	free(e->filetype);
}

void
policy_content_free(struct policy_content **content)
{
	struct policy_content *c = *content;

	*content = NULL;
	if (!c)
		return;
	for (size_t i = 0; i < c->count; i++)
		entry_reset(&c->entry[i]);
	for (size_t i = 0; i < c->inner_count; i++) {
		smime_mime_free(&c->inner[i].mime);
		smime_spool_free(&c->inner[i].octets);
	}
	policy_filetypes_free(&c->filetypes);
	free(c->entry);
	free(c->node);
	free(c->inner);
	free(c->subject);
	free(c);
}

size_t
policy_content_count(const struct policy_content *content)
{
	return content->count;
}

const struct policy_item *
policy_content_item(const struct policy_content *content, size_t i)
{
	return &content->entry[i].item;
}

size_t
policy_content_subject_count(const struct policy_content *content)
{
	return content->subject_count;
}

struct smime_bytes
policy_content_subject(const struct policy_content *content, size_t i)
{
	return content->subject[i].value;
}

/* ---- what can be read in more than one way ---- */

static bool
is_blank(struct smime_bytes in)
{
	for (size_t i = 0; i < in.len; i++)
		if (in.data[i] > ' ')
			return false;
	return true;
}

/* Behind the last part some readers go on reading parts, if there are any. */
static bool
epilogue_has_parts(const struct smime_part *p)
{
	SMIME_AUTO_BUF delimiter = { 0 };

	return p->boundary.len > 0 && p->epilogue.len > 0 &&
	       smime_buf_append(&delimiter, "\n--", 3) == SMIME_OK &&
	       smime_buf_append(&delimiter, p->boundary.data, p->boundary.len) == SMIME_OK &&
	       memmem(p->epilogue.data - 1, p->epilogue.len + 1, delimiter.data, delimiter.len);
}

/* A CR by itself ends a line for some: then it hides a field, or the beginning of a part. */
static bool
has_bare_cr(struct smime_bytes in, bool anywhere)
{
	const uint8_t *at = in.data, *end = in.data + in.len;

	while (at < end && (at = memchr(at, '\r', (size_t)(end - at)))) {
		at++;
		if (at < end && *at != '\n' && (anywhere || *at == '-'))
			return true;
	}
	return false;
}

static bool
is_ambiguous(const struct smime_mime *mime)
{
	bool ambiguous = smime_mime_flags_below(mime, 0) & SMIME_MIME_AMBIGUOUS;

	for (uint32_t i = 0; !ambiguous && i < smime_mime_part_count(mime); i++) {
		const struct smime_part *p = smime_mime_part(mime, i);

		ambiguous = epilogue_has_parts(p);
		if (p->flags & SMIME_MIME_BARE_CR)
			ambiguous = ambiguous || has_bare_cr(p->header, true) ||
				    (p->parent != SMIME_NO_PART && has_bare_cr(p->body, false));
	}
	return ambiguous;
}

static bool
is_partial(const struct smime_mime *mime)
{
	bool partial = is_ambiguous(mime);

	for (uint32_t i = 0; !partial && i < smime_mime_part_count(mime); i++) {
		const struct smime_part *p = smime_mime_part(mime, i);

		partial = !is_blank(p->preamble) || !is_blank(p->epilogue);
	}
	return partial;
}

bool
policy_content_is_partial(const struct policy_content *content)
{
	bool partial = is_partial(content->mime);

	for (size_t i = 0; i < content->inner_count; i++)
		partial = partial || is_partial(content->inner[i].mime);
	return partial;
}

/* Names that are no text of their charset; a message in pieces, the rest of which is elsewhere. */
static enum smime_status
is_sound(const struct policy_content_entry *e, bool *out)
{
	*out = strcmp(e->item.type, "message") != 0 || strcmp(e->item.subtype, "partial") != 0;
	for (size_t i = 0; *out && i < e->name_count; i++) {
		SMIME_AUTO_BUF unused = { 0 };

		SMIME_TRY(smime_words_utf8(&e->names[i], NULL, &unused, out));
	}
	return SMIME_OK;
}

enum smime_status
policy_content_valid(struct policy_content *content, bool *out)
{
	*out = !is_ambiguous(content->mime);
	for (size_t i = 0; *out && i < content->inner_count; i++)
		*out = content->inner[i].agreed && !is_ambiguous(content->inner[i].mime);
	for (size_t i = 0; *out && i < content->count; i++) {
		struct smime_bytes unused;

		SMIME_TRY(policy_content_text(content, i, &unused));
		policy_content_release(content, i);
		SMIME_TRY(is_sound(&content->entry[i], out));
		*out = *out && !content->entry[i].broken;
	}
	return SMIME_OK;
}

struct smime_bytes
policy_content_raw(const struct policy_content *content)
{
	return smime_mime_part(content->mime, 0)->body;
}

enum smime_status
policy_content_total(const struct policy_content *content, const uint64_t *counts, uint64_t *out)
{
	uint64_t *total = calloc(content->node_count, sizeof *total);

	*out = 0;
	if (!total)
		return SMIME_E_SYSTEM;
	for (size_t i = 0; i < content->count; i++)
		total[content->entry[i].node] = counts[i];
	for (size_t i = 0; i < content->subject_count; i++)
		total[content->subject[i].node] += counts[content->count + i];
	/* Children stand behind their parents. */
	for (size_t i = content->node_count; i-- > 1;) {
		size_t up = content->node[i].parent;

		if (!content->node[up].alternative)
			total[up] += total[i];
		else if (total[up] < total[i])
			total[up] = total[i];
	}
	*out = total[0];
	free(total);
	return SMIME_OK;
}
