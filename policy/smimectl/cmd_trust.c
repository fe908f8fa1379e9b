/* cmd_trust.c - whom to believe: CAs; and the list of sending profiles. */
#include "adding.h"

#include "smime/trust.h"

/* Refused here already, with what is wrong, rather than when the policy is compiled. */
static enum smime_status
check(struct ctl *ctl, const struct smime_cert *cert, const char *row, void *arg)
{
	SMIME_AUTO(smime_trust) trust = NULL;
	enum smime_status status;

	(void)arg;
	SMIME_TRY(smime_trust_new(&trust));
	status = smime_trust_add_anchor(trust, cert, false, &ctl->diag);
	if (status != SMIME_OK)
		smime_diag_context(&ctl->diag, "trust_anchor \"%s\"", row);
	return status;
}

static enum smime_status
subject_name(const struct smime_cert *cert, struct smime_buf *out)
{
	const char *subject = smime_cert_subject(cert);

	if (!*subject)
		subject = smime_cert_fingerprint_hex(cert);
	SMIME_TRY(smime_buf_append(out, subject, strlen(subject)));
	return smime_buf_terminate(out);
}

int
ctl_trust_add(struct ctl *ctl, const struct ctl_args *args)
{
	bool domain_signing = ctl_get(args, "domain-signing");
	bool intermediate = ctl_get(args, "intermediate");
	const struct ctl_adding adding = { .table = "trust_anchor",
		.list = POLICY_SQL_TRUST_ANCHORS,
		.add = POLICY_SQL_TRUST_ADD,
		.more = { domain_signing ? "1" : "0", intermediate ? "1" : "0" },
		.more_count = 2,
		.name = ctl_get(args, "name"),
		.check = check,
		.row_name = subject_name };

	if (domain_signing && intermediate)
		return ctl_error(EX_USAGE,
		    "trust add: --domain-signing is for the CA at the top, --intermediate for "
		    "those below it");
	return ctl_add_certificates(ctl, args->positional[0], &adding);
}

int
ctl_trust_list(struct ctl *ctl, const struct ctl_args *args)
{
	(void)args;
	return ctl_list_certificates(ctl, POLICY_SQL_TRUST_LIST, NULL);
}

int
ctl_trust_delete(struct ctl *ctl, const struct ctl_args *args)
{
	return ctl_change_row(ctl, POLICY_SQL_TRUST_DELETE, "trust_anchor", args);
}
