/* parcel.h - hand one thing over to the re-injection listener, journalled. */
#ifndef GATEWAY_PARCEL_H
#define GATEWAY_PARCEL_H

#include "attempt.h"
#include "mta.h"
#include "policy/header.h"
#include "smtp_client.h"

/* Where things go, and on whose behalf. */
struct gateway_way {
	const struct gateway_site *site;
	const char *hostname;    /* ours, as the world knows it */
	struct gateway_mta *mta; /* hears of us meanwhile */
	const struct policy_message *message;
	struct gateway_attempt *attempt;
};

/* The octets. */
struct gateway_parcel {
	const char *received;               /* a field of ours, before all others; NULL: none */
	const struct policy_header *header; /* NULL: body holds the header too */
	struct smime_spool *body;
	uint64_t body_at;
};

/* The hop that brought us the message: its own Received field is the MTA's and not shown to us, and
 * a copy's will only tell of this machine (RFC 5321 s4.4). A field, appended. */
SMIME_MUST_USE enum smime_status gateway_parcel_received(
    const struct policy_message *message, const char *hostname, struct smime_buf *out);

/*
 * Fills the rest of mail, which has its envelope; who stands there was added to the attempt.
 * Returns as gateway_smtp_send() does, when the journal has it.
 */
SMIME_MUST_USE enum smime_status gateway_parcel_hand_over(const struct gateway_way *way,
    struct gateway_smtp_mail *mail, struct gateway_parcel *parcel,
    struct gateway_smtp_result *result, struct smime_diag *diag);

#endif
