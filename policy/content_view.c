/*
 * content_view.c - an item of a message as octets and as text, in each way that a reader might read
 * it.  RFC 2045 s6, RFC 2046 s4.1.2, RFC 3676. Each is made when a rule looks at it, once.
 * Limit: DECODED_MAX octets over all of a message.
 */
#include "content_entry.h"
#include "content_text.h"
#include "guess.h"
#include "smime/charset.h"

#include <stdlib.h>
#include <strings.h>

#define DECODED_MAX ((uint64_t)1 << 30)

static enum smime_status
count_decoded(struct policy_content *content, const struct smime_spool *spool)
{
	content->decoded_octets += smime_spool_size(spool);
	return content->decoded_octets <= DECODED_MAX ? SMIME_OK : SMIME_E_LIMIT;
}

enum smime_status
policy_content_decode(struct policy_content *content, const struct smime_mime *mime, uint32_t part,
    struct smime_spool **out, bool *agreed)
{
	SMIME_AUTO(smime_spool) spool = NULL;

	*out = NULL;
	SMIME_TRY(smime_spool_new(content->conf, &spool));
	SMIME_TRY(smime_part_decode_all(mime, part, smime_spool_stage(spool), agreed, NULL));
	SMIME_TRY(count_decoded(content, spool));
	*out = spool;
	spool = NULL;
	return SMIME_OK;
}

static bool
is_encoded(const struct policy_content_entry *e)
{
	enum smime_cte encoding = smime_mime_part(e->mime, e->part)->encoding;

	return encoding == SMIME_CTE_QP || encoding == SMIME_CTE_BASE64;
}

enum smime_status
policy_content_octets(struct policy_content *content, size_t i, struct smime_bytes *out)
{
	struct policy_content_entry *e = &content->entry[i];
	bool agreed = true;

	if (!e->decoded && is_encoded(e))
		SMIME_TRY(policy_content_decode(content, e->mime, e->part, &e->octets, &agreed));
	if (!e->decoded)
		e->broken =
		    !agreed || smime_mime_part(e->mime, e->part)->encoding == SMIME_CTE_UNKNOWN;
	e->decoded = true;
	if (e->octets)
		return smime_spool_view(e->octets, out, NULL);
	*out = smime_mime_part(e->mime, e->part)->body;
	return SMIME_OK;
}

/* ---- text ---- */

static bool
is_text(const struct policy_content_entry *e)
{
	return strcmp(e->item.type, "text") == 0;
}

/* A parameter of the item's Content-Type, appended, with a NUL behind. */
static enum smime_status
parameter(const struct policy_content_entry *e, const char *name, struct smime_buf *out)
{
	const struct smime_field *type = smime_mime_find(e->mime, e->part, "Content-Type", 0);
	bool found;

	if (type)
		SMIME_TRY(smime_value_param(type->value, name, out, &found));
	return smime_buf_terminate(out);
}

/* Into a spool of its own; counted. */
static enum smime_status
convert(struct policy_content *content, const char *charset, struct smime_bytes octets,
    struct smime_spool **out, bool *good)
{
	SMIME_AUTO(smime_spool) spool = NULL;

	*out = NULL;
	SMIME_TRY(smime_spool_new(content->conf, &spool));
	SMIME_TRY(smime_charset_push(charset, octets, smime_spool_stage(spool), good));
	SMIME_TRY(count_decoded(content, spool));
	*out = spool;
	spool = NULL;
	return SMIME_OK;
}

/* Is the label one that octets which are good UTF-8 have, too? Then they are the text. */
static bool
says_utf8(const char *charset)
{
	return strcasecmp(smime_charset_name(charset), "UTF-8") == 0;
}

/* Octets of text; what their charset says of them, and what else they may be. */
static enum smime_status
look_at_text(
    struct policy_content *content, struct policy_content_entry *e, struct smime_bytes octets)
{
	SMIME_AUTO_BUF charset = { 0 };
	const char *name;
	bool good = true, is_utf8 = smime_bytes_are_utf8(octets);
	bool is_ascii = true;

	SMIME_TRY(parameter(e, "charset", &charset));
	name = (const char *)charset.data;
	e->octets_class = policy_octets_class(octets, is_utf8);
	if (!is_text(e) && !*name) {
		e->doubtful = !is_utf8;
		return SMIME_OK;
	}
	if (says_utf8(name) && is_utf8)
		return SMIME_OK;
	SMIME_TRY(convert(content, name, octets, &e->text, &good));
	for (size_t i = 0; i < octets.len && is_ascii; i++)
		is_ascii = octets.data[i] < 0x80;
	e->broken = e->broken || (is_text(e) && !good);
	e->doubtful =
	    !good || (is_utf8 && !is_ascii) || (!smime_charset_keeps_ascii(name) && is_utf8);
	return SMIME_OK;
}

static enum smime_status
look(struct policy_content *content, struct policy_content_entry *e, struct smime_bytes octets)
{
	struct smime_bytes text = octets;

	e->converted = true;
	e->texts = is_text(e) || policy_looks_like_text(octets);
	if (!e->texts)
		return SMIME_OK;
	SMIME_TRY(look_at_text(content, e, octets));
	if (e->text)
		SMIME_TRY(smime_spool_view(e->text, &text, NULL));
	/* Some readers stop at a NUL, some leave it out. */
	e->broken = e->broken || (is_text(e) && text.len > 0 && memchr(text.data, 0, text.len));
	return SMIME_OK;
}

enum smime_status
policy_content_text(struct policy_content *content, size_t i, struct smime_bytes *out)
{
	struct policy_content_entry *e = &content->entry[i];

	SMIME_TRY(policy_content_octets(content, i, out));
	if (!e->converted)
		SMIME_TRY(look(content, e, *out));
	return e->text ? smime_spool_view(e->text, out, NULL) : SMIME_OK;
}

