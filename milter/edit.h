/* edit.h - what one copy of a message is to become, as commit and re-injection need it. */
#ifndef GATEWAY_EDIT_H
#define GATEWAY_EDIT_H

#include "policy/header.h"
#include "policy/process.h"

struct gateway_edit {
	struct policy_header *header; /* fates set; owned */
	struct smime_spool *entity;   /* NULL: the body stays */
	size_t body_at;               /* where entity's body begins */
	const size_t *recipients;     /* who gets it: indexes into the message's */
	size_t recipient_count;
	const char *quarantine; /* reason; NULL: none */
	bool decrypted;         /* policy_copy's */
};

/* From policy's copy (borrowed, as is message). SMIME_E_LIMIT: too many header fields. */
SMIME_MUST_USE enum smime_status gateway_edit_make(const struct policy_message *message,
    const struct policy_copy *copy, struct gateway_edit *out, struct smime_diag *diag);
void gateway_edit_reset(struct gateway_edit *edit);

/* Octets of the edited message, about: what the MTA will have to store. */
uint64_t gateway_edit_size(const struct policy_message *message, const struct gateway_edit *edit);

#endif
