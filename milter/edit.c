/* edit.c - what one copy of a message is to become, as commit and re-injection need it. */
#include "edit.h"

void
gateway_edit_reset(struct gateway_edit *edit)
{
	policy_header_free(&edit->header);
}

enum smime_status
gateway_edit_make(const struct policy_message *message, const struct policy_copy *copy,
    struct gateway_edit *out, struct smime_diag *diag)
{
	struct smime_bytes view;

	*out = (struct gateway_edit){
		.entity = copy->entity,
		.recipients = copy->recipients,
		.recipient_count = copy->recipient_count,
		.quarantine = copy->quarantine,
		.decrypted = copy->decrypted,
	};
	SMIME_TRY(smime_spool_view(message->spool, &view, diag));
	SMIME_TRY(policy_header_read(view, &out->header, diag));
	SMIME_TRY(policy_header_apply(out->header, &copy->edits, diag));
	if (!copy->entity)
		return SMIME_OK;
	SMIME_TRY(smime_spool_view(copy->entity, &view, diag));
	return policy_header_swap_mime(out->header, view, &out->body_at, diag);
}

/* Added fields are few and short beside what the entity's own fields replace. */
uint64_t
gateway_edit_size(const struct policy_message *message, const struct gateway_edit *edit)
{
	if (!edit->entity)
		return smime_spool_size(message->spool);
	return smime_spool_size(edit->entity) + edit->header->body_at;
}
