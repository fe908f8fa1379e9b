/* test_cert_make.c - certificates and requests that we make, as openssl and gpgsm read them. */
#include "smime/cert_make.h"
#include "support.h"
#include "support_dir.h"
#include "support_pki.h"
#include "support_run.h"

#include <stdio.h>
#include <time.h>

static const char *const domains[] = { "a.example", "*.b.example", "m\xc3\xbcnchen.example" };
static const char *const mailboxes[] = { "Info.Desk@a.example", "info@m\xc3\xbcnchen.example",
	"j\xc3\xbcrgen@m\xc3\xbcnchen.example" };

static struct smime_cert *cert;
static struct smime_buf key = { .secret = true };
static struct smime_buf said;
static struct smime_diag diag;

static void
setup(void)
{
	dir_make();
	diag = (struct smime_diag){ 0 };
}

static void
teardown(void)
{
	smime_cert_free(&cert);
	smime_buf_reset(&key);
	smime_buf_reset(&said);
	dir_remove();
}

/* Every field. */
static struct smime_cert_spec
whole(const char *type)
{
	return (struct smime_cert_spec){ .common_name = "gw.a.example",
		.organization = "\xce\x95\xce\xbb\xce\xbb\xce\xac\xcf\x82 AE",
		.organizational_unit = "Mail",
		.locality = "\xe6\x9d\xb1\xe4\xba\xac",
		.state = "Tokyo",
		.country = "JP",
		.domains = domains,
		.domain_count = ROWS(domains),
		.mailboxes = mailboxes,
		.mailbox_count = ROWS(mailboxes),
		.key = type,
		.now = time(NULL) - 60,
		.days = 30 };
}

static enum smime_status
make(const struct smime_cert_spec *spec)
{
	smime_cert_free(&cert);
	smime_buf_reset(&key);
	return smime_cert_make(spec, NULL, &cert, &key, &diag);
}

static void
made(const struct smime_cert_spec *spec)
{
	ck_assert_msg(make(spec) == SMIME_OK, "%s", diag.text);
}

/* A file with the certificate. */
static const char *
pem_file(char path[DIR_PATH_SIZE])
{
	SMIME_AUTO_BUF pem = { 0 };

	ck_assert_int_eq(smime_cert_pem(cert, &pem), SMIME_OK);
	return dir_write("cert.pem", smime_buf_bytes(&pem), path);
}

static int
run(const char *const *argv)
{
	smime_buf_reset(&said);
	return run_program(argv, smime_bytes(NULL, 0), &said);
}

static void
says(const char *what)
{
	ck_assert_msg(strstr((char *)said.data, what), "\"%s\" is not in: %s", what, said.data);
}

#define RUN(...) run((const char *const[]){ __VA_ARGS__, NULL })

START_TEST(openssl_reads_every_field)
{
	struct smime_cert_spec spec = whole("p-256");
	char path[DIR_PATH_SIZE];

	made(&spec);
	ck_assert_int_eq(RUN("openssl", "x509", "-in", pem_file(path), "-noout", "-text",
			     "-nameopt", "utf8,sep_comma_plus"),
	    0);
	says("Version: 3");
	says("Subject: C=JP,ST=Tokyo,L=\xe6\x9d\xb1\xe4\xba\xac,"
	     "O=\xce\x95\xce\xbb\xce\xbb\xce\xac\xcf\x82 AE,OU=Mail,CN=gw.a.example");
	says("DNS:a.example, DNS:*.b.example, DNS:xn--mnchen-3ya.example,"
	     " email:Info.Desk@a.example, email:info@xn--mnchen-3ya.example,"
	     " othername: SmtpUTF8Mailbox::j\xc3\xbcrgen@xn--mnchen-3ya.example");
	says("Basic Constraints: critical\n                CA:FALSE");
	says("Key Usage: critical\n"
	     "                Digital Signature, Non Repudiation, Key Agreement\n");
	says("Extended Key Usage: \n                E-mail Protection");
	says("Subject Key Identifier");
	ck_assert_int_eq(
	    smime_cert_not_after(cert) - smime_cert_not_before(cert), 30 * (int64_t)PKI_DAY);
	ck_assert_uint_eq(smime_cert_serial(cert).len, 16);
}
END_TEST

