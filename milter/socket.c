/*
 * socket.c - the socket on which the MTA finds us. Refuses to take a path from a process that
 * listens there, or to remove what is no socket.
 */
#include "socket.h"

#include <errno.h>
#include <grp.h>
#include <libmilter/mfapi.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

const char *
gateway_socket_path(const char *spec)
{
	if (*spec == '/')
		return spec;
	if (strncmp(spec, "unix:", 5) == 0)
		return spec + 5;
	if (strncmp(spec, "local:", 6) == 0)
		return spec + 6;
	return NULL;
}

/* Connect to path. 0, or errno. */
static int
try_connect(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd, error;

	if (strlen(path) >= sizeof address.sun_path)
		return ENAMETOOLONG;
	memcpy(address.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return errno;
	error = connect(fd, (const struct sockaddr *)&address, sizeof address) == 0 ? 0 : errno;
	(void)close(fd);
	return error;
}

enum smime_status
gateway_socket_clear(const char *spec, struct smime_diag *diag)
{
	const char *path = gateway_socket_path(spec);
	struct stat st;

	if (!path || lstat(path, &st) != 0)
		return SMIME_OK;
	if (!S_ISSOCK(st.st_mode))
		return smime_fail(diag, SMIME_E_UNSUPPORTED, "socket",
		    "%s is no socket: remove it, or choose another path with -s", path);
	/* Only this error says that nobody listens; a full backlog, say, is somebody. */
	if (try_connect(path) != ECONNREFUSED)
		return smime_fail(diag, SMIME_E_UNSUPPORTED, "socket",
		    "another process listens on %s: stop it, or choose another path with -s", path);
	if (unlink(path) != 0)
		return smime_fail(diag, SMIME_E_SYSTEM, "socket",
		    "cannot remove the stale socket %s: %s", path, strerrordesc_np(errno));
	return SMIME_OK;
}

static enum smime_status
set_access(const char *path, mode_t mode, const char *group, struct smime_diag *diag)
{
	struct group entry;
	struct group *found = NULL;
	char names[16384];

	if (group) {
		if (getgrnam_r(group, &entry, names, sizeof names, &found) != 0 || !found)
			return smime_fail(diag, SMIME_E_UNSUPPORTED, "socket",
			    "there is no group %s (-G)", group);
		if (chown(path, (uid_t)-1, found->gr_gid) != 0)
			return smime_fail(diag, SMIME_E_SYSTEM, "socket",
			    "cannot give %s to group %s: %s", path, group, strerrordesc_np(errno));
	}
	if (chmod(path, mode) != 0)
		return smime_fail(diag, SMIME_E_SYSTEM, "socket", "cannot set the mode of %s: %s",
		    path, strerrordesc_np(errno));
	return SMIME_OK;
}

/* libmilter takes anything else for a path in the current directory. */
static bool
is_known_kind(const char *spec)
{
	return gateway_socket_path(spec) || strncmp(spec, "inet:", 5) == 0 ||
	       strncmp(spec, "inet6:", 6) == 0;
}

enum smime_status
gateway_socket_open(const char *spec, mode_t mode, const char *group, struct smime_diag *diag)
{
	const char *path = gateway_socket_path(spec);
	char prefixed[sizeof(struct sockaddr_un) + 8];
	mode_t old_mask;
	int rc;

	if (!is_known_kind(spec))
		return smime_fail(diag, SMIME_E_UNSUPPORTED, "socket",
		    "\"%s\" is no socket: write unix:PATH, inet:PORT@HOST or inet6:PORT@HOST",
		    spec);
	if (path && strlen(path) >= sizeof((struct sockaddr_un *)NULL)->sun_path)
		return smime_fail(
		    diag, SMIME_E_UNSUPPORTED, "socket", "the path %s is too long", path);
	if (path) {
		(void)snprintf(prefixed, sizeof prefixed, "unix:%s", path);
		spec = prefixed;
	}
	/* Nobody may connect before mode and group are set. */
	old_mask = umask(0777);
	rc = smfi_setconn((char *)(uintptr_t)spec) == MI_SUCCESS ? smfi_opensocket(false)
								 : MI_FAILURE;
	(void)umask(old_mask);
	if (rc != MI_SUCCESS)
		return smime_fail(diag, SMIME_E_SYSTEM, "socket",
		    "cannot listen on %s: %s (does the directory exist, and may we write there?)",
		    spec, strerrordesc_np(errno));
	return path ? set_access(path, mode, group, diag) : SMIME_OK;
}

void
gateway_socket_wake(const char *spec)
{
	const char *path = gateway_socket_path(spec);

	if (path)
		(void)try_connect(path);
}
