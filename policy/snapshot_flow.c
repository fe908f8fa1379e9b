/* snapshot_flow.c - compile settings, flow policies and sender groups.  DESIGN sections 5 and 6.
 * What CHECKs and triggers guarantee is not checked again. */
#include "snapshot_build.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static enum smime_status
copy(char **out, const char *value)
{
	free(*out);
	*out = strdup(value);
	return *out ? SMIME_OK : SMIME_E_SYSTEM;
}

/* An empty authserv_id means the host's own name. */
static enum smime_status
set_authserv_id(struct policy_snapshot *s, const char *value)
{
	char host[256] = "localhost";

	if (*value)
		return copy(&s->authserv_id, value);
	(void)gethostname(host, sizeof host - 1);
	return copy(&s->authserv_id, host);
}

static enum smime_status
setting(struct policy_build *build, struct policy_stmt *row, void *arg)
{
	struct policy_snapshot *s = build->snapshot;
	const char *name = policy_column_text(row, 0), *value = policy_column_text(row, 1);

	(void)arg;
	if (strcmp(name, "authserv_id") == 0)
		return set_authserv_id(s, value);
	if (strcmp(name, "reinject_host") == 0)
		return copy(&s->reinject_host, value);
	if (strcmp(name, "postmaster") == 0)
		return copy(&s->postmaster, value);
	if (strcmp(name, "reinject_port") == 0)
		s->reinject_port = (int)strtol(value, NULL, 10);
	else if (strcmp(name, "harvest_capacity") == 0)
		s->harvest_limits.capacity = strtoull(value, NULL, 10);
	else if (strcmp(name, "harvest_per_address") == 0)
		s->harvest_limits.per_address = strtoll(value, NULL, 10);
	else if (strcmp(name, "harvest_per_domain") == 0)
		s->harvest_limits.per_domain = strtoll(value, NULL, 10);
	else if (strcmp(name, "harvest_pin") == 0)
		s->harvest_limits.pin = strcmp(value, "1") == 0;
	else if (strcmp(name, "weak_verifies") == 0)
		s->weak_verifies = strcmp(value, "1") == 0;
	else if (strcmp(name, "no_attributes_verifies") == 0)
		s->no_attributes_verifies = strcmp(value, "1") == 0;
	return SMIME_OK;
}

enum smime_status
policy_build_settings(struct policy_build *build)
{
	struct policy_snapshot *s = build->snapshot;

	SMIME_TRY(set_authserv_id(s, ""));
	SMIME_TRY(copy(&s->reinject_host, "127.0.0.1"));
	SMIME_TRY(copy(&s->postmaster, "postmaster"));
	return policy_each_row(build, POLICY_SQL_SETTINGS, NULL, setting, NULL);
}

static enum smime_status
flow(struct policy_build *build, struct policy_stmt *row, void *arg)
{
	struct policy_snapshot *s = build->snapshot;
	struct policy_flow *f = policy_array_grow(s->flows, s->flow_count, sizeof *f);

	(void)arg;
	if (!f)
		return SMIME_E_SYSTEM;
	s->flows = f;
	f += s->flow_count++;
	*f = (struct policy_flow){
		.name = strdup(policy_column_text(row, 0)),
		.direction = strcmp(policy_column_text(row, 1), "relay") == 0 ? POLICY_OUTGOING
									      : POLICY_INCOMING,
		.smime_open = policy_column_int(row, 2) != 0,
		.remove_signature = strcmp(policy_column_text(row, 3), "remove") == 0,
		.harvest = policy_column_int(row, 4) != 0,
		.harvest_on_failure = policy_column_int(row, 5) != 0,
		.harvest_updates = policy_column_int(row, 6) != 0,
	};
	return f->name ? SMIME_OK : SMIME_E_SYSTEM;
}

static enum smime_status
group(struct policy_build *build, struct policy_stmt *row, void *arg)
{
	struct policy_snapshot *s = build->snapshot;
	struct policy_sender_group *g = policy_array_grow(s->groups, s->group_count, sizeof *g);

	(void)arg;
	if (!g)
		return SMIME_E_SYSTEM;
	s->groups = g;
	g += s->group_count++;
	*g = (struct policy_sender_group){ .name = strdup(policy_column_text(row, 0)) };
	for (size_t i = 0; i < s->flow_count; i++)
		if (strcmp(s->flows[i].name, policy_column_text(row, 1)) == 0)
			g->flow = &s->flows[i];
	if (!g->name)
		return SMIME_E_SYSTEM;
	if (!g->flow) /* foreign keys were off when the row was written */
		return policy_problem_add(
		    build, "sender_group", g->name, true, "its mail_flow_policy does not exist");
	return SMIME_OK;
}

static bool
read_kind(const char *kind, enum policy_member_kind *out)
{
	static const char *const names[] = {
		[POLICY_MEMBER_NETWORK] = "network",
		[POLICY_MEMBER_HOST] = "host",
		[POLICY_MEMBER_LISTENER] = "listener",
		[POLICY_MEMBER_AUTHENTICATED] = "authenticated",
		[POLICY_MEMBER_ALL] = "all",
	};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(names[i], kind) == 0) {
			*out = (enum policy_member_kind)i;
			return true;
		}
	return false;
}

/* Ranges from-to are for rules. */
static bool
is_network(const char *value, struct policy_ip_range *out)
{
	return !strchr(value, '-') && policy_ip_range_parse(value, out);
}

static enum smime_status
add_member(struct policy_build *build, struct policy_sender_group *g, struct policy_stmt *row)
{
	struct policy_group_member *m = policy_array_grow(g->members, g->member_count, sizeof *m);
	const char *value = policy_column_text(row, 2);
	char reason[300];

	if (!m)
		return SMIME_E_SYSTEM;
	g->members = m;
	m += g->member_count++;
	*m = (struct policy_group_member){ .value = strdup(value) };
	if (!m->value)
		return SMIME_E_SYSTEM;
	if (!read_kind(policy_column_text(row, 1), &m->kind))
		return policy_problem_add(
		    build, "sender_group_member", g->name, true, "its kind is unknown");
	if (m->kind != POLICY_MEMBER_NETWORK || is_network(value, &m->network))
		return SMIME_OK;
	(void)snprintf(reason, sizeof reason,
	    "\"%.200s\" is no network: write 192.0.2.0/24, 192.0.2.1 or 2001:db8::/32", value);
	return policy_problem_add(build, "sender_group_member", g->name, true, reason);
}

static enum smime_status
member(struct policy_build *build, struct policy_stmt *row, void *arg)
{
	struct policy_snapshot *s = build->snapshot;

	(void)arg;
	for (size_t i = 0; i < s->group_count; i++)
		if (strcmp(s->groups[i].name, policy_column_text(row, 0)) == 0)
			return add_member(build, &s->groups[i], row);
	return SMIME_OK;
}

enum smime_status
policy_build_flows(struct policy_build *build)
{
	SMIME_TRY(policy_each_row(build, POLICY_SQL_FLOWS, NULL, flow, NULL));
	SMIME_TRY(policy_each_row(build, POLICY_SQL_GROUPS, NULL, group, NULL));
	return policy_each_row(build, POLICY_SQL_GROUP_MEMBERS, NULL, member, NULL);
}
