/* cert_path.c - is the signer believed?  RFC 5280 s6, RFC 8550 s4.
 *
 * The path is built here, issuer by issuer, and every rule is checked here; GnuTLS does the
 * arithmetic of each link. (Its trust list judges by the clock of the process and gives no reason.)
 * Bounded: 10 links, 64 certificates from the message, 64 signature checks in all, a million
 * comparisons of names with constraints. */
#include "trust_internal.h"

#define PATH_MAX_LINKS 10
#define EXTRA_MAX      64
#define TRIES_MAX      64
/* Of a name with an entry of nameConstraints: some ten milliseconds. */
#define COMPARISONS_MAX 1048576

struct walk {
	const struct smime_trust *trust;
	const struct smime_certs *extra;
	int64_t now;
	struct smime_trust_result *out;
	struct smime_diag *diag;
	const struct smime_cert *path[PATH_MAX_LINKS + 1]; /* leaf first */
	unsigned length;
	unsigned tries;
	size_t compared;
	bool diagnosed; /* the first reason found stays: later candidates only know less */
};

static enum smime_status
untrusted(struct walk *w, const struct smime_cert *cert, const char *token, const char *why)
{
	if (!w->diagnosed)
		(void)smime_fail(w->diag, SMIME_E_UNTRUSTED, token, "certificate of %s %s",
		    smime_cert_subject(cert), why);
	w->diagnosed = true;
	return SMIME_E_UNTRUSTED;
}

static enum smime_status
check_time(struct walk *w, const struct smime_cert *cert)
{
	if (w->now > cert->not_after)
		return untrusted(w, cert, "expired", "has expired");
	if (w->now < cert->not_before)
		return untrusted(w, cert, "not-yet-valid", "is not valid yet");
	return SMIME_OK;
}

/* "A certificate-using system MUST reject the certificate if it encounters a critical extension it
 * does not recognize" (RFC 5280 s4.2) */
static enum smime_status
check_extensions(struct walk *w, const struct smime_cert *cert)
{
	static const char *const known[] = { "2.5.29.14", "2.5.29.15", "2.5.29.17", "2.5.29.19",
		"2.5.29.30", "2.5.29.31", "2.5.29.32", "2.5.29.35", "2.5.29.36", "2.5.29.37",
		"2.5.29.54" };
	char oid[128];

	for (unsigned i = 0;; i++) {
		size_t size = sizeof oid, k = 0;
		unsigned critical = 0;

		if (gnutls_x509_crt_get_extension_info(cert->crt, i, oid, &size, &critical) < 0)
			return SMIME_OK;
		while (k < sizeof known / sizeof *known && strcmp(known[k], oid) != 0)
			k++;
		if (critical && k == sizeof known / sizeof *known)
			return untrusted(
			    w, cert, "constraint", "has a critical extension of unknown meaning");
	}
}

/* Is there too much to compare? An entry takes four octets at least. */
static bool
too_many_names(struct walk *w, const struct smime_cert *ca)
{
	unsigned critical;
	size_t octets = 0;

	(void)gnutls_x509_crt_get_extension_by_oid(
	    ca->crt, "2.5.29.30", 0, NULL, &octets, &critical);
	for (unsigned i = 0; i < w->length; i++)
		w->compared += octets / 4 * (w->path[i]->name_count + 1);
	return w->compared > COMPARISONS_MAX;
}

