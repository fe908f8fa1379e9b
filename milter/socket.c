/*
 * socket.c - the socket on which the MTA finds us. Refuses to take a path from a process that
 * listens there, or to remove what is no socket.
 */
#include "socket.h"

#include <errno.h>
#include <grp.h>
#include <libmilter/mfapi.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
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

/* Connect, and hang up. 0, or errno. */
static int
try_address(const struct sockaddr *address, socklen_t size)
{
	int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int error;

	if (fd < 0)
		return errno;
	error = connect(fd, address, size) == 0 ? 0 : errno;
	(void)close(fd);
	return error;
}

static int
try_path(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (strlen(path) >= sizeof address.sun_path)
		return ENAMETOOLONG;
	memcpy(address.sun_path, path, strlen(path));
	return try_address((const struct sockaddr *)&address, sizeof address);
}

/* The number or the name of a service; libmilter would take what does not fit modulo 65536. */
static bool
is_port(const char *text)
{
	char *end;
	unsigned long port = strtoul(text, &end, 10);

	return end == text ? *text != '\0' && *text != '-'
			   : *end == '\0' && port > 0 && port <= 65535;
}

/* Addresses of "inet:PORT@HOST" or "inet6:PORT@HOST"; this machine's own where HOST is left out. To
 * be freed with freeaddrinfo(). NULL: it has none, *why says so (a constant). */
static struct addrinfo *
resolve(const char *spec, const char **why)
{
	const struct addrinfo hints = {
		.ai_family = strncmp(spec, "inet6:", 6) == 0 ? AF_INET6 : AF_INET,
		.ai_socktype = SOCK_STREAM,
	};
	char port[NI_MAXSERV], host[NI_MAXHOST];
	const char *from = strchr(spec, ':') + 1, *at = strchr(from, '@');
	size_t port_len = at ? (size_t)(at - from) : strlen(from);
	struct addrinfo *found = NULL;
	int error;

	*why = "the port is no number from 1 to 65535";
	if (port_len >= sizeof port)
		return NULL;
	memcpy(port, from, port_len);
	port[port_len] = '\0';
	if (!is_port(port))
		return NULL;
	*why = "the host's name is too long";
	from = at ? at + 1 : "";
	if (strlen(from) >= sizeof host)
		return NULL;
	/* Addresses may stand in brackets. */
	(void)snprintf(host, sizeof host, "%s", from + (*from == '['));
	host[strcspn(host, "]")] = '\0';
	error = getaddrinfo(*host ? host : NULL, port, &hints, &found);
	*why = gai_strerror(error);
	return error == 0 ? found : NULL;
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
	if (try_path(path) != ECONNREFUSED)
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

/* What libmilter would take for a path in the current directory, or refuse without a reason. */
enum smime_status
gateway_socket_check(const char *spec, struct smime_diag *diag)
{
	const char *path = gateway_socket_path(spec);
	struct addrinfo *found;
	const char *why;

	if (path && strlen(path) >= sizeof((struct sockaddr_un *)NULL)->sun_path)
		return smime_fail(
		    diag, SMIME_E_UNSUPPORTED, "socket", "the path %s is too long", path);
	if (path)
		return SMIME_OK;
	if (strncmp(spec, "inet:", 5) != 0 && strncmp(spec, "inet6:", 6) != 0)
		return smime_fail(diag, SMIME_E_UNSUPPORTED, "socket",
		    "\"%s\" is no socket: write unix:PATH, inet:PORT@HOST or inet6:PORT@HOST",
		    spec);
	found = resolve(spec, &why);
	if (!found)
		return smime_fail(diag, SMIME_E_UNSUPPORTED, "socket",
		    "cannot listen on %s: %s: write inet:PORT@HOST, say inet:8891@127.0.0.1", spec,
		    why);
	freeaddrinfo(found);
	return SMIME_OK;
}

enum smime_status
gateway_socket_open(const char *spec, mode_t mode, const char *group, struct smime_diag *diag)
{
	const char *path = gateway_socket_path(spec);
	char prefixed[sizeof(struct sockaddr_un) + 8];
	mode_t old_mask;
	int rc;

	if (gateway_socket_check(spec, diag) != SMIME_OK)
		return SMIME_E_UNSUPPORTED;
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
	struct addrinfo *found;
	const char *why;

	if (path) {
		(void)try_path(path);
		return;
	}
	found = resolve(spec, &why);
	if (found) {
		(void)try_address(found->ai_addr, found->ai_addrlen);
		freeaddrinfo(found);
	}
}
