/* bytes.c - views and growing buffers. A secret buffer moves by hand instead of realloc, so that no
 * freed block keeps a copy of it. */
#include "smime/bytes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct smime_bytes
smime_bytes_slice(struct smime_bytes b, size_t from, size_t to)
{
	if (to > b.len)
		to = b.len;
	if (from >= to)
		return smime_bytes(NULL, 0);
	return smime_bytes(b.data + from, to - from);
}

bool
smime_bytes_equal(struct smime_bytes a, struct smime_bytes b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

static uint8_t
lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

bool
smime_bytes_equal_nocase(struct smime_bytes a, struct smime_bytes b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++)
		if (lower(a.data[i]) != lower(b.data[i]))
			return false;
	return true;
}

bool
smime_bytes_is(struct smime_bytes a, const char *word)
{
	return smime_bytes_equal_nocase(a, smime_bytes_str(word));
}

/* Room for `more` octets after len. Growth doubles, so that appending stays linear. */
static enum smime_status
reserve(struct smime_buf *buf, size_t more)
{
	size_t want = buf->capacity ? buf->capacity : 64;
	uint8_t *data;

	if (more > SIZE_MAX / 2 - buf->len)
		return SMIME_E_SYSTEM;
	if (buf->data && buf->capacity - buf->len >= more)
		return SMIME_OK;
	while (want - buf->len < more)
		want *= 2;
	data = buf->secret ? malloc(want) : realloc(buf->data, want);
	if (!data)
		return SMIME_E_SYSTEM;
	if (buf->secret && buf->data) {
		memcpy(data, buf->data, buf->len);
		explicit_bzero(buf->data, buf->capacity);
		free(buf->data);
	}
	buf->data = data;
	buf->capacity = want;
	return SMIME_OK;
}

enum smime_status
smime_buf_extend(struct smime_buf *buf, size_t len, uint8_t **out)
{
	SMIME_TRY(reserve(buf, len));
	*out = buf->data + buf->len;
	buf->len += len;
	return SMIME_OK;
}

enum smime_status
smime_buf_append(struct smime_buf *buf, const void *data, size_t len)
{
	SMIME_TRY(reserve(buf, len));
	if (len > 0)
		memcpy(buf->data + buf->len, data, len);
	buf->len += len;
	return SMIME_OK;
}

enum smime_status
smime_buf_appendf(struct smime_buf *buf, const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (len < 0)
		return SMIME_E_SYSTEM;
	SMIME_TRY(reserve(buf, (size_t)len + 1));
	va_start(args, format);
	(void)vsnprintf((char *)buf->data + buf->len, (size_t)len + 1, format, args);
	va_end(args);
	buf->len += (size_t)len;
	return SMIME_OK;
}

enum smime_status
smime_buf_terminate(struct smime_buf *buf)
{
	SMIME_TRY(reserve(buf, 1));
	buf->data[buf->len] = 0;
	return SMIME_OK;
}

void
smime_buf_reset(struct smime_buf *buf)
{
	if (buf->data && buf->secret)
		explicit_bzero(buf->data, buf->capacity);
	free(buf->data);
	buf->data = NULL;
	buf->len = 0;
	buf->capacity = 0;
}

int
smime_hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 32;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}
