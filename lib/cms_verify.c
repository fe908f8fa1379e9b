/* cms_verify.c - check every signer of a SignedData over its content.  RFC 5652 s5.4-5.6, RFC 8551
 * s3.5, RFC 8550. Memory: hash states, and a megabyte at most of nothing else: content is pushed
 * through.
 *
 * Refuses: no signed attributes (RFC 5652 allows it; it lets attributes be replayed as content; a
 * setting allows it, too, but never such content), content that is no id-data, a digest that
 * digestAlgorithms does not announce, an invalid signer beside a valid one. What a library would
 * accept is not asked. */
#include "cms.h"
#include "cms_attrs.h"
#include "cms_signature.h"

#include <gnutls/gnutls.h>
#include <stdio.h>

#define DIGESTS 4 /* rows of smime_digests */

/* Content is hashed once per algorithm: a chain of digest stages in front of the reader. */
struct digests {
	struct smime_stage *stage[DIGESTS];
};

static void
digests_free(struct digests *d)
{
	for (size_t i = 0; i < DIGESTS; i++)
		smime_stage_free(&d->stage[i]);
}

/* Is the digest one of SignedData.digestAlgorithms? A different one there was a sign of tampering.
 */
static bool
announced(const struct smime_signed_data *data, const char *oid)
{
	struct smime_bytes in = data->digest_algs;
	struct smime_algid alg;

	for (unsigned i = 0; i < SMIME_SIGNERS_MAX && in.len > 0; i++) {
		if (smime_ber_algid(&in, &alg) != SMIME_OK)
			return false;
		if (strcmp(alg.oid, oid) == 0)
			return true;
	}
	return false;
}

static enum smime_status
hash_content(const struct smime_signed_data *data, const struct smime_bytes *external,
    struct smime_stage *content, struct digests *out)
{
	struct smime_stage *first = content;

	for (size_t i = 0; i < DIGESTS && smime_digests[i].oid; i++) {
		bool needed = false;

		for (size_t k = 0; k < data->signer_count; k++)
			needed = needed ||
				 strcmp(data->signers[k].digest.oid, smime_digests[i].oid) == 0;
		if (!needed)
			continue;
		SMIME_TRY(smime_stage_digest_new(&smime_digests[i], first, &out->stage[i]));
		first = out->stage[i];
	}
	if (external)
		SMIME_TRY(smime_push_bytes(first, *external));
	else
		SMIME_TRY(smime_ber_push_octets(&data->content, first));
	return smime_finish(first);
}

/* ---- one signer ---- */

struct check {
	const struct smime_cms_verify *verify;
	const struct smime_signed_data *data;
	const struct digests *digests;
	const struct smime_signer_info *info;
	struct smime_signature signature;
	struct smime_cert *cert; /* a reference */
	struct smime_attrs attrs;
	bool weak;
	struct smime_diag *diag;
};

static enum smime_status
refuse(struct check *c, enum smime_status status, const char *token, const char *why)
{
	return smime_fail(c->diag, status, token, "%s", why);
}

static enum smime_status
find_algorithms(struct check *c)
{
	SMIME_TRY(smime_signature_read(c->info, &c->signature, c->diag));
	if (!announced(c->data, c->info->digest.oid))
		return refuse(c, SMIME_E_UNTRUSTED, "digest",
		    "the signer's digest algorithm is not among digestAlgorithms");
	c->weak = (c->signature.digest->use | c->signature.scheme->use) & SMIME_ALG_WEAK;
	return SMIME_OK;
}

static enum smime_status
find_certificate(struct check *c)
{
	for (size_t i = 0; i < c->data->certs.count && !c->cert; i++)
		if (smime_cert_id_matches(&c->info->id, c->data->certs.item[i]))
			c->cert = smime_cert_ref(c->data->certs.item[i]);
	if (!c->cert && c->verify->trust)
		SMIME_TRY(smime_trust_find(c->verify->trust, &c->info->id, &c->cert));
	if (!c->cert)
		return refuse(c, SMIME_E_NOKEY, "no-certificate",
		    "the signer's certificate is neither in the message nor known here");
	return SMIME_OK;
}

