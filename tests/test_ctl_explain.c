/* test_ctl_explain.c - smimectl explain: what it says of a message, rule by rule, and its record.
 */
#include "support.h"
#include "support_ctl.h"
#include "support_db.h"
#include "support_run.h"

#include <sysexits.h>

#define MESSAGE                                                                           \
	"From: joe@x.example\nTo: 1@a.example, 2@b.example, 3@c.example\nSubject: plan\n" \
	"\ntext\n"

/* 1 (recipient @a): sealed; 2 (sender joe): signed, deferred; default: nothing. */
static void
setup(void)
{
	char name[RUN_NAME_SIZE];
	SMIME_AUTO_BUF pem = { 0 };

	ctl_make();
	ck_assert_int_eq(ctl("init", NULL), EX_OK);
	ck_assert_int_eq(ctl("certificate", "create", "gw", "--cn", "gw", "--o", "X", "--domain",
			     "x.example", "--key", "p-256", NULL),
	    EX_OK);
	ck_assert_int_eq(ctl("certificate", "create", "a", "--cn", "a", "--o", "A", "--domain",
			     "a.example", "--key", "p-256", NULL),
	    EX_OK);
	ck_assert_int_eq(ctl("certificate", "export", "a", NULL), EX_OK);
	ck_assert_int_eq(smime_buf_append(&pem, ctl_out.data, ctl_out.len), SMIME_OK);
	ck_assert_int_eq(
	    ctl("public-key", "add", run_file(smime_buf_bytes(&pem), name), "--name", "a", NULL),
	    EX_OK);
	db_run("INSERT INTO sending_profile (name, mode, signing_certificate) VALUES"
	       " ('seal', 'sign-encrypt', 'gw'), ('sign', 'sign', 'gw');"
	       "INSERT INTO content_filter (name, direction) VALUES ('seal-it', 'outgoing'),"
	       " ('sign-it', 'outgoing'), ('off', 'outgoing'), ('late', 'outgoing');"
	       "UPDATE content_filter SET enabled = 0 WHERE name = 'off';"
	       "INSERT INTO content_filter_action (content_filter, position, action,"
	       " sending_profile) VALUES ('seal-it', 1, 'smime-gateway', 'seal'),"
	       " ('sign-it', 1, 'smime-gateway-deferred', 'sign');"
	       "INSERT INTO content_filter_action (content_filter, position, action) VALUES"
	       " ('late', 1, 'drop'), ('off', 1, 'drop');"
	       "INSERT INTO mail_policy (name, direction, position) VALUES ('one', 'outgoing', 1),"
	       " ('two', 'outgoing', 2);"
	       "INSERT INTO mail_policy_member (mail_policy, side, pattern) VALUES"
	       " ('one', 'recipient', '@a.example'), ('two', 'sender', 'joe@x.example');"
	       "INSERT INTO mail_policy_filter (mail_policy, position, content_filter) VALUES"
	       " ('one', 1, 'off'), ('one', 2, 'seal-it'), ('one', 3, 'late'),"
	       " ('two', 1, 'sign-it')");
	ctl_input(MESSAGE);
}

static void
teardown(void)
{
	ctl_input("");
	ctl_remove();
}

static int
explain(const char *from, const char *option)
{
	return ctl("explain", "--client", "127.0.0.1", "--from", from, "--to", "1@a.example",
	    "--to", "2@b.example", "--to", "3@c.example", option, NULL);
}

START_TEST(the_record_of_the_worked_example)
{
	ck_assert_int_eq(explain("joe@x.example", "--json"), EX_OK);
	says("{\"direction\":\"outgoing\",\"sender_group\":\"RELAYLIST\",\"mail_flow_policy\":"
	     "\"relay\",\"message_filters\":[],"
	     "\"splinters\":[{\"mail_policy\":\"one\",\"recipients\":[\"1@a.example\"],"
	     "\"content_filters\":[{\"name\":\"seal-it\",\"matched\":true}],\"final_action\":"
	     "\"deliver\",\"quarantine\":null,\"profile\":\"seal\",\"copies\":[{\"recipients\":"
	     "[\"1@a.example\"],\"treatment\":\"sealed\"}]},"
	     "{\"mail_policy\":\"two\",\"recipients\":[\"2@b.example\",\"3@c.example\"],"
	     "\"content_filters\":[{\"name\":\"sign-it\",\"matched\":true}],\"final_action\":"
	     "\"deliver\",\"quarantine\":null,\"profile\":\"sign\",\"copies\":[{\"recipients\":"
	     "[\"2@b.example\",\"3@c.example\"],\"treatment\":\"sealed\"}]}]}");
}
END_TEST

