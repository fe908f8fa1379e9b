/* cms_recipient.c - read and write RecipientInfos; the content-encryption key out of one and into
 * one. RFC 5652 s6.2.1, s6.2.2, RFC 5753 s3.1, s7.1, RFC 8418 s2, R-DEC-MMA, R-DEC-UNWRAP. */
#include "cms_recipient.h"
#include "der.h"
#include "ka_ecdh.h"
#include "keywrap.h"
#include "kt_rsa.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <stdio.h>

#define OID_EC     "1.2.840.10045.2.1"
#define OID_X25519 "1.3.101.110"
#define UKM_MAX    1024

/* ---- reading ---- */

/* KeyTransRecipientInfo (RFC 5652 s6.2.1). */
static enum smime_status
read_key_trans(struct smime_bytes in, struct smime_recipient *out)
{
	struct smime_tlv tlv;
	uint32_t version;

	SMIME_TRY(smime_ber_small(&in, &version));
	if (smime_ber_peek(in, SMIME_BER_CONTEXT | 0)) {
		SMIME_TRY(smime_ber_read(&in, &tlv));
		out->id.ski = tlv.content;
	} else {
		SMIME_TRY(smime_cms_read_issuer_serial(&in, &out->id));
	}
	SMIME_TRY(smime_ber_algid(&in, &out->alg));
	SMIME_TRY(smime_ber_expect(&in, SMIME_BER_OCTET_STRING, &tlv));
	out->encrypted_key = tlv.content;
	return in.len == 0 && !(tlv.tag & SMIME_BER_CONSTRUCTED) ? SMIME_OK : SMIME_E_SYNTAX;
}

/* originator [0]: only [1] OriginatorPublicKey is anonymous Diffie-Hellman; static keys are not
 * ours to look up (RFC 5753 s3.1.1). */
static enum smime_status
read_originator(struct smime_bytes *in, struct smime_bytes *point)
{
	struct smime_tlv outer, key, bits;
	struct smime_algid alg;

	SMIME_TRY(smime_ber_expect(in, SMIME_BER_CONTEXT_CONS | 0, &outer));
	SMIME_TRY(smime_ber_expect(&outer.content, SMIME_BER_CONTEXT_CONS | 1, &key));
	SMIME_TRY(smime_ber_algid(&key.content, &alg));
	SMIME_TRY(smime_ber_expect(&key.content, SMIME_BER_BIT_STRING, &bits));
	if (outer.content.len > 0 || key.content.len > 0 || bits.content.len < 2 ||
	    bits.content.data[0] != 0)
		return SMIME_E_SYNTAX;
	*point = smime_bytes_slice(bits.content, 1, bits.content.len);
	return SMIME_OK;
}

/* What all keys of a KeyAgreeRecipientInfo share (RFC 5652 s6.2.2). */
static enum smime_status
read_key_agree(struct smime_bytes in, struct smime_recipients *r)
{
	struct smime_tlv tlv, ukm;
	uint32_t version;

	SMIME_TRY(smime_ber_small(&in, &version));
	SMIME_TRY(read_originator(&in, &r->now.point));
	if (smime_ber_peek(in, SMIME_BER_CONTEXT_CONS | 1)) {
		SMIME_TRY(smime_ber_read(&in, &tlv));
		SMIME_TRY(smime_ber_expect(&tlv.content, SMIME_BER_OCTET_STRING, &ukm));
		SMIME_TRY(smime_ber_octets(&ukm, UKM_MAX, &r->now.ukm));
	}
	SMIME_TRY(smime_ber_algid(&in, &r->now.alg));
	SMIME_TRY(smime_ber_expect(&in, SMIME_BER_SEQUENCE, &tlv));
	r->now.agrees = true;
	r->keys = tlv.content;
	return in.len == 0 ? SMIME_OK : SMIME_E_SYNTAX;
}

