/* log.h - one line per event, to syslog or standard error. Safe to use from any thread. */
#ifndef GATEWAY_LOG_H
#define GATEWAY_LOG_H

#include "smime/status.h"
#include <stdbool.h>
#include <stdint.h>

struct gateway_log;

/*
 * fd    where lines go, with time, program and process id in front; -1 means syslog, facility mail.
 * out   owned by the caller. Fails with SMIME_E_SYSTEM only.
 */
SMIME_MUST_USE enum smime_status gateway_log_new(int fd, struct gateway_log **out);
void gateway_log_free(struct gateway_log **log);

enum gateway_severity {
	GATEWAY_INFO,
	GATEWAY_WARNING, /* someone should look at it */
	GATEWAY_ERROR,   /* mail is held up */
};

/* One line. Octets that could end it, or alter how it is shown, come out as \xNN. */
void gateway_log_line(struct gateway_log *log, enum gateway_severity severity, const char *format,
    ...) __attribute__((format(printf, 3, 4)));

/*
 * As above, but at most once a minute for each kind: a fault that lasts must not flood the log. The
 * next line of that kind tells how many were left out. kind: a word, compared by its text.
 */
void gateway_log_problem(struct gateway_log *log, const char *kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* For tests: seconds, instead of the monotonic clock. */
void gateway_log_set_clock(struct gateway_log *log, int64_t (*clock)(void));

#endif
