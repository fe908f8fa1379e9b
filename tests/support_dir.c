/* support_dir.c - see support_dir.h. */
#include "support_dir.h"

#include "support.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char dir[32];

void
dir_make(void)
{
	(void)snprintf(dir, sizeof dir, "/tmp/test-dir-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
}

static int
forget(const char *path, const struct stat *st, int kind, struct FTW *where)
{
	(void)st;
	(void)kind;
	(void)where;
	(void)remove(path);
	return 0;
}

void
dir_remove(void)
{
	(void)nftw(dir, forget, 16, FTW_DEPTH | FTW_PHYS);
	ck_assert_int_ne(access(dir, F_OK), 0);
}

const char *
dir_file(const char *name, char path[DIR_PATH_SIZE])
{
	(void)snprintf(path, DIR_PATH_SIZE, "%s/%s", dir, name);
	return path;
}

const char *
dir_write(const char *name, struct smime_bytes content, char path[DIR_PATH_SIZE])
{
	int fd = open(dir_file(name, path), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, content.data, content.len), (ssize_t)content.len);
	ck_assert_int_eq(close(fd), 0);
	return path;
}
