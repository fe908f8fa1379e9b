/* header_apply.c - carry edits out on a header.
 * edit-header-text works on the value as it stands, folds included, so that what it does not match
 * keeps its octets; where nothing matches, on what its encoded words say. What an action writes is
 * encoded (RFC 2047) when it is no ASCII. A pattern that runs away is SMIME_E_LIMIT. */
#include "pattern.h"
#include "policy/header.h"
#include "policy/plan.h"
#include "smime/mime.h"
#include "smime/words.h"

#include <strings.h>

/* ---- text beyond ASCII ---- */

/* Fields whose syntax encoded words would break: what is beyond ASCII in them is an address. */
static bool
holds_addresses(const char *name)
{
	static const char *const names[] = { "From", "Sender", "Reply-To", "To", "Cc", "Bcc",
		"Resent-From", "Resent-Sender", "Resent-To", "Resent-Cc", "Resent-Bcc" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcasecmp(name, names[i]) == 0)
			return true;
	return false;
}

/* From the first word to the last that hold octets over 127; from == to: none does. */
static void
beyond_ascii(struct smime_bytes value, size_t *from, size_t *to)
{
	*from = 0;
	*to = value.len;
	while (*from < value.len && value.data[*from] < 0x80)
		(*from)++;
	while (*to > *from && value.data[*to - 1] < 0x80)
		(*to)--;
	if (*from == *to)
		return;
	while (*from > 0 && value.data[*from - 1] > ' ')
		(*from)--;
	while (*to < value.len && value.data[*to] > ' ')
		(*to)++;
}

/* The text of an action as a field holds it (RFC 2047 s5), appended. */
static enum smime_status
encode(const char *name, struct smime_bytes value, struct smime_buf *out)
{
	size_t from, to;

	beyond_ascii(value, &from, &to);
	if (from == to || holds_addresses(name))
		return smime_buf_append(out, value.data, value.len);
	SMIME_TRY(smime_buf_append(out, value.data, from));
	SMIME_TRY(smime_words_encode(smime_bytes_slice(value, from, to), out));
	return smime_buf_append(out, value.data + to, value.len - to);
}

/* ---- edits ---- */

static enum smime_status
insert(struct policy_header *header, const struct policy_edit *edit, enum policy_fate where)
{
	SMIME_AUTO_BUF value = { 0 };

	SMIME_TRY(encode(edit->name, smime_bytes_str(edit->value), &value));
	return policy_header_add(header, edit->name, smime_buf_bytes(&value), where);
}

/* The pattern and the replacement of one edit at work. */
struct replacing {
	const struct policy_edit *edit;
	const struct policy_pattern *pattern;
	struct policy_matcher *matcher;
	struct smime_diag *diag;
};

static enum smime_status
replace(const struct replacing *r, struct smime_bytes value, struct smime_buf *out, bool *changed)
{
	SMIME_TRY(
	    policy_pattern_replace(r->pattern, r->matcher, value, r->edit->value, out, r->diag));
	*changed = !smime_bytes_equal(value, smime_buf_bytes(out));
	return SMIME_OK;
}

/* As it stands, so that what does not match keeps its octets; else as it reads. */
static enum smime_status
replace_in(struct policy_header *header, size_t i, const struct replacing *r)
{
	struct smime_bytes value = policy_header_value(&header->field[i]);
	SMIME_AUTO_BUF text = { 0 };
	SMIME_AUTO_BUF new_text = { 0 };
	SMIME_AUTO_BUF new_value = { 0 };
	bool changed;

	SMIME_TRY(replace(r, value, &new_text, &changed));
	if (!changed && value.len > 0 && memmem(value.data, value.len, "=?", 2)) {
		new_text.len = 0;
		SMIME_TRY(smime_value_text(value, &text));
		SMIME_TRY(replace(r, smime_buf_bytes(&text), &new_text, &changed));
	}
	if (!changed)
		return SMIME_OK;
	SMIME_TRY(encode(r->edit->name, smime_buf_bytes(&new_text), &new_value));
	return policy_header_change(header, i, smime_buf_bytes(&new_value));
}

static enum smime_status
replace_text(struct policy_header *header, const struct policy_edit *edit, struct smime_diag *diag)
{
	SMIME_AUTO(policy_pattern) pattern = NULL;
	SMIME_AUTO(policy_matcher) matcher = NULL;
	struct replacing r = { .edit = edit, .diag = diag };

	SMIME_TRY(policy_pattern_new(edit->pattern, false, &pattern, diag));
	SMIME_TRY(policy_matcher_new(0, &matcher));
	r.pattern = pattern;
	r.matcher = matcher;
	for (size_t i = 0; i < header->count; i++)
		if (header->field[i].fate != POLICY_FIELD_REMOVED &&
		    strcasecmp(header->field[i].name, edit->name) == 0)
			SMIME_TRY(replace_in(header, i, &r));
	return SMIME_OK;
}

static enum smime_status
apply_one(struct policy_header *header, const struct policy_edit *edit, struct smime_diag *diag)
{
	switch (edit->kind) {
	case POLICY_EDIT_INSERT:
		return insert(header, edit, POLICY_FIELD_ADDED);
	case POLICY_EDIT_STRIP:
		policy_header_remove(header, edit->name);
		return SMIME_OK;
	case POLICY_EDIT_RESULTS:
		policy_header_remove_results(header, edit->pattern);
		return edit->value ? insert(header, edit, POLICY_FIELD_ON_TOP) : SMIME_OK;
	case POLICY_EDIT_TEXT:
		return replace_text(header, edit, diag);
	}
	return SMIME_E_UNSUPPORTED;
}

enum smime_status
policy_header_apply(
    struct policy_header *header, const struct policy_edits *edits, struct smime_diag *diag)
{
	for (size_t i = 0; i < edits->count; i++) {
		struct smime_diag why = { 0 };
		enum smime_status status = apply_one(header, &edits->item[i], &why);

		if (status == SMIME_E_LIMIT)
			return smime_fail(diag, status, why.token, "header field %s: %s",
			    edits->item[i].name, why.text);
		if (status != SMIME_OK)
			return smime_fail(diag, SMIME_E_SYSTEM, NULL,
			    "cannot edit the header field %s", edits->item[i].name);
	}
	return SMIME_OK;
}
