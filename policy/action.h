/* action.h - what actions a filter may name: one row each in action.c. */
#ifndef POLICY_ACTION_H
#define POLICY_ACTION_H

#include "policy/rule.h"

/* Names in the order of enum policy_action_kind; NULL after the last. */
const char *policy_action_at(size_t i);

/* Are variables expanded in that text of it? */
bool policy_action_expands(enum policy_action_kind kind, size_t arg);

/* Something with an @ inside and no blanks, brackets or list marks? */
bool policy_is_address(const char *text);

/* Is there an action of that name? */
bool policy_action_known(struct smime_bytes name);

#endif
