/*
 * harvest_write.c - what becomes of the keys of one message: kept as active, candidate or
 * untrusted, or not kept; who is alerted; what has to go.  DESIGN section 6.
 *
 * Every statement searches an index: the cost of a key does not grow with the cache. What somebody
 * could flood it with is counted per address and domain, mail that did not verify apart from mail
 * that did, so that forged mail never keeps true keys out.
 */
#include "harvest_write.h"

#include "policy/seen.h"
#include <stdio.h>
#include <stdlib.h>

#define DAY        ((int64_t)86400)
#define ALERT_SPAN (2 * DAY)
#define KEPT_SPAN  (30 * DAY)
#define ROW_LARGE  2048 /* most rows take less */

struct writing {
	struct policy_db *db;
	const struct policy_after *after;
	struct policy_telling *telling;
	struct smime_diag *diag;
};

/* A statement's parameters: texts, then numbers. */
struct call {
	const char *texts[5];
	int64_t numbers[3];
	size_t text_count, number_count;
};

/* *out: the first column of the first row, 0 without one; may be NULL. */
static enum smime_status
run(struct writing *w, enum policy_sql sql, const struct call *call, int64_t *out)
{
	SMIME_AUTO(policy_stmt) stmt = NULL;
	int n = 1;
	bool row;

	SMIME_TRY(policy_stmt_take(w->db, sql, &stmt, w->diag));
	for (size_t i = 0; i < call->text_count; i++)
		SMIME_TRY(policy_bind_text(stmt, n++, call->texts[i]));
	for (size_t i = 0; i < call->number_count; i++)
		SMIME_TRY(policy_bind_int(stmt, n++, call->numbers[i]));
	SMIME_TRY(policy_step(stmt, &row, w->diag));
	if (out)
		*out = row ? policy_column_int(stmt, 0) : 0;
	return SMIME_OK;
}

static const char *
domain_of(const struct policy_harvest *key)
{
	const char *at = strrchr(key->address, '@');

	return at ? at + 1 : key->address;
}

/* ---- telling ---- */

static enum smime_status
note(struct writing *w, bool alert, const char *text)
{
	struct smime_buf *lines = &w->telling->lines;

	SMIME_TRY(smime_buf_append(lines, alert ? "!" : " ", 1));
	return smime_buf_append(lines, text, strlen(text) + 1);
}

void
policy_telling_give(const struct policy_telling *telling, policy_tell *tell, void *arg)
{
	const char *line = (const char *)telling->lines.data;
	const char *end = line + telling->lines.len;

	for (; line < end; line += strlen(line) + 1)
		tell(arg, *line == '!', line + 1);
}

/* Once a day for each subject, restarts and all. */
static enum smime_status
alert(struct writing *w, const char *kind, const char *subject, const char *text)
{
	const struct call mark = { .texts = { subject, kind },
		.text_count = 2,
		.numbers = { w->after->now },
		.number_count = 1 };
	const struct call expire = { .numbers = { w->after->now - ALERT_SPAN }, .number_count = 1 };

	SMIME_TRY(run(w, POLICY_SQL_HARVEST_ALERT_EXPIRE, &expire, NULL));
	SMIME_TRY(run(w, POLICY_SQL_HARVEST_ALERT, &mark, NULL));
	return policy_db_changes(w->db) > 0 ? note(w, true, text) : SMIME_OK;
}

/* Two new keys for one address, or for one domain, within two days. */
static enum smime_status
alert_new_keys(struct writing *w, const struct policy_harvest *key)
{
	const char *subjects[] = { key->address, domain_of(key) };
	static const enum policy_sql counts[] = { POLICY_SQL_HARVESTED_NEW_FOR_ADDRESS,
		POLICY_SQL_HARVESTED_NEW_FOR_DOMAIN };

	for (size_t i = 0; i < 2; i++) {
		const struct call call = { .texts = { subjects[i] },
			.text_count = 1,
			.numbers = { w->after->now - ALERT_SPAN },
			.number_count = 1 };
		char text[400];
		int64_t count;

		SMIME_TRY(run(w, counts[i], &call, &count));
		if (count < 2)
			continue;
		(void)snprintf(text, sizeof text,
		    "harvest: two or more new keys for %.200s within 48 hours: is one of them "
		    "forged? See smimectl harvested list",
		    subjects[i]);
		/* What is told of the address need not be told of its domain. */
		return alert(w, "new-keys", subjects[i], text);
	}
	return SMIME_OK;
}

/* ---- quotas ---- */

struct quota {
	enum policy_sql sql;
	int64_t limit; /* keys in a day; 0: no limit */
	const char *subject, *setting;
};

static enum smime_status
check_quota(
    struct writing *w, const struct policy_harvest *key, const struct quota *quota, bool *over)
{
	const struct call call = { .texts = { quota->subject,
				       smime_cert_fingerprint_hex(key->cert) },
		.text_count = 2,
		.numbers = { w->after->now - DAY, !key->verified, quota->limit },
		.number_count = 3 };
	char text[400];
	int64_t count;

