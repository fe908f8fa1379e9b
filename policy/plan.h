/* plan.h - making a plan; policy/plan.h is for those who read it. */
#ifndef POLICY_PLAN_BUILD_H
#define POLICY_PLAN_BUILD_H

#include "policy/plan.h"

/* Each copies its strings and fails with SMIME_E_SYSTEM only. value and pattern may be NULL. */
SMIME_MUST_USE enum smime_status policy_edits_add(struct policy_edits *edits,
    enum policy_edit_kind kind, const char *name, const char *value, const char *pattern);
SMIME_MUST_USE enum smime_status policy_edits_copy(
    struct policy_edits *out, const struct policy_edits *edits);
void policy_edits_drop_last(struct policy_edits *edits); /* there is one */
void policy_edits_reset(struct policy_edits *edits);

/* All that earlier filters have said of the message, for one splinter of it: everything but
 * recipients and content filters. */
SMIME_MUST_USE enum smime_status policy_splinter_copy(
    struct policy_splinter *out, const struct policy_splinter *from);
void policy_splinter_reset(struct policy_splinter *splinter);

SMIME_MUST_USE enum smime_status policy_added_add(
    struct policy_plan *plan, const char *address, bool optional);
SMIME_MUST_USE enum smime_status policy_notifications_add(
    struct policy_plan *plan, const struct policy_notification *notification);
SMIME_MUST_USE enum smime_status policy_indexes_add(size_t **items, size_t *count, size_t value);
SMIME_MUST_USE enum smime_status policy_matched_add(
    struct policy_matched **items, size_t *count, const char *name, bool matched);

#endif
