/* test_smimectl.c - the command as an administrator runs it: the built program, files, exit codes.
 */
#include "support.h"
#include "support_ctl.h"
#include "support_db.h"
#include "support_run.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

static void
setup(void)
{
	ctl_make();
}

static void
teardown(void)
{
	ctl_remove();
}

static void
make_site(void)
{
	ck_assert_int_eq(ctl("init", NULL), EX_OK);
	ck_assert_int_eq(
	    ctl("certificate", "create", "gw", "--cn", "gw.a.example", "--o", "A", "--domain",
		"a.example", "--mailbox=gw@a.example", "--key", "rsa-2048", NULL),
	    EX_OK);
}

/* Its own public key: the site can write to itself. */
static void
know_ourselves(void)
{
	char name[RUN_NAME_SIZE];
	SMIME_AUTO_BUF pem = { 0 };

	ck_assert_int_eq(ctl("certificate", "export", "gw", NULL), EX_OK);
	ck_assert_int_eq(smime_buf_append(&pem, ctl_out.data, ctl_out.len), SMIME_OK);
	ck_assert_int_eq(
	    ctl("public-key", "add", run_file(smime_buf_bytes(&pem), name), "--name", "me", NULL),
	    EX_OK);
}

START_TEST(help_is_everywhere)
{
	ck_assert_int_eq(ctl("--help", NULL), EX_OK);
	says("certificate create");
	ck_assert_int_eq(ctl("explain", "--help", NULL), EX_OK);
	says("--authenticated USER");
	ck_assert_int_eq(ctl(NULL), EX_USAGE);
	says("usage:");
	ck_assert_int_eq(ctl("certificate", NULL), EX_USAGE);
	says("certificate import");
	ck_assert_int_eq(ctl("certifcate", NULL), EX_USAGE);
	says("no command \"certifcate\"");
}
END_TEST

static const struct {
	const char *words[7];
	const char *sentence;
} wrong[] = {
	{ { "init", "x" }, "too many arguments" },
	{ { "certificate", "create" }, "an argument is missing" },
	{ { "certificate", "create", "x", "--color", "red" }, "no option \"--color\"" },
	{ { "certificate", "create", "x", "--cn" }, "--cn needs NAME" },
	{ { "seal", "--from", "a@b" }, "needs --from and --to" },
	{ { "seal", "--from", "a@b", "--to", "c@d" }, "needs --profile" },
	{ { "explain", "--from", "a@b", "--to", "c@d" }, "needs --client" },
	{ { "explain", "--client", "localhost", "--from", "a@b", "--to", "c@d" },
	    "--client localhost is no IP address" },
	{ { "open", "--time", "yesterday" }, "--time yesterday is not like" },
	{ { "open", "--signature", "keep" }, "neither retain nor remove" },
	{ { "-x" }, "no option \"-x\"" },
};

START_TEST(a_wrong_command_line_says_what_is_wrong)
{
	const char *const *w = wrong[_i].words;

	ck_assert_int_eq(ctl(w[0], w[1], w[2], w[3], w[4], w[5], w[6], NULL), EX_USAGE);
	says(wrong[_i].sentence);
}
END_TEST

