/*
 * test_seen.c - how long and how surely a wrapped key is remembered: in memory and in the table,
 * over restarts, of messages that come at the same time; and what is kept of it.  R-DEC-REPLAY.
 */
#include "policy/seen.h"
#include "support.h"
#include "support_captured.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#define DAY      PKI_DAY
#define OK(call) ck_assert_int_eq(call, SMIME_OK)

#define ELEMENT(der, ...) captured_element(der, PATH(__VA_ARGS__))

START_TEST(r_dec_replay_the_same_once_more_passes)
{
	int cipher = _i / KEYS, key = _i % KEYS;
	SMIME_AUTO_BUF der = { 0 };

	world_encrypt(
	    TO(captured.own[key]), cipher ? "aes128-gcm" : "aes128-cbc", "rsa-pkcs1", &der);
	for (int i = 0; i < 3; i++) {
		ck_assert_str_eq(captured_arrive(&der), "ok");
		ck_assert(world_shows(site.outcome->opened, "CANARY"));
		if (i == 1)
			captured_restart();
	}
	captured_rows("1 ");
}
END_TEST

START_TEST(r_dec_replay_is_forgotten_after_90_days)
{
	SMIME_AUTO_BUF old = { 0 };
	SMIME_AUTO_BUF made = { 0 };

	world_encrypt(TO(captured.own[RSA]), "aes256-cbc", "rsa-pkcs1", &old);
	OK(smime_buf_append(&made, old.data, old.len));
	captured_other_ciphertext(&made);
	ck_assert_str_eq(captured_arrive(&old), "ok");
	if (_i)
		captured_restart();
	captured.now += 90 * DAY;
	captured_refused(&made);
	captured.now += 1;
	/* From now on it is the other one that came first, in memory and in the table. */
	ck_assert_str_eq(captured_arrive(&made), "decrypt-failed");
	ck_assert_str_eq(captured_arrive(&old), "replayed-key");
	captured_restart();
	ck_assert_str_eq(captured_arrive(&old), "replayed-key");
	captured_rows("1 ");
	/* What is too old goes when something new comes. */
	smime_buf_reset(&old);
	world_encrypt(TO(captured.own[EC]), "aes256-cbc", "rsa-pkcs1", &old);
	captured.now += 91 * DAY;
	ck_assert_str_eq(captured_arrive(&old), "ok");
	captured_rows("1 ");
}
END_TEST

/* Otherwise the next verdict would tell whether this one was decrypted: a padding oracle. */
START_TEST(r_dec_replay_does_not_depend_on_what_became_of_it)
{
	static const int64_t days[] = { 0, 89 };
	SMIME_AUTO_BUF der = { 0 };

	world_encrypt(TO(captured.own[_i % KEYS]), "aes256-cbc", "rsa-pkcs1", &der);
	captured_other_ciphertext(&der);
	ck_assert_str_eq(captured_arrive(&der), "decrypt-failed");
	for (size_t i = 0; i < 2; i++) {
		SMIME_AUTO_BUF next = { 0 };

		captured.now = PKI_NOW + days[i] * DAY;
		OK(smime_buf_append(&next, der.data, der.len));
		captured_other_ciphertext(&next);
		captured_refused(&next);
		ck_assert_str_eq(captured_arrive(&der), "decrypt-failed");
		captured_restart();
	}
	captured_rows("1 ");
}
END_TEST

/* ---- in quick succession ---- */

