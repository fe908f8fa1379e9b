/* test_daemon.c - whoever starts the daemon learns whether it runs. */
#include "daemon.h"
#include "support.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct smime_diag diag;

/* Runs a process that becomes a daemon, which then gets ready, or ends with a status. Returns the
 * status of the process that was started. */
static int
start(bool gets_ready)
{
	int status = 0;
	pid_t starter = fork();

	if (starter == 0) {
		int ready;

		if (gateway_daemonize(&ready, &diag) != SMIME_OK)
			_exit(99);
		if (!gets_ready)
			_exit(78);
		gateway_daemon_ready(ready, true);
		_exit(getsid(0) == getpid() ? 0 : 1);
	}
	ck_assert_int_eq(waitpid(starter, &status, 0), starter);
	return WEXITSTATUS(status);
}

START_TEST(the_starter_waits_until_the_daemon_is_ready)
{
	ck_assert_int_eq(start(true), 0);
}
END_TEST

START_TEST(the_starter_ends_with_the_status_of_a_daemon_that_fails)
{
	ck_assert_int_eq(start(false), 78);
}
END_TEST

START_TEST(the_pid_file_holds_our_id)
{
	char path[] = "/tmp/daemon-test.XXXXXX";
	char text[32] = "";
	int fd = mkstemp(path);

	ck_assert_int_eq(gateway_write_pid(path, &diag), SMIME_OK);
	ck_assert_int_gt(read(fd, text, sizeof text - 1), 0);
	ck_assert_int_eq(atoi(text), getpid());
	(void)close(fd);
	(void)unlink(path);
	ck_assert_int_eq(gateway_write_pid("/nonexistent/pid", &diag), SMIME_E_SYSTEM);
	ck_assert_ptr_nonnull(strstr(diag.text, "/nonexistent/pid"));
}
END_TEST

START_TEST(a_pid_file_is_never_written_through_a_link)
{
	char path[] = "/tmp/daemon-test.XXXXXX";
	struct stat st;
	char link[64];

	(void)close(mkstemp(path));
	(void)snprintf(link, sizeof link, "%s.link", path);
	ck_assert_int_eq(symlink(path, link), 0);
	ck_assert_int_eq(gateway_write_pid(link, &diag), SMIME_E_SYSTEM);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_size, 0);
	(void)unlink(link);
	(void)unlink(path);
}
END_TEST

START_TEST(more_files_may_be_open_than_programs_may_that_select)
{
	struct rlimit limit;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = 64;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	gateway_raise_open_files();
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	ck_assert_uint_eq(limit.rlim_cur, limit.rlim_max);
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("daemon");
	TCase *tc = tcase_create("all");

	tcase_add_test(tc, the_starter_waits_until_the_daemon_is_ready);
	tcase_add_test(tc, the_starter_ends_with_the_status_of_a_daemon_that_fails);
	tcase_add_test(tc, the_pid_file_holds_our_id);
	tcase_add_test(tc, more_files_may_be_open_than_programs_may_that_select);
	tcase_add_test(tc, a_pid_file_is_never_written_through_a_link);
	suite_add_tcase(suite, tc);
	return suite;
}
