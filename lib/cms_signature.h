/* cms_signature.h - the signature of one SignerInfo.  RFC 5652 s5.4. */
#ifndef SMIME_CMS_SIGNATURE_H
#define SMIME_CMS_SIGNATURE_H

#include "cms.h"

struct smime_signature {
	const struct smime_signer_info *info; /* borrowed */
	const struct smime_alg *digest, *scheme;
};

/* Its algorithms. SMIME_E_UNSUPPORTED "algorithm"; digest and scheme are what could be found. */
SMIME_MUST_USE enum smime_status smime_signature_read(
    const struct smime_signer_info *info, struct smime_signature *out, struct smime_diag *diag);

/*
 * Is it that of the certificate's key, over the signed attributes or, when there are none, over the
 * content with that digest (with Ed25519 there must be attributes)? Whose certificate it is, and
 * what the attributes say, is not looked at. SMIME_E_UNTRUSTED "bad-signature", SMIME_E_UNSUPPORTED
 * "algorithm".
 */
SMIME_MUST_USE enum smime_status smime_signature_verify(const struct smime_signature *signature,
    const struct smime_cert *cert, struct smime_bytes content_digest, struct smime_diag *diag);

/* The same with a GnuTLS public key instead of a certificate's: for vectors. key is changed. */
SMIME_MUST_USE enum smime_status smime_signature_verify_key(const struct smime_signature *signature,
    void *gnutls_pubkey, struct smime_bytes content_digest, struct smime_diag *diag);

#endif