/* ---- other readings ---- */

static bool
is_html(const struct policy_content_entry *e, struct smime_bytes text)
{
	return e->texts && ((is_text(e) && strcmp(e->item.subtype, "html") == 0) ||
			       policy_looks_like_html(text));
}

static enum smime_status
make_plain(struct policy_content *content, struct policy_content_entry *e, size_t i)
{
	struct smime_bytes text;
	SMIME_AUTO(smime_spool) spool = NULL;

	SMIME_TRY(policy_content_text(content, i, &text));
	if (!is_html(e, text))
		return SMIME_OK;
	SMIME_TRY(smime_spool_new(content->conf, &spool));
	SMIME_TRY(policy_strip_html(text, smime_spool_stage(spool)));
	SMIME_TRY(count_decoded(content, spool));
	e->readings[POLICY_READING_PLAIN] = spool;
	spool = NULL;
	return SMIME_OK;
}

/* RFC 3676 s4.1 */
static enum smime_status
line_breaks(const struct policy_content_entry *e, enum policy_breaks *out)
{
	SMIME_AUTO_BUF delsp = { 0 };
	SMIME_AUTO_BUF format = { 0 };

	SMIME_TRY(parameter(e, "delsp", &delsp));
	SMIME_TRY(parameter(e, "format", &format));
	*out = POLICY_BREAKS_HARD;
	if (strcasecmp((const char *)delsp.data, "yes") == 0)
		*out = POLICY_BREAKS_DELSP;
	else if (strcasecmp((const char *)format.data, "flowed") == 0)
		*out = POLICY_BREAKS_FLOWED;
	return SMIME_OK;
}

/* Recursion: the bare reading asks for the plain one, which asks for none. */
static enum smime_status // NOLINTNEXTLINE(misc-no-recursion)
make_bare(struct policy_content *content, struct policy_content_entry *e, size_t i)
{
	struct smime_bytes text;
	SMIME_AUTO(smime_spool) spool = NULL;
	enum policy_breaks breaks;

	SMIME_TRY(policy_content_reading(content, i, POLICY_READING_PLAIN, &text));
	if (text.len == 0)
		SMIME_TRY(policy_content_text(content, i, &text));
	SMIME_TRY(line_breaks(e, &breaks));
	if (!e->texts || (breaks == POLICY_BREAKS_HARD && !policy_has_hidden(text)))
		return SMIME_OK;
	SMIME_TRY(smime_spool_new(content->conf, &spool));
	SMIME_TRY(policy_strip_hidden(text, breaks, smime_spool_stage(spool)));
	SMIME_TRY(count_decoded(content, spool));
	e->readings[POLICY_READING_BARE] = spool;
	spool = NULL;
	return SMIME_OK;
}

enum smime_status
policy_content_reading( // NOLINT(misc-no-recursion): see make_bare()
    struct policy_content *content, size_t i, enum policy_reading reading, struct smime_bytes *out)
{
	struct policy_content_entry *e = &content->entry[i];

	*out = smime_bytes(NULL, 0);
	if (reading == POLICY_READING_OCTETS) {
		SMIME_TRY(policy_content_text(content, i, out));
		if (!e->text || !e->doubtful)
			*out = smime_bytes(NULL, 0);
		else
			SMIME_TRY(policy_content_octets(content, i, out));
		return SMIME_OK;
	}
	if (!e->read[reading]) {
		SMIME_TRY(reading == POLICY_READING_PLAIN ? make_plain(content, e, i)
							  : make_bare(content, e, i));
		e->read[reading] = true;
	}
	return e->readings[reading] ? smime_spool_view(e->readings[reading], out, NULL) : SMIME_OK;
}

enum smime_status
policy_content_octets_class(struct policy_content *content, size_t i, bool *text, uint32_t *out)
{
	struct smime_bytes unused;

	SMIME_TRY(policy_content_text(content, i, &unused));
	*text = content->entry[i].texts;
	*out = content->entry[i].octets_class;
	return SMIME_OK;
}

enum smime_status
policy_content_guess(
    struct policy_content *content, size_t i, const char *charset, struct smime_spool **out)
{
	struct policy_content_entry *e = &content->entry[i];
	SMIME_AUTO(smime_spool) text = NULL;
	SMIME_AUTO(smime_spool) plain = NULL;
	struct smime_bytes octets, view;
	uint64_t counted;
	bool good;

	*out = NULL;
	SMIME_TRY(policy_content_octets(content, i, &octets));
	counted = content->decoded_octets;
	SMIME_TRY(convert(content, charset, octets, &text, &good));
	content->decoded_octets = counted; /* it does not stay */
	SMIME_TRY(smime_spool_view(text, &view, NULL));
	if (is_html(e, view)) {
		SMIME_TRY(smime_spool_new(content->conf, &plain));
		SMIME_TRY(policy_strip_html(view, smime_spool_stage(plain)));
	}
	*out = plain ? plain : text;
	if (plain)
		plain = NULL;
	else
		text = NULL;
	return SMIME_OK;
}

enum smime_status
policy_content_filetype(struct policy_content *content, size_t i, const char **out)
{
	struct policy_content_entry *e = &content->entry[i];
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
	struct policy_content_entry *e = &content->entry[i];

	if (e->octets)
		smime_spool_release(e->octets);
	if (e->text)
		smime_spool_release(e->text);
	for (size_t r = 0; r < POLICY_READINGS; r++)
		if (e->readings[r])
			smime_spool_release(e->readings[r]);
}
