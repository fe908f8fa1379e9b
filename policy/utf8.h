/* utf8.h - characters of text that came from outside.  RFC 3629. */
#ifndef POLICY_UTF8_H
#define POLICY_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* Octets of the character at text (NUL-terminated) and its number; 0 when it is none. */
size_t policy_utf8(const uint8_t *text, uint32_t *out);

#endif