START_TEST(each_name_is_covered)
{
	struct smime_cert_spec spec = whole("p-256");

	made(&spec);
	for (int i = 0; i < ROWS(mailboxes); i++)
		ck_assert_int_eq(
		    smime_cert_covers(cert, smime_bytes_str(mailboxes[i])), SMIME_COVER_MAILBOX);
	ck_assert_int_eq(
	    smime_cert_covers(cert, smime_bytes_str("x@a.example")), SMIME_COVER_DOMAIN);
	ck_assert_int_eq(
	    smime_cert_covers(cert, smime_bytes_str("x@c.b.example")), SMIME_COVER_WILDCARD);
	ck_assert_int_eq(smime_cert_covers(cert, smime_bytes_str("x@m\xc3\xbcnchen.example")),
	    SMIME_COVER_DOMAIN);
}
END_TEST

/* gpgsm 2.2 knows no EdDSA, no P-521 signatures by SHA-512, and no PSS. */
static const struct {
	const char *type, *name, *signature;
	bool pss, rsa, gpgsm;
} types[] = {
	{ "rsa-2048", "rsa-2048", "sha256WithRSAEncryption", false, true, true },
	{ "RSA2048", "rsa-2048", "rsassaPss", true, true, false },
	{ "p-256", "p-256", "ecdsa-with-SHA256", false, false, true },
	{ "p256", "p-256", "ecdsa-with-SHA256", false, false, true },
	{ "P-384", "p-384", "ecdsa-with-SHA384", false, false, true },
	{ "p521", "p-521", "ecdsa-with-SHA512", false, false, false },
	{ "ed25519", "ed25519", "ED25519", false, false, false },
};

static void
gpgsm_accepts(const char *path)
{
	char home[DIR_PATH_SIZE], list[DIR_PATH_SIZE];
	SMIME_AUTO_BUF trusted = { 0 };
	const char *print;

	(void)dir_file("", home);
	ck_assert_int_eq(RUN("openssl", "x509", "-in", path, "-noout", "-fingerprint", "-sha1"), 0);
	print = strrchr((char *)said.data, '=') + 1;
	ck_assert_int_eq(
	    smime_buf_appendf(&trusted, "%.*s S relax\n", (int)strcspn(print, "\n"), print),
	    SMIME_OK);
	(void)dir_write("trustlist.txt", smime_buf_bytes(&trusted), list);
	ck_assert_int_eq(RUN("gpgsm", "--homedir", home, "--batch", "--import", path), 0);
	says("imported: 1");
	ck_assert_int_eq(RUN("gpgsm", "--homedir", home, "--batch", "--disable-crl-checks",
			     "--with-validation", "--list-keys"),
	    0);
	says("[certificate is good]");
	says("key usage: digitalSignature nonRepudiation key");
	says("aka: Info.Desk@a.example");
	ck_assert_int_eq(RUN("gpgconf", "--homedir", home, "--kill", "all"), 0);
}

START_TEST(peers_accept_what_we_make)
{
	struct smime_cert_spec spec = whole(types[_i].type);
	char path[DIR_PATH_SIZE];

	spec.pss = types[_i].pss;
	made(&spec);
	ck_assert_str_eq(smime_cert_key_name(cert), types[_i].name);
	ck_assert_int_eq(RUN("openssl", "verify", "-x509_strict", "-purpose", "smimesign",
			     "-CAfile", pem_file(path), path),
	    0);
	ck_assert_int_eq(
	    RUN("openssl", "verify", "-purpose", "smimeencrypt", "-CAfile", path, path) == 0,
	    types[_i].rsa);
	ck_assert_int_eq(RUN("openssl", "x509", "-in", path, "-noout", "-text"), 0);
	says(types[_i].signature);
	ck_assert_int_eq(smime_cert_may_sign(cert, time(NULL), &diag), SMIME_OK);
	ck_assert_int_eq(smime_cert_may_encrypt(cert, time(NULL), &diag) == SMIME_OK,
	    strcmp(types[_i].type, "ed25519") != 0);
	if (types[_i].gpgsm)
		gpgsm_accepts(path);
}
END_TEST

