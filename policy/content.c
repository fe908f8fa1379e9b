/* content.c - the decoded view of one message, made piece by piece when it is asked for.
 * Memory: spools (memory, then unlinked files) for what was decoded; at most one mapped whole while
 * a rule looks at it. RFC 2045 s6, RFC 2046 s5.1.4, RFC 2183. */
#include "content.h"

#include "array.h"
#include "content_text.h"
#include "filetype.h"
#include <stdlib.h>

struct entry {
	struct policy_item item;
	struct smime_buf name;
	struct smime_spool *octets, *text, *plain; /* NULL: not yet made, or not needed */
	bool decoded, converted, stripped;
	char *filetype; /* detected; NULL: not asked for yet */
	bool broken;    /* could not be decoded */
};

struct policy_content {
	const struct smime_mime *mime;
	const struct smime_spool_conf *conf;
	struct entry *entry;
	size_t count;
	struct policy_filetypes *filetypes; /* NULL: not needed yet */
};

/* The file name: of the disposition (RFC 2183 s2.3), or the older one of the type. */
static enum smime_status
read_name(const struct smime_mime *mime, uint32_t part, struct smime_buf *out)
{
	static const char *const places[][2] = { { "Content-Disposition", "filename" },
		{ "Content-Type", "name" } };
	bool found = false;

	for (size_t i = 0; i < 2 && !found; i++) {
		const struct smime_field *f = smime_mime_find(mime, part, places[i][0], 0);

		if (f)
			SMIME_TRY(smime_value_param(f->value, places[i][1], out, &found));
	}
	return smime_buf_terminate(out);
}

static enum smime_status
add_item(struct policy_content *content, uint32_t part, bool body)
{
	const struct smime_part *p = smime_mime_part(content->mime, part);
	struct entry *e = policy_array_grow(content->entry, content->count, sizeof *e);

	if (!e)
		return SMIME_E_SYSTEM;
	content->entry = e;
	e += content->count++;
	*e = (struct entry){
		.item = { .part = part, .body = body, .type = p->type, .subtype = p->subtype }
	};
	SMIME_TRY(read_name(content->mime, part, &e->name));
	return SMIME_OK;
}

enum smime_status
policy_content_new(
    const struct smime_mime *mime, const struct smime_spool_conf *conf, struct policy_content **out)
{
	SMIME_AUTO(policy_content) content = calloc(1, sizeof *content);
	bool has_body = false;

	*out = NULL;
	if (!content)
		return SMIME_E_SYSTEM;
	content->mime = mime;
	content->conf = conf;
	for (uint32_t i = 0; i < smime_mime_part_count(mime); i++) {
		const struct smime_part *p = smime_mime_part(mime, i);
		bool text = strcmp(p->type, "text") == 0;

		if (p->child_count > 0)
			continue;
		SMIME_TRY(add_item(content, i, text && !has_body));
		has_body = has_body || text;
	}
	/* Entries do not move any more. */
	for (size_t i = 0; i < content->count; i++)
		content->entry[i].item.name = (const char *)content->entry[i].name.data;
	*out = content;
	content = NULL;
	return SMIME_OK;
}

