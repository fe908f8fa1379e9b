/*
 * pattern.c - regular expressions of filters: PCRE2 over decoded text, with limits.
 *
 * Memory: a match takes at most 1 MiB of JIT stack or 20 MiB of heap. Time: PCRE2 counts steps for
 * each place where a match may begin, so that its limit alone does not stop a pattern that is slow
 * everywhere in a long text. Places are therefore tried in windows that grow, and the processor
 * time is looked at between them.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "pattern.h"

#include <pcre2.h>
#include <stdlib.h>
#include <time.h>

#define STEPS_MAX     1000000
#define DEPTH_MAX     10000
#define HEAP_MAX_KIB  20480
#define JIT_STACK_MIN ((size_t)32 * 1024)
#define JIT_STACK_MAX ((size_t)1024 * 1024)
#define WINDOW_FIRST  64
#define CPU_MS        2000
#define QUICK_NS      1000000
#define WALL_MOST_NS  250000000
#define GROUPS        10
#define RESULT_MAX    ((size_t)1 << 20)

struct policy_pattern {
	pcre2_code *code;
	struct policy_wanted *wanted;
};

struct policy_matcher {
	pcre2_match_data *data;
	pcre2_match_context *context;
	pcre2_jit_stack *stack;
	int64_t cpu_left; /* nanoseconds */
};

void
policy_pattern_free(struct policy_pattern **pattern)
{
	if (!*pattern)
		return;
	pcre2_code_free((*pattern)->code);
	policy_wanted_free(&(*pattern)->wanted);
	free(*pattern);
	*pattern = NULL;
}

enum smime_status
policy_pattern_new(
    const char *text, bool nocase, struct policy_pattern **out, struct smime_diag *diag)
{
	SMIME_AUTO(policy_pattern) pattern = calloc(1, sizeof *pattern);
	uint32_t options = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_USE_OFFSET_LIMIT |
			   PCRE2_NEVER_BACKSLASH_C | (nocase ? PCRE2_CASELESS : 0);
	PCRE2_SIZE at = 0;
	int code = 0;

	*out = NULL;
	if (!pattern)
		return smime_fail(diag, SMIME_E_SYSTEM, NULL, "no memory for a pattern");
	pattern->code =
	    pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED, options, &code, &at, NULL);
	if (!pattern->code) {
		PCRE2_UCHAR why[160] = "";

		(void)pcre2_get_error_message(code, why, sizeof why);
		return smime_fail(diag, SMIME_E_SYNTAX, "pattern", "%s at octet %zu of the pattern",
		    (const char *)why, (size_t)at + 1);
	}
	/* Where executable memory is forbidden there is no JIT, and the interpreter serves. */
	(void)pcre2_jit_compile(pattern->code, PCRE2_JIT_COMPLETE);
	if (policy_wanted_new(text, &pattern->wanted) != SMIME_OK)
		return smime_fail(diag, SMIME_E_SYSTEM, NULL, "no memory for a pattern");
	*out = pattern;
	pattern = NULL;
	return SMIME_OK;
}

const struct policy_wanted *
policy_pattern_wanted(const struct policy_pattern *pattern)
{
	return pattern->wanted;
}

void
policy_matcher_free(struct policy_matcher **matcher)
{
	if (!*matcher)
		return;
	pcre2_match_data_free((*matcher)->data);
	pcre2_match_context_free((*matcher)->context);
	pcre2_jit_stack_free((*matcher)->stack);
	free(*matcher);
	*matcher = NULL;
}

void
policy_matcher_restart(struct policy_matcher *matcher, unsigned cpu_ms)
{
	matcher->cpu_left = (int64_t)(cpu_ms ? cpu_ms : CPU_MS) * 1000000;
}

enum smime_status
policy_matcher_new(unsigned cpu_ms, struct policy_matcher **out)
{
	SMIME_AUTO(policy_matcher) m = calloc(1, sizeof *m);

	*out = NULL;
	if (!m)
		return SMIME_E_SYSTEM;
	m->data = pcre2_match_data_create(GROUPS, NULL);
	m->context = pcre2_match_context_create(NULL);
	if (!m->data || !m->context)
		return SMIME_E_SYSTEM;
	/* NULL where there is no JIT; then none is used. */
	m->stack = pcre2_jit_stack_create(JIT_STACK_MIN, JIT_STACK_MAX, NULL);
	(void)pcre2_set_match_limit(m->context, STEPS_MAX);
	(void)pcre2_set_depth_limit(m->context, DEPTH_MAX);
	(void)pcre2_set_heap_limit(m->context, HEAP_MAX_KIB);
	pcre2_jit_stack_assign(m->context, NULL, m->stack);
	policy_matcher_restart(m, cpu_ms);
	*out = m;
	m = NULL;
	return SMIME_OK;
}

