/*
 * merge.c - copies that are the same octets go out as one: recipients of several mail policies
 * whose filters came to the same. Only what was not sealed for somebody: the RecipientInfos of a
 * sealed copy say who reads it. DESIGN section 6.
 */
#include "outcome.h"
#include "plan.h"

static bool
is_same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool
are_same_edits(const struct policy_edits *a, const struct policy_edits *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (a->item[i].kind != b->item[i].kind ||
		    !is_same_text(a->item[i].name, b->item[i].name) ||
		    !is_same_text(a->item[i].value, b->item[i].value) ||
		    !is_same_text(a->item[i].pattern, b->item[i].pattern))
			return false;
	return true;
}

/* While explaining nothing is sealed, and what will be has no entity yet: the profile tells. */
static bool
is_unsealed(const struct policy_copy *copy)
{
	return copy->splinter && !copy->splinter->profile;
}

bool
policy_copies_are_alike(const struct policy_copy *a, const struct policy_copy *b)
{
	return is_unsealed(a) && is_unsealed(b) && a->treatment == b->treatment &&
	       a->entity == b->entity && a->decrypted == b->decrypted &&
	       is_same_text(a->quarantine, b->quarantine) && are_same_edits(&a->edits, &b->edits);
}

enum smime_status
policy_outcome_merge(struct policy_outcome *outcome)
{
	for (size_t i = 0; i < outcome->copy_count; i++) {
		struct policy_copy *to = &outcome->copies[i];

		for (size_t k = i + 1; k < outcome->copy_count; k++) {
			struct policy_copy *from = &outcome->copies[k];

			if (!policy_copies_are_alike(to, from))
				continue;
			for (size_t r = 0; r < from->recipient_count; r++)
				SMIME_TRY(policy_indexes_add(
				    &to->recipients, &to->recipient_count, from->recipients[r]));
			from->recipient_count = 0;
		}
	}
	return SMIME_OK;
}
