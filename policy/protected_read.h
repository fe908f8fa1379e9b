/* protected_read.h - checked reads of hostile octets, for protected*.c only. */
#ifndef POLICY_PROTECTED_READ_H
#define POLICY_PROTECTED_READ_H

#include "smime/bytes.h"

#define WALK_MAX 100000

/* A little-endian number of width octets; 0 behind the end. */
static inline uint64_t
le(struct smime_bytes in, uint64_t at, unsigned width)
{
	uint64_t n = 0;

	if (at > in.len || in.len - at < width)
		return 0;
	for (unsigned i = width; i-- > 0;)
		n = n << 8 | in.data[at + i];
	return n;
}

static inline bool
begins(struct smime_bytes in, uint64_t at, const char *what, size_t len)
{
	return at <= in.len && in.len - at >= len && memcmp(in.data + at, what, len) == 0;
}

#define BEGINS(in, at, literal) begins(in, at, literal, sizeof(literal) - 1)

static inline bool
contains(struct smime_bytes in, const char *what, size_t len)
{
	return in.len > 0 && memmem(in.data, in.len, what, len) != NULL;
}

/* A ZIP archive, wherever in the file it begins, with an encrypted member; an OpenDocument file
 * with a password. protected_zip.c */
bool policy_zip_is_protected(struct smime_bytes octets);

/* A 7z archive with a member, or a list of members, that is encrypted. protected_7z.c */
bool policy_7z_is_protected(struct smime_bytes octets);

#endif
