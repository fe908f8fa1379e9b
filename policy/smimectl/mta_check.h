/* mta_check.h - is this Postfix configured so that nothing leaves past us?  R-SND-MTA. */
#ifndef CTL_MTA_CHECK_H
#define CTL_MTA_CHECK_H

#include "mta_postfix.h"

struct mta_check {
	const struct mta_postfix *postfix;
	const char *socket; /* of the daemon, as its -s has it */
	const char *reinject_host;
	int reinject_port;
	int64_t next_hop_limit; /* octets that the next hop takes; 0: not told */
	unsigned problems;      /* told so far */
};

/* Tells everything on standard output: "problem: ..." for what lets mail out unsealed, loses it or
 * stops it, "note: ..." for what may be meant so. */
void mta_check(struct mta_check *check);

void mta_problem(struct mta_check *check, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
