/* stage_digest.c - hash what passes, pass it on unchanged.  RFC 5652 s5.4. */
#include "smime/algs.h"
#include "smime/stage.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <stdlib.h>

struct digest_stage {
	struct smime_stage base;
	gnutls_hash_hd_t hash;
	size_t size;
	uint8_t value[64];
};

static enum smime_status
digest_write(struct smime_stage *s, const uint8_t *data, size_t len)
{
	struct digest_stage *d = smime_container_of(s, struct digest_stage, base);

	if (gnutls_hash(d->hash, data, len) < 0)
		return SMIME_E_SYSTEM;
	return smime_push(s->next, data, len);
}

static enum smime_status
digest_finish(struct smime_stage *s)
{
	struct digest_stage *d = smime_container_of(s, struct digest_stage, base);

	gnutls_hash_output(d->hash, d->value);
	return SMIME_OK;
}

static void
digest_free(struct smime_stage *s)
{
	struct digest_stage *d = smime_container_of(s, struct digest_stage, base);

	gnutls_hash_deinit(d->hash, NULL);
	free(d);
}

static const struct smime_stage_ops digest_ops = {
	.name = "digest", .write = digest_write, .finish = digest_finish, .free = digest_free
};

enum smime_status
smime_stage_digest_new(
    const struct smime_alg *digest, struct smime_stage *next, struct smime_stage **out)
{
	struct digest_stage *d = calloc(1, sizeof *d);

	*out = NULL;
	if (!d)
		return SMIME_E_SYSTEM;
	if (gnutls_hash_init(&d->hash, (gnutls_digest_algorithm_t)digest->backend) < 0) {
		free(d);
		return SMIME_E_SYSTEM;
	}
	d->base = (struct smime_stage){ .ops = &digest_ops, .next = next };
	d->size = digest->size;
	*out = &d->base;
	return SMIME_OK;
}

struct smime_bytes
smime_stage_digest_get(const struct smime_stage *s)
{
	const struct digest_stage *d = (const void *)s;

	return smime_bytes(d->value, d->size);
}
