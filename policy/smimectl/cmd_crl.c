/* cmd_crl.c - revocation lists: add or replace, list, delete. An older list never replaces a newer
 * one: it would bring back what has been revoked since. Nor does one that the CA did not sign, or
 * of which nobody can tell: lists come by plain HTTP (RFC 5280 s4.2.1.13). */
#include "ctl.h"

#include "smime/trust.h"
#include <time.h>

#define AHEAD_MOST 86400 /* how far the clocks of CAs go wrong */

struct replacement {
	const char *name;
	const struct smime_crl *crl;
	const struct smime_trust *trust; /* the CAs that are known */
	struct smime_buf pem;
	bool genuine; /* a CA that is known signed it */
	bool same;    /* is there already */
};

static enum smime_status
compare(struct ctl *ctl, struct policy_stmt *row, struct replacement *r)
{
	SMIME_AUTO(smime_crl) old = NULL;
	char date[16];

	/* What does not parse may be replaced by anything, and so may a forgery. */
	if (smime_crl_import(policy_column_bytes(row, 0), &old, NULL) != SMIME_OK ||
	    smime_trust_crl_origin(r->trust, old) == SMIME_CRL_FORGED)
		return SMIME_OK;
	if (!smime_bytes_equal(smime_crl_issuer_der(old), smime_crl_issuer_der(r->crl)))
		return smime_fail(&ctl->diag, SMIME_E_SYNTAX, "exists",
		    "revocation_list \"%s\" is that of %s: give this one another name", r->name,
		    smime_crl_issuer(old));
	r->same = smime_crl_this_update(old) == smime_crl_this_update(r->crl);
	if (smime_crl_this_update(old) < smime_crl_this_update(r->crl) && !r->genuine)
		return smime_fail(&ctl->diag, SMIME_E_UNTRUSTED, "unknown",
		    "%s is not among the CAs of trust_anchor, and nobody can tell whether the "
		    "newer revocation list is its own: revocation_list \"%s\" stays (add its "
		    "certificate with smimectl trust add --intermediate)",
		    smime_crl_issuer(r->crl), r->name);
	if (smime_crl_this_update(old) <= smime_crl_this_update(r->crl))
		return SMIME_OK;
	return smime_fail(&ctl->diag, SMIME_E_SYNTAX, "older",
	    "revocation_list \"%s\" is newer already (%s): it stays", r->name,
	    ctl_date(smime_crl_this_update(old), date));
}

static enum smime_status
replace(struct ctl *ctl, struct policy_db *db, void *arg)
{
	struct replacement *r = arg;
	SMIME_AUTO(policy_stmt) row = NULL;
	int64_t changed;
	bool found;

	SMIME_TRY(policy_stmt_take(db, POLICY_SQL_CRL_GET, &row, &ctl->diag));
	SMIME_TRY(policy_bind_text(row, 1, r->name));
	SMIME_TRY(policy_step(row, &found, &ctl->diag));
	if (found)
		SMIME_TRY(compare(ctl, row, r));
	policy_stmt_free(&row);
	if (r->same)
		return SMIME_OK;
	return ctl_run(ctl, db, POLICY_SQL_CRL_ADD,
	    (const char *[]){ r->name, (const char *)r->pem.data }, 2, &changed);
}

/* A CA that cannot be read is `check`'s to tell. */
static enum smime_status
add_ca(struct ctl *ctl, struct policy_stmt *row, void *trust)
{
	SMIME_AUTO(smime_cert) ca = NULL;
	enum smime_status status = smime_cert_import_pem(policy_column_bytes(row, 1), &ca, NULL);

	(void)ctl;
	if (status == SMIME_OK)
		status = smime_trust_add_intermediate(trust, ca, NULL);
	return status == SMIME_E_SYSTEM ? status : SMIME_OK;
}

static enum smime_status
check_origin(
    struct ctl *ctl, const struct smime_trust *trust, const struct smime_crl *crl, bool *genuine)
{
	enum smime_crl_origin origin;
	char date[16];

