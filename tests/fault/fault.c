/*
 * fault.c - what can go wrong under a daemon, preloaded under the real one: LD_PRELOAD of the fault
 * tests. Counts the calls by which anything leaves the process or reaches the disk, from when the
 * test says so, and kills the process before the n-th, or lets the disk be full from the n-th on.
 * FAULT_CONTROL names the file that it shares with the test (struct control).
 *
 * FAULT_BUG makes the daemon one that has a bug, which the auditor must find:
 *	early-edit     what is handed over leaves only after the daemon has gone on
 *	late-journal   rows of the journal are written only after the daemon has gone on
 *	clear-on-error after the listener has refused something, nothing is encrypted any more
 * FAULT_PORT is the listener's.
 */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <gnutls/crypto.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define NAMES 1000
#define LATER 60000 /* microseconds that a bug lets the daemon go ahead */

/* bench.py has the same. */
struct control {
	_Atomic uint32_t armed;   /* count */
	_Atomic uint32_t calls;   /* counted so far */
	_Atomic uint32_t kill_at; /* 0: never */
	_Atomic uint32_t signal;  /* what it gets then */
	_Atomic uint32_t writes;  /* of the calls to disk */
	_Atomic uint32_t full_at; /* 0: never */
	char names[NAMES][16];    /* of the calls, from 1 */
};

static struct control *control;
static const char *bug = "";
static uint16_t listener_port;
static _Atomic bool was_refused;
static __thread bool is_ours; /* a thread of a bug's: neither counted nor bent */

__attribute__((constructor)) static void
begin(void)
{
	const char *path = getenv("FAULT_CONTROL");
	const char *port = getenv("FAULT_PORT");
	int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;

	if (getenv("FAULT_BUG"))
		bug = getenv("FAULT_BUG");
	listener_port = port ? (uint16_t)atoi(port) : 0;
	if (fd < 0)
		return;
	control = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (control == MAP_FAILED)
		control = NULL;
	(void)close(fd);
}

static void *
next(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

/* One call. Does not return when it is the one before which the process dies; waits when it is
 * stopped, so that the test can do something to somebody else meanwhile. */
static void
count(const char *name)
{
	uint32_t n;

	if (is_ours || !control || !control->armed)
		return;
	n = atomic_fetch_add(&control->calls, 1) + 1;
	if (n < NAMES)
		(void)strncpy(control->names[n], name, sizeof control->names[n] - 1);
	if (n == control->kill_at)
		(void)kill(getpid(), (int)control->signal);
}

/* One call that writes to disk; true: no room. */
static bool
count_write(const char *name)
{
	count(name);
	if (is_ours || !control || !control->armed)
		return false;
	return atomic_fetch_add(&control->writes, 1) + 1 >= control->full_at &&
	       control->full_at != 0;
}

/* ---- calls that reach the disk ---- */

ssize_t
pwrite64(int fd, const void *data, size_t len, off64_t at)
{
	ssize_t (*real)(int, const void *, size_t, off64_t) = next("pwrite64");

	if (count_write("pwrite")) {
		errno = ENOSPC;
		return -1;
	}
	return real(fd, data, len, at);
}

int
fdatasync(int fd)
{
	int (*real)(int) = next("fdatasync");

	count("fdatasync");
	return real(fd);
}

/* ---- calls that leave ---- */

ssize_t
writev(int fd, const struct iovec *iov, int n)
{
	ssize_t (*real)(int, const struct iovec *, int) = next("writev");

	count("writev");
	return real(fd, iov, n);
}

ssize_t
send(int fd, const void *data, size_t len, int flags)
{
	ssize_t (*real)(int, const void *, size_t, int) = next("send");

	count("send");
	return real(fd, data, len, flags);
}

static ssize_t
note_refusal(const char *data, ssize_t n)
{
	if (!is_ours && n > 3 && (*data == '4' || *data == '5'))
		was_refused = true;
	return n;
}

ssize_t
recv(int fd, void *data, size_t len, int flags)
{
	ssize_t (*real)(int, void *, size_t, int) = next("recv");

	count("recv");
	return note_refusal(data, real(fd, data, len, flags));
}

ssize_t __recv_chk(int fd, void *data, size_t len, size_t size, int flags);
ssize_t
__recv_chk(int fd, void *data, size_t len, size_t size, int flags)
{
	(void)size;
	return recv(fd, data, len, flags);
}

/* ---- early-edit: an SMTP server in the daemon that says yes to all and means it later ---- */

struct early {
	int fd; /* the daemon's dialogue */
	struct sockaddr_in listener;
};

/* A line of the dialogue, with its end. False: there is none. */
static bool
read_line(int fd, char *line, size_t size)
{
	size_t n = 0;

	while (n + 1 < size && read(fd, line + n, 1) == 1)
		if (line[n++] == '\n') {
			line[n] = 0;
			return true;
		}
	return false;
}

static void
say(int fd, const char *text)
{
	(void)!write(fd, text, strlen(text));
}

/* To the real listener: command by command, each with its answer. */
static void
replay(const struct early *early, const char *text, size_t len)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	int (*real)(int, const struct sockaddr *, socklen_t) = next("connect");
	char line[2000];
	bool in_text = false;

	if (real(fd, (const struct sockaddr *)&early->listener, sizeof early->listener) == 0)
		(void)read_line(fd, line, sizeof line);
	for (size_t from = 0, to; from < len; from = to) {
		const char *lf = memchr(text + from, '\n', len - from);
		bool dot, data;

		to = lf ? (size_t)(lf - text) + 1 : len;
		dot = to - from == 3 && memcmp(text + from, ".\r\n", 3) == 0;
		data = !in_text && to - from == 6 && memcmp(text + from, "DATA\r\n", 6) == 0;
		(void)!write(fd, text + from, to - from);
		in_text = (in_text && !dot) || data;
		/* An answer has one line, EHLO's more. */
		while (!in_text || data) {
			if (!read_line(fd, line, sizeof line) || line[3] != '-')
				break;
		}
	}
	(void)close(fd);
}

