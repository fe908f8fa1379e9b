/* cms_sign.c - write SignedData, detached or opaque.  RFC 5652 s5, RFC 8551 s3.5, RFC 4056, RFC
 * 8419. Memory: the object without its content. */
#include "cms.h"
#include "cms_attrs.h"
#include "der.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

#define OID_RSA_KEY "1.2.840.113549.1.1.1"
#define OID_MGF1    "1.2.840.113549.1.1.8"

static enum smime_status
content_digest(const struct smime_alg *digest, struct smime_spool *content, uint8_t value[64])
{
	SMIME_AUTO(smime_stage) stage = NULL;

	SMIME_TRY(smime_stage_digest_new(digest, NULL, &stage));
	SMIME_TRY(smime_spool_push(content, 0, UINT64_MAX, stage));
	SMIME_TRY(smime_finish(stage));
	memcpy(value, smime_stage_digest_get(stage).data, digest->size);
	return SMIME_OK;
}

/* RSASSA-PSS-params: hash, MGF1 with it, salt as long as the hash; "MUST be present" (RFC 4056 s3).
 */
static enum smime_status
write_pss_algid(const struct smime_cms_signer *signer, struct smime_buf *out)
{
	SMIME_AUTO_BUF hash = { 0 };
	SMIME_AUTO_BUF p = { 0 };
	size_t mark;

	SMIME_TRY(smime_der_algid(&hash, signer->digest->oid, smime_der_null_bytes));
	SMIME_TRY(smime_der_tlv(&p, SMIME_BER_CONTEXT_CONS | 0, smime_buf_bytes(&hash)));
	mark = p.len;
	SMIME_TRY(smime_der_algid(&p, OID_MGF1, smime_buf_bytes(&hash)));
	SMIME_TRY(smime_der_wrap(&p, mark, SMIME_BER_CONTEXT_CONS | 1));
	mark = p.len;
	SMIME_TRY(smime_der_small(&p, signer->digest->size));
	SMIME_TRY(smime_der_wrap(&p, mark, SMIME_BER_CONTEXT_CONS | 2));
	SMIME_TRY(smime_der_wrap(&p, 0, SMIME_BER_SEQUENCE));
	return smime_der_algid(out, signer->scheme->oid, smime_buf_bytes(&p));
}

static enum smime_status
write_signature_algid(const struct smime_cms_signer *signer, struct smime_buf *out)
{
	if (strcmp(signer->scheme->name, "rsa-pss") == 0)
		return write_pss_algid(signer, out);
	/* Every reader knows rsaEncryption here; some old ones nothing else (RFC 3370 s3.2). */
	if (strcmp(signer->scheme->name, "rsa-pkcs1") == 0)
		return smime_der_algid(out, OID_RSA_KEY, smime_der_null_bytes);
	return smime_der_algid(out, signer->scheme->oid, smime_bytes(NULL, 0));
}

static enum smime_status
sign_attrs(const struct smime_cms_signer *signer, struct smime_bytes attrs,
    struct smime_buf *signature, struct smime_diag *diag)
{
	uint8_t value[64];

	/* EdDSA signs the octets themselves (RFC 8419 s3.1). */
	if (strcmp(signer->scheme->name, "eddsa") == 0)
		return signer->keys->ops->sign(
		    signer->keys, signer->cert, signer->scheme, attrs, signature, diag);
	if (gnutls_hash_fast((gnutls_digest_algorithm_t)signer->digest->backend, attrs.data,
		attrs.len, value) < 0)
		return SMIME_E_SYSTEM;
	return signer->keys->ops->sign(signer->keys, signer->cert, signer->scheme,
	    smime_bytes(value, signer->digest->size), signature, diag);
}

/* RFC 5652 s5.1, s5.3: both versions are 1, or 3 when the key identifier names the signer. */
static uint32_t
version(const struct smime_cms_signer *signer)
{
	return smime_cms_by_key_id(signer->cert, signer->by_key_id) ? 3 : 1;
}

static enum smime_status
write_signer_info(const struct smime_cms_signer *signer, struct smime_bytes digest,
    struct smime_buf *out, struct smime_diag *diag)
{
	SMIME_AUTO_BUF attrs = { 0 };
	SMIME_AUTO_BUF signature = { 0 };
	size_t mark = out->len;

