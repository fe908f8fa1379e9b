/* program.h - run another program and read what it prints. */
#ifndef CTL_PROGRAM_H
#define CTL_PROGRAM_H

#include "ctl.h"

#include <sys/types.h>

/* Start argv[0], looked for in PATH; argv ends with NULL. *out_fd: what it prints, for the caller
 * to close; what it complains about goes to our standard error. */
bool ctl_program_start(const char *const *argv, int *out_fd, pid_t *pid);

/* Wait for its end, once *out_fd is closed. Did it exit with 0? */
bool ctl_program_end(pid_t pid);

#endif
