/* content_text.h - octets to text that patterns can be matched against. */
#ifndef POLICY_CONTENT_TEXT_H
#define POLICY_CONTENT_TEXT_H

#include "smime/spool.h"

/*
 * Text of a charset (RFC 2978 name; "" for us-ascii or whatever it is) as UTF-8, written to out.
 * *good is false when the charset is unknown or the octets are none of it; out is then of no use.
 * SMIME_E_SYSTEM.
 */
SMIME_MUST_USE enum smime_status policy_to_utf8(
    const char *charset, struct smime_bytes in, struct smime_spool *out, bool *good);

/* HTML as a reader sees it: tags, comments, scripts and styles left out, character references
 * replaced. SMIME_E_SYSTEM. */
SMIME_MUST_USE enum smime_status policy_strip_html(struct smime_bytes in, struct smime_spool *out);

#endif
