/* test_pkcs12.c - own certificates from elsewhere, in files that openssl writes. */
#include "smime/cert_make.h"
#include "support.h"
#include "support_dir.h"
#include "support_pki.h"
#include "support_run.h"

#include <stdio.h>

static struct pki_cert *ca, *own;
static char cert_file[DIR_PATH_SIZE], key_file[DIR_PATH_SIZE], ca_file[DIR_PATH_SIZE];
static struct smime_buf p12, key = { .secret = true };
static struct smime_cert *cert;
static struct smime_certs chain;
static struct smime_diag diag;

static void
write_pem(const char *name, const struct smime_cert *from, char path[DIR_PATH_SIZE])
{
	SMIME_AUTO_BUF pem = { 0 };

	ck_assert_int_eq(smime_cert_pem(from, &pem), SMIME_OK);
	(void)dir_write(name, smime_buf_bytes(&pem), path);
}

static void
setup(void)
{
	SMIME_AUTO_BUF pem = { 0 };

	dir_make();
	ca = pki_make(&(struct pki_spec){ .name = "CA", .ca = true });
	own = pki_make(&(struct pki_spec){ .name = "own", .domains = "a.example", .issuer = ca });
	pki_key_pem(own, NULL, &pem);
	(void)dir_write("key.pem", smime_buf_bytes(&pem), key_file);
	write_pem("cert.pem", own->cert, cert_file);
	write_pem("ca.pem", ca->cert, ca_file);
	diag = (struct smime_diag){ 0 };
}

static void
teardown(void)
{
	smime_cert_free(&cert);
	smime_certs_reset(&chain);
	smime_buf_reset(&p12);
	smime_buf_reset(&key);
	pki_free(&own);
	pki_free(&ca);
	dir_remove();
}

/* openssl pkcs12 -export, password "pass:..."; more words end with NULL. */
static void export(const char *password, const char *const *more)
{
	char path[DIR_PATH_SIZE];
	const char *argv[32] = { "openssl", "pkcs12", "-export", "-in", cert_file, "-certfile",
		ca_file, "-passout", password, "-out", dir_file("own.p12", path) };
	size_t n = 11;
	SMIME_AUTO_BUF said = { 0 };
	uint8_t room[8192];
	size_t got;
	FILE *f;

	while (*more && n < 31)
		argv[n++] = *more++;
	ck_assert_msg(run_program(argv, smime_bytes(NULL, 0), &said) == 0, "%s", (char *)said.data);
	f = fopen(path, "re");
	ck_assert_ptr_nonnull(f);
	got = fread(room, 1, sizeof room, f);
	(void)fclose(f);
	smime_buf_reset(&p12);
	ck_assert_int_eq(smime_buf_append(&p12, room, got), SMIME_OK);
}

static enum smime_status
import(const char *p12_passphrase, const char *passphrase)
{
	return smime_pkcs12_import(
	    smime_buf_bytes(&p12), p12_passphrase, passphrase, &cert, &chain, &key, &diag);
}

static void
key_fits(const char *passphrase)
{
	SMIME_AUTO(smime_privkey) private = NULL;

	ck_assert_msg(
	    smime_privkey_import(smime_buf_bytes(&key), passphrase, &private, &diag) == SMIME_OK,
	    "%s", diag.text);
	ck_assert_msg(
	    smime_privkey_matches(private, own->cert, &diag) == SMIME_OK, "%s", diag.text);
}

static const struct {
	const char *password;
	const char *more[10];
} forms[] = {
	{ "pass:secret", { "-inkey", key_file } },
	{ "pass:p\xc3\xa4ssword", { "-inkey", key_file } },
	{ "pass:", { "-inkey", key_file } },
	{ "pass:secret", { "-inkey", key_file, "-legacy", "-keypbe", "PBE-SHA1-3DES", "-certpbe",
			     "PBE-SHA1-3DES", "-macalg", "sha1" } },
	{ "pass:secret", { "-inkey", key_file, "-legacy" } }, /* RC2-40 */
	{ "pass:", { "-inkey", key_file, "-legacy" } },
	{ "pass:secret", { "-inkey", key_file, "-keypbe", "AES-128-CBC", "-certpbe", "NONE" } },
};

START_TEST(every_encryption_opens)
{
	export(forms[_i].password, forms[_i].more);
	ck_assert_msg(import(forms[_i].password + 5, "ours") == SMIME_OK, "%s", diag.text);
	ck_assert_str_eq(smime_cert_fingerprint_hex(cert), smime_cert_fingerprint_hex(own->cert));
	ck_assert_uint_eq(chain.count, 1);
	ck_assert_str_eq(
	    smime_cert_fingerprint_hex(chain.item[0]), smime_cert_fingerprint_hex(ca->cert));
	ck_assert_ptr_nonnull(memmem(key.data, key.len, "BEGIN ENCRYPTED PRIVATE KEY", 27));
	key_fits("ours");
}
END_TEST

static const char *const with_key[] = { "-inkey", key_file, NULL };

