/* header_apply.c - carry edits out on a header.
 * edit-header-text works on the value as it stands, folds included: what it does not match keeps
 * its octets. */
#include "pattern.h"
#include "policy/header.h"
#include "policy/plan.h"

#include <strings.h>

static enum smime_status
insert(struct policy_header *header, const struct policy_edit *edit, enum policy_fate where)
{
	return policy_header_add(header, edit->name, smime_bytes_str(edit->value), where);
}

static enum smime_status
replace_in(struct policy_header *header, size_t i, const struct policy_edit *edit,
    const struct policy_pattern *pattern, struct policy_matcher *matcher, struct smime_diag *diag)
{
	struct smime_bytes value = policy_header_value(&header->field[i]);
	SMIME_AUTO_BUF changed = { 0 };

	SMIME_TRY(policy_pattern_replace(pattern, matcher, value, edit->value, &changed, diag));
	if (smime_bytes_equal(value, smime_buf_bytes(&changed)))
		return SMIME_OK;
	return policy_header_change(header, i, smime_buf_bytes(&changed));
}

static enum smime_status
replace_text(struct policy_header *header, const struct policy_edit *edit, struct smime_diag *diag)
{
	SMIME_AUTO(policy_pattern) pattern = NULL;
	SMIME_AUTO(policy_matcher) matcher = NULL;

	SMIME_TRY(policy_pattern_new(edit->pattern, false, &pattern, diag));
	SMIME_TRY(policy_matcher_new(0, &matcher));
	for (size_t i = 0; i < header->count; i++)
		if (header->field[i].fate != POLICY_FIELD_REMOVED &&
		    strcasecmp(header->field[i].name, edit->name) == 0)
			SMIME_TRY(replace_in(header, i, edit, pattern, matcher, diag));
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
	for (size_t i = 0; i < edits->count; i++)
		if (apply_one(header, &edits->item[i], NULL) != SMIME_OK)
			return smime_fail(diag, SMIME_E_SYSTEM, NULL,
			    "cannot edit the header field %s", edits->item[i].name);
	return SMIME_OK;
}
