/* cmd_certificate.c - own certificates: create, request, export, list, delete.  DESIGN section 6,
 * certificate requirements. */
#include "own.h"

#include "policy/private_key.h"
#include "smime/cert_make.h"
#include <stdlib.h>
#include <time.h>

/* ---- create ---- */

static enum smime_status
read_days(struct ctl *ctl, const char *text, unsigned *out)
{
	char *end = NULL;
	unsigned long days = text ? strtoul(text, &end, 10) : 730;

	if (text && (*end || end == text || days < 1 || days > 36500))
		return smime_fail(&ctl->diag, SMIME_E_SYNTAX, "days",
		    "--days %s is not a number from 1 to 36500", text);
	*out = (unsigned)days;
	return SMIME_OK;
}

static enum smime_status
read_digest(struct ctl *ctl, const char *name, const struct smime_alg **out)
{
	*out = name ? smime_alg_by_name(smime_digests, name) : NULL;
	if (name && (!*out || !((*out)->use & SMIME_ALG_SEND)))
		return smime_fail(&ctl->diag, SMIME_E_SYNTAX, "digest",
		    "--digest %s is not sha256, sha384 or sha512", name);
	return SMIME_OK;
}

static enum smime_status
read_signature(struct ctl *ctl, const char *name, bool *pss)
{
	*pss = name && strcmp(name, "rsa-pss") == 0;
	if (name && !*pss && strcmp(name, "auto") != 0)
		return smime_fail(&ctl->diag, SMIME_E_SYNTAX, "signature",
		    "--signature %s is neither auto nor rsa-pss", name);
	return SMIME_OK;
}

static enum smime_status
read_use(struct ctl *ctl, const char *name, enum smime_cert_use *out)
{
	static const char *const names[] = { [SMIME_USE_BOTH] = "both",
		[SMIME_USE_SIGN] = "sign",
		[SMIME_USE_ENCRYPT] = "encrypt" };

	*out = SMIME_USE_BOTH;
	for (size_t i = 0; name && i < sizeof names / sizeof *names; i++)
		if (strcmp(name, names[i]) == 0) {
			*out = (enum smime_cert_use)i;
			return SMIME_OK;
		}
	return name ? smime_fail(&ctl->diag, SMIME_E_SYNTAX, "use",
			  "--use %s is not sign, encrypt or both", name)
		    : SMIME_OK;
}

static enum smime_status
read_spec(struct ctl *ctl, const struct ctl_args *args, struct smime_cert_spec *out)
{
	*out = (struct smime_cert_spec){
		.common_name = ctl_get(args, "cn"),
		.organization = ctl_get(args, "o"),
		.organizational_unit = ctl_get(args, "ou"),
		.locality = ctl_get(args, "l"),
		.state = ctl_get(args, "st"),
		.country = ctl_get(args, "c"),
		.key = ctl_get(args, "key") ? ctl_get(args, "key") : "rsa-3072",
		.now = time(NULL),
	};
	SMIME_TRY(read_days(ctl, ctl_get(args, "days"), &out->days));
	SMIME_TRY(read_digest(ctl, ctl_get(args, "digest"), &out->digest));
	SMIME_TRY(read_signature(ctl, ctl_get(args, "signature"), &out->pss));
	return read_use(ctl, ctl_get(args, "use"), &out->use);
}

