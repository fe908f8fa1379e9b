/* policy/json.h - writing JSON.  RFC 8259. */
#ifndef POLICY_JSON_H
#define POLICY_JSON_H

#include "smime/bytes.h"

/* "text" with its quotes; NULL is null. What is no UTF-8 becomes U+FFFD. Appended. */
SMIME_MUST_USE enum smime_status policy_json_text(const char *text, struct smime_buf *out);

/* "key":"text" */
SMIME_MUST_USE enum smime_status policy_json_member(
    const char *key, const char *text, struct smime_buf *out);

static inline const char *
policy_json_bool(bool value)
{
	return value ? "true" : "false";
}

#endif