static const struct {
	const char *type;
	enum smime_cert_use use;
	const char *words;
} uses[] = {
	{ "rsa-2048", SMIME_USE_BOTH, "Digital Signature, Non Repudiation, Key Encipherment\n" },
	{ "rsa-2048", SMIME_USE_SIGN, "Digital Signature, Non Repudiation\n" },
	{ "rsa-2048", SMIME_USE_ENCRYPT, " Key Encipherment\n" },
	{ "p-256", SMIME_USE_ENCRYPT, " Key Agreement\n" },
	{ "ed25519", SMIME_USE_BOTH, "Digital Signature, Non Repudiation\n" },
};

START_TEST(a_key_is_for_what_was_asked)
{
	struct smime_cert_spec spec = whole(uses[_i].type);
	char path[DIR_PATH_SIZE];

	spec.use = uses[_i].use;
	made(&spec);
	ck_assert_int_eq(
	    RUN("openssl", "x509", "-in", pem_file(path), "-noout", "-ext", "keyUsage"), 0);
	says(uses[_i].words);
}
END_TEST

START_TEST(a_digest_may_be_chosen)
{
	struct smime_cert_spec spec = whole("p-256");
	char path[DIR_PATH_SIZE];

	spec.digest = smime_alg_by_name(smime_digests, "sha512");
	made(&spec);
	ck_assert_int_eq(RUN("openssl", "x509", "-in", pem_file(path), "-noout", "-text"), 0);
	says("ecdsa-with-SHA512");
}
END_TEST

static struct smime_privkey *
open_key(const char *passphrase)
{
	struct smime_privkey *private = NULL;

	ck_assert_msg(
	    smime_privkey_import(smime_buf_bytes(&key), passphrase, &private, &diag) == SMIME_OK,
	    "%s", diag.text);
	return private;
}

START_TEST(the_key_is_its_own_and_under_the_passphrase)
{
	struct smime_cert_spec spec = whole("p-256");
	SMIME_AUTO(smime_privkey) none = NULL;
	SMIME_AUTO(smime_privkey) private = NULL;

	ck_assert_int_eq(smime_cert_make(&spec, "secret", &cert, &key, &diag), SMIME_OK);
	ck_assert_ptr_nonnull(memmem(key.data, key.len, "BEGIN ENCRYPTED PRIVATE KEY", 27));
	ck_assert_int_eq(
	    smime_privkey_import(smime_buf_bytes(&key), "wrong", &none, &diag), SMIME_E_NOKEY);
	ck_assert_str_eq(diag.token, "passphrase");
	private = open_key("secret");
	ck_assert_int_eq(smime_privkey_matches(private, cert, &diag), SMIME_OK);
}
END_TEST

#define LONG "0123456789012345678901234567890123456789012345678901234567890123"

static const char *const bad_mailboxes[] = { "info", "@a.example", "a@b@c.example", "a b@c.example",
	"a@", "a@\xff.example", "\xff@a.example", "a\x01@b.example", "" };

