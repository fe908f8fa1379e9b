/* dsn.h - tell a sender that some recipients were refused while others got the message. RFC 3464.
 */
#ifndef GATEWAY_DSN_H
#define GATEWAY_DSN_H

#include "policy/header.h"
#include "policy/message.h"
#include "refusals.h"

struct gateway_dsn {
	const struct policy_message *message;
	const struct policy_header *header; /* of the message as it came; its fields are returned */
	const struct gateway_refusals *refusals;
	const char *hostname;   /* ours */
	const char *postmaster; /* From of the report */
	int64_t now;
};

/* Whether recipient wants to hear of failures (RFC 3461 s4.1: NOTIFY). */
bool gateway_dsn_is_wanted(const struct policy_recipient *recipient);

/*
 * Write the report, a whole message with CR LF line ends. It returns the header and never the body:
 * that may be what was to be encrypted. Recipients that do not want to hear are left out.
 */
SMIME_MUST_USE enum smime_status gateway_dsn_write(
    const struct gateway_dsn *dsn, struct smime_spool *out);

#endif
