/* test_advice.c - what is hardly meant is told, and is no error. */
#include "support.h"
#include "support_ctl.h"
#include "support_db.h"

#include <sysexits.h>

static void
setup(void)
{
	ctl_make();
	ck_assert_int_eq(ctl("init", NULL), EX_OK);
}

START_TEST(nothing_is_told_of_what_is_meant)
{
	ck_assert_int_eq(ctl("certificate", "create", "gw", "--cn", "gw", "--domain", "a.example",
			     "--key", "p-256", NULL),
	    EX_OK);
	db_run("UPDATE mail_flow_policy SET harvest = 1, smime_open = 1");
	ck_assert_int_eq(ctl("check", NULL), EX_OK);
	says_not("certificate \"gw\"");
	says_not("mail_flow_policy");
}
END_TEST

START_TEST(a_key_in_clear_is_told)
{
	struct pki_cert *cert = pki_make(&(struct pki_spec){ .name = "x", .domains = "a.example" });

	db_add_own("plain", cert);
	ck_assert_int_eq(ctl("check", NULL), EX_OK);
	says("certificate \"plain\": its private key is not encrypted");
	says(": ok (1 certificates");
	pki_free(&cert);
}
END_TEST

START_TEST(harvesting_without_opening_is_told)
{
	db_run("UPDATE mail_flow_policy SET harvest = 1 WHERE name = 'accept'");
	ck_assert_int_eq(ctl("check", NULL), EX_OK);
	says("mail_flow_policy \"accept\": harvest is on and smime_open is off");
	says_not("\"relay\"");
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("advice");
	TCase *tc = tcase_create("all");

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, ctl_remove);
	tcase_add_test(tc, nothing_is_told_of_what_is_meant);
	tcase_add_test(tc, a_key_in_clear_is_told);
	tcase_add_test(tc, harvesting_without_opening_is_told);
	return suite;
}
