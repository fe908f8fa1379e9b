/* commit.h - carry an outcome out on the message that the MTA holds. */
#ifndef GATEWAY_COMMIT_H
#define GATEWAY_COMMIT_H

#include "edit.h"
#include "mta.h"

/*
 * Ask the MTA for everything that edit says, in the one order that both MTAs obey: header fields
 * from the last to the first, new fields, recipients, sender, quarantine, and then the body without
 * a break. Nothing is asked when nothing has to change.
 *
 * SMIME_E_SYSTEM: the message is half edited, and the only right answer is 4xx: the MTA then throws
 * its edited file away.
 */
SMIME_MUST_USE enum smime_status gateway_commit(struct gateway_mta *mta,
    const struct policy_message *message, const struct gateway_edit *edit, struct smime_diag *diag);

#endif