START_TEST(init_makes_a_database_and_a_passphrase_once)
{
	struct stat st;

	ck_assert_int_eq(ctl("init", NULL), EX_OK);
	ck_assert_int_eq(stat(ctl_passphrase_path(), &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
	ck_assert_int_eq(ctl("init", NULL), EX_CANTCREAT);
	ck_assert_int_eq(ctl("check", NULL), EX_OK);
	says("ok (0 certificates");
}
END_TEST

START_TEST(a_certificate_lives_under_the_passphrase)
{
	make_site();
	ck_assert_int_eq(ctl("certificate", "list", NULL), EX_OK);
	says("CN=gw.a.example,O=A  <gw@a.example> @a.example");
	ck_assert_int_eq(ctl("certificate", "export", "gw", "--with-key", NULL), EX_OK);
	says("BEGIN ENCRYPTED PRIVATE KEY");
	ck_assert_int_eq(ctl("check", NULL), EX_OK);
	/* With another passphrase the key is of no use, and check says so. */
	ck_assert_int_eq(unlink(ctl_passphrase_path()), 0);
	ck_assert_int_eq(ctl("check", NULL), EX_CONFIG);
	says("certificate \"gw\"");
	ck_assert_int_eq(
	    ctl("certificate", "create", "b", "--cn", "b", "--domain", "b.example", NULL),
	    EX_DATAERR);
	says("no passphrase");
}
END_TEST

START_TEST(a_certificate_that_names_nobody_is_not_made)
{
	ck_assert_int_eq(ctl("init", NULL), EX_OK);
	ck_assert_int_eq(ctl("certificate", "create", "x", "--cn", "x", NULL), EX_DATAERR);
	says("--domain or --mailbox");
	ck_assert_int_eq(
	    ctl("certificate", "create", "x", "--domain", "a.example", NULL), EX_DATAERR);
	says("give --cn");
	ck_assert_int_eq(ctl("certificate", "create", "x", "--cn", "x", "--domain", "a.example",
			     "--days", "x", NULL),
	    EX_DATAERR);
	says("--days x");
}
END_TEST

START_TEST(another_key_is_not_imported)
{
	struct pki_cert *one =
	    pki_make(&(struct pki_spec){ .name = "one", .domains = "a.example" });
	struct pki_cert *two =
	    pki_make(&(struct pki_spec){ .name = "two", .domains = "a.example" });
	SMIME_AUTO_BUF pem = { 0 };
	SMIME_AUTO_BUF key = { 0 };
	SMIME_AUTO_BUF other = { 0 };
	char cert_name[RUN_NAME_SIZE], key_name[RUN_NAME_SIZE], other_name[RUN_NAME_SIZE];

	ck_assert_int_eq(smime_cert_pem(one->cert, &pem), SMIME_OK);
	pki_key_pem(one, NULL, &key);
	pki_key_pem(two, NULL, &other);
	(void)run_file(smime_buf_bytes(&pem), cert_name);
	ck_assert_int_eq(ctl("init", NULL), EX_OK);
	ck_assert_int_eq(ctl("certificate", "import", "x", cert_name,
			     run_file(smime_buf_bytes(&other), other_name), NULL),
	    EX_DATAERR);
	ck_assert_int_eq(ctl("certificate", "import", "x", cert_name,
			     run_file(smime_buf_bytes(&key), key_name), NULL),
	    EX_OK);
	ck_assert_int_eq(ctl("certificate", "export", "x", "--with-key", NULL), EX_OK);
	says("BEGIN ENCRYPTED PRIVATE KEY");
	pki_free(&one);
	pki_free(&two);
}
END_TEST

START_TEST(other_parties_come_and_go)
{
	make_site();
	know_ourselves();
	ck_assert_int_eq(ctl("public-key", "list", NULL), EX_OK);
	says("me  until ");
	ck_assert_int_eq(ctl("public-key", "list", "nothing like it", NULL), EX_OK);
	ck_assert_uint_eq(ctl_out.len, 0);
	ck_assert_int_eq(ctl("public-key", "search", "x@a.example", NULL), EX_OK);
	says("CN=gw.a.example");
	ck_assert_int_eq(ctl("public-key", "search", "x@b.example", NULL), EX_DATAERR);
	says("no certificate for <x@b.example>");
	ck_assert_int_eq(ctl("public-key", "export", "me", NULL), EX_OK);
	says("BEGIN CERTIFICATE");
	ck_assert_int_eq(ctl("public-key", "delete", "me", NULL), EX_OK);
	ck_assert_int_eq(ctl("public-key", "delete", "me", NULL), EX_DATAERR);
	says("there is no public_key \"me\"");
	ck_assert_int_eq(ctl("public-key", "add", "/nonexistent", NULL), EX_NOINPUT);
	says("/nonexistent: No such file");
	ck_assert_int_eq(ctl("public-key", "add", "/tmp", NULL), EX_NOINPUT);
	says("/tmp: Is a directory");
	ctl_input("not a certificate");
	ck_assert_int_eq(ctl("public-key", "add", "-", NULL), EX_DATAERR);
	says("holds no certificate");
	ctl_input("");
}
END_TEST

START_TEST(a_certificate_in_use_is_not_deleted)
{
	make_site();
	db_run("INSERT INTO sending_profile (name, mode, signing_certificate)"
	       " VALUES ('s', 'sign', 'gw')");
	ck_assert_int_eq(ctl("certificate", "delete", "gw", NULL), EX_DATAERR);
	says("sending_profile");
	ck_assert_int_eq(ctl("profile", "list", NULL), EX_OK);
	says("s  sign  detached  missing key: bounce  signs with: gw");
}
END_TEST

START_TEST(a_change_is_signed)
{
	make_site();
	ck_assert_ptr_null(
	    db_shell("CREATE TEMP TABLE t (x CHECK (x > 0)); INSERT INTO t SELECT "
		     "count(*) FROM change_log WHERE who IS NOT NULL AND table_name = "
		     "'certificate' AND row_name = 'gw' AND new NOT LIKE '%PRIVATE%'"));
}
END_TEST

#define MESSAGE "From: <u@a.example>\nTo: <v@a.example>\nSubject: s\n\nhello canary\n"

static const char *const modes[] = { "sign", "encrypt", "sign-encrypt", "triple" };

START_TEST(what_is_sealed_opens_again)
{
	SMIME_AUTO_BUF sealed = { 0 };
	bool secret = _i > 0;

	make_site();
	know_ourselves();
	db_run(
	    "INSERT INTO sending_profile (name, mode, signing_certificate) VALUES ('p', %Q, 'gw')",
	    modes[_i]);
	ctl_input(MESSAGE);
	ck_assert_int_eq(
	    ctl("seal", "--profile", "p", "--from", "u@a.example", "--to", "v@a.example", NULL),
	    EX_OK);
	ck_assert_int_eq(strstr((char *)ctl_out.data, "canary") == NULL, secret);
	ck_assert_int_eq(smime_buf_append(&sealed, ctl_out.data, ctl_out.len), SMIME_OK);
	ck_assert_int_eq(smime_buf_terminate(&sealed), SMIME_OK);
	ctl_input((const char *)sealed.data);
	ck_assert_int_eq(ctl("open", "--json", "--signature", "remove", NULL), EX_OK);
	says("\"smime_gateway_message\":true,\"smime_gateway_verified\":true");
	says("hello canary");
	/* Fifty years on the certificate is worth nothing. */
	ck_assert_int_eq(ctl("open", "--json", "--time", "2076-01-01T00:00:00Z", NULL), EX_OK);
	if (_i != 1)
		says("\"smime_gateway_verified\":false");
	ctl_input("");
}
END_TEST

START_TEST(what_cannot_be_sealed_is_refused)
{
	make_site();
	db_run("INSERT INTO sending_profile (name, mode, signing_certificate)"
	       " VALUES ('p', 'sign-encrypt', 'gw')");
	ctl_input(MESSAGE);
	ck_assert_int_eq(
	    ctl("seal", "--profile", "p", "--from", "u@a.example", "--to", "v@nokey.example", NULL),
	    EX_DATAERR);
	says("5.7.5");
	says("v@nokey.example");
	ck_assert_ptr_null(strstr((char *)ctl_out.data, "canary"));
	ck_assert_int_eq(
	    ctl("seal", "--profile", "none", "--from", "a@b", "--to", "c@d", NULL), EX_DATAERR);
	says("there is no sending_profile \"none\"");
	ctl_input("");
}
END_TEST

START_TEST(explain_says_why)
{
	make_site();
	db_run("INSERT INTO message_filter (name, position, script) VALUES ('m', 1,"
	       " 'm: if (subject == \"s\" and rcpt-count > 5) { drop(); }')");
	ctl_input(MESSAGE);
	ck_assert_int_eq(ctl("explain", "--client", "192.0.2.1", "--from", "u@a.example", "--to",
			     "v@a.example", NULL),
	    EX_OK);
	says("sender group ALL");
	says("rcpt-count > 5 is false: saw 1");
	says("action=deliver");
	ck_assert_int_eq(ctl("explain", "--client", "192.0.2.1", "--authenticated", "joe", "--from",
			     "u@a.example", "--to", "v@a.example", "--json", NULL),
	    EX_OK);
	says("{\"direction\":\"outgoing\",\"sender_group\":\"RELAYLIST\"");
	ctl_input("");
}
END_TEST

START_TEST(check_names_table_row_and_reason)
{
	make_site();
	db_run("INSERT INTO message_filter (name, position, script) VALUES ('typo', 1,"
	       " 'typo: if subjekt == \"s\" { drop(); }')");
	ck_assert_int_eq(ctl("check", NULL), EX_CONFIG);
	says("message_filter \"typo\": line 1, column 10: found \"subjekt\"");
	says("did you mean \"subject\"?");
}
END_TEST

START_TEST(trust_takes_cas_only)
{
	struct pki_cert *ca = pki_make(&(struct pki_spec){ .name = "Root", .ca = true });
	SMIME_AUTO_BUF pem = { 0 };
	SMIME_AUTO_BUF crl = { 0 };
	char name[RUN_NAME_SIZE], crl_name[RUN_NAME_SIZE];

	ck_assert_int_eq(smime_cert_pem(ca->cert, &pem), SMIME_OK);
	pki_crl(ca, NULL, PKI_NOW, PKI_NOW + PKI_DAY, &crl);
	ck_assert_int_eq(ctl("init", NULL), EX_OK);
	ck_assert_int_eq(ctl("trust", "add", run_file(smime_buf_bytes(&pem), name), NULL), EX_OK);
	ck_assert_int_eq(ctl("trust", "list", NULL), EX_OK);
	says("CN=Root");
	ck_assert_int_eq(ctl("crl", "add", run_file(smime_buf_bytes(&crl), crl_name), NULL), EX_OK);
	says("revocation_list \"CN=Root\": 0 certificates");
	ck_assert_int_eq(ctl("trust", "delete", "CN=Root", NULL), EX_OK);
	pki_free(&ca);
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("smimectl");
	TCase *tc = tcase_create("all");

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, help_is_everywhere);
	tcase_add_loop_test(tc, a_wrong_command_line_says_what_is_wrong, 0, ROWS(wrong));
	tcase_add_test(tc, init_makes_a_database_and_a_passphrase_once);
	tcase_add_test(tc, a_certificate_lives_under_the_passphrase);
	tcase_add_test(tc, a_certificate_that_names_nobody_is_not_made);
	tcase_add_test(tc, another_key_is_not_imported);
	tcase_add_test(tc, other_parties_come_and_go);
	tcase_add_test(tc, a_certificate_in_use_is_not_deleted);
	tcase_add_test(tc, a_change_is_signed);
	tcase_add_loop_test(tc, what_is_sealed_opens_again, 0, ROWS(modes));
	tcase_add_test(tc, what_cannot_be_sealed_is_refused);
	tcase_add_test(tc, explain_says_why);
	tcase_add_test(tc, check_names_table_row_and_reason);
	tcase_add_test(tc, trust_takes_cas_only);
	return suite;
}
