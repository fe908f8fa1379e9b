/* commit.h - carry an outcome out on the message that the MTA holds. */
#ifndef GATEWAY_COMMIT_H
#define GATEWAY_COMMIT_H

#include "mta.h"
#include "policy/header.h"
#include "policy/message.h"
#include "smime/bytes.h"

/* What one copy of a message is to become, as commit and re-injection need it. */
struct gateway_edit {
	const struct policy_header *header; /* fates set */
	struct smime_spool *entity;         /* NULL: the body stays */
	size_t body_at;                     /* where entity's body begins */
	const size_t *recipients;           /* who gets it: indexes into the message's */
	size_t recipient_count;
	const char *quarantine; /* reason; NULL: none */
};

/*
 * Ask the MTA for everything that edit says, in the one order that both MTAs obey: header fields
 * from the last to the first, new fields, recipients, quarantine, and then the body without a
 * break. Nothing is asked when nothing has to change.
 *
 * SMIME_E_SYSTEM: the message is half edited, and the only right answer is 4xx: the MTA then throws
 * its edited file away.
 */
SMIME_MUST_USE enum smime_status gateway_commit(struct gateway_mta *mta,
    const struct policy_message *message, const struct gateway_edit *edit, struct smime_diag *diag);

#endif
