/* mime_decode.c - a leaf's body with its transfer encoding taken off.  RFC 2045 s6. */
#include "mime_internal.h"

struct decoding {
	enum smime_cte encoding;
	bool *went_on; /* NULL: base64 ends with its padding */
};

/* *out NULL: none is needed. */
static enum smime_status
decoder_new(const struct decoding *decoding, struct smime_stage *next, struct smime_stage **out)
{
	*out = NULL;
	if (decoding->encoding == SMIME_CTE_QP)
		return smime_stage_unqp_new(next, out);
	if (decoding->encoding != SMIME_CTE_BASE64)
		return SMIME_OK;
	return decoding->went_on ? smime_stage_unbase64_on_new(decoding->went_on, next, out)
				 : smime_stage_unbase64_new(false, next, out);
}

static enum smime_status
decode(const struct smime_mime *mime, uint32_t part, const struct decoding *decoding,
    struct smime_stage *out, struct smime_diag *diag)
{
	const struct smime_part *p = smime_mime_part(mime, part);
	SMIME_AUTO(smime_stage) release = NULL;
	SMIME_AUTO(smime_stage) decoder = NULL;
	enum smime_status status = smime_stage_release_new(mime->spool, out, &release);

	if (status == SMIME_OK)
		status = decoder_new(decoding, release, &decoder);
	if (status == SMIME_OK)
		status = smime_push_bytes(decoder ? decoder : release, p->body);
	if (status == SMIME_OK)
		status = smime_finish(decoder ? decoder : release);
	if (status != SMIME_OK)
		return smime_fail(
		    diag, status, NULL, "a %s/%s part cannot be decoded", p->type, p->subtype);
	return SMIME_OK;
}

enum smime_status
smime_part_decode(
    const struct smime_mime *mime, uint32_t part, struct smime_stage *out, struct smime_diag *diag)
{
	const struct decoding decoding = { .encoding = smime_mime_part(mime, part)->encoding };

	return decode(mime, part, &decoding, out, diag);
}

enum smime_status
smime_part_decode_all(const struct smime_mime *mime, uint32_t part, struct smime_stage *out,
    bool *agreed, struct smime_diag *diag)
{
	bool went_on = false;
	const struct decoding decoding = { .encoding = smime_mime_part(mime, part)->encoding,
		.went_on = &went_on };

	SMIME_TRY(decode(mime, part, &decoding, out, diag));
	*agreed = !went_on && decoding.encoding != SMIME_CTE_UNKNOWN;
	return SMIME_OK;
}
