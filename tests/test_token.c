/* test_token.c - private keys in a PKCS#11 token: they sign, decrypt and agree like those in
 * memory, and never leave it. */
#include "ka_ecdh.h"
#include "smime/cert_make.h"
#include "smime/open.h"
#include "smime/seal.h"
#include "support.h"
#include "support_dir.h"
#include "support_run.h"
#include "support_token.h"
#include "token.h"

#include <stdio.h>
#include <time.h>

static struct pki_cert *rsa, *ec, *other;
static char rsa_uri[TOKEN_URI_SIZE], ec_uri[TOKEN_URI_SIZE];
static struct smime_diag diag;

static void
setup(void)
{
	dir_make();
	token_make();
	rsa = pki_make(
	    &(struct pki_spec){ .name = "rsa", .key = "rsa-2048", .domains = "a.example" });
	ec = pki_make(&(struct pki_spec){ .name = "ec", .key = "p-384", .domains = "a.example" });
	other = pki_make(&(struct pki_spec){ .name = "other" });
	(void)token_import(rsa, "rsa", false, rsa_uri);
	(void)token_import(ec, "ec", true, ec_uri);
	diag = (struct smime_diag){ 0 };
}

static void
teardown(void)
{
	pki_free(&rsa);
	pki_free(&ec);
	pki_free(&other);
	dir_remove();
}

static struct smime_privkey *
open_key(const char *uri)
{
	struct smime_privkey *key = NULL;

	ck_assert_msg(
	    smime_privkey_import(smime_bytes_str(uri), TOKEN_PIN, &key, &diag) == SMIME_OK, "%s",
	    diag.text);
	return key;
}

static struct smime_keyring *
open_ring(void)
{
	struct smime_privkey *a = open_key(rsa_uri), *b = open_key(ec_uri);
	struct smime_keyring *ring;

	ck_assert_int_eq(smime_keyring_new(&ring), SMIME_OK);
	ck_assert_int_eq(smime_keyring_add(ring, rsa->cert, &a, &diag), SMIME_OK);
	ck_assert_int_eq(smime_keyring_add(ring, ec->cert, &b, &diag), SMIME_OK);
	return ring;
}

START_TEST(the_key_is_told_apart_from_others)
{
	SMIME_AUTO(smime_privkey) key = open_key(rsa_uri);

	ck_assert_int_eq(smime_privkey_matches(key, rsa->cert, &diag), SMIME_OK);
	ck_assert_int_eq(smime_privkey_matches(key, ec->cert, &diag), SMIME_E_NOKEY);
	ck_assert_str_eq(diag.token, "key-mismatch");
}
END_TEST

#define MESSAGE "From: u@a.example\r\nTo: v@a.example\r\nSubject: s\r\n\r\nhello canary\r\n"

static const struct {
	bool ec;
	const char *scheme, *transport;
} ways[] = {
	{ false, NULL, "rsa-pkcs1" },
	{ false, "rsa-pss", "rsa-oaep" },
	{ true, NULL, NULL },
};

static void
seal(const struct smime_seal *how, struct smime_buf *out)
{
	SMIME_AUTO(smime_mime) mime = NULL;
	SMIME_AUTO(smime_spool) entity = NULL;
	struct smime_bytes view;

	ck_assert_int_eq(smime_mime_scan(smime_bytes_str(MESSAGE), NULL, &mime, &diag), SMIME_OK);
	ck_assert_msg(smime_seal_message(how, mime, &entity, &diag) == SMIME_OK, "%s", diag.text);
	ck_assert_int_eq(smime_spool_view(entity, &view, NULL), SMIME_OK);
	ck_assert_int_eq(smime_buf_appendf(out, "From: u@a.example\r\n"), SMIME_OK);
	ck_assert_int_eq(smime_buf_append(out, view.data, view.len), SMIME_OK);
}