static const struct {
	struct smime_cert_spec spec;
	const char *sentence;
} wrong[] = {
	{ { .key = "p-256", .days = 1 }, "common name \"\": must be" },
	{ { .common_name = "x", .key = "p-256", .days = 1, .country = "Deutschland" },
	    "country \"Deutschland\": must be a country code of two letters" },
	{ { .common_name = "x", .key = "p-256", .days = 1, .country = "D1" }, "country \"D1\"" },
	{ { .common_name = "x", .key = "p-256", .days = 1, .country = "D" }, "country \"D\"" },
	{ { .common_name = "x", .key = "p-256", .days = 1, .organization = "a\xff" },
	    "must be text in UTF-8" },
	{ { .common_name = "x", .key = "p-256", .days = 1, .organization = "a\nb" },
	    "must be text in UTF-8" },
	{ { .common_name = LONG "4", .key = "p-256", .days = 1 },
	    "common name has 65 characters: at most 64" },
	{ { .common_name = "x", .key = "rsa-1024", .days = 1 }, "key \"rsa-1024\": must be" },
	{ { .common_name = "x", .key = "rsa-4352", .days = 1 }, "key \"rsa-4352\": must be" },
	{ { .common_name = "x", .key = "rsa-2049", .days = 1 }, "key \"rsa-2049\": must be" },
	{ { .common_name = "x", .key = "rsa-2048x", .days = 1 }, "key \"rsa-2048x\": must be" },
	{ { .common_name = "x", .key = "p-25600000000000000", .days = 1 }, "must be rsa-2048" },
	{ { .common_name = "x", .key = "pkcs11:none", .days = 1 }, "pkcs11: URI is none" },
	{ { .common_name = "x", .key = "p-256", .days = 0 }, "days \"0\": must be 1 to 36500" },
	{ { .common_name = "x", .key = "p-256", .days = 36501 }, "days \"36501\"" },
	{ { .common_name = "x", .key = "p-256", .days = 1, .pss = true }, "only an RSA key" },
	{ { .common_name = "x", .key = "ed25519", .days = 1, .use = SMIME_USE_ENCRYPT },
	    "cannot encrypt" },
	{ { .common_name = "x",
	      .key = "ed25519",
	      .days = 1,
	      .key_usages = (const char *[]){ "digitalSignature", "keyEncipherment" },
	      .key_usage_count = 2 },
	    "an Ed25519 key only signs" },
	{ { .common_name = "x",
	      .key = "ed25519",
	      .days = 1,
	      .key_usages = (const char *[]){ "keyAgreement" },
	      .key_usage_count = 1 },
	    "an Ed25519 key only signs" },
	{ { .common_name = "x",
	      .key = "rsa-2048",
	      .days = 1,
	      .key_usages = (const char *[]){ "keyAgreement" },
	      .key_usage_count = 1 },
	    "an RSA key encrypts by keyEncipherment" },
	{ { .common_name = "x",
	      .key = "p-256",
	      .days = 1,
	      .domains = (const char *[]){ "localhost" },
	      .domain_count = 1 },
	    "domain \"localhost\": must be a fully qualified" },
	{ { .common_name = "x",
	      .key = "p-256",
	      .days = 1,
	      .domains = (const char *[]){ "*.co.uk" },
	      .domain_count = 1 },
	    "domain \"*.co.uk\": stands for domains of everybody" },
	{ { .common_name = "x",
	      .key = "p-256",
	      .days = 1,
	      .domains = (const char *[]){ "" },
	      .domain_count = 1 },
	    "domain \"\"" },
};

START_TEST(a_wrong_field_is_named)
{
	enum smime_status status = make(&wrong[_i].spec);

	ck_assert(status == SMIME_E_SYNTAX || status == SMIME_E_NOKEY);
	ck_assert_ptr_null(cert);
	ck_assert_msg(strstr(diag.text, wrong[_i].sentence), "%s", diag.text);
}
END_TEST

START_TEST(a_wrong_mailbox_is_named)
{
	struct smime_cert_spec spec = whole("p-256");

	spec.mailboxes = &bad_mailboxes[_i];
	spec.mailbox_count = 1;
	ck_assert_int_eq(make(&spec), SMIME_E_SYNTAX);
	ck_assert_ptr_nonnull(strstr(diag.text, "must be an address"));
}
END_TEST

