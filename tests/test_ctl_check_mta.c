/* test_ctl_check_mta.c - smimectl check-mta with a real postconf: the snippets of contrib/postfix
 * are fine as they stand, and each way to spoil them is told. */
#include "support.h"
#include "support_ctl.h"
#include "support_db.h"
#include "support_dir.h"

#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#define RUN "/run/smime-milter/smime-milter.sock"

static char config[DIR_PATH_SIZE];

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

/* A file of the repository, its listeners without chroot. */
static void
append_file(const char *name, struct smime_buf *out)
{
	char path[4200], line[1000];
	FILE *f;

	(void)snprintf(path, sizeof path, "%s/%s", SOURCE_DIR, name);
	f = fopen(path, "r");
	ck_assert_ptr_nonnull(f);
	while (fgets(line, sizeof line, f)) {
		char *chroot = *line == '#' || *line == ' ' ? NULL : strstr(line, " y ");

		if (chroot)
			chroot[1] = 'n';
		ck_assert_int_eq(smime_buf_append(out, line, strlen(line)), SMIME_OK);
	}
	(void)fclose(f);
}

/* The snippets with more lines behind them: what postconf reads last holds. */
static void
configure(const char *main_cf, const char *master_cf)
{
	SMIME_AUTO_BUF main_text = { 0 };
	SMIME_AUTO_BUF master_text = { 0 };
	char path[DIR_PATH_SIZE];

	append_file("contrib/postfix/main.cf", &main_text);
	append_file("contrib/postfix/master.cf", &master_text);
	ck_assert_int_eq(smime_buf_appendf(&main_text, "\n%s\n", main_cf), SMIME_OK);
	ck_assert_int_eq(
	    smime_buf_appendf(&master_text,
		"\ncleanup unix n - n - 0 cleanup\npickup unix n - n 60 1 pickup\n%s\n", master_cf),
	    SMIME_OK);
	(void)dir_write("master.cf", smime_buf_bytes(&master_text), path);
	(void)dir_write("main.cf", smime_buf_bytes(&main_text), path);
	(void)snprintf(config, sizeof config, "%.*s", (int)(strrchr(path, '/') - path), path);
}

START_TEST(the_snippets_are_fine_as_they_stand)
{
	configure("", "");
	ck_assert_int_eq(ctl("check-mta", config, NULL), EX_OK);
	says(": ok");
	says_not("problem");
	says_not("note");
}
END_TEST

/* clang-format off */
static const struct spoiled {
	const char *main_cf, *master_cf, *says;
} spoiled[] = {
	{ "milter_default_action = accept", "", "smtp/inet: milter_default_action = accept lets mail through" },
	{ "milter_default_action = quarantine", "", "non_smtpd_milters: milter_default_action = quarantine" },
	{ "smtpd_milters = { unix:" RUN ", default_action=accept }", "", "milter_default_action = accept lets" },
	{ "", "587 inet n - n - - smtpd -o milter_default_action=accept -o message_size_limit=1000000",
	  "587/inet: milter_default_action = accept" },
	{ "milter_content_timeout = 60s", "", "milter_content_timeout = 60s is less than the 300 s" },
	{ "smtpd_milters = { unix:" RUN ", content_timeout=4m }", "", "milter_content_timeout = 4m is less" },
	{ "non_smtpd_milters =", "", "non_smtpd_milters lacks unix:" RUN },
	{ "smtpd_milters = inet:127.0.0.1:8891", "", "smtp/inet takes mail from other machines without showing it" },
	{ "", "smtps inet n - n - - smtpd -o smtpd_milters=", "smtps/inet takes mail from other machines without" },
	{ "", "smtpd pass - - n - - smtpd -o smtpd_milters=", "smtpd/pass takes mail from other machines without" },
	{ "", "2525 inet n - n - - smtpd -o receive_override_options=no_address_mappings,no_milters",
	  "2525/inet takes mail from other machines without" },
	{ "", "0.0.0.0:10026 inet n - n - - smtpd -o smtpd_milters=", "0.0.0.0:10026/inet is the re-injection listener, without" },
	{ "", "[::1]:10026 inet n - n - - smtpd", "is the re-injection listener and shows its mail to smime-milter again" },
	{ "", "[::1]:10026 inet n - n - - smtpd -o smtpd_milters= -o message_size_limit=1000", "takes smaller copies" },
	{ "smtpd_discard_ehlo_keywords = silent-discard, dsn", "[::1]:10026 inet n - n - - smtpd -o smtpd_milters=",
	  "[::1]:10026/inet does not offer DSN" },
	{ "smtpd_forbid_bare_newline = no", "", "smtpd_forbid_bare_newline = no lets one message be smuggled" },
	{ "message_size_limit = 30000000", "", "smtp/inet lets in messages of 26214400 octets, which grow" },
	{ "", "587 inet n - n - - smtpd", "587/inet lets in messages of 52428800 octets" },
	{ "internal_mail_filter_classes = bounce, notify", "", "internal_mail_filter_classes = bounce, notify shows us" },
	{ "milter_protocol = 4", "", "milter_protocol = 4: smime-milter needs 6" },
	{ "", "587 inet n - y - - smtpd -o message_size_limit=1000", "587/inet runs in a chroot and cannot reach unix:" RUN },
};