static int64_t
now(clockid_t clock)
{
	struct timespec t = { 0 };

	(void)clock_gettime(clock, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/*
 * The time of one search. Waiting for others does not count, but to ask for the processor time of
 * this thread takes longer than most searches do: at first the clock on the wall has to serve.
 */
struct watch {
	int64_t wall; /* when it began */
	int64_t cpu;  /* of this thread when it was last asked for; 0: it was not */
};

/* Between two windows. How much larger may the next one be? */
static size_t
charge(struct policy_matcher *m, struct watch *watch)
{
	int64_t wall = now(CLOCK_MONOTONIC) - watch->wall, cpu;

	if (!watch->cpu && wall < QUICK_NS)
		return 8;
	cpu = now(CLOCK_THREAD_CPUTIME_ID);
	if (watch->cpu)
		m->cpu_left -= cpu - watch->cpu;
	else
		m->cpu_left -= wall < WALL_MOST_NS ? wall : WALL_MOST_NS;
	watch->cpu = cpu;
	return 2;
}

/* After the last one. */
static void
settle(struct policy_matcher *m, const struct watch *watch)
{
	if (!watch->cpu)
		m->cpu_left -= now(CLOCK_MONOTONIC) - watch->wall;
}

static enum smime_status
ran_away(struct smime_diag *diag)
{
	return smime_fail(diag, SMIME_E_LIMIT, "pattern",
	    "a pattern took too many steps; make it simpler (nested repeats are slow)");
}

/* Places where a character begins: PCRE2 refuses to start inside one. */
static size_t
next_character(struct smime_bytes text, size_t at)
{
	for (int i = 0; i < 3 && at < text.len && (text.data[at] & 0xC0) == 0x80; i++)
		at++;
	return at;
}

static enum smime_status
match(const struct policy_pattern *pattern, struct policy_matcher *m, struct smime_bytes text,
    size_t from, bool *found, struct smime_diag *diag)
{
	int rc = pcre2_match(pattern->code, text.len ? text.data : (PCRE2_SPTR) "", text.len, from,
	    0, m->data, m->context);

	*found = rc >= 0;
	if (rc >= 0 || rc == PCRE2_ERROR_NOMATCH)
		return SMIME_OK;
	if (rc == PCRE2_ERROR_NOMEMORY)
		return smime_fail(diag, SMIME_E_SYSTEM, NULL, "no memory to match a pattern");
	return ran_away(diag);
}

enum smime_status
policy_pattern_find(const struct policy_pattern *pattern, struct policy_matcher *matcher,
    struct smime_bytes text, size_t from, struct policy_span *out, bool *found,
    struct smime_diag *diag)
{
	size_t window = WINDOW_FIRST;
	struct watch watch = { .wall = now(CLOCK_MONOTONIC) };

	*found = false;
	while (!*found && from <= text.len) {
		size_t to = text.len - from < window ? text.len : from + window;

		(void)pcre2_set_offset_limit(matcher->context, to);
		SMIME_TRY(match(pattern, matcher, text, from, found, diag));
		window *= charge(matcher, &watch);
		if (matcher->cpu_left < 0)
			return ran_away(diag);
		if (to == text.len)
			break;
		from = next_character(text, to);
	}
	settle(matcher, &watch);
	if (*found) {
		const PCRE2_SIZE *pair = pcre2_get_ovector_pointer(matcher->data);

		/* \K in a lookahead can put the beginning behind the end. */
		out->to = pair[1];
		out->from = pair[0] < pair[1] ? pair[0] : pair[1];
	}
	return SMIME_OK;
}

/* Where to look for the next match: an empty one moves on by a character. */
static size_t
after(struct smime_bytes text, struct policy_span span, size_t from)
{
	return span.to > from && span.to > span.from ? span.to : next_character(text, span.to + 1);
}

enum smime_status
policy_pattern_count(const struct policy_pattern *pattern, struct policy_matcher *matcher,
    struct smime_bytes text, uint64_t max, uint64_t *out, struct policy_span *first,
    struct smime_diag *diag)
{
	size_t from = 0;

	*out = 0;
	while (*out < max && from <= text.len) {
		struct policy_span span;
		bool found;

		SMIME_TRY(policy_pattern_find(pattern, matcher, text, from, &span, &found, diag));
		if (!found)
			break;
		if (first && *out == 0)
			*first = span;
		(*out)++;
		from = after(text, span, from);
	}
	return SMIME_OK;
}

/* One replacement for the match that matcher holds. */
static enum smime_status
substitute(struct policy_matcher *matcher, struct smime_bytes text, const char *replacement,
    struct smime_buf *out)
{
	const PCRE2_SIZE *pair = pcre2_get_ovector_pointer(matcher->data);

	for (const char *r = replacement; *r; r++) {
		size_t group = (size_t)(r[1] - '0');

		if (*r != '\\' || (r[1] != '\\' && (r[1] < '0' || r[1] > '9'))) {
			SMIME_TRY(smime_buf_append(out, r, 1));
			continue;
		}
		r++;
		if (*r == '\\')
			SMIME_TRY(smime_buf_append(out, r, 1));
		else if (group < pcre2_get_ovector_count(matcher->data) &&
			 pair[2 * group] < pair[2 * group + 1])
			SMIME_TRY(smime_buf_append(out, text.data + pair[2 * group],
			    pair[2 * group + 1] - pair[2 * group]));
	}
	return SMIME_OK;
}

enum smime_status
policy_pattern_replace(const struct policy_pattern *pattern, struct policy_matcher *matcher,
    struct smime_bytes text, const char *replacement, struct smime_buf *out,
    struct smime_diag *diag)
{
	size_t copied = 0;
	size_t from = 0;
	size_t begun = out->len;

	while (from <= text.len) {
		struct policy_span span;
		bool found;

		SMIME_TRY(policy_pattern_find(pattern, matcher, text, from, &span, &found, diag));
		if (!found)
			break;
		if (span.from >= copied) {
			SMIME_TRY(smime_buf_append(out, text.data + copied, span.from - copied));
			SMIME_TRY(substitute(matcher, text, replacement, out));
			copied = span.to;
		}
		if (out->len - begun > RESULT_MAX)
			return smime_fail(diag, SMIME_E_LIMIT, "pattern",
			    "a replacement makes the text longer than 1 MiB");
		from = after(text, span, from);
	}
	if (copied < text.len)
		SMIME_TRY(smime_buf_append(out, text.data + copied, text.len - copied));
	return SMIME_OK;
}
