/* stage_encrypt.c - content encryption.  RFC 5652 s6.3 (CBC padding), RFC 5084 (GCM, ICVlen 16). */
#include "cipher_stage.h"

static enum smime_status
encrypt_piece(struct smime_cipher_stage *c, size_t len)
{
	if (len == 0)
		return SMIME_OK;
	if (gnutls_cipher_encrypt2(c->cipher, c->piece, len, c->piece, len) < 0)
		return SMIME_E_SYSTEM;
	return smime_push(c->base.next, c->piece, len);
}

static enum smime_status
encrypt_write(struct smime_stage *s, const uint8_t *data, size_t len)
{
	return smime_cipher_stage_collect(
	    smime_container_of(s, struct smime_cipher_stage, base), data, len, encrypt_piece);
}

/* "k-(lth mod k) octets all having value k-(lth mod k)" (RFC 5652 s6.3). */
static enum smime_status
encrypt_padded(struct smime_cipher_stage *c)
{
	size_t block = c->alg->block, pad;

	if (c->held == sizeof c->piece) {
		SMIME_TRY(encrypt_piece(c, c->held));
		c->held = 0;
	}
	pad = block - c->held % block;
	memset(c->piece + c->held, (int)pad, pad);
	return encrypt_piece(c, c->held + pad);
}

static enum smime_status
encrypt_finish(struct smime_stage *s)
{
	struct smime_cipher_stage *c = smime_container_of(s, struct smime_cipher_stage, base);

	if (!smime_alg_is_aead(c->alg))
		return encrypt_padded(c);
	SMIME_TRY(encrypt_piece(c, c->held));
	c->tag_len = sizeof c->tag;
	return gnutls_cipher_tag(c->cipher, c->tag, c->tag_len) < 0 ? SMIME_E_SYSTEM : SMIME_OK;
}

static const struct smime_stage_ops encrypt_ops = {
	.name = "encrypt",
	.write = encrypt_write,
	.finish = encrypt_finish,
	.free = smime_cipher_stage_free,
};

enum smime_status
smime_stage_encrypt_new(const struct smime_alg *cipher, struct smime_bytes key,
    struct smime_bytes iv, struct smime_stage *next, struct smime_stage **out)
{
	struct smime_cipher_stage *c;

	*out = NULL;
	SMIME_TRY(smime_cipher_stage_new(cipher, key, iv, &encrypt_ops, next, &c));
	*out = &c->base;
	return SMIME_OK;
}
