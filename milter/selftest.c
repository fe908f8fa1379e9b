/* selftest.c - smime-milter -t: would it run, with this database, keys and certificates? Opens
 * exactly what the daemon opens, and changes nothing. */
#include "selftest.h"

#include "policy/snapshot.h"

#define SOON ((int64_t)30 * 86400)

/* Filters that were left out, and rows that keep the last good policy in force. */
static unsigned
tell_problems(const struct policy_snapshot *snapshot, FILE *to)
{
	for (size_t i = 0; i < snapshot->problem_count; i++) {
		const struct policy_problem *p = &snapshot->problems[i];

		(void)fprintf(to, "%s \"%s\": %s\n", p->table, p->row, p->reason);
	}
	return (unsigned)snapshot->problem_count;
}

/* Certificates that sending profiles sign with. */
static unsigned
tell_certificates(const struct policy_snapshot *snapshot, int64_t now, FILE *to)
{
	unsigned bad = 0;

	for (size_t i = 0; i < snapshot->profile_count; i++) {
		const struct policy_profile *profile = &snapshot->profiles[i];
		const struct policy_own *signer = policy_profile_signer(snapshot, profile, now);
		struct smime_diag diag = { 0 };

		if (!signer)
			continue;
		if (policy_profile_may_sign(snapshot, profile, now, &diag) != SMIME_OK) {
			(void)fprintf(to, "sending_profile \"%s\": %s\n", profile->name, diag.text);
			bad++;
		} else if (smime_cert_not_after(signer->cert) < now + SOON) {
			(void)fprintf(to,
			    "sending_profile \"%s\": certificate \"%s\" expires in %lld days\n",
			    profile->name, signer->name,
			    (long long)(smime_cert_not_after(signer->cert) - now) / 86400);
		}
	}
	return bad;
}

static enum smime_status
tell_advice(const char *table, const char *row, const char *advice, void *to)
{
	(void)fprintf(to, "%s \"%s\": %s\n", table, row, advice);
	return SMIME_OK;
}

enum smime_status
gateway_selftest(const char *database, const char *passphrase, int64_t now, FILE *to)
{
	SMIME_AUTO(policy_store) store = NULL;
	SMIME_AUTO(policy_snapshot) snapshot = NULL;
	struct smime_diag diag = { 0 };
	bool problem = false;
	unsigned bad = 0;

	if (policy_store_open(database, passphrase, &store, &diag) != SMIME_OK ||
	    policy_store_current(store, &snapshot, &problem, &diag) != SMIME_OK) {
		(void)fprintf(to, "%s: %s\n", database, diag.text);
		return diag.status;
	}
	if (problem) {
		(void)fprintf(to, "%s: %s\n", database, diag.text);
		bad++;
	}
	bad += tell_problems(snapshot, to);
	bad += tell_certificates(snapshot, now, to);
	SMIME_TRY(policy_advise(snapshot, tell_advice, to));
	if (bad == 0)
		(void)fprintf(to,
		    "%s: ok (%zu certificates, %zu profiles, %zu message filters, %zu content "
		    "filters, %zu mail policies)\n",
		    database, snapshot->own_count, snapshot->profile_count,
		    snapshot->message_filter_count, snapshot->content_filter_count,
		    snapshot->mail_policy_count);
	return bad == 0 ? SMIME_OK : SMIME_E_UNSUPPORTED;
}
