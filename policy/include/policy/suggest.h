/* suggest.h - the known name that a mistyped one was meant to be. */
#ifndef POLICY_SUGGEST_H
#define POLICY_SUGGEST_H

#include "smime/bytes.h"

/* Collects candidates; zero-initialise, set word. */
struct policy_suggestion {
	struct smime_bytes word;
	const char *best; /* NULL: nothing is near */
	unsigned distance;
};

/* Compare with one known name; kept when it is nearer than those before and near enough to be a
 * slip of the finger. */
void policy_suggest(struct policy_suggestion *suggestion, const char *name);

#endif