/* RecipientEncryptedKey: rid is issuer and serial number, or [0] with a subjectKeyIdentifier. */
static enum smime_status
read_encrypted_key(struct smime_recipients *r)
{
	struct smime_tlv outer, id, tlv;

	r->now.id = (struct smime_cert_id){ 0 };
	SMIME_TRY(smime_ber_expect(&r->keys, SMIME_BER_SEQUENCE, &outer));
	if (smime_ber_peek(outer.content, SMIME_BER_CONTEXT_CONS | 0)) {
		SMIME_TRY(smime_ber_read(&outer.content, &id));
		SMIME_TRY(smime_ber_expect(&id.content, SMIME_BER_OCTET_STRING, &tlv));
		r->now.id.ski = tlv.content;
	} else {
		SMIME_TRY(smime_cms_read_issuer_serial(&outer.content, &r->now.id));
	}
	SMIME_TRY(smime_ber_expect(&outer.content, SMIME_BER_OCTET_STRING, &tlv));
	r->now.encrypted_key = tlv.content;
	return outer.content.len == 0 && !(tlv.tag & SMIME_BER_CONSTRUCTED) ? SMIME_OK
									    : SMIME_E_SYNTAX;
}

void
smime_recipients_reset(struct smime_recipients *recipients)
{
	smime_buf_reset(&recipients->now.ukm);
	recipients->now = (struct smime_recipient){ 0 };
	recipients->keys = smime_bytes(NULL, 0);
}

/* One RecipientInfo; *is: whether it holds a reader of a kind that we know and can read. */
static enum smime_status
next_info(struct smime_recipients *r, bool *is)
{
	struct smime_tlv info;
	enum smime_status status = SMIME_E_SYNTAX;

	smime_recipients_reset(r);
	SMIME_TRY(smime_ber_read(&r->infos, &info));
	if (info.tag == SMIME_BER_SEQUENCE)
		status = read_key_trans(info.content, &r->now);
	else if (info.tag == (SMIME_BER_CONTEXT_CONS | 1))
		status = read_key_agree(info.content, r);
	*is = status == SMIME_OK && !r->now.agrees;
	return status == SMIME_E_SYSTEM ? status : SMIME_OK;
}

enum smime_status
smime_recipients_next(struct smime_recipients *r, bool *more)
{
	for (*more = false; !*more;) {
		if (r->keys.len > 0) {
			*more = read_encrypted_key(r) == SMIME_OK;
			if (!*more)
				r->keys.len = 0;
		} else if (r->infos.len > 0) {
			SMIME_TRY(next_info(r, more));
		} else {
			return SMIME_OK;
		}
	}
	return SMIME_OK;
}

/* ---- the key out of it ---- */

static enum smime_status
unsupported(const char *what, const char *oid, struct smime_diag *diag)
{
	return smime_fail(
	    diag, SMIME_E_UNSUPPORTED, "algorithm", "%s algorithm %s is not supported", what, oid);
}

static enum smime_status
unwrap_agreed(const struct smime_recipient *recipient, const struct smime_kdf *kdf,
    struct smime_keys *keys, const struct smime_cert *cert, uint8_t *cek, size_t cek_len,
    struct smime_diag *diag)
{
	SMIME_AUTO_BUF secret = { .secret = true };
	uint8_t kek[SMIME_KEK_MAX];
	enum smime_status status = keys->ops->agree(keys, cert, recipient->point, &secret, diag);

	/* A bad point is the sender's doing: the random key stays. */
	if (status == SMIME_E_UNTRUSTED)
		return SMIME_OK;
	SMIME_TRY(status);
	status = smime_kdf(kdf, smime_buf_bytes(&secret), kek);
	if (status == SMIME_OK)
		(void)smime_key_unwrap(kdf->wrap, kek, recipient->encrypted_key, cek, cek_len);
	explicit_bzero(kek, sizeof kek);
	return status;
}

