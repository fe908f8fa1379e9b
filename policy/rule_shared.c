/*
 * rule_shared.c - what the rules of one message need one after the other: with a thousand filters
 * it is not made a thousand times.
 * Memory: one header list, one matcher. The header serves until an action edits it.
 */
#include "rule_shared.h"

#include "policy/plan.h"
#include <stdlib.h>

struct policy_shared {
	struct policy_matcher *matcher;
	struct policy_header *header;
	const struct policy_edits *edits; /* that are in it, so many of them */
	size_t edit_count;
	struct smime_buf saw;
};

enum smime_status
policy_shared_new(struct policy_shared **out)
{
	*out = calloc(1, sizeof **out);
	return *out ? SMIME_OK : SMIME_E_SYSTEM;
}

void
policy_shared_free(struct policy_shared **shared)
{
	struct policy_shared *s = *shared;

	*shared = NULL;
	if (!s)
		return;
	policy_matcher_free(&s->matcher);
	policy_header_free(&s->header);
	smime_buf_reset(&s->saw);
	free(s);
}

static size_t
edit_count(const struct policy_facts *facts)
{
	return facts->edits ? facts->edits->count : 0;
}

void
policy_shared_take(struct policy_eval *e)
{
	struct policy_shared *s = e->facts->shared;

	if (!s)
		return;
	e->matcher = s->matcher;
	s->matcher = NULL;
	/* Each rule has its own time to use. */
	if (e->matcher)
		policy_matcher_restart(e->matcher, 0);
	if (s->edits != e->facts->edits || s->edit_count != edit_count(e->facts))
		policy_header_free(&s->header);
	e->header = s->header;
	s->header = NULL;
	e->saw = s->saw;
	e->saw.len = 0;
	s->saw = (struct smime_buf){ 0 };
}

void
policy_shared_keep(struct policy_eval *e)
{
	struct policy_shared *s = e->facts->shared;

	if (!s) {
		policy_header_free(&e->header);
		policy_matcher_free(&e->matcher);
		smime_buf_reset(&e->saw);
		return;
	}
	s->matcher = e->matcher;
	s->header = e->header;
	s->edits = e->facts->edits;
	s->edit_count = edit_count(e->facts);
	s->saw = e->saw;
}
