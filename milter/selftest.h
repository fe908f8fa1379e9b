/* selftest.h - smime-milter -t: would it run, with this database, keys and certificates? */
#ifndef GATEWAY_SELFTEST_H
#define GATEWAY_SELFTEST_H

#include "smime/status.h"
#include <stdint.h>
#include <stdio.h>

/* Prints one line per finding to `to`. SMIME_OK: nothing that keeps mail from being handled as the
 * tables say. now: judge certificates as of then. */
SMIME_MUST_USE enum smime_status gateway_selftest(
    const char *database, const char *passphrase, int64_t now, FILE *to);

#endif
