/* stage_rewrap.c - base64 as it is, in lines of 76 characters.  RFC 2045 s6.8.
 * Memory: one buffer of output. What is outside of the alphabet is dropped, padding and what stands
 * behind it is not: readers disagree about that, and go on to. */
#include "smime/stage.h"

#include <stdlib.h>

#define LINE     76
#define OUT_SIZE 16384

struct rewrap_stage {
	struct smime_stage base;
	bool keeps[256];
	size_t column, used;
	uint8_t out[OUT_SIZE];
};

static enum smime_status
flush(struct rewrap_stage *r)
{
	size_t used = r->used;

	r->used = 0;
	return smime_push(r->base.next, r->out, used);
}

static void
end_line(struct rewrap_stage *r)
{
	r->out[r->used++] = '\r';
	r->out[r->used++] = '\n';
	r->column = 0;
}

static enum smime_status
rewrap_write(struct smime_stage *s, const uint8_t *data, size_t len)
{
	struct rewrap_stage *r = smime_container_of(s, struct rewrap_stage, base);

	for (size_t i = 0; i < len; i++) {
		if (!r->keeps[data[i]])
			continue;
		/* Room for the character and two line ends: this line's, and the last one's. */
		if (r->used > OUT_SIZE - 5)
			SMIME_TRY(flush(r));
		r->out[r->used++] = data[i];
		if (++r->column == LINE)
			end_line(r);
	}
	return SMIME_OK;
}

static enum smime_status
rewrap_finish(struct smime_stage *s)
{
	struct rewrap_stage *r = smime_container_of(s, struct rewrap_stage, base);

	if (r->column > 0)
		end_line(r);
	return flush(r);
}

static void
rewrap_free(struct smime_stage *s)
{
	struct rewrap_stage *r = smime_container_of(s, struct rewrap_stage, base);

	explicit_bzero(r, sizeof *r);
	free(r);
}

static const struct smime_stage_ops rewrap_ops = {
	.name = "rewrap", .write = rewrap_write, .finish = rewrap_finish, .free = rewrap_free
};

enum smime_status
smime_stage_rewrap_new(struct smime_stage *next, struct smime_stage **out)
{
	static const char kept[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";
	struct rewrap_stage *r = calloc(1, sizeof *r);

	*out = NULL;
	if (!r)
		return SMIME_E_SYSTEM;
	r->base = (struct smime_stage){ .ops = &rewrap_ops, .next = next };
	for (const char *c = kept; *c; c++)
		r->keeps[(uint8_t)*c] = true;
	*out = &r->base;
	return SMIME_OK;
}
