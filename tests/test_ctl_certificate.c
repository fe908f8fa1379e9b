/* test_ctl_certificate.c - own certificates by command: every field, requests and answers, what is
 * imported from elsewhere, and what is refused. */
#include "support.h"
#include "support_ctl.h"
#include "support_db.h"
#include "support_dir.h"
#include "support_run.h"

#include <stdio.h>
#include <sysexits.h>
#include <time.h>

static void
setup(void)
{
	dir_make();
	ctl_make();
	ck_assert_int_eq(ctl("init", NULL), EX_OK);
}

static void
teardown(void)
{
	ctl_remove();
	dir_remove();
}

/* What the last command printed, in a file. */
static const char *
printed(const char *name, char path[DIR_PATH_SIZE])
{
	return dir_write(name, smime_buf_bytes(&ctl_out), path);
}

static int
run(const char *const *argv)
{
	ctl_out.len = 0;
	return run_program(argv, smime_bytes(NULL, 0), &ctl_out);
}
#define RUN(...) run((const char *const[]){ __VA_ARGS__, NULL })

static void
create(const char *name)
{
	ck_assert_int_eq(ctl("certificate", "create", name, "--cn", "gw.a.example", "--domain",
			     "a.example", "--key", "p256", NULL),
	    EX_OK);
}

START_TEST(each_option_arrives)
{
	char path[DIR_PATH_SIZE];

	ck_assert_int_eq(
	    ctl("certificate", "create", "gw", "--cn=gw.a.example", "--o", "M\xc3\xbcller",
		"--ou=Mail", "--l", "K\xc3\xb6ln", "--st=NRW", "--c", "DE", "--domain", "a.example",
		"--domain=*.a.example", "--mailbox", "j\xc3\xbcrgen@a.example", "--key", "rsa-2048",
		"--use", "sign", "--digest", "sha384", "--signature", "rsa-pss", "--days", "10",
		"--require-fqdn", NULL),
	    EX_OK);
	says("certificate \"gw\": rsa-2048, valid until ");
	ck_assert_int_eq(ctl("certificate", "export", "gw", NULL), EX_OK);
	ck_assert_int_eq(RUN("openssl", "x509", "-noout", "-text", "-nameopt",
			     "utf8,sep_comma_plus", "-in", printed("gw.pem", path)),
	    0);
	says("Subject: C=DE,ST=NRW,L=K\xc3\xb6ln,O=M\xc3\xbcller,OU=Mail,CN=gw.a.example");
	says("DNS:a.example, DNS:*.a.example, othername: "
	     "SmtpUTF8Mailbox::j\xc3\xbcrgen@a.example");
	says("Digital Signature, Non Repudiation\n");
	says("rsassaPss");
	says("sha384");
	ck_assert_ptr_null(db_shell("CREATE TEMP TABLE t (x CHECK (x = 1)); INSERT INTO t SELECT "
				    "require_fqdn FROM certificate"));
	ck_assert_int_eq(ctl("check", NULL), EX_OK);
}
END_TEST

/* As asked: what openssl's purposes want of an EC key is more than RFC 8813 allows. */
START_TEST(the_usage_of_the_key_is_as_asked)
{
	char path[DIR_PATH_SIZE];

	create("strict");
	ck_assert_int_eq(
	    ctl("certificate", "create", "ec", "--cn", "gw.a.example", "--domain", "a.example",
		"--key", "p256", "--key-usage", "digitalSignature", "--key-usage", "nonRepudiation",
		"--key-usage", "keyagreement", "--key-usage", "keyEncipherment", NULL),
	    EX_OK);
	ck_assert_int_eq(ctl("certificate", "export", "ec", NULL), EX_OK);
	(void)printed("ec.pem", path);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(RUN("openssl", "verify", "-purpose",
				     i ? "smimesign" : "smimeencrypt", "-CAfile", path, path),
		    0);
	ck_assert_int_eq(RUN("openssl", "x509", "-noout", "-text", "-in", path), 0);
	says("Digital Signature, Non Repudiation, Key Encipherment, Key Agreement\n");
	ck_assert_int_eq(ctl("certificate", "export", "strict", NULL), EX_OK);
	(void)printed("strict.pem", path);
	ck_assert_int_eq(RUN("openssl", "x509", "-noout", "-text", "-in", path), 0);
	says("Digital Signature, Non Repudiation, Key Agreement\n");
	ck_assert_int_eq(ctl("certificate", "create", "x", "--cn", "x", "--domain", "a.example",
			     "--use", "sign", "--key-usage", "keyAgreement", NULL),
	    EX_DATAERR);
	says("--use and --key-usage say the same");
}
END_TEST