static void
opens(const struct smime_buf *sealed, struct smime_keyring *ring, const struct pki_cert *signer)
{
	SMIME_AUTO(smime_mime) mime = NULL;
	SMIME_AUTO(smime_trust) trust = NULL;
	SMIME_AUTO(smime_opened) opened = NULL;
	struct smime_open how = {
		.keys = smime_keyring_keys(ring), .now = PKI_NOW, .remove_signature = true
	};
	struct smime_bytes view;

	ck_assert_int_eq(smime_trust_new(&trust), SMIME_OK);
	ck_assert_int_eq(smime_trust_add_peer(trust, signer->cert, &diag), SMIME_OK);
	how.trust = trust;
	ck_assert_int_eq(smime_mime_scan(smime_buf_bytes(sealed), NULL, &mime, &diag), SMIME_OK);
	ck_assert_int_eq(smime_open_message(&how, mime, &opened, &diag), SMIME_OK);
	ck_assert_msg(
	    opened->gateway_verified, "%s %s", opened->layers[0].reason, opened->layers[1].reason);
	ck_assert_int_eq(smime_spool_view(opened->entity, &view, NULL), SMIME_OK);
	ck_assert_ptr_nonnull(memmem(view.data, view.len, "hello canary", 12));
}

/* Sealed and opened as the daemon does it, by the token's keys. */
START_TEST(mail_is_sealed_and_opened_with_it)
{
	struct pki_cert *own = ways[_i].ec ? ec : rsa;
	struct smime_certs to = pki_list((struct pki_cert *[]){ own, NULL });
	SMIME_AUTO(smime_keyring) ring = open_ring();
	const struct smime_alg *sha256 = smime_alg_by_name(smime_digests, "sha256");
	struct smime_seal how = { .mode = SMIME_MODE_SIGN_ENCRYPT,
		.now = PKI_NOW,
		.signer = own->cert,
		.keys = smime_keyring_keys(ring),
		.recipients = &to };
	SMIME_AUTO_BUF sealed = { 0 };

	if (ways[_i].scheme)
		how.scheme = smime_signature_alg(ways[_i].scheme, sha256);
	if (ways[_i].transport)
		how.transport = smime_alg_by_name(smime_key_transport_algs, ways[_i].transport);
	seal(&how, &sealed);
	opens(&sealed, ring, own);
	smime_certs_reset(&to);
}
END_TEST

/* RFC 3218: whatever is wrong with the ciphertext, a key comes out, and a new one each time. */
START_TEST(a_broken_ciphertext_gives_random_keys)
{
	const struct smime_alg *transport = &smime_key_transport_algs[_i];
	SMIME_AUTO(smime_privkey) key = open_key(rsa_uri);
	uint8_t octets[256], cek[2][32] = { { 0 } };

	for (size_t len = 0; len <= sizeof octets; len += 64) {
		memset(octets, len == 256 ? 0xff : 7, sizeof octets);
		for (int i = 0; i < 2; i++)
			ck_assert_msg(smime_privkey_unwrap(key, transport, smime_bytes(NULL, 0),
					  smime_bytes(octets, len), cek[i], 32, &diag) == SMIME_OK,
			    "%zu: %s", len, diag.text);
		ck_assert_mem_ne(cek[0], cek[1], 32);
	}
}
END_TEST

START_TEST(a_bad_point_is_refused)
{
	SMIME_AUTO(smime_privkey) key = open_key(ec_uri);
	SMIME_AUTO(smime_privkey) not_ec = open_key(rsa_uri);
	uint8_t point[97] = { 4, 1, 2, 3 };
	SMIME_AUTO_BUF secret = { .secret = true };

	ck_assert_int_eq(smime_privkey_agree(key, smime_bytes(point, sizeof point), &secret, &diag),
	    SMIME_E_UNTRUSTED);
	ck_assert_int_eq(
	    smime_privkey_agree(key, smime_bytes(point, 1), &secret, &diag), SMIME_E_UNTRUSTED);
	point[0] = 2;
	ck_assert_int_eq(smime_privkey_agree(key, smime_bytes(point, sizeof point), &secret, &diag),
	    SMIME_E_UNTRUSTED);
	point[0] = 4;
	ck_assert_int_ne(
	    smime_privkey_agree(not_ec, smime_bytes(point, sizeof point), &secret, &diag),
	    SMIME_OK);
	ck_assert_uint_eq(secret.len, 0);
}
END_TEST

/* A message may name any certificate of ours, with any algorithm: that says nothing of the token.
 */
