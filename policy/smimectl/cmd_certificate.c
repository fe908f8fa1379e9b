/* cmd_certificate.c - own certificates: create, import, export, list, delete.  DESIGN section 6,
 * certificate requirements. A private key is stored encrypted or not at all. */
#include "ctl.h"

#include "policy/passphrase.h"
#include "smime/cert_make.h"
#include <stdlib.h>
#include <time.h>

/* ---- storing ---- */

struct own {
	struct smime_cert *cert;
	struct smime_certs chain;
	struct smime_buf key; /* PKCS#8 PEM */
};

static void
own_reset(struct own *own)
{
	smime_cert_free(&own->cert);
	smime_certs_reset(&own->chain);
	smime_buf_reset(&own->key);
}
#define AUTO_OWN __attribute__((cleanup(own_reset))) struct own

static enum smime_status
store(struct ctl *ctl, const char *name, struct own *own)
{
	SMIME_AUTO_BUF pem = { 0 };
	SMIME_AUTO_BUF chain = { 0 };
	int64_t changed;

	SMIME_TRY(smime_cert_pem(own->cert, &pem));
	for (size_t i = 0; i < own->chain.count; i++)
		SMIME_TRY(smime_cert_pem(own->chain.item[i], &chain));
	SMIME_TRY(smime_buf_terminate(&pem));
	SMIME_TRY(smime_buf_terminate(&chain));
	SMIME_TRY(smime_buf_terminate(&own->key));
	return ctl_change(ctl, POLICY_SQL_CERTIFICATE_ADD,
	    (const char *[]){ name, (const char *)pem.data, (const char *)chain.data,
		(const char *)own->key.data, "0" },
	    5, &changed);
}

/* Keys are never stored in clear. */
static enum smime_status
need_passphrase(struct ctl *ctl)
{
	SMIME_TRY(ctl_passphrase(ctl));
	if (ctl->passphrase.len > 0)
		return SMIME_OK;
	return smime_fail(&ctl->diag, SMIME_E_NOKEY, "passphrase",
	    "no passphrase to keep the private key under: put one into %s.passphrase (mode 0600), "
	    "or "
	    "name its file with -k",
	    ctl->database);
}

static int
stored(struct ctl *ctl, const char *name, const struct own *own)
{
	char until[16];

	(void)ctl;
	(void)printf("certificate \"%s\": %s, valid until %s, fingerprint %s\n", name,
	    smime_cert_key_name(own->cert), ctl_date(smime_cert_not_after(own->cert), until),
	    smime_cert_fingerprint_hex(own->cert));
	return EX_OK;
}

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
create(struct ctl *ctl, const struct ctl_args *args, struct own *own)
{
	struct smime_cert_spec spec = {
		.common_name = ctl_get(args, "cn"),
		.organization = ctl_get(args, "o"),
		.organizational_unit = ctl_get(args, "ou"),
		.locality = ctl_get(args, "l"),
		.state = ctl_get(args, "st"),
		.country = ctl_get(args, "c"),
		.key = ctl_get(args, "key"),
		.now = time(NULL),
	};
	const char **domains, **mailboxes;
	enum smime_status status;

	if (!spec.key)
		spec.key = "rsa-3072";
	SMIME_TRY(read_days(ctl, ctl_get(args, "days"), &spec.days));
	SMIME_TRY(read_digest(ctl, ctl_get(args, "digest"), &spec.digest));
	SMIME_TRY(need_passphrase(ctl));
	spec.domains = domains = ctl_all(args, "domain", &spec.domain_count);
	spec.mailboxes = mailboxes = ctl_all(args, "mailbox", &spec.mailbox_count);
	if (spec.domain_count + spec.mailbox_count == 0)
		status = smime_fail(&ctl->diag, SMIME_E_SYNTAX, "names",
		    "a certificate that names nobody signs for nobody: give --domain or --mailbox");
	else
		status = smime_cert_make(
		    &spec, (const char *)ctl->passphrase.data, &own->cert, &own->key, &ctl->diag);
	free(domains);
	free(mailboxes);
	return status == SMIME_OK ? store(ctl, args->positional[0], own) : status;
}

