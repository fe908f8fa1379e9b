/*
 * dictionary.c - lists of terms with weights, and what a text scores.
 * Each term is looked for by itself, so that terms that overlap all count. Memory: the patterns.
 * Refuses terms that are no patterns.
 */
#include "dictionary.h"

#include "array.h"
#include <stdlib.h>

enum smime_status
policy_dictionary_new(
    const char *name, bool match_case, bool whole_words, struct policy_dictionary **out)
{
	SMIME_AUTO(policy_dictionary) d = calloc(1, sizeof *d);

	*out = NULL;
	if (!d)
		return SMIME_E_SYSTEM;
	atomic_init(&d->references, 1);
	d->match_case = match_case;
	d->whole_words = whole_words;
	d->name = strdup(name);
	if (!d->name)
		return SMIME_E_SYSTEM;
	SMIME_TRY(smime_buf_appendf(&d->source, "%d %d\n", match_case, whole_words));
	*out = d;
	d = NULL;
	return SMIME_OK;
}

struct policy_dictionary *
policy_dictionary_ref(struct policy_dictionary *dictionary)
{
	(void)atomic_fetch_add(&dictionary->references, 1);
	return dictionary;
}

void
policy_dictionary_free(struct policy_dictionary **dictionary)
{
	struct policy_dictionary *d = *dictionary;

	*dictionary = NULL;
	if (!d || atomic_fetch_sub(&d->references, 1) > 1)
		return;
	for (size_t i = 0; i < d->term_count; i++)
		policy_pattern_free(&d->terms[i].pattern);
	free(d->terms);
	smime_buf_reset(&d->source);
	free(d->name);
	free(d);
}

/* A word's end is where a letter or digit of any script stands beside something else. */
static enum smime_status
compile(const struct policy_dictionary *dictionary, const char *term, struct policy_pattern **out,
    struct smime_diag *diag)
{
	SMIME_AUTO_BUF word = { 0 };

	SMIME_TRY(policy_pattern_new(term, !dictionary->match_case, out, diag));
	if (!dictionary->whole_words)
		return SMIME_OK;
	/* It is a pattern by itself; so a parenthesis in it does not end ours. */
	policy_pattern_free(out);
	SMIME_TRY(smime_buf_appendf(&word, "(*UCP)(?<!\\w)(?:%s)(?!\\w)", term));
	SMIME_TRY(smime_buf_terminate(&word));
	return policy_pattern_new((const char *)word.data, !dictionary->match_case, out, diag);
}

enum smime_status
policy_dictionary_add(struct policy_dictionary *dictionary, const char *term, uint64_t weight,
    struct smime_diag *diag)
{
	struct policy_term *grown =
	    policy_array_grow(dictionary->terms, dictionary->term_count, sizeof *grown);

	if (!grown)
		return SMIME_E_SYSTEM;
	dictionary->terms = grown;
	grown += dictionary->term_count;
	*grown = (struct policy_term){ .weight = weight };
	SMIME_TRY(compile(dictionary, term, &grown->pattern, diag));
	dictionary->term_count++;
	if (policy_pattern_wanted(grown->pattern))
		dictionary->beyond_ascii = true;
	return SMIME_OK;
}

/* Looking for each character of each term would take longer than to look at the text. */
const struct policy_wanted *
policy_dictionary_wanted(const struct policy_dictionary *dictionary)
{
	return dictionary->beyond_ascii ? policy_wanted_any() : NULL;
}

enum smime_status
policy_dictionary_score(const struct policy_dictionary *dictionary, struct policy_matcher *matcher,
    struct smime_bytes text, uint64_t enough, uint64_t *out, struct policy_span *first,
    struct smime_diag *diag)
{
	*out = 0;
	for (size_t i = 0; i < dictionary->term_count && *out < enough; i++) {
		const struct policy_term *term = &dictionary->terms[i];
		uint64_t most = (enough - *out - 1) / term->weight + 1, count;
		struct policy_span span;

		SMIME_TRY(
		    policy_pattern_count(term->pattern, matcher, text, most, &count, &span, diag));
		if (count > 0 && *out == 0)
			*first = span;
		*out += count * term->weight;
	}
	return SMIME_OK;
}
