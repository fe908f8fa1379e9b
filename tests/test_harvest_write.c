/* test_harvest_write.c - what somebody could do to the cache with many keys: alerts, quotas,
 * eviction, and the indexes that keep its cost flat. The clock is the test's. */
#include "harvest_write.h"
#include "sql.h"
#include "support.h"
#include "support_db.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#define DAY    PKI_DAY
#define HOUR   3600
#define MINUTE 60
#define KEYS   9

static struct pki_cert *key[KEYS];
static struct policy_db *db;
static struct policy_harvest_limits limits;
static char told[4000];

static void
make_certificates(void)
{
	for (int i = 0; i < KEYS; i++)
		key[i] = pki_make(&(struct pki_spec){ .name = "key" });
}

static void
free_certificates(void)
{
	for (int i = 0; i < KEYS; i++)
		pki_free(&key[i]);
}

static void
restart(void)
{
	policy_db_free(&db);
	ck_assert_int_eq(policy_db_open(db_path(), POLICY_DB_WRITE, &db, NULL), SMIME_OK);
}

static void
setup(void)
{
	db_make();
	ck_assert_int_eq(policy_db_init(db_path(), NULL), SMIME_OK);
	restart();
	told[0] = 0;
	limits = (struct policy_harvest_limits){ .capacity = 1 << 20 };
}

static void
teardown(void)
{
	policy_db_free(&db);
	db_remove();
}

static void
tell(void *arg, bool alert, const char *text)
{
	size_t used = strlen(told);

	(void)arg;
	if (alert)
		(void)snprintf(told + used, sizeof told - used, "%s\n", text);
}

static void
write_after(const struct policy_after *after)
{
	struct policy_telling telling = { 0 };
	struct smime_diag diag = { 0 };

	ck_assert_msg(
	    policy_harvest_write(db, after, &telling, &diag) == SMIME_OK, "%s", diag.text);
	policy_telling_give(&telling, tell, NULL);
	smime_buf_reset(&telling.lines);
}

static void
harvest(int n, const char *address, bool verified, int64_t now)
{
	struct policy_harvest h = {
		.address = (char *)(uintptr_t)address, .cert = key[n]->cert, .verified = verified
	};

	write_after(&(struct policy_after){
	    .harvest = &h, .harvest_count = 1, .limits = limits, .now = now });
}

static void
use(int n, const char *address, int64_t now)
{
	struct policy_after after = { .now = now };
	struct smime_certs certs = pki_list((struct pki_cert *[]){ key[n], NULL });

	ck_assert_int_eq(policy_after_use(&after, &certs), SMIME_OK);
	ck_assert_int_eq(policy_after_reader(&after, address), SMIME_OK);
	write_after(&after);
	policy_after_reset(&after);
	smime_certs_reset(&certs);
}

/* How often something was told since the last time. */
static int
times_told(const char *what)
{
	int n = 0;

	for (const char *at = told; (at = strstr(at, what)) != NULL; at++)
		n++;
	told[0] = 0;
	return n;
}

#define COUNT "SELECT count(*) FROM harvested_key"

/* ---- alerts ---- */

static const struct {
	const char *second; /* address of the second key */
	int64_t apart;
	const char *subject; /* NULL: no alert */
} spans[] = {
	{ "user@b.example", 47 * HOUR + 59 * MINUTE, "for user@b.example " },
	{ "user@b.example", 48 * HOUR + 1 * MINUTE, NULL },
	{ "other@b.example", 47 * HOUR + 59 * MINUTE, "for b.example " },
	{ "other@b.example", 48 * HOUR + 1 * MINUTE, NULL },
	{ "other@c.example", 1, NULL },
	{ "other@sub.b.example", 1, NULL },
};

START_TEST(two_new_keys_within_48_hours_alert)
{
	harvest(0, "user@b.example", true, PKI_NOW);
	restart();
	harvest(1, spans[_i].second, true, PKI_NOW + spans[_i].apart);
	ck_assert_int_eq(strstr(told, "two or more new keys") != NULL, spans[_i].subject != NULL);
	if (spans[_i].subject)
		ck_assert_int_eq(times_told(spans[_i].subject), 1);
}
END_TEST

