/* privileges.h - give up what the daemon does not need. */
#ifndef GATEWAY_PRIVILEGES_H
#define GATEWAY_PRIVILEGES_H

#include "smime/status.h"

/* Become "USER[:GROUP]", for good; without GROUP the user's own. SMIME_E_UNSUPPORTED: there is no
 * such user or group. */
SMIME_MUST_USE enum smime_status gateway_become(const char *user, struct smime_diag *diag);

/* No core file, no ptrace and no /proc/PID/mem for others: keys are in our memory. After
 * gateway_become(), which resets it. */
SMIME_MUST_USE enum smime_status gateway_hide_memory(struct smime_diag *diag);

#endif
