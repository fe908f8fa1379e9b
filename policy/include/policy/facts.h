/* policy/facts.h - all that a rule may ask about a message, found out once. */
#ifndef POLICY_FACTS_H
#define POLICY_FACTS_H

#include "policy/message.h"
#include "smime/mime.h"
#include "smime/open.h"

enum policy_direction {
	POLICY_INCOMING,
	POLICY_OUTGOING,
};

struct policy_snapshot;
struct policy_shared;
struct policy_content; /* decoded body and attachments, made when first asked for */

/* Borrowed views of one message in work; lives as long as the message's processing. */
struct policy_facts {
	const struct policy_message *message;
	enum policy_direction direction;
	const char *sender_group;     /* name of the group that matched; "" when none */
	const char *mail_flow_policy; /* its flow policy */
	const char *mail_policy;      /* "" while message filters run */
	/* The message as it now stands: opened when the flow policy says so. */
	const struct smime_mime *mime; /* whose root header is the message's header ... */
	const struct smime_mime
	    *entity_mime; /* ... and whose root is the delivered entity (may equal mime) */
	const struct smime_opened *opened; /* verdicts; NULL when nothing was opened */
	bool gateway_message;  /* rule smime-gateway-message; by form alone if not opened */
	bool gateway_verified; /* rule smime-gateway-verified */
	uint64_t body_size;    /* octets of the body as received */
	struct policy_content *content;         /* of entity_mime */
	const struct policy_snapshot *snapshot; /* its dictionaries; NULL: none */
	struct smime_buf *matched; /* gets what patterns matched ($MatchedContent); NULL: forget */
	/* Header fields as earlier actions left them (FILTERS.md: rules see them so). */
	struct policy_edits *edits;   /* policy/plan.h; NULL when none yet */
	struct policy_shared *shared; /* between rules (rule_shared.h); NULL: each begins anew */
};

#endif
