/* trust.c - whom to believe: what an administrator put in.  Built once, then read by all threads.
 */
#include "smime/keys.h"
#include "trust_internal.h"

#include <stdlib.h>

enum smime_status
smime_trust_new(struct smime_trust **out)
{
	*out = calloc(1, sizeof **out);
	return *out ? SMIME_OK : SMIME_E_SYSTEM;
}

void
smime_trust_free(struct smime_trust **trust)
{
	struct smime_trust *t = *trust;

	*trust = NULL;
	if (!t)
		return;
	smime_certs_reset(&t->anchors);
	smime_certs_reset(&t->intermediates);
	for (size_t i = 0; i < t->peer_count; i++)
		smime_kept_free(&t->peers[i]);
	free(t->peers);
	for (size_t i = 0; i < t->crl_count; i++)
		smime_crl_free(&t->crls[i]);
	free(t->crls);
	free(t->domain_signing);
	free(t);
}

static enum smime_status
not_ca(const struct smime_cert *cert, struct smime_diag *diag)
{
	return smime_fail(diag, SMIME_E_UNTRUSTED, "not-ca",
	    "certificate of %s is no CA's (basicConstraints): add it as a public key instead",
	    smime_cert_subject(cert));
}

enum smime_status
smime_trust_add_anchor(struct smime_trust *trust, const struct smime_cert *ca, bool domain_signing,
    struct smime_diag *diag)
{
	bool *grown;

	if (!smime_cert_is_ca(ca))
		return not_ca(ca, diag);
	grown = realloc(trust->domain_signing, (trust->anchors.count + 1) * sizeof *grown);
	if (!grown)
		return SMIME_E_SYSTEM;
	trust->domain_signing = grown;
	grown[trust->anchors.count] = domain_signing;
	return smime_certs_add(&trust->anchors, ca);
}

/* Peers are sorted by fingerprint: there may be a hundred thousand. */
static int
by_fingerprint(const void *left, const void *right)
{
	struct smime_kept *const *a = left, *const *b = right;

	return memcmp(smime_kept_fingerprint(*a), smime_kept_fingerprint(*b), 32);
}

static int
to_fingerprint(const void *fingerprint, const void *peer)
{
	struct smime_kept *const *kept = peer;

	return memcmp(fingerprint, smime_kept_fingerprint(*kept), 32);
}

enum smime_status
smime_trust_add_kept(struct smime_trust *trust, struct smime_kept *kept)
{
	if (trust->peer_count == trust->peer_room) {
		size_t room = trust->peer_room ? 2 * trust->peer_room : 16;
		struct smime_kept **grown = realloc(trust->peers, room * sizeof *grown);

		if (!grown)
			return SMIME_E_SYSTEM;
		trust->peers = grown;
		trust->peer_room = room;
	}
	trust->peers[trust->peer_count++] = smime_kept_ref(kept);
	trust->peers_sorted = false;
	return SMIME_OK;
}

enum smime_status
smime_trust_add_peer(
    struct smime_trust *trust, const struct smime_cert *cert, struct smime_diag *diag)
{
	SMIME_AUTO(smime_kept) kept = NULL;

	(void)diag;
	SMIME_TRY(smime_kept_new(cert, &kept));
	return smime_trust_add_kept(trust, kept);
}

void
smime_trust_seal(struct smime_trust *trust)
{
	if (trust->peer_count > 1)
		qsort(trust->peers, trust->peer_count, sizeof *trust->peers, by_fingerprint);
	trust->peers_sorted = true;
}

bool
smime_trust_is_peer(const struct smime_trust *trust, const struct smime_cert *cert)
{
	const uint8_t *fingerprint = smime_cert_fingerprint(cert);

	if (trust->peer_count == 0)
		return false;
	if (trust->peers_sorted)
		return bsearch(fingerprint, trust->peers, trust->peer_count, sizeof *trust->peers,
			   to_fingerprint) != NULL;
	for (size_t i = 0; i < trust->peer_count; i++)
		if (to_fingerprint(fingerprint, &trust->peers[i]) == 0)
			return true;
	return false;
}

enum smime_status
smime_trust_find(
    const struct smime_trust *trust, const struct smime_cert_id *id, struct smime_cert **out)
{
	*out = NULL;
	for (size_t i = 0; i < trust->peer_count; i++)
		if (smime_kept_matches(trust->peers[i], id))
			return smime_kept_open(trust->peers[i], out, NULL);
	return SMIME_OK;
}

enum smime_status
smime_trust_add_intermediate(
    struct smime_trust *trust, const struct smime_cert *ca, struct smime_diag *diag)
{
	return smime_cert_is_ca(ca) ? smime_certs_add(&trust->intermediates, ca) : not_ca(ca, diag);
}

enum smime_status
smime_trust_add_crl(struct smime_trust *trust, struct smime_bytes crl, struct smime_diag *diag)
{
	struct smime_crl **grown = realloc(trust->crls, (trust->crl_count + 1) * sizeof *grown);

	if (!grown)
		return SMIME_E_SYSTEM;
	trust->crls = grown;
	SMIME_TRY(smime_crl_import(crl, &grown[trust->crl_count], diag));
	trust->crl_count++;
	return SMIME_OK;
}