/* An alert must not become a mail bomb. */
START_TEST(an_alert_comes_once_a_day)
{
	harvest(0, "user@b.example", true, PKI_NOW);
	harvest(1, "user@b.example", true, PKI_NOW + HOUR);
	ck_assert_int_eq(times_told("for user@b.example "), 1);
	restart();
	harvest(2, "user@b.example", true, PKI_NOW + 2 * HOUR);
	harvest(3, "user@b.example", true, PKI_NOW + DAY + HOUR - 1);
	ck_assert_int_eq(times_told("new keys"), 0);
	restart();
	harvest(4, "user@b.example", true, PKI_NOW + DAY + HOUR);
	ck_assert_int_eq(times_told("for user@b.example "), 1);
	/* The domain is another subject. */
	harvest(5, "other@b.example", true, PKI_NOW + DAY + 2 * HOUR);
	ck_assert_int_eq(times_told("for b.example "), 1);
	harvest(6, "third@b.example", true, PKI_NOW + DAY + 3 * HOUR);
	ck_assert_int_eq(times_told("new keys"), 0);
	/* Old marks go. */
	harvest(7, "user@b.example", true, PKI_NOW + 9 * DAY);
	harvest(8, "user@b.example", true, PKI_NOW + 9 * DAY);
	ck_assert_str_eq(db_query("SELECT subject FROM harvest_alert"), "user@b.example ");
}
END_TEST

START_TEST(a_clock_that_went_back_does_not_silence)
{
	harvest(0, "user@b.example", true, PKI_NOW + 300 * DAY);
	harvest(1, "user@b.example", true, PKI_NOW + 300 * DAY);
	ck_assert_int_eq(times_told("for user@b.example "), 1);
	harvest(2, "user@b.example", true, PKI_NOW);
	ck_assert_int_eq(times_told("for user@b.example "), 1);
}
END_TEST

/* One certificate for many mailboxes, as gateways have them, is one key. */
START_TEST(a_shared_key_is_new_once)
{
	harvest(0, "user@b.example", true, PKI_NOW);
	harvest(0, "other@b.example", true, PKI_NOW + 1);
	ck_assert_int_eq(times_told("new keys"), 0);
	/* Old in the domain, new to another mailbox of it, together with one that is new. */
	harvest(0, "third@b.example", true, PKI_NOW + 10 * DAY);
	harvest(1, "fourth@b.example", true, PKI_NOW + 10 * DAY);
	ck_assert_int_eq(times_told("new keys"), 0);
	harvest(2, "fifth@b.example", true, PKI_NOW + 10 * DAY);
	ck_assert_int_eq(times_told("for b.example "), 1);
}
END_TEST

/* ---- replacing ---- */

static const struct {
	bool pin, same_issuer;
	int64_t left, apart; /* days that the old one is still valid; between their arrivals */
	const char *states;
} successors[] = {
	{ false, false, 300, 0, "active superseded " },
	{ true, true, 29, 3, "active superseded " },
	{ true, true, -2, 3, "active superseded " },
	{ true, true, 31, 3, "active candidate " },
	{ true, false, 29, 3, "active candidate " },
	{ true, true, 29, 1, "active candidate " },
};

START_TEST(only_a_renewal_replaces_a_pinned_key)
{
	struct pki_cert *ca = pki_make(&(struct pki_spec){ .name = "CA", .ca = true }),
			*ca2 = pki_make(&(struct pki_spec){ .name = "CA 2", .ca = true });
	int64_t then = PKI_NOW - successors[_i].apart * DAY;
	struct pki_cert *old = pki_make(&(struct pki_spec){ .name = "old",
	    .issuer = ca,
	    .from = then - 300 * DAY,
	    .to = PKI_NOW + successors[_i].left * DAY });
	struct pki_cert *new = pki_make(
	    &(struct pki_spec){ .name = "new", .issuer = successors[_i].same_issuer ? ca : ca2 });
	struct policy_harvest h[2] = { { .address = (char *)(uintptr_t) "u@b.example",
					   .cert = old->cert,
					   .verified = true },
		{ .address = (char *)(uintptr_t) "u@b.example",
		    .cert = new->cert,
		    .verified = true,
		    .updates = true } };

	limits.pin = successors[_i].pin;
	for (int i = 0; i < 2; i++)
		write_after(&(struct policy_after){ .harvest = &h[i],
		    .harvest_count = 1,
		    .limits = limits,
		    .now = i == 0 ? then : PKI_NOW });
	ck_assert_str_eq(
	    db_query("SELECT state FROM harvested_key ORDER BY state"), successors[_i].states);
	pki_free(&new);
	pki_free(&old);
	pki_free(&ca2);
	pki_free(&ca);
}
END_TEST

