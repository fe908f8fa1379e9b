/*
 * smime/charset.h - octets of a charset as UTF-8.  RFC 2978 names, RFC 2045 s2.2.
 *
 * Readers are lenient with what senders get wrong, so filters have to be, too: what is no character
 * becomes U+FFFD and the rest goes on.
 */
#ifndef SMIME_CHARSET_H
#define SMIME_CHARSET_H

#include "smime/bytes.h"
#include "smime/stage.h"

/* The name under which iconv knows it (gb2312 is read as its superset GB18030, and so on). Borrowed
 * from name or static. */
const char *smime_charset_name(const char *name);

/* Is a letter the same octet in it as in US-ASCII? False for UTF-16, EBCDIC and the like, and for
 * unknown charsets. */
bool smime_charset_keeps_ascii(const char *name);

/*
 * Push in, of this charset, as UTF-8 through out, which is not finished. "" and us-ascii mean
 * UTF-8, which most 8-bit text without a label is.
 *
 * good  false when the charset is unknown (the octets are pushed as they are) or some octets are
 *       none of it (U+FFFD in their place).
 *
 * SMIME_E_SYSTEM, and what out fails with.
 */
SMIME_MUST_USE enum smime_status smime_charset_push(
    const char *name, struct smime_bytes in, struct smime_stage *out, bool *good);

#endif
