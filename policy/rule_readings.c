/*
 * rule_readings.c - a text in each way that some reader might read it, until a test holds.
 * FILTERS: semantics. Memory: one more copy of a value; of an item, a spool for each reading.
 */
#include "rule_readings.h"

#include "content_text.h"
#include "dictionary.h"
#include "policy/snapshot.h"
#include "rule_count.h"

/* The characters that a test looks for. */
static const struct policy_wanted *
wanted_by(const struct policy_eval *e, const struct policy_test *t)
{
	const struct policy_dictionary *dictionary = NULL;

	if (t->kind->refers != POLICY_REFERS_DICTIONARY)
		return t->pattern ? policy_pattern_wanted(t->pattern) : NULL;
	if (e->facts->snapshot)
		dictionary = policy_snapshot_dictionary(e->facts->snapshot, t->args[0].text);
	return dictionary ? policy_dictionary_wanted(dictionary) : NULL;
}

/* ---- values ---- */

struct value {
	const struct smime_words *words;
	struct smime_bytes raw; /* what cannot be decoded is matched raw; empty: words->octets */
	policy_try *try;
};

static enum smime_status
try_bare(struct policy_eval *e, const struct policy_test *t, const struct value *v,
    struct smime_bytes text, bool *out)
{
	SMIME_AUTO_BUF bare = { 0 };
	SMIME_AUTO(smime_stage) collect = NULL;

	if (!policy_has_hidden(text))
		return SMIME_OK;
	SMIME_TRY(smime_stage_buf_new(&bare, SIZE_MAX, &collect));
	SMIME_TRY(policy_strip_hidden(text, POLICY_BREAKS_HARD, collect));
	SMIME_TRY(smime_finish(collect));
	return v->try(e, t, smime_buf_bytes(&bare), out);
}

static enum smime_status
try_as(struct policy_eval *e, const struct policy_test *t, const struct value *v,
    const char *charset, bool *good, bool *out)
{
	SMIME_AUTO_BUF text = { 0 };

	SMIME_TRY(smime_words_utf8(v->words, charset, &text, good));
	SMIME_TRY(v->try(e, t, smime_buf_bytes(&text), out));
	return *out ? SMIME_OK : try_bare(e, t, v, smime_buf_bytes(&text), out);
}

static bool
is_labelled(const struct smime_words *words)
{
	for (size_t i = 0; i < words->count; i++)
		if (*words->word[i].charset)
			return true;
	return false;
}

static enum smime_status
try_all(struct policy_eval *e, const struct policy_test *t, const struct value *v, bool *out)
{
	struct smime_bytes octets = smime_buf_bytes(&v->words->octets);
	const struct policy_wanted *wanted = wanted_by(e, t);
	bool is_utf8 = smime_bytes_are_utf8(octets), good, unused;
	uint32_t class = policy_octets_class(octets, is_utf8);

	SMIME_TRY(try_as(e, t, v, NULL, &good, out));
	if (!*out && !good)
		SMIME_TRY(v->try(e, t, v->raw.len > 0 ? v->raw : octets, out));
	if (!*out && is_labelled(v->words) && is_utf8)
		SMIME_TRY(try_as(e, t, v, "UTF-8", &unused, out));
	for (size_t i = 0; !*out && policy_guess_charset(i); i++)
		if (policy_guess_shows(i, class, octets, wanted))
			SMIME_TRY(try_as(e, t, v, policy_guess_charset(i), &unused, out));
	return SMIME_OK;
}

enum smime_status
policy_try_words(struct policy_eval *e, const struct policy_test *t,
    const struct smime_words *words, policy_try *try, bool *out)
{
	const struct value v = { .words = words, .try = try };

	return try_all(e, t, &v, out);
}

enum smime_status
policy_try_value(struct policy_eval *e, const struct policy_test *t, struct smime_bytes value,
    policy_try *try, bool *out)
{
	SMIME_AUTO_WORDS words = { 0 };
	struct value v = { .words = &words, .raw = value, .try = try };

	SMIME_TRY(smime_words_read(value, &words));
	return try_all(e, t, &v, out);
}

static enum smime_status
try_count(struct policy_eval *e, const struct policy_test *t, struct smime_bytes text, bool *out)
{
	uint64_t count;

	SMIME_TRY(policy_count(e, t, text, &count));
	if (count > e->counted)
		e->counted = count;
	*out = count >= policy_threshold(t);
	return SMIME_OK;
}

enum smime_status
policy_count_value(
    struct policy_eval *e, const struct policy_test *t, struct smime_bytes value, uint64_t *out)
{
	bool unused = false;

	e->counted = 0;
	SMIME_TRY(policy_try_value(e, t, value, try_count, &unused));
	*out = e->counted;
	return SMIME_OK;
}

/* ---- items ---- */

static enum smime_status
count_more(
    struct policy_eval *e, const struct policy_test *t, struct smime_bytes text, uint64_t *out)
{
	uint64_t count;

	if (text.len == 0 || *out >= policy_threshold(t))
		return SMIME_OK;
	SMIME_TRY(policy_count(e, t, text, &count));
	if (count > *out)
		*out = count;
	return SMIME_OK;
}

static enum smime_status
count_guess(struct policy_eval *e, const struct policy_test *t, size_t i, const char *charset,
    uint64_t *out)
{
	SMIME_AUTO(smime_spool) spool = NULL;
	struct smime_bytes text;

	SMIME_TRY(policy_content_guess(e->facts->content, i, charset, &spool));
	SMIME_TRY(smime_spool_view(spool, &text, NULL));
	return count_more(e, t, text, out);
}

static enum smime_status
count_guesses(struct policy_eval *e, const struct policy_test *t, size_t i, uint64_t *out)
{
	const struct policy_wanted *wanted = wanted_by(e, t);
	struct smime_bytes octets;
	uint32_t class;
	bool text;

	SMIME_TRY(policy_content_octets_class(e->facts->content, i, &text, &class));
	SMIME_TRY(policy_content_octets(e->facts->content, i, &octets));
	class = policy_octets_narrow(class, octets, wanted);
	for (size_t g = 0; text && policy_guess_charset(g) && *out < policy_threshold(t); g++) {
		SMIME_TRY(policy_content_octets(e->facts->content, i, &octets));
		if (policy_guess_shows(g, class, octets, wanted))
			SMIME_TRY(count_guess(e, t, i, policy_guess_charset(g), out));
	}
	return SMIME_OK;
}

enum smime_status
policy_count_item(
    struct policy_eval *e, const struct policy_test *t, size_t i, bool octets, uint64_t *out)
{
	struct policy_content *content = e->facts->content;
	struct smime_bytes text;

	SMIME_TRY(octets ? policy_content_octets(content, i, &text)
			 : policy_content_text(content, i, &text));
	SMIME_TRY(policy_count(e, t, text, out));
	for (enum policy_reading r = 0;
	     r < POLICY_READINGS && !octets && *out < policy_threshold(t); r++) {
		SMIME_TRY(policy_content_reading(content, i, r, &text));
		SMIME_TRY(count_more(e, t, text, out));
	}
	if (!octets)
		SMIME_TRY(count_guesses(e, t, i, out));
	policy_content_release(content, i);
	return SMIME_OK;
}
