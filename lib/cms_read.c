/* cms_read.c - the outermost layer, and SignedData as it is written down; nothing is computed here.
 * RFC 5652 s3, s5.1. Refuses octets behind the ContentInfo and counts over the limits. */
#include "cms.h"

static enum smime_status
malformed(struct smime_diag *diag, const char *what)
{
	return smime_fail(diag, SMIME_E_SYNTAX, "malformed", "CMS: %s", what);
}

enum smime_status
smime_cms_read(struct smime_bytes in, struct smime_content_info *out, struct smime_diag *diag)
{
	struct smime_tlv info, content;

	if (smime_ber_expect(&in, SMIME_BER_SEQUENCE, &info) != SMIME_OK)
		return malformed(diag, "no ContentInfo");
	if (in.len > 0)
		return malformed(diag, "octets behind the ContentInfo");
	if (smime_ber_oid(&info.content, out->type) != SMIME_OK)
		return malformed(diag, "ContentInfo without a type");
	if (smime_ber_expect(&info.content, SMIME_BER_CONTEXT_CONS | 0, &content) != SMIME_OK ||
	    info.content.len > 0)
		return malformed(diag, "ContentInfo without content");
	out->content = content.content;
	return SMIME_OK;
}

/* CertificateSet: those that are X.509 and parse; attribute certificates are left alone. */
static enum smime_status
read_certificates(struct smime_bytes in, struct smime_certs *certs, struct smime_diag *diag)
{
	enum smime_status status;
	size_t count;

	status = smime_ber_count(in, SMIME_CERTS_MAX, &count);
	if (status == SMIME_E_LIMIT)
		return smime_fail(diag, SMIME_E_LIMIT, "limit", "SignedData: over %d certificates",
		    SMIME_CERTS_MAX);
	if (status != SMIME_OK)
		return malformed(diag, "SignedData: certificates");
	while (in.len > 0) {
		SMIME_AUTO(smime_cert) cert = NULL;
		struct smime_tlv tlv;

		SMIME_TRY(smime_ber_read(&in, &tlv));
		if (tlv.tag != SMIME_BER_SEQUENCE)
			continue;
		status = smime_cert_import(tlv.whole, &cert, NULL);
		if (status == SMIME_E_SYSTEM)
			return status;
		if (status == SMIME_OK)
			SMIME_TRY(smime_certs_add(certs, cert));
	}
	return SMIME_OK;
}

/* SignerIdentifier: issuerAndSerialNumber, or [0] subjectKeyIdentifier. */
static enum smime_status
read_signer_id(struct smime_bytes *in, uint32_t version, struct smime_cert_id *out)
{
	struct smime_tlv tlv;

	*out = (struct smime_cert_id){ 0 };
	if (smime_ber_peek(*in, SMIME_BER_CONTEXT | 0)) {
		SMIME_TRY(smime_ber_read(in, &tlv));
		out->ski = tlv.content;
		return version == 3 && out->ski.len > 0 ? SMIME_OK : SMIME_E_SYNTAX;
	}
	SMIME_TRY(smime_cms_read_issuer_serial(in, out));
	return version == 1 ? SMIME_OK : SMIME_E_SYNTAX;
}

static enum smime_status
read_signer_info(struct smime_bytes *in, struct smime_signer_info *out)
{
	struct smime_tlv info, signature, unsigned_attrs;
	struct smime_bytes rest;
	uint32_t version;

	*out = (struct smime_signer_info){ 0 };
	SMIME_TRY(smime_ber_expect(in, SMIME_BER_SEQUENCE, &info));
	rest = info.content;
	SMIME_TRY(smime_ber_small(&rest, &version));
	SMIME_TRY(read_signer_id(&rest, version, &out->id));
	SMIME_TRY(smime_ber_algid(&rest, &out->digest));
	out->has_attrs = smime_ber_peek(rest, SMIME_BER_CONTEXT_CONS | 0);
	if (out->has_attrs)
		SMIME_TRY(smime_ber_read(&rest, &out->attrs));
	SMIME_TRY(smime_ber_algid(&rest, &out->signature_alg));
	SMIME_TRY(smime_ber_expect(&rest, SMIME_BER_OCTET_STRING, &signature));
	if (signature.tag & SMIME_BER_CONSTRUCTED)
		return SMIME_E_SYNTAX;
	out->signature = signature.content;
	if (smime_ber_peek(rest, SMIME_BER_CONTEXT_CONS | 1))
		SMIME_TRY(smime_ber_read(&rest, &unsigned_attrs));
	return rest.len == 0 ? SMIME_OK : SMIME_E_SYNTAX;
}