/* keyEncryptionAlgorithm: the scheme, its parameter the key wrap (RFC 5753 s7.1.4). */
static enum smime_status
agree(const struct smime_recipient *recipient, struct smime_keys *keys,
    const struct smime_cert *cert, uint8_t *cek, size_t cek_len, char name[64],
    struct smime_diag *diag)
{
	struct smime_bytes parameters = recipient->alg.parameters;
	struct smime_kdf kdf = { .ukm = smime_buf_bytes(&recipient->ukm) };
	struct smime_algid wrap;

	kdf.agree = smime_alg_by_oid(smime_key_agree_algs, recipient->alg.oid);
	if (!kdf.agree)
		return unsupported("key agreement", recipient->alg.oid, diag);
	if (smime_ber_algid(&parameters, &wrap) != SMIME_OK)
		return unsupported("key wrap", "(unreadable)", diag);
	kdf.wrap = smime_alg_by_oid(smime_key_wrap_algs, wrap.oid);
	if (!kdf.wrap)
		return unsupported("key wrap", wrap.oid, diag);
	kdf.wrap_algid = wrap.whole;
	(void)snprintf(name, 64, "%s %s", kdf.agree->name, kdf.wrap->name);
	if (cek_len > SMIME_KEK_MAX || gnutls_rnd(GNUTLS_RND_KEY, cek, cek_len) < 0)
		return SMIME_E_SYSTEM;
	return unwrap_agreed(recipient, &kdf, keys, cert, cek, cek_len, diag);
}

enum smime_status
smime_recipient_unwrap(const struct smime_recipient *recipient, struct smime_keys *keys,
    const struct smime_cert *cert, uint8_t *cek, size_t cek_len, char name[64],
    struct smime_diag *diag)
{
	const struct smime_alg *transport;

	if (recipient->agrees)
		return agree(recipient, keys, cert, cek, cek_len, name, diag);
	transport = smime_alg_by_oid(smime_key_transport_algs, recipient->alg.oid);
	if (!transport)
		return unsupported("key transport", recipient->alg.oid, diag);
	(void)snprintf(name, 64, "%s", transport->name);
	return keys->ops->unwrap(keys, cert, transport, recipient->alg.parameters,
	    recipient->encrypted_key, cek, cek_len, diag);
}

/* ---- writing ---- */

/* KeyTransRecipientInfo: version 0 with issuer and serial number, 2 with the key identifier. */
static enum smime_status
write_key_trans(const struct smime_recipient_form *form, struct smime_bytes cek,
    struct smime_buf *out, struct smime_diag *diag)
{
	SMIME_AUTO_BUF encrypted = { 0 };
	size_t mark = out->len;

	SMIME_TRY(smime_kt_wrap(form->cert, form->transport, cek, &encrypted, diag));
	SMIME_TRY(smime_der_small(out, smime_cms_by_key_id(form->cert, form->by_key_id) ? 2 : 0));
	SMIME_TRY(smime_cms_write_id(form->cert, form->by_key_id, out));
	SMIME_TRY(smime_kt_algid(form->transport, out));
	SMIME_TRY(smime_der_tlv(out, SMIME_BER_OCTET_STRING, smime_buf_bytes(&encrypted)));
	return smime_der_wrap(out, mark, SMIME_BER_SEQUENCE);
}

/* originator [0] [1]: algorithm without parameters (the recipient's are meant), then the point. */
static enum smime_status
write_originator(bool is_x, const struct smime_buf *point, struct smime_buf *out)
{
	SMIME_AUTO_BUF bits = { 0 };
	size_t mark = out->len;

	SMIME_TRY(smime_buf_append(&bits, "", 1));
	SMIME_TRY(smime_buf_append(&bits, point->data, point->len));
	SMIME_TRY(smime_der_algid(out, is_x ? OID_X25519 : OID_EC, smime_bytes(NULL, 0)));
	SMIME_TRY(smime_der_tlv(out, SMIME_BER_BIT_STRING, smime_buf_bytes(&bits)));
	SMIME_TRY(smime_der_wrap(out, mark, SMIME_BER_CONTEXT_CONS | 1));
	return smime_der_wrap(out, mark, SMIME_BER_CONTEXT_CONS | 0);
}