START_TEST(an_ec_key_transports_nothing)
{
	SMIME_AUTO(smime_privkey) key = open_key(ec_uri);
	uint8_t octets[256] = { 7 }, cek[32];

	ck_assert_int_eq(
	    smime_privkey_unwrap(key, smime_alg_by_name(smime_key_transport_algs, "rsa-oaep"),
		smime_bytes(NULL, 0), smime_bytes(octets, 256), cek, 32, &diag),
	    SMIME_E_UNSUPPORTED);
	ck_assert_str_eq(diag.token, "key-type");
}
END_TEST

START_TEST(parameters_that_cannot_be_used_are_told)
{
	SMIME_AUTO(smime_privkey) key = open_key(rsa_uri);
	uint8_t octets[256] = { 7 }, cek[32];

	ck_assert_int_eq(
	    smime_privkey_unwrap(key, smime_alg_by_name(smime_key_transport_algs, "rsa-oaep"),
		smime_bytes("\x04\x00", 2), smime_bytes(octets, 256), cek, 32, &diag),
	    SMIME_E_UNSUPPORTED);
	ck_assert_str_eq(diag.token, "algorithm");
}
END_TEST

/* The secret is the one that the key in memory shares. */
START_TEST(it_agrees_like_a_key_in_memory)
{
	SMIME_AUTO(smime_privkey) in_token = open_key(ec_uri);
	SMIME_AUTO(smime_privkey) in_memory = pki_privkey(ec);
	SMIME_AUTO_BUF point = { 0 };
	SMIME_AUTO_BUF ours = { .secret = true };
	SMIME_AUTO_BUF one = { .secret = true };
	SMIME_AUTO_BUF two = { .secret = true };

	ck_assert_int_eq(smime_ka_ephemeral(ec->cert, &point, &ours, &diag), SMIME_OK);
	ck_assert_msg(
	    smime_privkey_agree(in_token, smime_buf_bytes(&point), &one, &diag) == SMIME_OK, "%s",
	    diag.text);
	ck_assert_int_eq(
	    smime_privkey_agree(in_memory, smime_buf_bytes(&point), &two, &diag), SMIME_OK);
	ck_assert_uint_eq(one.len, 48);
	ck_assert_mem_eq(one.data, two.data, 48);
	ck_assert_mem_eq(one.data, ours.data, 48);
}
END_TEST

START_TEST(a_key_that_may_not_agree_says_so)
{
	struct pki_cert *third = pki_make(&(struct pki_spec){ .name = "third" });
	SMIME_AUTO(smime_privkey) key = NULL;
	char uri[TOKEN_URI_SIZE];
	SMIME_AUTO_BUF point = { 0 };
	SMIME_AUTO_BUF secret = { .secret = true };

	key = open_key(token_import(third, "third", false, uri));
	ck_assert_int_eq(smime_ka_ephemeral(third->cert, &point, &secret, &diag), SMIME_OK);
	ck_assert_int_eq(
	    smime_privkey_agree(key, smime_buf_bytes(&point), &secret, &diag), SMIME_E_UNSUPPORTED);
	ck_assert_ptr_nonnull(strstr(diag.text, "does not let its key agree"));
	pki_free(&third);
}
END_TEST

static enum smime_status
import(const char *uri, const char *pin)
{
	SMIME_AUTO(smime_privkey) key = NULL;

	diag = (struct smime_diag){ 0 };
	return smime_privkey_import(smime_bytes_str(uri), pin, &key, &diag);
}

START_TEST(the_pin_comes_from_the_uri_or_is_the_passphrase)
{
	char uri[2 * TOKEN_URI_SIZE], path[DIR_PATH_SIZE];

	ck_assert_int_eq(import(rsa_uri, TOKEN_PIN), SMIME_OK);
	(void)snprintf(uri, sizeof uri, "%s?pin-value=" TOKEN_PIN, rsa_uri);
	ck_assert_msg(import(uri, "another passphrase") == SMIME_OK, "%s", diag.text);
	(void)snprintf(uri, sizeof uri, "%s?pin-source=file:%s", rsa_uri,
	    dir_write("pin", smime_bytes_str(TOKEN_PIN "\n"), path));
	ck_assert_msg(import(uri, NULL) == SMIME_OK, "%s", diag.text);
	(void)snprintf(uri, sizeof uri, "%s?pin-source=file://%s", rsa_uri, path);
	ck_assert_msg(import(uri, NULL) == SMIME_OK, "%s", diag.text);
	(void)snprintf(uri, sizeof uri, "%s?pin-source=%s.none", rsa_uri, path);
	ck_assert_int_eq(import(uri, NULL), SMIME_E_NOKEY);
	ck_assert_ptr_nonnull(strstr(diag.text, "pin-source"));
}
END_TEST

