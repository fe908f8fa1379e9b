/* trust_internal.h - the inside of smime_trust, for trust.c, cert_path.c, cert_signature.c and
 * name_constraints.c only. */
#ifndef SMIME_TRUST_INTERNAL_H
#define SMIME_TRUST_INTERNAL_H

#include "cert_internal.h"
#include "crl_internal.h"
#include "smime/trust.h"

#include <gnutls/x509.h>

struct smime_trust {
	struct smime_certs anchors;
	bool *domain_signing; /* beside each anchor */
	struct smime_kept **peers;
	size_t peer_count, peer_room;
	bool peers_sorted;
	struct smime_certs intermediates; /* complete paths; trusted by nobody */
	struct smime_crl **crls;
	size_t crl_count;
};

bool smime_trust_is_peer(const struct smime_trust *trust, const struct smime_cert *cert);

/* Do the name constraints of ca let cert have its mailboxes and domains? SMIME_E_UNTRUSTED: no, or
 * they cannot be read (name_constraints.c). */
SMIME_MUST_USE enum smime_status smime_names_permitted(
    const struct smime_cert *ca, const struct smime_cert *cert);

/* Do those on mailboxes let the domains of cert speak for all of theirs? RFC 5280 knows of no such
 * speaking, and binds dNSName by constraints on dNSName only. */
SMIME_MUST_USE enum smime_status smime_domains_permitted(
    const struct smime_cert *ca, const struct smime_cert *cert);

/* One signature: does issuer's key verify child? Time and trust are judged elsewhere. weak: by an
 * algorithm that nobody should rely on (cert_signature.c). */
bool smime_cert_signed_by(
    const struct smime_cert *child, const struct smime_cert *issuer, bool *weak);

/* Is the list the issuer's? Whether it is late is another question, which GnuTLS would answer by
 * the clock of the process. */
bool smime_crl_signed_by(const struct smime_crl *list, const struct smime_cert *issuer);

#endif
