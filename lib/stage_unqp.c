/* stage_unqp.c - quoted-printable back to octets.  RFC 2045 s6.7.
 * Memory: one buffer of output, blanks held until it is known whether they end a line. Robust: an
 * "=" that is no escape and no soft break stands for itself. */
#include "smime/stage.h"

#include <stdlib.h>

#define OUT_SIZE   4096
#define BLANKS_MAX 1000 /* more than a line may hold; further ones are no longer held back */

struct unqp_stage {
	struct smime_stage base;
	uint8_t escape[3]; /* "=" and what followed it */
	size_t escape_len;
	struct smime_buf blanks;
	size_t used;
	uint8_t out[OUT_SIZE];
};

static enum smime_status
put(struct unqp_stage *u, uint8_t octet)
{
	u->out[u->used++] = octet;
	if (u->used < OUT_SIZE)
		return SMIME_OK;
	u->used = 0;
	return smime_push(u->base.next, u->out, OUT_SIZE);
}

static enum smime_status
put_blanks(struct unqp_stage *u)
{
	for (size_t i = 0; i < u->blanks.len; i++)
		SMIME_TRY(put(u, u->blanks.data[i]));
	u->blanks.len = 0;
	return SMIME_OK;
}

/* An octet outside an escape. Blanks at the end of a line were added in transport: they go. */
static enum smime_status
plain(struct unqp_stage *u, uint8_t octet)
{
	if ((octet == ' ' || octet == '\t') && u->blanks.len < BLANKS_MAX)
		return smime_buf_append(&u->blanks, &octet, 1);
	if (octet == '\r' || octet == '\n')
		u->blanks.len = 0;
	SMIME_TRY(put_blanks(u));
	if (octet == '=') {
		u->escape[0] = octet;
		u->escape_len = 1;
		return SMIME_OK;
	}
	return put(u, octet);
}

/* What was held as an escape is none: "=" stands for itself, the rest is read again. */
static enum smime_status
no_escape(struct unqp_stage *u)
{
	uint8_t held[3];
	size_t len = u->escape_len;

	memcpy(held, u->escape, sizeof held);
	u->escape_len = 0;
	SMIME_TRY(put(u, '='));
	for (size_t i = 1; i < len; i++)
		SMIME_TRY(plain(u, held[i]));
	return SMIME_OK;
}

static enum smime_status
escaped(struct unqp_stage *u, uint8_t octet)
{
	/* Blanks between "=" and the line end were added in transport; others stand for themselves.
	 */
	if (u->escape_len == 1 && (octet == ' ' || octet == '\t') && u->blanks.len < BLANKS_MAX)
		return smime_buf_append(&u->blanks, &octet, 1);
	if (u->blanks.len > 0 && octet != '\r' && octet != '\n') {
		SMIME_TRY(no_escape(u));
		return plain(u, octet);
	}
	u->escape[u->escape_len++] = octet;
	if (octet == '\n' && (u->escape_len == 2 || u->escape[1] == '\r')) {
		u->escape_len = 0;
		u->blanks.len = 0;
		return SMIME_OK;
	}
	if (u->escape_len == 2)
		return octet == '\r' || smime_hex_digit(octet) >= 0 ? SMIME_OK : no_escape(u);
	if (u->escape[1] == '\r' || smime_hex_digit(octet) < 0)
		return no_escape(u);
	u->escape_len = 0;
	return put(u, (uint8_t)(smime_hex_digit(u->escape[1]) << 4 | smime_hex_digit(octet)));
}

static enum smime_status
unqp_write(struct smime_stage *s, const uint8_t *data, size_t len)
{
	struct unqp_stage *u = smime_container_of(s, struct unqp_stage, base);

	for (size_t i = 0; i < len; i++)
		SMIME_TRY(u->escape_len > 0 ? escaped(u, data[i]) : plain(u, data[i]));
	return SMIME_OK;
}

static enum smime_status
unqp_finish(struct smime_stage *s)
{
	struct unqp_stage *u = smime_container_of(s, struct unqp_stage, base);

	/* "=" as the very last octet is a soft break without its line. */
	if (u->escape_len > 1)
		SMIME_TRY(no_escape(u));
	return smime_push(s->next, u->out, u->used);
}

static void
unqp_free(struct smime_stage *s)
{
	struct unqp_stage *u = smime_container_of(s, struct unqp_stage, base);

	smime_buf_reset(&u->blanks);
	free(u);
}

static const struct smime_stage_ops unqp_ops = {
	.name = "unqp", .write = unqp_write, .finish = unqp_finish, .free = unqp_free
};

enum smime_status
smime_stage_unqp_new(struct smime_stage *next, struct smime_stage **out)
{
	struct unqp_stage *u = calloc(1, sizeof *u);

	*out = NULL;
	if (!u)
		return SMIME_E_SYSTEM;
	u->base = (struct smime_stage){ .ops = &unqp_ops, .next = next };
	*out = &u->base;
	return SMIME_OK;
}
