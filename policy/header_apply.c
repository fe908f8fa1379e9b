/* header_apply.c - carry edits out on a header. */
#include "policy/header.h"
#include "policy/plan.h"

static enum smime_status
insert(struct policy_header *header, const struct policy_edit *edit, enum policy_fate where)
{
	return policy_header_add(header, edit->name, smime_bytes_str(edit->value), where);
}

static enum smime_status
apply_one(struct policy_header *header, const struct policy_edit *edit)
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
		break;
	}
	return SMIME_E_UNSUPPORTED;
}

enum smime_status
policy_header_apply(
    struct policy_header *header, const struct policy_edits *edits, struct smime_diag *diag)
{
	for (size_t i = 0; i < edits->count; i++)
		if (apply_one(header, &edits->item[i]) != SMIME_OK)
			return smime_fail(diag, SMIME_E_SYSTEM, NULL,
			    "cannot edit the header field %s", edits->item[i].name);
	return SMIME_OK;
}
