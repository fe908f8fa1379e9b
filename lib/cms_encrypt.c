/* cms_encrypt.c - write EnvelopedData (CBC) and AuthEnvelopedData (GCM).  RFC 5652 s6, RFC 5083,
 * RFC 5084. Memory: the RecipientInfos; content is pushed through the cipher. A fresh key for every
 * object. */
#include "cms_recipient.h"
#include "der.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

#define TAG_LEN 16

struct sealing {
	const struct smime_cms_recipients *to;
	uint8_t cek[32], iv[16];
	struct smime_buf recipients; /* SET OF RecipientInfo */
	bool has_newer;              /* a RecipientInfo of another version than 0 */
};

static enum smime_status
write_recipients(struct sealing *s, struct smime_diag *diag)
{
	if (s->to->certs->count == 0)
		return smime_fail(diag, SMIME_E_NOKEY, "no-key", "no certificate to encrypt to");
	if (s->to->certs->count > SMIME_RECIPIENTS_MAX)
		return smime_fail(diag, SMIME_E_LIMIT, "limit",
		    "over %d certificates to encrypt to", SMIME_RECIPIENTS_MAX);
	for (size_t i = 0; i < s->to->certs->count; i++) {
		const struct smime_recipient_form form = { .cert = s->to->certs->item[i],
			.transport = s->to->transports ? s->to->transports[i] : s->to->transport,
			.by_key_id = s->to->by_key_id };
		bool plain;

		SMIME_TRY(smime_recipient_write(
		    &form, smime_bytes(s->cek, s->to->cipher->size), &s->recipients, &plain, diag));
		s->has_newer = s->has_newer || !plain;
	}
	return smime_der_wrap_set_of(&s->recipients, 0, SMIME_BER_SET);
}

/* CBC: the IV (RFC 3565 s2.3.1). GCM: nonce and aes-ICVlen, always 16 (RFC 5084 s3.2). */
static enum smime_status
write_content_algid(const struct sealing *s, struct smime_buf *out)
{
	const struct smime_alg *cipher = s->to->cipher;
	SMIME_AUTO_BUF p = { 0 };

	SMIME_TRY(smime_der_tlv(&p, SMIME_BER_OCTET_STRING, smime_bytes(s->iv, cipher->iv)));
	if (smime_alg_is_aead(cipher)) {
		SMIME_TRY(smime_der_small(&p, TAG_LEN));
		SMIME_TRY(smime_der_wrap(&p, 0, SMIME_BER_SEQUENCE));
	}
	return smime_der_algid(out, cipher->oid, smime_buf_bytes(&p));
}

/* Everything in front of the ciphertext. */
static enum smime_status
write_head(const struct sealing *s, uint64_t content, struct smime_buf *out)
{
	bool aead = smime_alg_is_aead(s->to->cipher);
	uint64_t block = s->to->cipher->block, cipher_len, encrypted, inner;
	SMIME_AUTO_BUF info = { 0 };
	SMIME_AUTO_BUF version = { 0 };

	cipher_len = aead ? content : content / block * block + block;
	/* RFC 5652 s6.1: 2 unless all RecipientInfos have version 0; RFC 5083 s2.1: always 0. */
	SMIME_TRY(smime_der_small(&version, s->has_newer && !aead ? 2 : 0));
	SMIME_TRY(smime_der_oid(&info, SMIME_OID_DATA));
	SMIME_TRY(write_content_algid(s, &info));
	encrypted = info.len + smime_der_header_size(cipher_len) + cipher_len;
	inner = version.len + s->recipients.len + smime_der_header_size(encrypted) + encrypted +
		(aead ? 2 + TAG_LEN : 0);
	SMIME_TRY(smime_cms_write_head(
	    out, aead ? SMIME_OID_AUTH_ENVELOPED : SMIME_OID_ENVELOPED, inner));
	SMIME_TRY(smime_buf_append(out, version.data, version.len));
	SMIME_TRY(smime_buf_append(out, s->recipients.data, s->recipients.len));
	SMIME_TRY(smime_der_header(out, SMIME_BER_SEQUENCE, encrypted));
	SMIME_TRY(smime_buf_append(out, info.data, info.len));
	return smime_der_header(out, SMIME_BER_CONTEXT | 0, cipher_len);
}

/* Passes on what it is given, and takes no part in the finish of the chain behind it: the caller
 * has more to push there. */
static enum smime_status
encrypt_content(const struct sealing *s, struct smime_spool *content, struct smime_stage *out)
{
	const struct smime_alg *cipher = s->to->cipher;
	SMIME_AUTO(smime_stage) stage = NULL;
	SMIME_AUTO_BUF mac = { 0 };

	SMIME_TRY(smime_stage_encrypt_new(cipher, smime_bytes(s->cek, cipher->size),
	    smime_bytes(s->iv, cipher->iv), out, &stage));
	SMIME_TRY(smime_spool_push(content, 0, UINT64_MAX, stage));
	SMIME_TRY(stage->ops->finish(stage));
	if (!smime_alg_is_aead(cipher))
		return SMIME_OK;
	SMIME_TRY(smime_der_tlv(&mac, SMIME_BER_OCTET_STRING, smime_stage_cipher_tag(stage)));
	return smime_push(out, mac.data, mac.len);
}

static enum smime_status
encrypt(struct sealing *s, struct smime_spool *content, struct smime_stage *out,
    struct smime_diag *diag)
{
	SMIME_AUTO_BUF head = { 0 };

	if (gnutls_rnd(GNUTLS_RND_KEY, s->cek, sizeof s->cek) < 0 ||
	    gnutls_rnd(GNUTLS_RND_NONCE, s->iv, sizeof s->iv) < 0)
		return SMIME_E_SYSTEM;
	SMIME_TRY(write_recipients(s, diag));
	SMIME_TRY(write_head(s, smime_spool_size(content), &head));
	SMIME_TRY(smime_push(out, head.data, head.len));
	return encrypt_content(s, content, out);
}

enum smime_status
smime_cms_encrypt(const struct smime_cms_recipients *recipients, struct smime_spool *content,
    struct smime_stage *out, struct smime_diag *diag)
{
	struct sealing s = { .to = recipients };
	enum smime_status status =
	    encrypt(&s, content, out, diag); // NOLINT(concurrency-mt-unsafe): ours

	smime_buf_reset(&s.recipients);
	explicit_bzero(&s, sizeof s);
	return status;
}
