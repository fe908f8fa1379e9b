/* test_ctl_log.c - the lines of a log, by message, address and verdict; as JSON; followed across
 * rotation. */
#include "support.h"
#include "support_ctl.h"
#include "support_dir.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#define STREAM "2026-11-26T00:32:56Z smime-milter[10608]: "
#define SYSLOG "Nov 26 00:32:57 mx smime-milter[10608]: "

static const char started[] = STREAM "smime-milter 0.1.0 started: database /x, socket unix:/y\n";
static const char good[] = STREAM
    "64158A78462: direction=outgoing flow-policy=relay profile=partner from=ann@a.example"
    " signer=0c30 encrypted-to=df26 sealed=bob@b.example,Carl@b.example sealed=hidden@b.example"
    " action=deliver reinjected=4XyZ1,[4XyZ0] answer=continue ms=52\n";
static const char bad[] = SYSLOG
    "4C0FFEE: direction=incoming from=mallory@c.example"
    " layers=\"encrypted:ok:aes256-gcm rsa-oaep:0c30,signed:digest:sha256 rsa:df26\" verified=0"
    " clear=ann@a.example quarantine=\"held \\x22now\\x22\" action=deliver answer=continue ms=9\n";
static const char refused[] = SYSLOG
    "4BAD: direction=outgoing from=ann@a.example action=reject reason=\"no key for dora@d.example\""
    " answer=reject ms=3\n";
static const char entry[] = SYSLOG "4C0FFEE: log-entry=\"from mallory@c.example, held\"\n";
static const char others[] = "Nov 26 00:32:57 mx postfix/smtpd[1]: 4C0FFEE: client=x[1.2.3.4]\n"
			     "Nov 26 00:32:57 mx evil: 4C0FFEE: from=ann@a.example\n";

static const char *
path_of_log(void)
{
	static char path[DIR_PATH_SIZE];
	SMIME_AUTO_BUF text = { 0 };

	ck_assert_int_eq(
	    smime_buf_appendf(&text, "%s%s%s%s%s%s", started, good, others, bad, entry, refused),
	    SMIME_OK);
	return dir_write("mail.log", smime_buf_bytes(&text), path);
}

static void
setup(void)
{
	dir_make();
	ctl_make();
}

static void
teardown(void)
{
	ctl_remove();
	dir_remove();
}

static void
says_exactly(const char *first, const char *second)
{
	char text[3000];

	(void)snprintf(text, sizeof text, "%s%s", first, second);
	ck_assert_str_eq((char *)ctl_out.data, text);
}

START_TEST(all_lines_of_the_daemon_and_of_nobody_else)
{
	ck_assert_int_eq(ctl("log", path_of_log(), NULL), EX_OK);
	says(started);
	says(refused);
	says_not("postfix");
	says_not("evil");
}
END_TEST

START_TEST(by_queue_id)
{
	const char *path = path_of_log();

	ck_assert_int_eq(ctl("log", "--queue-id", "4C0FFEE", path, NULL), EX_OK);
	says_exactly(bad, entry);
	/* A copy leads to the message that it is of. */
	ck_assert_int_eq(ctl("log", "--queue-id", "4XyZ1", path, NULL), EX_OK);
	says_exactly(good, "");
	ck_assert_int_eq(ctl("log", "--queue-id", "4XyZ0", path, NULL), EX_OK);
	says_exactly(good, "");
	ck_assert_int_eq(ctl("log", "--queue-id", "4XyZ", path, NULL), EX_OK);
	says_exactly("", "");
}
END_TEST

START_TEST(by_address)
{
	const char *path = path_of_log();

	ck_assert_int_eq(ctl("log", "--address", "carl@B.example", path, NULL), EX_OK);
	says_exactly(good, "");
	ck_assert_int_eq(ctl("log", "--address", "hidden@b.example", path, NULL), EX_OK);
	says_exactly(good, "");
	/* Not a part of another one. */
	ck_assert_int_eq(ctl("log", "--address", "idden@b.example", path, NULL), EX_OK);
	says_exactly("", "");
	ck_assert_int_eq(
	    ctl("log", "--address", "ann@a.example", "--where", "direction=incoming", path, NULL),
	    EX_OK);
	says_exactly(bad, "");
}
END_TEST

START_TEST(by_key_and_value)
{
	const char *path = path_of_log();

	ck_assert_int_eq(ctl("log", "--where", "verified=0", path, NULL), EX_OK);
	says_exactly(bad, "");
	ck_assert_int_eq(ctl("log", "--where", "profile", path, NULL), EX_OK);
	says_exactly(good, "");
	ck_assert_int_eq(
	    ctl("log", "--where", "answer=reject", "--where", "from=ann@a.example", path, NULL),
	    EX_OK);
	says_exactly(refused, "");
	ck_assert_int_eq(ctl("log", "--where", "layer", path, NULL), EX_OK);
	says_exactly("", "");
}
END_TEST

START_TEST(what_did_not_go_as_it_should)
{
	ck_assert_int_eq(ctl("log", "--trouble", path_of_log(), NULL), EX_OK);
	says_exactly(bad, refused);
}
END_TEST

START_TEST(as_json)
{
	const char *path = path_of_log();

	ck_assert_int_eq(ctl("log", "--json", "--where", "profile", path, NULL), EX_OK);
	says("{\"time\":\"2026-11-26T00:32:56Z\",\"queue_id\":\"64158A78462\",\"values\":{"
	     "\"direction\":[\"outgoing\"],");
	says("\"sealed\":[\"bob@b.example,Carl@b.example\",\"hidden@b.example\"]");
	says("\"ms\":[\"52\"]}}\n");
	ck_assert_int_eq(ctl("log", "--json", "--where", "verified=0", path, NULL), EX_OK);
	says("\"quarantine\":[\"held \\\\x22now\\\\x22\"]");
	/* Lines about no message are none. */
	ck_assert_int_eq(ctl("log", "--json", path, NULL), EX_OK);
	says_not("started");
}
END_TEST

