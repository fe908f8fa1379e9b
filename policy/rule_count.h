/* rule_count.h - how often a text matches: a test's pattern, or its dictionary with weights. */
#ifndef POLICY_RULE_COUNT_H
#define POLICY_RULE_COUNT_H

#include "rule_tests.h"

/* The least number of matches that makes the test true: its last argument, else 1. */
uint64_t policy_threshold(const struct policy_test *t);

/* Matches in text, or their weights, counted no further than needed. SMIME_E_LIMIT: ran away. */
SMIME_MUST_USE enum smime_status policy_count(
    struct policy_eval *e, const struct policy_test *t, struct smime_bytes text, uint64_t *out);

#endif
