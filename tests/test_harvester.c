/* test_harvester.c - which signers' certificates are worth keeping, and the thread that writes
 * them: it never holds up who pushes, and what cannot be written is forgotten. */
#include "harvested.h"
#include "keystore.h"
#include "policy/db.h"
#include "policy/harvest.h"
#include "policy/snapshot.h"
#include "support.h"
#include "support_db.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define DAY PKI_DAY

static struct pki_cert *ca, *key[3], *self_signed, *expired, *early, *signs_only;
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
	early = pki_make(&(struct pki_spec){ .name = "early",
	    .mailboxes = "user@b.example",
	    .issuer = ca,
	    .from = PKI_NOW + DAY,
	    .to = PKI_NOW + 30 * DAY });
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
	pki_free(&early);
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

static struct policy_harvester *
start(void)
{
	struct policy_harvester *harvester;

	ck_assert_int_eq(policy_harvester_new(db_path(), tell, NULL, &harvester, NULL), SMIME_OK);
	return harvester;
}

/* What is to be written of a message signed with that certificate. */
static struct policy_after
after(const struct pki_cert *cert, bool ok, const struct policy_flow *flow, const char *from,
    int64_t now)
{
	struct smime_opened opened = { .layer_count = 1,
		.layers = { { .type = SMIME_LAYER_SIGNED,
		    .ok = ok,
		    .cert = cert->cert,
		    .caps = smime_caps_parse(announced),
		    .signing_time = signed_at } } };
	struct policy_after a = { .now = now, .limits.capacity = 1 << 20 };

	ck_assert_int_eq(policy_harvest_collect(flow, &opened, from, &a), SMIME_OK);
	return a;
}

/* It arrives, and the daemon is restarted. */
static void
arrive(const struct pki_cert *cert, bool ok, const struct policy_flow *flow, int64_t now)
{
	struct policy_after a = after(cert, ok, flow, "user@B.example", now);
	struct policy_harvester *harvester = start();

	policy_harvester_push(harvester, &a);
	policy_after_reset(&a);
	policy_harvester_free(&harvester);
}

static const struct policy_flow on = { .harvest = true };
static const struct policy_flow updating = { .harvest = true, .harvest_updates = true };
static const struct policy_flow trusting = { .harvest = true, .harvest_on_failure = true };
static const struct policy_flow off = { .harvest = false };

#define STATES "SELECT state FROM harvested_key ORDER BY harvested_at, state"

/* Can mail to addr be encrypted by now, and to which key? NULL: it cannot. */
static const char *
encrypts_to(const char *addr, int64_t now)
{
	static char fingerprints[400];
	struct policy_harvested *harvested;
	struct policy_keystore *keystore;
	struct smime_certs found = { 0 };
	enum smime_status status;

	ck_assert_int_eq(policy_harvested_open(db_path(), &harvested, NULL), SMIME_OK);
	ck_assert_int_eq(policy_keystore_new(harvested, &keystore), SMIME_OK);
	status = policy_keystore_find(keystore, addr, now, &found, NULL);
	fingerprints[0] = 0;
	for (size_t i = 0; i < found.count; i++)
		(void)strncat(fingerprints, smime_cert_fingerprint_hex(found.item[i]), 64);
	smime_certs_reset(&found);
	policy_keystore_free(&keystore);
	policy_harvested_free(&harvested);
	return status == SMIME_OK ? fingerprints : NULL;
}

static void
assert_encrypts_to(const struct pki_cert *cert, int64_t now)
{
	ck_assert_pstr_eq(
	    encrypts_to("user@b.example", now), smime_cert_fingerprint_hex(cert->cert));
}

/* R-HAR-BIND: the certificate has two mailboxes, and its owner may not read the other's mail. */
START_TEST(a_verified_signer_is_kept_for_its_from_address_alone)
{
	arrive(key[0], true, &on, PKI_NOW);
	ck_assert_str_eq(db_query("SELECT address FROM harvested_key"), "user@b.example ");
	ck_assert_str_eq(db_query(STATES), "active ");
	assert_encrypts_to(key[0], PKI_NOW);
	ck_assert_ptr_null(encrypts_to("other@b.example", PKI_NOW));
	/* Again: nothing new. */
	arrive(key[0], true, &on, PKI_NOW + 1);
	ck_assert_str_eq(db_query("SELECT count(*) FROM harvested_key"), "1 ");
	ck_assert_ptr_nonnull(strstr(told, "harvested address=user@b.example fingerprint="));
}
END_TEST

