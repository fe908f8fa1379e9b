/* support_stage.c - see support_stage.h. */
#include "support_stage.h"
#include "support.h"

static enum smime_status
run_cut(stage_maker make, struct smime_bytes in, size_t first, size_t step, struct smime_buf *out)
{
	SMIME_AUTO(smime_stage) sink = NULL;
	SMIME_AUTO(smime_stage) stage = NULL;

	ck_assert_int_eq(smime_stage_buf_new(out, SIZE_MAX / 2, &sink), SMIME_OK);
	ck_assert_int_eq(make(sink, &stage), SMIME_OK);
	for (size_t from = 0; from < in.len;) {
		size_t to = from + (from == 0 && first > 0 ? first : step);
		struct smime_bytes piece = smime_bytes_slice(in, from, to);

		SMIME_TRY(smime_push(stage, piece.data, piece.len));
		from += piece.len;
	}
	return smime_finish(stage);
}

enum smime_status
run_stage(stage_maker make, struct smime_bytes in, struct smime_buf *out)
{
	return run_cut(make, in, 0, SIZE_MAX / 2, out);
}

void
check_stage(stage_maker make, const struct stage_vector *v)
{
	struct smime_bytes in = smime_bytes(v->in, v->in_len ? v->in_len : strlen(v->in));
	size_t want_len = v->want_len ? v->want_len : strlen(v->want);

	for (size_t cut = 0; cut <= in.len; cut++) {
		SMIME_AUTO_BUF out = { 0 };
		size_t step = cut == 0 ? 1 : SIZE_MAX / 2;

		ck_assert_int_eq(run_cut(make, in, cut, step, &out), SMIME_OK);
		ck_assert_msg(out.len == want_len &&
				  (want_len == 0 || memcmp(out.data, v->want, want_len) == 0),
		    "cut %zu of \"%s\" gave %zu octets: %.*s", cut, v->in, out.len, (int)out.len,
		    out.data ? (const char *)out.data : "");
	}
}
