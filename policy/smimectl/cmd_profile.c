/* cmd_profile.c - sending profiles: listing them, and taking them from one database to another.
 * SQLite reads and writes the JSON; what does not fit the table is refused by its own sentences.
 * All profiles of a file are imported, or none. */
#include "ctl.h"

static enum smime_status
print_profile(struct ctl *ctl, struct policy_stmt *row, void *arg)
{
	(void)ctl;
	(void)arg;
	ctl_print_text(policy_column_text(row, 0));
	(void)printf("  %s  %s  missing key: %s", policy_column_text(row, 1),
	    policy_column_text(row, 3), policy_column_text(row, 4));
	if (*policy_column_text(row, 2)) {
		(void)fputs("  signs with: ", stdout);
		ctl_print_text(policy_column_text(row, 2));
	}
	(void)putchar('\n');
	return SMIME_OK;
}

int
ctl_profile_list(struct ctl *ctl, const struct ctl_args *args)
{
	enum smime_status status =
	    ctl_each(ctl, POLICY_SQL_PROFILE_LIST, NULL, print_profile, NULL);

	(void)args;
	return status == SMIME_OK ? EX_OK : ctl_fail(ctl, status);
}

/* One profile a line, so that files compare well. JSON escapes what a terminal would obey. */
static enum smime_status
print_json(struct ctl *ctl, struct policy_stmt *row, void *arg)
{
	size_t *count = arg;

	(void)ctl;
	(void)printf("%s%s", *count > 0 ? ",\n" : "[\n", policy_column_text(row, 0));
	(*count)++;
	return SMIME_OK;
}

int
ctl_profile_export(struct ctl *ctl, const struct ctl_args *args)
{
	const char *name = args->count > 0 ? args->positional[0] : NULL;
	size_t count = 0;
	enum smime_status status =
	    ctl_each(ctl, POLICY_SQL_PROFILE_EXPORT, name, print_json, &count);

	if (status != SMIME_OK)
		return ctl_fail(ctl, status);
	if (name && count == 0)
		return ctl_missing("sending_profile", name);
	(void)fputs(count > 0 ? "\n]\n" : "[]\n", stdout);
	return EX_OK;
}

/* A sentence about what SQLite would misunderstand; none: it is well formed. */
static enum smime_status
refuse(struct ctl *ctl, struct policy_stmt *row, void *arg)
{
	const char *sentence = policy_column_text(row, 0);

	return *sentence ? smime_fail(&ctl->diag, SMIME_E_SYNTAX, NULL, "%s %s", (const char *)arg,
			       sentence)
			 : SMIME_OK;
}

int
ctl_profile_import(struct ctl *ctl, const struct ctl_args *args)
{
	char *path = args->positional[0];
	SMIME_AUTO_BUF json = { 0 };
	int64_t changed = 0;
	enum smime_status status = ctl_read_file(ctl, path, &json);
	const char *text = (const char *)json.data;

	if (status == SMIME_OK && memchr(text, 0, json.len))
		status = smime_fail(&ctl->diag, SMIME_E_SYNTAX, NULL, "%s holds a NUL", path);
	if (status == SMIME_OK)
		status = ctl_each(ctl, POLICY_SQL_PROFILE_WRONG, text, refuse, path);
	if (status == SMIME_OK && !ctl_get(args, "replace"))
		status = ctl_each(ctl, POLICY_SQL_PROFILE_THERE, text, refuse, path);
	if (status == SMIME_OK)
		status = ctl_change(ctl,
		    ctl_get(args, "replace") ? POLICY_SQL_PROFILE_REPLACE
					     : POLICY_SQL_PROFILE_IMPORT,
		    &text, 1, &changed);
	if (status != SMIME_OK)
		return ctl_fail(ctl, status);
	(void)printf("sending_profile: %lld imported\n", (long long)changed);
	return EX_OK;
}