/* However From spelled it: what is told apart elsewhere is one mailbox here. */
START_TEST(a_key_is_found_by_any_spelling)
{
	struct pki_cert *cert = pki_make(&(struct pki_spec){
	    .name = "s", .mailboxes = "First.Last@xn--mller-kva.example", .issuer = ca });
	struct policy_after a = after(cert, true, &on, "First.Last@m\xc3\xbcller.example", PKI_NOW);
	struct policy_harvester *harvester = start();

	policy_harvester_push(harvester, &a);
	policy_harvester_free(&harvester);
	ck_assert_str_eq(
	    db_query("SELECT address FROM harvested_key"), "first.last@xn--mller-kva.example ");
	ck_assert_ptr_nonnull(encrypts_to("first.last@xn--mller-kva.example", PKI_NOW));
	ck_assert_ptr_nonnull(encrypts_to("FIRST.last@m\xc3\xbcller.example", PKI_NOW));
	pki_free(&cert);
}
END_TEST

static const struct {
	struct pki_cert **cert;
	bool ok;
	const struct policy_flow *flow;
	const char *from, *state; /* "": not kept */
} kinds[] = {
	{ &key[0], true, &on, "user@b.example", "active " },
	{ &key[0], true, &off, "user@b.example", "" },
	{ &key[0], true, &on, "third@b.example", "" },
	{ &key[0], false, &on, "user@b.example", "" },
	{ &key[0], false, &off, "user@b.example", "" },
	{ &key[0], false, &trusting, "user@b.example", "untrusted " },
	{ &key[0], false, &trusting, "third@b.example", "" },
	{ &self_signed, true, &on, "user@b.example", "" },
	{ &self_signed, true, &trusting, "user@b.example", "" },
	{ &self_signed, false, &on, "user@b.example", "" },
	{ &self_signed, false, &trusting, "user@b.example", "untrusted " },
	{ &expired, true, &trusting, "user@b.example", "" },
	{ &expired, false, &trusting, "user@b.example", "" },
	{ &early, true, &on, "user@b.example", "" },
	{ &signs_only, true, &on, "user@b.example", "" },
};

START_TEST(the_flow_policy_says_what_is_kept)
{
	struct policy_after a =
	    after(*kinds[_i].cert, kinds[_i].ok, kinds[_i].flow, kinds[_i].from, PKI_NOW);
	struct policy_harvester *harvester = start();

	policy_harvester_push(harvester, &a);
	policy_harvester_free(&harvester);
	ck_assert_str_eq(db_query(STATES), kinds[_i].state);
	ck_assert_int_eq(encrypts_to("user@b.example", PKI_NOW) != NULL,
	    strcmp(kinds[_i].state, "active ") == 0);
}
END_TEST

START_TEST(what_did_not_verify_is_never_usable)
{
	arrive(key[0], false, &trusting, PKI_NOW);
	ck_assert_str_eq(db_query(STATES), "untrusted ");
	ck_assert_ptr_null(encrypts_to("user@b.example", PKI_NOW));
	/* Once it does, it is. */
	arrive(key[0], true, &trusting, PKI_NOW + 1);
	ck_assert_str_eq(db_query(STATES), "active ");
	/* And no bad message takes that back, or replaces it. */
	arrive(key[0], false, &trusting, PKI_NOW + 2);
	arrive(key[1], false,
	    &(struct policy_flow){
		.harvest = true, .harvest_on_failure = true, .harvest_updates = true },
	    PKI_NOW + 3);
	ck_assert_str_eq(db_query(STATES), "active untrusted ");
	assert_encrypts_to(key[0], PKI_NOW);
}
END_TEST

