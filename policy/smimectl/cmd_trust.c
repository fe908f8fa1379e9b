/* cmd_trust.c - whom to believe: CAs and revocation lists; and the list of sending profiles. */
#include "ctl.h"

#include "smime/trust.h"

/* Refused here already, with what is wrong, rather than when the policy is compiled. */
static enum smime_status
check_anchor(struct ctl *ctl, const struct smime_cert *cert, bool domain_signing)
{
	SMIME_AUTO(smime_trust) trust = NULL;

	SMIME_TRY(smime_trust_new(&trust));
	return smime_trust_add_anchor(trust, cert, domain_signing, &ctl->diag);
}

static enum smime_status
add_anchor(struct ctl *ctl, const struct ctl_args *args, const struct smime_cert *cert)
{
	const char *given = ctl_get(args, "name"), *flag = ctl_get(args, "domain-signing");
	SMIME_AUTO_BUF name = { 0 };
	SMIME_AUTO_BUF pem = { 0 };
	int64_t changed;

	SMIME_TRY(check_anchor(ctl, cert, flag));
	SMIME_TRY(smime_buf_appendf(&name, "%s", given ? given : smime_cert_subject(cert)));
	SMIME_TRY(smime_buf_terminate(&name));
	SMIME_TRY(smime_cert_pem(cert, &pem));
	SMIME_TRY(smime_buf_terminate(&pem));
	return ctl_change(ctl, POLICY_SQL_TRUST_ADD,
	    (const char *[]){ (const char *)name.data, (const char *)pem.data, flag ? "1" : "0" },
	    3, &changed);
}

int
ctl_trust_add(struct ctl *ctl, const struct ctl_args *args)
{
	struct smime_certs certs = { 0 };
	enum smime_status status = ctl_read_certificates(ctl, args->positional[0], &certs);

	if (status == SMIME_OK && certs.count > 1 && ctl_get(args, "name"))
		status = smime_fail(&ctl->diag, SMIME_E_SYNTAX, NULL,
		    "%s holds %zu certificates: --name is for one", args->positional[0],
		    certs.count);
	for (size_t i = 0; status == SMIME_OK && i < certs.count; i++)
		status = add_anchor(ctl, args, certs.item[i]);
	smime_certs_reset(&certs);
	return status == SMIME_OK ? EX_OK : ctl_fail(ctl, status);
}

int
ctl_trust_list(struct ctl *ctl, const struct ctl_args *args)
{
	(void)args;
	return ctl_list_certificates(ctl, POLICY_SQL_TRUST_ANCHORS, NULL);
}

int
ctl_trust_delete(struct ctl *ctl, const struct ctl_args *args)
{
	return ctl_change_row(ctl, POLICY_SQL_TRUST_DELETE, "trust_anchor", args);
}

static enum smime_status
add_crl(struct ctl *ctl, const struct ctl_args *args)
{
	const char *name = ctl_get(args, "name");
	SMIME_AUTO(smime_trust) trust = NULL;
	SMIME_AUTO_BUF text = { 0 };
	int64_t changed;

	SMIME_TRY(ctl_read_file(ctl, args->positional[0], &text));
	if (!strstr((const char *)text.data, "-----BEGIN X509 CRL-----"))
		return smime_fail(&ctl->diag, SMIME_E_SYNTAX, "crl",
		    "%s is no PEM revocation list; DER becomes one with: openssl crl -inform DER",
		    args->positional[0]);
	SMIME_TRY(smime_trust_new(&trust));
	SMIME_TRY(smime_trust_add_crl(trust, smime_buf_bytes(&text), &ctl->diag));
	return ctl_change(ctl, POLICY_SQL_CRL_ADD,
	    (const char *[]){ name ? name : args->positional[0], (const char *)text.data }, 2,
	    &changed);
}

int
ctl_crl_add(struct ctl *ctl, const struct ctl_args *args)
{
	enum smime_status status = add_crl(ctl, args);

	return status == SMIME_OK ? EX_OK : ctl_fail(ctl, status);
}

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