static const char *const wrong[] = {
	"pkcs11:token=none;object=rsa;type=private",
	"pkcs11:token=test;object=none;type=private",
	"pkcs11:this is no URI%",
};

START_TEST(what_is_not_there_is_told)
{
	ck_assert_int_eq(import(wrong[_i], TOKEN_PIN), SMIME_E_NOKEY);
	ck_assert_ptr_nonnull(strstr(diag.text, "private key: "));
}
END_TEST

/* One attempt, so that the token does not lock itself; and no PIN in any sentence. */
START_TEST(a_wrong_pin_is_refused_and_not_repeated)
{
	ck_assert_int_eq(import(rsa_uri, "0815"), SMIME_E_NOKEY);
	ck_assert_ptr_null(strstr(diag.text, "0815"));
	ck_assert_int_eq(import(rsa_uri, NULL), SMIME_E_NOKEY);
	ck_assert_int_eq(import(rsa_uri, TOKEN_PIN), SMIME_OK);
}
END_TEST

START_TEST(a_certificate_is_made_over_it)
{
	const struct smime_cert_spec spec = { .common_name = "gw.a.example",
		.domains = (const char *[]){ "a.example" },
		.domain_count = 1,
		.key = _i == 0 ? rsa_uri : ec_uri,
		.now = time(NULL) - 60,
		.days = 30 };
	SMIME_AUTO(smime_cert) cert = NULL;
	SMIME_AUTO(smime_privkey) key = NULL;
	SMIME_AUTO_BUF text = { .secret = true };
	SMIME_AUTO_BUF pem = { 0 };
	SMIME_AUTO_BUF request = { 0 };
	char path[DIR_PATH_SIZE], csr[DIR_PATH_SIZE];

	ck_assert_msg(
	    smime_cert_make(&spec, TOKEN_PIN, &cert, &text, &diag) == SMIME_OK, "%s", diag.text);
	ck_assert_int_eq(smime_buf_terminate(&text), SMIME_OK);
	ck_assert_str_eq((char *)text.data, spec.key);
	key = open_key(spec.key);
	ck_assert_msg(
	    smime_cert_request(cert, key, NULL, &request, &diag) == SMIME_OK, "%s", diag.text);
	ck_assert_int_eq(smime_cert_pem(cert, &pem), SMIME_OK);
	(void)dir_write("cert.pem", smime_buf_bytes(&pem), path);
	ck_assert_int_eq(run_program((const char *[]){ "openssl", "verify", "-purpose", "smimesign",
					 "-CAfile", path, path, NULL },
			     smime_bytes(NULL, 0), NULL),
	    0);
	ck_assert_int_eq(run_program((const char *[]){ "openssl", "req", "-verify", "-noout", "-in",
					 dir_write("csr", smime_buf_bytes(&request), csr), NULL },
			     smime_bytes(NULL, 0), NULL),
	    0);
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("token");
	TCase *tc = tcase_create("all");

	suite_add_tcase(suite, tc);
	if (!token_is_there())
		return suite;
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, the_key_is_told_apart_from_others);
	tcase_add_loop_test(tc, mail_is_sealed_and_opened_with_it, 0, ROWS(ways));
	tcase_add_loop_test(tc, a_broken_ciphertext_gives_random_keys, 0, 2);
	tcase_add_test(tc, an_ec_key_transports_nothing);
	tcase_add_test(tc, parameters_that_cannot_be_used_are_told);
	tcase_add_test(tc, a_bad_point_is_refused);
	tcase_add_test(tc, it_agrees_like_a_key_in_memory);
	tcase_add_test(tc, a_key_that_may_not_agree_says_so);
	tcase_add_test(tc, the_pin_comes_from_the_uri_or_is_the_passphrase);
	tcase_add_loop_test(tc, what_is_not_there_is_told, 0, ROWS(wrong));
	tcase_add_test(tc, a_wrong_pin_is_refused_and_not_repeated);
	tcase_add_loop_test(tc, a_certificate_is_made_over_it, 0, 2);
	return suite;
}
