/* cmd_database.c - init and check. */
#include "ctl.h"

#include "policy/expiry.h"
#include "policy/passphrase.h"
#include <time.h>

static enum smime_status
init(struct ctl *ctl, struct smime_buf *path, bool *made)
{
	bool found;

	SMIME_TRY(policy_db_init(ctl->database, &ctl->diag));
	*made = false;
	if (ctl->passphrase_file)
		return SMIME_OK;
	SMIME_TRY(policy_passphrase_default(ctl->database, path, &found));
	*made = !found;
	return found ? SMIME_OK : policy_passphrase_make((const char *)path->data, &ctl->diag);
}

int
ctl_init(struct ctl *ctl, const struct ctl_args *args)
{
	SMIME_AUTO_BUF path = { 0 };
	bool made;
	enum smime_status status = init(ctl, &path, &made);

	(void)args;
	if (status != SMIME_OK)
		return status == SMIME_E_SYNTAX ? ctl_error(EX_CANTCREAT, "%s", ctl->diag.text)
						: ctl_fail(ctl, status);
	(void)printf("%s: made; S/MIME is off until a policy says otherwise\n", ctl->database);
	if (made)
		(void)printf(
		    "%s: made; keep a copy of it apart from the database's: without it the "
		    "private keys cannot be used\n",
		    (const char *)path.data);
	return EX_OK;
}

/* What soon stops working. Not wrong, and no reason for another exit code. */
static enum smime_status
tell_expiring(const struct policy_expiring *e, void *now)
{
	SMIME_AUTO_BUF text = { 0 };

	SMIME_TRY(policy_expiry_text(e, *(const int64_t *)now, &text));
	ctl_say("%s\n", (const char *)text.data);
	return SMIME_OK;
}

static enum smime_status
tell_advice(const char *table, const char *row, const char *advice, void *arg)
{
	(void)arg;
	ctl_say("%s \"%s\": %s\n", table, row, advice);
	return SMIME_OK;
}

/* Profiles whose mail would bounce. */
static size_t
tell_signers(const struct policy_snapshot *s, int64_t now)
{
	size_t bad = 0;

	for (size_t i = 0; i < s->profile_count; i++) {
		struct smime_diag why = { 0 };

		if (policy_profile_may_sign(s, &s->profiles[i], now, &why) == SMIME_OK)
			continue;
		ctl_say("sending_profile \"%s\": %s\n", s->profiles[i].name, why.text);
		bad++;
	}
	return bad;
}

static int
tell(const struct policy_snapshot *s, const char *database, int64_t now)
{
	size_t bad = s->problem_count + tell_signers(s, now);

	for (size_t i = 0; i < s->problem_count; i++)
		ctl_say("%s \"%s\": %s\n", s->problems[i].table, s->problems[i].row,
		    s->problems[i].reason);
	if (bad > 0)
		return EX_CONFIG;
	ctl_say("%s: ok (%zu certificates, %zu profiles, %zu message filters, %zu content "
		"filters, %zu mail policies)\n",
	    database, s->own_count, s->profile_count, s->message_filter_count,
	    s->content_filter_count, s->mail_policy_count);
	return EX_OK;
}

/* A passphrase that cannot be read is one problem; the tables may have others. */
static int
tell_passphrase(struct ctl *ctl)
{
	if (ctl_passphrase(ctl) == SMIME_OK)
		return EX_OK;
	ctl_say("%s\n", ctl->diag.text);
	return EX_CONFIG;
}

/* For the views: what SQL cannot read. Whoever may only read the database does without. */
static void
note_by_the_way(const struct ctl *ctl)
{
	SMIME_AUTO(policy_db) db = NULL;

	if (policy_db_open(ctl->database, POLICY_DB_WRITE, &db, NULL) == SMIME_OK)
		(void)!policy_expiry_note_new(db, NULL);
}

int
ctl_check(struct ctl *ctl, const struct ctl_args *args)
{
	SMIME_AUTO(policy_db) db = NULL;
	SMIME_AUTO(policy_snapshot) snapshot = NULL;
	int64_t now = time(NULL);
	int code = tell_passphrase(ctl);

	(void)args;
	if (policy_db_open(ctl->database, POLICY_DB_READ, &db, &ctl->diag) != SMIME_OK ||
	    policy_snapshot_build(db, (const char *)ctl->passphrase.data, NULL, NULL, &snapshot,
		&ctl->diag) != SMIME_OK ||
	    policy_expiry_each(db, now + POLICY_EXPIRY_SOON, tell_expiring, &now, &ctl->diag) !=
		SMIME_OK ||
	    policy_advise(snapshot, tell_advice, NULL) != SMIME_OK)
		return ctl_error(EX_CONFIG, "%s", ctl->diag.text);
	note_by_the_way(ctl);
	return tell(snapshot, ctl->database, now) == EX_OK ? code : EX_CONFIG;
}
