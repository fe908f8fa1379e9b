/* test_harvester.c - what becomes of a signer's certificate: active, candidate, superseded,
 * untrusted; alerts, stamps and eviction. */
#include "policy/db.h"
#include "policy/harvest.h"
#include "policy/snapshot.h"
#include "support.h"
#include "support_db.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#define DAY PKI_DAY

static struct pki_cert *ca, *key[3], *self_signed, *expired, *signs_only;
static char told[4000];
static const char *announced; /* by what arrives */
static int64_t signed_at;     /* 0: it does not say */

static void
make_certificates(void)
{
	ca = pki_make(&(struct pki_spec){ .name = "CA", .ca = true });
	for (int i = 0; i < 3; i++)
		key[i] = pki_make(&(struct pki_spec){ .name = "key",
		    .mailboxes = "user@b.example other@b.example",
		    .issuer = ca,
		    .usage = "sign agree" });
	self_signed = pki_make(&(struct pki_spec){ .name = "self", .mailboxes = "user@b.example" });
	expired = pki_make(&(struct pki_spec){ .name = "old",
	    .mailboxes = "user@b.example",
	    .issuer = ca,
	    .from = PKI_NOW - 30 * DAY,
	    .to = PKI_NOW - DAY });
	signs_only = pki_make(&(struct pki_spec){
	    .name = "signs", .mailboxes = "user@b.example", .issuer = ca, .usage = "sign" });
}

static void
free_certificates(void)
{
	for (int i = 0; i < 3; i++)
		pki_free(&key[i]);
	pki_free(&self_signed);
	pki_free(&expired);
	pki_free(&signs_only);
	pki_free(&ca);
}

static void
setup(void)
{
	db_make();
	ck_assert_int_eq(policy_db_init(db_path(), NULL), SMIME_OK);
	told[0] = 0;
	announced = "";
	signed_at = 0;
}

static void
teardown(void)
{
	db_remove();
}

static void
tell(void *arg, bool alert, const char *text)
{
	size_t used = strlen(told);

	(void)arg;
	(void)snprintf(told + used, sizeof told - used, "%s%s\n", alert ? "ALERT " : "", text);
}

