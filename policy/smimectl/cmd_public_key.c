/* cmd_public_key.c - other parties' certificates: add, export, list, search, delete. */
#include "adding.h"

#include "policy/keystore.h"
#include <stdlib.h>
#include <time.h>

/* Told, not refused: it may be for verifying only, or for later. */
static enum smime_status
check(struct ctl *ctl, const struct smime_cert *cert, const char *row)
{
	struct smime_diag why = { 0 };

	(void)ctl;
	if (smime_cert_may_encrypt(cert, time(NULL), &why) != SMIME_OK)
		(void)ctl_error(
		    EX_OK, "note: public_key \"%s\" cannot be encrypted to: %s", row, why.text);
	else if (smime_cert_mailbox_count(cert) + smime_cert_domain_count(cert) == 0)
		(void)ctl_error(EX_OK,
		    "note: public_key \"%s\" names no mailbox and no domain (subjectAltName): "
		    "nobody is encrypted to with it",
		    row);
	return SMIME_OK;
}

int
ctl_public_key_add(struct ctl *ctl, const struct ctl_args *args)
{
	const struct ctl_adding adding = { .table = "public_key",
		.list = POLICY_SQL_PUBLIC_KEYS,
		.add = POLICY_SQL_PUBLIC_KEY_ADD,
		.name = ctl_get(args, "name"),
		.check = check,
		.row_name = ctl_row_name };

	return ctl_add_certificates(ctl, args->positional[0], &adding);
}

/* For files with many: how many, and how far it is. */
int
ctl_public_key_import(struct ctl *ctl, const struct ctl_args *args)
{
	const struct ctl_adding adding = { .table = "public_key",
		.list = POLICY_SQL_PUBLIC_KEYS,
		.add = POLICY_SQL_PUBLIC_KEY_ADD,
		.summary = true,
		.check = check,
		.row_name = ctl_row_name };

	return ctl_add_certificates(ctl, args->positional[0], &adding);
}

static enum smime_status
print_named(struct ctl *ctl, struct policy_stmt *row, void *arg)
{
	const char *name = policy_column_text(row, 0), *pem = policy_column_text(row, 1);
	size_t len = strlen(pem);

	(void)ctl;
	(void)arg;
	/* A name of several lines would end the comment: import then makes one. */
	if (!strpbrk(name, "\r\n"))
		(void)printf("# name: %s\n", name);
	(void)fputs(pem, stdout);
	if (len > 0 && pem[len - 1] != '\n')
		(void)putchar('\n');
	return SMIME_OK;
}

/* One by name, or all, so that import makes the same rows of them. */
int
ctl_public_key_export(struct ctl *ctl, const struct ctl_args *args)
{
	enum smime_status status;

	if (args->count > 0)
		return ctl_export(
		    ctl, POLICY_SQL_PUBLIC_KEY_GET, "public_key", args->positional[0], 0);
	status = ctl_each(ctl, POLICY_SQL_PUBLIC_KEYS, NULL, print_named, NULL);
	return status == SMIME_OK ? EX_OK : ctl_fail(ctl, status);
}

int
ctl_public_key_list(struct ctl *ctl, const struct ctl_args *args)
{
	const char *days = ctl_get(args, "expires-within");
	struct ctl_filter filter = { .text = args->count > 0 ? args->positional[0] : NULL,
		.address = ctl_get(args, "address"),
		.domain = ctl_get(args, "domain"),
		.subject = ctl_get(args, "subject"),
		.ends_before = INT64_MAX };
	char *end = NULL;

	if (days) {
		filter.ends_before = time(NULL) + (int64_t)strtoul(days, &end, 10) * 86400;
		if (end == days || *end || strlen(days) > 5)
			return ctl_error(
			    EX_USAGE, "--expires-within %s is not a number of days", days);
	}
	return ctl_list_filtered(ctl, POLICY_SQL_PUBLIC_KEYS, &filter);
}

/* What the daemon would encrypt to, by the daemon's own code. */
int
ctl_public_key_search(struct ctl *ctl, const struct ctl_args *args)
{
	SMIME_AUTO(policy_store) store = NULL;
	SMIME_AUTO(policy_snapshot) snapshot = NULL;
	struct smime_certs certs = { 0 };
	enum smime_status status = ctl_snapshot(ctl, &store, &snapshot);
	char until[16];

	if (status == SMIME_OK)
		status = policy_keystore_find(
		    snapshot->keystore, args->positional[0], time(NULL), &certs, &ctl->diag);
	for (size_t i = 0; i < certs.count; i++)
		ctl_say("%s  until %s  %s  %s\n", smime_cert_fingerprint_hex(certs.item[i]),
		    ctl_date(smime_cert_not_after(certs.item[i]), until),
		    smime_cert_key_name(certs.item[i]), smime_cert_subject(certs.item[i]));
	smime_certs_reset(&certs);
	return status == SMIME_OK ? EX_OK : ctl_fail(ctl, status);
}

int
ctl_public_key_delete(struct ctl *ctl, const struct ctl_args *args)
{
	return ctl_change_row(ctl, POLICY_SQL_PUBLIC_KEY_DELETE, "public_key", args);
}
