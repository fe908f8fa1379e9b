/* own.h - an own certificate on its way into the database. */
#ifndef CTL_OWN_H
#define CTL_OWN_H

#include "ctl.h"

struct ctl_own {
	struct smime_cert *cert;
	struct smime_certs chain;
	struct smime_buf key; /* what column private_key will hold; secret */
	bool require_fqdn;
};

void ctl_own_reset(struct ctl_own *own);
#define CTL_AUTO_OWN __attribute__((cleanup(ctl_own_reset))) struct ctl_own

/* A new row; never replaces one. Checks what require_fqdn asks for. */
SMIME_MUST_USE enum smime_status ctl_own_store(
    struct ctl *ctl, const char *name, struct ctl_own *own);

/* Private keys are never stored in clear: SMIME_E_NOKEY when there is no passphrase. */
SMIME_MUST_USE enum smime_status ctl_need_passphrase(struct ctl *ctl);

/* Tell what was stored. EX_OK. */
int ctl_own_told(const char *name, const struct ctl_own *own);

/* What a row of certificate holds; *found is false when there is none of that name. */
SMIME_MUST_USE enum smime_status ctl_own_load(
    struct ctl *ctl, const char *name, struct ctl_own *out, bool *found);

#endif