START_TEST(the_text_of_the_worked_example)
{
	ck_assert_int_eq(explain("joe@x.example", NULL), EX_OK);
	says("sender group RELAYLIST\n"
	     "  authenticated: no, as (none)\n"
	     "  network 127.0.0.0/8: yes, the client is 127.0.0.1\n"
	     "mail flow policy relay: outgoing, layers are not opened (smime_open is 0)\n"
	     "recipient 1@a.example\n"
	     "  mail policy one: yes\n"
	     "    recipient 1@a.example matches @a.example\n"
	     "recipient 2@b.example\n"
	     "  mail policy one: no\n"
	     "    recipient 2@b.example matches none of its members\n"
	     "  mail policy two: yes\n"
	     "    sender joe@x.example matches joe@x.example\n"
	     "recipient 3@c.example\n"
	     "  mail policy one: no\n"
	     "    recipient 3@c.example matches none of its members\n"
	     "  mail policy two: yes\n"
	     "    sender joe@x.example matches joe@x.example\n"
	     "splinter of mail policy one\n"
	     "  recipient 1@a.example\n"
	     "  content filter off does not run: enabled is 0\n"
	     "  content filter seal-it\n");
	says("  content filter late: not asked, seal-it has ended it\n"
	     "splinter of mail policy two\n"
	     "  recipient 2@b.example\n"
	     "  recipient 3@c.example\n"
	     "  content filter sign-it\n");
	says("carrying out mail policy one: delivered with sending profile seal\n"
	     "    signs with certificate gw, ");
	says(" names its domain: used\n");
	says("  copy 1, sealed, to 1@a.example\n"
	     "carrying out mail policy two: delivered with sending profile sign\n");
	says("  copy 2, sealed, to 2@b.example\n"
	     "  copy 2, sealed, to 3@c.example\n");
	says("action=deliver");
}
END_TEST

/* As they will be carried out: variables are what they stand for. */
START_TEST(actions_are_shown_as_they_will_be)
{
	db_run("INSERT INTO message_filter (name, position, script) VALUES ('mark', 1, 'mark: if "
	       "true {"
	       " insert-header(\"X-From\", \"$EnvelopeFrom, $FilterName\");"
	       " edit-header-text(\"Subject\", \"$\", \" for $Group\");"
	       " log-entry(\"of $RemoteIP\"); strip-header(\"X-$Group\"); }')");
	ck_assert_int_eq(explain("joe@x.example", NULL), EX_OK);
	says("    action insert-header X-From, \"joe@x.example, mark\"\n"
	     "    action edit-header-text Subject, \"$\", \" for RELAYLIST\"\n"
	     "    action log-entry of 127.0.0.1\n"
	     "    action strip-header X-$Group\n");
}
END_TEST

START_TEST(another_sender_falls_under_the_default)
{
	ck_assert_int_eq(explain("amy@x.example", NULL), EX_OK);
	says("  mail policy two: no\n"
	     "    sender amy@x.example matches none of its members\n"
	     "  mail policy default-outgoing: yes, it is for everybody that is left\n");
	says("splinter of mail policy default-outgoing\n"
	     "  recipient 2@b.example\n"
	     "  recipient 3@c.example\n"
	     "  it has no content filters that run\n");
	says("carrying out mail policy default-outgoing: delivered as it is\n"
	     "  copy 2, clear, to 2@b.example\n");
}
END_TEST

START_TEST(what_does_not_run_is_told)
{
	db_run("INSERT INTO message_filter (name, position, script) VALUES"
	       " ('broken', 1, 'broken: if (subjekt == \"x\") { drop(); }'),"
	       " ('idle', 2, 'idle! if true { drop(); }'),"
	       " ('end', 3, 'end: if (subject == \"plan\") { deliver(); }'),"
	       " ('after', 4, 'after: if true { drop(); }')");
	ck_assert_int_eq(explain("joe@x.example", NULL), EX_OK);
	says("  message filter broken does not run: line 1, column 13: found \"subjekt\", expected"
	     " a rule; did you mean \"subject\"? (it is left out; a daemon that runs keeps the "
	     "last good version)\n"
	     "  message filter idle does not run: \"!\" behind its name: it is inactive\n"
	     "  message filter end\n");
	says("subject == \"plan\" is true: saw \"plan\"");
	says("  message filter after: not asked, end has ended it\n"
	     "carrying out mail policy (none: filters ended it): delivered as it is\n");
}
END_TEST