/* Partners renew long before the end: what was too early is right later, with the next mail. */
START_TEST(a_pinned_candidate_is_judged_with_each_mail)
{
	struct pki_cert *ca = pki_make(&(struct pki_spec){ .name = "CA", .ca = true });
	struct pki_cert *cert[2] = { pki_make(&(struct pki_spec){ .name = "old",
					 .issuer = ca,
					 .from = PKI_NOW - 300 * DAY,
					 .to = PKI_NOW + 60 * DAY }),
		pki_make(&(struct pki_spec){ .name = "new", .issuer = ca }) };
	static const struct {
		int cert, day;
		bool verified, updates;
		const char *states;
	} mails[] = {
		{ 0, 0, true, true, "active " },
		{ 1, 10, true, true, "active candidate " },
		{ 1, 20, true, true, "active candidate " },
		{ 1, 31, false, true, "active candidate " },
		{ 1, 31, true, false, "active candidate " },
		{ 1, 32, true, true, "superseded active " },
		{ 0, 33, true, true, "superseded active " },
	};

	limits.pin = true;
	limits.per_address = 1;
	for (size_t i = 0; i < sizeof mails / sizeof *mails; i++) {
		struct policy_harvest h = { .address = (char *)(uintptr_t) "u@b.example",
			.cert = cert[mails[i].cert]->cert,
			.verified = mails[i].verified,
			.updates = mails[i].updates };

		write_after(&(struct policy_after){ .harvest = &h,
		    .harvest_count = 1,
		    .limits = limits,
		    .now = PKI_NOW + mails[i].day * DAY });
		ck_assert_str_eq(db_query("SELECT state FROM harvested_key ORDER BY harvested_at"),
		    mails[i].states);
	}
	pki_free(&cert[0]);
	pki_free(&cert[1]);
	pki_free(&ca);
}
END_TEST

START_TEST(a_candidate_is_used_when_no_key_is)
{
	harvest(0, "u@b.example", true, PKI_NOW);
	harvest(1, "u@b.example", true, PKI_NOW + 9 * DAY);
	ck_assert_str_eq(
	    db_query("SELECT state FROM harvested_key ORDER BY harvested_at"), "active candidate ");
	db_run("DELETE FROM harvested_key WHERE state = 'active'");
	harvest(1, "u@b.example", true, PKI_NOW + 10 * DAY);
	ck_assert_str_eq(db_query("SELECT state FROM harvested_key"), "active ");
}
END_TEST

/* ---- quotas ---- */

START_TEST(an_address_gets_so_many_keys_a_day)
{
	limits.per_address = 2;
	for (int i = 0; i < 4; i++)
		harvest(i, "user@b.example", true, PKI_NOW + i);
	ck_assert_str_eq(db_query(COUNT), "2 ");
	ck_assert_int_eq(times_told("over 2 new keys for user@b.example within a day"), 1);
	/* Others are not concerned, nor is the next day. */
	harvest(4, "other@b.example", true, PKI_NOW + 5);
	harvest(5, "user@b.example", true, PKI_NOW + DAY + 2);
	ck_assert_str_eq(db_query(COUNT), "4 ");
	/* A key that is known is not new. */
	harvest(5, "user@b.example", true, PKI_NOW + DAY + 3);
	ck_assert_int_eq(times_told("over 2"), 0);
}
END_TEST

/* Whatever came while the clock was ahead must not use up the quota of months. */
START_TEST(a_clock_that_went_back_does_not_use_up_a_quota)
{
	limits.per_address = 1;
	limits.per_domain = 1;
	harvest(0, "user@b.example", true, PKI_NOW + 300 * DAY);
	harvest(1, "user@b.example", true, PKI_NOW);
	ck_assert_str_eq(db_query(COUNT), "2 ");
	harvest(2, "user@b.example", true, PKI_NOW - HOUR);
	ck_assert_str_eq(db_query(COUNT), "2 ");
}
END_TEST

