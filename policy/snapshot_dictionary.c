/*
 * snapshot_dictionary.c - compile the tables dictionary and dictionary_term.
 *
 * A dictionary that did not change since the last snapshot is shared with it. One with a term that
 * is no pattern is reported; its last good version stays, or there is none, and then the filters
 * that name it are left out as well.
 */
#include "dictionary.h"
#include "snapshot_build.h"

#include <stdlib.h>

struct draft {
	struct policy_dictionary *dictionary;
	bool broken;
};

const struct policy_dictionary *
policy_snapshot_dictionary(const struct policy_snapshot *snapshot, const char *name)
{
	for (size_t i = 0; i < snapshot->dictionary_count; i++)
		if (strcmp(snapshot->dictionaries[i]->name, name) == 0)
			return snapshot->dictionaries[i];
	return NULL;
}

/* Columns: term, weight. A newline cannot be mistaken: each line begins with its length. */
static enum smime_status
append_source(struct policy_build *build, struct policy_stmt *row, void *arg)
{
	struct smime_buf *source = arg;
	const char *term = policy_column_text(row, 0);

	(void)build;
	return smime_buf_appendf(
	    source, "%zu %lld %s\n", strlen(term), (long long)policy_column_int(row, 1), term);
}

static enum smime_status
add_term(struct policy_build *build, struct policy_stmt *row, void *arg)
{
	struct draft *draft = arg;
	const char *term = policy_column_text(row, 0);
	struct smime_diag why = { 0 };
	SMIME_AUTO_BUF reason = { 0 };
	enum smime_status status = policy_dictionary_add(
	    draft->dictionary, term, (uint64_t)policy_column_int(row, 1), &why);

	if (status == SMIME_OK || status == SMIME_E_SYSTEM)
		return status;
	draft->broken = true;
	SMIME_TRY(smime_buf_appendf(&reason,
	    "term \"%.100s\": %s (the dictionary is left as it was, if it was good before)", term,
	    why.text));
	SMIME_TRY(smime_buf_terminate(&reason));
	return policy_problem_add(
	    build, "dictionary_term", draft->dictionary->name, false, (const char *)reason.data);
}

static enum smime_status
keep(struct policy_snapshot *s, struct policy_dictionary *dictionary)
{
	struct policy_dictionary **grown =
	    policy_array_grow(s->dictionaries, s->dictionary_count, sizeof *grown);

	if (!grown)
		return SMIME_E_SYSTEM;
	s->dictionaries = grown;
	grown[s->dictionary_count++] = policy_dictionary_ref(dictionary);
	return SMIME_OK;
}

static struct policy_dictionary *
find_last(const struct policy_snapshot *previous, const char *name)
{
	for (size_t i = 0; previous && i < previous->dictionary_count; i++)
		if (strcmp(previous->dictionaries[i]->name, name) == 0)
			return previous->dictionaries[i];
	return NULL;
}

/* Columns: name, match_case, whole_words. */
static enum smime_status
dictionary(struct policy_build *build, struct policy_stmt *row, void *arg)
{
	SMIME_AUTO(policy_dictionary) made = NULL;
	struct draft draft = { 0 };
	const char *name = policy_column_text(row, 0);
	struct policy_dictionary *last = find_last(build->previous, name);

	(void)arg;
	SMIME_TRY(policy_dictionary_new(
	    name, policy_column_int(row, 1) != 0, policy_column_int(row, 2) != 0, &made));
	SMIME_TRY(policy_each_row(
	    build, POLICY_SQL_DICTIONARY_TERMS, made->name, append_source, &made->source));
	if (last &&
	    smime_bytes_equal(smime_buf_bytes(&last->source), smime_buf_bytes(&made->source)))
		return keep(build->snapshot, last);
	draft.dictionary = made;
	SMIME_TRY(
	    policy_each_row(build, POLICY_SQL_DICTIONARY_TERMS, made->name, add_term, &draft));
	if (!draft.broken)
		return keep(build->snapshot, made);
	return last ? keep(build->snapshot, last) : SMIME_OK;
}

enum smime_status
policy_build_dictionaries(struct policy_build *build)
{
	return policy_each_row(build, POLICY_SQL_DICTIONARIES, NULL, dictionary, NULL);
}
