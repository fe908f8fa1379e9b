/*
 * secret_file.c - a passphrase or a private key, out of a file that only its owner reads.
 *
 * A pipe serves as well, as the shell makes it of <(command); one that nobody writes to is refused
 * and not waited for, and so is everything else that is no file. Memory: what the caller asks for.
 */
#include "secret_file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATIENCE_MS 60000 /* for whoever has to type something before the pipe is written */

enum smime_status
policy_secret_file_refuse(
    const struct policy_secret_file *file, const char *why, struct smime_diag *diag)
{
	return smime_fail(
	    diag, SMIME_E_NOKEY, file->reason, "%s %s: %s", file->what, file->path, why);
}

static enum smime_status
refuse_open(const struct policy_secret_file *file, int error, struct smime_diag *diag)
{
	if (error != EACCES)
		return policy_secret_file_refuse(file, strerrordesc_np(error), diag);
	return smime_fail(diag, SMIME_E_NOKEY, file->reason,
	    "%s %s: uid %u may not read it: chown it to that user, or run as its owner", file->what,
	    file->path, (unsigned)geteuid());
}

static const char *
what_is_wrong(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return strerrordesc_np(errno);
	if (S_ISDIR(st.st_mode))
		return "it is a directory";
	if (!S_ISREG(st.st_mode) && !S_ISFIFO(st.st_mode))
		return "it is not a file";
	if (st.st_mode & (S_IRWXO | S_IWGRP))
		return "others may read or change it: chmod 0600 it";
	return NULL;
}

static enum smime_status
read_all(const struct policy_secret_file *file, int fd, size_t most, struct smime_buf *out,
    struct smime_diag *diag)
{
	struct pollfd written = { .fd = fd, .events = POLLIN };
	size_t len = 0;
	ssize_t got = 1;
	uint8_t *room;

	SMIME_TRY(smime_buf_extend(out, most, &room));
	out->len -= most;
	while (got > 0 && len < most) {
		got = read(fd, room + len, most - len);
		if (got < 0 && errno == EAGAIN && poll(&written, 1, PATIENCE_MS) > 0)
			got = 1;
		else if (got < 0)
			return policy_secret_file_refuse(file,
			    errno == EAGAIN ? "nothing came out of this pipe within a minute"
					    : strerrordesc_np(errno),
			    diag);
		else
			len += (size_t)got;
	}
	out->len += len;
	return len > 0 ? SMIME_OK
		       : policy_secret_file_refuse(
			     file, "it is empty, or a pipe that nobody writes to", diag);
}

enum smime_status
policy_secret_file_read(const struct policy_secret_file *file, size_t most, struct smime_buf *out,
    struct smime_diag *diag)
{
	/* A pipe that nobody writes to would block. */
	int fd = open(file->path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	enum smime_status status;
	const char *wrong;

	if (fd < 0)
		return refuse_open(file, errno, diag);
	wrong = what_is_wrong(fd);
	status = wrong ? policy_secret_file_refuse(file, wrong, diag)
		       : read_all(file, fd, most, out, diag);
	(void)close(fd);
	return status;
}