START_TEST(a_domain_gets_so_many_keys_a_day)
{
	char address[40];

	limits.per_domain = 3;
	for (int i = 0; i < 5; i++) {
		(void)snprintf(address, sizeof address, "user%d@b.example", i);
		harvest(i, address, true, PKI_NOW + i);
	}
	ck_assert_str_eq(db_query(COUNT), "3 ");
	ck_assert_int_eq(times_told("over 3 new keys for b.example within a day"), 1);
	harvest(5, "user@c.example", true, PKI_NOW + 6);
	ck_assert_str_eq(db_query(COUNT), "4 ");
	/* A key that the domain has already serves its other mailboxes, too. */
	harvest(0, "third@b.example", true, PKI_NOW + 7);
	ck_assert_str_eq(db_query(COUNT), "5 ");
}
END_TEST

/* Whoever forges mail could use the day's keys up before the true one comes. */
START_TEST(mail_that_did_not_verify_has_a_quota_of_its_own)
{
	limits.per_address = 2;
	limits.per_domain = 2;
	for (int i = 0; i < 4; i++)
		harvest(i, "user@b.example", false, PKI_NOW);
	harvest(4, "user@b.example", true, PKI_NOW);
	ck_assert_str_eq(db_query("SELECT state FROM harvested_key ORDER BY state"),
	    "active untrusted untrusted ");
	/* One of those that turns out to be true counts as such. */
	harvest(0, "user@b.example", true, PKI_NOW);
	harvest(5, "user@b.example", true, PKI_NOW);
	ck_assert_str_eq(db_query("SELECT state FROM harvested_key ORDER BY state"),
	    "active candidate untrusted ");
}
END_TEST

START_TEST(without_a_quota_there_is_none)
{
	for (int i = 0; i < KEYS; i++)
		harvest(i, "user@b.example", true, PKI_NOW);
	ck_assert_str_eq(db_query(COUNT), "9 ");
	ck_assert_int_eq(times_told("over"), 0);
}
END_TEST

/* ---- stamps ---- */

#define USED                                                                                  \
	"SELECT address || ':' || use_count || ':' || (coalesce(last_used_at, 1790000000) - " \
	"1790000000) FROM harvested_key ORDER BY address"

START_TEST(a_use_is_stamped_for_its_reader)
{
	harvest(0, "other@b.example", true, PKI_NOW);
	harvest(0, "user@b.example", true, PKI_NOW);
	use(0, "User@b.example", PKI_NOW + 5);
	ck_assert_str_eq(db_query(USED), "other@b.example:0:0 user@b.example:1:5 ");
	/* Encrypted to another key, an administrator's: this one was not used. */
	use(1, "user@b.example", PKI_NOW + 6);
	ck_assert_str_eq(db_query(USED), "other@b.example:0:0 user@b.example:1:5 ");
	/* Messages are written in no certain order. */
	use(0, "user@b.example", PKI_NOW + 2);
	ck_assert_str_eq(db_query(USED), "other@b.example:0:0 user@b.example:2:5 ");
}
END_TEST

START_TEST(only_an_active_key_is_stamped)
{
	harvest(0, "user@b.example", true, PKI_NOW);
	harvest(1, "user@b.example", true, PKI_NOW);
	use(1, "user@b.example", PKI_NOW + 5);
	ck_assert_str_eq(db_query(USED), "user@b.example:0:0 user@b.example:0:0 ");
}
END_TEST

/* ---- capacity ---- */

#define SIZE "SELECT octets || ':' || keys FROM harvest_size"
#define TRUE_SIZE                                                                         \
	"SELECT coalesce(sum(256 + length(certificate) + length(address)), 0) || ':' || " \
	"count(*) FROM harvested_key"

START_TEST(the_size_is_kept_whatever_changes_the_table)
{
	char size[100];

	ck_assert_str_eq(db_query(SIZE), "0:0 ");
	for (int i = 0; i < 4; i++)
		harvest(i, "user@b.example", true, PKI_NOW);
	db_run("UPDATE harvested_key SET certificate = certificate || 'x' WHERE state = 'active';"
	       "UPDATE harvested_key SET address = 'longer@b.example', state = 'superseded' WHERE "
	       "state = 'active'");
	use(1, "user@b.example", PKI_NOW);
	db_run("DELETE FROM harvested_key WHERE fingerprint = %Q",
	    smime_cert_fingerprint_hex(key[2]->cert));
	(void)snprintf(size, sizeof size, "%s", db_query(SIZE));
	ck_assert_str_eq(db_query(TRUE_SIZE), size);
	ck_assert_ptr_nonnull(strstr(size, ":3 "));
}
END_TEST

