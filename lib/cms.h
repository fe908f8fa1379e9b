/*
 * cms.h - one CMS object at a time: write it around a spool, read it from a view.  RFC 5652, RFC
 * 5083.
 *
 * Writing needs the length of the content first (DER, definite lengths), so content comes as a
 * spool and is pushed twice: through the digest, then out. Nothing here knows MIME.
 */
#ifndef SMIME_CMS_H
#define SMIME_CMS_H

#include "ber.h"
#include "smime/algs.h"
#include "smime/caps.h"
#include "smime/cert.h"
#include "smime/keys.h"
#include "smime/replay.h"
#include "smime/spool.h"
#include "smime/trust.h"

#define SMIME_OID_DATA           "1.2.840.113549.1.7.1"
#define SMIME_OID_SIGNED         "1.2.840.113549.1.7.2"
#define SMIME_OID_ENVELOPED      "1.2.840.113549.1.7.3"
#define SMIME_OID_AUTH_ENVELOPED "1.2.840.113549.1.9.16.1.23"
#define SMIME_OID_COMPRESSED     "1.2.840.113549.1.9.16.1.9"

/* Limits, checked before anything is computed (R-LIM). */
#define SMIME_SIGNERS_MAX    16
#define SMIME_RECIPIENTS_MAX 1000
#define SMIME_CERTS_MAX      64
#define SMIME_ATTRS_MAX      64

/* ---- ContentInfo ---- */

struct smime_content_info {
	char type[SMIME_OID_SIZE];
	struct smime_bytes content; /* inside of [0] EXPLICIT */
};

/* SMIME_E_SYNTAX also for octets behind it. */
SMIME_MUST_USE enum smime_status smime_cms_read(
    struct smime_bytes in, struct smime_content_info *out, struct smime_diag *diag);

/* ContentInfo of that type (SMIME_OID_*) down to the SEQUENCE in it, of which `inner` octets
 * follow; appended. */
SMIME_MUST_USE enum smime_status smime_cms_write_head(
    struct smime_buf *out, const char *type, uint64_t inner);

/* IssuerAndSerialNumber. */
SMIME_MUST_USE enum smime_status smime_cms_read_issuer_serial(
    struct smime_bytes *in, struct smime_cert_id *out);

/*
 * How an object of ours names cert, appended: IssuerAndSerialNumber, or by_key_id [0]
 * SubjectKeyIdentifier (RFC 5652 s5.3, s6.2.1). A certificate without that extension is always
 * named by issuer and serial number: smime_cms_by_key_id() tells.
 */
SMIME_MUST_USE enum smime_status smime_cms_write_id(
    const struct smime_cert *cert, bool by_key_id, struct smime_buf *out);
bool smime_cms_by_key_id(const struct smime_cert *cert, bool wanted);

/* ---- SignedData (cms_sign.c, cms_read.c, cms_verify.c) ---- */

struct smime_cms_signer {
	const struct smime_cert *cert;
	const struct smime_certs *chain; /* NULL: none */
	struct smime_keys *keys;
	const struct smime_alg *digest; /* with EdDSA always sha512 */
	const struct smime_alg *scheme;
	int64_t now;
	bool by_key_id;
};

/* Sign the content of a spool. detached: the content stays out of the object. DER is pushed into
 * out. */
SMIME_MUST_USE enum smime_status smime_cms_sign(const struct smime_cms_signer *signer,
    bool detached, struct smime_spool *content, struct smime_stage *out, struct smime_diag *diag);

struct smime_signer_info {
	struct smime_cert_id id;
	struct smime_algid digest, signature_alg;
	bool has_attrs;
	struct smime_tlv attrs; /* [0] IMPLICIT */
	struct smime_bytes signature;
};

struct smime_signed_data {
	struct smime_bytes digest_algs; /* inside of the SET */
	char content_type[SMIME_OID_SIZE];
	bool has_content;
	struct smime_tlv content; /* the OCTET STRING */
	struct smime_certs certs; /* those that parse; smime_signed_data_reset */
	struct smime_signer_info signers[SMIME_SIGNERS_MAX];
	size_t signer_count; /* 0: certs-only */
};

