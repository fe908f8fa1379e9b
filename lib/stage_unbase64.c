/* stage_unbase64.c - base64 back to octets.  RFC 2045 s6.8.
 * Memory: up to three characters held, one buffer of output. Characters outside the alphabet are
 * skipped; strict refuses data after the padding and a group that is not whole; one that goes on
 * takes what stands behind the padding for more of the same, as some readers do. */
#include "smime/stage.h"

#include <stdlib.h>

#define OUT_SIZE 49152

enum { SKIP = 64, PAD = 65 };

struct unbase64_stage {
	struct smime_stage base;
	bool strict;
	bool *went_on; /* NULL: what stands behind the padding is nothing */
	bool ended;    /* padding seen */
	uint8_t held;  /* characters of a group, 0 to 3 */
	uint8_t padding;
	uint32_t group;
	uint8_t value[256];
	size_t used;
	uint8_t out[OUT_SIZE + 6];
};

static enum smime_status
flush(struct unbase64_stage *u)
{
	size_t used = u->used;

	u->used = 0;
	return smime_push(u->base.next, u->out, used);
}

/* Whole groups without a surprise, four characters to three octets; returns characters eaten. */
static size_t
decode_run(struct unbase64_stage *u, const uint8_t *data, size_t len)
{
	size_t i = 0;

	for (; len - i >= 4 && u->used < OUT_SIZE; i += 4) {
		uint8_t a = u->value[data[i]], b = u->value[data[i + 1]];
		uint8_t c = u->value[data[i + 2]], d = u->value[data[i + 3]];
		uint32_t group;

		if ((a | b | c | d) >= SKIP)
			break;
		group = (uint32_t)a << 18 | (uint32_t)b << 12 | (uint32_t)c << 6 | d;
		u->out[u->used] = (uint8_t)(group >> 16);
		u->out[u->used + 1] = (uint8_t)(group >> 8);
		u->out[u->used + 2] = (uint8_t)group;
		u->used += 3;
	}
	return i;
}

/* The octets of a group that is not whole. */
static void
end_group(struct unbase64_stage *u)
{
	if (u->held >= 2)
		u->out[u->used++] = (uint8_t)(u->held == 2 ? u->group >> 4 : u->group >> 10);
	if (u->held == 3)
		u->out[u->used++] = (uint8_t)(u->group >> 2);
}

/* Behind the padding a group begins, unless there is nothing. */
static enum smime_status
go_on(struct unbase64_stage *u)
{
	if (!u->went_on)
		return u->strict ? SMIME_E_SYNTAX : SMIME_OK;
	*u->went_on = true;
	end_group(u);
	u->ended = false;
	u->held = u->padding = 0;
	u->group = 0;
	return SMIME_OK;
}

/* One character, the slow and careful way. */
static enum smime_status
decode_one(struct unbase64_stage *u, uint8_t character)
{
	uint8_t value = u->value[character];

	if (value == SKIP)
		return SMIME_OK;
	if (value == PAD) {
		u->ended = true;
		u->padding++;
		return SMIME_OK;
	}
	if (u->ended) {
		SMIME_TRY(go_on(u));
		if (u->ended)
			return SMIME_OK;
	}
	u->group = u->group << 6 | value;
	if (++u->held == 4) {
		u->out[u->used++] = (uint8_t)(u->group >> 16);
		u->out[u->used++] = (uint8_t)(u->group >> 8);
		u->out[u->used++] = (uint8_t)u->group;
		u->held = 0;
		u->group = 0;
	}
	return SMIME_OK;
}

static enum smime_status
unbase64_write(struct smime_stage *s, const uint8_t *data, size_t len)
{
	struct unbase64_stage *u = smime_container_of(s, struct unbase64_stage, base);

	while (len > 0) {
		size_t eaten = 0;

		if (u->held == 0 && !u->ended)
			eaten = decode_run(u, data, len);
		if (eaten == 0) {
			SMIME_TRY(decode_one(u, *data));
			eaten = 1;
		}
		data += eaten;
		len -= eaten;
		if (u->used >= OUT_SIZE)
			SMIME_TRY(flush(u));
	}
	return SMIME_OK;
}

static enum smime_status
unbase64_finish(struct smime_stage *s)
{
	struct unbase64_stage *u = smime_container_of(s, struct unbase64_stage, base);

	if (u->strict && (u->held == 1 || (u->held + u->padding) % 4 != 0))
		return SMIME_E_SYNTAX;
	end_group(u);
	return flush(u);
}

static void
unbase64_free(struct smime_stage *s)
{
	struct unbase64_stage *u = smime_container_of(s, struct unbase64_stage, base);

	explicit_bzero(u, sizeof *u);
	free(u);
}

static const struct smime_stage_ops unbase64_ops = { .name = "unbase64",
	.write = unbase64_write,
	.finish = unbase64_finish,
	.free = unbase64_free };

static enum smime_status
unbase64_new(bool strict, bool *went_on, struct smime_stage *next, struct smime_stage **out)
{
	static const char alphabet[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	struct unbase64_stage *u = malloc(sizeof *u);

	*out = NULL;
	if (!u)
		return SMIME_E_SYSTEM;
	u->base = (struct smime_stage){ .ops = &unbase64_ops, .next = next };
	u->strict = strict;
	u->went_on = went_on;
	u->ended = false;
	u->held = u->padding = 0;
	u->group = 0;
	u->used = 0;
	memset(u->value, SKIP, sizeof u->value);
	for (uint8_t i = 0; i < 64; i++)
		u->value[(uint8_t)alphabet[i]] = i;
	u->value['='] = PAD;
	*out = &u->base;
	return SMIME_OK;
}

enum smime_status
smime_stage_unbase64_new(bool strict, struct smime_stage *next, struct smime_stage **out)
{
	return unbase64_new(strict, NULL, next, out);
}

enum smime_status
smime_stage_unbase64_on_new(bool *went_on, struct smime_stage *next, struct smime_stage **out)
{
	*went_on = false;
	return unbase64_new(false, went_on, next, out);
}
