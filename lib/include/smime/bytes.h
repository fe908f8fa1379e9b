/* smime/bytes.h - a borrowed range of octets, and a growing one that is owned. */
#ifndef SMIME_BYTES_H
#define SMIME_BYTES_H

#include "smime/status.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* A view: borrowed, never freed, not terminated. data may be NULL when len is 0. */
struct smime_bytes {
	const uint8_t *data;
	size_t len;
};

static inline struct smime_bytes
smime_bytes(const void *data, size_t len)
{
	return (struct smime_bytes){ .data = data, .len = len };
}

/* The octets of a C string, without its NUL. */
static inline struct smime_bytes
smime_bytes_str(const char *string)
{
	return smime_bytes(string, strlen(string));
}

/* Octets [from, to) of b; both are cut to b's length. */
struct smime_bytes smime_bytes_slice(struct smime_bytes b, size_t from, size_t to);

/* Equality of public octets; for tags and secrets use gnutls_memcmp. */
bool smime_bytes_equal(struct smime_bytes a, struct smime_bytes b);

/* ASCII letters match in either case; other octets only themselves. Never looks at the locale. */
bool smime_bytes_equal_nocase(struct smime_bytes a, struct smime_bytes b);
bool smime_bytes_is(struct smime_bytes a, const char *word); /* nocase, against a C string */

/* 0 to 15; -1 when it is no hexadecimal digit. */
int smime_hex_digit(uint8_t c);

/* Octets of the UTF-8 character at the front of in, and its number; 0 when it is none or in is
 * empty. Shortest form, no surrogates (RFC 3629 s4). out may be NULL. */
size_t smime_utf8(struct smime_bytes in, uint32_t *out);

/* Is it UTF-8 from end to end? */
bool smime_bytes_are_utf8(struct smime_bytes in);

/* A character that a reader of a log or a terminal does not see, or that changes how he sees what
 * stands around it. */
bool smime_char_hides(uint32_t c);

/*
 * A growing buffer. Zero-initialise ({ 0 }) to make one. When `secret` is set, every octet it ever
 * held is wiped before its memory is given back.
 */
struct smime_buf {
	uint8_t *data;
	size_t len;
	size_t capacity;
	bool secret;
};

/* Each fails with SMIME_E_SYSTEM only, and then leaves the buffer as it was. */
SMIME_MUST_USE enum smime_status smime_buf_append(
    struct smime_buf *buf, const void *data, size_t len);
SMIME_MUST_USE enum smime_status smime_buf_appendf(struct smime_buf *buf, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Room for len more octets, uninitialised; *out points at them and buf->len counts them. */
SMIME_MUST_USE enum smime_status smime_buf_extend(struct smime_buf *buf, size_t len, uint8_t **out);

/* A NUL after the last octet (not counted in len), so that data reads as a C string. */
SMIME_MUST_USE enum smime_status smime_buf_terminate(struct smime_buf *buf);

static inline struct smime_bytes
smime_buf_bytes(const struct smime_buf *buf)
{
	return smime_bytes(buf->data, buf->len);
}

/* Gives the memory back and leaves an empty buffer (`secret` stays). */
void smime_buf_reset(struct smime_buf *buf);

/* __attribute__((cleanup(smime_buf_reset))) struct smime_buf b = { 0 }; */
#define SMIME_AUTO_BUF __attribute__((cleanup(smime_buf_reset))) struct smime_buf

#endif
