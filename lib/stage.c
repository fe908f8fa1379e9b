/* stage.c - pushing octets down a chain, and the stages that only collect or divide. */
#include "smime/stage.h"

#include <assert.h>
#include <stdlib.h>

/* Big enough to make a call cheap, small enough to stay in the cache. */
#define PIECE 65536

enum smime_status
smime_push(struct smime_stage *s, const void *data, size_t len)
{
	if (!s || len == 0)
		return SMIME_OK;
	return s->ops->write(s, data, len);
}

enum smime_status
smime_push_bytes(struct smime_stage *s, struct smime_bytes b)
{
	for (size_t from = 0; from < b.len; from += PIECE) {
		struct smime_bytes piece = smime_bytes_slice(b, from, from + PIECE);

		SMIME_TRY(smime_push(s, piece.data, piece.len));
	}
	return SMIME_OK;
}

enum smime_status
smime_finish(struct smime_stage *s)
{
	for (; s; s = s->next)
		if (s->ops->finish)
			SMIME_TRY(s->ops->finish(s));
	return SMIME_OK;
}

void
smime_stage_free(struct smime_stage **s)
{
	if (*s && (*s)->ops->free)
		(*s)->ops->free(*s);
	*s = NULL;
}

struct tee {
	struct smime_stage base; /* next is a: finish walks on from there */
	struct smime_stage *b;
};

static enum smime_status
tee_write(struct smime_stage *s, const uint8_t *data, size_t len)
{
	struct tee *tee = smime_container_of(s, struct tee, base);

	SMIME_TRY(smime_push(s->next, data, len));
	return smime_push(tee->b, data, len);
}

static enum smime_status
tee_finish(struct smime_stage *s)
{
	struct tee *tee = smime_container_of(s, struct tee, base);

	return smime_finish(tee->b);
}

static void
tee_free(struct smime_stage *s)
{
	free(smime_container_of(s, struct tee, base));
}

static const struct smime_stage_ops tee_ops = {
	.name = "tee", .write = tee_write, .finish = tee_finish, .free = tee_free
};

enum smime_status
smime_stage_tee_new(struct smime_stage *a, struct smime_stage *b, struct smime_stage **out)
{
	struct tee *tee = calloc(1, sizeof *tee);

	*out = NULL;
	if (!tee)
		return SMIME_E_SYSTEM;
	tee->base = (struct smime_stage){ .ops = &tee_ops, .next = a };
	tee->b = b;
	*out = &tee->base;
	return SMIME_OK;
}

struct buf_stage {
	struct smime_stage base;
	struct smime_buf *buf;
	size_t max;
};

static enum smime_status
buf_write(struct smime_stage *s, const uint8_t *data, size_t len)
{
	struct buf_stage *b = smime_container_of(s, struct buf_stage, base);

	if (len > b->max - b->buf->len)
		return SMIME_E_LIMIT;
	return smime_buf_append(b->buf, data, len);
}

static void
buf_free(struct smime_stage *s)
{
	free(smime_container_of(s, struct buf_stage, base));
}

static const struct smime_stage_ops buf_ops = {
	.name = "buf", .write = buf_write, .free = buf_free
};

enum smime_status
smime_stage_buf_new(struct smime_buf *buf, size_t max, struct smime_stage **out)
{
	struct buf_stage *b;

	*out = NULL;
	assert(buf->len <= max);
	b = calloc(1, sizeof *b);
	if (!b)
		return SMIME_E_SYSTEM;
	b->base.ops = &buf_ops;
	b->buf = buf;
	b->max = max;
	*out = &b->base;
	return SMIME_OK;
}
