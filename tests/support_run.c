/* support_run.c - see support_run.h. Files in memory instead of pipes: nobody waits for a reader.
 */
#include "support_run.h"

#include "support.h"

#include <spawn.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static int
memory_file(struct smime_bytes content)
{
	int fd = memfd_create("test", 0);

	ck_assert_int_ge(fd, 0);
	for (size_t done = 0; done < content.len;) {
		ssize_t n = write(fd, content.data + done, content.len - done);

		ck_assert_int_gt(n, 0);
		done += (size_t)n;
	}
	ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

const char *
run_file(struct smime_bytes content, char name[RUN_NAME_SIZE])
{
	(void)snprintf(name, RUN_NAME_SIZE, "/dev/fd/%d", memory_file(content));
	return name;
}

static void
read_all(int fd, struct smime_buf *out)
{
	uint8_t piece[4096];
	ssize_t n;

	ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
	while ((n = read(fd, piece, sizeof piece)) > 0)
		ck_assert_int_eq(smime_buf_append(out, piece, (size_t)n), SMIME_OK);
	ck_assert_int_eq(n, 0);
	ck_assert_int_eq(smime_buf_terminate(out), SMIME_OK);
}

int
run_program(const char *const *argv, struct smime_bytes in, struct smime_buf *out)
{
	int input = memory_file(in), output = memory_file(smime_bytes(NULL, 0));
	posix_spawn_file_actions_t files;
	int status = 0;
	pid_t pid;

	ck_assert_int_eq(posix_spawn_file_actions_init(&files), 0);
	ck_assert_int_eq(posix_spawn_file_actions_adddup2(&files, input, 0), 0);
	ck_assert_int_eq(posix_spawn_file_actions_adddup2(&files, output, 1), 0);
	ck_assert_int_eq(posix_spawn_file_actions_adddup2(&files, output, 2), 0);
	ck_assert_int_eq(
	    posix_spawnp(&pid, argv[0], &files, NULL, (char *const *)(uintptr_t)argv, environ), 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	(void)posix_spawn_file_actions_destroy(&files);
	if (out)
		read_all(output, out);
	(void)close(input);
	(void)close(output);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
