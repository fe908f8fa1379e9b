/* signer.c - which of our certificates signs: several may stand for the same names, so that one can
 * be renewed before the other expires. The newest valid one signs; every key still decrypts. */
#include "policy/snapshot.h"

static bool
has_mailbox(const struct smime_cert *cert, struct smime_bytes name)
{
	for (size_t i = 0; i < smime_cert_mailbox_count(cert); i++)
		if (smime_bytes_equal(smime_cert_mailbox(cert, i), name))
			return true;
	return false;
}

static bool
has_domain(const struct smime_cert *cert, struct smime_bytes name)
{
	for (size_t i = 0; i < smime_cert_domain_count(cert); i++)
		if (smime_bytes_equal(smime_cert_domain(cert, i), name))
			return true;
	return false;
}

/* It names all that the other one names. */
static bool
names_the_same(const struct smime_cert *cert, const struct smime_cert *named)
{
	for (size_t i = 0; i < smime_cert_mailbox_count(named); i++)
		if (!has_mailbox(cert, smime_cert_mailbox(named, i)))
			return false;
	for (size_t i = 0; i < smime_cert_domain_count(named); i++)
		if (!has_domain(cert, smime_cert_domain(named, i)))
			return false;
	return smime_cert_mailbox_count(named) + smime_cert_domain_count(named) > 0;
}

enum smime_status
policy_own_may_sign(const struct policy_snapshot *snapshot, const struct policy_own *own,
    int64_t now, struct smime_diag *diag)
{
	SMIME_TRY(smime_cert_may_sign(own->cert, now, diag));
	if (!smime_trust_is_revoked(snapshot->trust, own->cert))
		return SMIME_OK;
	return smime_fail(diag, SMIME_E_NOKEY, "revoked", "certificate of %s has been revoked",
	    smime_cert_subject(own->cert));
}

/* Neither expired nor revoked, and its key can do what the profile asks for. */
static enum smime_status
may_sign_for(const struct policy_snapshot *snapshot, const struct policy_profile *profile,
    const struct policy_own *own, int64_t now, struct smime_diag *diag)
{
	SMIME_TRY(policy_own_may_sign(snapshot, own, now, diag));
	return smime_seal_fits(own->cert, profile->scheme, profile->digest, diag);
}

static bool
may_replace(const struct policy_snapshot *snapshot, const struct policy_own *own,
    const struct policy_profile *profile, int64_t now)
{
	const struct smime_cert *named = profile->signer->cert;

	if (may_sign_for(snapshot, profile, own, now, NULL) != SMIME_OK)
		return false;
	/* A scheme that the profile asks for goes with one type of key. */
	if (profile->scheme && smime_cert_key_type(own->cert) != smime_cert_key_type(named))
		return false;
	return names_the_same(own->cert, named);
}

const struct policy_own *
policy_profile_signer(
    const struct policy_snapshot *snapshot, const struct policy_profile *profile, int64_t now)
{
	const struct policy_own *best = profile->signer;
	bool usable = best && may_sign_for(snapshot, profile, best, now, NULL) == SMIME_OK;

	for (size_t i = 0; best && i < snapshot->own_count; i++) {
		const struct policy_own *own = &snapshot->owns[i];

		if (may_replace(snapshot, own, profile, now) &&
		    (!usable ||
			smime_cert_not_before(own->cert) > smime_cert_not_before(best->cert))) {
			best = own;
			usable = true;
		}
	}
	return best;
}

enum smime_status
policy_profile_may_sign(const struct policy_snapshot *snapshot,
    const struct policy_profile *profile, int64_t now, struct smime_diag *diag)
{
	const struct policy_own *signer = policy_profile_signer(snapshot, profile, now);
	enum smime_status status =
	    signer ? may_sign_for(snapshot, profile, signer, now, diag) : SMIME_OK;

	if (status != SMIME_OK)
		smime_diag_context(diag, "certificate \"%s\"", signer->name);
	return status;
}

void
policy_profile_explain_signer(const struct policy_snapshot *snapshot,
    const struct policy_profile *profile, int64_t now, struct policy_trace *trace)
{
	const struct policy_own *best = policy_profile_signer(snapshot, profile, now);

	for (size_t i = 0; trace && best && i < snapshot->own_count; i++) {
		const struct policy_own *own = &snapshot->owns[i];
		struct smime_diag why = { .text = "it is older" };

		if (own == best || !names_the_same(own->cert, profile->signer->cert))
			continue;
		if (may_sign_for(snapshot, profile, own, now, &why) == SMIME_OK &&
		    !may_replace(snapshot, own, profile, now))
			(void)smime_fail(&why, SMIME_E_NOKEY, NULL,
			    "the profile's signature_scheme wants another type of key");
		policy_trace_line(
		    trace, 2, "does not sign with certificate %s: %s", own->name, why.text);
	}
}
