/* work.h - one message in work, between process.c and the files that make its copies. */
#ifndef POLICY_WORK_H
#define POLICY_WORK_H

#include "outcome.h"
#include "policy/keystore.h"

struct policy_work {
	const struct policy_process *process;
	const struct policy_message *message;
	struct smime_mime *mime;        /* as received */
	struct smime_mime *opened_mime; /* the opened entity; NULL when it was not changed */
	struct policy_outcome *outcome; /* in the making */
	struct smime_diag *diag;
};

/* Its root is the entity that leaves when nothing is sealed. */
static inline const struct smime_mime *
policy_work_entity(const struct policy_work *work)
{
	return work->opened_mime ? work->opened_mime : work->mime;
}

/*
 * Copies for a splinter that is to be sealed with its profile: who can read which, missing keys,
 * hidden recipients (copies.c). What sealing refuses becomes a bounce. SMIME_E_SYSTEM.
 */
SMIME_MUST_USE enum smime_status policy_make_sealed(
    struct policy_work *work, struct policy_splinter *splinter);

/* One copy as it is, opened or untouched. SMIME_E_SYSTEM. */
SMIME_MUST_USE enum smime_status policy_make_clear(struct policy_work *work,
    const struct policy_splinter *splinter, const struct policy_some *recipients);

/* The line of DESIGN section 9 into outcome->record (record.c). */
SMIME_MUST_USE enum smime_status policy_record_line(const struct policy_message *message,
    const struct smime_diag *failure, struct policy_outcome *outcome);

#endif