void
policy_content_free(struct policy_content **content)
{
	struct policy_content *c = *content;

	*content = NULL;
	if (!c)
		return;
	for (size_t i = 0; i < c->count; i++) {
		smime_buf_reset(&c->entry[i].name);
		smime_spool_free(&c->entry[i].octets);
		smime_spool_free(&c->entry[i].text);
		smime_spool_free(&c->entry[i].plain);
		free(c->entry[i].filetype);
	}
	policy_filetypes_free(&c->filetypes);
	free(c->entry);
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

static enum smime_status
decode(struct policy_content *content, struct entry *e)
{
	SMIME_AUTO(smime_spool) spool = NULL;
	enum smime_status status;

	SMIME_TRY(smime_spool_new(content->conf, &spool));
	status = smime_part_decode(content->mime, e->item.part, smime_spool_stage(spool), NULL);
	if (status == SMIME_E_SYSTEM)
		return status;
	e->decoded = true;
	e->broken = status != SMIME_OK;
	if (!e->broken) {
		e->octets = spool;
		spool = NULL;
	}
	return SMIME_OK;
}

enum smime_status
policy_content_octets(struct policy_content *content, size_t i, struct smime_bytes *out)
{
	struct entry *e = &content->entry[i];

	if (!e->decoded)
		SMIME_TRY(decode(content, e));
	if (e->octets)
		return smime_spool_view(e->octets, out, NULL);
	*out = smime_mime_part(content->mime, e->item.part)->body;
	return SMIME_OK;
}

static enum smime_status
convert(struct policy_content *content, struct entry *e, struct smime_bytes octets)
{
	const struct smime_field *type =
	    smime_mime_find(content->mime, e->item.part, "Content-Type", 0);
	SMIME_AUTO(smime_spool) spool = NULL;
	SMIME_AUTO_BUF charset = { 0 };
	bool found = false, good = true;

	if (type)
		SMIME_TRY(smime_value_param(type->value, "charset", &charset, &found));
	SMIME_TRY(smime_buf_terminate(&charset));
	SMIME_TRY(smime_spool_new(content->conf, &spool));
	SMIME_TRY(policy_to_utf8(found ? (const char *)charset.data : "", octets, spool, &good));
	e->converted = true;
	e->broken = e->broken || !good;
	if (good) {
		e->text = spool;
		spool = NULL;
	}
	return SMIME_OK;
}

enum smime_status
policy_content_text(struct policy_content *content, size_t i, struct smime_bytes *out)
{
	struct entry *e = &content->entry[i];

	SMIME_TRY(policy_content_octets(content, i, out));
	if (strcmp(e->item.type, "text") != 0)
		return SMIME_OK;
	if (!e->converted)
		SMIME_TRY(convert(content, e, *out));
	return e->text ? smime_spool_view(e->text, out, NULL) : SMIME_OK;
}

enum smime_status
policy_content_plain(struct policy_content *content, size_t i, struct smime_bytes *out)
{
	struct entry *e = &content->entry[i];
	struct smime_bytes text;

	*out = smime_bytes(NULL, 0);
	if (strcmp(e->item.type, "text") != 0 || strcmp(e->item.subtype, "html") != 0)
		return SMIME_OK;
	if (!e->stripped) {
		SMIME_TRY(policy_content_text(content, i, &text));
		SMIME_TRY(smime_spool_new(content->conf, &e->plain));
		SMIME_TRY(policy_strip_html(text, e->plain));
		e->stripped = true;
	}
	return smime_spool_view(e->plain, out, NULL);
}

enum smime_status
policy_content_filetype(struct policy_content *content, size_t i, const char **out)
{
	struct entry *e = &content->entry[i];
	struct smime_bytes octets;

	if (!e->filetype) {
		if (!content->filetypes)
			SMIME_TRY(policy_filetypes_new(&content->filetypes));
		SMIME_TRY(policy_content_octets(content, i, &octets));
		e->filetype = strdup(policy_filetypes_detect(content->filetypes, octets));
		policy_content_release(content, i);
	}
	*out = e->filetype;
	return e->filetype ? SMIME_OK : SMIME_E_SYSTEM;
}

void
policy_content_release(struct policy_content *content, size_t i)
{
	struct entry *e = &content->entry[i];

	if (e->octets)
		smime_spool_release(e->octets);
	if (e->text)
		smime_spool_release(e->text);
	if (e->plain)
		smime_spool_release(e->plain);
}

static bool
is_ambiguous(const struct policy_content *content)
{
	return smime_mime_flags_below(content->mime, 0) & SMIME_MIME_AMBIGUOUS;
}

static bool
is_blank(struct smime_bytes in)
{
	for (size_t i = 0; i < in.len; i++)
		if (in.data[i] > ' ')
			return false;
	return true;
}

bool
policy_content_is_partial(const struct policy_content *content)
{
	bool partial = is_ambiguous(content);

	for (uint32_t i = 0; !partial && i < smime_mime_part_count(content->mime); i++) {
		const struct smime_part *p = smime_mime_part(content->mime, i);

		partial = !is_blank(p->preamble) || !is_blank(p->epilogue);
	}
	return partial;
}

enum smime_status
policy_content_valid(struct policy_content *content, bool *out)
{
	*out = !is_ambiguous(content);
	for (size_t i = 0; *out && i < content->count; i++) {
		struct smime_bytes unused;

		SMIME_TRY(policy_content_text(content, i, &unused));
		policy_content_release(content, i);
		*out = !content->entry[i].broken;
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
	uint32_t parts = smime_mime_part_count(content->mime);
	uint64_t *total = calloc(parts, sizeof *total);

	*out = 0;
	if (!total)
		return SMIME_E_SYSTEM;
	for (size_t i = 0; i < content->count; i++)
		total[content->entry[i].item.part] = counts[i];
	/* Children stand behind their parents. */
	for (uint32_t i = parts; i-- > 1;) {
		uint32_t up = smime_mime_part(content->mime, i)->parent;
		const struct smime_part *p = smime_mime_part(content->mime, up);

		if (strcmp(p->type, "multipart") != 0 || strcmp(p->subtype, "alternative") != 0)
			total[up] += total[i];
		else if (total[up] < total[i])
			total[up] = total[i];
	}
	*out = total[0];
	free(total);
	return SMIME_OK;
}
