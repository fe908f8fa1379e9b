/* test_hide_memory.c - a secret in memory is not in a core file. */
#include "policy/hide_memory.h"
#include "support.h"
#include "support_dir.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

START_TEST(memory_cannot_be_dumped)
{
	struct smime_diag diag = { 0 };
	struct rlimit core;
	char filter[20] = "";
	int fd;

	ck_assert_int_eq(policy_hide_memory(&diag), SMIME_OK);
	ck_assert_int_eq(prctl(PR_GET_DUMPABLE), 0);
	ck_assert_int_eq(getrlimit(RLIMIT_CORE, &core), 0);
	ck_assert_uint_eq(core.rlim_max, 0);
	fd = open("/proc/self/coredump_filter", O_RDONLY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_gt(read(fd, filter, sizeof filter - 1), 0);
	(void)close(fd);
	ck_assert_uint_eq(strtoul(filter, NULL, 16), 0);
	/* Once more, when the user was changed. */
	ck_assert_int_eq(policy_hide_memory(&diag), SMIME_OK);
}
END_TEST

/* Ends by a signal that makes a core, where this process may: whether one was made. */
static bool
dumps_core(bool hidden)
{
	static const struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };
	int status = 0;
	pid_t child = fork();

	if (child == 0) {
		(void)setrlimit(RLIMIT_CORE, &all);
		(void)signal(SIGQUIT, SIG_DFL);
		if (hidden && policy_hide_memory(NULL) != SMIME_OK)
			_exit(1);
		(void)raise(SIGQUIT);
		_exit(1);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFSIGNALED(status));
	return WCOREDUMP(status);
}

START_TEST(a_crash_leaves_no_core)
{
	char folder[DIR_PATH_SIZE];

	dir_make();
	dir_file("", folder);
	ck_assert_int_eq(chdir(folder), 0);
	if (!dumps_core(false))
		(void)puts("this machine makes no cores: nothing to compare with");
	ck_assert(!dumps_core(true));
	ck_assert_int_eq(chdir("/"), 0);
	dir_remove();
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("hide_memory");
	TCase *tc = tcase_create("all");

	tcase_add_test(tc, memory_cannot_be_dumped);
	tcase_add_test(tc, a_crash_leaves_no_core);
	suite_add_tcase(suite, tc);
	return suite;
}
