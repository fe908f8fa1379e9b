/* pss.c - RSASSA-PSS-params: hash, mask and salt of a signature, and what a key allows.
 * RFC 4055 s3.
 *
 * Refuses another mask than MGF1, one with another hash, and salts over 1024 octets. */
#include "pss.h"
#include "ber.h"
#include "der.h"
#include "oaep.h"

/* [n] EXPLICIT AlgorithmIdentifier, alone in there. */
static enum smime_status
tagged_algid(struct smime_bytes *in, uint8_t tag, struct smime_algid *out)
{
	struct smime_tlv tlv;

	SMIME_TRY(smime_ber_expect(in, SMIME_BER_CONTEXT_CONS | tag, &tlv));
	SMIME_TRY(smime_ber_algid(&tlv.content, out));
	return tlv.content.len == 0 ? SMIME_OK : SMIME_E_SYNTAX;
}

static enum smime_status
tagged_small(struct smime_bytes *in, uint8_t tag, uint32_t *out)
{
	struct smime_tlv tlv;

	if (!smime_ber_peek(*in, SMIME_BER_CONTEXT_CONS | tag))
		return SMIME_OK;
	SMIME_TRY(smime_ber_read(in, &tlv));
	SMIME_TRY(smime_ber_small(&tlv.content, out));
	return tlv.content.len == 0 ? SMIME_OK : SMIME_E_SYNTAX;
}

static bool
is_digest(const struct smime_algid *alg, const struct smime_alg *digest)
{
	return strcmp(alg->oid, digest->oid) == 0 && smime_der_no_parameters(alg->parameters);
}

enum smime_status
smime_pss_read(struct smime_bytes parameters, const struct smime_alg *digest, uint32_t *salt)
{
	struct smime_algid hash, mgf, mgf_hash;
	uint32_t trailer = 1;
	struct smime_tlv tlv;
	struct smime_bytes in;

	SMIME_TRY(smime_ber_expect(&parameters, SMIME_BER_SEQUENCE, &tlv));
	in = tlv.content;
	/* The defaults are SHA-1 and 20, which no row of ours names. */
	SMIME_TRY(tagged_algid(&in, 0, &hash));
	SMIME_TRY(tagged_algid(&in, 1, &mgf));
	SMIME_TRY(smime_ber_algid(&mgf.parameters, &mgf_hash));
	*salt = 20;
	SMIME_TRY(tagged_small(&in, 2, salt));
	SMIME_TRY(tagged_small(&in, 3, &trailer));
	return strcmp(mgf.oid, SMIME_OID_MGF1) == 0 && mgf.parameters.len == 0 &&
		       is_digest(&hash, digest) && is_digest(&mgf_hash, digest) && trailer == 1 &&
		       in.len == 0 && *salt <= 1024
		   ? SMIME_OK
		   : SMIME_E_UNSUPPORTED;
}

bool
smime_pss_key_allows(const struct smime_cert *cert, const struct smime_alg *digest, uint32_t salt)
{
	struct smime_bytes in = smime_cert_spki(cert);
	struct smime_algid alg;
	struct smime_tlv spki;
	uint32_t least;

	if (smime_cert_key_type(cert) != SMIME_KEY_RSA_PSS)
		return true;
	if (smime_ber_expect(&in, SMIME_BER_SEQUENCE, &spki) != SMIME_OK ||
	    smime_ber_algid(&spki.content, &alg) != SMIME_OK)
		return false;
	/* "all parameters in the signature structure algorithm identifier MUST match the parameters
	 * in the key structure algorithm identifier except the saltLength field", which "MUST be
	 * greater or equal" (RFC 4055 s3.3) */
	return alg.parameters.len == 0 ||
	       (smime_pss_read(alg.parameters, digest, &least) == SMIME_OK && salt >= least);
}

enum smime_status
smime_pss_set(gnutls_pubkey_t key, const struct smime_alg *digest, uint32_t salt)
{
	gnutls_x509_spki_t spki;
	int rc;

	if (gnutls_x509_spki_init(&spki) < 0)
		return SMIME_E_SYSTEM;
	gnutls_x509_spki_set_rsa_pss_params(spki, (gnutls_digest_algorithm_t)digest->backend, salt);
	rc = gnutls_pubkey_set_spki(key, spki, 0);
	gnutls_x509_spki_deinit(spki);
	return rc < 0 ? SMIME_E_UNSUPPORTED : SMIME_OK;
}

/* SIGNED { ToBeSigned, AlgorithmIdentifier, BIT STRING } (RFC 5280 s4.1, s5.1). */
struct signed_object {
	struct smime_bytes octets, signature;
	struct smime_algid alg;
};

static enum smime_status
read_signed(struct smime_bytes in, struct signed_object *out)
{
	struct smime_tlv whole, part;

	SMIME_TRY(smime_ber_expect(&in, SMIME_BER_SEQUENCE, &whole));
	SMIME_TRY(smime_ber_expect(&whole.content, SMIME_BER_SEQUENCE, &part));
	out->octets = part.whole;
	SMIME_TRY(smime_ber_algid(&whole.content, &out->alg));
	SMIME_TRY(smime_ber_expect(&whole.content, SMIME_BER_BIT_STRING, &part));
	if (part.content.len < 1 || part.content.data[0] != 0)
		return SMIME_E_SYNTAX;
	out->signature = smime_bytes_slice(part.content, 1, part.content.len);
	return SMIME_OK;
}

static bool
verifies(const struct signed_object *object, const struct smime_cert *issuer,
    const struct smime_alg *scheme, const struct smime_alg *digest, uint32_t salt)
{
	gnutls_datum_t in = { .data = (void *)(uintptr_t)object->octets.data,
		.size = (unsigned)object->octets.len };
	gnutls_datum_t signature = { .data = (void *)(uintptr_t)object->signature.data,
		.size = (unsigned)object->signature.len };
	gnutls_pubkey_t key;
	bool good;

	if (smime_cert_pubkey(issuer, &key, NULL) != SMIME_OK)
		return false;
	good = smime_pss_set(key, digest, salt) == SMIME_OK &&
	       gnutls_pubkey_verify_data2(
		   key, (gnutls_sign_algorithm_t)scheme->backend, 0, &in, &signature) >= 0;
	gnutls_pubkey_deinit(key);
	return good;
}

bool
smime_pss_signed(struct smime_bytes object, const struct smime_cert *issuer)
{
	const struct smime_alg *scheme;
	struct signed_object o;
	uint32_t salt;

	if (read_signed(object, &o) != SMIME_OK)
		return false;
	for (const struct smime_alg *digest = smime_digests; digest->oid; digest++) {
		scheme = smime_signature_alg("rsa-pss", digest);
		if (scheme && strcmp(scheme->oid, o.alg.oid) == 0 &&
		    smime_pss_read(o.alg.parameters, digest, &salt) == SMIME_OK)
			return smime_pss_key_allows(issuer, digest, salt) &&
			       verifies(&o, issuer, scheme, digest, salt);
	}
	return false;
}
