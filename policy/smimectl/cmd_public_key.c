/* cmd_public_key.c - other parties' certificates: add, export, list, search, delete. */
#include "ctl.h"

#include "policy/keystore.h"
#include <time.h>

static enum smime_status
add(struct ctl *ctl, const struct smime_cert *cert, const char *given)
{
	SMIME_AUTO_BUF name = { 0 };
	SMIME_AUTO_BUF pem = { 0 };
	int64_t changed;

	SMIME_TRY(
	    given ? smime_buf_append(&name, given, strlen(given) + 1) : ctl_row_name(cert, &name));
	SMIME_TRY(smime_cert_pem(cert, &pem));
	SMIME_TRY(smime_buf_terminate(&pem));
	SMIME_TRY(ctl_change(ctl, POLICY_SQL_PUBLIC_KEY_ADD,
	    (const char *[]){ (const char *)name.data, (const char *)pem.data }, 2, &changed));
	(void)printf(
	    "public_key \"%s\": %s\n", (const char *)name.data, smime_cert_fingerprint_hex(cert));
	return SMIME_OK;
}

int
ctl_public_key_add(struct ctl *ctl, const struct ctl_args *args)
{
	struct smime_certs certs = { 0 };
	const char *name = args->given_count ? ctl_get(args, "name") : NULL;
	enum smime_status status = ctl_read_certificates(ctl, args->positional[0], &certs);
	struct smime_diag why = { 0 };

	if (status == SMIME_OK && name && certs.count > 1)
		status = smime_fail(&ctl->diag, SMIME_E_SYNTAX, NULL,
		    "%s holds %zu certificates: --name is for one", args->positional[0],
		    certs.count);
	for (size_t i = 0; status == SMIME_OK && i < certs.count; i++) {
		/* Told, not refused: it may be for verifying only, or for later. */
		if (smime_cert_may_encrypt(certs.item[i], time(NULL), &why) != SMIME_OK)
			(void)ctl_error(EX_OK, "note: it cannot be encrypted to: %s", why.text);
		status = add(ctl, certs.item[i], name);
	}
	smime_certs_reset(&certs);
	return status == SMIME_OK ? EX_OK : ctl_fail(ctl, status);
}

/* One by name, or all. */
int
ctl_public_key_export(struct ctl *ctl, const struct ctl_args *args)
{
	if (args->count > 0)
		return ctl_export(
		    ctl, POLICY_SQL_PUBLIC_KEY_GET, "public_key", args->positional[0], 0);
	return ctl_export(ctl, POLICY_SQL_PUBLIC_KEYS, "public_key", NULL, 1);
}

int
ctl_public_key_list(struct ctl *ctl, const struct ctl_args *args)
{
	return ctl_list_certificates(
	    ctl, POLICY_SQL_PUBLIC_KEYS, args->count > 0 ? args->positional[0] : NULL);
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
	for (size_t i = 0; i < certs.count; i++) {
		(void)printf("%s  until %s  %s  ", smime_cert_fingerprint_hex(certs.item[i]),
		    ctl_date(smime_cert_not_after(certs.item[i]), until),
		    smime_cert_key_name(certs.item[i]));
		ctl_print_text(smime_cert_subject(certs.item[i]));
		(void)putchar('\n');
	}
	smime_certs_reset(&certs);
	return status == SMIME_OK ? EX_OK : ctl_fail(ctl, status);
}

int
ctl_public_key_delete(struct ctl *ctl, const struct ctl_args *args)
{
	return ctl_change_row(ctl, POLICY_SQL_PUBLIC_KEY_DELETE, "public_key", args);
}
