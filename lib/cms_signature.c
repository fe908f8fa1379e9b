/* cms_signature.c - the signature of one SignerInfo: its algorithms, their parameters, and the
 * arithmetic, which is GnuTLS'.  RFC 5652 s5.4, RFC 4056, RFC 5754, RFC 8419.
 *
 * Refuses parameters where the algorithm has none, and RSASSA-PSS with another mask or hash than
 * the digest's, or than the key is bound to. */
#include "cms_signature.h"
#include "der.h"
#include "pss.h"

#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <gnutls/x509.h>

static bool
is_pss(const struct smime_alg *scheme)
{
	return strcmp(scheme->name, "rsa-pss") == 0;
}

static enum smime_status
set_pss(const struct smime_signature *s, gnutls_pubkey_t key)
{
	uint32_t salt;

	SMIME_TRY(smime_pss_read(s->info->signature_alg.parameters, s->digest, &salt));
	return smime_pss_set(key, s->digest, salt);
}

/* The attributes as they were signed: with the tag of a SET. */
static enum smime_status
signed_octets(const struct smime_signature *s, struct smime_buf *out)
{
	SMIME_TRY(smime_buf_append(out, s->info->attrs.whole.data, s->info->attrs.whole.len));
	out->data[0] = SMIME_BER_SET;
	return SMIME_OK;
}

/* The digest that was signed: of the attributes, or else of the content. */
static enum smime_status
signed_digest(const struct smime_signature *s, struct smime_bytes attrs, struct smime_bytes content,
    uint8_t out[64])
{
	if (!s->info->has_attrs)
		memcpy(out, content.data, s->digest->size);
	else if (gnutls_hash_fast(
		     (gnutls_digest_algorithm_t)s->digest->backend, attrs.data, attrs.len, out) < 0)
		return SMIME_E_SYSTEM;
	return SMIME_OK;
}

static enum smime_status
verify_with(const struct smime_signature *s, gnutls_pubkey_t key, struct smime_bytes octets,
    struct smime_bytes content, struct smime_diag *diag)
{
	gnutls_datum_t in = { .data = (void *)(uintptr_t)octets.data,
		.size = (unsigned)octets.len };
	gnutls_datum_t signature = { .data = (void *)(uintptr_t)s->info->signature.data,
		.size = (unsigned)s->info->signature.len };
	gnutls_sign_algorithm_t alg = (gnutls_sign_algorithm_t)s->scheme->backend;
	unsigned flags = s->digest->use & SMIME_ALG_WEAK ? GNUTLS_VERIFY_ALLOW_SIGN_WITH_SHA1 : 0;
	uint8_t value[64];
	enum smime_status status = SMIME_OK;
	int rc;

	if (is_pss(s->scheme))
		status = set_pss(s, key);
	if (status == SMIME_E_SYSTEM)
		return status;
	if (status != SMIME_OK)
		return smime_fail(diag, SMIME_E_UNSUPPORTED, "algorithm",
		    "the RSASSA-PSS parameters cannot be used");
	if (alg == GNUTLS_SIGN_EDDSA_ED25519) {
		rc = gnutls_pubkey_verify_data2(key, alg, flags, &in, &signature);
	} else {
		gnutls_datum_t hash = { .data = value, .size = s->digest->size };

		SMIME_TRY(signed_digest(s, octets, content, value));
		rc = gnutls_pubkey_verify_hash2(key, alg, flags, &hash, &signature);
	}
	if (rc == GNUTLS_E_MEMORY_ERROR)
		return SMIME_E_SYSTEM;
	if (rc < 0)
		return smime_fail(diag, SMIME_E_UNTRUSTED, "bad-signature",
		    "the signature is not that of the signer's certificate");
	return SMIME_OK;
}

enum smime_status
smime_signature_read(
    const struct smime_signer_info *info, struct smime_signature *out, struct smime_diag *diag)
{
	out->info = info;
	out->digest = smime_alg_by_oid(smime_digests, info->digest.oid);
	if (!out->digest)
		return smime_fail(diag, SMIME_E_UNSUPPORTED, "algorithm",
		    "the digest algorithm is not supported");
	out->scheme = smime_signature_alg_read(info->signature_alg.oid, out->digest);
	if (!out->scheme)
		return smime_fail(diag, SMIME_E_UNSUPPORTED, "algorithm",
		    "the signature algorithm is not supported");
	if (!smime_der_no_parameters(info->digest.parameters) ||
	    (!is_pss(out->scheme) && !smime_der_no_parameters(info->signature_alg.parameters)))
		return smime_fail(diag, SMIME_E_UNSUPPORTED, "algorithm",
		    "parameters stand where the algorithm has none");
	return SMIME_OK;
}

enum smime_status
smime_signature_verify_key(const struct smime_signature *signature, void *gnutls_pubkey,
    struct smime_bytes content_digest, struct smime_diag *diag)
{
	SMIME_AUTO_BUF octets = { 0 };

	if (signature->info->has_attrs)
		SMIME_TRY(signed_octets(signature, &octets));
	return verify_with(
	    signature, gnutls_pubkey, smime_buf_bytes(&octets), content_digest, diag);
}

/* GnuTLS is given the signature's parameters, and forgets those of the key. */
static bool
key_allows(const struct smime_signature *s, const struct smime_cert *cert)
{
	uint32_t salt;

	return !is_pss(s->scheme) ||
	       (smime_pss_read(s->info->signature_alg.parameters, s->digest, &salt) == SMIME_OK &&
		   smime_pss_key_allows(cert, s->digest, salt));
}

enum smime_status
smime_signature_verify(const struct smime_signature *signature, const struct smime_cert *cert,
    struct smime_bytes content_digest, struct smime_diag *diag)
{
	enum smime_status status;
	gnutls_pubkey_t key;

	if (!key_allows(signature, cert))
		return smime_fail(diag, SMIME_E_UNSUPPORTED, "algorithm",
		    "the RSASSA-PSS parameters cannot be used, or not with that certificate's key");
	SMIME_TRY(smime_cert_pubkey(cert, &key, diag));
	status = smime_signature_verify_key(signature, key, content_digest, diag);
	gnutls_pubkey_deinit(key);
	return status;
}
