/*
 * log.c - one line per event, to syslog or standard error.  DESIGN section 9.
 * Memory: a table of problem kinds, bounded. Refuses to let any octet through that could end a line
 * or alter how it is shown: this is the last barrier, values are escaped where lines are made.
 */
#include "log.h"

#include "smime/bytes.h"
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define KINDS_MOST      32
#define PROBLEM_SECONDS 60
#define LINE_MOST       8192

struct problem_kind {
	char name[32];
	int64_t last; /* when its last line was written */
	unsigned left_out;
};

struct gateway_log {
	int fd;
	int64_t (*clock)(void);
	pthread_mutex_t mutex; /* guards kinds */
	struct problem_kind kinds[KINDS_MOST];
	size_t kind_count;
};

static int64_t
monotonic_seconds(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

enum smime_status
gateway_log_new(int fd, struct gateway_log **out)
{
	struct gateway_log *log = calloc(1, sizeof *log);

	*out = NULL;
	if (!log)
		return SMIME_E_SYSTEM;
	log->fd = fd;
	log->clock = monotonic_seconds;
	(void)pthread_mutex_init(&log->mutex, NULL);
	if (fd < 0)
		openlog("smime-milter", LOG_PID | LOG_NDELAY, LOG_MAIL);
	*out = log;
	return SMIME_OK;
}

void
gateway_log_free(struct gateway_log **log)
{
	if (!*log)
		return;
	if ((*log)->fd < 0)
		closelog();
	(void)pthread_mutex_destroy(&(*log)->mutex);
	free(*log);
	*log = NULL;
}

void
gateway_log_set_clock(struct gateway_log *log, int64_t (*clock)(void))
{
	log->clock = clock;
}

/* A control character, or part of a bidi control (U+200E, U+200F, U+202A..E, U+2066..9). */
static size_t
unsafe_length(const char *s)
{
	const uint8_t *u = (const uint8_t *)s;

	if (u[0] < 0x20 || u[0] == 0x7F)
		return 1;
	if (u[0] == 0xC2 && u[1] >= 0x80 && u[1] < 0xA0) /* C1 */
		return 2;
	if (u[0] != 0xE2)
		return 0;
	if (u[1] == 0x80 && ((u[2] >= 0x8E && u[2] <= 0x8F) || (u[2] >= 0xA8 && u[2] <= 0xAE)))
		return 3;
	if (u[1] == 0x81 && u[2] >= 0xA6 && u[2] <= 0xA9)
		return 3;
	return 0;
}

static void
escape(const char *line, char *out, size_t out_size)
{
	static const char hex[] = "0123456789abcdef";
	size_t used = 0;

	while (*line && used + 14 < out_size) {
		size_t unsafe = unsafe_length(line);

		if (unsafe == 0) {
			out[used++] = *line++;
			continue;
		}
		for (; unsafe > 0; unsafe--) {
			uint8_t c = (uint8_t)*line++;

			out[used++] = '\\';
			out[used++] = 'x';
			out[used++] = hex[c >> 4];
			out[used++] = hex[c & 15];
		}
	}
	out[used] = 0;
}

/* One write, so that lines of several threads do not mix. What cannot be written is lost: there is
 * nowhere to tell. */
static void
write_stream(int fd, const char *line)
{
	char whole[LINE_MOST + 128];
	char when[32];
	struct tm utc;
	time_t now = time(NULL);
	int len;

	(void)gmtime_r(&now, &utc);
	(void)strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", &utc);
	len = snprintf(whole, sizeof whole, "%s smime-milter[%d]: %s\n", when, (int)getpid(), line);
	for (const char *at = whole; len > 0;) {
		ssize_t n = write(fd, at, (size_t)len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		at += n;
		len -= (int)n;
	}
}

static void
put_line(struct gateway_log *log, enum gateway_severity severity, const char *line)
{
	static const int levels[] = { LOG_INFO, LOG_WARNING, LOG_ERR };
	char escaped[LINE_MOST];

	escape(line, escaped, sizeof escaped);
	if (log->fd < 0)
		syslog(levels[severity], "%s", escaped);
	else
		write_stream(log->fd, escaped);
}

void
gateway_log_line(struct gateway_log *log, enum gateway_severity severity, const char *format, ...)
{
	char line[LINE_MOST];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(line, sizeof line, format, args);
	va_end(args);
	put_line(log, severity, line);
}

/* The row of kind; made when it is new. When the table is full the one told longest ago goes. */
static struct problem_kind *
find_kind(struct gateway_log *log, const char *kind)
{
	struct problem_kind *row = &log->kinds[0];

	for (size_t i = 0; i < log->kind_count; i++) {
		if (strcmp(log->kinds[i].name, kind) == 0)
			return &log->kinds[i];
		if (log->kinds[i].last < row->last)
			row = &log->kinds[i];
	}
	if (log->kind_count < KINDS_MOST)
		row = &log->kinds[log->kind_count++];
	*row = (struct problem_kind){ 0 };
	(void)snprintf(row->name, sizeof row->name, "%s", kind);
	row->last = INT64_MIN / 2;
	return row;
}

/* Whether a line of this kind may be written now, and how many were left out since the last. */
static bool
may_write(struct gateway_log *log, const char *kind, unsigned *left_out)
{
	struct problem_kind *row;
	int64_t now = log->clock();
	bool may;

	(void)pthread_mutex_lock(&log->mutex);
	row = find_kind(log, kind);
	may = now - row->last >= PROBLEM_SECONDS;
	*left_out = row->left_out;
	row->left_out = may ? 0 : row->left_out + 1;
	if (may)
		row->last = now;
	(void)pthread_mutex_unlock(&log->mutex);
	return may;
}

void
gateway_log_problem(struct gateway_log *log, const char *kind, const char *format, ...)
{
	char line[LINE_MOST];
	unsigned left_out;
	va_list args;
	int used = 0;

	if (!may_write(log, kind, &left_out))
		return;
	if (left_out > 0)
		used = snprintf(line, sizeof line, "(%u like this left out) ", left_out);
	va_start(args, format);
	(void)vsnprintf(line + used, sizeof line - (size_t)used, format, args);
	va_end(args);
	put_line(log, GATEWAY_ERROR, line);
}
