/* outcome.h - making an outcome; policy/process.h is for those who read it. */
#ifndef POLICY_OUTCOME_H
#define POLICY_OUTCOME_H

#include "policy/process.h"

/* Which of a message's recipients; indexes. */
struct policy_some {
	size_t *item;
	size_t count;
};

/* Each copies what it is given and fails with SMIME_E_SYSTEM only. */

/* The whole message is answered so; text is cleaned. */
SMIME_MUST_USE enum smime_status policy_outcome_answer(struct policy_outcome *outcome,
    enum policy_reply reply, const char *code, const char *xcode, const char *text);

/* These recipients of the splinter are refused; the plan says so as well. */
SMIME_MUST_USE enum smime_status policy_outcome_bounce(struct policy_outcome *outcome,
    struct policy_splinter *splinter, const char *xcode, const char *text);

/* The splinter's recipients get nothing; the plan says so as well. */
SMIME_MUST_USE enum smime_status policy_outcome_drop(
    struct policy_outcome *outcome, struct policy_splinter *splinter);

/* A new copy, borrowed until the next one is made. */
SMIME_MUST_USE enum smime_status policy_outcome_copy(struct policy_outcome *outcome,
    const struct policy_splinter *splinter, enum policy_treatment treatment,
    const struct policy_some *recipients, struct policy_copy **out);

/* One message more of ours; takes *octets over. */
SMIME_MUST_USE enum smime_status policy_outcome_notice(
    struct policy_outcome *outcome, const char *to, struct smime_spool **octets);

/* Take the last copy back. */
void policy_outcome_uncopy(struct policy_outcome *outcome);

/* Whether one transaction can carry both: the same octets, and nothing sealed. */
bool policy_copies_are_alike(const struct policy_copy *a, const struct policy_copy *b);

/* All copies, bounces and drops are in: what to answer, and which copy stays in place. */
SMIME_MUST_USE enum smime_status policy_outcome_settle(struct policy_outcome *outcome);

#endif
