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
		return policy_ip_range_holds(&member->network, message->client_ip);
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

/* ---- explaining ---- */

static const char *
shown(const char *value)
{
	return value[0] ? value : "(none)";
}

static void
explain_member(struct policy_trace *trace, const struct policy_group_member *member,
    const struct policy_message *message, bool matches)
{
	const char *yes = matches ? "yes" : "no";

	switch (member->kind) {
	case POLICY_MEMBER_NETWORK:
		policy_trace_line(trace, 1, "network %s: %s, the client is %s", member->value, yes,
		    shown(message->client_ip));
		return;
	case POLICY_MEMBER_HOST:
		policy_trace_line(trace, 1, "host %s: %s, the client's verified name is %s",
		    member->value, yes, shown(message->client_name));
		return;
	case POLICY_MEMBER_LISTENER:
		policy_trace_line(trace, 1, "listener %s: %s, it came to %s", member->value, yes,
		    shown(message->listener));
		return;
	case POLICY_MEMBER_AUTHENTICATED:
		policy_trace_line(
		    trace, 1, "authenticated: %s, as %s", yes, shown(message->auth_user));
		return;
	case POLICY_MEMBER_ALL:
		policy_trace_line(trace, 1, "all: yes");
		return;
	}
}

static void
explain_flow(struct policy_trace *trace, const struct policy_sender_group *group)
{
	const struct policy_flow *f = group ? group->flow : NULL;

	if (!f)
		policy_trace_line(
		    trace, 0, "no sender group matches: incoming, and nothing is opened");
	else
		policy_trace_line(trace, 0, "mail flow policy %s: %s, layers are %s%s", f->name,
		    f->direction == POLICY_OUTGOING ? "outgoing" : "incoming",
		    !f->smime_open        ? "not opened (smime_open is 0)"
		    : f->remove_signature ? "opened, signatures removed"
					  : "opened, signatures retained",
		    f->smime_open && f->harvest ? ", keys are harvested" : "");
}

/* ---- all groups ---- */

static bool
group_matches(const struct policy_sender_group *group, const struct policy_message *message,
    struct policy_trace *trace)
{
	policy_trace_line(trace, 0, "sender group %s%s", group->name,
	    group->member_count == 0 ? ": no, it has no members" : "");
	for (size_t i = 0; i < group->member_count; i++) {
		bool matches = member_matches(&group->members[i], message);

		if (trace)
			explain_member(trace, &group->members[i], message, matches);
		if (matches)
			return true;
	}
	return false;
}

const struct policy_sender_group *
policy_flow_match(const struct policy_snapshot *snapshot, const struct policy_message *message,
    struct policy_trace *trace)
{
	const struct policy_sender_group *found = NULL;

	for (size_t i = 0; i < snapshot->group_count && !found; i++)
		if (group_matches(&snapshot->groups[i], message, trace))
			found = &snapshot->groups[i];
	explain_flow(trace, found);
	return found;
}
