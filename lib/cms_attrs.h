/* cms_attrs.h - signed attributes: write ours, read others' strictly.  RFC 5652 s11, RFC 8551 s2.5,
 * RFC 5035. */
#ifndef SMIME_CMS_ATTRS_H
#define SMIME_CMS_ATTRS_H

#include "cms.h"

/* SET OF Attribute (tag 31) for a SignerInfo: contentType, messageDigest, signingTime,
 * smimeCapabilities, signingCertificateV2; appended. */
SMIME_MUST_USE enum smime_status smime_attrs_write(const struct smime_cms_signer *signer,
    struct smime_bytes message_digest, struct smime_buf *out);

struct smime_attrs {
	struct smime_bytes message_digest;
	int64_t signing_time;            /* 0 when absent */
	struct smime_bytes ess_cert;     /* content of SigningCertificateV2; empty when absent */
	struct smime_bytes capabilities; /* content of SMIMECapabilities; empty when absent */
};

/*
 * Read signedAttrs, [0] IMPLICIT. Refuses whatever is not exact: an encoding that is not DER,
 * attributes out of order, contentType or messageDigest missing, repeated or with several values, a
 * contentType other than content_type. SMIME_E_LIMIT: over SMIME_ATTRS_MAX of them.
 */
SMIME_MUST_USE enum smime_status smime_attrs_read(const struct smime_tlv *attrs,
    const char *content_type, struct smime_attrs *out, struct smime_diag *diag);

/*
 * Is it, whole, a SET OF Attribute? Signed attributes of one message are just what another
 * message's signature without attributes is over: such content is never believed (R-VER-ATTRS).
 */
bool smime_attrs_are(struct smime_bytes content);

/* Does SigningCertificateV2, when there is one, name cert as the signer? SMIME_E_UNTRUSTED: it does
 * not. */
SMIME_MUST_USE enum smime_status smime_attrs_check_ess(
    const struct smime_attrs *attrs, const struct smime_cert *cert);

#endif
