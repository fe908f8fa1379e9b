/* stage_eol.c - every kind of line end becomes CR LF.  RFC 5321 s2.3.8: CR and LF only together.
 * Memory: two flags. A CR and its LF may arrive in different writes. */
#include "stage_eol.h"

#include <stdlib.h>

struct eol_stage {
	struct smime_stage base;
	bool after_cr;
	bool in_line; /* octets since the last line end */
};

static enum smime_status
end_line(struct eol_stage *eol)
{
	eol->in_line = false;
	return smime_push(eol->base.next, "\r\n", 2);
}

/* Octets at the beginning of data that are no line end. */
static size_t
plain_length(const uint8_t *data, size_t len)
{
	const uint8_t *lf = memchr(data, '\n', len);
	const uint8_t *cr;

	if (lf)
		len = (size_t)(lf - data);
	cr = memchr(data, '\r', len);
	return cr ? (size_t)(cr - data) : len;
}

static enum smime_status
eol_write(struct smime_stage *s, const uint8_t *data, size_t len)
{
	struct eol_stage *eol = smime_container_of(s, struct eol_stage, base);

	while (len > 0) {
		size_t plain;

		if (*data == '\r' || *data == '\n') {
			bool second = *data == '\n' && eol->after_cr;

			eol->after_cr = *data == '\r';
			data++;
			len--;
			if (!second)
				SMIME_TRY(end_line(eol));
			continue;
		}
		plain = plain_length(data, len);
		SMIME_TRY(smime_push(s->next, data, plain));
		eol->after_cr = false;
		eol->in_line = true;
		data += plain;
		len -= plain;
	}
	return SMIME_OK;
}

static enum smime_status
eol_finish(struct smime_stage *s)
{
	struct eol_stage *eol = smime_container_of(s, struct eol_stage, base);

	return eol->in_line ? end_line(eol) : SMIME_OK;
}

static void
eol_free(struct smime_stage *s)
{
	free(smime_container_of(s, struct eol_stage, base));
}

static const struct smime_stage_ops eol_ops = {
	.name = "eol", .write = eol_write, .finish = eol_finish, .free = eol_free
};

enum smime_status
gateway_stage_eol_new(struct smime_stage *next, struct smime_stage **out)
{
	struct eol_stage *eol = calloc(1, sizeof *eol);

	*out = NULL;
	if (!eol)
		return SMIME_E_SYSTEM;
	eol->base.ops = &eol_ops;
	eol->base.next = next;
	*out = &eol->base;
	return SMIME_OK;
}