/* in: content of the ContentInfo. SMIME_E_SYNTAX, SMIME_E_LIMIT. */
SMIME_MUST_USE enum smime_status smime_signed_data_read(
    struct smime_bytes in, struct smime_signed_data *out, struct smime_diag *diag);
void smime_signed_data_reset(struct smime_signed_data *data);

struct smime_cms_verify {
	const struct smime_trust *trust; /* NULL: nothing is trusted */
	int64_t now;
	bool weak_verifies;
	bool no_attributes_verifies;
	const char *from; /* address to be covered; NULL: none is (the reason is the caller's) */
};

struct smime_cms_verdict {
	struct smime_cert
	    *cert; /* of the signer that covers From, else of the first; owned; may be NULL */
	bool weak;
	int64_t signing_time; /* 0 when absent */
	char algorithm[64];
	struct smime_caps caps; /* of that signer; believed only when all verifies */
};

/*
 * Check every signer over the content: the attached one when external is NULL, else the given
 * octets as they are. content: gets what was signed (may be NULL); to be used only when the result
 * is SMIME_OK.
 *
 * SMIME_E_UNTRUSTED and others with a token: "no-attributes", "attributes", "digest",
 * "bad-signature", "tampered", "no-certificate", "weak", "from-not-covered", and those of
 * smime_cert_may_sign and smime_trust_check.
 */
SMIME_MUST_USE enum smime_status smime_cms_check(const struct smime_cms_verify *verify,
    const struct smime_signed_data *data, const struct smime_bytes *external,
    struct smime_stage *content, struct smime_cms_verdict *out, struct smime_diag *diag);

/* ---- EnvelopedData, AuthEnvelopedData (cms_encrypt.c, cms_decrypt.c) ---- */

struct smime_cms_recipients {
	const struct smime_certs *certs;
	const struct smime_alg *cipher;    /* an AEAD makes AuthEnvelopedData */
	const struct smime_alg *transport; /* for RSA */
	/* For each certificate its own, instead; NULL: transport for all. */
	const struct smime_alg *const *transports;
	bool by_key_id;
};

SMIME_MUST_USE enum smime_status smime_cms_encrypt(const struct smime_cms_recipients *recipients,
    struct smime_spool *content, struct smime_stage *out, struct smime_diag *diag);

struct smime_cms_reader {
	struct smime_keys *keys;     /* NULL: nothing can be decrypted */
	struct smime_replay *replay; /* NULL: not asked */
	struct smime_spool *der;     /* whose pages are given back while it is read; may be NULL */
};

struct smime_cms_decrypted {
	const struct smime_alg *cipher;
	char algorithm[64];
	struct smime_cert *cert; /* own certificate that was used; owned; NULL when none */
};

/*
 * in: content of the ContentInfo; type: SMIME_OID_ENVELOPED or SMIME_OID_AUTH_ENVELOPED. plain:
 * gets what was encrypted; to be read only when the result is SMIME_OK.
 *
 * SMIME_E_NOKEY "no-key": no RecipientInfo names a certificate of ours. SMIME_E_UNTRUSTED
 * "replayed-key": one of the wrapped keys came before with other content; none was unwrapped.
 * Whatever goes wrong after that is one and the same SMIME_E_UNTRUSTED "decrypt-failed" (RFC 3218).
 */
SMIME_MUST_USE enum smime_status smime_cms_decrypt(const struct smime_cms_reader *reader,
    const char *type, struct smime_bytes in, struct smime_stage *plain,
    struct smime_cms_decrypted *out, struct smime_diag *diag);

/* The one sentence of every decryption failure. */
extern const char smime_cms_decrypt_failed[];

/* ---- CompressedData (cms_compress.c) ---- */

/* Inflate; at most max octets, and at most 100 for one. SMIME_E_SYNTAX, SMIME_E_LIMIT "compressed".
 */
SMIME_MUST_USE enum smime_status smime_cms_inflate(
    struct smime_bytes in, uint64_t max, struct smime_stage *plain, struct smime_diag *diag);

#endif
