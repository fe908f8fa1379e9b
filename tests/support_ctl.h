/* support_ctl.h - smimectl as an administrator runs it: the built program, on a database of the
 * test's own. */
#ifndef TEST_SUPPORT_CTL_H
#define TEST_SUPPORT_CTL_H

#include "smime/bytes.h"

void ctl_make(void); /* db_make(), and a clean slate */
void ctl_remove(void);

/* smimectl -d DB word...; NULL ends the words. The exit code. */
int ctl(const char *word, ...);

extern struct smime_buf ctl_out; /* of the last command, both streams */

/* The last command said that; or did not. */
void says(const char *what);
void says_not(const char *what);

/* What commands find at standard input from now on; must outlive them. */
void ctl_input(const char *text);

/* Where `smimectl init` put the passphrase. */
const char *ctl_passphrase_path(void);

#endif
