/* certs_p7.c - the certificates of a PKCS#7 file (.p7b, .p7c).  RFC 5652 s5.1, RFC 8551 s3.2.
 * Signers, content and attribute certificates are left alone. At most 100,000 certificates. */
#include "ber.h"
#include "cms.h"

#define CERTS_MAX 100000

static enum smime_status
malformed(struct smime_diag *diag)
{
	return smime_fail(diag, SMIME_E_SYNTAX, "certificate",
	    "PKCS#7: not a SignedData with certificates in it");
}

/* SignedData ::= SEQUENCE { version, digestAlgorithms, encapContentInfo, [0] certificates ... } */
static enum smime_status
find_set(struct smime_bytes in, struct smime_bytes *out)
{
	struct smime_tlv tlv;

	SMIME_TRY(smime_ber_expect(&in, SMIME_BER_SEQUENCE, &tlv));
	in = tlv.content;
	SMIME_TRY(smime_ber_expect(&in, SMIME_BER_INTEGER, &tlv));
	SMIME_TRY(smime_ber_expect(&in, SMIME_BER_SET, &tlv));
	SMIME_TRY(smime_ber_expect(&in, SMIME_BER_SEQUENCE, &tlv));
	SMIME_TRY(smime_ber_expect(&in, SMIME_BER_CONTEXT_CONS | 0, &tlv));
	*out = tlv.content;
	return SMIME_OK;
}

enum smime_status
smime_certs_add_pkcs7(struct smime_certs *certs, struct smime_bytes der, struct smime_diag *diag)
{
	struct smime_content_info info;
	struct smime_bytes set;
	struct smime_tlv tlv;
	size_t count;

	if (smime_cms_read(der, &info, NULL) != SMIME_OK ||
	    strcmp(info.type, SMIME_OID_SIGNED) != 0 || find_set(info.content, &set) != SMIME_OK ||
	    smime_ber_count(set, CERTS_MAX, &count) != SMIME_OK)
		return malformed(diag);
	while (set.len > 0) {
		SMIME_AUTO(smime_cert) cert = NULL;

		SMIME_TRY(smime_ber_read(&set, &tlv));
		if (tlv.tag != SMIME_BER_SEQUENCE)
			continue;
		SMIME_TRY(smime_cert_import(tlv.whole, &cert, diag));
		SMIME_TRY(smime_certs_add(certs, cert));
	}
	return SMIME_OK;
}
