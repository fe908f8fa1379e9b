/* stage_decrypt.c - content decryption.  RFC 5652 s6.3, RFC 5084 s3.2.
 * What it pushes is not authenticated before finish. Bad padding, a length that is no multiple of
 * the block and a wrong tag fail alike, with SMIME_E_SYNTAX and nothing to tell them apart: a
 * gateway that answers differently is a padding oracle. */
#include "cipher_stage.h"

static enum smime_status
decrypt_piece(struct smime_cipher_stage *c, size_t len)
{
	if (len == 0)
		return SMIME_OK;
	if (gnutls_cipher_decrypt2(c->cipher, c->piece, len, c->piece, len) < 0)
		return SMIME_E_SYSTEM;
	return smime_push(c->base.next, c->piece, len);
}

static enum smime_status
decrypt_write(struct smime_stage *s, const uint8_t *data, size_t len)
{
	return smime_cipher_stage_collect(
	    smime_container_of(s, struct smime_cipher_stage, base), data, len, decrypt_piece);
}

size_t
smime_cbc_padding(const uint8_t *last, size_t block)
{
	uint32_t pad = last[block - 1], bad = 0;

	bad |= (pad - 1U) >> 31;              /* 0 */
	bad |= ((uint32_t)block - pad) >> 31; /* more than a block */
	for (uint32_t i = 0; i < block; i++) {
		uint32_t in_padding = 0U - ((i - pad) >> 31); /* all ones when i < pad */

		bad |= in_padding & (last[block - 1 - i] ^ pad);
	}
	bad = 0U - ((bad | (0U - bad)) >> 31);
	return pad & ~bad;
}

static enum smime_status
decrypt_padded(struct smime_cipher_stage *c)
{
	size_t block = c->alg->block, pad;

	if (c->held == 0 || c->held % block != 0)
		return SMIME_E_SYNTAX;
	if (gnutls_cipher_decrypt2(c->cipher, c->piece, c->held, c->piece, c->held) < 0)
		return SMIME_E_SYSTEM;
	pad = smime_cbc_padding(c->piece + c->held - block, block);
	/* The length is public from here on: it is the message's. A wrong padding pushes the same
	 * octets that padding of one would, so that what follows costs the same. */
	SMIME_TRY(smime_push(c->base.next, c->piece, c->held - pad - (pad == 0)));
	return pad == 0 ? SMIME_E_SYNTAX : SMIME_OK;
}

static enum smime_status
decrypt_finish(struct smime_stage *s)
{
	struct smime_cipher_stage *c = smime_container_of(s, struct smime_cipher_stage, base);
	uint8_t tag[sizeof c->tag];

	if (!smime_alg_is_aead(c->alg))
		return decrypt_padded(c);
	SMIME_TRY(decrypt_piece(c, c->held));
	if (gnutls_cipher_tag(c->cipher, tag, sizeof tag) < 0)
		return SMIME_E_SYSTEM;
	return gnutls_memcmp(tag, c->tag, c->tag_len) == 0 ? SMIME_OK : SMIME_E_SYNTAX;
}

static const struct smime_stage_ops decrypt_ops = {
	.name = "decrypt",
	.write = decrypt_write,
	.finish = decrypt_finish,
	.free = smime_cipher_stage_free,
};

enum smime_status
smime_stage_decrypt_new(const struct smime_alg *cipher, struct smime_bytes key,
    struct smime_bytes iv, struct smime_bytes tag, struct smime_stage *next,
    struct smime_stage **out)
{
	struct smime_cipher_stage *c;

	*out = NULL;
	/* aes-ICVlen is 12 to 16 (RFC 5084 s3.2): a shorter tag is a forgery waiting to happen. */
	if (smime_alg_is_aead(cipher) ? tag.len < 12 || tag.len > 16 : tag.len != 0)
		return SMIME_E_SYNTAX;
	SMIME_TRY(smime_cipher_stage_new(cipher, key, iv, &decrypt_ops, next, &c));
	if (tag.len > 0)
		memcpy(c->tag, tag.data, tag.len);
	c->tag_len = tag.len;
	*out = &c->base;
	return SMIME_OK;
}
