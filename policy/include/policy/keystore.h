/* policy/keystore.h - which certificates encrypt to an address.  DESIGN section 6. */
#ifndef POLICY_KEYSTORE_H
#define POLICY_KEYSTORE_H

#include "policy/rule.h"
#include "smime/caps.h"
#include "smime/cert.h"

struct policy_keystore;

/*
 * All usable certificates of the best rank for addr (addr-spec): mailbox match, then SAN domain,
 * then
 * "*.domain"; public_key before harvested_key; valid at now, may encrypt. Appended to *out.
 *
 * SMIME_E_NOKEY: none; the sentence says why those that name the address were not usable.
 */
SMIME_MUST_USE enum smime_status policy_keystore_find(const struct policy_keystore *keystore,
    const char *addr, int64_t now, struct smime_certs *out, struct smime_diag *diag);

/* The same search for an explanation: every certificate that names addr, and what became of it. */
void policy_keystore_explain(const struct policy_keystore *keystore, const char *addr, int64_t now,
    struct policy_trace *trace);

/*
 * What the owner of a certificate is known to read: by the newest signed mail that was harvested
 * with it, else by the certificate itself; key transports by either. SMIME_E_SYSTEM only.
 */
SMIME_MUST_USE enum smime_status policy_keystore_caps(const struct policy_keystore *keystore,
    const struct smime_cert *cert, struct smime_caps *out, struct smime_diag *diag);

#endif
