/*
 * smime/trust.h - whom to believe: anchors, intermediates, revocation lists, and certificates that
 * an administrator vouched for.  RFC 5280 s6, RFC 8550 s4.
 *
 * Built once, then shared read-only by all threads; never changed while shared.
 */
#ifndef SMIME_TRUST_H
#define SMIME_TRUST_H

#include "smime/cert.h"
#include "smime/crl.h"
#include "smime/kept.h"

struct smime_trust;

SMIME_MUST_USE enum smime_status smime_trust_new(struct smime_trust **out);
void smime_trust_free(struct smime_trust **trust);

/* A CA whose chains are trusted; domain_signing: dNSName in its certificates speaks for every
 * mailbox of the domain (never true of public CAs: every web server would be a signer). */
SMIME_MUST_USE enum smime_status smime_trust_add_anchor(struct smime_trust *trust,
    const struct smime_cert *ca, bool domain_signing, struct smime_diag *diag);

/* A CA that completes paths when a message leaves it out; not believed for its own sake. */
SMIME_MUST_USE enum smime_status smime_trust_add_intermediate(
    struct smime_trust *trust, const struct smime_cert *ca, struct smime_diag *diag);

/* A certificate trusted as itself, without a chain (a row of public_key). */
SMIME_MUST_USE enum smime_status smime_trust_add_peer(
    struct smime_trust *trust, const struct smime_cert *cert, struct smime_diag *diag);

/* The same, kept by others too. SMIME_E_SYSTEM only. */
SMIME_MUST_USE enum smime_status smime_trust_add_kept(
    struct smime_trust *trust, struct smime_kept *kept);

/* The peer with that id, a reference for the caller; NULL when there is none: for signatures that
 * leave the certificate out. Linear: only asked in that case. */
SMIME_MUST_USE enum smime_status smime_trust_find(
    const struct smime_trust *trust, const struct smime_cert_id *id, struct smime_cert **out);

/* Everything is in: sorts, so that checking is fast. Before the object is shared. */
void smime_trust_seal(struct smime_trust *trust);

/* A CRL, PEM or DER; its signature is checked against the anchors when used. */
SMIME_MUST_USE enum smime_status smime_trust_add_crl(
    struct smime_trust *trust, struct smime_bytes crl, struct smime_diag *diag);

/* Has its issuer revoked it? Asks the lists of anchors and intermediates; a list past its
 * nextUpdate still revokes. Costs nothing to speak of unless a list holds the serial number. */
bool smime_trust_is_revoked(const struct smime_trust *trust, const struct smime_cert *cert);

enum smime_crl_origin {
	SMIME_CRL_UNKNOWN, /* no anchor or intermediate has its issuer's name */
	SMIME_CRL_FORGED,  /* one has, and none of them signed it, or only with a weak algorithm */
	SMIME_CRL_GENUINE, /* one of them signed it */
};

/* Whose list is it? One that is not genuine revokes nothing that those CAs issued. */
enum smime_crl_origin smime_trust_crl_origin(
    const struct smime_trust *trust, const struct smime_crl *crl);

struct smime_trust_result {
	bool peer; /* trusted as itself */
	/* dNSName counts: peer, or an anchor with domain_signing and CAs that may certify those
	 * mailboxes, all of them */
	bool domain_signing;
	bool crl_stale; /* a CRL covers it but is past its nextUpdate */
};

/*
 * Is cert, used to sign mail, believed at `now` (seconds since 1970)? extra: certificates that came
 * with the message, any order, at most 64. Checks chain, validity, basicConstraints, name
 * constraints, purpose emailProtection along the path, revocation.
 *
 * SMIME_E_UNTRUSTED with a token: "no-anchor", "expired", "not-yet-valid", "revoked", "purpose",
 * "key-usage", "constraint", "weak-chain". The certificate's own keyUsage and extendedKeyUsage are
 * smime_cert_may_sign()'s to check.
 */
SMIME_MUST_USE enum smime_status smime_trust_check(const struct smime_trust *trust,
    const struct smime_cert *cert, const struct smime_certs *extra, int64_t now,
    struct smime_trust_result *out, struct smime_diag *diag);

#endif
