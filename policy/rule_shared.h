/* rule_shared.h - what the rules of one message need one after the other, kept between them. */
#ifndef POLICY_RULE_SHARED_H
#define POLICY_RULE_SHARED_H

#include "rule_tests.h"

SMIME_MUST_USE enum smime_status policy_shared_new(struct policy_shared **out);
void policy_shared_free(struct policy_shared **shared);

/* Before and after a rule: what is still true is taken over, and kept again. Without a place to
 * keep it the rule makes its own. */
void policy_shared_take(struct policy_eval *e);
void policy_shared_keep(struct policy_eval *e);

#endif