START_TEST(a_field_may_be_as_long_as_allowed)
{
	struct smime_cert_spec spec = whole("p-256");

	spec.common_name = LONG;
	made(&spec);
	ck_assert_ptr_nonnull(strstr(smime_cert_subject(cert), LONG));
}
END_TEST

START_TEST(openssl_verifies_a_request)
{
	struct smime_cert_spec spec = whole(types[_i].type);
	SMIME_AUTO(smime_privkey) private = NULL;
	SMIME_AUTO_BUF pem = { 0 };
	char path[DIR_PATH_SIZE];

	made(&spec);
	private = open_key(NULL);
	ck_assert_msg(
	    smime_cert_request(cert, private, NULL, &pem, &diag) == SMIME_OK, "%s", diag.text);
	ck_assert_int_eq(
	    RUN("openssl", "req", "-verify", "-noout", "-text", "-nameopt", "utf8,sep_comma_plus",
		"-in", dir_write("csr.pem", smime_buf_bytes(&pem), path)),
	    0);
	says("verify OK");
	says("C=JP,ST=Tokyo,L=\xe6\x9d\xb1\xe4\xba\xac,");
	says("DNS:*.b.example");
	says("j\xc3\xbcrgen@xn--mnchen-3ya.example");
	says("Digital Signature, Non Repudiation");
	says("E-mail Protection");
}
END_TEST

START_TEST(a_request_needs_its_own_key)
{
	struct smime_cert_spec spec = whole("p-256");
	struct pki_cert *other = pki_make(&(struct pki_spec){ .name = "other" });
	SMIME_AUTO(smime_privkey) private = pki_privkey(other);
	SMIME_AUTO_BUF pem = { 0 };

	made(&spec);
	ck_assert_int_eq(smime_cert_request(cert, private, NULL, &pem, &diag), SMIME_E_NOKEY);
	ck_assert_str_eq(diag.token, "key-mismatch");
	ck_assert_uint_eq(pem.len, 0);
	pki_free(&other);
}
END_TEST

/* A certificate with nothing in it but names, or not even a subject. */
START_TEST(a_request_says_what_the_certificate_says)
{
	struct pki_cert *bare = pki_make(&(struct pki_spec){
	    .name = "", .mailboxes = "a@a.example", .usage = "-", .purpose = "-" });
	SMIME_AUTO(smime_privkey) private = pki_privkey(bare);
	SMIME_AUTO_BUF pem = { 0 };
	char path[DIR_PATH_SIZE];

	ck_assert_msg(smime_cert_request(bare->cert, private, NULL, &pem, &diag) == SMIME_OK, "%s",
	    diag.text);
	ck_assert_int_eq(RUN("openssl", "req", "-verify", "-noout", "-text", "-in",
			     dir_write("csr.pem", smime_buf_bytes(&pem), path)),
	    0);
	says("email:a@a.example");
	ck_assert_ptr_null(strstr((char *)said.data, "Key Usage"));
	pki_free(&bare);
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("cert_make");
	TCase *tc = tcase_create("all");

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, openssl_reads_every_field);
	tcase_add_test(tc, each_name_is_covered);
	tcase_add_loop_test(tc, peers_accept_what_we_make, 0, ROWS(types));
	tcase_add_loop_test(tc, a_key_is_for_what_was_asked, 0, ROWS(uses));
	tcase_add_test(tc, a_digest_may_be_chosen);
	tcase_add_test(tc, the_key_is_its_own_and_under_the_passphrase);
	tcase_add_loop_test(tc, a_wrong_field_is_named, 0, ROWS(wrong));
	tcase_add_loop_test(tc, a_wrong_mailbox_is_named, 0, ROWS(bad_mailboxes));
	tcase_add_test(tc, a_field_may_be_as_long_as_allowed);
	tcase_add_loop_test(tc, openssl_verifies_a_request, 0, ROWS(types));
	tcase_add_test(tc, a_request_needs_its_own_key);
	tcase_add_test(tc, a_request_says_what_the_certificate_says);
	return suite;
}
