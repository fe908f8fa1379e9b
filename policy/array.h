/* array.h - arrays that grow one by one. */
#ifndef POLICY_ARRAY_H
#define POLICY_ARRAY_H

#include "smime/status.h"

/* items with room for one more after count, moved when need be; NULL: no memory, items as before.
 * Only for arrays that grow one by one from nothing. */
void *policy_array_grow(void *items, size_t count, size_t size);

/* A copy of value at the end of a vector of strings. */
SMIME_MUST_USE enum smime_status policy_strings_add(
    char ***items, size_t *count, const char *value);
void policy_strings_free(char ***items, size_t *count);

#endif
