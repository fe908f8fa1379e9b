/* unlzma.h - LZMA, as 7z archives compress their list of members with it. */
#ifndef POLICY_UNLZMA_H
#define POLICY_UNLZMA_H

#include "smime/bytes.h"

#define POLICY_LZMA_PROPERTIES 5 /* octets */

/* The first octets of what was compressed into in, no more than room, into out. Their number: what
 * is damaged ends before. properties: POLICY_LZMA_PROPERTIES octets. */
size_t policy_unlzma(const uint8_t *properties, struct smime_bytes in, uint8_t *out, size_t room);

#endif
