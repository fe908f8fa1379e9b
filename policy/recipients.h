/* recipients.h - splintering: which recipients of a message are treated alike. */
#ifndef POLICY_RECIPIENTS_H
#define POLICY_RECIPIENTS_H

#include "policy/plan.h"

/*
 * The first mail policy of that direction, by position, that matches; the direction's default,
 * which matches everybody, comes last. NULL when even that is missing.
 */
const struct policy_mail_policy *policy_recipient_match(const struct policy_snapshot *snapshot,
    enum policy_direction direction, const char *sender, const char *recipient);

#endif
