/* daemon.h - leave the terminal, once it is sure that the service runs. */
#ifndef GATEWAY_DAEMON_H
#define GATEWAY_DAEMON_H

#include "smime/status.h"
#include <stdbool.h>

/*
 * Fork; the parent waits until the child calls gateway_daemon_ready() or ends, and exits with 0 or
 * with the child's status: whoever started us learns of errors. Returns in the child.
 *
 * ready_fd  to give to gateway_daemon_ready()
 */
SMIME_MUST_USE enum smime_status gateway_daemonize(int *ready_fd, struct smime_diag *diag);

/* As many open files as we may have: the usual limit of 1024 is an old one, for programs that call
 * select(); a message of which hundreds of hidden recipients get each a copy of his own needs more.
 */
void gateway_raise_open_files(void);

/* Let the parent go, and standard input, output and, unless it is to be kept, error. */
void gateway_daemon_ready(int ready_fd, bool keep_stderr);

/* Write our process id to path, which is replaced. */
SMIME_MUST_USE enum smime_status gateway_write_pid(const char *path, struct smime_diag *diag);

#endif
