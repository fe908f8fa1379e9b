/* recipients.h - splintering: which recipients of a message are treated alike. */
#ifndef POLICY_RECIPIENTS_H
#define POLICY_RECIPIENTS_H

#include "policy/plan.h"

/* Whom one message is from, and for. Borrowed. */
struct policy_envelope {
	const char *sender;
	const char **recipients;
	size_t recipient_count;
};

/* What one side of a mail policy says. */
struct policy_side {
	bool asked; /* it has members */
	bool holds;
	const char *why;     /* for the explanation */
	const char *pattern; /* of the member that decided; NULL: none alone */
};

/* A mail policy, and what it says of the message whatever the recipient. */
struct policy_route {
	const struct policy_mail_policy *policy;
	struct policy_side sender;
	struct policy_side addressed; /* recipients `all`: each of its members is */
};

/* The mail policies of a direction that some recipient of one message may fall under, in order;
 * all of them when they are to be explained. */
struct policy_routes {
	struct policy_route *item;
	size_t count;
	const struct policy_envelope *envelope;
	char *sender,
	    **recipients; /* of the envelope, as members have them: smime_mailbox_fold() */
};

/* What does not depend on the recipient is asked once. trace: may be NULL. SMIME_E_SYSTEM. */
SMIME_MUST_USE enum smime_status policy_routes_make(const struct policy_snapshot *snapshot,
    enum policy_direction direction, const struct policy_envelope *envelope,
    const struct policy_trace *trace, struct policy_routes *out);
void policy_routes_reset(struct policy_routes *routes);

/*
 * The first mail policy by position that this recipient of the envelope falls under; the
 * direction's default, which matches everybody, comes last. NULL when even that is missing. trace:
 * why it was not an earlier one.
 */
const struct policy_mail_policy *policy_routes_find(
    const struct policy_routes *routes, size_t recipient, struct policy_trace *trace);

#endif
