/* named.h - whom a message names to its readers: To and Cc. */
#ifndef POLICY_NAMED_H
#define POLICY_NAMED_H

#include "smime/mime.h"

struct policy_named {
	char **address; /* several vectors one after the other; owned */
	size_t count;
};

/* Fills *out, which is empty. A field that cannot be read names nobody. SMIME_E_SYSTEM. */
SMIME_MUST_USE enum smime_status policy_named_read(
    const struct smime_mime *mime, struct policy_named *out);
void policy_named_reset(struct policy_named *named);

/* As everybody delivers mail: without case. */
bool policy_named_has(const struct policy_named *named, const char *address);

#endif