#define REMAINING "SELECT address FROM harvested_key WHERE address LIKE '%@old' ORDER BY address"

/* Keys never used go first, the oldest before the others; then those not used for long; what was
 * used within 30 days stays, whatever comes. */
START_TEST(a_full_cache_evicts_in_order)
{
	static const char *const order[] = { "5-oldest@old ", "4-newer@old ", "3-ages@old ",
		"2-recent@old " };
	static const char *const all =
	    "1-in-use@old 2-recent@old 3-ages@old 4-newer@old 5-oldest@old ";
	char left[100];

	db_run("INSERT INTO harvested_key (fingerprint, address, certificate, harvested_at, "
	       "last_used_at, use_count) VALUES ('a', '1-in-use@old', 'x', 1, %d, 1),"
	       " ('b', '2-recent@old', 'x', 5, %d, 1), ('c', '3-ages@old', 'x', 4, 99, 7),"
	       " ('d', '4-newer@old', 'x', 3, NULL, 0), ('e', '5-oldest@old', 'x', 2, NULL, 0)",
	    PKI_NOW - 29 * DAY, PKI_NOW - 31 * DAY);
	(void)snprintf(left, sizeof left, "%s", all);
	/* Each of these rows takes less than 280 octets, and the new key, which is known from the
	 * first time on, goes among those never used. */
	for (limits.capacity = 4096; limits.capacity > 0; limits.capacity -= 64) {
		const char *now;

		harvest(0, "new@new", true, PKI_NOW);
		now = db_query(REMAINING);
		for (int i = 0; i < ROWS(order) && strcmp(left, now) != 0; i++)
			if (strstr(left, order[i]))
				*strstr(left, order[i]) = 0;
		ck_assert_str_eq(now, left);
	}
	ck_assert_str_eq(db_query(REMAINING), "1-in-use@old ");
	ck_assert_str_eq(db_query(COUNT), "1 ");
}
END_TEST

START_TEST(a_flood_does_not_reach_what_is_in_use)
{
	char address[40];

	db_run("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50)"
	       " INSERT INTO harvested_key (fingerprint, address, certificate, harvested_at,"
	       " last_used_at, use_count) SELECT 'f' || i, i || '@use', 'x', i, %d, 1 FROM n",
	    PKI_NOW - 29 * DAY);
	limits.capacity = 30000;
	for (int i = 0; i < 400; i++) {
		(void)snprintf(address, sizeof address, "u%d@flood%d.example", i, i);
		harvest(i % KEYS, address, i % 2, PKI_NOW + i);
	}
	ck_assert_str_eq(
	    db_query("SELECT count(*) FROM harvested_key WHERE address LIKE '%@use'"), "50 ");
	ck_assert_str_eq(db_query("SELECT octets <= 30000 FROM harvest_size"), "1 ");
	/* The newest of the flood are there, the oldest are gone. */
	ck_assert_str_eq(db_query("SELECT count(*) FROM harvested_key WHERE address LIKE "
				  "'u399@%' OR address LIKE 'u0@%'"),
	    "1 ");
}
END_TEST

/* ---- indexes ---- */

static const enum policy_sql hot[] = {
	POLICY_SQL_HARVESTED_ACTIVE,
	POLICY_SQL_HARVESTED_CAPABILITIES,
	POLICY_SQL_HARVESTED_ANNOUNCE,
	POLICY_SQL_HARVESTED_KNOWN,
	POLICY_SQL_HARVESTED_COUNT_ADDRESS,
	POLICY_SQL_HARVESTED_COUNT_DOMAIN,
	POLICY_SQL_HARVESTED_OTHERS,
	POLICY_SQL_HARVESTED_SUPERSEDE,
	POLICY_SQL_HARVESTED_ADD,
	POLICY_SQL_HARVESTED_NEW_FOR_ADDRESS,
	POLICY_SQL_HARVESTED_NEW_FOR_DOMAIN,
	POLICY_SQL_HARVESTED_STAMP,
	POLICY_SQL_HARVESTED_EVICT,
	POLICY_SQL_HARVEST_ALERT,
	POLICY_SQL_HARVEST_ALERT_EXPIRE,
	POLICY_SQL_EXPIRY_HARVESTED,
	POLICY_SQL_EXPIRY_FORGET,
	POLICY_SQL_EXPIRY_LIST,
};

