/* cipher_stage.c - a GnuTLS cipher fed in whole pieces.  Memory: one piece of 64 KiB, wiped. */
#include "cipher_stage.h"

#include <stdlib.h>

enum smime_status
smime_cipher_stage_new(const struct smime_alg *alg, struct smime_bytes key, struct smime_bytes iv,
    const struct smime_stage_ops *ops, struct smime_stage *next, struct smime_cipher_stage **out)
{
	gnutls_datum_t k, v;
	struct smime_cipher_stage *c;

	*out = NULL;
	if (key.len != alg->size || iv.len != alg->iv)
		return SMIME_E_UNSUPPORTED;
	c = malloc(sizeof *c);
	if (!c)
		return SMIME_E_SYSTEM;
	/* GnuTLS' datum is not const, but only read here. */
	k = (gnutls_datum_t){ .data = (void *)(uintptr_t)key.data, .size = (unsigned)key.len };
	v = (gnutls_datum_t){ .data = (void *)(uintptr_t)iv.data, .size = (unsigned)iv.len };
	if (gnutls_cipher_init(&c->cipher, (gnutls_cipher_algorithm_t)alg->backend, &k, &v) < 0) {
		free(c);
		return SMIME_E_SYSTEM;
	}
	c->base = (struct smime_stage){ .ops = ops, .next = next };
	c->alg = alg;
	c->held = 0;
	c->tag_len = 0;
	*out = c;
	return SMIME_OK;
}

enum smime_status
smime_cipher_stage_collect(struct smime_cipher_stage *c, const uint8_t *data, size_t len,
    enum smime_status (*run)(struct smime_cipher_stage *c, size_t len))
{
	while (len > 0) {
		size_t take;

		if (c->held == sizeof c->piece) {
			SMIME_TRY(run(c, c->held));
			c->held = 0;
		}
		take = sizeof c->piece - c->held;
		take = len < take ? len : take;
		memcpy(c->piece + c->held, data, take);
		c->held += take;
		data += take;
		len -= take;
	}
	return SMIME_OK;
}

void
smime_cipher_stage_free(struct smime_stage *s)
{
	struct smime_cipher_stage *c = smime_container_of(s, struct smime_cipher_stage, base);

	gnutls_cipher_deinit(c->cipher);
	explicit_bzero(c, sizeof *c);
	free(c);
}

enum smime_status
smime_stage_cipher_aad(struct smime_stage *s, struct smime_bytes aad)
{
	struct smime_cipher_stage *c = smime_container_of(s, struct smime_cipher_stage, base);

	return gnutls_cipher_add_auth(c->cipher, aad.data, aad.len) < 0 ? SMIME_E_SYSTEM : SMIME_OK;
}

struct smime_bytes
smime_stage_cipher_tag(const struct smime_stage *s)
{
	const struct smime_cipher_stage *c = (const void *)s;

	return smime_bytes(c->tag, c->tag_len);
}
