/* header_value.h - what policy/header.c needs to know of one field's value. */
#ifndef POLICY_HEADER_VALUE_H
#define POLICY_HEADER_VALUE_H

#include "policy/header.h"

/* Length of the line at the beginning of rest, its line end included. */
size_t policy_line_length(struct smime_bytes rest);

/* value as it may stand after "name: "; caller owns *out. Fails with SMIME_E_SYSTEM only. */
SMIME_MUST_USE enum smime_status policy_header_make_value(
    const char *name, struct smime_bytes value, char **out);

/* The authserv-id of an Authentication-Results field (RFC 8601 s2.2), quotes left out; empty when
 * there is none to be found. */
struct smime_bytes policy_header_results_id(const struct policy_header_field *field);

#endif
