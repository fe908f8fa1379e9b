/* flow.c - where a message comes from: the first sender group by position that matches names the
 * flow policy, and with it the direction.  DESIGN section 6. */
#include "policy/plan.h"

#include <strings.h>

/* "mail.example.com", or ".example.com" for everything below it; names without case. */
static bool
host_matches(const char *pattern, const char *host)
{
	size_t pattern_len = strlen(pattern), host_len = strlen(host);

	if (pattern[0] != '.')
		return host_len > 0 && strcasecmp(pattern, host) == 0;
	return host_len > pattern_len && strcasecmp(pattern, host + host_len - pattern_len) == 0;
}

static bool
member_matches(const struct policy_group_member *member, const struct policy_message *message)
{
	switch (member->kind) {
	case POLICY_MEMBER_NETWORK:
		return policy_network_holds(&member->network, message->client_ip);
	case POLICY_MEMBER_HOST:
		return host_matches(member->value, message->client_name);
	case POLICY_MEMBER_LISTENER:
		return strcmp(member->value, message->listener) == 0;
	case POLICY_MEMBER_AUTHENTICATED:
		return message->auth_user[0] != 0;
	case POLICY_MEMBER_ALL:
		return true;
	}
	return false;
}

const struct policy_sender_group *
policy_flow_match(const struct policy_snapshot *snapshot, const struct policy_message *message)
{
	for (size_t i = 0; i < snapshot->group_count; i++) {
		const struct policy_sender_group *group = &snapshot->groups[i];

		for (size_t k = 0; k < group->member_count; k++)
			if (member_matches(&group->members[k], message))
				return group;
	}
	return NULL;
}
