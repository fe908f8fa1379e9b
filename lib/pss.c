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