static enum smime_status
wrap_agreed(const struct smime_kdf *kdf, const struct smime_buf *secret, struct smime_bytes cek,
    struct smime_buf *out)
{
	uint8_t kek[SMIME_KEK_MAX];
	enum smime_status status = smime_kdf(kdf, smime_buf_bytes(secret), kek);

	if (status == SMIME_OK)
		status = smime_key_wrap(kdf->wrap, kek, cek, out);
	explicit_bzero(kek, sizeof kek);
	return status;
}

/* recipientEncryptedKeys: one. Its reader: IssuerAndSerialNumber or [0] RecipientKeyIdentifier. */
static enum smime_status
write_encrypted_key(
    const struct smime_recipient_form *form, const struct smime_buf *wrapped, struct smime_buf *out)
{
	size_t mark = out->len;

	if (smime_cms_by_key_id(form->cert, form->by_key_id)) {
		SMIME_TRY(smime_der_tlv(out, SMIME_BER_OCTET_STRING, smime_cert_ski(form->cert)));
		SMIME_TRY(smime_der_wrap(out, mark, SMIME_BER_CONTEXT_CONS | 0));
	} else {
		SMIME_TRY(smime_cms_write_id(form->cert, false, out));
	}
	SMIME_TRY(smime_der_tlv(out, SMIME_BER_OCTET_STRING, smime_buf_bytes(wrapped)));
	SMIME_TRY(smime_der_wrap(out, mark, SMIME_BER_SEQUENCE));
	return smime_der_wrap(out, mark, SMIME_BER_SEQUENCE);
}

/* KeyAgreeRecipientInfo, version 3, with a key pair of its own (RFC 5753 s3.1). */
static enum smime_status
write_key_agree(const struct smime_recipient_form *form, struct smime_bytes cek,
    struct smime_buf *out, struct smime_diag *diag)
{
	bool is_x = smime_cert_key_type(form->cert) == SMIME_KEY_ECDH;
	struct smime_kdf kdf = {
		.agree =
		    smime_alg_by_name(smime_key_agree_algs, is_x ? "hkdf-sha256" : "stddh-sha256"),
		.wrap = smime_alg_by_name(
		    smime_key_wrap_algs, cek.len > 16 ? "aes256-wrap" : "aes128-wrap"),
	};
	SMIME_AUTO_BUF secret = { .secret = true };
	SMIME_AUTO_BUF point = { 0 };
	SMIME_AUTO_BUF wrap = { 0 };
	SMIME_AUTO_BUF wrapped = { 0 };
	size_t mark = out->len;

	SMIME_TRY(smime_ka_ephemeral(form->cert, &point, &secret, diag));
	SMIME_TRY(smime_der_algid(&wrap, kdf.wrap->oid, smime_bytes(NULL, 0)));
	kdf.wrap_algid = smime_buf_bytes(&wrap);
	SMIME_TRY(wrap_agreed(&kdf, &secret, cek, &wrapped));
	SMIME_TRY(smime_der_small(out, 3));
	SMIME_TRY(write_originator(is_x, &point, out));
	SMIME_TRY(smime_der_algid(out, kdf.agree->oid, kdf.wrap_algid));
	SMIME_TRY(write_encrypted_key(form, &wrapped, out));
	return smime_der_wrap(out, mark, SMIME_BER_CONTEXT_CONS | 1);
}

enum smime_status
smime_recipient_write(const struct smime_recipient_form *form, struct smime_bytes cek,
    struct smime_buf *out, bool *plain, struct smime_diag *diag)
{
	enum smime_key_type type = smime_cert_key_type(form->cert);
	bool agrees = type == SMIME_KEY_EC || type == SMIME_KEY_ECDH;

	*plain = !agrees && !smime_cms_by_key_id(form->cert, form->by_key_id);
	return agrees ? write_key_agree(form, cek, out, diag)
		      : write_key_trans(form, cek, out, diag);
}
