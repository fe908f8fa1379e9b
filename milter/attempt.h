/* attempt.h - one attempt of a client at a message, and what earlier ones have sent already: the
 * journal (policy/journal.c has the table of its states), as one message sees it. */
#ifndef GATEWAY_ATTEMPT_H
#define GATEWAY_ATTEMPT_H

#include "gateway.h"

struct gateway_attempt;

/* Kinds of things that are journalled. */
#define GATEWAY_COPY   "copy"
#define GATEWAY_BOUNCE "bounce"

/*
 * gateway, message  borrowed; their journal may be NULL, the message without Message-ID: then
 *                   nothing is known and nothing noted, because a duplicate is better than a loss.
 * queue_ids         borrowed; queue ids are appended, "a,b"; in brackets: sent by an earlier
 *                   attempt.
 * SMIME_E_SYSTEM.
 */
SMIME_MUST_USE enum smime_status gateway_attempt_new(struct gateway *gateway,
    const struct policy_message *message, struct smime_buf *queue_ids, struct gateway_attempt **out,
    struct smime_diag *diag);
void gateway_attempt_free(struct gateway_attempt **attempt);

/* What earlier attempts made of a recipient. */
enum gateway_fate {
	GATEWAY_OPEN,      /* nothing that is certain: he stays in place, or is sent a copy */
	GATEWAY_SETTLED,   /* he has his copy, or the sender a report that he gets none: one line in
			      the log, and no more */
	GATEWAY_REPORTING, /* a report was begun, and may have left: no copy for him any more, but
			      the report, again */
};
SMIME_MUST_USE enum smime_status gateway_attempt_fate(struct gateway_attempt *attempt,
    const char *address, enum gateway_fate *out, struct smime_diag *diag);

/* Whether what is sent to that one address was sent by an earlier attempt. */
SMIME_MUST_USE enum smime_status gateway_attempt_was_sent(struct gateway_attempt *attempt,
    const char *kind, const char *address, bool *out, struct smime_diag *diag);

/* They stay in the message in hand: of an earlier attempt that the MTA had taken they have a copy,
 * and if there was one, the log says so. */
void gateway_attempt_stay(
    const struct gateway_attempt *attempt, const size_t *recipients, size_t count);

/* What is handed over next goes to this address, too. After all were added, before the first octet
 * leaves: begin. Those whose end an earlier attempt did not see may get it twice: a line in the log
 * for each. */
SMIME_MUST_USE enum smime_status gateway_attempt_add(struct gateway_attempt *attempt,
    const char *kind, const char *address, struct smime_diag *diag);
SMIME_MUST_USE enum smime_status gateway_attempt_begin(
    struct gateway_attempt *attempt, struct smime_diag *diag);

/* The n-th who was added (from 0) does not get what all others get: the MTA has refused him. */
void gateway_attempt_refuse_one(struct gateway_attempt *attempt, size_t n);

/* How it ended. Neither can fail the message: a journal that cannot be written now only makes the
 * next attempt, if there is one, less sure. */
void gateway_attempt_sent(struct gateway_attempt *attempt, const char *queue_id);
void gateway_attempt_refused(
    struct gateway_attempt *attempt); /* the MTA has certainly not got it */

#endif
