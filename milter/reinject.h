/* reinject.h - hand copies and bounces back to the MTA before this message is touched. */
#ifndef GATEWAY_REINJECT_H
#define GATEWAY_REINJECT_H

#include "attempt.h"
#include "refusals.h"
#include "smtp_client.h"

struct gateway_reinjection {
	struct gateway *gateway;
	struct gateway_mta *mta; /* hears of us meanwhile */
	const struct policy_message *message;
	const struct gateway_judgement *judgement;
	size_t in_place; /* the copy that this message becomes: not handed over */
	struct gateway_attempt *attempt;
	/* Who gets nothing, besides those of the judgement's bounces: one report for all of them.
	 * Those are appended whom the MTA refuses for good. */
	struct gateway_refusals *refusals;
	bool *has_left; /* set when the MTA has taken a copy or a report */
};

/*
 * All copies but one, a report to the sender for each bounce and one for the refusals, and all
 * notices. Copies and bounces for nobody (all were left out: gateway_attempt_fate) are passed over.
 * Returns when the MTA has taken responsibility for every one of them, and the journal has them.
 *
 * SMIME_E_UNSUPPORTED  the MTA refuses a report or notice for good; refusal says how.
 * SMIME_E_SYSTEM       not now.
 * SMIME_E_LIMIT        a copy is over the limit; nothing has left.
 * After a failure when something has left the client must be made to try again: what was handed
 * over by then is in the journal and will not be again.
 */
typedef enum smime_status gateway_reinject_what(const struct gateway_reinjection *reinjection,
    struct gateway_smtp_result *refusal, struct smime_diag *diag);
SMIME_MUST_USE gateway_reinject_what gateway_reinject;

/* The notices alone: for a message that is refused or discarded. */
SMIME_MUST_USE gateway_reinject_what gateway_reinject_notices;

/* The report of the refusals alone. */
SMIME_MUST_USE gateway_reinject_what gateway_reinject_report;

#endif