static const struct {
	const char *action, *says, *record;
} missing[] = {
	{ "bounce", "  bounced: 5.7.5 no certificate to encrypt to 2@b.example, 3@c.example\n",
	    "\"final_action\":\"bounce\",\"quarantine\":null,\"profile\":\"seal\",\"reason\":"
	    "\"no certificate to encrypt to 2@b.example, 3@c.example\",\"copies\":[]" },
	{ "drop", "  dropped: no copy\n",
	    "\"final_action\":\"drop\",\"quarantine\":null,\"profile\":\"seal\",\"copies\":[]" },
	{ "split",
	    "  copy 2, signed, to 2@b.example\n"
	    "  copy 2, signed, to 3@c.example\n",
	    "\"final_action\":\"deliver\",\"quarantine\":null,\"profile\":\"seal\",\"copies\":[{"
	    "\"recipients\":[\"2@b.example\",\"3@c.example\"],\"treatment\":\"signed\"}]" },
};

START_TEST(a_missing_key_is_told_with_what_follows)
{
	db_run("UPDATE content_filter_action SET sending_profile = 'seal' WHERE sending_profile IS "
	       "NOT NULL;"
	       "UPDATE sending_profile SET missing_key_action = %Q WHERE name = 'seal'",
	    missing[_i].action);
	ck_assert_int_eq(explain("joe@x.example", NULL), EX_OK);
	says("    2@b.example: no usable certificate\n"
	     "    3@c.example: no usable certificate\n");
	says("    no key: missing_key_action is ");
	says(missing[_i].says);
	ck_assert_int_eq(explain("joe@x.example", "--json"), EX_OK);
	says(missing[_i].record);
}
END_TEST

/* The newest of those that sign for the same names does; the best that names a recipient is used.
 */
START_TEST(certificates_that_are_not_taken_are_told)
{
	char name[RUN_NAME_SIZE];
	SMIME_AUTO_BUF pem = { 0 };

	ck_assert_int_eq(ctl("certificate", "create", "old", "--cn", "gw", "--o", "X", "--domain",
			     "x.example", "--key", "p-256", "--use", "encrypt", NULL),
	    EX_OK);
	ck_assert_int_eq(ctl("certificate", "create", "one", "--cn", "1", "--o", "A", "--mailbox",
			     "1@a.example", "--key", "p-256", "--use", "sign", NULL),
	    EX_OK);
	ck_assert_int_eq(ctl("certificate", "export", "one", NULL), EX_OK);
	ck_assert_int_eq(smime_buf_append(&pem, ctl_out.data, ctl_out.len), SMIME_OK);
	ck_assert_int_eq(
	    ctl("public-key", "add", run_file(smime_buf_bytes(&pem), name), NULL), EX_OK);
	ck_assert_int_eq(explain("joe@x.example", NULL), EX_OK);
	says("    does not sign with certificate old: ");
	says("    signs with certificate gw, ");
	says(" names its mailbox: ");
	says(" names its domain: used\n");
}
END_TEST

START_TEST(an_expired_certificate_refuses_and_says_so)
{
	ck_assert_int_eq(ctl("explain", "--client", "127.0.0.1", "--from", "joe@x.example", "--to",
			     "1@a.example", "--time", "2099-01-01T00:00:00Z", NULL),
	    EX_OK);
	says("  bounced: 5.7.5 ");
	says("expired");
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("ctl_explain");
	TCase *tc = tcase_create("explain");

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, the_record_of_the_worked_example);
	tcase_add_test(tc, the_text_of_the_worked_example);
	tcase_add_test(tc, actions_are_shown_as_they_will_be);
	tcase_add_test(tc, another_sender_falls_under_the_default);
	tcase_add_test(tc, what_does_not_run_is_told);
	tcase_add_loop_test(tc, a_missing_key_is_told_with_what_follows, 0, ROWS(missing));
	tcase_add_test(tc, certificates_that_are_not_taken_are_told);
	tcase_add_test(tc, an_expired_certificate_refuses_and_says_so);
	return suite;
}
