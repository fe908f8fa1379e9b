/* cms_decrypt.c - read EnvelopedData and AuthEnvelopedData.  RFC 5652 s6, RFC 5083, RFC 3218, RFC
 * 5084.
 *
 * One path for every ciphertext: the first RecipientInfo that names a certificate of ours is tried
 * and no other; what is wrong with its key shows nowhere (a random key takes its place), and
 * whatever is wrong with the content is one and the same failure. Password and key-encryption-key
 * recipients are skipped unread. Whether a wrapped key came before with other content is asked
 * before any is unwrapped (R-DEC-REPLAY). */
#include "cms_recipient.h"

#include <stdio.h>

#define ICV_DEFAULT 12

/* The parts of a (Auth)EnvelopedData. */
struct enveloped {
	const char *type;                  /* of the whole */
	char content_type[SMIME_OID_SIZE]; /* of what is encrypted */
	struct smime_bytes recipients;     /* inside of the SET */
	const struct smime_alg *cipher;
	struct smime_bytes iv;
	uint32_t icv_len;           /* AEAD */
	struct smime_tlv encrypted; /* [0] IMPLICIT OCTET STRING */
	struct smime_tlv auth_attrs;
	bool has_auth_attrs;
	struct smime_bytes tag;
};

static enum smime_status
malformed(struct smime_diag *diag, const char *what)
{
	return smime_fail(diag, SMIME_E_SYNTAX, "malformed", "CMS: %s", what);
}

const char smime_cms_decrypt_failed[] =
    "the message cannot be decrypted: it was changed on the way or not made for the key it names";

static enum smime_status
failed(struct smime_diag *diag)
{
	return smime_fail(
	    diag, SMIME_E_UNTRUSTED, "decrypt-failed", "%s", smime_cms_decrypt_failed);
}

/* CBC: OCTET STRING iv. GCM: SEQUENCE { nonce, aes-ICVlen DEFAULT 12 }. */
static enum smime_status
read_parameters(struct smime_bytes in, struct enveloped *out)
{
	struct smime_tlv tlv, iv;

	out->icv_len = 0;
	if (smime_alg_is_aead(out->cipher)) {
		SMIME_TRY(smime_ber_expect(&in, SMIME_BER_SEQUENCE, &tlv));
		if (in.len > 0)
			return SMIME_E_SYNTAX;
		in = tlv.content;
		out->icv_len = ICV_DEFAULT;
	}
	SMIME_TRY(smime_ber_expect(&in, SMIME_BER_OCTET_STRING, &iv));
	if (smime_alg_is_aead(out->cipher) && in.len > 0)
		SMIME_TRY(smime_ber_small(&in, &out->icv_len));
	out->iv = iv.content;
	return in.len == 0 && out->iv.len == out->cipher->iv ? SMIME_OK : SMIME_E_SYNTAX;
}

static enum smime_status
read_content_info(struct smime_bytes *in, struct enveloped *out, struct smime_diag *diag)
{
	struct smime_tlv info;
	struct smime_algid alg;

	if (smime_ber_expect(in, SMIME_BER_SEQUENCE, &info) != SMIME_OK ||
	    smime_ber_oid(&info.content, out->content_type) != SMIME_OK ||
	    smime_ber_algid(&info.content, &alg) != SMIME_OK)
		return malformed(diag, "encryptedContentInfo");
	if (!smime_ber_peek(info.content, SMIME_BER_CONTEXT | 0) &&
	    !smime_ber_peek(info.content, SMIME_BER_CONTEXT_CONS | 0))
		return malformed(diag, "encryptedContent is missing");
	if (smime_ber_read(&info.content, &out->encrypted) != SMIME_OK || info.content.len > 0)
		return malformed(diag, "encryptedContent");
	out->cipher = smime_alg_by_oid(smime_content_algs, alg.oid);
	if (!out->cipher)
		return smime_fail(diag, SMIME_E_UNSUPPORTED, "algorithm",
		    "content encryption algorithm %s is not supported", alg.oid);
	if (read_parameters(alg.parameters, out) != SMIME_OK)
		return malformed(diag, "parameters of the content encryption algorithm");
	return SMIME_OK;
}

/* Behind the ciphertext: [1] authAttrs, mac, [2] unauthAttrs; EnvelopedData has [1]
 * unprotectedAttrs. */