static struct smime_bytes
content_digest(const struct check *c)
{
	return smime_stage_digest_get(c->digests->stage[c->signature.digest - smime_digests]);
}

static enum smime_status
check_digest(struct check *c)
{
	if (!smime_bytes_equal(content_digest(c), c->attrs.message_digest))
		return refuse(c, SMIME_E_UNTRUSTED, "tampered",
		    "the content was changed after it was signed (messageDigest differs)");
	return SMIME_OK;
}

static enum smime_status
check_signature(struct check *c)
{
	enum smime_status status;

	SMIME_TRY(smime_signature_verify(&c->signature, c->cert, content_digest(c), c->diag));
	status = smime_attrs_check_ess(&c->attrs, c->cert);
	return status == SMIME_E_UNTRUSTED
		   ? refuse(c, status, "attributes",
			 "signingCertificateV2 names another certificate than the signer's")
		   : status;
}

/* Chain, purpose, validity; then how strong it all is. */
static enum smime_status
check_trust(struct check *c, struct smime_trust_result *result)
{
	struct smime_diag why = { 0 };
	enum smime_status status = smime_cert_may_sign(c->cert, c->verify->now, &why);

	if (status != SMIME_OK && strcmp(why.token, "weak-key") == 0) {
		c->weak = true;
		status = SMIME_OK;
	}
	if (status == SMIME_OK && !c->verify->trust)
		status = smime_fail(
		    &why, SMIME_E_UNTRUSTED, "no-anchor", "no trust anchor is known here");
	if (status == SMIME_OK)
		status = smime_trust_check(
		    c->verify->trust, c->cert, &c->data->certs, c->verify->now, result, &why);
	/* A certificate that may not sign is no key that is missing: it is not believed. */
	if (status == SMIME_E_NOKEY)
		status = why.status = SMIME_E_UNTRUSTED;
	if (status != SMIME_OK) {
		if (c->diag)
			*c->diag = why;
		return status;
	}
	if (c->weak && !c->verify->weak_verifies)
		return refuse(c, SMIME_E_UNTRUSTED, "weak",
		    "the signature's algorithms or key are too weak to be relied on");
	return SMIME_OK;
}

static bool
covers_from(const struct check *c, const struct smime_trust_result *result)
{
	enum smime_cover cover;

	if (!c->verify->from)
		return false;
	cover = smime_cert_covers(c->cert, smime_bytes_str(c->verify->from));
	return cover == SMIME_COVER_MAILBOX ||
	       (cover != SMIME_COVER_NONE && result->domain_signing);
}

/* Ed25519 takes the content itself, which is nowhere held. */
static enum smime_status
check_attributes(struct check *c)
{
	if (!c->info->has_attrs && c->verify->no_attributes_verifies &&
	    c->signature.scheme->backend != GNUTLS_SIGN_EDDSA_ED25519)
		return SMIME_OK;
	if (!c->info->has_attrs)
		return refuse(c, SMIME_E_UNTRUSTED, "no-attributes",
		    "the signature has no signed attributes and could be taken from elsewhere");
	SMIME_TRY(smime_attrs_read(&c->info->attrs, c->data->content_type, &c->attrs, c->diag));
	return check_digest(c);
}

static enum smime_status
check_signer(struct check *c, bool *covers)
{
	struct smime_trust_result result = { 0 };

	*covers = false;
	SMIME_TRY(find_algorithms(c));
	SMIME_TRY(check_attributes(c));
	SMIME_TRY(find_certificate(c));
	SMIME_TRY(check_signature(c));
	SMIME_TRY(check_trust(c, &result));
	*covers = covers_from(c, &result);
	return SMIME_OK;
}

