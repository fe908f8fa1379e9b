/*
 * pattern.h - regular expressions of filters: PCRE2 over decoded text, with limits.
 *
 * A pattern is immutable and shared by threads; a matcher belongs to one evaluation.
 */
#ifndef POLICY_PATTERN_H
#define POLICY_PATTERN_H

#include "guess.h"

struct policy_pattern; /* compiled */
struct policy_matcher; /* match data, JIT stack and the time that may still be used */

struct policy_span {
	size_t from, to;
};

/* SMIME_E_SYNTAX: diag says what is wrong at which octet of text. */
SMIME_MUST_USE enum smime_status policy_pattern_new(
    const char *text, bool nocase, struct policy_pattern **out, struct smime_diag *diag);
void policy_pattern_free(struct policy_pattern **pattern);

/* The characters beyond ASCII that it names; NULL: none. Borrowed. */
const struct policy_wanted *policy_pattern_wanted(const struct policy_pattern *pattern);

/* cpu_ms: processor time that all matches with this matcher may take; 0 means 2000. */
SMIME_MUST_USE enum smime_status policy_matcher_new(unsigned cpu_ms, struct policy_matcher **out);
void policy_matcher_restart(struct policy_matcher *matcher, unsigned cpu_ms); /* likewise */
void policy_matcher_free(struct policy_matcher **matcher);

/* The first match at or after from. SMIME_E_LIMIT, token "pattern": it ran away. */
SMIME_MUST_USE enum smime_status policy_pattern_find(const struct policy_pattern *pattern,
    struct policy_matcher *matcher, struct smime_bytes text, size_t from, struct policy_span *out,
    bool *found, struct smime_diag *diag);

/* Matches that do not overlap, counted up to max. first (may be NULL) gets the first of them. */
SMIME_MUST_USE enum smime_status policy_pattern_count(const struct policy_pattern *pattern,
    struct policy_matcher *matcher, struct smime_bytes text, uint64_t max, uint64_t *out,
    struct policy_span *first, struct smime_diag *diag);

/* text with every match replaced, appended. In the replacement \1 to \9 are groups, \0 the match,
 * \\ is a backslash. SMIME_E_LIMIT also when the result would pass 1 MiB. */
SMIME_MUST_USE enum smime_status policy_pattern_replace(const struct policy_pattern *pattern,
    struct policy_matcher *matcher, struct smime_bytes text, const char *replacement,
    struct smime_buf *out, struct smime_diag *diag);

#endif
