/* rule_tests_content.c - tests that look at decoded bodies and attachments.  FILTERS: rules,
 * semantics. A threshold is the least number of matches summed over parts. Where the structure can
 * be read in more than one way the raw octets are looked at, too, so that nothing hides. */
#include "filetype.h"
#include "protected.h"
#include "rule_count.h"
#include "rule_readings.h"

#include <stdlib.h>

enum scope {
	BODY,
	ATTACHMENTS,
	ALL,
};

static bool
in_scope(enum scope scope, const struct policy_item *item)
{
	return scope == ALL || item->body == (scope == BODY);
}

/* Of items and of what messages inside are about; subjects stand behind the items. */
static enum smime_status
count_all(struct policy_eval *e, const struct policy_test *t, enum scope scope, bool octets,
    uint64_t *counts)
{
	struct policy_content *content = e->facts->content;
	size_t items = policy_content_count(content);

	for (size_t i = 0; i < items; i++)
		if (in_scope(scope, policy_content_item(content, i)))
			SMIME_TRY(policy_count_item(e, t, i, octets, &counts[i]));
	for (size_t i = 0; !octets && scope != BODY && i < policy_content_subject_count(content);
	     i++)
		SMIME_TRY(policy_count_value(
		    e, t, policy_content_subject(content, i), &counts[items + i]));
	return SMIME_OK;
}

static enum smime_status
sum(struct policy_eval *e, const struct policy_test *t, enum scope scope, bool octets, bool *out)
{
	struct policy_content *content = e->facts->content;
	size_t most = policy_content_count(content) + policy_content_subject_count(content);
	uint64_t *counts = calloc(most + 1, sizeof *counts), total = 0, raw = 0;
	enum smime_status status = counts ? count_all(e, t, scope, octets, counts) : SMIME_E_SYSTEM;

	if (status == SMIME_OK)
		status = policy_content_total(content, counts, &total);
	free(counts);
	SMIME_TRY(status);
	if (total < policy_threshold(t) && policy_content_is_partial(content))
		SMIME_TRY(policy_count(e, t, policy_content_raw(content), &raw));
	*out = total >= policy_threshold(t) || raw >= policy_threshold(t);
	return SMIME_OK;
}

enum smime_status
policy_ask_body_contains(struct policy_eval *e, const struct policy_test *t, bool *out)
{
	return sum(e, t, ALL, false, out);
}

enum smime_status
policy_ask_only_body_contains(struct policy_eval *e, const struct policy_test *t, bool *out)
{
	return sum(e, t, BODY, false, out);
}

enum smime_status
policy_ask_attachment_contains(struct policy_eval *e, const struct policy_test *t, bool *out)
{
	return sum(e, t, ATTACHMENTS, false, out);
}

enum smime_status
policy_ask_attachment_binary_contains(struct policy_eval *e, const struct policy_test *t, bool *out)
{
	return sum(e, t, ATTACHMENTS, true, out);
}

/* A message without attachments has none that lacks it, but that is not what is asked. */
enum smime_status
policy_ask_every_attachment_contains(struct policy_eval *e, const struct policy_test *t, bool *out)
{
	struct policy_content *content = e->facts->content;
	bool some = false, all = true;

	for (size_t i = 0; all && i < policy_content_count(content); i++) {
		uint64_t count;

		if (policy_content_item(content, i)->body)
			continue;
		some = true;
		SMIME_TRY(policy_count_item(e, t, i, false, &count));
		all = count >= policy_threshold(t);
	}
	*out = some && all;
	return SMIME_OK;
}

/* The header is text, too. */
static enum smime_status
header_is_text(struct policy_eval *e, bool *out)
{
	struct policy_header *header;

	*out = true;
	SMIME_TRY(policy_eval_header(e, &header));
	for (size_t i = 0; i < header->count && *out; i++) {
		SMIME_AUTO_WORDS words = { 0 };
		SMIME_AUTO_BUF unused = { 0 };

		if (header->field[i].fate == POLICY_FIELD_REMOVED)
			continue;
		SMIME_TRY(smime_words_read(policy_header_value(&header->field[i]), &words));
		SMIME_TRY(smime_words_utf8(&words, NULL, &unused, out));
	}
	return SMIME_OK;
}

enum smime_status
policy_ask_valid(struct policy_eval *e, const struct policy_test *t, bool *out)
{
	(void)t;
	SMIME_TRY(header_is_text(e, out));
	return *out ? policy_content_valid(e->facts->content, out) : SMIME_OK;
}

/* ---- what attachments are ---- */