	if (*over || quota->limit == 0)
		return SMIME_OK;
	SMIME_TRY(run(w, quota->sql, &call, &count));
	*over = count >= quota->limit;
	if (!*over)
		return SMIME_OK;
	(void)snprintf(text, sizeof text,
	    "harvest: over %lld new keys for %.200s within a day: the others are not kept (setting "
	    "%s)",
	    (long long)quota->limit, quota->subject, quota->setting);
	return alert(w, key->verified ? "quota" : "quota-untrusted", quota->subject, text);
}

static enum smime_status
check_quotas(struct writing *w, const struct policy_harvest *key, bool *over)
{
	const struct quota quotas[] = {
		{ POLICY_SQL_HARVESTED_COUNT_ADDRESS, w->after->limits.per_address, key->address,
		    "harvest_per_address" },
		{ POLICY_SQL_HARVESTED_COUNT_DOMAIN, w->after->limits.per_domain, domain_of(key),
		    "harvest_per_domain" },
	};

	*over = false;
	for (size_t i = 0; i < sizeof quotas / sizeof *quotas; i++)
		SMIME_TRY(check_quota(w, key, &quotas[i], over));
	return SMIME_OK;
}

/* ---- one key ---- */

/* A key that goes on as another one of the same issuer: R-HAR-PIN. */
static bool
is_renewal_of(const struct writing *w, const struct policy_harvest *key, struct smime_bytes pem)
{
	SMIME_AUTO(smime_cert) old = NULL;

	return smime_cert_import_pem(pem, &old, NULL) == SMIME_OK &&
	       smime_cert_not_after(old) < w->after->now + KEPT_SPAN &&
	       smime_bytes_equal(smime_cert_issuer_der(old), smime_cert_issuer_der(key->cert));
}

/* With setting harvest_pin only a renewal of all that are in use may replace them, and none while
 * others come: whoever got a CA to certify him for two mailboxes reads the mail of one. */
static enum smime_status
may_replace(struct writing *w, const struct policy_harvest *key, bool *may)
{
	const struct call recent = { .texts = { key->address },
		.text_count = 1,
		.numbers = { w->after->now - ALERT_SPAN },
		.number_count = 1 };
	SMIME_AUTO(policy_stmt) row = NULL;
	int64_t count;

	*may = !w->after->limits.pin;
	if (*may)
		return SMIME_OK;
	SMIME_TRY(run(w, POLICY_SQL_HARVESTED_NEW_FOR_ADDRESS, &recent, &count));
	if (count > 0)
		return SMIME_OK;
	SMIME_TRY(policy_stmt_take(w->db, POLICY_SQL_HARVESTED_ACTIVE, &row, w->diag));
	SMIME_TRY(policy_bind_text(row, 1, key->address));
	for (bool more;;) {
		SMIME_TRY(policy_step(row, &more, w->diag));
		*may = !more;
		if (!more || !is_renewal_of(w, key, policy_column_bytes(row, 0)))
			return SMIME_OK;
	}
}

/* Untrusted, or active, or, when there is an active one already, its successor or a candidate. */
static enum smime_status
choose_state(struct writing *w, const struct policy_harvest *key, const char **state)
{
	const struct call others = {
		.texts = { key->address, smime_cert_fingerprint_hex(key->cert) }, .text_count = 2
	};
	bool may = key->updates;
	int64_t count;

	*state = "untrusted";
	if (!key->verified)
		return SMIME_OK;
	SMIME_TRY(run(w, POLICY_SQL_HARVESTED_OTHERS, &others, &count));
	if (count > 0 && may)
		SMIME_TRY(may_replace(w, key, &may));
	*state = count == 0 || may ? "active" : "candidate";
	if (count == 0 || !may)
		return SMIME_OK;
	return run(w, POLICY_SQL_HARVESTED_SUPERSEDE, &others, NULL);
}

static enum smime_status
insert(struct writing *w, const struct policy_harvest *key, const char *state)
{
	const char *source = w->after->source ? w->after->source : "";
	const char *fingerprint = smime_cert_fingerprint_hex(key->cert);
	SMIME_AUTO_BUF pem = { 0 };
	struct call call = { .texts = { fingerprint, key->address, NULL, state, source },
		.text_count = 5,
		.numbers = { w->after->now, smime_cert_not_after(key->cert) },
		.number_count = 2 };
	char text[400];

	SMIME_TRY(smime_cert_pem(key->cert, &pem));
	SMIME_TRY(smime_buf_terminate(&pem));
	call.texts[2] = (const char *)pem.data;
	SMIME_TRY(run(w, POLICY_SQL_HARVESTED_ADD, &call, NULL));
	(void)snprintf(text, sizeof text, "%.64s: harvested address=%.200s fingerprint=%s state=%s",
	    source, key->address, fingerprint, state);
	return note(w, false, text);
}