static void *
serve_early(void *arg)
{
	struct early *early = arg;
	char *text = NULL, line[100000];
	size_t len = 0;
	bool in_text = false;

	is_ours = true;
	say(early->fd, "220 early\r\n");
	while (read_line(early->fd, line, sizeof line)) {
		text = realloc(text, len + strlen(line));
		memcpy(text + len, line, strlen(line));
		len += strlen(line);
		if (!in_text) {
			in_text = strcmp(line, "DATA\r\n") == 0;
			say(early->fd, in_text ? "354 go\r\n" : "250 ok\r\n");
		} else if (strcmp(line, ".\r\n") == 0) {
			in_text = false;
			say(early->fd, "250 2.0.0 Ok: queued as EARLY\r\n");
		}
	}
	(void)usleep(LATER);
	replay(early, text, len);
	(void)close(early->fd);
	free(text);
	free(early);
	return NULL;
}

static int
connect_early(int fd, const struct sockaddr_in *to)
{
	struct early *early = calloc(1, sizeof *early);
	pthread_t thread;
	int pair[2];

	if (!early || socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
		return -1;
	(void)dup2(pair[0], fd);
	(void)fcntl(fd, F_SETFL, O_NONBLOCK);
	(void)close(pair[0]);
	early->fd = pair[1];
	early->listener = *to;
	return pthread_create(&thread, NULL, serve_early, early);
}

int
connect(int fd, const struct sockaddr *to, socklen_t len)
{
	int (*real)(int, const struct sockaddr *, socklen_t) = next("connect");
	const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)to;

	if (is_ours || to->sa_family != AF_INET || ntohs(in->sin_port) != listener_port)
		return real(fd, to, len);
	count("connect");
	return strcmp(bug, "early-edit") == 0 ? connect_early(fd, in) : real(fd, to, len);
}

/* ---- late-journal ---- */

struct late {
	char *path, *sql;
};

static void *
write_late(void *arg)
{
	struct late *late = arg;
	sqlite3 *db = NULL;

	is_ours = true;
	(void)usleep(LATER);
	if (sqlite3_open(late->path, &db) == SQLITE_OK) {
		(void)sqlite3_busy_timeout(db, 1000);
		(void)sqlite3_exec(db, late->sql, NULL, NULL, NULL);
	}
	(void)sqlite3_close(db);
	free(late->path);
	sqlite3_free(late->sql);
	free(late);
	return NULL;
}

static int
step_late(sqlite3_stmt *stmt)
{
	struct late *late = calloc(1, sizeof *late);
	pthread_t thread;

	if (!late)
		return SQLITE_NOMEM;
	late->path = strdup(sqlite3_db_filename(sqlite3_db_handle(stmt), "main"));
	late->sql = sqlite3_expanded_sql(stmt);
	return pthread_create(&thread, NULL, write_late, late) == 0 ? SQLITE_DONE : SQLITE_NOMEM;
}

int
sqlite3_step(sqlite3_stmt *stmt)
{
	int (*real)(sqlite3_stmt *) = next("sqlite3_step");
	const char *sql = sqlite3_sql(stmt);
	bool is_journal = sql && strstr(sql, "reinject_journal") && !sqlite3_stmt_readonly(stmt);

	if (is_journal || (sql && strcmp(sql, "COMMIT") == 0))
		count("sqlite3_step");
	if (is_journal && !is_ours && strcmp(bug, "late-journal") == 0)
		return step_late(stmt);
	return real(stmt);
}

/* ---- clear-on-error ---- */

int
gnutls_cipher_encrypt2(
    gnutls_cipher_hd_t handle, const void *in, size_t in_len, void *out, size_t out_len)
{
	int (*real)(gnutls_cipher_hd_t, const void *, size_t, void *, size_t) =
	    next("gnutls_cipher_encrypt2");

	if (!was_refused || strcmp(bug, "clear-on-error") != 0)
		return real(handle, in, in_len, out, out_len);
	(void)memmove(out, in, in_len);
	return 0;
}