/* What GnuTLS says of the constraints; those that it cannot read allow nothing. */
static enum smime_status
ask_gnutls(const struct smime_cert *ca, const struct smime_cert *cert)
{
	static const gnutls_x509_subject_alt_name_t kinds[] = { GNUTLS_SAN_RFC822NAME,
		GNUTLS_SAN_DNSNAME, GNUTLS_SAN_DN };
	gnutls_x509_name_constraints_t constraints;
	enum smime_status status = SMIME_OK;
	unsigned critical;
	int rc;

	if (gnutls_x509_name_constraints_init(&constraints) < 0)
		return SMIME_E_SYSTEM;
	rc = gnutls_x509_crt_get_name_constraints(ca->crt, constraints, 0, &critical);
	if (rc == GNUTLS_E_MEMORY_ERROR)
		status = SMIME_E_SYSTEM;
	else if (rc < 0 && rc != GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
		status = SMIME_E_UNTRUSTED;
	for (size_t k = 0; rc >= 0 && k < sizeof kinds / sizeof *kinds; k++)
		if (gnutls_x509_name_constraints_check_crt(constraints, kinds[k], cert->crt) == 0)
			status = SMIME_E_UNTRUSTED;
	gnutls_x509_name_constraints_deinit(constraints);
	return status;
}

/* Name constraints of a CA bind every certificate below it (RFC 5280 s4.2.1.10). */
static enum smime_status
check_name_constraints(struct walk *w, const struct smime_cert *ca)
{
	if (too_many_names(w, ca))
		return untrusted(w, ca, "constraint",
		    "has more nameConstraints than can be held against all names below it");
	for (unsigned i = 0; i < w->length; i++) {
		enum smime_status status = smime_names_permitted(ca, w->path[i]);

		if (status == SMIME_OK)
			status = ask_gnutls(ca, w->path[i]);
		if (status == SMIME_E_UNTRUSTED)
			return untrusted(w, w->path[i], "constraint",
			    "has a name that its CA may not certify (nameConstraints)");
		SMIME_TRY(status);
	}
	return SMIME_OK;
}

/* Looked at before the signature: GnuTLS verifies none by those who may not sign. */
static enum smime_status
check_may_issue(struct walk *w, const struct smime_cert *ca)
{
	if (!ca->is_ca)
		return untrusted(
		    w, ca, "constraint", "issued another but is no CA's (basicConstraints)");
	/* Nothing is computed with numbers of any size. */
	if (ca->key_type == SMIME_KEY_OTHER || ca->key_bits > SMIME_RSA_MAX)
		return untrusted(w, ca, "weak-chain",
		    "is a CA's with a key that is too large or of no known kind");
	if (ca->key_usage >= 0 && !(ca->key_usage & GNUTLS_KEY_KEY_CERT_SIGN))
		return untrusted(w, ca, "key-usage", "may not sign certificates (keyUsage)");
	return SMIME_OK;
}

/* May ca issue the last certificate of the path, w->length - 1 CAs being below it already? */
static enum smime_status
check_issuer(struct walk *w, const struct smime_cert *ca)
{
	unsigned critical, is_ca;
	int path_length = -1;

	(void)gnutls_x509_crt_get_basic_constraints(ca->crt, &critical, &is_ca, &path_length);
	if (path_length >= 0 && w->length - 1 > (unsigned)path_length)
		return untrusted(
		    w, ca, "constraint", "has more CAs below it than its pathLenConstraint allows");
	if (ca->has_purpose && !ca->may_mail)
		return untrusted(
		    w, ca, "purpose", "is of a CA that is not for mail (extendedKeyUsage)");
	if (smime_cert_is_weak(ca))
		return untrusted(w, ca, "weak-chain", "is a CA's with a key that is too weak");
	SMIME_TRY(check_time(w, ca));
	SMIME_TRY(check_extensions(w, ca));
	return check_name_constraints(w, ca);
}

/* Revocation lists of this issuer; one that is past its nextUpdate still revokes. A list that says
 * nothing of the certificate is not verified. */
static enum smime_status
check_revocation(struct walk *w, const struct smime_cert *cert, const struct smime_cert *issuer)
{
	for (size_t i = 0; i < w->trust->crl_count; i++) {
		const struct smime_crl *crl = w->trust->crls[i];
		bool stale = smime_crl_next_update(crl) < w->now;
		bool listed = smime_crl_lists(crl, cert->serial);

		if ((!stale && !listed) || !smime_crl_signed_by(crl, issuer))
			continue;
		w->out->crl_stale = w->out->crl_stale || stale;
		if (listed)
			return untrusted(w, cert, "revoked", "has been revoked");
	}
	return SMIME_OK;
}

/* Try ca as the issuer of the last certificate. SMIME_E_NOKEY: it is not its issuer. */
static enum smime_status
try_issuer(struct walk *w, const struct smime_cert *ca)
{
	const struct smime_cert *child = w->path[w->length - 1];
	bool weak;

	if (!smime_bytes_equal(child->issuer_der, ca->subject_der))
		return SMIME_E_NOKEY;
	SMIME_TRY(check_may_issue(w, ca));
	if (++w->tries > TRIES_MAX)
		return SMIME_E_NOKEY;
	if (!smime_cert_signed_by(child, ca, &weak)) {
		/* GnuTLS looks at the names, too: a refusal in any case, but that is its reason. */
		SMIME_TRY(check_name_constraints(w, ca));
		return SMIME_E_NOKEY;
	}
	if (weak)
		return untrusted(
		    w, child, "weak-chain", "is signed with an algorithm that is too weak");
	SMIME_TRY(check_issuer(w, ca));
	return check_revocation(w, child, ca);
}

static bool
on_path(const struct walk *w, const struct smime_cert *cert)
{
	for (unsigned i = 0; i < w->length; i++)
		if (smime_cert_is(w->path[i], cert))
			return true;
	return false;
}

/* A CA that may certify some mailboxes only cannot let a domain speak for others. */
static enum smime_status
check_domain_signing(struct walk *w, size_t anchor)
{
	enum smime_status status;

	w->out->domain_signing = w->trust->domain_signing[anchor];
	if (!w->out->domain_signing)
		return SMIME_OK;
	status = smime_domains_permitted(w->trust->anchors.item[anchor], w->path[0]);
	for (unsigned i = 1; i < w->length && status == SMIME_OK; i++)
		status = smime_domains_permitted(w->path[i], w->path[0]);
	w->out->domain_signing = status == SMIME_OK;
	return status == SMIME_E_SYSTEM ? status : SMIME_OK;
}

static enum smime_status
reach_anchor(struct walk *w)
{
	enum smime_status result = SMIME_E_NOKEY;

	for (size_t i = 0; i < w->trust->anchors.count; i++) {
		enum smime_status status = try_issuer(w, w->trust->anchors.item[i]);

		if (status == SMIME_OK)
			return check_domain_signing(w, i);
		if (status == SMIME_E_SYSTEM)
			return status;
		if (status != SMIME_E_NOKEY)
			result = status;
	}
	return result;
}

/* Depth first through the intermediates, ours and those that came along; the depth is bounded by
 * PATH_MAX_LINKS. */
static enum smime_status
climb(struct walk *w) /* NOLINT(misc-no-recursion): at most PATH_MAX_LINKS deep */
{
	enum smime_status result = reach_anchor(w);
	size_t extra = w->extra ? w->extra->count : 0;
	size_t known = w->trust->intermediates.count;

	if (extra > EXTRA_MAX)
		extra = EXTRA_MAX;
	if (result == SMIME_OK || result == SMIME_E_SYSTEM || w->length > PATH_MAX_LINKS - 1)
		return result;
	for (size_t i = 0; i < known + extra; i++) {
		const struct smime_cert *ca =
		    i < known ? w->trust->intermediates.item[i] : w->extra->item[i - known];
		enum smime_status status;

		if (on_path(w, ca))
			continue;
		status = try_issuer(w, ca);
		if (status == SMIME_OK) {
			w->path[w->length++] = ca;
			status = climb(w);
			w->length--;
		}
		if (status == SMIME_OK || status == SMIME_E_SYSTEM)
			return status;
		if (status != SMIME_E_NOKEY)
			result = status;
	}
	return result;
}

static bool
revoked_by_one_of(
    const struct smime_certs *cas, const struct smime_crl *crl, const struct smime_cert *cert)
{
	bool weak;

	for (size_t i = 0; i < cas->count; i++)
		if (smime_bytes_equal(cas->item[i]->subject_der, cert->issuer_der) &&
		    smime_cert_signed_by(cert, cas->item[i], &weak) &&
		    smime_crl_signed_by(crl, cas->item[i]))
			return true;
	return false;
}

bool
smime_trust_is_revoked(const struct smime_trust *trust, const struct smime_cert *cert)
{
	for (size_t i = 0; i < trust->crl_count; i++)
		if (smime_crl_lists(trust->crls[i], cert->serial) &&
		    smime_bytes_equal(smime_crl_issuer_der(trust->crls[i]), cert->issuer_der) &&
		    (revoked_by_one_of(&trust->anchors, trust->crls[i], cert) ||
			revoked_by_one_of(&trust->intermediates, trust->crls[i], cert)))
			return true;
	return false;
}

static enum smime_crl_origin
origin_among(const struct smime_certs *cas, const struct smime_crl *crl)
{
	enum smime_crl_origin origin = SMIME_CRL_UNKNOWN;

	for (size_t i = 0; i < cas->count; i++) {
		if (!smime_bytes_equal(cas->item[i]->subject_der, smime_crl_issuer_der(crl)))
			continue;
		if (smime_crl_signed_by(crl, cas->item[i]))
			return SMIME_CRL_GENUINE;
		origin = SMIME_CRL_FORGED;
	}
	return origin;
}

enum smime_crl_origin
smime_trust_crl_origin(const struct smime_trust *trust, const struct smime_crl *crl)
{
	enum smime_crl_origin anchors = origin_among(&trust->anchors, crl);
	enum smime_crl_origin intermediates = origin_among(&trust->intermediates, crl);

	return anchors > intermediates ? anchors : intermediates;
}

enum smime_status
smime_trust_check(const struct smime_trust *trust, const struct smime_cert *cert,
    const struct smime_certs *extra, int64_t now, struct smime_trust_result *out,
    struct smime_diag *diag)
{
	struct walk w = { .trust = trust, .extra = extra, .now = now, .out = out, .diag = diag };
	enum smime_status status;

	*out = (struct smime_trust_result){ 0 };
	w.path[w.length++] = cert;
	SMIME_TRY(check_time(&w, cert));
	SMIME_TRY(check_extensions(&w, cert));
	if (smime_trust_is_peer(trust, cert)) {
		/* Whoever vouched for it did not know yet. */
		if (smime_trust_is_revoked(trust, cert))
			return untrusted(&w, cert, "revoked", "has been revoked");
		out->peer = out->domain_signing = true;
		return SMIME_OK;
	}
	status = climb(&w);
	if (status == SMIME_E_NOKEY)
		return untrusted(&w, cert, "no-anchor", "does not lead to a trust anchor");
	return status;
}
