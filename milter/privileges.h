/* privileges.h - give up what the daemon does not need. */
#ifndef GATEWAY_PRIVILEGES_H
#define GATEWAY_PRIVILEGES_H

#include "smime/status.h"

/* Become "USER[:GROUP]", for good; without GROUP the user's own. SMIME_E_UNSUPPORTED: there is no
 * such user or group. */
SMIME_MUST_USE enum smime_status gateway_become(const char *user, struct smime_diag *diag);

#endif
