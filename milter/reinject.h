/* reinject.h - hand copies and bounces back to the MTA before this message is touched. */
#ifndef GATEWAY_REINJECT_H
#define GATEWAY_REINJECT_H

#include "attempt.h"
#include "smtp_client.h"

struct gateway_reinjection {
	struct gateway *gateway;
	struct gateway_mta *mta; /* hears of us meanwhile */
	const struct policy_message *message;
	const struct gateway_judgement *judgement;
	size_t in_place; /* the copy that this message becomes: not handed over */
	struct gateway_attempt *attempt;
};

/* Kinds of things that are journalled. */
#define GATEWAY_COPY   "copy"
#define GATEWAY_BOUNCE "bounce"

/*
 * All copies but one, a report to the sender for each bounce, and all notices. Copies and bounces
 * for nobody (all were left out: gateway_attempt_skip) are passed over. Returns when the MTA
 * has taken responsibility for every one of them, and the journal has them.
 *
 * SMIME_E_UNSUPPORTED  the MTA refuses one for good; refusal says how. SMIME_E_SYSTEM: not now.
 * SMIME_E_LIMIT        one grew over the limit.
 * After a failure the client must be made to try again: what was handed over by then is in the
 * journal and will not be again.
 */
typedef enum smime_status gateway_reinject_what(const struct gateway_reinjection *reinjection,
    struct gateway_smtp_result *refusal, struct smime_diag *diag);
SMIME_MUST_USE gateway_reinject_what gateway_reinject;

/* The notices alone: for a message that is refused or discarded. */
SMIME_MUST_USE gateway_reinject_what gateway_reinject_notices;

#endif