static const struct {
	const char *option, *value, *sentence;
} wrong[] = {
	{ "--c", "Deutschland", "country \"Deutschland\": must be a country code of two letters" },
	{ "--key", "p-255", "key \"p-255\": must be rsa-2048 to rsa-4096, p-256" },
	{ "--days", "0", "--days 0 is not" },
	{ "--digest", "md5", "--digest md5 is not" },
	{ "--digest", "sha1", "--digest sha1 is not" },
	{ "--signature", "dsa", "--signature dsa is neither" },
	{ "--signature", "rsa-pss", "only an RSA key" },
	{ "--use", "fun", "--use fun is not sign, encrypt or both" },
	{ "--key-usage", "cRLSign", "key usage \"cRLSign\": must be digitalSignature, nonRep" },
	{ "--mailbox", "info", "mailbox \"info\": must be an address" },
	{ "--domain", "b", "domain \"b\": must be a fully qualified" },
	{ "--cn", "gateway", "require_fqdn: the common name \"gateway\"" },
};

START_TEST(a_wrong_option_is_named)
{
	ck_assert_int_eq(
	    ctl("certificate", "create", "gw", "--cn", "gw.a.example", "--domain", "a.example",
		"--key", "p-384", "--require-fqdn", wrong[_i].option, wrong[_i].value, NULL),
	    EX_DATAERR);
	says(wrong[_i].sentence);
	ck_assert_int_eq(ctl("certificate", "list", NULL), EX_OK);
	ck_assert_uint_eq(ctl_out.len, 0);
}
END_TEST

START_TEST(a_name_is_taken_once)
{
	create("gw");
	ck_assert_int_eq(ctl("certificate", "create", "gw", "--cn", "x", "--domain", "b.example",
			     "--key", "p-256", NULL),
	    EX_DATAERR);
	says("there is a certificate \"gw\" already: choose another name, or delete that one");
	says_not("UNIQUE");
}
END_TEST

/* ---- a request, and the CA's answer ---- */

/* openssl as the CA: signs the request at path with what it asks for. */
static void
sign_request(const char *request, const char *answer)
{
	char key[DIR_PATH_SIZE], ca[DIR_PATH_SIZE];

	(void)dir_file("ca.key", key);
	ck_assert_int_eq(RUN("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
			     "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out",
			     dir_file("ca.pem", ca), "-subj", "/CN=CA", "-days", "3"),
	    0);
	ck_assert_msg(RUN("openssl", "x509", "-req", "-in", request, "-CA", ca, "-CAkey", key,
			  "-CAcreateserial", "-copy_extensions", "copyall", "-days", "2", "-out",
			  answer) == 0,
	    "%s", (char *)ctl_out.data);
}

START_TEST(a_ca_signs_our_request_and_it_comes_back)
{
	char csr[DIR_PATH_SIZE], answer[DIR_PATH_SIZE], ca[DIR_PATH_SIZE];

	create("gw");
	db_run("INSERT INTO sending_profile (name, mode, signing_certificate)"
	       " VALUES ('s', 'sign', 'gw')");
	ck_assert_int_eq(ctl("certificate", "csr", "gw", "--digest", "sha512", NULL), EX_OK);
	says("-----BEGIN NEW CERTIFICATE REQUEST-----");
	(void)printed("csr.pem", csr);
	ck_assert_int_eq(RUN("openssl", "req", "-verify", "-noout", "-text", "-in", csr), 0);
	says("verify OK");
	says("ecdsa-with-SHA512");
	sign_request(csr, dir_file("answer.pem", answer));
	ck_assert_int_eq(
	    ctl("certificate", "import", "gw", answer, "--chain", dir_file("ca.pem", ca), NULL),
	    EX_OK);
	says("the one that it replaces");
	ck_assert_int_eq(ctl("certificate", "list", NULL), EX_OK);
	says("gw  until ");
	says("gw (");
	ck_assert_int_eq(ctl("certificate", "export", "gw", NULL), EX_OK);
	ck_assert_int_eq(
	    RUN("openssl", "verify", "-purpose", "smimesign", "-CAfile", ca, answer), 0);
	ck_assert_int_eq(ctl("check", NULL), EX_OK);
	ck_assert_int_eq(ctl("certificate", "import", "gw", answer, NULL), EX_DATAERR);
	says("certificate \"gw\" is that one already");
}
END_TEST

