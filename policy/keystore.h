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

/* An administrator's certificate and its names: what policies share when it did not change. */
struct policy_known;
SMIME_MUST_USE enum smime_status policy_known_new(
    const struct smime_cert *cert, struct policy_known **out);
struct policy_known *policy_known_ref(struct policy_known *known);
void policy_known_free(struct policy_known **known);
struct smime_kept *policy_known_cert(const struct policy_known *known); /* borrowed */

SMIME_MUST_USE enum smime_status policy_keystore_add_known(
    struct policy_keystore *keystore, struct policy_known *known);

/* An administrator's, for every name in the certificate. */
SMIME_MUST_USE enum smime_status policy_keystore_add(
    struct policy_keystore *keystore, const struct smime_cert *cert);

/* Everything is in. Before the object is shared. */
void policy_keystore_sort(struct policy_keystore *keystore);

#endif
