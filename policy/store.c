/*
 * store.c - the database and its current snapshot: looked at per message, compiled when it changed.
 * DESIGN section 3.
 *
 * One connection under one lock. A reload holds the lock: messages that arrive meanwhile wait for
 * the new policy instead of being judged by the old one.
 */
#include "policy/db.h"
#include "policy/snapshot.h"

#include "harvested.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

struct policy_store {
	pthread_mutex_t lock;
	struct policy_db *db;
	struct policy_harvested *harvested;
	struct smime_buf passphrase;
	struct policy_snapshot *current; /* the last good one */
	int64_t version;                 /* PRAGMA data_version when it was last looked at */
	int64_t change;                  /* of the tables that were compiled last, good or not */
	struct smime_diag problem;       /* with them; status SMIME_OK: none */
	struct smime_buf problems;       /* all of them, a NUL behind each */
};

static const char last_good[] = "the last good policy stays in force";

/* Each row that is wrong, in a sentence of its own. */
static enum smime_status
list_problems(struct policy_store *store, const struct policy_snapshot *fresh, bool fatal)
{
	store->problems.len = 0;
	for (size_t i = 0; i < fresh->problem_count; i++) {
		const struct policy_problem *p = &fresh->problems[i];

		SMIME_TRY(smime_buf_appendf(&store->problems, "%s%s%s \"%s\": %s",
		    fatal ? last_good : "", fatal ? ": " : "", p->table, p->row, p->reason));
		SMIME_TRY(smime_buf_append(&store->problems, "", 1));
	}
	return SMIME_OK;
}

static enum smime_status
describe(
    const struct policy_snapshot *snapshot, const struct policy_problem *p, struct smime_diag *diag)
{
	size_t others = snapshot->problem_count - 1;
	char more[64] = "";

	if (others > 0)
		(void)snprintf(more, sizeof more, " (and %zu more: smimectl check)", others);
	return smime_fail(diag, SMIME_E_SYNTAX, "policy", "%s \"%.60s\": %.120s%s", p->table,
	    p->row, p->reason, more);
}

/* Replace the snapshot in force by what the tables say now, if that compiles. */
static enum smime_status
reload(struct policy_store *store, int64_t change, struct smime_diag *diag)
{
	SMIME_AUTO(policy_snapshot) fresh = NULL;
	const struct policy_problem *fatal;

	SMIME_TRY(policy_snapshot_build(store->db, (const char *)store->passphrase.data,
	    store->harvested, store->current, &fresh, diag));
	fatal = policy_snapshot_fatal(fresh);
	SMIME_TRY(list_problems(store, fresh, fatal));
	store->change = change;
	store->problem = (struct smime_diag){ 0 };
	if (fatal) {
		enum smime_status status = describe(fresh, fatal, &store->problem);

		if (!store->current) {
			*diag = store->problem;
			return status;
		}
		smime_diag_context(&store->problem, "%s", last_good);
		return SMIME_OK;
	}
	if (fresh->problem_count > 0)
		(void)describe(fresh, &fresh->problems[0], &store->problem);
	policy_snapshot_free(&store->current);
	store->current = fresh;
	fresh = NULL;
	return SMIME_OK;
}

/*
 * Cheap while nothing is written. What the journal writes changes the database, but not the policy.
 * Versions are read first: an edit between the two is then noticed the next time.
 */
static enum smime_status
look(struct policy_store *store, struct smime_diag *diag)
{
	int64_t version, change;

	SMIME_TRY(policy_db_version(store->db, &version, diag));
	if (store->current && version == store->version)
		return SMIME_OK;
	SMIME_TRY(policy_db_last_change(store->db, &change, diag));
	if (!store->current || change != store->change)
		SMIME_TRY(reload(store, change, diag));
	store->version = version;
	return SMIME_OK;
}

static enum smime_status
open_store(
    struct policy_store *store, const char *path, const char *passphrase, struct smime_diag *diag)
{
	if (passphrase) {
		SMIME_TRY(smime_buf_append(&store->passphrase, passphrase, strlen(passphrase) + 1));
	}
	SMIME_TRY(policy_db_open(path, POLICY_DB_READ, &store->db, diag));
	SMIME_TRY(policy_harvested_open(path, &store->harvested, diag));
	return look(store, diag);
}

enum smime_status
policy_store_open(
    const char *path, const char *passphrase, struct policy_store **out, struct smime_diag *diag)
{
	struct policy_store *store = calloc(1, sizeof *store);
	enum smime_status status;

	*out = NULL;
	if (!store)
		return SMIME_E_SYSTEM;
	store->passphrase.secret = true;
	if (pthread_mutex_init(&store->lock, NULL) != 0) {
		free(store);
		return SMIME_E_SYSTEM;
	}
	status = open_store(store, path, passphrase, diag);
	if (status != SMIME_OK)
		policy_store_free(&store);
	*out = store;
	return status;
}

void
policy_store_free(struct policy_store **store)
{
	struct policy_store *s = *store;

	*store = NULL;
	if (!s)
		return;
	policy_snapshot_free(&s->current);
	policy_db_free(&s->db);
	policy_harvested_free(&s->harvested);
	smime_buf_reset(&s->passphrase);
	smime_buf_reset(&s->problems);
	(void)pthread_mutex_destroy(&s->lock);
	free(s);
}

enum smime_status
policy_store_current(struct policy_store *store, struct policy_snapshot **out, bool *problem,
    struct smime_diag *diag)
{
	enum smime_status status;

	*out = NULL;
	*problem = false;
	(void)pthread_mutex_lock(&store->lock);
	status = look(store, diag);
	if (status == SMIME_OK) {
		*out = policy_snapshot_ref(store->current);
		*problem = store->problem.status != SMIME_OK;
		if (*problem && diag)
			*diag = store->problem;
	}
	(void)pthread_mutex_unlock(&store->lock);
	return status;
}

enum smime_status
policy_store_problems(struct policy_store *store, struct smime_buf *out)
{
	enum smime_status status;

	(void)pthread_mutex_lock(&store->lock);
	status = smime_buf_append(out, store->problems.data, store->problems.len);
	(void)pthread_mutex_unlock(&store->lock);
	return status;
}