START_TEST(r_dec_replay_while_nothing_can_be_written)
{
	SMIME_AUTO_BUF old = { 0 };
	sqlite3 *locker;

	ck_assert_int_eq(sqlite3_open(db_path(), &locker), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(locker, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	world_encrypt(TO(captured.own[RSA]), "aes256-cbc", "rsa-pkcs1", &old);
	ck_assert_str_eq(captured_arrive(&old), "ok");
	ck_assert_str_eq(captured_arrive(&old), "ok");
	captured_splice(&old);
	captured_refused(&old);
	ck_assert_int_eq(sqlite3_close(locker), SQLITE_OK);
	captured_rows("1 ");
}
END_TEST

/* As after SIGUSR1: what waits to be written is still known, unless the secret is another one. */
START_TEST(r_dec_replay_when_the_database_is_opened_anew)
{
	SMIME_AUTO_BUF old = { 0 };
	sqlite3 *db;

	ck_assert_int_eq(sqlite3_open(db_path(), &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	world_encrypt(TO(captured.own[RSA]), "aes256-cbc", "rsa-pkcs1", &old);
	ck_assert_str_eq(captured_arrive(&old), "ok");
	OK(policy_seen_keys_reopen(captured.seen, db_path(), NULL));
	captured_splice(&old);
	captured_refused(&old);
	ck_assert_int_eq(sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
	captured_rows("1 ");
	ck_assert_int_eq(
	    sqlite3_exec(db,
		"UPDATE seen_key_secret SET secret = zeroblob(32); DELETE FROM seen_key", NULL,
		NULL, NULL),
	    SQLITE_OK);
	ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
	OK(policy_seen_keys_reopen(captured.seen, db_path(), NULL));
	ck_assert_str_ne(captured_arrive(&old), "replayed-key");
	ck_assert_int_eq(
	    policy_seen_keys_reopen(captured.seen, "/nonexistent/policy.db", NULL), SMIME_E_SYSTEM);
	ck_assert_str_ne(captured_arrive(&old), "replayed-key");
}
END_TEST

struct asker {
	pthread_t thread;
	uint8_t content[SMIME_REPLAY_SIZE];
	bool other;
};

static void *
ask_once(void *arg)
{
	struct asker *asker = arg;
	struct policy_after after = { 0 };
	struct policy_seen_asking asking = {
		.seen = captured.seen, .now = captured.now, .after = &after
	};
	struct smime_replay *replay = policy_seen_ask(&asking);

	if (replay->ops->ask(replay, smime_bytes_str("wrapped"), asker->content, &asker->other,
		NULL) != SMIME_OK)
		asker->other = true;
	policy_after_reset(&after);
	return NULL;
}

START_TEST(r_dec_replay_of_messages_at_the_same_time)
{
	struct asker askers[8] = { 0 };
	int passed = 0;

	for (uint8_t i = 0; i < 8; i++) {
		askers[i].content[0] = i;
		ck_assert_int_eq(pthread_create(&askers[i].thread, NULL, ask_once, &askers[i]), 0);
	}
	for (int i = 0; i < 8; i++) {
		ck_assert_int_eq(pthread_join(askers[i].thread, NULL), 0);
		passed += !askers[i].other;
	}
	ck_assert_int_eq(passed, 1);
}
END_TEST

/* What leaves memory stands in the table by then. */
START_TEST(r_dec_replay_of_one_behind_many_others)
{
	struct policy_after after = { .now = captured.now };
	struct policy_seen_asking asking = {
		.seen = captured.seen, .now = captured.now, .after = &after
	};
	struct smime_replay *replay = policy_seen_ask(&asking);
	uint8_t content[SMIME_REPLAY_SIZE] = { 0 };
	SMIME_AUTO_BUF old = { 0 };
	bool other;

	world_encrypt(TO(captured.own[EC]), "aes256-cbc", "rsa-pkcs1", &old);
	ck_assert_str_eq(captured_arrive(&old), "ok");
	captured_write();
	for (unsigned i = 0; i < POLICY_SEEN_RECENT; i++) {
		OK(replay->ops->ask(replay, smime_bytes(&i, sizeof i), content, &other, NULL));
		ck_assert(!other);
	}
	policy_after_reset(&after);
	captured_other_ciphertext(&old);
	captured_refused(&old);
}
END_TEST

/* ---- what is kept, and who only looks ---- */

START_TEST(r_dec_replay_keeps_no_octet_of_the_message)
{
	SMIME_AUTO_BUF der = { 0 };
	struct smime_bytes wrapped;
	uint8_t plain_hash[SMIME_REPLAY_SIZE];
	char hex[2 * SMIME_REPLAY_SIZE + 1];

	world_encrypt(TO(captured.own[RSA]), "aes256-cbc", "rsa-pkcs1", &der);
	wrapped = captured_content(ELEMENT(&der, ENVELOPED, 1, 0, -1));
	ck_assert_str_eq(captured_arrive(&der), "ok");
	captured_rows("1 ");
	ck_assert_str_eq(
	    db_query("SELECT length(wrapped_key) || ',' || length(content) || ',' || seen_at"
		     " FROM seen_key"),
	    "32,32,1790000000 ");
	/* Not a hash that everybody can compute. */
	ck_assert_int_eq(
	    gnutls_hash_fast(GNUTLS_DIG_SHA256, wrapped.data, wrapped.len, plain_hash), 0);
	for (size_t i = 0; i < sizeof plain_hash; i++)
		(void)snprintf(hex + 2 * i, 3, "%02X", plain_hash[i]);
	ck_assert_str_ne(db_query("SELECT hex(wrapped_key) FROM seen_key"), hex);
	ck_assert_str_eq(db_query("SELECT length(secret) FROM seen_key_secret"), "32 ");
	ck_assert_str_eq(db_query("SELECT count(*) FROM setting WHERE name LIKE '%seen%'"), "0 ");
	/* No edit of the policy: nothing is compiled anew. */
	ck_assert_str_eq(
	    db_query("SELECT count(*) FROM change_log WHERE table_name LIKE 'seen%'"), "0 ");
}
END_TEST

/* smimectl open: the verdict, and no trace. */
START_TEST(who_only_looks_leaves_nothing)
{
	struct policy_seen_asking asking = { .seen = captured.seen, .now = captured.now };
	const struct smime_open how = { .keys = smime_keyring_keys(site.snapshot->keyring),
		.replay = policy_seen_ask(&asking),
		.now = PKI_NOW };
	SMIME_AUTO_BUF der = { 0 };

	world_encrypt(TO(captured.own[RSA]), "aes256-cbc", "rsa-pkcs1", &der);
	for (int i = 0; i < 4; i++) {
		SMIME_AUTO_BUF message = { 0 };
		SMIME_AUTO(smime_mime) mime = NULL;
		SMIME_AUTO(smime_opened) opened = NULL;

		world_put_object(smime_buf_bytes(&der), &message);
		OK(smime_mime_scan(smime_buf_bytes(&message), NULL, &mime, NULL));
		OK(smime_open_message(&how, mime, &opened, NULL));
		ck_assert_str_eq(opened->layers[0].token, i == 0  ? "unauthenticated"
							  : i < 3 ? "decrypt-failed"
								  : "replayed-key");
		if (i == 2)
			ck_assert_str_eq(captured_arrive(&der), "decrypt-failed");
		captured_other_ciphertext(&der);
	}
	captured_rows("1 ");
}
END_TEST

START_TEST(a_message_that_is_not_delivered_is_remembered)
{
	SMIME_AUTO_BUF der = { 0 };
	struct policy_after after = { 0 };

	world_encrypt(TO(captured.own[RSA]), "aes256-cbc", "rsa-pkcs1", &der);
	db_run("INSERT INTO message_filter (name, position, script)"
	       " VALUES ('no', 1, 'no: if (true) { drop(); }')");
	site_compile();
	ck_assert_str_eq(captured_arrive(&der), "ok");
	ck_assert_int_eq(site.outcome->reply, POLICY_REPLY_DISCARD);
	captured_rows("1 ");
	OK(policy_after_use(&after, &(struct smime_certs){ 0 }));
	after.seen = calloc(1, sizeof *after.seen);
	after.seen_count = 1;
	policy_after_not_delivered(&after);
	ck_assert_uint_eq(after.use_count, 0);
	ck_assert_ptr_null(after.uses);
	ck_assert_uint_eq(after.seen_count, 1);
	policy_after_reset(&after);
	ck_assert_uint_eq(after.seen_count, 0);
}
END_TEST

START_TEST(without_its_secret_it_does_not_open)
{
	struct policy_seen_keys *none;
	struct smime_diag diag = { 0 };

	ck_assert_int_eq(
	    policy_seen_keys_open("/nonexistent/policy.db", &none, &diag), SMIME_E_SYSTEM);
	ck_assert_ptr_null(none);
	db_run("DELETE FROM seen_key_secret");
	ck_assert_int_eq(policy_seen_keys_open(db_path(), &none, &diag), SMIME_E_SYSTEM);
	ck_assert_ptr_null(none);
	ck_assert_ptr_nonnull(strstr(diag.text, "seen_key_secret"));
}
END_TEST

START_TEST(r_dec_replay_a_table_that_cannot_be_read_is_no_verdict)
{
	struct policy_process process = { .snapshot = site.snapshot, .now = captured.now };
	SMIME_AUTO_BUF message = { 0 };
	SMIME_AUTO_BUF der = { 0 };

	world_encrypt(TO(captured.own[RSA]), "aes256-cbc", "rsa-pkcs1", &der);
	world_put_object(smime_buf_bytes(&der), &message);
	db_run("ALTER TABLE seen_key RENAME TO elsewhere");
	site_message("alice@a.example", message.data, message.len);
	site_recipients("bob@b.example");
	process.seen = captured.seen;
	ck_assert_int_eq(
	    policy_process(&process, site.message, &site.outcome, NULL), SMIME_E_SYSTEM);
	ck_assert_int_eq(site.outcome->reply, POLICY_REPLY_TEMPFAIL);
	ck_assert_str_eq(site.outcome->code, "451");
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("seen");
	TCase *tc = tcase_create("all");

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 60);
	tcase_add_unchecked_fixture(tc, captured_certificates, captured_free);
	tcase_add_checked_fixture(tc, captured_start, captured_stop);
	tcase_add_loop_test(tc, r_dec_replay_the_same_once_more_passes, 0, 2 * KEYS);
	tcase_add_loop_test(tc, r_dec_replay_is_forgotten_after_90_days, 0, 2);
	tcase_add_loop_test(tc, r_dec_replay_does_not_depend_on_what_became_of_it, 0, KEYS);
	tcase_add_test(tc, r_dec_replay_while_nothing_can_be_written);
	tcase_add_test(tc, r_dec_replay_when_the_database_is_opened_anew);
	tcase_add_test(tc, r_dec_replay_of_messages_at_the_same_time);
	tcase_add_test(tc, r_dec_replay_of_one_behind_many_others);
	tcase_add_test(tc, r_dec_replay_keeps_no_octet_of_the_message);
	tcase_add_test(tc, who_only_looks_leaves_nothing);
	tcase_add_test(tc, a_message_that_is_not_delivered_is_remembered);
	tcase_add_test(tc, without_its_secret_it_does_not_open);
	tcase_add_test(tc, r_dec_replay_a_table_that_cannot_be_read_is_no_verdict);
	return suite;
}