/* The answer of a query as text. */
static const char *
query(const char *sql)
{
	static char out[400];
	sqlite3_stmt *stmt;
	sqlite3 *db;

	out[0] = 0;
	ck_assert_int_eq(sqlite3_open(db_path(), &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
	while (sqlite3_step(stmt) == SQLITE_ROW)
		(void)snprintf(out + strlen(out), sizeof out - strlen(out), "%s ",
		    (const char *)sqlite3_column_text(stmt, 0));
	ck_assert_int_eq(sqlite3_finalize(stmt), SQLITE_OK);
	ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
	return out;
}

/* A message signed with that certificate arrives and is written about. */
static void
arrive(const struct pki_cert *cert, bool ok, const struct policy_flow *flow, int64_t now)
{
	struct smime_opened opened = { .layer_count = 1,
		.layers = { { .type = SMIME_LAYER_SIGNED,
		    .ok = ok,
		    .cert = cert->cert,
		    .caps = smime_caps_parse(announced),
		    .signing_time = signed_at } } };
	struct policy_after after = { .now = now };
	struct policy_harvester *harvester;

	ck_assert_int_eq(policy_harvest_collect(flow, &opened, "user@b.example", &after), SMIME_OK);
	ck_assert_int_eq(policy_harvester_new(db_path(), tell, NULL, &harvester, NULL), SMIME_OK);
	policy_harvester_push(harvester, 1 << 20, &after);
	policy_after_reset(&after);
	policy_harvester_free(&harvester);
}

static const struct policy_flow on = { .harvest = true };
static const struct policy_flow updating = { .harvest = true, .harvest_updates = true };
static const struct policy_flow trusting = { .harvest = true, .harvest_on_failure = true };
static const struct policy_flow off = { .harvest = false };

#define STATES "SELECT state FROM harvested_key ORDER BY harvested_at, state"

START_TEST(a_verified_signer_is_kept_for_its_from_address_alone)
{
	arrive(key[0], true, &on, PKI_NOW);
	ck_assert_str_eq(query("SELECT address FROM harvested_key"), "user@b.example ");
	ck_assert_str_eq(query(STATES), "active ");
	/* Again: nothing new. */
	arrive(key[0], true, &on, PKI_NOW + 1);
	ck_assert_str_eq(query("SELECT count(*) FROM harvested_key"), "1 ");
	ck_assert_ptr_nonnull(strstr(told, "harvested address=user@b.example fingerprint="));
}
END_TEST

START_TEST(what_must_not_be_kept_is_not)
{
	arrive(key[0], true, &off, PKI_NOW);
	arrive(key[0], false, &on, PKI_NOW);
	arrive(self_signed, true, &on, PKI_NOW);
	arrive(expired, true, &on, PKI_NOW);
	arrive(signs_only, true, &on, PKI_NOW);
	ck_assert_str_eq(query("SELECT count(*) FROM harvested_key"), "0 ");
}
END_TEST

START_TEST(what_did_not_verify_is_never_usable)
{
	arrive(key[0], false, &trusting, PKI_NOW);
	ck_assert_str_eq(query(STATES), "untrusted ");
	/* Once it does, it is. */
	arrive(key[0], true, &trusting, PKI_NOW + 1);
	ck_assert_str_eq(query(STATES), "active ");
	/* And no bad message takes that back. */
	arrive(key[0], false, &trusting, PKI_NOW + 2);
	ck_assert_str_eq(query(STATES), "active ");
}
END_TEST

START_TEST(a_changed_key_is_a_candidate_or_a_successor)
{
	arrive(key[0], true, &on, PKI_NOW);
	arrive(key[1], true, &on, PKI_NOW + 10 * DAY);
	ck_assert_str_eq(query(STATES), "active candidate ");
	arrive(key[2], true, &updating, PKI_NOW + 20 * DAY);
	ck_assert_str_eq(query(STATES), "superseded candidate active ");
	ck_assert_ptr_null(strstr(told, "ALERT"));
}
END_TEST

#define CAPABILITIES \
	"SELECT capabilities || '@' || (capabilities_at - 1790000000) FROM harvested_key"

START_TEST(what_the_newest_mail_announces_is_kept)
{
	announced = "aes256-gcm rsa-oaep";
	signed_at = PKI_NOW - 100;
	arrive(key[0], true, &on, PKI_NOW);
	ck_assert_str_eq(query(CAPABILITIES), "aes256-gcm rsa-oaep@-100 ");
	/* An older message, seen late or sent once more by somebody else, takes nothing back. */
	announced = "aes128-cbc";
	signed_at = PKI_NOW - 200;
	arrive(key[0], true, &on, PKI_NOW + 1);
	ck_assert_str_eq(query(CAPABILITIES), "aes256-gcm rsa-oaep@-100 ");
	signed_at = PKI_NOW - 50;
	arrive(key[0], true, &on, PKI_NOW + 2);
	ck_assert_str_eq(query(CAPABILITIES), "aes128-cbc@-50 ");
	/* A time that has not come yet would lock all later ones out. */
	announced = "aes256-cbc";
	signed_at = PKI_NOW + 1000 * DAY;
	arrive(key[0], true, &on, PKI_NOW + 3);
	ck_assert_str_eq(query(CAPABILITIES), "aes256-cbc@3 ");
	/* Silence is no news. */
	announced = "";
	arrive(key[0], true, &on, PKI_NOW + 4);
	ck_assert_str_eq(query(CAPABILITIES), "aes256-cbc@3 ");
}
END_TEST

START_TEST(what_did_not_verify_announces_nothing)
{
	announced = "aes128-cbc";
	arrive(key[0], false, &trusting, PKI_NOW);
	ck_assert_str_eq(query("SELECT capabilities || '.' FROM harvested_key"), ". ");
	arrive(key[0], true, &trusting, PKI_NOW + 1);
	ck_assert_str_eq(query(CAPABILITIES), "aes128-cbc@1 ");
	announced = "3des-cbc";
	arrive(key[0], false, &trusting, PKI_NOW + 2);
	ck_assert_str_eq(query(CAPABILITIES), "aes128-cbc@1 ");
}
END_TEST

static const struct {
	int64_t apart;
	bool alert;
} spans[] = {
	{ 48 * 3600 - 60, true },
	{ 48 * 3600 + 60, false },
};

START_TEST(two_new_keys_within_48_hours_alert_once)
{
	char *first;

	arrive(key[0], true, &on, PKI_NOW);
	arrive(key[1], true, &on, PKI_NOW + spans[_i].apart);
	first = strstr(told, "ALERT harvest: two new keys for user@b.example");
	ck_assert_int_eq(first != NULL, spans[_i].alert);
	if (!first)
		return;
	arrive(key[2], true, &on, PKI_NOW + spans[_i].apart + 1);
	ck_assert_ptr_null(strstr(first + 1, "ALERT harvest: two new keys for user@b.example"));
}
END_TEST

START_TEST(a_use_is_stamped)
{
	struct policy_after after = { .now = PKI_NOW + 5 };
	struct policy_harvester *harvester;

	arrive(key[0], true, &on, PKI_NOW);
	ck_assert_int_eq(smime_certs_add(&after.used, key[0]->cert), SMIME_OK);
	ck_assert_int_eq(policy_harvester_new(db_path(), tell, NULL, &harvester, NULL), SMIME_OK);
	policy_harvester_push(harvester, 1 << 20, &after);
	policy_harvester_free(&harvester);
	ck_assert_str_eq(query("SELECT use_count || ':' || (last_used_at - 1790000000) FROM "
			       "harvested_key"),
	    "1:5 ");
}
END_TEST

START_TEST(a_full_cache_keeps_what_is_in_use)
{
	struct policy_harvester *harvester;

	ck_assert_int_eq(policy_harvester_new(db_path(), tell, NULL, &harvester, NULL), SMIME_OK);
	db_run("INSERT INTO harvested_key (fingerprint, address, certificate, harvested_at, "
	       "last_used_at, use_count) VALUES ('in-use', 'in@use', 'x', 1, %d, 3),"
	       " ('long-ago', 'long@ago', 'x', 2, 3, 5)",
	    PKI_NOW - 29 * DAY);
	for (int i = 0; i < 101; i++) {
		struct policy_after after = { .now = PKI_NOW + i };
		char address[40];

		after.harvest = calloc(1, sizeof *after.harvest);
		ck_assert_ptr_nonnull(after.harvest);
		(void)snprintf(address, sizeof address, "u%d@flood%d.example", i, i);
		after.harvest[0] = (struct policy_harvest){ .address = strdup(address),
			.cert = smime_cert_ref(key[0]->cert),
			.verified = true };
		after.harvest_count = 1;
		policy_harvester_push(harvester, 100, &after);
	}
	policy_harvester_free(&harvester);
	ck_assert_str_eq(
	    query("SELECT fingerprint FROM harvested_key WHERE address = 'in@use'"), "in-use ");
	ck_assert_str_eq(query("SELECT count(*) < 5 FROM harvested_key"), "1 ");
}
END_TEST

START_TEST(a_locked_database_is_told_and_nothing_else)
{
	sqlite3 *locker;

	ck_assert_int_eq(sqlite3_open(db_path(), &locker), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(locker, "BEGIN EXCLUSIVE", NULL, NULL, NULL), SQLITE_OK);
	arrive(key[0], true, &on, PKI_NOW);
	ck_assert_ptr_nonnull(strstr(told, "ALERT harvest: not written: "));
	ck_assert_int_eq(sqlite3_close(locker), SQLITE_OK);
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("harvester");
	TCase *tc = tcase_create("all");

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 60);
	tcase_add_unchecked_fixture(tc, make_certificates, free_certificates);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_verified_signer_is_kept_for_its_from_address_alone);
	tcase_add_test(tc, what_must_not_be_kept_is_not);
	tcase_add_test(tc, what_did_not_verify_is_never_usable);
	tcase_add_test(tc, a_changed_key_is_a_candidate_or_a_successor);
	tcase_add_test(tc, what_the_newest_mail_announces_is_kept);
	tcase_add_test(tc, what_did_not_verify_announces_nothing);
	tcase_add_loop_test(tc, two_new_keys_within_48_hours_alert_once, 0, ROWS(spans));
	tcase_add_test(tc, a_use_is_stamped);
	tcase_add_test(tc, a_full_cache_keeps_what_is_in_use);
	tcase_add_test(tc, a_locked_database_is_told_and_nothing_else);
	return suite;
}
