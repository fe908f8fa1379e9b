/* rule_count.c - how often a text matches: a test's pattern, or its dictionary with weights.
 * FILTERS: semantics of thresholds. */
#include "rule_count.h"

#include "dictionary.h"
#include "policy/snapshot.h"

uint64_t
policy_threshold(const struct policy_test *t)
{
	const struct policy_value *last = &t->args[t->arg_count - 1];

	return t->arg_count > 1 && !last->text ? last->number : 1;
}

/* The snapshot was compiled with this dictionary in it. */
static enum smime_status
score(struct policy_eval *e, const struct policy_test *t, struct smime_bytes text, uint64_t *out,
    struct policy_span *first)
{
	const char *name = t->args[0].text;
	const struct policy_dictionary *dictionary =
	    e->facts->snapshot ? policy_snapshot_dictionary(e->facts->snapshot, name) : NULL;

	if (!dictionary)
		return smime_fail(
		    e->diag, SMIME_E_SYSTEM, "policy", "there is no dictionary \"%s\"", name);
	return policy_dictionary_score(
	    dictionary, e->matcher, text, policy_threshold(t), out, first, e->diag);
}

enum smime_status
policy_count(
    struct policy_eval *e, const struct policy_test *t, struct smime_bytes text, uint64_t *out)
{
	struct policy_span first = { 0 };

	*out = 0;
	SMIME_TRY(policy_eval_matcher(e));
	if (t->kind->refers == POLICY_REFERS_DICTIONARY)
		SMIME_TRY(score(e, t, text, out, &first));
	else
		SMIME_TRY(policy_pattern_count(
		    t->pattern, e->matcher, text, policy_threshold(t), out, &first, e->diag));
	if (*out == 0)
		return SMIME_OK;
	SMIME_TRY(policy_eval_matched(e, smime_bytes_slice(text, first.from, first.to)));
	return policy_saw(e, smime_bytes_slice(text, first.from, first.to));
}
