/* daemon.c - become a daemon: leave the terminal, once it is sure that the service runs. Before any
 * thread is made and any database opened: neither survives a fork. */
#include "daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

void
gateway_raise_open_files(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

/* Until the child is ready (one octet) or has ended (none). */
static _Noreturn void
wait_for_child(pid_t child, int fd)
{
	char octet;
	int status = 0;
	ssize_t n;

	do
		n = read(fd, &octet, 1);
	while (n < 0 && errno == EINTR);
	if (n == 1)
		_exit(EXIT_SUCCESS);
	if (waitpid(child, &status, 0) == child && WIFEXITED(status))
		_exit(WEXITSTATUS(status));
	_exit(EXIT_FAILURE);
}

enum smime_status
gateway_daemonize(int *ready_fd, struct smime_diag *diag)
{
	int ends[2];
	pid_t child;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return smime_fail(diag, SMIME_E_SYSTEM, "daemon", "cannot make a pipe: %s",
		    strerrordesc_np(errno));
	child = fork();
	if (child < 0)
		return smime_fail(
		    diag, SMIME_E_SYSTEM, "daemon", "cannot fork: %s", strerrordesc_np(errno));
	if (child > 0) {
		(void)close(ends[1]);
		wait_for_child(child, ends[0]);
	}
	(void)close(ends[0]);
	(void)setsid();
	*ready_fd = ends[1];
	return SMIME_OK;
}

/* The working directory stays what it was: paths on the command line may be relative to it. */
void
gateway_daemon_ready(int ready_fd, bool keep_stderr)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null >= 0) {
		for (int fd = 0; fd <= (keep_stderr ? 1 : 2); fd++)
			(void)dup2(null, fd);
		if (null > 2)
			(void)close(null);
	}
	(void)!write(ready_fd, "", 1);
	(void)close(ready_fd);
}

enum smime_status
gateway_write_pid(const char *path, struct smime_diag *diag)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
	bool written;

	if (fd < 0)
		return smime_fail(diag, SMIME_E_SYSTEM, "pid-file", "cannot write %s: %s", path,
		    strerrordesc_np(errno));
	written = dprintf(fd, "%d\n", (int)getpid()) > 0;
	if (close(fd) != 0 || !written)
		return smime_fail(diag, SMIME_E_SYSTEM, "pid-file", "cannot write %s", path);
	return SMIME_OK;
}