/* CAs answer in any form, with their own certificates in front or behind. */
static const struct {
	const char *name, *command[12];
} forms[] = {
	{ "der", { "openssl", "x509", "-in", "ANSWER", "-outform", "DER" } },
	{ "p7b", { "openssl", "crl2pkcs7", "-nocrl", "-certfile", "CA", "-certfile", "ANSWER" } },
	{ "p7c", { "openssl", "crl2pkcs7", "-nocrl", "-certfile", "CA", "-certfile", "ANSWER",
		     "-outform", "DER" } },
};

START_TEST(an_answer_comes_in_any_form)
{
	char csr[DIR_PATH_SIZE], answer[DIR_PATH_SIZE], ca[DIR_PATH_SIZE], form[DIR_PATH_SIZE];
	const char *command[16] = { NULL };
	int n = 0;

	create("gw");
	ck_assert_int_eq(ctl("certificate", "csr", "gw", NULL), EX_OK);
	sign_request(printed("csr.pem", csr), dir_file("answer.pem", answer));
	(void)dir_file("ca.pem", ca);
	for (; forms[_i].command[n]; n++)
		command[n] = strcmp(forms[_i].command[n], "ANSWER") == 0 ? answer
			     : strcmp(forms[_i].command[n], "CA") == 0   ? ca
									 : forms[_i].command[n];
	command[n] = "-out";
	command[n + 1] = dir_file("form", form);
	ck_assert_int_eq(run_program(command, smime_bytes(NULL, 0), &ctl_out), 0);
	ck_assert_msg(ctl("certificate", "import", "gw", form, NULL) == EX_OK, "%s: %s",
	    forms[_i].name, (char *)ctl_out.data);
	says_not("does not name");
	ck_assert_int_eq(ctl("check", NULL), EX_OK);
	ck_assert_str_eq(db_query("SELECT chain <> '' FROM certificate WHERE name = 'gw'"),
	    _i == 0 ? "0 " : "1 ");
}
END_TEST

/* Back to the old one when the new one is no good, and to the new one when it is after all. */
START_TEST(an_answer_can_be_taken_back)
{
	char csr[DIR_PATH_SIZE], answer[DIR_PATH_SIZE], old[DIR_PATH_SIZE];

	create("gw");
	ck_assert_int_eq(ctl("certificate", "export", "gw", NULL), EX_OK);
	(void)printed("old.pem", old);
	ck_assert_int_eq(ctl("certificate", "csr", "gw", NULL), EX_OK);
	sign_request(printed("csr.pem", csr), dir_file("answer.pem", answer));
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(ctl("certificate", "import", "gw", answer, NULL), EX_OK);
		ck_assert_int_eq(ctl("certificate", "import", "gw", old, NULL), EX_OK);
	}
	ck_assert_str_eq(db_query("SELECT count(*) FROM certificate"), "3 ");
	ck_assert_str_eq(db_query("SELECT count(DISTINCT certificate) FROM certificate"), "2 ");
	/* A row of somebody else's making is not touched. */
	db_run("UPDATE certificate SET certificate = (SELECT certificate FROM certificate"
	       " WHERE name = 'gw') WHERE name <> 'gw'");
	ck_assert_int_eq(ctl("certificate", "import", "gw", answer, NULL), EX_OK);
	ck_assert_int_eq(ctl("certificate", "import", "gw", old, NULL), EX_DATAERR);
	says("which is another one: rename that");
	ck_assert_int_eq(ctl("check", NULL), EX_OK);
}
END_TEST

