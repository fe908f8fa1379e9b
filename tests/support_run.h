/* support_run.h - run another program, as a peer to agree with: openssl, gpgsm. */
#ifndef TEST_SUPPORT_RUN_H
#define TEST_SUPPORT_RUN_H

#include "smime/bytes.h"

/*
 * Run argv[0] (looked up in PATH, no shell; NULL ends argv) with `in` as its standard input.
 * Returns its exit status, 128 and more when it was killed.
 *
 * out  standard output and standard error, appended, with a NUL behind; NULL: not wanted
 */
int run_program(const char *const *argv, struct smime_bytes in, struct smime_buf *out);

/* A name under which the program to be run can read these octets. The memory behind it lasts until
 * the test's process ends. */
#define RUN_NAME_SIZE 32
const char *run_file(struct smime_bytes content, char name[RUN_NAME_SIZE]);

#endif
