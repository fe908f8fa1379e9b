/* test_passphrase.c - the first line of a file that not everybody may read. */
#include "policy/passphrase.h"
#include "support.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char path[64];
static struct smime_buf passphrase = { .secret = true };
static struct smime_diag diag;

static void
setup(void)
{
	(void)snprintf(path, sizeof path, "/tmp/passphrase-test.XXXXXX");
	ck_assert_int_ge(mkstemp(path), 0);
}

static void
teardown(void)
{
	(void)unlink(path);
	smime_buf_reset(&passphrase);
}

static enum smime_status
read_from(const char *text, size_t len)
{
	int fd = open(path, O_WRONLY | O_TRUNC);

	ck_assert_int_eq(write(fd, text, len), (ssize_t)len);
	(void)close(fd);
	smime_buf_reset(&passphrase);
	return policy_passphrase_read(path, &passphrase, &diag);
}

START_TEST(the_first_line_is_the_passphrase)
{
	ck_assert_int_eq(read_from("pass word\nnote\n", 15), SMIME_OK);
	ck_assert_str_eq((char *)passphrase.data, "pass word");
	ck_assert_uint_eq(passphrase.len, 9);
	ck_assert_int_eq(read_from("one\r\n", 5), SMIME_OK);
	ck_assert_str_eq((char *)passphrase.data, "one");
	ck_assert_int_eq(read_from("no end", 6), SMIME_OK);
	ck_assert_str_eq((char *)passphrase.data, "no end");
}
END_TEST

START_TEST(what_is_no_passphrase_is_refused)
{
	char text[1002];

	memset(text, 'x', sizeof text);
	ck_assert_int_eq(read_from("", 0), SMIME_E_NOKEY);
	ck_assert_int_eq(read_from("\nsecond\n", 8), SMIME_E_NOKEY);
	ck_assert_int_eq(read_from("a\0b\n", 4), SMIME_E_NOKEY);
	ck_assert_int_eq(read_from(text, 1001), SMIME_E_NOKEY);
	text[1000] = '\n';
	ck_assert_int_eq(read_from(text, 1001), SMIME_OK);
	ck_assert_uint_eq(passphrase.len, 1000);
}
END_TEST

START_TEST(a_file_for_everybody_is_refused)
{
	ck_assert_int_eq(chmod(path, 0604), 0);
	ck_assert_int_eq(read_from("secret\n", 7), SMIME_E_NOKEY);
	ck_assert_ptr_nonnull(strstr(diag.text, "chmod"));
	ck_assert_int_eq(policy_passphrase_read("/nonexistent", &passphrase, &diag), SMIME_E_NOKEY);
	ck_assert_ptr_nonnull(strstr(diag.text, "No such file"));
	ck_assert_int_eq(policy_passphrase_read("/tmp", &passphrase, &diag), SMIME_E_NOKEY);
}
END_TEST

/* Nobody waits for what may never come; <(command) of the shell is a pipe, too. */
START_TEST(a_pipe_without_a_writer_is_refused)
{
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	ck_assert_int_eq(policy_passphrase_read(path, &passphrase, &diag), SMIME_E_NOKEY);
	ck_assert_ptr_nonnull(strstr(diag.text, "a pipe that nobody writes to"));
}
END_TEST

START_TEST(a_pipe_that_is_written_to_serves)
{
	static const char text[] = "out of a pipe\nmore";
	char name[40];
	int ends[2];
	pid_t pid;

	ck_assert_int_eq(pipe(ends), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		(void)usleep(100000);
		_exit(write(ends[1], text, sizeof text - 1) == sizeof text - 1 ? 0 : 1);
	}
	(void)close(ends[1]);
	(void)snprintf(name, sizeof name, "/dev/fd/%d", ends[0]);
	ck_assert_int_eq(policy_passphrase_read(name, &passphrase, &diag), SMIME_OK);
	ck_assert_str_eq((char *)passphrase.data, "out of a pipe");
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	(void)close(ends[0]);
}
END_TEST

START_TEST(what_is_no_file_is_refused)
{
	ck_assert_int_eq(policy_passphrase_read("/dev/zero", &passphrase, &diag), SMIME_E_NOKEY);
	ck_assert_ptr_nonnull(strstr(diag.text, "it is not a file"));
	ck_assert_int_eq(policy_passphrase_read("/tmp", &passphrase, &diag), SMIME_E_NOKEY);
	ck_assert_ptr_nonnull(strstr(diag.text, "it is a directory"));
}
END_TEST

/* In a process of its own: it gives up root's rights. */
START_TEST(another_owner_is_told_what_to_do)
{
	pid_t pid = fork();
	int end = 0;

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
			_exit(3);
		(void)chmod(path, 0); /* when it is ours */
		if (policy_passphrase_read(path, &passphrase, &diag) != SMIME_E_NOKEY)
			_exit(4);
		_exit(strstr(diag.text, "may not read it: chown it") ? 0 : 5);
	}
	ck_assert_int_eq(waitpid(pid, &end, 0), pid);
	ck_assert_int_eq(end, 0);
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("passphrase");
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, the_first_line_is_the_passphrase);
	tcase_add_test(tc, what_is_no_passphrase_is_refused);
	tcase_add_test(tc, a_file_for_everybody_is_refused);
	tcase_add_test(tc, a_pipe_without_a_writer_is_refused);
	tcase_add_test(tc, a_pipe_that_is_written_to_serves);
	tcase_add_test(tc, what_is_no_file_is_refused);
	tcase_add_test(tc, another_owner_is_told_what_to_do);
	suite_add_tcase(suite, tc);
	return suite;
}