/* Calls ask for each attachment until one answers yes. */
static enum smime_status
any_attachment(struct policy_eval *e, const struct policy_test *t,
    enum smime_status (*ask)(
	struct policy_eval *e, const struct policy_test *t, size_t i, bool *out),
    bool *out)
{
	for (size_t i = 0; i < policy_content_count(e->facts->content) && !*out; i++)
		if (!policy_content_item(e->facts->content, i)->body)
			SMIME_TRY(ask(e, t, i, out));
	return SMIME_OK;
}

static enum smime_status
has_name(struct policy_eval *e, const struct policy_test *t, size_t i, bool *out)
{
	const struct policy_item *item = policy_content_item(e->facts->content, i);

	if (item->name_count == 0)
		return policy_ask_pattern(e, t->pattern, smime_bytes("", 0), out);
	for (size_t k = 0; k < item->name_count && !*out; k++)
		SMIME_TRY(policy_try_words(e, t, &item->names[k], policy_try_pattern, out));
	return SMIME_OK;
}

enum smime_status
policy_ask_attachment_filename(struct policy_eval *e, const struct policy_test *t, bool *out)
{
	return any_attachment(e, t, has_name, out);
}

/* "text/plain", a type and "*" behind its slash, or "*" alone. */
static enum smime_status
has_type(struct policy_eval *e, const struct policy_test *t, size_t i, bool *out)
{
	const struct policy_item *item = policy_content_item(e->facts->content, i);
	struct smime_bytes want = smime_bytes_str(t->value.text);
	SMIME_AUTO_BUF declared = { 0 };

	SMIME_TRY(smime_buf_appendf(&declared, "%s/%s", item->type, item->subtype));
	SMIME_TRY(policy_saw(e, smime_buf_bytes(&declared)));
	if (want.data[want.len - 1] == '*') {
		want.len--;
		declared.len = want.len < declared.len ? want.len : declared.len;
	}
	*out = smime_bytes_equal_nocase(want, smime_buf_bytes(&declared));
	return SMIME_OK;
}

enum smime_status
policy_ask_attachment_type(struct policy_eval *e, const struct policy_test *t, bool *out)
{
	return any_attachment(e, t, has_type, out);
}

enum smime_status
policy_ask_attachment_mimetype(struct policy_eval *e, const struct policy_test *t, bool *out)
{
	return any_attachment(e, t, has_type, out);
}

static enum smime_status
has_size(struct policy_eval *e, const struct policy_test *t, size_t i, bool *out)
{
	struct smime_bytes octets;

	SMIME_TRY(policy_content_octets(e->facts->content, i, &octets));
	policy_content_release(e->facts->content, i);
	*out = policy_compare(t, octets.len);
	return policy_saw_number(e, octets.len);
}

enum smime_status
policy_ask_attachment_size(struct policy_eval *e, const struct policy_test *t, bool *out)
{
	return any_attachment(e, t, has_size, out);
}

static enum smime_status
has_filetype(struct policy_eval *e, const struct policy_test *t, size_t i, bool *out)
{
	const char *type;

	SMIME_TRY(policy_content_filetype(e->facts->content, i, &type));
	SMIME_TRY(policy_saw(e, smime_bytes_str(type)));
	*out = policy_filetype_is(t->value.text, type);
	return SMIME_OK;
}

enum smime_status
policy_ask_attachment_filetype(struct policy_eval *e, const struct policy_test *t, bool *out)
{
	return any_attachment(e, t, has_filetype, out);
}

static enum smime_status
is_protected(struct policy_eval *e, const struct policy_test *t, size_t i, bool *out)
{
	struct smime_bytes octets;

	(void)t;
	SMIME_TRY(policy_content_octets(e->facts->content, i, &octets));
	*out = policy_is_protected(octets);
	policy_content_release(e->facts->content, i);
	return policy_saw(e, smime_bytes_str(policy_content_item(e->facts->content, i)->name));
}

enum smime_status
policy_ask_attachment_protected(struct policy_eval *e, const struct policy_test *t, bool *out)
{
	return any_attachment(e, t, is_protected, out);
}

static enum smime_status
is_unprotected(struct policy_eval *e, const struct policy_test *t, size_t i, bool *out)
{
	SMIME_TRY(is_protected(e, t, i, out));
	*out = !*out;
	return SMIME_OK;
}

enum smime_status
policy_ask_attachment_unprotected(struct policy_eval *e, const struct policy_test *t, bool *out)
{
	return any_attachment(e, t, is_unprotected, out);
}