	/* Nothing that its CA writes would ever be newer. */
	if (smime_crl_this_update(crl) > time(NULL) + AHEAD_MOST)
		return smime_fail(&ctl->diag, SMIME_E_SYNTAX, "future",
		    "the revocation list is of the future (%s)",
		    ctl_date(smime_crl_this_update(crl), date));
	origin = smime_trust_crl_origin(trust, crl);
	*genuine = origin == SMIME_CRL_GENUINE;
	return origin == SMIME_CRL_FORGED
		   ? smime_fail(&ctl->diag, SMIME_E_UNTRUSTED, "forged",
			 "the revocation list says that it is that of %s, and trust_anchor has no "
			 "CA of that name that signed it (with SHA-256 or better)",
			 smime_crl_issuer(crl))
		   : SMIME_OK;
}

static void
tell(const struct replacement *r)
{
	char until[16];

	if (!r->genuine)
		(void)ctl_error(EX_OK,
		    "note: %s is not among the CAs of trust_anchor: nobody checked that the "
		    "revocation list is its own (smimectl trust add --intermediate)",
		    smime_crl_issuer(r->crl));
	ctl_say("revocation_list \"%s\": %zu certificates, until %s%s\n", r->name,
	    smime_crl_count(r->crl),
	    smime_crl_next_update(r->crl) == INT64_MAX
		? "the next one"
		: ctl_date(smime_crl_next_update(r->crl), until),
	    r->same ? "; known already" : "");
}

static enum smime_status
add(struct ctl *ctl, const struct ctl_args *args)
{
	const char *name = ctl_get(args, "name");
	SMIME_AUTO(smime_crl) crl = NULL;
	SMIME_AUTO(smime_trust) trust = NULL;
	SMIME_AUTO_BUF file = { 0 };
	struct replacement r = { 0 };
	enum smime_status status;
	bool genuine;

	SMIME_TRY(ctl_read_file(ctl, args->positional[0], &file));
	SMIME_TRY(smime_crl_import(smime_buf_bytes(&file), &crl, &ctl->diag));
	SMIME_TRY(smime_trust_new(&trust));
	SMIME_TRY(ctl_each(ctl, POLICY_SQL_TRUST_ANCHORS, NULL, add_ca, trust));
	SMIME_TRY(check_origin(ctl, trust, crl, &genuine));
	r = (struct replacement){ .name = name ? name : smime_crl_issuer(crl),
		.crl = crl,
		.trust = trust,
		.genuine = genuine };
	status = smime_crl_pem(crl, &r.pem);
	if (status == SMIME_OK)
		status = smime_buf_terminate(&r.pem);
	if (status == SMIME_OK)
		status = ctl_transaction(ctl, replace, &r);
	smime_buf_reset(&r.pem);
	SMIME_TRY(status);
	tell(&r);
	return SMIME_OK;
}

int
ctl_crl_add(struct ctl *ctl, const struct ctl_args *args)
{
	enum smime_status status = add(ctl, args);

	return status == SMIME_OK ? EX_OK : ctl_fail(ctl, status);
}

static enum smime_status
print_row(struct ctl *ctl, struct policy_stmt *row, void *arg)
{
	SMIME_AUTO(smime_crl) crl = NULL;
	const char *name = policy_column_text(row, 0);
	int64_t next;
	char from[16], until[16];

	(void)arg;
	if (smime_crl_import(policy_column_bytes(row, 1), &crl, &ctl->diag) != SMIME_OK) {
		ctl_say("%s  BROKEN: %s\n", name, ctl->diag.text);
		return SMIME_OK;
	}
	next = smime_crl_next_update(crl);
	ctl_say("%s  from %s  until %s%s  %zu certificates  %s\n", name,
	    ctl_date(smime_crl_this_update(crl), from),
	    next == INT64_MAX ? "the next one" : ctl_date(next, until),
	    next < time(NULL) ? " (late)" : "", smime_crl_count(crl), smime_crl_issuer(crl));
	return SMIME_OK;
}

int
ctl_crl_list(struct ctl *ctl, const struct ctl_args *args)
{
	enum smime_status status =
	    ctl_each(ctl, POLICY_SQL_REVOCATION_LISTS, NULL, print_row, NULL);

	(void)args;
	return status == SMIME_OK ? EX_OK : ctl_fail(ctl, status);
}

int
ctl_crl_delete(struct ctl *ctl, const struct ctl_args *args)
{
	return ctl_change_row(ctl, POLICY_SQL_CRL_DELETE, "revocation_list", args);
}