static const struct noted {
	const char *main_cf, *master_cf, *says;
} noted[] = {
	{ "", "127.0.0.1:10025 inet n - n - - smtpd -o smtpd_milters=", "note: 127.0.0.1:10025/inet does not show us its mail" },
	{ "milter_default_action = reject", "", "note: smtp/inet: milter_default_action = reject" },
	{ "smtpd_milter_maps = cidr:/x", "", "note: smtp/inet: smtpd_milter_maps" },
	{ "", "[::1]:10026 inet n - n - - smtpd -o smtpd_milters= -o receive_override_options=no_address_mappings",
	  "note: [::1]:10026/inet: no_address_mappings" },
	{ "smtpd_discard_ehlo_keywords = dsn",
	  "[::1]:10026 inet n - n - - smtpd -o smtpd_milters= -o smtpd_discard_ehlo_keywords=", "note: [::1]:10026/inet: without" },
	{ "", "[::1]:10026 inet n - n - - smtpd -o smtpd_milters=", "note: [::1]:10026/inet: without smtpd_authorized_xforward_hosts" },
	/* On loopback only, nobody smuggles from outside. */
	{ "inet_interfaces = loopback-only\nsmtpd_forbid_bare_newline = no", "", ": ok" },
	/* Other milters may stand beside ours, in any form. */
	{ "smtpd_milters = inet:127.0.0.1:8891, { local:/x, default_action=accept } { unix:" RUN ", default_action=tempfail }",
	  "", ": ok" },
};
/* clang-format on */

START_TEST(each_way_to_spoil_it_is_told)
{
	const struct spoiled *row = &spoiled[_i];

	configure(row->main_cf, row->master_cf);
	ck_assert_int_eq(ctl("check-mta", config, NULL), EX_CONFIG);
	says("problem: ");
	says(row->says);
	says_not(": ok");
}
END_TEST

START_TEST(what_may_be_meant_so_is_noted)
{
	const struct noted *row = &noted[_i];

	configure(row->main_cf, row->master_cf);
	ck_assert_int_eq(ctl("check-mta", config, NULL), EX_OK);
	says(row->says);
	says_not("problem");
}
END_TEST

START_TEST(the_socket_may_be_elsewhere)
{
	configure("smtpd_milters = inet:127.0.0.1:8893", "");
	ck_assert_int_eq(ctl("check-mta", "--socket", "inet:8893@127.0.0.1", config, NULL), EX_OK);
	/* In a chroot the path begins in the queue directory. */
	configure("queue_directory = /var/spool/postfix\nsmtpd_milters = unix:/gw/s",
	    "587 inet n - y - - smtpd -o message_size_limit=1000");
	ck_assert_int_eq(
	    ctl("check-mta", "--socket", "unix:/var/spool/postfix/gw/s", config, NULL), EX_CONFIG);
	says("smtp/inet takes mail from other machines without");
	says_not("587/inet");
	/* A relative path does so everywhere. */
	configure("queue_directory = /var/spool/postfix\nsmtpd_milters = unix:gw/s",
	    "587 inet n - y - - smtpd -o message_size_limit=1000");
	ck_assert_int_eq(
	    ctl("check-mta", "--socket", "/var/spool/postfix/gw/s", config, NULL), EX_OK);
}
END_TEST