int
ctl_certificate_create(struct ctl *ctl, const struct ctl_args *args)
{
	AUTO_OWN own = { .key.secret = true };
	enum smime_status status = create(ctl, args, &own);

	return status == SMIME_OK ? stored(ctl, args->positional[0], &own) : ctl_fail(ctl, status);
}

/* ---- import ---- */

static enum smime_status
read_secret(struct ctl *ctl, const char *path, struct smime_buf *out)
{
	return path ? policy_passphrase_read(path, out, &ctl->diag) : SMIME_OK;
}

static enum smime_status
read_p12(struct ctl *ctl, const struct ctl_args *args, struct own *own)
{
	SMIME_AUTO_BUF file = { .secret = true };
	SMIME_AUTO_BUF secret = { .secret = true };

	SMIME_TRY(read_secret(ctl, ctl_get(args, "p12-passphrase-file"), &secret));
	SMIME_TRY(ctl_read_file(ctl, args->positional[1], &file));
	return smime_pkcs12_import(smime_buf_bytes(&file),
	    secret.len ? (const char *)secret.data : "", (const char *)ctl->passphrase.data,
	    &own->cert, &own->chain, &own->key, &ctl->diag);
}

static enum smime_status
read_pem(struct ctl *ctl, const struct ctl_args *args, struct own *own)
{
	struct smime_certs certs = { 0 };
	SMIME_AUTO_BUF file = { .secret = true };
	SMIME_AUTO_BUF secret = { .secret = true };
	enum smime_status status = ctl_read_certificates(ctl, args->positional[1], &certs);

	if (status == SMIME_OK)
		own->cert = smime_cert_ref(certs.item[0]);
	/* What stands behind it is its chain. */
	for (size_t i = 1; status == SMIME_OK && i < certs.count; i++)
		status = smime_certs_add(&own->chain, certs.item[i]);
	smime_certs_reset(&certs);
	SMIME_TRY(status);
	SMIME_TRY(read_secret(ctl, ctl_get(args, "key-passphrase-file"), &secret));
	SMIME_TRY(ctl_read_file(ctl, args->positional[2], &file));
	return smime_key_reencrypt(smime_buf_bytes(&file),
	    secret.len ? (const char *)secret.data : NULL, (const char *)ctl->passphrase.data,
	    &own->key, &ctl->diag);
}

/* It has to be good for something, and the key has to be its own. */
static enum smime_status
check(struct ctl *ctl, const struct own *own)
{
	SMIME_AUTO(smime_privkey) key = NULL;
	int64_t now = time(NULL);

	SMIME_TRY(smime_privkey_import(
	    smime_buf_bytes(&own->key), (const char *)ctl->passphrase.data, &key, &ctl->diag));
	SMIME_TRY(smime_privkey_matches(key, own->cert, &ctl->diag));
	if (smime_cert_may_encrypt(own->cert, now, NULL) == SMIME_OK)
		return SMIME_OK;
	/* One that has expired still decrypts old mail. */
	return smime_cert_not_after(own->cert) < now
		   ? SMIME_OK
		   : smime_cert_may_sign(own->cert, now, &ctl->diag);
}

static enum smime_status
import(struct ctl *ctl, const struct ctl_args *args, struct own *own)
{
	SMIME_TRY(need_passphrase(ctl));
	SMIME_TRY(args->count == 2 ? read_p12(ctl, args, own) : read_pem(ctl, args, own));
	if (ctl_get(args, "chain"))
		SMIME_TRY(ctl_read_certificates(ctl, ctl_get(args, "chain"), &own->chain));
	SMIME_TRY(check(ctl, own));
	return store(ctl, args->positional[0], own);
}

int
ctl_certificate_import(struct ctl *ctl, const struct ctl_args *args)
{
	AUTO_OWN own = { .key.secret = true };
	enum smime_status status = import(ctl, args, &own);

	return status == SMIME_OK ? stored(ctl, args->positional[0], &own) : ctl_fail(ctl, status);
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
