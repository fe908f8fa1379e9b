/* test_privkey.c - private keys in every text that openssl writes; wrong passphrases, and keys
 * asked for what they are not for. */
#include "smime/keys.h"
#include "support.h"
#include "support_pki.h"
#include "support_run.h"

#define OK(call) ck_assert_int_eq(call, SMIME_OK)

static const char *const kinds[] = { "rsa-2048", "p-256", "ed25519", "x25519" };
static struct pki_cert *certs[ROWS(kinds)];

enum { RSA, EC, ED25519, X25519 };

static void
setup(void)
{
	struct pki_cert *ca = pki_make(&(struct pki_spec){ .name = "CA", .ca = true });

	for (int i = 0; i < ROWS(kinds); i++)
		certs[i] =
		    pki_make(&(struct pki_spec){ .name = kinds[i], .key = kinds[i], .issuer = ca });
	pki_free(&ca);
}

static void
teardown(void)
{
	for (int i = 0; i < ROWS(kinds); i++)
		pki_free(&certs[i]);
}

static enum smime_status
import(const struct smime_buf *pem, const char *passphrase, const struct pki_cert *of,
    struct smime_diag *diag)
{
	SMIME_AUTO(smime_privkey) key = NULL;
	enum smime_status status =
	    smime_privkey_import(smime_buf_bytes(pem), passphrase, &key, diag);

	ck_assert((status == SMIME_OK) == (key != NULL));
	return status == SMIME_OK ? smime_privkey_matches(key, of->cert, diag) : status;
}

/* What `openssl pkey` or such makes of a key. */
static const struct {
	int kind;
	const char *argv[12], *begins, *passphrase;
} forms[] = {
	{ RSA, { "openssl", "pkey" }, "-----BEGIN PRIVATE KEY-----", NULL },
	{ RSA, { "openssl", "rsa", "-traditional" }, "-----BEGIN RSA PRIVATE KEY-----", NULL },
	{ RSA, { "openssl", "rsa", "-traditional", "-aes128", "-passout", "pass:secret" },
	    "-----BEGIN RSA PRIVATE KEY-----", "secret" },
	{ RSA, { "openssl", "pkcs8", "-topk8", "-passout", "pass:secret" },
	    "-----BEGIN ENCRYPTED PRIVATE KEY-----", "secret" },
	{ RSA, { "openssl", "pkcs8", "-topk8", "-v1", "PBE-SHA1-3DES", "-passout", "pass:secret" },
	    "-----BEGIN ENCRYPTED PRIVATE KEY-----", "secret" },
	{ EC, { "openssl", "ec" }, "-----BEGIN EC PRIVATE KEY-----", NULL },
	{ EC, { "openssl", "pkcs8", "-topk8", "-v2", "aes-256-cbc", "-passout", "pass:secret" },
	    "-----BEGIN ENCRYPTED PRIVATE KEY-----", "secret" },
	{ ED25519, { "openssl", "pkey" }, "-----BEGIN PRIVATE KEY-----", NULL },
	{ X25519, { "openssl", "pkey", "-aes256", "-passout", "pass:secret" },
	    "-----BEGIN ENCRYPTED PRIVATE KEY-----", "secret" },
};

START_TEST(every_form_is_read)
{
	const struct pki_cert *cert = certs[forms[_i].kind];
	SMIME_AUTO_BUF plain = { .secret = true };
	SMIME_AUTO_BUF pem = { .secret = true };
	struct smime_diag diag = { 0 };

	pki_key_pem(cert, NULL, &plain);
	ck_assert_int_eq(run_program(forms[_i].argv, smime_buf_bytes(&plain), &pem), 0);
	ck_assert_msg(strstr((char *)pem.data, forms[_i].begins) != NULL, "%s", (char *)pem.data);
	ck_assert_msg(import(&pem, forms[_i].passphrase, cert, &diag) == SMIME_OK, "%s", diag.text);
	if (!forms[_i].passphrase) {
		/* One that is not needed does no harm. */
		ck_assert_msg(import(&pem, "secret", cert, &diag) == SMIME_OK, "%s", diag.text);
		return;
	}
	ck_assert_int_eq(import(&pem, "wrong", cert, &diag), SMIME_E_NOKEY);
	ck_assert_str_eq(diag.token, "passphrase");
	ck_assert_int_eq(import(&pem, "", cert, &diag), SMIME_E_NOKEY);
	diag = (struct smime_diag){ 0 };
	ck_assert_int_eq(import(&pem, NULL, cert, &diag), SMIME_E_NOKEY);
	ck_assert_ptr_nonnull(strstr(diag.text, "no passphrase was given"));
}
END_TEST