/* The signer that counts for the record: the first, or the one that covers From. */
static void
record(struct smime_cms_verdict *out, const struct check *c, bool better)
{
	if (out->algorithm[0] && !better)
		return;
	smime_cert_free(&out->cert);
	out->cert = c->cert ? smime_cert_ref(c->cert) : NULL;
	out->weak = c->weak;
	out->signing_time = c->attrs.signing_time;
	out->caps = smime_caps_read(c->attrs.capabilities);
	(void)snprintf(out->algorithm, sizeof out->algorithm, "%s %s",
	    c->signature.digest ? c->signature.digest->name : "unknown",
	    c->signature.scheme ? c->signature.scheme->name : "unknown");
}

static enum smime_status
check_signers(const struct smime_cms_verify *verify, const struct smime_signed_data *data,
    const struct digests *digests, struct smime_cms_verdict *out, struct smime_diag *diag)
{
	bool any_covers = false;

	for (size_t i = 0; i < data->signer_count; i++) {
		struct check c = { .verify = verify,
			.data = data,
			.digests = digests,
			.info = &data->signers[i],
			.diag = diag };
		enum smime_status status;
		bool covers;

		status = check_signer(&c, &covers);
		record(out, &c, status != SMIME_OK || (covers && !any_covers));
		smime_cert_free(&c.cert);
		/* One invalid signer spoils the message: which of them would the reader be shown?
		 */
		if (status != SMIME_OK)
			return status;
		any_covers = any_covers || covers;
	}
	if (!any_covers)
		return smime_fail(diag, SMIME_E_UNTRUSTED, "from-not-covered",
		    "the signer's certificate does not name the From address");
	return SMIME_OK;
}

/* Attributes are no longer than that; what is longer is none. */
#define ATTRIBUTES_MAX 1048576

static enum smime_status
check_content(const struct smime_signed_data *data, const struct smime_bytes *external,
    struct smime_diag *diag)
{
	SMIME_AUTO_BUF octets = { 0 };
	enum smime_status status = SMIME_OK;
	bool are;

	if (external)
		are = smime_attrs_are(*external);
	else if (!(data->content.tag & SMIME_BER_CONSTRUCTED))
		are = smime_attrs_are(data->content.content);
	else {
		status = smime_ber_octets(&data->content, ATTRIBUTES_MAX, &octets);
		are = status == SMIME_OK && smime_attrs_are(smime_buf_bytes(&octets));
	}
	if (status == SMIME_E_SYSTEM)
		return status;
	return are ? smime_fail(diag, SMIME_E_UNTRUSTED, "content-type",
			 "what is signed are the signed attributes of something else")
		   : SMIME_OK;
}

enum smime_status
smime_cms_check(const struct smime_cms_verify *verify, const struct smime_signed_data *data,
    const struct smime_bytes *external, struct smime_stage *content, struct smime_cms_verdict *out,
    struct smime_diag *diag)
{
	struct digests digests = { 0 };
	enum smime_status status;

	*out = (struct smime_cms_verdict){ 0 };
	if (data->signer_count == 0)
		return smime_fail(
		    diag, SMIME_E_UNTRUSTED, "no-signer", "SignedData without a signer");
	if (strcmp(data->content_type, SMIME_OID_DATA) != 0)
		return smime_fail(diag, SMIME_E_UNTRUSTED, "content-type",
		    "what is signed is no MIME entity (content type is not id-data)");
	/* "a detached signature that holds content" shows one text and signs another. */
	if (external && data->has_content)
		return smime_fail(diag, SMIME_E_UNTRUSTED, "content-twice",
		    "the detached signature holds content of its own");
	if (!external && !data->has_content)
		return smime_fail(
		    diag, SMIME_E_UNTRUSTED, "no-content", "the signed object holds no content");
	status = hash_content(data, external, content, &digests);
	if (status != SMIME_OK)
		status = smime_fail(diag, status, status == SMIME_E_SYSTEM ? NULL : "malformed",
		    "the signed content cannot be read");
	else
		status = check_content(data, external, diag);
	if (status == SMIME_OK)
		status = check_signers(verify, data, &digests, out, diag);
	digests_free(&digests);
	return status;
}
