/* cmd_check_mta.c - check-mta: is Postfix configured so that nothing leaves past the gateway? The
 * rules are in mta_check.c; here is what the policy says about the MTA. */
#include "ctl.h"

#include "mta_check.h"
#include "policy/rule.h"
#include <stdlib.h>

#define SOCKET "unix:/run/smime-milter/smime-milter.sock"

struct settings {
	char host[256];
	int port;
};

static enum smime_status
take_setting(struct ctl *ctl, struct policy_stmt *row, void *arg)
{
	struct settings *settings = arg;
	const char *name = policy_column_text(row, 0), *value = policy_column_text(row, 1);

	(void)ctl;
	if (strcmp(name, "reinject_host") == 0)
		(void)snprintf(settings->host, sizeof settings->host, "%s", value);
	if (strcmp(name, "reinject_port") == 0)
		settings->port = (int)strtol(value, NULL, 10);
	return SMIME_OK;
}

static bool
is_listener(const struct mta_postfix *p, const char *name)
{
	static const char macro[] = "milter_macro_daemon_name";
	bool found = strcmp(mta_get(p, NULL, macro), name) == 0;

	for (size_t i = 0; i < p->service_count && !found; i++)
		found = strcmp(mta_get(p, &p->services[i], macro), name) == 0;
	return found;
}

/* What names a listener by what its {daemon_name} is. */
struct naming {
	const struct mta_postfix *postfix;
	const char *table, *row;
};

static void
check_listener_name(const struct naming *naming, const char *name)
{
	if (!is_listener(naming->postfix, name))
		ctl_say("note: %s \"%s\": no listener has milter_macro_daemon_name=%s\n",
		    naming->table, naming->row, name);
}

static enum smime_status
check_member(struct ctl *ctl, struct policy_stmt *row, void *arg)
{
	const struct naming naming = { arg, "sender_group", policy_column_text(row, 0) };

	(void)ctl;
	if (strcmp(policy_column_text(row, 1), "listener") == 0)
		check_listener_name(&naming, policy_column_text(row, 2));
	return SMIME_OK;
}

static void
check_reference(void *naming, const struct policy_reference *reference)
{
	if (reference->kind == POLICY_REFERS_LISTENER)
		check_listener_name(naming, reference->name);
}

/* What does not parse is `check`'s to tell. */
static enum smime_status
check_script(struct ctl *ctl, struct policy_stmt *row, void *arg)
{
	struct naming naming = { arg, "message_filter", policy_column_text(row, 0) };
	SMIME_AUTO(policy_script) script = NULL;
	struct policy_error unused = { 0 };
	enum smime_status status =
	    policy_script_parse(policy_column_text(row, 1), &script, &unused);

	(void)ctl;
	if (status == SMIME_OK && script)
		policy_script_each_reference(script, check_reference, &naming);
	return status == SMIME_E_SYSTEM ? status : SMIME_OK;
}

static enum smime_status
check_condition(struct ctl *ctl, struct policy_stmt *row, void *arg)
{
	struct naming naming = { arg, "content_filter", policy_column_text(row, 0) };
	SMIME_AUTO(policy_rule) rule = NULL;
	struct policy_error unused = { 0 };
	enum smime_status status = policy_rule_parse(policy_column_text(row, 1), &rule, &unused);

	(void)ctl;
	if (status == SMIME_OK)
		policy_rule_each_reference(rule, check_reference, &naming);
	return status == SMIME_E_SYSTEM ? status : SMIME_OK;
}

/* Names that no listener gives match nothing, and nobody sees it. */
static enum smime_status
check_listener_names(struct ctl *ctl, struct mta_postfix *postfix)
{
	SMIME_TRY(ctl_each(ctl, POLICY_SQL_GROUP_MEMBERS, NULL, check_member, postfix));
	SMIME_TRY(ctl_each(ctl, POLICY_SQL_MESSAGE_FILTERS, NULL, check_script, postfix));
	return ctl_each(ctl, POLICY_SQL_CONTENT_FILTERS, NULL, check_condition, postfix);
}

static bool
parse_limit(const char *text, int64_t *out)
{
	char *end = NULL;

	*out = 0;
	if (!text)
		return true;
	*out = strtoll(text, &end, 10);
	return *text && *end == 0 && *out > 0;
}

int
ctl_check_mta(struct ctl *ctl, const struct ctl_args *args)
{
	MTA_AUTO_POSTFIX postfix = { 0 };
	struct settings settings = { 0 };
	const char *dir = args->count > 0 ? args->positional[0] : NULL;
	const char *socket = ctl_get(args, "socket");
	struct mta_check check = { .postfix = &postfix, .socket = socket ? socket : SOCKET };
	enum smime_status status;

	if (!parse_limit(ctl_get(args, "next-hop-limit"), &check.next_hop_limit))
		return ctl_error(EX_USAGE, "--next-hop-limit needs a number of octets");
	status = ctl_each(ctl, POLICY_SQL_SETTINGS, NULL, take_setting, &settings);
	if (status == SMIME_OK)
		status = mta_postfix_read(ctl, dir, &postfix);
	if (status != SMIME_OK)
		return ctl_fail(ctl, status);
	check.reinject_host = settings.host;
	check.reinject_port = settings.port;
	mta_check(&check);
	status = check_listener_names(ctl, &postfix);
	if (status != SMIME_OK)
		return ctl_fail(ctl, status);
	if (check.problems > 0)
		return EX_CONFIG;
	ctl_say("%s: ok\n", mta_get(&postfix, NULL, "config_directory"));
	return EX_OK;
}