START_TEST(what_the_ca_left_out_is_told)
{
	char csr[DIR_PATH_SIZE], answer[DIR_PATH_SIZE], ca[DIR_PATH_SIZE], key[DIR_PATH_SIZE];

	create("gw");
	ck_assert_int_eq(ctl("certificate", "csr", "gw", NULL), EX_OK);
	sign_request(printed("csr.pem", csr), dir_file("answer.pem", answer));
	ck_assert_int_eq(
	    RUN("openssl", "x509", "-req", "-in", csr, "-CA", dir_file("ca.pem", ca), "-CAkey",
		dir_file("ca.key", key), "-CAcreateserial", "-days", "2", "-out", answer),
	    0);
	ck_assert_int_eq(ctl("certificate", "import", "gw", answer, NULL), EX_OK);
	says("note: the new certificate does not name a.example");
	/* What the row asks for, the new one has to have. */
	db_run("UPDATE certificate SET require_fqdn = 1");
	ck_assert_int_eq(
	    RUN("openssl", "x509", "-req", "-in", csr, "-CA", ca, "-CAkey", key, "-CAcreateserial",
		"-days", "1", "-subj", "/CN=gateway", "-out", answer),
	    0);
	ck_assert_int_eq(ctl("certificate", "import", "gw", answer, NULL), EX_DATAERR);
	says("the common name \"gateway\" is no fully qualified domain name");
}
END_TEST

START_TEST(there_is_no_request_for_nothing)
{
	ck_assert_int_eq(ctl("certificate", "csr", "gw", NULL), EX_DATAERR);
	says("there is no certificate \"gw\"");
	create("gw");
	ck_assert_int_eq(ctl("certificate", "csr", "gw", "--digest", "md5", NULL), EX_DATAERR);
	says("--digest md5");
}
END_TEST

/* ---- import ---- */

static void
write_cert(const struct pki_cert *cert, const char *name, char path[DIR_PATH_SIZE])
{
	SMIME_AUTO_BUF pem = { 0 };

	ck_assert_int_eq(smime_cert_pem(cert->cert, &pem), SMIME_OK);
	(void)dir_write(name, smime_buf_bytes(&pem), path);
}

static void
write_key(const struct pki_cert *cert, const char *passphrase, char path[DIR_PATH_SIZE])
{
	SMIME_AUTO_BUF pem = { 0 };

	pki_key_pem(cert, passphrase, &pem);
	(void)dir_write("key.pem", smime_buf_bytes(&pem), path);
}

START_TEST(a_certificate_alone_is_told_apart)
{
	struct pki_cert *cert = pki_make(&(struct pki_spec){ .name = "x", .domains = "a.example" });
	char path[DIR_PATH_SIZE];

	write_cert(cert, "cert.pem", path);
	ck_assert_int_eq(ctl("certificate", "import", "x", path, NULL), EX_DATAERR);
	says("holds no private key, and there is no certificate \"x\" with one: put the key's file "
	     "behind it");
	create("x");
	ck_assert_int_eq(ctl("certificate", "import", "x", path, NULL), EX_DATAERR);
	says("the private key is not that of the certificate of CN=x");
	pki_free(&cert);
}
END_TEST

START_TEST(both_may_stand_in_one_file)
{
	struct pki_cert *ca = pki_make(&(struct pki_spec){ .name = "CA", .ca = true });
	struct pki_cert *cert =
	    pki_make(&(struct pki_spec){ .name = "x", .domains = "a.example", .issuer = ca });
	SMIME_AUTO_BUF pem = { 0 };
	char path[DIR_PATH_SIZE];

	ck_assert_int_eq(smime_cert_pem(cert->cert, &pem), SMIME_OK);
	pki_key_pem(cert, NULL, &pem);
	ck_assert_int_eq(smime_cert_pem(ca->cert, &pem), SMIME_OK);
	(void)dir_write("both.pem", smime_buf_bytes(&pem), path);
	ck_assert_int_eq(ctl("certificate", "import", "x", path, NULL), EX_OK);
	ck_assert_int_eq(ctl("certificate", "export", "x", "--with-key", NULL), EX_OK);
	says("BEGIN ENCRYPTED PRIVATE KEY");
	/* The second certificate is its chain. */
	ck_assert_ptr_nonnull(
	    strstr(strstr((char *)ctl_out.data, "END CERTIFICATE"), "BEGIN CERTIFICATE"));
	ctl_input((const char *)pem.data);
	ck_assert_int_eq(smime_buf_terminate(&pem), SMIME_OK);
	ck_assert_int_eq(ctl("certificate", "import", "y", "-", NULL), EX_OK);
	pki_free(&cert);
	pki_free(&ca);
}
END_TEST