static enum smime_status
create(struct ctl *ctl, const struct ctl_args *args, struct ctl_own *own)
{
	struct smime_cert_spec spec;
	const char **domains, **mailboxes, **usages;
	enum smime_status status;

	SMIME_TRY(read_spec(ctl, args, &spec));
	SMIME_TRY(ctl_need_passphrase(ctl));
	spec.domains = domains = ctl_all(args, "domain", &spec.domain_count);
	spec.mailboxes = mailboxes = ctl_all(args, "mailbox", &spec.mailbox_count);
	spec.key_usages = usages = ctl_all(args, "key-usage", &spec.key_usage_count);
	if (spec.key_usage_count > 0 && ctl_get(args, "use"))
		status = smime_fail(&ctl->diag, SMIME_E_SYNTAX, "use",
		    "--use and --key-usage say the same: give one of them");
	else if (!spec.common_name)
		status = smime_fail(&ctl->diag, SMIME_E_SYNTAX, "names",
		    "a certificate needs a common name: give --cn, as in --cn gateway.example.com");
	else if (spec.domain_count + spec.mailbox_count == 0)
		status = smime_fail(&ctl->diag, SMIME_E_SYNTAX, "names",
		    "a certificate that names nobody signs for nobody: give --domain or --mailbox");
	else
		status = smime_cert_make(
		    &spec, (const char *)ctl->passphrase.data, &own->cert, &own->key, &ctl->diag);
	free(domains);
	free(mailboxes);
	free(usages);
	own->require_fqdn = ctl_get(args, "require-fqdn");
	return status == SMIME_OK ? ctl_own_store(ctl, args->positional[0], own) : status;
}

int
ctl_certificate_create(struct ctl *ctl, const struct ctl_args *args)
{
	CTL_AUTO_OWN own = { .key.secret = true };
	enum smime_status status = create(ctl, args, &own);

	return status == SMIME_OK ? ctl_own_told(args->positional[0], &own) : ctl_fail(ctl, status);
}

/* ---- request ---- */

static enum smime_status
request(struct ctl *ctl, const struct ctl_args *args, struct smime_buf *out, bool *found)
{
	CTL_AUTO_OWN own = { .key.secret = true };
	SMIME_AUTO(smime_privkey) key = NULL;
	const struct smime_alg *digest;

	SMIME_TRY(read_digest(ctl, ctl_get(args, "digest"), &digest));
	SMIME_TRY(ctl_own_load(ctl, args->positional[0], &own, found));
	if (!*found)
		return SMIME_OK;
	SMIME_TRY(ctl_passphrase(ctl));
	SMIME_TRY(policy_private_key_open(
	    (const char *)own.key.data, (const char *)ctl->passphrase.data, &key, &ctl->diag));
	SMIME_TRY(smime_cert_request(own.cert, key, digest, out, &ctl->diag));
	return smime_buf_terminate(out);
}

int
ctl_certificate_csr(struct ctl *ctl, const struct ctl_args *args)
{
	SMIME_AUTO_BUF pem = { 0 };
	bool found = false;
	enum smime_status status = request(ctl, args, &pem, &found);

	if (status != SMIME_OK)
		return ctl_fail(ctl, status);
	if (!found)
		return ctl_missing("certificate", args->positional[0]);
	(void)fputs((const char *)pem.data, stdout);
	return EX_OK;
}

/* ---- export, list, delete ---- */

struct export
{
	bool with_key, found;
};

static enum smime_status
print_row(struct ctl *ctl, struct policy_stmt *row, void *arg)
{
	struct export *export = arg;

	(void)ctl;
	export->found = true;
	(void)fputs(policy_column_text(row, 0), stdout);
	(void)fputs(policy_column_text(row, 1), stdout);
	if (export->with_key)
		(void)fputs(policy_column_text(row, 2), stdout);
	return SMIME_OK;
}

int
ctl_certificate_export(struct ctl *ctl, const struct ctl_args *args)
{
	struct export export = { .with_key = ctl_get(args, "with-key") };
	enum smime_status status =
	    ctl_each(ctl, POLICY_SQL_CERTIFICATE_GET, args->positional[0], print_row, &export);

	if (status != SMIME_OK)
		return ctl_fail(ctl, status);
	return export.found ? EX_OK : ctl_missing("certificate", args->positional[0]);
}

int
ctl_certificate_list(struct ctl *ctl, const struct ctl_args *args)
{
	(void)args;
	return ctl_list_certificates(ctl, POLICY_SQL_CERTIFICATES, NULL);
}

int
ctl_certificate_delete(struct ctl *ctl, const struct ctl_args *args)
{
	return ctl_change_row(ctl, POLICY_SQL_CERTIFICATE_DELETE, "certificate", args);
}
