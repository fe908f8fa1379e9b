/* cmd_public_key.c - other parties' certificates: add, export, list, search, delete. */
#include "adding.h"

#include "policy/keystore.h"
#include <stdlib.h>
#include <time.h>

#define NOTES_MOST 10

/* How many cannot be encrypted to; so many of them are told. */
struct unusable {
	size_t count, most;
};

static enum smime_status
why_unusable(const struct smime_cert *cert, struct smime_diag *why)
{
	SMIME_TRY(smime_cert_may_encrypt(cert, time(NULL), why));
	if (smime_cert_mailbox_count(cert) + smime_cert_domain_count(cert) > 0)
		return SMIME_OK;
	return smime_fail(
	    why, SMIME_E_NOKEY, "names", "it names no mailbox and no domain (subjectAltName)");
}

/* Told, not refused: it may be for verifying only, or for later. */
static enum smime_status
check(struct ctl *ctl, const struct smime_cert *cert, const char *row, void *arg)
{
	struct unusable *unusable = arg;
	struct smime_diag why = { 0 };

	(void)ctl;
	if (why_unusable(cert, &why) != SMIME_OK &&
	    (!unusable || ++unusable->count <= unusable->most))
		(void)ctl_error(
		    EX_OK, "note: public_key \"%s\" cannot be encrypted to: %s", row, why.text);
	return SMIME_OK;
}

struct ctl_adding
ctl_public_keys(const char *name)
{
	return (struct ctl_adding){ .table = "public_key",
		.list = POLICY_SQL_PUBLIC_KEYS,
		.add = POLICY_SQL_PUBLIC_KEY_ADD,
		.name = name,
		.check = check,
		.row_name = ctl_row_name };
}

int
ctl_public_key_add(struct ctl *ctl, const struct ctl_args *args)
{
	const struct ctl_adding adding = ctl_public_keys(ctl_get(args, "name"));

	return ctl_add_certificates(ctl, args->positional[0], &adding);
}

/* For files with many: how many, and how far it is. */
int
ctl_public_key_import(struct ctl *ctl, const struct ctl_args *args)
{
	struct unusable unusable = { .most = NOTES_MOST };
	struct ctl_adding adding = ctl_public_keys(NULL);
	int code;

	adding.summary = true;
	adding.arg = &unusable;
	code = ctl_add_certificates(ctl, args->positional[0], &adding);
	if (unusable.count > unusable.most)
		(void)ctl_error(EX_OK,
		    "note: %zu of them cannot be encrypted to; %zu are told above", unusable.count,
		    unusable.most);
	return code;
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
	struct ctl_filter filter;
	int code = ctl_filter_read(args, &filter);

	return code == EX_OK ? ctl_list_filtered(ctl, POLICY_SQL_PUBLIC_KEYS, NULL, &filter) : code;
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