START_TEST(an_encrypted_key_needs_its_passphrase)
{
	struct pki_cert *cert = pki_make(&(struct pki_spec){ .name = "x", .domains = "a.example" });
	char path[DIR_PATH_SIZE], key[DIR_PATH_SIZE], secret[DIR_PATH_SIZE];

	write_cert(cert, "cert.pem", path);
	write_key(cert, "old", key);
	ck_assert_int_eq(ctl("certificate", "import", "x", path, key, NULL), EX_DATAERR);
	says("if it is encrypted, give its passphrase");
	ck_assert_int_eq(ctl("certificate", "import", "x", path, key, "--key-passphrase-file",
			     dir_write("secret", smime_bytes_str("old\n"), secret), NULL),
	    EX_OK);
	ck_assert_int_eq(ctl("check", NULL), EX_OK);
	pki_free(&cert);
}
END_TEST

START_TEST(a_key_may_stay_in_its_file)
{
	struct pki_cert *cert = pki_make(&(struct pki_spec){ .name = "x", .domains = "a.example" });
	char path[DIR_PATH_SIZE], key[DIR_PATH_SIZE], column[DIR_PATH_SIZE + 8];

	write_cert(cert, "cert.pem", path);
	write_key(cert, NULL, key);
	(void)snprintf(column, sizeof column, "file:%s", key);
	ck_assert_int_eq(ctl("certificate", "import", "x", path, column, NULL), EX_OK);
	ck_assert_int_eq(ctl("certificate", "export", "x", "--with-key", NULL), EX_OK);
	says(column);
	says_not("PRIVATE");
	ck_assert_int_eq(ctl("check", NULL), EX_OK);
	pki_free(&cert);
}
END_TEST

static const struct {
	const char *password;
	bool legacy;
} p12s[] = { { "secret", false }, { "secret", true }, { "", false } };

START_TEST(a_pkcs12_file_is_imported)
{
	struct pki_cert *cert = pki_make(&(struct pki_spec){ .name = "x", .domains = "a.example" });
	char path[DIR_PATH_SIZE], key[DIR_PATH_SIZE], p12[DIR_PATH_SIZE], secret[DIR_PATH_SIZE];
	char pass[40];

	write_cert(cert, "cert.pem", path);
	write_key(cert, NULL, key);
	(void)snprintf(pass, sizeof pass, "pass:%s", p12s[_i].password);
	ck_assert_int_eq(
	    RUN("openssl", "pkcs12", "-export", "-in", path, "-inkey", key, "-passout", pass,
		"-out", dir_file("x.p12", p12), p12s[_i].legacy ? "-legacy" : NULL),
	    0);
	(void)dir_write("secret", smime_bytes_str(p12s[_i].password), secret);
	if (*p12s[_i].password) {
		ck_assert_int_eq(ctl("certificate", "import", "x", p12, NULL), EX_DATAERR);
		says("the passphrase does not open the file");
		ck_assert_int_eq(
		    ctl("certificate", "import", "x", p12, "--p12-passphrase-file", secret, NULL),
		    EX_OK);
	} else {
		ck_assert_int_eq(ctl("certificate", "import", "x", p12, NULL), EX_OK);
	}
	ck_assert_int_eq(ctl("check", NULL), EX_OK);
	says("ok (1 certificates");
	pki_free(&cert);
}
END_TEST

START_TEST(names_are_looked_at_on_import)
{
	struct pki_cert *nobody = pki_make(&(struct pki_spec){ .name = "nobody" });
	char path[DIR_PATH_SIZE], key[DIR_PATH_SIZE];

	write_cert(nobody, "cert.pem", path);
	write_key(nobody, NULL, key);
	ck_assert_int_eq(
	    ctl("certificate", "import", "x", path, key, "--require-fqdn", NULL), EX_DATAERR);
	says("require_fqdn: the common name \"nobody\"");
	ck_assert_int_eq(ctl("certificate", "import", "x", path, key, NULL), EX_OK);
	says("it signs for nobody");
	pki_free(&nobody);
}
END_TEST

