/* algorithms.h - `auto` of a sending profile: which content cipher, and which key transport for
 * each reader, by what is known of them.  DESIGN section 5. */
#ifndef POLICY_ALGORITHMS_H
#define POLICY_ALGORITHMS_H

#include "policy/keystore.h"
#include "policy/snapshot.h"

struct policy_algorithms {
	const struct smime_alg *cipher;
	const struct smime_alg **transports; /* one for each certificate; policy_algorithms_reset */
};

/*
 * What the profile names is taken as it is. `auto` is the best cipher that every reader is known
 * to read, and aes256-cbc when nothing is known or there is no such cipher; and rsa-oaep for those
 * RSA certificates whose owner announces it, else rsa-pkcs1. (EC keys agree: no transport.)
 *
 * trace gets the reasons; may be NULL. SMIME_E_SYSTEM only.
 */
SMIME_MUST_USE enum smime_status policy_algorithms_choose(const struct policy_profile *profile,
    const struct policy_keystore *keystore, const struct smime_certs *to,
    struct policy_trace *trace, struct policy_algorithms *out, struct smime_diag *diag);
void policy_algorithms_reset(struct policy_algorithms *algorithms);

#endif
