/* keystore.h - building a keystore; policy/keystore.h is for those who ask it. */
#ifndef POLICY_KEYSTORE_BUILD_H
#define POLICY_KEYSTORE_BUILD_H

#include "harvested.h"
#include "policy/keystore.h"
#include "smime/trust.h"

/* harvested: where harvested keys are looked up; a reference is taken; NULL: nowhere. */
SMIME_MUST_USE enum smime_status policy_keystore_new(
    struct policy_harvested *harvested, struct policy_keystore **out);

/* What has been revoked is not used; borrowed, must outlive the keystore. Without it nothing is
 * known to be revoked. */
void policy_keystore_set_trust(struct policy_keystore *keystore, const struct smime_trust *trust);
void policy_keystore_free(struct policy_keystore **keystore);

/* An administrator's, for every name in the certificate. */
SMIME_MUST_USE enum smime_status policy_keystore_add(
    struct policy_keystore *keystore, const struct smime_cert *cert);

/* Everything is in. Before the object is shared. */
void policy_keystore_sort(struct policy_keystore *keystore);

#endif