START_TEST(what_is_good_for_nothing_is_refused)
{
	struct pki_cert *server = pki_make(
	    &(struct pki_spec){ .name = "x", .domains = "a.example", .purpose = "server" });
	char path[DIR_PATH_SIZE], key[DIR_PATH_SIZE];

	write_cert(server, "cert.pem", path);
	write_key(server, NULL, key);
	ck_assert_int_eq(ctl("certificate", "import", "x", path, key, NULL), EX_DATAERR);
	says("is not for mail (extendedKeyUsage)");
	pki_free(&server);
}
END_TEST

START_TEST(a_renewal_comes_ahead_of_its_time)
{
	const int64_t now = time(NULL);
	struct pki_cert *next = pki_make(&(struct pki_spec){ .name = "next",
	    .domains = "a.example",
	    .from = now + 10 * PKI_DAY,
	    .to = now + 400 * PKI_DAY });
	struct pki_cert *server = pki_make(&(struct pki_spec){ .name = "server",
	    .domains = "a.example",
	    .purpose = "server",
	    .from = now + 10 * PKI_DAY,
	    .to = now + 400 * PKI_DAY });
	char path[DIR_PATH_SIZE], key[DIR_PATH_SIZE];

	write_cert(next, "cert.pem", path);
	write_key(next, NULL, key);
	ck_assert_int_eq(ctl("certificate", "import", "next", path, key, NULL), EX_OK);
	says("note: the certificate is not valid before ");
	ck_assert_int_eq(ctl("check", NULL), EX_OK);
	write_cert(server, "cert.pem", path);
	write_key(server, NULL, key);
	ck_assert_int_eq(ctl("certificate", "import", "x", path, key, NULL), EX_DATAERR);
	says("is not for mail (extendedKeyUsage)");
	pki_free(&server);
	pki_free(&next);
}
END_TEST

/* ---- in front of the command ---- */

START_TEST(options_in_front_take_an_equals_sign)
{
	char option[120];

	(void)snprintf(option, sizeof option, "--database=%s", db_path());
	ck_assert_int_eq(RUN(SMIMECTL, option, "check"), EX_OK);
	(void)snprintf(option, sizeof option, "--passphrase-file=%s", ctl_passphrase_path());
	ck_assert_int_eq(ctl(option, "check", NULL), EX_OK);
	ck_assert_int_eq(RUN(SMIMECTL, "--databas=x", "check"), EX_USAGE);
	says("no option \"--databas=x\"");
	ck_assert_int_eq(RUN(SMIMECTL, "-d"), EX_USAGE);
	says("no value behind \"-d\"");
}
END_TEST

START_TEST(a_database_that_is_not_there_says_how_to_make_one)
{
	ck_assert_int_eq(RUN(SMIMECTL, "-d", "/nonexistent/p.db", "certificate", "list"), EX_IOERR);
	says("policy database /nonexistent/p.db: No such file or directory; make one with smimectl "
	     "init");
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("ctl_certificate");
	TCase *tc = tcase_create("all");

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, each_option_arrives);
	tcase_add_test(tc, the_usage_of_the_key_is_as_asked);
	tcase_add_loop_test(tc, a_wrong_option_is_named, 0, ROWS(wrong));
	tcase_add_test(tc, a_name_is_taken_once);
	tcase_add_test(tc, a_ca_signs_our_request_and_it_comes_back);
	tcase_add_loop_test(tc, an_answer_comes_in_any_form, 0, ROWS(forms));
	tcase_add_test(tc, an_answer_can_be_taken_back);
	tcase_add_test(tc, what_the_ca_left_out_is_told);
	tcase_add_test(tc, there_is_no_request_for_nothing);
	tcase_add_test(tc, a_certificate_alone_is_told_apart);
	tcase_add_test(tc, both_may_stand_in_one_file);
	tcase_add_test(tc, an_encrypted_key_needs_its_passphrase);
	tcase_add_test(tc, a_key_may_stay_in_its_file);
	tcase_add_loop_test(tc, a_pkcs12_file_is_imported, 0, ROWS(p12s));
	tcase_add_test(tc, names_are_looked_at_on_import);
	tcase_add_test(tc, what_is_good_for_nothing_is_refused);
	tcase_add_test(tc, a_renewal_comes_ahead_of_its_time);
	tcase_add_test(tc, options_in_front_take_an_equals_sign);
	tcase_add_test(tc, a_database_that_is_not_there_says_how_to_make_one);
	return suite;
}
