/* cmd_harvested.c - the harvest cache: list, export, approve, promote, delete. Keys are named by
 * their fingerprint: that of another certificate is never meant by mistake. */
#include "ctl.h"

int
ctl_harvested_list(struct ctl *ctl, const struct ctl_args *args)
{
	return ctl_list_certificates(
	    ctl, POLICY_SQL_HARVESTED_LIST, args->count > 0 ? args->positional[0] : NULL);
}

int
ctl_harvested_export(struct ctl *ctl, const struct ctl_args *args)
{
	return ctl_export(ctl, POLICY_SQL_HARVESTED_GET, "harvested_key", args->positional[0], 0);
}

/* Usable from now on, instead of the one that was. */
int
ctl_harvested_approve(struct ctl *ctl, const struct ctl_args *args)
{
	return ctl_change_row(ctl, POLICY_SQL_HARVESTED_APPROVE, "harvested_key", args);
}

/* Into public_key: it encrypts before all others, and what it signs is trusted. */
int
ctl_harvested_promote(struct ctl *ctl, const struct ctl_args *args)
{
	const char *texts[] = { args->positional[0], ctl_get(args, "name") };
	int64_t changed = 0;
	enum smime_status status =
	    ctl_change(ctl, POLICY_SQL_HARVESTED_PROMOTE, texts, 2, &changed);

	if (status != SMIME_OK)
		return ctl_fail(ctl, status);
	return changed > 0 ? EX_OK : ctl_missing("harvested_key", texts[0]);
}

int
ctl_harvested_delete(struct ctl *ctl, const struct ctl_args *args)
{
	return ctl_change_row(ctl, POLICY_SQL_HARVESTED_DELETE, "harvested_key", args);
}