static enum smime_status
read_signers(struct smime_bytes in, struct smime_signed_data *out, struct smime_diag *diag)
{
	enum smime_status status = smime_ber_count(in, SMIME_SIGNERS_MAX, &out->signer_count);

	if (status == SMIME_E_LIMIT)
		return smime_fail(
		    diag, SMIME_E_LIMIT, "limit", "SignedData: over %d signers", SMIME_SIGNERS_MAX);
	if (status != SMIME_OK)
		return malformed(diag, "SignedData: signerInfos");
	for (size_t i = 0; i < out->signer_count; i++)
		if (read_signer_info(&in, &out->signers[i]) != SMIME_OK)
			return malformed(diag, "SignedData: a SignerInfo");
	return SMIME_OK;
}

static enum smime_status
read_encapsulated(struct smime_bytes *in, struct smime_signed_data *out)
{
	struct smime_tlv encap, wrapper;

	SMIME_TRY(smime_ber_expect(in, SMIME_BER_SEQUENCE, &encap));
	SMIME_TRY(smime_ber_oid(&encap.content, out->content_type));
	out->has_content = encap.content.len > 0;
	if (!out->has_content)
		return SMIME_OK;
	SMIME_TRY(smime_ber_expect(&encap.content, SMIME_BER_CONTEXT_CONS | 0, &wrapper));
	SMIME_TRY(smime_ber_expect(&wrapper.content, SMIME_BER_OCTET_STRING, &out->content));
	return encap.content.len == 0 && wrapper.content.len == 0 ? SMIME_OK : SMIME_E_SYNTAX;
}

enum smime_status
smime_signed_data_read(
    struct smime_bytes in, struct smime_signed_data *out, struct smime_diag *diag)
{
	struct smime_tlv data, tlv;
	uint32_t version;

	*out = (struct smime_signed_data){ 0 };
	if (smime_ber_expect(&in, SMIME_BER_SEQUENCE, &data) != SMIME_OK || in.len > 0)
		return malformed(diag, "SignedData");
	in = data.content;
	if (smime_ber_small(&in, &version) != SMIME_OK ||
	    smime_ber_expect(&in, SMIME_BER_SET, &tlv) != SMIME_OK)
		return malformed(diag, "SignedData: version or digestAlgorithms");
	out->digest_algs = tlv.content;
	if (read_encapsulated(&in, out) != SMIME_OK)
		return malformed(diag, "SignedData: encapContentInfo");
	if (smime_ber_peek(in, SMIME_BER_CONTEXT_CONS | 0)) {
		if (smime_ber_read(&in, &tlv) != SMIME_OK)
			return malformed(diag, "SignedData: certificates");
		SMIME_TRY(read_certificates(tlv.content, &out->certs, diag));
	}
	if (smime_ber_peek(in, SMIME_BER_CONTEXT_CONS | 1) && smime_ber_read(&in, &tlv) != SMIME_OK)
		return malformed(diag, "SignedData: crls");
	if (smime_ber_expect(&in, SMIME_BER_SET, &tlv) != SMIME_OK || in.len > 0)
		return malformed(diag, "SignedData: signerInfos");
	return read_signers(tlv.content, out, diag);
}

void
smime_signed_data_reset(struct smime_signed_data *data)
{
	smime_certs_reset(&data->certs);
}
