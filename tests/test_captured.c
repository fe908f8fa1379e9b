/*
 * test_captured.c - captured messages made into others, for RSA, P-256 and X25519: none of them is
 * decrypted.  R-DEC-REPLAY.
 */
#include "cms.h"
#include "support.h"
#include "support_captured.h"

#include <gmp.h>
#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <stdlib.h>

#define OK(call) ck_assert_int_eq(call, SMIME_OK)

#define ELEMENT(der, ...)           captured_element(der, PATH(__VA_ARGS__))
#define DROP(der, ...)              captured_edit(der, PATH(__VA_ARGS__), DER_DROP, smime_bytes(NULL, 0))
#define PUT(der, tag, content, ...) captured_put(der, PATH(__VA_ARGS__), tag, content)
#define PUT_OID(der, oid, ...)      captured_put_oid(der, PATH(__VA_ARGS__), oid)

/* RFC 9709: GCM is CTR, which CBC can be made to decrypt, without any tag. */
static void
aead_as_cbc(struct smime_buf *der)
{
	struct smime_bytes old = captured_content(ELEMENT(der, ENVELOPED, 2, 2));
	SMIME_AUTO_BUF octets = { 0 };
	SMIME_AUTO_BUF iv = { 0 };
	SMIME_AUTO_BUF alg = { 0 };

	OK(smime_buf_append(&octets, old.data, old.len / 16 * 16));
	OK(smime_der_tlv(&iv, SMIME_BER_OCTET_STRING, smime_bytes("0123456789abcdef", 16)));
	OK(smime_der_algid(
	    &alg, smime_alg_by_name(smime_content_algs, "aes256-cbc")->oid, smime_buf_bytes(&iv)));
	DROP(der, ENVELOPED, 3); /* mac */
	PUT(der, SMIME_BER_CONTEXT | 0, smime_buf_bytes(&octets), ENVELOPED, 2, 2);
	captured_edit(der, PATH(ENVELOPED, 2, 1), DER_PUT, smime_buf_bytes(&alg));
	PUT_OID(der, SMIME_OID_ENVELOPED, 0, 0);
}

/* What is in it is to be read as something else. */
static void
other_content_type(struct smime_buf *der)
{
	PUT_OID(der, SMIME_OID_SIGNED, ENVELOPED, 2, 0);
}

/* The captured RecipientInfo behind one for another certificate of ours, with a key that the
 * attacker knows, around his ciphertext. */
static void
several_recipients(struct smime_buf *der)
{
	SMIME_AUTO_BUF his = { 0 };
	SMIME_AUTO_BUF infos = { 0 };
	struct smime_bytes part;

	world_encrypt(TO(world.bob, captured.own[EC]), "aes256-cbc", "rsa-pkcs1", &his);
	for (size_t i = 0; i < 2; i++) {
		part = captured_content(ELEMENT(i ? der : &his, ENVELOPED, 1));
		OK(smime_buf_append(&infos, part.data, part.len));
	}
	PUT(&his, SMIME_BER_SET, smime_buf_bytes(&infos), ENVELOPED, 1);
	smime_buf_reset(der);
	*der = his;
	his = (struct smime_buf){ 0 };
}

static const struct {
	const char *cipher;
	void (*make)(struct smime_buf *der);
	const char *rows; /* in the table: one for each key that is ours and new */
} ways[] = {
	{ "aes256-cbc", captured_other_ciphertext, "1 " },
	{ "aes256-cbc", captured_splice, "1 " },
	{ "aes256-gcm", aead_as_cbc, "1 " },
	{ "aes256-cbc", other_content_type, "1 " },
	{ "aes128-cbc", several_recipients, "2 " },
};
#define WAYS ((int)(sizeof ways / sizeof *ways))

START_TEST(r_dec_replay_captured_messages_made_into_others)
{
	int way = _i / KEYS, key = _i % KEYS;
	SMIME_AUTO_BUF old = { 0 };
	SMIME_AUTO_BUF made = { 0 };

	world_encrypt(TO(captured.own[key]), ways[way].cipher, "rsa-pkcs1", &old);
	OK(smime_buf_append(&made, old.data, old.len));
	ways[way].make(&made);
	ck_assert_str_eq(captured_arrive(&old), "ok");
	captured_refused(&made);
	captured_restart();
	captured_refused(&made);
	/* And what was captured goes on being read. */
	ck_assert_str_eq(captured_arrive(&old), "ok");
	captured_rows(ways[way].rows);
}
END_TEST

/* Without the one before it, each of them would be decrypted: they are what they say. */
START_TEST(what_they_make_would_be_tried)
{
	int way = _i / KEYS, key = _i % KEYS;
	SMIME_AUTO_BUF der = { 0 };
	const char *verdict;

	world_encrypt(TO(captured.own[key]), ways[way].cipher, "rsa-pkcs1", &der);
	ways[way].make(&der);
	verdict = captured_arrive(&der);
	ck_assert_msg(strcmp(verdict, "decrypt-failed") == 0 || strcmp(verdict, "ok") == 0 ||
			  strcmp(verdict, "content-type") == 0,
	    "%d: %s", _i, verdict);
}
END_TEST