/* With a million keys whatever does not search takes seconds. */
START_TEST(every_statement_searches_an_index)
{
	SMIME_AUTO_BUF sql = { 0 };
	sqlite3_stmt *stmt;
	sqlite3 *raw;

	ck_assert_int_eq(
	    smime_buf_appendf(&sql, "EXPLAIN QUERY PLAN %s", policy_sql_text[hot[_i]]), SMIME_OK);
	ck_assert_int_eq(smime_buf_terminate(&sql), SMIME_OK);
	ck_assert_int_eq(sqlite3_open(db_path(), &raw), SQLITE_OK);
	ck_assert_int_eq(
	    sqlite3_prepare_v2(raw, (const char *)sql.data, -1, &stmt, NULL), SQLITE_OK);
	while (sqlite3_step(stmt) == SQLITE_ROW) {
		const char *step = (const char *)sqlite3_column_text(stmt, 3);

		/* A scan only of what a search has found. */
		ck_assert_msg(strncmp(step, "SCAN harvest", 12) != 0 &&
				  strcmp(step, "SCAN new") != 0 &&
				  strncmp(step, "SCAN k", 6) != 0 &&
				  !strstr(step, "TEMP B-TREE FOR ORDER BY"),
		    "%s: %s", policy_sql_text[hot[_i]], step);
	}
	ck_assert_int_eq(sqlite3_finalize(stmt), SQLITE_OK);
	ck_assert_int_eq(sqlite3_close(raw), SQLITE_OK);
}
END_TEST

START_TEST(the_domain_is_what_stands_behind_the_last_at)
{
	static const char *const rows[][2] = { { "user@b.example", "b.example " },
		{ "\"a@b\"@c.example", "c.example " }, { "nobody", "nobody " },
		{ "u@[192.0.2.1]", "[192.0.2.1] " } };

	for (int i = 0; i < ROWS(rows); i++) {
		db_run("DELETE FROM harvested_key; INSERT INTO harvested_key (fingerprint, address,"
		       " certificate, harvested_at) VALUES ('f', %Q, 'x', 1)",
		    rows[i][0]);
		ck_assert_str_eq(db_query("SELECT domain FROM harvested_key"), rows[i][1]);
	}
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("harvest_write");
	TCase *tc = tcase_create("all");

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 60);
	tcase_add_unchecked_fixture(tc, make_certificates, free_certificates);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, two_new_keys_within_48_hours_alert, 0, ROWS(spans));
	tcase_add_test(tc, an_alert_comes_once_a_day);
	tcase_add_test(tc, a_clock_that_went_back_does_not_silence);
	tcase_add_test(tc, a_shared_key_is_new_once);
	tcase_add_loop_test(tc, only_a_renewal_replaces_a_pinned_key, 0, ROWS(successors));
	tcase_add_test(tc, a_pinned_candidate_is_judged_with_each_mail);
	tcase_add_test(tc, a_candidate_is_used_when_no_key_is);
	tcase_add_test(tc, an_address_gets_so_many_keys_a_day);
	tcase_add_test(tc, a_clock_that_went_back_does_not_use_up_a_quota);
	tcase_add_test(tc, a_domain_gets_so_many_keys_a_day);
	tcase_add_test(tc, mail_that_did_not_verify_has_a_quota_of_its_own);
	tcase_add_test(tc, without_a_quota_there_is_none);
	tcase_add_test(tc, a_use_is_stamped_for_its_reader);
	tcase_add_test(tc, only_an_active_key_is_stamped);
	tcase_add_test(tc, the_size_is_kept_whatever_changes_the_table);
	tcase_add_test(tc, a_full_cache_evicts_in_order);
	tcase_add_test(tc, a_flood_does_not_reach_what_is_in_use);
	tcase_add_loop_test(tc, every_statement_searches_an_index, 0, ROWS(hot));
	tcase_add_test(tc, the_domain_is_what_stands_behind_the_last_at);
	return suite;
}