START_TEST(a_wrong_passphrase_is_told)
{
	export("pass:secret", with_key);
	ck_assert_int_eq(import("Secret", "ours"), SMIME_E_NOKEY);
	ck_assert_str_eq(diag.token, "passphrase");
	ck_assert_int_eq(import("", "ours"), SMIME_E_NOKEY);
	ck_assert_ptr_null(cert);
	ck_assert_uint_eq(key.len, 0);
}
END_TEST

START_TEST(a_file_without_a_key_is_refused)
{
	export("pass:secret", (const char *[]){ "-nokeys", NULL });
	ck_assert_int_eq(import("secret", "ours"), SMIME_E_NOKEY);
	ck_assert_str_eq(diag.token, "no-key");
}
END_TEST

START_TEST(what_is_cut_off_or_no_such_file_is_refused)
{
	export("pass:secret", with_key);
	p12.len -= 1;
	ck_assert_int_eq(import("secret", "ours"), SMIME_E_SYNTAX);
	ck_assert_str_eq(diag.token, "pkcs12");
	p12.len = 0;
	ck_assert_int_eq(import("secret", "ours"), SMIME_E_SYNTAX);
	ck_assert_int_eq(smime_buf_append(&p12, "hello", 5), SMIME_OK);
	ck_assert_int_eq(import("secret", "ours"), SMIME_E_SYNTAX);
}
END_TEST

/* No flipped bit goes unnoticed: all that is read stands under the MAC, or breaks the structure. */
START_TEST(a_changed_file_is_refused)
{
	export("pass:secret", with_key);
	for (size_t i = 0; i < p12.len; i += 97) {
		p12.data[i] ^= 0x10;
		if (import("secret", NULL) == SMIME_OK)
			key_fits(NULL);
		smime_cert_free(&cert);
		smime_certs_reset(&chain);
		smime_buf_reset(&key);
		p12.data[i] ^= 0x10;
	}
	ck_assert_int_eq(import("secret", NULL), SMIME_OK);
}
END_TEST

/* ---- keys in PEM ---- */

static const struct {
	const char *argv[12];
	const char *passphrase;
} pems[] = {
	{ { "openssl", "pkcs8", "-topk8", "-nocrypt", "-in", key_file }, NULL },
	{ { "openssl", "pkcs8", "-topk8", "-in", key_file, "-passout", "pass:old" }, "old" },
	{ { "openssl", "pkcs8", "-topk8", "-in", key_file, "-passout", "pass:old", "-v1",
	      "PBE-SHA1-3DES" },
	    "old" },
	{ { "openssl", "ec", "-in", key_file }, NULL },
	{ { "openssl", "ec", "-in", key_file, "-aes128", "-passout", "pass:old" }, "old" },
};

START_TEST(a_key_in_any_pem_goes_under_our_passphrase)
{
	SMIME_AUTO_BUF pem = { 0 };

	ck_assert_int_eq(run_program(pems[_i].argv, smime_bytes(NULL, 0), &pem), 0);
	ck_assert_msg(smime_key_reencrypt(smime_buf_bytes(&pem), pems[_i].passphrase, "ours", &key,
			  &diag) == SMIME_OK,
	    "%s", diag.text);
	ck_assert_ptr_nonnull(memmem(key.data, key.len, "BEGIN ENCRYPTED PRIVATE KEY", 27));
	key_fits("ours");
	smime_buf_reset(&key);
	if (!pems[_i].passphrase)
		return;
	ck_assert_int_eq(smime_key_reencrypt(smime_buf_bytes(&pem), "wrong", "ours", &key, &diag),
	    SMIME_E_NOKEY);
	ck_assert_int_eq(
	    smime_key_reencrypt(smime_buf_bytes(&pem), NULL, "ours", &key, &diag), SMIME_E_NOKEY);
	ck_assert_ptr_nonnull(strstr(diag.text, "give its passphrase"));
	ck_assert_uint_eq(key.len, 0);
}
END_TEST

START_TEST(what_is_no_key_is_refused)
{
	SMIME_AUTO_BUF pem = { 0 };

	ck_assert_int_eq(smime_cert_pem(own->cert, &pem), SMIME_OK);
	ck_assert_int_eq(
	    smime_key_reencrypt(smime_buf_bytes(&pem), NULL, "ours", &key, &diag), SMIME_E_NOKEY);
	ck_assert_int_eq(
	    smime_key_reencrypt(smime_bytes(NULL, 0), NULL, "ours", &key, &diag), SMIME_E_NOKEY);
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("pkcs12");
	TCase *tc = tcase_create("all");

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, every_encryption_opens, 0, ROWS(forms));
	tcase_add_test(tc, a_wrong_passphrase_is_told);
	tcase_add_test(tc, a_file_without_a_key_is_refused);
	tcase_add_test(tc, what_is_cut_off_or_no_such_file_is_refused);
	tcase_add_test(tc, a_changed_file_is_refused);
	tcase_add_loop_test(tc, a_key_in_any_pem_goes_under_our_passphrase, 0, ROWS(pems));
	tcase_add_test(tc, what_is_no_key_is_refused);
	return suite;
}
