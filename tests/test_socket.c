/* test_socket.c - a stale socket makes way, anything else does not. */
#include "socket.h"
#include "support.h"

#include <fcntl.h>
#include <grp.h>
#include <libmilter/mfapi.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static char dir[64], path[128], spec[160];
static struct smime_diag diag;

static void
setup(void)
{
	static char name[] = "test";
	const struct smfiDesc filter = { .xxfi_name = name, .xxfi_version = SMFI_VERSION };

	ck_assert_int_eq(smfi_register(filter), MI_SUCCESS);
	(void)snprintf(dir, sizeof dir, "/tmp/socket-test.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	(void)snprintf(path, sizeof path, "%s/s", dir);
	(void)snprintf(spec, sizeof spec, "unix:%s", path);
}

static void
teardown(void)
{
	(void)unlink(path);
	(void)rmdir(dir);
}

/* A socket bound to path; listening when it is to be alive. */
static int
bound(bool alive)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)snprintf(address.sun_path, sizeof address.sun_path, "%.100s", path);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
	if (alive)
		ck_assert_int_eq(listen(fd, 1), 0);
	return fd;
}

START_TEST(unix_sockets_are_told_from_others)
{
	ck_assert_str_eq(gateway_socket_path("unix:/a/b"), "/a/b");
	ck_assert_str_eq(gateway_socket_path("local:/a"), "/a");
	ck_assert_str_eq(gateway_socket_path("/a"), "/a");
	ck_assert_ptr_null(gateway_socket_path("inet:10025@127.0.0.1"));
	ck_assert_int_eq(gateway_socket_clear("inet:10025@127.0.0.1", &diag), SMIME_OK);
}
END_TEST

START_TEST(a_stale_socket_is_removed)
{
	ck_assert_int_eq(gateway_socket_clear(spec, &diag), SMIME_OK);
	(void)close(bound(true));
	ck_assert_int_eq(access(path, F_OK), 0);
	ck_assert_int_eq(gateway_socket_clear(spec, &diag), SMIME_OK);
	ck_assert_int_ne(access(path, F_OK), 0);
}
END_TEST

START_TEST(a_live_socket_is_not_taken)
{
	int fd = bound(true);

	ck_assert_int_eq(gateway_socket_clear(spec, &diag), SMIME_E_UNSUPPORTED);
	ck_assert_ptr_nonnull(strstr(diag.text, "another process"));
	ck_assert_int_eq(access(path, F_OK), 0);
	(void)close(fd);
}
END_TEST

START_TEST(what_is_no_socket_is_not_removed)
{
	(void)close(open(path, O_CREAT | O_WRONLY, 0600));
	ck_assert_int_eq(gateway_socket_clear(spec, &diag), SMIME_E_UNSUPPORTED);
	ck_assert_ptr_nonnull(strstr(diag.text, "no socket"));
	ck_assert_int_eq(access(path, F_OK), 0);
	(void)unlink(path);
	ck_assert_int_eq(symlink("/etc/passwd", path), 0);
	ck_assert_int_eq(gateway_socket_clear(spec, &diag), SMIME_E_UNSUPPORTED);
}
END_TEST

START_TEST(an_opened_socket_has_mode_and_group)
{
	struct stat st;
	const struct group *own = getgrgid(getegid());

	ck_assert_ptr_nonnull(own);
	ck_assert_int_eq(gateway_socket_open(path, 0620, own->gr_name, &diag), SMIME_OK);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0620);
	ck_assert_uint_eq(st.st_gid, getegid());
}
END_TEST

/* Whether somebody connected. */
static bool
was_woken(int listener)
{
	struct pollfd waiting = { .fd = listener, .events = POLLIN };

	return poll(&waiting, 1, 2000) == 1;
}

START_TEST(a_unix_listener_is_woken)
{
	int fd = bound(true);

	gateway_socket_wake(spec);
	ck_assert(was_woken(fd));
	(void)close(fd);
}
END_TEST

/* Without it the daemon would take up to 5 s to stop. */
START_TEST(an_inet_listener_is_woken)
{
	static const char *const hosts[] = { "@127.0.0.1", "@[127.0.0.1]", "@localhost", "@0.0.0.0",
		"" };
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t size = sizeof address;
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	char name[64];

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
	ck_assert_int_eq(listen(fd, 1), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	(void)snprintf(name, sizeof name, "inet:%d%s", ntohs(address.sin_port), hosts[_i]);
	gateway_socket_wake(name);
	ck_assert_msg(was_woken(fd), "%s", name);
	(void)close(fd);
	gateway_socket_wake(name);
}
END_TEST

START_TEST(a_port_or_host_that_cannot_be_is_told)
{
	static const char *const refused[] = { "inet:99999999@127.0.0.1", "inet:0@127.0.0.1",
		"inet:65536@127.0.0.1", "inet:-1@127.0.0.1", "inet:no-such-service@127.0.0.1",
		"inet:8891x@127.0.0.1", "inet:@127.0.0.1",
		"inet:", "inet:8891@no-such-host.invalid", "inet6:8891@127.0.0.1" };

	ck_assert_int_eq(gateway_socket_open(refused[_i], 0660, NULL, &diag), SMIME_E_UNSUPPORTED);
	ck_assert_msg(strstr(diag.text, refused[_i]) && strstr(diag.text, "inet:PORT@HOST"),
	    "%s: %s", refused[_i], diag.text);
}
END_TEST

START_TEST(a_socket_that_cannot_be_is_told)
{
	char lengthy[400] = "unix:/tmp/";

	memset(lengthy + 10, 'x', 300);
	ck_assert_int_eq(gateway_socket_open(lengthy, 0660, NULL, &diag), SMIME_E_UNSUPPORTED);
	ck_assert_int_eq(gateway_socket_open("nonsense", 0660, NULL, &diag), SMIME_E_UNSUPPORTED);
}
END_TEST

START_TEST(a_directory_that_is_not_there_is_told)
{
	ck_assert_int_eq(
	    gateway_socket_open("unix:/nonexistent/x", 0660, NULL, &diag), SMIME_E_SYSTEM);
	ck_assert_ptr_nonnull(strstr(diag.text, "/nonexistent/x"));
}
END_TEST

START_TEST(a_group_that_is_not_there_is_told)
{
	ck_assert_int_eq(
	    gateway_socket_open(spec, 0660, "no-such-group-at-all", &diag), SMIME_E_UNSUPPORTED);
	ck_assert_ptr_nonnull(strstr(diag.text, "no-such-group-at-all"));
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("socket");
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, unix_sockets_are_told_from_others);
	tcase_add_test(tc, a_stale_socket_is_removed);
	tcase_add_test(tc, a_live_socket_is_not_taken);
	tcase_add_test(tc, what_is_no_socket_is_not_removed);
	tcase_add_test(tc, an_opened_socket_has_mode_and_group);
	tcase_add_test(tc, a_unix_listener_is_woken);
	tcase_add_loop_test(tc, an_inet_listener_is_woken, 0, 5);
	tcase_add_loop_test(tc, a_port_or_host_that_cannot_be_is_told, 0, 10);
	tcase_add_test(tc, a_socket_that_cannot_be_is_told);
	tcase_add_test(tc, a_directory_that_is_not_there_is_told);
	tcase_add_test(tc, a_group_that_is_not_there_is_told);
	suite_add_tcase(suite, tc);
	return suite;
}
