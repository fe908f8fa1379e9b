/* mime_decode.c - a leaf's body with its transfer encoding taken off.  RFC 2045 s6. */
#include "mime_internal.h"

static enum smime_status
plain(struct smime_stage *next, struct smime_stage **out)
{
	(void)next;
	*out = NULL;
	return SMIME_OK;
}

static enum smime_status
base64(struct smime_stage *next, struct smime_stage **out)
{
	return smime_stage_unbase64_new(false, next, out);
}

enum smime_status
smime_part_decode(
    const struct smime_mime *mime, uint32_t part, struct smime_stage *out, struct smime_diag *diag)
{
	static enum smime_status (*const makers[])(struct smime_stage *, struct smime_stage **) = {
		[SMIME_CTE_7BIT] = plain,
		[SMIME_CTE_8BIT] = plain,
		[SMIME_CTE_BINARY] = plain,
		[SMIME_CTE_QP] = smime_stage_unqp_new,
		[SMIME_CTE_BASE64] = base64,
		[SMIME_CTE_UNKNOWN] = plain,
	};
	const struct smime_part *p = smime_mime_part(mime, part);
	SMIME_AUTO(smime_stage) release = NULL;
	SMIME_AUTO(smime_stage) decoder = NULL;
	enum smime_status status = smime_stage_release_new(mime->spool, out, &release);

	if (status == SMIME_OK)
		status = makers[p->encoding](release, &decoder);
	if (status == SMIME_OK)
		status = smime_push_bytes(decoder ? decoder : release, p->body);
	if (status == SMIME_OK)
		status = smime_finish(decoder ? decoder : release);
	if (status != SMIME_OK)
		return smime_fail(
		    diag, status, NULL, "a %s/%s part cannot be decoded", p->type, p->subtype);
	return SMIME_OK;
}
