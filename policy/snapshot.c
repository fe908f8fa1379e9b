/* snapshot.c - compile all tables into one immutable object, and share it by reference count.
 * One read transaction: a snapshot is never half of an edit. Memory: the policy's own size. */
#include "snapshot_build.h"

#include "dictionary.h"
#include "keystore.h"
#include <stdlib.h>

enum smime_status
policy_problem_add(
    struct policy_build *build, const char *table, const char *row, bool fatal, const char *reason)
{
	struct policy_snapshot *s = build->snapshot;
	struct policy_problem *grown =
	    policy_array_grow(s->problems, s->problem_count, sizeof *s->problems);

	if (!grown)
		return SMIME_E_SYSTEM;
	s->problems = grown;
	grown[s->problem_count] = (struct policy_problem){
		.table = table, .row = strdup(row), .reason = strdup(reason), .fatal = fatal
	};
	s->problem_count++;
	return grown[s->problem_count - 1].row && grown[s->problem_count - 1].reason
		   ? SMIME_OK
		   : SMIME_E_SYSTEM;
}

enum smime_status
policy_problem_of(struct policy_build *build, const char *table, const char *row,
    enum smime_status status, const struct smime_diag *diag)
{
	if (status == SMIME_OK || status == SMIME_E_SYSTEM)
		return status;
	return policy_problem_add(
	    build, table, row, true, diag->text[0] ? diag->text : smime_status_name(status));
}

enum smime_status
policy_each_row(struct policy_build *build, enum policy_sql sql, const char *key,
    policy_visit *visit, void *arg)
{
	SMIME_AUTO(policy_stmt) row = NULL;
	bool more;

	SMIME_TRY(policy_stmt_take(build->db, sql, &row, build->diag));
	if (key)
		SMIME_TRY(policy_bind_text(row, 1, key));
	for (;;) {
		SMIME_TRY(policy_step(row, &more, build->diag));
		if (!more)
			return SMIME_OK;
		SMIME_TRY(visit(build, row, arg));
	}
}

/* In this order: later tables refer to earlier ones. */
static enum smime_status
compile(struct policy_build *build)
{
	SMIME_TRY(policy_build_settings(build));
	SMIME_TRY(policy_build_flows(build));
	SMIME_TRY(policy_build_keys(build));
	SMIME_TRY(policy_build_profiles(build));
	SMIME_TRY(policy_build_dictionaries(build));
	SMIME_TRY(policy_build_filters(build));
	return policy_build_mail_policies(build);
}

enum smime_status
policy_snapshot_build(struct policy_db *db, const char *passphrase,
    struct policy_harvested *harvested, const struct policy_snapshot *previous,
    struct policy_snapshot **out, struct smime_diag *diag)
{
	SMIME_AUTO(policy_snapshot) snapshot = calloc(1, sizeof *snapshot);
	struct policy_build build = { .db = db,
		.passphrase = passphrase,
		.harvested = harvested,
		.previous = previous,
		.snapshot = snapshot,
		.diag = diag };
	enum smime_status status;

	*out = NULL;
	if (!snapshot)
		return SMIME_E_SYSTEM;
	atomic_init(&snapshot->references, 1);
	SMIME_TRY(policy_db_run(db, POLICY_SQL_BEGIN_READ, diag));
	status = compile(&build);
	/* Nothing was written; what matters is that no transaction stays open. */
	if (status != SMIME_OK)
		(void)!policy_db_run(db, POLICY_SQL_ROLLBACK, NULL);
	else
		status = policy_db_run(db, POLICY_SQL_COMMIT, diag);
	if (status != SMIME_OK)
		return status;
	*out = snapshot;
	snapshot = NULL;
	return SMIME_OK;
}

const struct policy_problem *
policy_snapshot_fatal(const struct policy_snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->problem_count; i++)
		if (snapshot->problems[i].fatal)
			return &snapshot->problems[i];
	return NULL;
}

