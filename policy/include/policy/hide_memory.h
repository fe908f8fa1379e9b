/* policy/hide_memory.h - private keys and passphrases do not get into core files. */
#ifndef POLICY_HIDE_MEMORY_H
#define POLICY_HIDE_MEMORY_H

#include "smime/status.h"

/*
 * This process leaves no core file, cannot be read or traced by others of its user, and what it has
 * allocated stays out of a core that root takes with gcore. To be called before secrets are read,
 * and again when the user was changed: that makes the kernel forget the second one.
 *
 * SMIME_E_SYSTEM: the kernel refuses.
 */
SMIME_MUST_USE enum smime_status policy_hide_memory(struct smime_diag *diag);

#endif