	SMIME_TRY(smime_attrs_write(signer, digest, &attrs));
	/* "A separate encoding of the signedAttrs field is performed ...: an EXPLICIT SET OF tag is
	 * used" (RFC 5652 s5.4): signed with tag 31, sent with tag A0. */
	SMIME_TRY(sign_attrs(signer, smime_buf_bytes(&attrs), &signature, diag));
	attrs.data[0] = SMIME_BER_CONTEXT_CONS | 0;
	SMIME_TRY(smime_der_small(out, version(signer)));
	SMIME_TRY(smime_cms_write_id(signer->cert, signer->by_key_id, out));
	SMIME_TRY(smime_der_algid(out, signer->digest->oid, smime_bytes(NULL, 0)));
	SMIME_TRY(smime_buf_append(out, attrs.data, attrs.len));
	SMIME_TRY(write_signature_algid(signer, out));
	SMIME_TRY(smime_der_tlv(out, SMIME_BER_OCTET_STRING, smime_buf_bytes(&signature)));
	return smime_der_wrap(out, mark, SMIME_BER_SEQUENCE);
}

/* The signer's certificate and its chain; a root that the reader does not trust already is of no
 * use to him, and one that he trusts he has. */
static enum smime_status
write_certificates(const struct smime_cms_signer *signer, struct smime_buf *out)
{
	struct smime_bytes der = smime_cert_der(signer->cert);
	size_t mark = out->len;

	SMIME_TRY(smime_buf_append(out, der.data, der.len));
	for (size_t i = 0; signer->chain && i < signer->chain->count; i++) {
		const struct smime_cert *cert = signer->chain->item[i];

		der = smime_cert_der(cert);
		if (!smime_cert_self_signed(cert))
			SMIME_TRY(smime_buf_append(out, der.data, der.len));
	}
	return smime_der_wrap_set_of(out, mark, SMIME_BER_CONTEXT_CONS | 0);
}

/* Headers from the outside in, up to where the content begins. inner: octets of SignedData behind
 * the version and digestAlgorithms; encap: of EncapsulatedContentInfo. */
static enum smime_status
write_head(const struct smime_cms_signer *signer, bool detached, uint64_t content, size_t tail,
    struct smime_buf *out)
{
	SMIME_AUTO_BUF head = { 0 };
	SMIME_AUTO_BUF data = { 0 };
	uint64_t string = smime_der_header_size(content) + content, encap, inner;

	SMIME_TRY(smime_der_small(&head, version(signer)));
	SMIME_TRY(smime_der_algid(&data, signer->digest->oid, smime_bytes(NULL, 0)));
	SMIME_TRY(smime_der_tlv(&head, SMIME_BER_SET, smime_buf_bytes(&data)));
	data.len = 0;
	SMIME_TRY(smime_der_oid(&data, SMIME_OID_DATA));
	encap = data.len + (detached ? 0 : smime_der_header_size(string) + string);
	inner = head.len + smime_der_header_size(encap) + encap + tail;
	SMIME_TRY(smime_cms_write_head(out, SMIME_OID_SIGNED, inner));
	SMIME_TRY(smime_buf_append(out, head.data, head.len));
	SMIME_TRY(smime_der_header(out, SMIME_BER_SEQUENCE, encap));
	SMIME_TRY(smime_buf_append(out, data.data, data.len));
	if (detached)
		return SMIME_OK;
	SMIME_TRY(smime_der_header(out, SMIME_BER_CONTEXT_CONS | 0, string));
	return smime_der_header(out, SMIME_BER_OCTET_STRING, content);
}

enum smime_status
smime_cms_sign(const struct smime_cms_signer *signer, bool detached, struct smime_spool *content,
    struct smime_stage *out, struct smime_diag *diag)
{
	SMIME_AUTO_BUF head = { 0 };
	SMIME_AUTO_BUF tail = { 0 };
	uint8_t digest[64];
	size_t mark;

	SMIME_TRY(content_digest(signer->digest, content, digest));
	SMIME_TRY(write_certificates(signer, &tail));
	mark = tail.len;
	SMIME_TRY(
	    write_signer_info(signer, smime_bytes(digest, signer->digest->size), &tail, diag));
	SMIME_TRY(smime_der_wrap(&tail, mark, SMIME_BER_SET));
	SMIME_TRY(write_head(signer, detached, smime_spool_size(content), tail.len, &head));
	SMIME_TRY(smime_push(out, head.data, head.len));
	if (!detached)
		SMIME_TRY(smime_spool_push(content, 0, UINT64_MAX, out));
	return smime_push(out, tail.data, tail.len);
}