static const char *const nothing[] = {
	"",
	"a key",
	"-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n",
	"-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n",
	"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n",
};

START_TEST(what_holds_no_key_says_so)
{
	struct smime_buf text = { .data = (uint8_t *)(uintptr_t)nothing[_i],
		.len = strlen(nothing[_i]) };
	struct smime_diag diag = { 0 };

	ck_assert_int_eq(import(&text, NULL, certs[RSA], &diag), SMIME_E_NOKEY);
	ck_assert_str_eq(diag.token, "private-key");
	ck_assert_int_eq(import(&text, "secret", certs[RSA], &diag), SMIME_E_NOKEY);
}
END_TEST

START_TEST(a_key_is_known_by_its_own_certificate_only)
{
	for (int i = 0; i < ROWS(kinds); i++) {
		SMIME_AUTO(smime_privkey) key = pki_privkey(certs[i]);

		for (int k = 0; k < ROWS(kinds); k++)
			ck_assert_int_eq(smime_privkey_matches(key, certs[k]->cert, NULL),
			    i == k ? SMIME_OK : SMIME_E_NOKEY);
	}
}
END_TEST

static const struct {
	int kind;
	const char *scheme;
} impossible[] = {
	{ RSA, "ecdsa" },
	{ RSA, "eddsa" },
	{ EC, "rsa-pkcs1" },
	{ EC, "rsa-pss" },
	{ ED25519, "ecdsa" },
	{ X25519, "eddsa" },
	{ X25519, "ecdsa" },
};

/* For good, so that the sender is told: it is not for another try. */
START_TEST(a_key_signs_in_its_own_way_only)
{
	SMIME_AUTO(smime_privkey) key = pki_privkey(certs[impossible[_i].kind]);
	static const uint8_t digest[32] = { 1 };
	struct smime_diag diag = { 0 };
	SMIME_AUTO_BUF signature = { 0 };

	ck_assert_msg(
	    smime_privkey_sign(key, smime_alg_by_name(smime_signature_algs, impossible[_i].scheme),
		smime_bytes(digest, 32), &signature, &diag) == SMIME_E_NOKEY,
	    "%s", diag.text);
	ck_assert_str_eq(diag.token, "key-type");
	ck_assert_uint_eq(signature.len, 0);
}
END_TEST

/* The sender says who agrees and how; a key that cannot is told apart from a bad point. */
START_TEST(a_key_agrees_only_if_it_can)
{
	static const int cannot[] = { RSA, ED25519 };
	uint8_t point[65] = { 4, 1 };

	for (int i = 0; i < ROWS(cannot); i++) {
		SMIME_AUTO(smime_privkey) key = pki_privkey(certs[cannot[i]]);
		struct smime_diag diag = { 0 };
		SMIME_AUTO_BUF secret = { .secret = true };

		ck_assert_int_eq(
		    smime_privkey_agree(key, smime_bytes(point, sizeof point), &secret, &diag),
		    SMIME_E_UNSUPPORTED);
		ck_assert_uint_eq(secret.len, 0);
	}
}
END_TEST

START_TEST(the_last_owner_ends_it)
{
	struct smime_privkey *key = pki_privkey(certs[EC]), *other = smime_privkey_ref(key);

	smime_privkey_free(&key);
	ck_assert_ptr_null(key);
	OK(smime_privkey_matches(other, certs[EC]->cert, NULL));
	smime_privkey_free(&other);
	smime_privkey_free(&other);
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("privkey");
	TCase *tc = tcase_create("all");

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 60);
	tcase_add_unchecked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, every_form_is_read, 0, ROWS(forms));
	tcase_add_loop_test(tc, what_holds_no_key_says_so, 0, ROWS(nothing));
	tcase_add_test(tc, a_key_is_known_by_its_own_certificate_only);
	tcase_add_loop_test(tc, a_key_signs_in_its_own_way_only, 0, ROWS(impossible));
	tcase_add_test(tc, a_key_agrees_only_if_it_can);
	tcase_add_test(tc, the_last_owner_ends_it);
	return suite;
}