START_TEST(without_updates_a_changed_key_is_a_candidate)
{
	arrive(key[0], true, &on, PKI_NOW);
	arrive(key[1], true, &on, PKI_NOW + 10 * DAY);
	ck_assert_str_eq(db_query(STATES), "active candidate ");
	assert_encrypts_to(key[0], PKI_NOW + 10 * DAY);
	/* However often it comes. */
	arrive(key[1], true, &on, PKI_NOW + 11 * DAY);
	assert_encrypts_to(key[0], PKI_NOW + 11 * DAY);
	ck_assert_ptr_null(strstr(told, "ALERT"));
}
END_TEST

START_TEST(with_updates_a_changed_key_is_the_successor)
{
	arrive(key[0], true, &updating, PKI_NOW);
	arrive(key[1], true, &updating, PKI_NOW + 10 * DAY);
	ck_assert_str_eq(db_query(STATES), "superseded active ");
	assert_encrypts_to(key[1], PKI_NOW + 10 * DAY);
	/* Old mail that comes late does not bring the old key back. */
	arrive(key[0], true, &updating, PKI_NOW + 11 * DAY);
	ck_assert_str_eq(db_query(STATES), "superseded active ");
	arrive(key[2], true, &updating, PKI_NOW + 20 * DAY);
	assert_encrypts_to(key[2], PKI_NOW + 20 * DAY);
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
	ck_assert_str_eq(db_query(CAPABILITIES), "aes256-gcm rsa-oaep@-100 ");
	/* An older message, seen late or sent once more by somebody else, takes nothing back. */
	announced = "aes128-cbc";
	signed_at = PKI_NOW - 200;
	arrive(key[0], true, &on, PKI_NOW + 1);
	ck_assert_str_eq(db_query(CAPABILITIES), "aes256-gcm rsa-oaep@-100 ");
	signed_at = PKI_NOW - 50;
	arrive(key[0], true, &on, PKI_NOW + 2);
	ck_assert_str_eq(db_query(CAPABILITIES), "aes128-cbc@-50 ");
	/* A time that has not come yet would lock all later ones out. */
	announced = "aes256-cbc";
	signed_at = PKI_NOW + 1000 * DAY;
	arrive(key[0], true, &on, PKI_NOW + 3);
	ck_assert_str_eq(db_query(CAPABILITIES), "aes256-cbc@3 ");
	/* Silence is no news. */
	announced = "";
	arrive(key[0], true, &on, PKI_NOW + 4);
	ck_assert_str_eq(db_query(CAPABILITIES), "aes256-cbc@3 ");
}
END_TEST

START_TEST(what_did_not_verify_announces_nothing)
{
	announced = "aes128-cbc";
	arrive(key[0], false, &trusting, PKI_NOW);
	ck_assert_str_eq(db_query("SELECT capabilities || '.' FROM harvested_key"), ". ");
	arrive(key[0], true, &trusting, PKI_NOW + 1);
	ck_assert_str_eq(db_query(CAPABILITIES), "aes128-cbc@1 ");
	announced = "3des-cbc";
	arrive(key[0], false, &trusting, PKI_NOW + 2);
	ck_assert_str_eq(db_query(CAPABILITIES), "aes128-cbc@1 ");
}
END_TEST

/* ---- the thread ---- */

