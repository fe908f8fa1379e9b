/* stage_crlf.c - give every line a CR LF end.  RFC 8551 s3.1.1.
 * Memory: one flag. A CR and its LF may arrive in different writes. A bare CR passes. */
#include "smime/stage.h"

#include <stdlib.h>

struct crlf_stage {
	struct smime_stage base;
	bool after_cr;
};

static enum smime_status
crlf_write(struct smime_stage *s, const uint8_t *data, size_t len)
{
	struct crlf_stage *c = smime_container_of(s, struct crlf_stage, base);
	const uint8_t *end = data + len, *from = data, *lf = data;

	while ((lf = memchr(lf, '\n', (size_t)(end - lf))) != NULL) {
		bool has_cr = lf > data ? lf[-1] == '\r' : c->after_cr;

		if (!has_cr) {
			SMIME_TRY(smime_push(s->next, from, (size_t)(lf - from)));
			SMIME_TRY(smime_push(s->next, "\r", 1));
			from = lf;
		}
		lf++;
	}
	c->after_cr = end[-1] == '\r';
	return smime_push(s->next, from, (size_t)(end - from));
}

static void
crlf_free(struct smime_stage *s)
{
	free(smime_container_of(s, struct crlf_stage, base));
}

static const struct smime_stage_ops crlf_ops = {
	.name = "crlf", .write = crlf_write, .free = crlf_free
};

enum smime_status
smime_stage_crlf_new(struct smime_stage *next, struct smime_stage **out)
{
	struct crlf_stage *c = calloc(1, sizeof *c);

	*out = NULL;
	if (!c)
		return SMIME_E_SYSTEM;
	c->base = (struct smime_stage){ .ops = &crlf_ops, .next = next };
	*out = &c->base;
	return SMIME_OK;
}
