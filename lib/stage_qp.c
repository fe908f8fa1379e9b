/* stage_qp.c - text to quoted-printable.  RFC 2045 s6.7.
 * Memory: one line of output. Lines end in CR LF; a CR or LF alone is encoded like any other octet
 * that may not travel. A leading "From " and a lone "." are encoded too: mbox files and SMTP
 * servers change those; a leading "--", too, which could be a delimiter of the multipart around it.
 */
#include "smime/stage.h"

#include <stdlib.h>

#define LINE_MAX 76 /* characters in front of the line end, soft break included */

struct qp_stage {
	struct smime_stage base;
	uint8_t line[LINE_MAX + 8]; /* encoded so far */
	size_t used;
	size_t
	    last; /* length of the last encoded octet in line: 1 or 3; 0 when the line is empty */
	bool after_cr; /* a CR is held back */
};

static const char hex[] = "0123456789ABCDEF";

static enum smime_status
emit(struct qp_stage *q, const char *line_end)
{
	size_t len = strlen(line_end), used = q->used;

	memcpy(q->line + used, line_end, len);
	q->used = 0;
	q->last = 0;
	return smime_push(q->base.next, q->line, used + len);
}

static void
encode(uint8_t octet, uint8_t *out)
{
	out[0] = '=';
	out[1] = (uint8_t)hex[octet >> 4];
	out[2] = (uint8_t)hex[octet & 15];
}

/* "From " at the start of a line: the F is encoded when the blank arrives. */
static bool
is_from(const struct qp_stage *q)
{
	return q->used == 5 && memcmp(q->line, "From ", 5) == 0;
}

/* "--" there: the first one is encoded when the second one arrives. */
static bool
is_dashes(const struct qp_stage *q)
{
	return q->used == 2 && memcmp(q->line, "--", 2) == 0;
}

static enum smime_status
put(struct qp_stage *q, uint8_t octet)
{
	bool plain = (octet >= 33 && octet <= 126 && octet != '=') || octet == ' ' || octet == '\t';
	size_t need = plain ? 1 : 3;

	/* One column stays free for the soft line break. */
	if (q->used + need > LINE_MAX - 1)
		SMIME_TRY(emit(q, "=\r\n"));
	if (plain)
		q->line[q->used] = octet;
	else
		encode(octet, q->line + q->used);
	q->used += need;
	q->last = need;
	if (is_from(q) || is_dashes(q)) {
		octet = q->line[0];
		memmove(q->line + 3, q->line + 1, q->used - 1);
		encode(octet, q->line);
		q->used += 2;
	}
	return SMIME_OK;
}

/* What would be lost at the end of a line: a blank (RFC 2045 s6.7 rule 3) and a lone dot. */
static enum smime_status
protect_end(struct qp_stage *q)
{
	uint8_t octet;

	if (q->last != 1)
		return SMIME_OK;
	octet = q->line[q->used - 1];
	if (octet != ' ' && octet != '\t' && !(octet == '.' && q->used == 1))
		return SMIME_OK;
	q->used--;
	if (q->used + 3 > LINE_MAX)
		SMIME_TRY(emit(q, "=\r\n"));
	encode(octet, q->line + q->used);
	q->used += 3;
	return SMIME_OK;
}

static enum smime_status // NOLINTNEXTLINE(readability-function-size): braces of SMIME_TRY
qp_write(struct smime_stage *s, const uint8_t *data, size_t len)
{
	struct qp_stage *q = smime_container_of(s, struct qp_stage, base);

	for (size_t i = 0; i < len; i++) {
		if (q->after_cr) {
			q->after_cr = false;
			if (data[i] == '\n') {
				SMIME_TRY(protect_end(q));
				SMIME_TRY(emit(q, "\r\n"));
				continue;
			}
			SMIME_TRY(put(q, '\r'));
		}
		if (data[i] == '\r')
			q->after_cr = true;
		else
			SMIME_TRY(put(q, data[i]));
	}
	return SMIME_OK;
}

/* Text that does not end in a line end gets none: a soft break would add one. */
static enum smime_status
qp_finish(struct smime_stage *s)
{
	struct qp_stage *q = smime_container_of(s, struct qp_stage, base);

	if (q->after_cr)
		SMIME_TRY(put(q, '\r'));
	SMIME_TRY(protect_end(q));
	return emit(q, "");
}

static void
qp_free(struct smime_stage *s)
{
	free(smime_container_of(s, struct qp_stage, base));
}

static const struct smime_stage_ops qp_ops = {
	.name = "qp", .write = qp_write, .finish = qp_finish, .free = qp_free
};

enum smime_status
smime_stage_qp_new(struct smime_stage *next, struct smime_stage **out)
{
	struct qp_stage *q = calloc(1, sizeof *q);

	*out = NULL;
	if (!q)
		return SMIME_E_SYSTEM;
	q->base = (struct smime_stage){ .ops = &qp_ops, .next = next };
	*out = &q->base;
	return SMIME_OK;
}