enum known {
	NEW,
	UNTRUSTED, /* until it comes with mail that verifies */
	CANDIDATE, /* until that comes at a time when it may replace the one in use */
	KNOWN,
};

/* The renewal that came too early, before the old key was about to expire or while another one was
 * new; or before harvest_updates was on. */
static enum smime_status
reconsider(struct writing *w, const struct policy_harvest *key)
{
	const char *state;

	SMIME_TRY(choose_state(w, key, &state));
	return strcmp(state, "active") == 0 ? insert(w, key, state) : SMIME_OK;
}

/* A key that is not there yet, or not trusted yet. */
static enum smime_status
add(struct writing *w, const struct policy_harvest *key)
{
	const struct call which = {
		.texts = { key->address, smime_cert_fingerprint_hex(key->cert) }, .text_count = 2
	};
	const char *state;
	int64_t known;
	bool over;

	SMIME_TRY(run(w, POLICY_SQL_HARVESTED_KNOWN, &which, &known));
	if (known == KNOWN || (known != NEW && !key->verified))
		return SMIME_OK;
	if (known == CANDIDATE)
		return reconsider(w, key);
	SMIME_TRY(check_quotas(w, key, &over));
	if (over)
		return SMIME_OK;
	SMIME_TRY(choose_state(w, key, &state));
	SMIME_TRY(insert(w, key, state));
	return known == NEW ? alert_new_keys(w, key) : SMIME_OK;
}

/* What the signer reads, if the signature is to be believed. */
static enum smime_status
announce(struct writing *w, const struct policy_harvest *key)
{
	SMIME_AUTO_BUF names = { 0 };
	struct call call = { .texts = { key->address, smime_cert_fingerprint_hex(key->cert), NULL },
		.text_count = 3,
		.numbers = { key->signed_at },
		.number_count = 1 };

	SMIME_TRY(smime_caps_print(&key->caps, &names));
	if (!key->verified || names.len == 0)
		return SMIME_OK;
	SMIME_TRY(smime_buf_terminate(&names));
	call.texts[2] = (const char *)names.data;
	return run(w, POLICY_SQL_HARVESTED_ANNOUNCE, &call, NULL);
}

/* ---- stamps and eviction ---- */

/* The keys of each reader that are among those that were used. */
static enum smime_status
stamp(struct writing *w, const struct policy_use *use)
{
	SMIME_AUTO_BUF used = { 0 };

	for (size_t i = 0; i < use->certs.count; i++)
		SMIME_TRY(
		    smime_buf_append(&used, smime_cert_fingerprint_hex(use->certs.item[i]), 64));
	SMIME_TRY(smime_buf_terminate(&used));
	for (size_t i = 0; i < use->address_count; i++) {
		const struct call call = { .texts = { use->addresses[i], (const char *)used.data },
			.text_count = 2,
			.numbers = { w->after->now },
			.number_count = 1 };

		SMIME_TRY(run(w, POLICY_SQL_HARVESTED_STAMP, &call, NULL));
	}
	return SMIME_OK;
}

/* Keys never used go first, then those not used for the longest time; those in use stay. A full
 * cache is emptied by a 128th: a key in so large a transaction shares most of the pages that it
 * changes, and costs a fraction of one by itself. */
static enum smime_status
evict(struct writing *w)
{
	const struct call none = { 0 };
	uint64_t setting = w->after->limits.capacity;
	int64_t capacity = setting < INT64_MAX ? (int64_t)setting : INT64_MAX;
	int64_t most = capacity, octets;

	for (;;) {
		struct call drop = { .numbers = { w->after->now - KEPT_SPAN }, .number_count = 2 };

		SMIME_TRY(run(w, POLICY_SQL_HARVESTED_SIZE, &none, &octets));
		if (octets <= most)
			return SMIME_OK;
		most = capacity - capacity / 128;
		drop.numbers[1] = 1 + (octets - most) / ROW_LARGE;
		SMIME_TRY(run(w, POLICY_SQL_HARVESTED_EVICT, &drop, NULL));
		if (policy_db_changes(w->db) == 0)
			return SMIME_OK;
	}
}

enum smime_status
policy_harvest_write(struct policy_db *db, const struct policy_after *after,
    struct policy_telling *telling, struct smime_diag *diag)
{
	struct writing w = { .db = db, .after = after, .telling = telling, .diag = diag };

	SMIME_TRY(policy_seen_write(db, after, diag));
	for (size_t i = 0; i < after->use_count; i++)
		SMIME_TRY(stamp(&w, &after->uses[i]));
	for (size_t i = 0; i < after->harvest_count; i++) {
		SMIME_TRY(add(&w, &after->harvest[i]));
		SMIME_TRY(announce(&w, &after->harvest[i]));
	}
	return after->harvest_count > 0 ? evict(&w) : SMIME_OK;
}