static double
seconds(void)
{
	struct timespec t;

	ck_assert_int_eq(clock_gettime(CLOCK_MONOTONIC, &t), 0);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Who pushes does not wait, and who stops waits for one try, not for all that is queued. */
START_TEST(reopened_it_writes_to_the_file_that_is_there_now)
{
	struct policy_after a = after(key[0], true, &on, "user@b.example", PKI_NOW);
	struct policy_harvester *harvester = start();

	ck_assert_int_eq(unlink(db_path()), 0);
	ck_assert_int_eq(policy_harvester_reopen(harvester, db_path(), NULL), SMIME_E_SYSTEM);
	db_remove();
	db_make();
	ck_assert_int_eq(policy_db_init(db_path(), NULL), SMIME_OK);
	ck_assert_int_eq(policy_harvester_reopen(harvester, db_path(), NULL), SMIME_OK);
	policy_harvester_push(harvester, &a);
	policy_after_reset(&a);
	policy_harvester_free(&harvester);
	ck_assert_ptr_null(strstr(told, "not written"));
	ck_assert_str_eq(db_query(STATES), "active ");
}
END_TEST

START_TEST(a_locked_database_is_told_and_nothing_else)
{
	struct policy_harvester *harvester = start();
	double begin = seconds();
	sqlite3 *locker;

	ck_assert_int_eq(sqlite3_open(db_path(), &locker), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(locker, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	for (int i = 0; i < 3; i++) {
		struct policy_after a = after(key[i], true, &on, "user@b.example", PKI_NOW);

		policy_harvester_push(harvester, &a);
		ck_assert_ptr_null(a.harvest);
	}
	ck_assert_double_lt(seconds() - begin, 1.0);
	/* Keys are found meanwhile. */
	ck_assert_ptr_null(encrypts_to("user@b.example", PKI_NOW));
	policy_harvester_free(&harvester);
	ck_assert_double_lt(seconds() - begin, 12.0);
	ck_assert_ptr_nonnull(strstr(told, "ALERT harvest: not written: "));
	ck_assert_int_eq(sqlite3_close(locker), SQLITE_OK);
	ck_assert_str_eq(db_query(STATES), "");
	/* The key comes again with the next message. */
	arrive(key[0], true, &on, PKI_NOW + 1);
	ck_assert_str_eq(db_query(STATES), "active ");
}
END_TEST

START_TEST(a_message_too_many_is_forgotten)
{
	struct policy_harvester *harvester = start();
	sqlite3 *locker;

	ck_assert_int_eq(sqlite3_open(db_path(), &locker), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(locker, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	for (int i = 0; i < 1002; i++) {
		struct policy_after a = after(key[0], true, &on, "user@b.example", PKI_NOW);

		policy_harvester_push(harvester, &a);
		policy_after_reset(&a);
	}
	ck_assert_ptr_nonnull(strstr(told, "ALERT harvest: too much waits to be written"));
	ck_assert_int_eq(sqlite3_close(locker), SQLITE_OK);
	policy_harvester_free(&harvester);
	ck_assert_str_eq(db_query(STATES), "active ");
}
END_TEST

START_TEST(nothing_to_write_is_not_written)
{
	struct policy_harvester *harvester = start();
	struct policy_after none = { .now = PKI_NOW };

	policy_harvester_push(harvester, &none);
	policy_harvester_free(&harvester);
	ck_assert_str_eq(told, "");
}
END_TEST

START_TEST(without_a_database_there_is_no_harvester)
{
	struct policy_harvester *harvester;
	struct smime_diag diag = { 0 };

	ck_assert_int_eq(
	    policy_harvester_new("/nonexistent/policy.db", tell, NULL, &harvester, &diag),
	    SMIME_E_SYSTEM);
	ck_assert_ptr_null(harvester);
	ck_assert_ptr_nonnull(strstr(diag.text, "/nonexistent/policy.db"));
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
	tcase_add_test(tc, a_key_is_found_by_any_spelling);
	tcase_add_loop_test(tc, the_flow_policy_says_what_is_kept, 0, ROWS(kinds));
	tcase_add_test(tc, what_did_not_verify_is_never_usable);
	tcase_add_test(tc, without_updates_a_changed_key_is_a_candidate);
	tcase_add_test(tc, with_updates_a_changed_key_is_the_successor);
	tcase_add_test(tc, what_the_newest_mail_announces_is_kept);
	tcase_add_test(tc, what_did_not_verify_announces_nothing);
	tcase_add_test(tc, reopened_it_writes_to_the_file_that_is_there_now);
	tcase_add_test(tc, a_locked_database_is_told_and_nothing_else);
	tcase_add_test(tc, a_message_too_many_is_forgotten);
	tcase_add_test(tc, nothing_to_write_is_not_written);
	tcase_add_test(tc, without_a_database_there_is_no_harvester);
	return suite;
}
