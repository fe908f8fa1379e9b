/* cmd_check_mta.c - check-mta: is Postfix configured so that nothing leaves past the gateway? The
 * rules are in mta_check.c; here is what the policy says about the MTA. */
#include "ctl.h"

#include "mta_check.h"
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

/* Sender groups tell listeners by the name that each gives. */
static enum smime_status
check_listener_name(struct ctl *ctl, struct policy_stmt *row, void *arg)
{
	const struct mta_postfix *p = arg;
	const char *name = policy_column_text(row, 2);

	(void)ctl;
	if (strcmp(policy_column_text(row, 1), "listener") != 0)
		return SMIME_OK;
	if (strcmp(mta_get(p, NULL, "milter_macro_daemon_name"), name) == 0)
		return SMIME_OK;
	for (size_t i = 0; i < p->service_count; i++)
		if (strcmp(mta_get(p, &p->services[i], "milter_macro_daemon_name"), name) == 0)
			return SMIME_OK;
	ctl_say("note: sender_group \"%s\": no listener has milter_macro_daemon_name=%s\n",
	    policy_column_text(row, 0), name);
	return SMIME_OK;
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
	status = ctl_each(ctl, POLICY_SQL_GROUP_MEMBERS, NULL, check_listener_name, &postfix);
	if (status != SMIME_OK)
		return ctl_fail(ctl, status);
	if (check.problems > 0)
		return EX_CONFIG;
	ctl_say("%s: ok\n", mta_get(&postfix, NULL, "config_directory"));
	return EX_OK;
}