static enum smime_status
read_tail(bool aead, struct smime_bytes in, struct enveloped *out, struct smime_diag *diag)
{
	struct smime_tlv tlv;

	if (!aead) {
		if (smime_ber_peek(in, SMIME_BER_CONTEXT_CONS | 1) &&
		    smime_ber_read(&in, &tlv) != SMIME_OK)
			return malformed(diag, "unprotectedAttrs");
		return in.len == 0 ? SMIME_OK : malformed(diag, "EnvelopedData");
	}
	out->has_auth_attrs = smime_ber_peek(in, SMIME_BER_CONTEXT_CONS | 1);
	if (out->has_auth_attrs && smime_ber_read(&in, &out->auth_attrs) != SMIME_OK)
		return malformed(diag, "authAttrs");
	if (smime_ber_expect(&in, SMIME_BER_OCTET_STRING, &tlv) != SMIME_OK)
		return malformed(diag, "mac is missing");
	out->tag = tlv.content;
	/* RFC 5084 s3.2: 12 to 16, and the mac must be as long as it says. */
	if (tlv.tag & SMIME_BER_CONSTRUCTED || out->icv_len < 12 || out->icv_len > 16 ||
	    out->tag.len != out->icv_len)
		return malformed(diag, "the length of the authentication tag");
	if (smime_ber_peek(in, SMIME_BER_CONTEXT_CONS | 2) && smime_ber_read(&in, &tlv) != SMIME_OK)
		return malformed(diag, "unauthAttrs");
	return in.len == 0 ? SMIME_OK : malformed(diag, "AuthEnvelopedData");
}

static enum smime_status
read_enveloped(
    const char *type, struct smime_bytes in, struct enveloped *out, struct smime_diag *diag)
{
	bool aead = strcmp(type, SMIME_OID_AUTH_ENVELOPED) == 0;
	struct smime_tlv data, tlv;
	enum smime_status status;
	uint32_t version;
	size_t count;

	if (smime_ber_expect(&in, SMIME_BER_SEQUENCE, &data) != SMIME_OK || in.len > 0)
		return malformed(diag, "EnvelopedData");
	in = data.content;
	out->type = type;
	if (smime_ber_small(&in, &version) != SMIME_OK)
		return malformed(diag, "version");
	if (smime_ber_peek(in, SMIME_BER_CONTEXT_CONS | 0) && smime_ber_read(&in, &tlv) != SMIME_OK)
		return malformed(diag, "originatorInfo");
	if (smime_ber_expect(&in, SMIME_BER_SET, &tlv) != SMIME_OK)
		return malformed(diag, "recipientInfos");
	out->recipients = tlv.content;
	status = smime_ber_count(tlv.content, SMIME_RECIPIENTS_MAX, &count);
	if (status == SMIME_E_LIMIT)
		return smime_fail(
		    diag, status, "limit", "over %d recipients", SMIME_RECIPIENTS_MAX);
	if (status != SMIME_OK)
		return malformed(diag, "recipientInfos");
	SMIME_TRY(read_content_info(&in, out, diag));
	/* An AEAD in EnvelopedData would be decrypted without its tag, CBC in AuthEnvelopedData has
	 * none. */
	if (smime_alg_is_aead(out->cipher) != aead)
		return malformed(
		    diag, "the content encryption algorithm does not fit the type of the object");
	return read_tail(aead, in, out, diag);
}

/* The next RecipientInfo that is ours. */
static enum smime_status
next_own(struct smime_keys *keys, struct smime_recipients *recipients, struct smime_cert **cert,
    struct smime_diag *diag)
{
	bool more = true;

	*cert = NULL;
	while (keys && more) {
		enum smime_status status;

		SMIME_TRY(smime_recipients_next(recipients, &more));
		if (!more)
			break;
		status = keys->ops->find(keys, &recipients->now.id, cert);
		if (status != SMIME_E_NOKEY)
			return status;
	}
	return smime_fail(diag, SMIME_E_NOKEY, "no-key",
	    "the message is not encrypted to any certificate of ours");
}

/* ---- R-DEC-REPLAY ---- */

/* With its length in front, so that no two lists of fields are the same octets. */
static enum smime_status
push_field(struct smime_stage *stage, struct smime_bytes field)
{
	uint8_t len[8];

	for (size_t i = 0; i < sizeof len; i++)
		len[i] = (uint8_t)((uint64_t)field.len >> (56 - 8 * i));
	SMIME_TRY(smime_push(stage, len, sizeof len));
	return smime_push_bytes(stage, field);
}

/* All that the content-encryption key is for: values, and not how they are written, which may
 * change on the way. */
static enum smime_status
push_content(const struct enveloped *e, struct smime_stage *stage)
{
	const uint8_t icv_len = (uint8_t)e->icv_len;
	const struct smime_bytes fields[] = { smime_bytes_str(e->type),
		smime_bytes_str(e->content_type), smime_bytes_str(e->cipher->oid), e->iv,
		smime_bytes(&icv_len, 1), e->auth_attrs.content, e->tag };

	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		SMIME_TRY(push_field(stage, fields[i]));
	return smime_ber_push_octets(&e->encrypted, stage);
}

static enum smime_status
hash_content(const struct enveloped *e, struct smime_spool *der, uint8_t out[SMIME_REPLAY_SIZE])
{
	const struct smime_alg *sha256 = smime_alg_by_name(smime_digests, "sha256");
	SMIME_AUTO(smime_stage) digest = NULL;
	SMIME_AUTO(smime_stage) release = NULL;

	SMIME_TRY(smime_stage_digest_new(sha256, NULL, &digest));
	if (der)
		SMIME_TRY(smime_stage_release_new(der, digest, &release));
	SMIME_TRY(push_content(e, release ? release : digest));
	SMIME_TRY(smime_finish(digest));
	memcpy(out, smime_stage_digest_get(digest).data, SMIME_REPLAY_SIZE);
	return SMIME_OK;
}

