/* passphrase.c - the passphrase of the private keys, from a file. Refuses a file that everybody may
 * read. The passphrase stays in wiped memory. */
#include "passphrase.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define MOST 1000

static enum smime_status
check_file(int fd, const char *path, struct smime_diag *diag)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return smime_fail(diag, SMIME_E_NOKEY, "passphrase", "cannot read %s: %s", path,
		    strerrordesc_np(errno));
	if (st.st_mode & S_IROTH)
		return smime_fail(
		    diag, SMIME_E_NOKEY, "passphrase", "everybody may read %s: chmod 600 it", path);
	return SMIME_OK;
}

static enum smime_status
read_line(int fd, const char *path, struct smime_buf *out, struct smime_diag *diag)
{
	uint8_t *room;
	ssize_t n;
	uint8_t *end;

	if (smime_buf_extend(out, MOST + 1, &room) != SMIME_OK)
		return smime_fail(diag, SMIME_E_SYSTEM, NULL, "no memory for the passphrase");
	n = read(fd, room, MOST + 1);
	if (n < 0)
		return smime_fail(diag, SMIME_E_NOKEY, "passphrase", "cannot read %s: %s", path,
		    strerrordesc_np(errno));
	end = memchr(room, '\n', (size_t)n);
	out->len = end ? (size_t)(end - room) : (size_t)n;
	if (out->len > 0 && room[out->len - 1] == '\r')
		out->len--;
	if (out->len == 0 || out->len > MOST || memchr(room, 0, out->len))
		return smime_fail(diag, SMIME_E_NOKEY, "passphrase",
		    "the first line of %s must be the passphrase, of at most %d octets", path,
		    MOST);
	return smime_buf_terminate(out);
}

enum smime_status
gateway_passphrase_read(const char *path, struct smime_buf *out, struct smime_diag *diag)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	enum smime_status status;

	if (fd < 0)
		return smime_fail(diag, SMIME_E_NOKEY, "passphrase", "cannot read %s: %s", path,
		    strerrordesc_np(errno));
	status = check_file(fd, path, diag);
	if (status == SMIME_OK)
		status = read_line(fd, path, out, diag);
	(void)close(fd);
	return status;
}
