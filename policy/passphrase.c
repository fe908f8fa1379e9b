/* passphrase.c - the passphrase of private keys, from a file that only its owner reads. */
#include "policy/passphrase.h"

#include "secret_file.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#define LENGTH_MAX 1000

enum smime_status
policy_passphrase_read(const char *path, struct smime_buf *out, struct smime_diag *diag)
{
	const struct policy_secret_file file = { "passphrase file", "passphrase", path };
	size_t len = 0;

	out->len = 0;
	SMIME_TRY(policy_secret_file_read(&file, LENGTH_MAX + 2, out, diag));
	while (len < out->len && out->data[len] != '\n' && out->data[len] != '\r')
		len++;
	if (memchr(out->data, 0, len))
		return policy_secret_file_refuse(&file, "its first line holds a NUL", diag);
	if (len == 0)
		return policy_secret_file_refuse(&file, "its first line is empty", diag);
	if (len > LENGTH_MAX)
		return policy_secret_file_refuse(
		    &file, "its first line is over 1000 octets long", diag);
	out->len = len;
	return smime_buf_terminate(out);
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