START_TEST(the_next_hop_may_take_less)
{
	configure("", "");
	ck_assert_int_eq(ctl("check-mta", "--next-hop-limit", "40000000", config, NULL), EX_CONFIG);
	says("the next hop takes 40000000");
	ck_assert_int_eq(ctl("check-mta", "--next-hop-limit", "50000000", config, NULL), EX_OK);
	ck_assert_int_eq(ctl("check-mta", "--next-hop-limit", "50M", config, NULL), EX_USAGE);
}
END_TEST

START_TEST(the_policy_and_the_mta_agree)
{
	configure("", "");
	db_run("INSERT INTO sender_group(name, position, mail_flow_policy) VALUES('G', 5, 'relay');"
	       "INSERT INTO sender_group_member(sender_group, kind, value) VALUES('G', 'listener', "
	       "'SUBMISSION')");
	ck_assert_int_eq(ctl("check-mta", config, NULL), EX_OK);
	says_not("note");
	db_run("UPDATE sender_group_member SET value = 'SUBMISION' WHERE sender_group = 'G'");
	ck_assert_int_eq(ctl("check-mta", config, NULL), EX_OK);
	says("note: sender_group \"G\": no listener has milter_macro_daemon_name=SUBMISION");
	db_run(
	    "INSERT INTO message_filter(name, position, script) VALUES"
	    " ('m', 1, 'm: if recv-listener == \"SUBMISION\" { no-op(); }'),"
	    " ('g', 2, 'g: if recv-listener == \"SUBMISSION\" { no-op(); }'),"
	    " ('b', 3, 'b: if recv-listener = { no-op(); }');"
	    "INSERT INTO content_filter(name, direction, condition) VALUES"
	    " ('c', 'outgoing', 'true or not recv-listener == \"smtpd\"'), ('d', 'outgoing', '')");
	ck_assert_int_eq(ctl("check-mta", config, NULL), EX_OK);
	says("note: message_filter \"m\": no listener has milter_macro_daemon_name=SUBMISION");
	says("note: content_filter \"c\": no listener has milter_macro_daemon_name=smtpd");
	says_not("\"g\"");
	says_not("\"d\"");
	db_run("UPDATE setting SET value = '10099' WHERE name = 'reinject_port'");
	ck_assert_int_eq(ctl("check-mta", config, NULL), EX_CONFIG);
	says("nobody listens on 127.0.0.1:10099");
	db_run("UPDATE setting SET value = '192.0.2.1' WHERE name = 'reinject_host'");
	ck_assert_int_eq(ctl("check-mta", config, NULL), EX_OK);
	says("note: copies go to 192.0.2.1:10099, another machine");
}
END_TEST

START_TEST(what_cannot_be_read_is_an_error)
{
	ck_assert_int_eq(ctl("check-mta", "/nonexistent", NULL), EX_DATAERR);
	says("postconf cannot read the configuration in /nonexistent");
	ck_assert_int_eq(setenv("PATH", "/nonexistent", 1), 0);
	ck_assert_int_eq(ctl("check-mta", "/nonexistent", NULL), EX_DATAERR);
	says("is Postfix installed?");
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("ctl_check_mta");
	TCase *tc = tcase_create("all");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, the_snippets_are_fine_as_they_stand);
	tcase_add_loop_test(tc, each_way_to_spoil_it_is_told, 0, ROWS(spoiled));
	tcase_add_loop_test(tc, what_may_be_meant_so_is_noted, 0, ROWS(noted));
	tcase_add_test(tc, the_socket_may_be_elsewhere);
	tcase_add_test(tc, the_next_hop_may_take_less);
	tcase_add_test(tc, the_policy_and_the_mta_agree);
	tcase_add_test(tc, what_cannot_be_read_is_an_error);
	suite_add_tcase(suite, tc);
	return suite;
}
