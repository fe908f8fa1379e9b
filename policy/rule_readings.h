/*
 * rule_readings.h - a text in each way that some reader might read it: as labelled; without what no
 * eye sees; raw, and in charsets that it may be in, where the label is wrong.  FILTERS: semantics.
 */
#ifndef POLICY_RULE_READINGS_H
#define POLICY_RULE_READINGS_H

#include "rule_tests.h"

/* Does a test hold of one reading? */
typedef enum smime_status policy_try(
    struct policy_eval *e, const struct policy_test *t, struct smime_bytes text, bool *out);

/* The value of a header field; the first reading of which it holds ends the search. */
SMIME_MUST_USE enum smime_status policy_try_value(struct policy_eval *e,
    const struct policy_test *t, struct smime_bytes value, policy_try *try, bool *out);
/* What stands in a parameter. */
SMIME_MUST_USE enum smime_status policy_try_words(struct policy_eval *e,
    const struct policy_test *t, const struct smime_words *words, policy_try *try, bool *out);

/* The most matches (or the highest score) that any reading of a header field's value shows. */
SMIME_MUST_USE enum smime_status policy_count_value(
    struct policy_eval *e, const struct policy_test *t, struct smime_bytes value, uint64_t *out);

/* The most matches (or the highest score) that any reading of item i shows, no further than the
 * test's threshold. octets: of its octets alone. */
SMIME_MUST_USE enum smime_status policy_count_item(
    struct policy_eval *e, const struct policy_test *t, size_t i, bool octets, uint64_t *out);

#endif