/* The second of two keys, once the first one, which was tried, is gone. */
START_TEST(r_dec_replay_of_the_key_that_was_not_tried)
{
	for (int i = 0; i < 2; i++) {
		SMIME_AUTO_BUF old = { 0 };

		world_encrypt(
		    TO(captured.own[RSA], captured.own[EC]), "aes256-cbc", "rsa-pkcs1", &old);
		ck_assert_str_eq(captured_arrive(&old), "ok");
		DROP(&old, ENVELOPED, 1, i);
		captured_other_ciphertext(&old);
		captured_refused(&old);
	}
	captured_rows("4 ");
}
END_TEST

/* ---- other octets, the same key ---- */

/* x is all that counts of a point: (x, -y) leads to the same secret. And X25519 masks a bit. */
START_TEST(r_dec_replay_of_a_twisted_originator)
{
	int key = _i ? X25519 : EC;
	SMIME_AUTO_BUF old = { 0 };
	SMIME_AUTO_BUF twisted = { 0 };
	struct smime_bytes point;
	uint8_t *octets;
	mpz_t p, y;

	world_encrypt(TO(captured.own[key]), "aes256-cbc", "rsa-pkcs1", &old);
	OK(smime_buf_append(&twisted, old.data, old.len));
	/* [1] kari, [0] originator, [1] OriginatorPublicKey, BIT STRING */
	point = ELEMENT(&twisted, ENVELOPED, 1, 0, 1, 0, 1);
	octets = twisted.data + (point.data - twisted.data) + point.len;
	if (key == X25519) {
		octets[-1] ^= 0x80;
	} else {
		ck_assert_uint_eq(octets[-65], 4);
		mpz_init_set_str(
		    p, "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff", 16);
		mpz_init(y);
		mpz_import(y, 32, 1, 1, 1, 0, octets - 32);
		mpz_sub(y, p, y);
		memset(octets - 32, 0, 32);
		(void)mpz_export(octets - (mpz_sizeinbase(y, 2) + 7) / 8, NULL, 1, 1, 1, 0, y);
		mpz_clears(p, y, NULL);
	}
	/* It is the same key indeed. */
	ck_assert_str_eq(captured_arrive(&old), "ok");
	ck_assert_str_eq(captured_arrive(&twisted), "ok");
	captured_other_ciphertext(&twisted);
	captured_refused(&twisted);
}
END_TEST

/* c and c + n are the same to RSA, but not to whoever reads RFC 8017 s5.1.2. */
START_TEST(r_dec_replay_of_a_key_plus_the_modulus)
{
	SMIME_AUTO_BUF der = { 0 };
	gnutls_datum_t n = { 0 }, e = { 0 };
	uint8_t octets[300] = { 0 };
	struct smime_bytes wrapped;
	gnutls_pubkey_t key;
	size_t len = 0;
	mpz_t modulus, c;

	OK(smime_cert_pubkey(captured.own[RSA]->cert, &key, NULL));
	ck_assert_int_eq(gnutls_pubkey_export_rsa_raw(key, &n, &e), 0);
	gnutls_pubkey_deinit(key);
	mpz_inits(modulus, c, NULL);
	mpz_import(modulus, n.size, 1, 1, 1, 0, n.data);
	for (int tries = 0; tries < 500 && len != 256; tries++) {
		smime_buf_reset(&der);
		world_encrypt(TO(captured.own[RSA]), "aes256-cbc", "rsa-pkcs1", &der);
		wrapped = captured_content(ELEMENT(&der, ENVELOPED, 1, 0, -1));
		mpz_import(c, wrapped.len, 1, 1, 1, 0, wrapped.data);
		mpz_add(c, c, modulus);
		len = (mpz_sizeinbase(c, 2) + 7) / 8;
	}
	/* A modulus that leaves no room for it leaves none to an attacker. */
	if (len == 256) {
		(void)mpz_export(octets, NULL, 1, 1, 1, 0, c);
		PUT(&der, SMIME_BER_OCTET_STRING, smime_bytes(octets, 256), ENVELOPED, 1, 0, -1);
		ck_assert_str_eq(captured_arrive(&der), "decrypt-failed");
	}
	mpz_clears(modulus, c, NULL);
	gnutls_free(n.data);
	gnutls_free(e.data);
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("captured");
	TCase *tc = tcase_create("all");

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 60);
	tcase_add_unchecked_fixture(tc, captured_certificates, captured_free);
	tcase_add_checked_fixture(tc, captured_start, captured_stop);
	tcase_add_loop_test(tc, r_dec_replay_captured_messages_made_into_others, 0, WAYS * KEYS);
	tcase_add_loop_test(tc, what_they_make_would_be_tried, 0, WAYS * KEYS);
	tcase_add_test(tc, r_dec_replay_of_the_key_that_was_not_tried);
	tcase_add_loop_test(tc, r_dec_replay_of_a_twisted_originator, 0, 2);
	tcase_add_test(tc, r_dec_replay_of_a_key_plus_the_modulus);
	return suite;
}
