/* passphrase.c - the passphrase of private keys, from a file that only its owner reads. */
#include "policy/passphrase.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define LENGTH_MAX 1000

static enum smime_status
refuse(struct smime_diag *diag, const char *path, const char *why)
{
	return smime_fail(diag, SMIME_E_NOKEY, "passphrase", "passphrase file %s: %s", path, why);
}

static enum smime_status
read_line(int fd, const char *path, struct smime_buf *out, struct smime_diag *diag)
{
	uint8_t *room;
	ssize_t got;
	size_t len = 0;

	SMIME_TRY(smime_buf_extend(out, LENGTH_MAX + 2, &room));
	got = read(fd, room, LENGTH_MAX + 2);
	while (got > 0 && len < (size_t)got && room[len] != '\n' && room[len] != '\r')
		len++;
	if (memchr(room, 0, len))
		return refuse(diag, path, "its first line holds a NUL");
	if (len == 0)
		return refuse(diag, path, "its first line is empty");
	if (len > LENGTH_MAX)
		return refuse(diag, path, "its first line is over 1000 octets long");
	out->len = len;
	return smime_buf_terminate(out);
}

enum smime_status
policy_passphrase_read(const char *path, struct smime_buf *out, struct smime_diag *diag)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	enum smime_status status;
	struct stat st;

	if (fd < 0)
		return refuse(diag, path, strerrordesc_np(errno));
	if (fstat(fd, &st) < 0 || (st.st_mode & (S_IRWXO | S_IWGRP)))
		status = refuse(diag, path, "others may read or change it: chmod 0600 it");
	else
		status = read_line(fd, path, out, diag);
	(void)close(fd);
	return status;
}

enum smime_status
policy_passphrase_default(const char *database, struct smime_buf *path, bool *found)
{
	/* Nobody changes the environment. */
	const char *credentials = getenv("CREDENTIALS_DIRECTORY"); // NOLINT(concurrency-mt-unsafe)

	*found = false;
	if (credentials) {
		SMIME_TRY(smime_buf_appendf(path, "%s/smime-milter.passphrase", credentials));
		SMIME_TRY(smime_buf_terminate(path));
		*found = access((const char *)path->data, F_OK) == 0;
	}
	if (*found)
		return SMIME_OK;
	smime_buf_reset(path);
	SMIME_TRY(smime_buf_appendf(path, "%s.passphrase", database));
	SMIME_TRY(smime_buf_terminate(path));
	*found = access((const char *)path->data, F_OK) == 0;
	return SMIME_OK;
}

enum smime_status
policy_passphrase_make(const char *path, struct smime_diag *diag)
{
	uint8_t random[24];
	char text[2 * sizeof random + 2];
	int fd;
	bool written;

	if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
		return smime_fail(diag, SMIME_E_SYSTEM, NULL, "no random numbers");
	for (size_t i = 0; i < sizeof random; i++)
		(void)snprintf(text + 2 * i, 3, "%02x", random[i]);
	(void)snprintf(text + 2 * sizeof random, 2, "\n");
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return smime_fail(diag, errno == EEXIST ? SMIME_E_SYNTAX : SMIME_E_SYSTEM, NULL,
		    "passphrase file %s: %s", path, strerrordesc_np(errno));
	written = write(fd, text, sizeof text - 1) == (ssize_t)sizeof text - 1 && fsync(fd) == 0;
	explicit_bzero(text, sizeof text);
	explicit_bzero(random, sizeof random);
	(void)close(fd);
	if (written)
		return SMIME_OK;
	(void)unlink(path);
	return smime_fail(diag, SMIME_E_SYSTEM, NULL, "passphrase file %s: cannot write", path);
}
