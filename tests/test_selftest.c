/* test_selftest.c - smime-milter as its unit file starts it: -t says whether it would run, and by
 * its exit code; what cannot run does not start, and says why. */
#include "support.h"
#include "support_ctl.h"
#include "support_db.h"
#include "support_run.h"

#include <stdio.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

static struct smime_buf out;

static void
setup(void)
{
	ctl_make();
	ck_assert_int_eq(ctl("init", NULL), EX_OK);
	ck_assert_int_eq(ctl("certificate", "create", "gw", "--cn", "gw", "--domain", "a.example",
			     "--key", "p-256", NULL),
	    EX_OK);
	db_run("INSERT INTO sending_profile(name, mode, signing_certificate) VALUES('p', 'sign', "
	       "'gw')");
}

static void
teardown(void)
{
	smime_buf_reset(&out);
	ctl_remove();
}

/* One more option with its argument; NULL: none. */
static int
run_with(const char *flag, const char *database, const char *option, const char *value)
{
	out.len = 0;
	return run_program((const char *[]){ SMIME_MILTER, flag, "-d", database, "-s",
			       "unix:/nonexistent/s", option, value, NULL },
	    smime_bytes_str(""), &out);
}

static int
run_daemon(const char *flag, const char *database)
{
	return run_with(flag, database, NULL, NULL);
}

static void
tells(const char *what)
{
	ck_assert_msg(
	    strstr((char *)out.data, what), "\"%s\" is not in: %s", what, (char *)out.data);
}

START_TEST(all_is_well)
{
	ck_assert_int_eq(run_daemon("-t", db_path()), EX_OK);
	tells(": ok (1 certificates, 1 profiles, ");
}
END_TEST

START_TEST(no_database_of_ours)
{
	ck_assert_int_eq(run_daemon("-t", "/nonexistent/policy.db"), EX_CONFIG);
	tells("make one with smimectl init");
	db_run("PRAGMA user_version = 1000");
	ck_assert_int_eq(run_daemon("-t", db_path()), EX_CONFIG);
	tells("newer than this program's");
}
END_TEST

START_TEST(a_filter_that_does_not_compile)
{
	db_run("INSERT INTO message_filter(name, position, script) VALUES('typo', 5, 'typo: if "
	       "(subjekt == \"x\") { drop(); }')");
	ck_assert_int_eq(run_daemon("-t", db_path()), EX_CONFIG);
	tells("message_filter \"typo\": ");
}
END_TEST

START_TEST(a_key_that_cannot_be_used)
{
	ck_assert_int_eq(unlink(ctl_passphrase_path()), 0);
	ck_assert_int_eq(run_daemon("-t", db_path()), EX_CONFIG);
	tells("certificate \"gw\"");
}
END_TEST

/* The certificate that a profile signs with has expired, or may not sign. */
START_TEST(a_certificate_that_cannot_sign)
{
	const int64_t now = time(NULL);
	struct pki_cert *old = pki_make(&(struct pki_spec){ .name = "old",
	    .domains = "a.example",
	    .from = now - 10 * (int64_t)PKI_DAY,
	    .to = now - PKI_DAY });

	db_add_own("old", old);
	/* The other one would sign in its place. */
	db_run("UPDATE sending_profile SET signing_certificate = 'old'; DELETE FROM certificate "
	       "WHERE name = 'gw'");
	ck_assert_int_eq(run_daemon("-t", db_path()), EX_CONFIG);
	tells("sending_profile \"p\": certificate \"old\": ");
	tells("expired");
	pki_free(&old);
}
END_TEST

START_TEST(the_command_line_is_tried)
{
	ck_assert_int_eq(run_with("-t", db_path(), "-w", "/nonexistent"), EX_CONFIG);
	tells("cannot keep messages in work in /nonexistent: No such file");
	ck_assert_int_eq(run_with("-t", db_path(), "-s", "inet:99999999@127.0.0.1"), EX_CONFIG);
	tells("no number from 1 to 65535");
	ck_assert_int_eq(run_with("-t", db_path(), "-u", "no-such-user"), EX_CONFIG);
	tells("there is no user no-such-user");
}
END_TEST

/* As root it could; as the daemon's user it cannot. */
START_TEST(it_looks_as_the_user_that_the_daemon_is)
{
	ck_assert_int_eq(run_with("-t", db_path(), "-u", "nobody"), EX_CONFIG);
	tells(db_path());
}
END_TEST

/* All that it would sign bounced. */
START_TEST(a_key_that_cannot_sign_as_the_profile_wants)
{
	db_run("UPDATE sending_profile SET signature_scheme = 'eddsa'");
	ck_assert_int_eq(run_daemon("-t", db_path()), EX_CONFIG);
	tells("sending_profile \"p\": certificate \"gw\": the key of ");
	tells("cannot sign by eddsa");
}
END_TEST

START_TEST(what_cannot_run_does_not_start)
{
	ck_assert_int_eq(run_daemon("-f", "/nonexistent/policy.db"), EX_CONFIG);
	tells("cannot listen on unix:/nonexistent/s");
	ck_assert_int_eq(run_daemon("--colour", db_path()), EX_USAGE);
	tells("\"--colour\" is no option");
}
END_TEST

START_TEST(a_database_that_cannot_be_read_is_no_start)
{
	char spec[128];

	(void)snprintf(spec, sizeof spec, "unix:%s.sock", db_path());
	db_run("PRAGMA user_version = 1000");
	ck_assert_int_eq(run_with("-f", db_path(), "-s", spec), EX_CONFIG);
	tells("newer than this program's");
	(void)unlink(spec + 5);
}
END_TEST

START_TEST(without_a_place_for_large_messages_there_is_no_start)
{
	char spec[128];

	(void)snprintf(spec, sizeof spec, "-sunix:%s.sock", db_path());
	ck_assert_int_eq(run_with("-f", db_path(), spec, "-w/nonexistent"), EX_CONFIG);
	tells("cannot keep messages in work in /nonexistent");
	(void)unlink(spec + 7);
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("selftest");
	TCase *tc = tcase_create("all");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, all_is_well);
	tcase_add_test(tc, no_database_of_ours);
	tcase_add_test(tc, a_filter_that_does_not_compile);
	tcase_add_test(tc, a_key_that_cannot_be_used);
	tcase_add_test(tc, a_certificate_that_cannot_sign);
	tcase_add_test(tc, the_command_line_is_tried);
	if (geteuid() == 0)
		tcase_add_test(tc, it_looks_as_the_user_that_the_daemon_is);
	tcase_add_test(tc, a_key_that_cannot_sign_as_the_profile_wants);
	tcase_add_test(tc, what_cannot_run_does_not_start);
	tcase_add_test(tc, a_database_that_cannot_be_read_is_no_start);
	tcase_add_test(tc, without_a_place_for_large_messages_there_is_no_start);
	suite_add_tcase(suite, tc);
	return suite;
}