START_TEST(from_standard_input)
{
	ctl_input(good);
	ck_assert_int_eq(ctl("log", "-", NULL), EX_OK);
	says_exactly(good, "");
	ck_assert_int_eq(ctl("log", "/nonexistent", NULL), EX_NOINPUT);
}
END_TEST

/* A journalctl of ours stands first in PATH: it fails when it is called otherwise,
 * or has nothing to say.
 * Where there is a log file, nobody asks it. */
START_TEST(without_a_file_the_journal_is_asked)
{
	static const char script[] = "#!/bin/sh\n[ \"$*\" = \"-q --no-pager -o short-iso -t "
				     "smime-milter\" ] && cat \"$0.says\"\n";
	SMIME_AUTO_BUF searched = { 0 };
	char path[DIR_PATH_SIZE], answer[DIR_PATH_SIZE];
	const char *before = getenv("PATH");

	if (access("/var/log/mail.log", R_OK) == 0)
		return;
	(void)dir_write("journalctl", smime_bytes_str(script), path);
	ck_assert_int_eq(chmod(path, 0755), 0);
	(void)dir_write("journalctl.says", smime_bytes_str(good), answer);
	ck_assert_int_eq(
	    smime_buf_appendf(&searched, "%.*s:%s", (int)(strrchr(path, '/') - path), path, before),
	    SMIME_OK);
	ck_assert_int_eq(smime_buf_terminate(&searched), SMIME_OK);
	ck_assert_int_eq(setenv("PATH", (char *)searched.data, 1), 0);
	ck_assert_int_eq(ctl("log", NULL), EX_OK);
	says_exactly(good, "");
	ck_assert_int_eq(unlink(answer), 0);
	ck_assert_int_eq(ctl("log", NULL), EX_DATAERR);
	says("journalctl does not tell");
	ck_assert_int_eq(unlink(path), 0);
}
END_TEST

/* What a terminal would obey is shown as '?'; what has no end is no line. */
START_TEST(foreign_octets_do_no_harm)
{
	static char text[200000];

	memset(text, 'x', sizeof text - 1);
	memcpy(text, STREAM "4A: a=", sizeof STREAM "4A: a=" - 1);
	ctl_input(text);
	ck_assert_int_eq(ctl("log", "-", NULL), EX_OK);
	says_exactly("", "");
	ctl_input(
	    STREAM "4A: from=\"\033[2J\n" STREAM "4B: =\n" STREAM "\n" STREAM "4C: answer=\n");
	ck_assert_int_eq(ctl("log", "--json", "-", NULL), EX_OK);
	says("\\u001b[2J");
	ck_assert_int_eq(ctl("log", "-", NULL), EX_OK);
	says("?[2J");
}
END_TEST

/* ---- following ---- */

static void
append_to(const char *path, const char *text)
{
	FILE *f = fopen(path, "a");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(fclose(f), 0);
}

/* Reads until that line has come. */
static void
until(FILE *out, const char *wanted)
{
	char line[3000];

	do
		ck_assert_ptr_nonnull(fgets(line, sizeof line, out));
	while (strcmp(line, wanted) != 0);
}

START_TEST(it_follows_a_log_across_rotation)
{
	const char *path = path_of_log();
	char away[DIR_PATH_SIZE];
	int ends[2];
	FILE *out;
	pid_t pid;

	ck_assert_int_eq(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		(void)dup2(ends[1], STDOUT_FILENO);
		(void)execl(SMIMECTL, "smimectl", "log", "--follow", "--where", "answer", path,
		    (char *)NULL);
		_exit(99);
	}
	(void)close(ends[1]);
	out = fdopen(ends[0], "r");
	ck_assert_ptr_nonnull(out);
	alarm(20);
	until(out, refused);
	append_to(path, good);
	until(out, good);
	/* Half a line waits for the rest. */
	append_to(path, STREAM "4D: ans");
	(void)usleep(300000);
	append_to(path, "wer=continue\n");
	until(out, STREAM "4D: answer=continue\n");
	ck_assert_int_eq(rename(path, dir_file("mail.log.1", away)), 0);
	append_to(path, bad);
	until(out, bad);
	/* Cut to nothing and written anew (copytruncate): shorter than it was. */
	ck_assert_int_eq(truncate(path, 0), 0);
	append_to(path, STREAM "4E: answer=reject\n");
	until(out, STREAM "4E: answer=reject\n");
	alarm(0);
	ck_assert_int_eq(kill(pid, SIGTERM), 0);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	(void)fclose(out);
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("ctl_log");
	TCase *tc = tcase_create("all");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, all_lines_of_the_daemon_and_of_nobody_else);
	tcase_add_test(tc, by_queue_id);
	tcase_add_test(tc, by_address);
	tcase_add_test(tc, by_key_and_value);
	tcase_add_test(tc, what_did_not_go_as_it_should);
	tcase_add_test(tc, as_json);
	tcase_add_test(tc, from_standard_input);
	tcase_add_test(tc, without_a_file_the_journal_is_asked);
	tcase_add_test(tc, foreign_octets_do_no_harm);
	tcase_add_test(tc, it_follows_a_log_across_rotation);
	suite_add_tcase(suite, tc);
	return suite;
}
