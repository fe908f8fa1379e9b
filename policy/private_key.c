/* private_key.c - the private key that a row of certificate holds or names: PKCS#8 in the row, in a
 * file that only its owner reads, or in a token. At most 64 KiB. */
#include "policy/private_key.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEY_FILE_MAX 65536

static enum smime_status
refuse(struct smime_diag *diag, const char *path, const char *why)
{
	return smime_fail(diag, SMIME_E_NOKEY, "no-key", "private key file %s: %s", path, why);
}

static enum smime_status
read_all(int fd, const char *path, struct smime_buf *out, struct smime_diag *diag)
{
	size_t before = out->len;
	uint8_t *room;
	ssize_t got;

	SMIME_TRY(smime_buf_extend(out, KEY_FILE_MAX + 1, &room));
	got = read(fd, room, KEY_FILE_MAX + 1);
	out->len = before + (got > 0 ? (size_t)got : 0);
	if (got < 0)
		return refuse(diag, path, strerrordesc_np(errno));
	return got > KEY_FILE_MAX ? refuse(diag, path, "it is over 64 KiB") : SMIME_OK;
}

static enum smime_status
read_file(const char *path, struct smime_buf *out, struct smime_diag *diag)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	enum smime_status status;
	struct stat st;

	if (fd < 0)
		return refuse(diag, path, strerrordesc_np(errno));
	if (fstat(fd, &st) < 0 || (st.st_mode & (S_IRWXO | S_IWGRP)))
		status = refuse(diag, path, "others may read or change it: chmod 0600 it");
	else
		status = read_all(fd, path, out, diag);
	(void)close(fd);
	return status;
}

enum smime_status
policy_private_key_read(const char *text, struct smime_buf *out, struct smime_diag *diag)
{
	if (strncmp(text, "file:", 5) == 0)
		return read_file(text + 5, out, diag);
	return smime_buf_append(out, text, strlen(text));
}

enum smime_status
policy_private_key_open(
    const char *text, const char *passphrase, struct smime_privkey **out, struct smime_diag *diag)
{
	SMIME_AUTO_BUF source = { .secret = true };

	*out = NULL;
	SMIME_TRY(policy_private_key_read(text, &source, diag));
	return smime_privkey_import(smime_buf_bytes(&source), passphrase, out, diag);
}