const struct policy_profile *
policy_snapshot_profile(const struct policy_snapshot *snapshot, const char *name)
{
	for (size_t i = 0; i < snapshot->profile_count; i++)
		if (strcmp(snapshot->profiles[i].name, name) == 0)
			return &snapshot->profiles[i];
	return NULL;
}

struct policy_snapshot *
policy_snapshot_ref(struct policy_snapshot *snapshot)
{
	(void)atomic_fetch_add(&snapshot->references, 1);
	return snapshot;
}

void
policy_filter_free(struct policy_filter **filter)
{
	struct policy_filter *f = *filter;

	*filter = NULL;
	if (!f || atomic_fetch_sub(&f->references, 1) > 1)
		return;
	for (size_t i = 0; i < f->action_count; i++)
		policy_action_reset(&f->actions[i]);
	free(f->actions);
	policy_rule_free(&f->condition);
	policy_script_free(&f->script);
	free(f->name);
	free(f->source);
	free(f);
}

static void
free_flows(struct policy_snapshot *s)
{
	for (size_t i = 0; i < s->group_count; i++) {
		for (size_t k = 0; k < s->groups[i].member_count; k++)
			free(s->groups[i].members[k].value);
		free(s->groups[i].members);
		free(s->groups[i].name);
	}
	free(s->groups);
	for (size_t i = 0; i < s->flow_count; i++)
		free(s->flows[i].name);
	free(s->flows);
}

static void
free_filters(struct policy_snapshot *s)
{
	for (size_t i = 0; i < s->mail_policy_count; i++) {
		struct policy_mail_policy *p = &s->mail_policies[i];

		for (size_t k = 0; k < p->member_count; k++) {
			free(p->members[k].pattern);
			free(p->members[k].folded);
		}
		free(p->members);
		free(p->filters);
		free(p->idle);
		free(p->name);
	}
	free(s->mail_policies);
	for (size_t i = 0; i < s->message_filter_count; i++)
		policy_filter_free(&s->message_filters[i]);
	free(s->message_filters);
	for (size_t i = 0; i < s->content_filter_count; i++)
		policy_filter_free(&s->content_filters[i]);
	free(s->content_filters);
	for (size_t i = 0; i < s->idle_count; i++) {
		free(s->idles[i].name);
		free(s->idles[i].reason);
	}
	free(s->idles);
	for (size_t i = 0; i < s->dictionary_count; i++)
		policy_dictionary_free(&s->dictionaries[i]);
	free(s->dictionaries);
}

static void
free_keys(struct policy_snapshot *s)
{
	for (size_t i = 0; i < s->profile_count; i++)
		free(s->profiles[i].name);
	free(s->profiles);
	for (size_t i = 0; i < s->own_count; i++) {
		smime_cert_free(&s->owns[i].cert);
		smime_certs_reset(&s->owns[i].chain);
		smime_privkey_free(&s->owns[i].key);
		smime_buf_reset(&s->owns[i].key_source);
		free(s->owns[i].name);
	}
	free(s->owns);
	for (size_t i = 0; i < s->public_key_count; i++) {
		policy_known_free(&s->public_keys[i].known);
		free(s->public_keys[i].name);
	}
	free(s->public_keys);
	policy_keystore_free(&s->keystore);
	smime_trust_free(&s->trust);
	smime_keyring_free(&s->keyring);
}

void
policy_snapshot_free(struct policy_snapshot **snapshot)
{
	struct policy_snapshot *s = *snapshot;

	*snapshot = NULL;
	if (!s || atomic_fetch_sub(&s->references, 1) > 1)
		return;
	free_filters(s);
	free_flows(s);
	free_keys(s);
	for (size_t i = 0; i < s->problem_count; i++) {
		free(s->problems[i].row);
		free(s->problems[i].reason);
	}
	free(s->problems);
	free(s->authserv_id);
	free(s->reinject_host);
	free(s->postmaster);
	free(s);
}
