/* store.c - the policy store in use, replaced as a whole on reload. Messages in work hold a
 * reference to the one they began with. */
#include "store.h"

#include "policy/db.h"
#include "policy/journal.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#define PROBLEMS_MOST 16 /* rows that are told by name */

/* One opened database. */
struct held {
	struct policy_store *policy;
	dev_t device; /* and its inode: whether the path still means this file */
	ino_t inode;
	unsigned users; /* the gateway_store, and messages in work */
};

struct gateway_store {
	const char *database, *passphrase;
	pthread_mutex_t mutex; /* guards current and every users */
	struct held *current;
};

static struct held *
take(struct gateway_store *store)
{
	struct held *held;

	(void)pthread_mutex_lock(&store->mutex);
	held = store->current;
	held->users++;
	(void)pthread_mutex_unlock(&store->mutex);
	return held;
}

static void
give_back(struct gateway_store *store, struct held *held)
{
	bool last;

	(void)pthread_mutex_lock(&store->mutex);
	last = --held->users == 0;
	(void)pthread_mutex_unlock(&store->mutex);
	if (!last)
		return;
	policy_store_free(&held->policy);
	free(held);
}

static enum smime_status
open_one(const struct gateway_store *store, struct held **out, struct smime_diag *diag)
{
	struct held *held = calloc(1, sizeof *held);
	enum smime_status status;
	struct stat st;

	*out = NULL;
	if (!held)
		return smime_fail(diag, SMIME_E_SYSTEM, NULL, "no memory to open the database");
	status = policy_db_migrate(store->database, diag);
	if (status == SMIME_OK)
		status = policy_store_open(store->database, store->passphrase, &held->policy, diag);
	if (status != SMIME_OK) {
		free(held);
		return status;
	}
	/* Replaced in between? Then the next message will tell. */
	if (stat(store->database, &st) == 0) {
		held->device = st.st_dev;
		held->inode = st.st_ino;
	}
	held->users = 1;
	*out = held;
	return SMIME_OK;
}

enum smime_status
gateway_store_open(const char *database, const char *passphrase, struct gateway_store **out,
    struct smime_diag *diag)
{
	struct gateway_store *store = calloc(1, sizeof *store);
	enum smime_status status;

	*out = NULL;
	if (!store)
		return smime_fail(diag, SMIME_E_SYSTEM, NULL, "no memory to open the database");
	store->database = database;
	store->passphrase = passphrase;
	status = open_one(store, &store->current, diag);
	if (status != SMIME_OK) {
		free(store);
		return status;
	}
	(void)pthread_mutex_init(&store->mutex, NULL);
	*out = store;
	return SMIME_OK;
}

void
gateway_store_free(struct gateway_store **store)
{
	if (!*store)
		return;
	give_back(*store, (*store)->current);
	(void)pthread_mutex_destroy(&(*store)->mutex);
	free(*store);
	*store = NULL;
}

/* At most once a minute, but another problem at once. */
static void
tell_problem(struct gateway *gateway, const char *text)
{
	uint32_t hash = 2166136261U; /* FNV-1a */
	char kind[24];

	for (const char *c = text; *c; c++)
		hash = (hash ^ (uint8_t)*c) * 16777619U;
	(void)snprintf(kind, sizeof kind, "policy %08x", hash);
	gateway_log_problem(gateway->log, kind, "%s", text);
}

/* Each row by itself: one that is mended or broken while others are is told at once. */
static void
tell_problems(struct gateway *gateway, struct policy_store *policy)
{
	SMIME_AUTO_BUF lines = { 0 };
	size_t count = 0, at = 0;

	if (policy_store_problems(policy, &lines) != SMIME_OK)
		return;
	for (; at < lines.len && count < PROBLEMS_MOST; count++) {
		const char *line = (const char *)lines.data + at;

		tell_problem(gateway, line);
		at += strlen(line) + 1;
	}
	if (at < lines.len)
		gateway_log_problem(gateway->log, "policy more",
		    "more than %d rows of the policy are wrong: smimectl check", PROBLEMS_MOST);
}

void
gateway_store_tell(struct gateway *gateway)
{
	struct held *held = take(gateway->store);

	tell_problems(gateway, held->policy);
	give_back(gateway->store, held);
}

/* All else that is read and written is where the policy is read from. */
static enum smime_status
reopen_others(struct gateway *gateway, struct smime_diag *diag)
{
	const char *database = gateway->store->database;

	if (gateway->journal)
		SMIME_TRY(policy_journal_reopen(gateway->journal, database, diag));
	if (gateway->seen)
		SMIME_TRY(policy_seen_keys_reopen(gateway->seen, database, diag));
	return gateway->harvester ? policy_harvester_reopen(gateway->harvester, database, diag)
				  : SMIME_OK;
}

enum smime_status
gateway_store_reload(struct gateway *gateway, struct smime_diag *diag)
{
	struct gateway_store *store = gateway->store;
	struct held *fresh;
	struct held *old;
	enum smime_status status;

	SMIME_TRY(open_one(store, &fresh, diag));
	status = reopen_others(gateway, diag);
	if (status != SMIME_OK) {
		give_back(store, fresh);
		return status;
	}
	(void)pthread_mutex_lock(&store->mutex);
	old = store->current;
	store->current = fresh;
	(void)pthread_mutex_unlock(&store->mutex);
	give_back(store, old);
	gateway_store_tell(gateway);
	return SMIME_OK;
}

/* An open file outlives its name: edits made to another one under that name would be waited for in
 * vain. */
static void
tell_replaced(struct gateway *gateway, const struct held *held)
{
	const char *database = gateway->store->database;
	struct stat st;
	bool is_there = stat(database, &st) == 0;

	if (is_there && st.st_dev == held->device && st.st_ino == held->inode)
		return;
	gateway_log_problem(gateway->log, "database-file",
	    "policy database %s: it %s; the policy read from it before stays in force%s", database,
	    is_there ? "was replaced by another file" : "is gone, or cannot be reached",
	    is_there ? " until SIGUSR1, or a restart, opens the new one" : "");
}

enum smime_status
gateway_store_judge(struct gateway *gateway, struct policy_message *message,
    struct gateway_judgement *out, struct smime_diag *diag)
{
	struct held *held = take(gateway->store);
	bool problem = false;
	enum smime_status status =
	    policy_store_current(held->policy, &out->snapshot, &problem, diag);

	tell_replaced(gateway, held);
	if (status == SMIME_OK && problem)
		tell_problems(gateway, held->policy);
	if (status == SMIME_OK) {
		const struct policy_process process = {
			.snapshot = out->snapshot,
			.spool = &gateway->spool,
			.now = time(NULL),
			.seen = gateway->seen,
		};

		out->site = (struct gateway_site){
			.reinject_host = out->snapshot->reinject_host,
			.reinject_port = out->snapshot->reinject_port,
			.postmaster = out->snapshot->postmaster,
		};
		*diag = (struct smime_diag){ 0 };
		status = policy_process(&process, message, &out->outcome, diag);
	}
	give_back(gateway->store, held);
	return status;
}
