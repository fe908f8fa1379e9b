/* keystore.h - building a keystore; policy/keystore.h is for those who ask it. */
#ifndef POLICY_KEYSTORE_BUILD_H
#define POLICY_KEYSTORE_BUILD_H

#include "policy/keystore.h"

SMIME_MUST_USE enum smime_status policy_keystore_new(struct policy_keystore **out);
void policy_keystore_free(struct policy_keystore **keystore);

/* address: the one address that a harvested key is for; NULL: an administrator's, for every name in
 * the certificate. */
SMIME_MUST_USE enum smime_status policy_keystore_add(
    struct policy_keystore *keystore, const struct smime_cert *cert, const char *address);

/* Everything is in. Before the object is shared. */
void policy_keystore_sort(struct policy_keystore *keystore);

#endif