/* Every key that is for us, not only the one that will be tried: with the others dropped, a second
 * one would be it the next time. */
static enum smime_status
ask_each(const struct smime_cms_reader *reader, struct smime_recipients *recipients,
    const uint8_t content[SMIME_REPLAY_SIZE], bool *replayed, struct smime_diag *diag)
{
	enum smime_status status;

	for (*replayed = false;;) {
		SMIME_AUTO(smime_cert) cert = NULL;
		bool other = false;

		status = next_own(reader->keys, recipients, &cert, NULL);
		if (status != SMIME_OK)
			return status == SMIME_E_NOKEY ? SMIME_OK : status;
		SMIME_TRY(reader->replay->ops->ask(
		    reader->replay, recipients->now.encrypted_key, content, &other, diag));
		*replayed = *replayed || other;
	}
}

static enum smime_status
refuse_replayed(
    const struct smime_cms_reader *reader, const struct enveloped *e, struct smime_diag *diag)
{
	struct smime_recipients recipients = { .infos = e->recipients };
	uint8_t content[SMIME_REPLAY_SIZE];
	enum smime_status status = hash_content(e, reader->der, content);
	bool replayed = false;

	/* A ciphertext that cannot be read is not going to be decrypted. */
	if (status != SMIME_OK)
		return status == SMIME_E_SYSTEM ? status : failed(diag);
	status = ask_each(reader, &recipients, content, &replayed, diag);
	smime_recipients_reset(&recipients);
	if (status != SMIME_OK || !replayed)
		return status;
	return smime_fail(diag, SMIME_E_UNTRUSTED, "replayed-key",
	    "the key that the message is encrypted with came before, with another content: this "
	    "one was made out of a captured message, and is not decrypted");
}

/* ---- decrypting ---- */

static enum smime_status
decrypt_content(const struct enveloped *e, struct smime_bytes cek, struct smime_stage *plain)
{
	SMIME_AUTO(smime_stage) stage = NULL;

	SMIME_TRY(smime_stage_decrypt_new(e->cipher, cek, e->iv, e->tag, plain, &stage));
	if (e->has_auth_attrs) {
		SMIME_AUTO_BUF aad = { 0 };

		/* "the authAttrs ... DER encoding ... with the tag of SET OF" (RFC 5083 s2.2) */
		SMIME_TRY(
		    smime_buf_append(&aad, e->auth_attrs.whole.data, e->auth_attrs.whole.len));
		aad.data[0] = SMIME_BER_SET;
		SMIME_TRY(smime_stage_cipher_aad(stage, smime_buf_bytes(&aad)));
	}
	SMIME_TRY(smime_ber_push_octets(&e->encrypted, stage));
	return smime_finish(stage);
}

static enum smime_status
open_for(struct smime_keys *keys, const struct enveloped *e,
    const struct smime_recipient *recipient, struct smime_stage *plain,
    struct smime_cms_decrypted *out, struct smime_diag *diag)
{
	uint8_t cek[32] = { 0 };
	char by[64] = "";
	enum smime_status status =
	    smime_recipient_unwrap(recipient, keys, out->cert, cek, e->cipher->size, by, diag);

	if (*by)
		(void)snprintf(
		    out->algorithm, sizeof out->algorithm, "%s %.40s", e->cipher->name, by);
	if (status == SMIME_OK) {
		status = decrypt_content(e, smime_bytes(cek, e->cipher->size), plain);
		if (status != SMIME_OK && status != SMIME_E_SYSTEM && status != SMIME_E_LIMIT)
			status = failed(diag);
	}
	explicit_bzero(cek, sizeof cek);
	return status;
}

/*
 * The first RecipientInfo that is ours, and only it: trying a second one would tell a sender which
 * of two keys was right (CVE-2019-1563).
 */
enum smime_status
smime_cms_decrypt(const struct smime_cms_reader *reader, const char *type, struct smime_bytes in,
    struct smime_stage *plain, struct smime_cms_decrypted *out, struct smime_diag *diag)
{
	struct enveloped e = { 0 };
	struct smime_recipients recipients = { 0 };
	enum smime_status status;

	*out = (struct smime_cms_decrypted){ 0 };
	SMIME_TRY(read_enveloped(type, in, &e, diag));
	out->cipher = e.cipher;
	(void)snprintf(out->algorithm, sizeof out->algorithm, "%s", e.cipher->name);
	recipients.infos = e.recipients;
	status = next_own(reader->keys, &recipients, &out->cert, diag);
	if (status == SMIME_OK && reader->replay)
		status = refuse_replayed(reader, &e, diag);
	if (status == SMIME_OK && strcmp(e.content_type, SMIME_OID_DATA) != 0)
		status = smime_fail(diag, SMIME_E_UNSUPPORTED, "content-type",
		    "what is encrypted is no MIME entity (content type is not id-data)");
	if (status == SMIME_OK)
		status = open_for(reader->keys, &e, &recipients.now, plain, out, diag);
	smime_recipients_reset(&recipients);
	return status;
}
