/*
 * dictionary.h - lists of terms with weights, for the *-dictionary-match rules.  FILTERS: rules.
 *
 * A term is a pattern. Immutable once compiled, shared by all threads and by the snapshots that it
 * did not change between.
 */
#ifndef POLICY_DICTIONARY_H
#define POLICY_DICTIONARY_H

#include "pattern.h"
#include <stdatomic.h>

struct policy_term {
	struct policy_pattern *pattern;
	uint64_t weight;
};

struct policy_dictionary {
	atomic_uint references;
	char *name;
	struct smime_buf source; /* all that it was compiled from */
	bool match_case, whole_words;
	struct policy_term *terms;
	size_t term_count;
	bool beyond_ascii; /* one of them names such a character */
};

/* Without terms. SMIME_E_SYSTEM. */
SMIME_MUST_USE enum smime_status policy_dictionary_new(
    const char *name, bool match_case, bool whole_words, struct policy_dictionary **out);
struct policy_dictionary *policy_dictionary_ref(struct policy_dictionary *dictionary);
void policy_dictionary_free(struct policy_dictionary **dictionary); /* gives a reference back */

/* One term more. SMIME_E_SYNTAX: the term is no pattern; diag says why. */
SMIME_MUST_USE enum smime_status policy_dictionary_add(struct policy_dictionary *dictionary,
    const char *term, uint64_t weight, struct smime_diag *diag);

/* As policy_pattern_wanted(), of all its terms together. */
const struct policy_wanted *policy_dictionary_wanted(const struct policy_dictionary *dictionary);

/*
 * Add up the weights of all matches of all terms, until enough is reached. first: where something
 * matched, when *out is over 0. SMIME_E_LIMIT as with every pattern.
 */
SMIME_MUST_USE enum smime_status policy_dictionary_score(const struct policy_dictionary *dictionary,
    struct policy_matcher *matcher, struct smime_bytes text, uint64_t enough, uint64_t *out,
    struct policy_span *first, struct smime_diag *diag);

#endif
