/* program.c - run another program and read what it prints. Never through a shell: R-EXEC. */
#include "program.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

bool
ctl_program_start(const char *const *argv, int *out_fd, pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	int ends[2];
	bool ok;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return false;
	ok = posix_spawn_file_actions_init(&actions) == 0;
	if (ok) {
		ok = posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO) == 0 &&
		     posix_spawnp(pid, argv[0], &actions, NULL, (char *const *)(uintptr_t)argv,
			 environ) == 0;
		(void)posix_spawn_file_actions_destroy(&actions);
	}
	(void)close(ends[1]);
	if (!ok)
		(void)close(ends[0]);
	*out_fd = ends[0];
	return ok;
}

bool
ctl_program_end(pid_t pid)
{
	int result = 0;

	return waitpid(pid, &result, 0) == pid && WIFEXITED(result) && WEXITSTATUS(result) == 0;
}
