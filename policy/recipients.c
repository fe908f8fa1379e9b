/* recipients.c - which mail policy a recipient falls under.  DESIGN section 6.
 * Every comparison is without case: addresses of one person must not fall under two policies. */
#include "recipients.h"

#include <strings.h>

/* user@domain, user@ (any domain), @domain, @.domain (everything below it). */
static bool
pattern_matches(const char *pattern, const char *address)
{
	const char *pattern_at = strrchr(pattern, '@');
	const char *at = strrchr(address, '@');
	size_t local = pattern_at ? (size_t)(pattern_at - pattern) : 0;
	size_t domain_len, address_len;

	if (!pattern_at || !at)
		return false;
	if (local > 0 && (local != (size_t)(at - address) || strncasecmp(pattern, address, local)))
		return false;
	if (pattern_at[1] == 0)
		return local > 0;
	if (pattern_at[1] != '.')
		return strcasecmp(pattern_at, at) == 0;
	domain_len = strlen(pattern_at + 1);
	address_len = strlen(at + 1);
	return address_len > domain_len &&
	       strcasecmp(pattern_at + 1, at + 1 + address_len - domain_len) == 0;
}

/* One side: no negated member matches, and one of the others does, if there are others. */
static bool
side_matches(const struct policy_mail_policy *policy, bool recipient_side, const char *address)
{
	bool wanted = false, found = false;

	for (size_t i = 0; i < policy->member_count; i++) {
		const struct policy_pattern_member *m = &policy->members[i];
		bool matches;

		if (m->recipient_side != recipient_side)
			continue;
		matches = pattern_matches(m->pattern, address);
		if (m->negate && matches)
			return false;
		wanted = wanted || !m->negate;
		found = found || (!m->negate && matches);
	}
	return !wanted || found;
}

static bool
is_default(const struct policy_mail_policy *policy)
{
	return strcmp(policy->name, "default-incoming") == 0 ||
	       strcmp(policy->name, "default-outgoing") == 0;
}

const struct policy_mail_policy *
policy_recipient_match(const struct policy_snapshot *snapshot, enum policy_direction direction,
    const char *sender, const char *recipient)
{
	for (size_t i = 0; i < snapshot->mail_policy_count; i++) {
		const struct policy_mail_policy *p = &snapshot->mail_policies[i];

		if (p->direction != direction)
			continue;
		/* Without members it is a row whose members have not been written yet. */
		if (p->member_count == 0 && !is_default(p))
			continue;
		if (side_matches(p, false, sender) && side_matches(p, true, recipient))
			return p;
	}
	return NULL;
}
