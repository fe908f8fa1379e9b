/* mime_flags.c - what is in a range of octets that some MTA on the way would change.  RFC 5321
 * s2.3.8, RFC 8551 s3.1.2. One look at each octet, a word at a time where it matters. */
#include "mime_internal.h"

#define LINE_MAX_OCTETS 998

static uint32_t
octet_flags(struct smime_bytes line)
{
	const uint64_t high = 0x8080808080808080ULL, ones = 0x0101010101010101ULL;
	uint64_t any = 0, zero = 0;
	uint32_t flags = 0;
	size_t i = 0;

	for (; i + 8 <= line.len; i += 8) {
		uint64_t word;

		memcpy(&word, line.data + i, sizeof word);
		any |= word;
		zero |= (word - ones) & ~word & high;
	}
	for (; i < line.len; i++) {
		any |= line.data[i];
		zero |= line.data[i] == 0;
	}
	if (any & high)
		flags |= SMIME_MIME_EIGHT_BIT;
	if (zero)
		flags |= SMIME_MIME_NUL;
	return flags;
}

static uint32_t
line_flags(struct smime_bytes line)
{
	struct smime_bytes text = smime_mime_chomp(line);
	uint32_t flags = octet_flags(text);

	if (line.len > text.len && line.len - text.len == 1)
		flags |= line.data[line.len - 1] == '\n' ? SMIME_MIME_BARE_LF : SMIME_MIME_BARE_CR;
	if (text.len > LINE_MAX_OCTETS)
		flags |= SMIME_MIME_LONG_LINE;
	if (text.len == 0)
		return flags;
	if (memchr(text.data, '\r', text.len))
		flags |= SMIME_MIME_BARE_CR;
	if (text.data[text.len - 1] == ' ' || text.data[text.len - 1] == '\t')
		flags |= SMIME_MIME_TRAILING_BLANK;
	if (text.len >= 5 && memcmp(text.data, "From ", 5) == 0)
		flags |= SMIME_MIME_FROM_LINE;
	return flags;
}

uint32_t
smime_mime_content_flags(struct smime_bytes octets, struct smime_spool *spool)
{
	uint32_t flags = 0;
	const uint8_t *released = octets.data;

	if (octets.len > 0 && octets.data[octets.len - 1] != '\n')
		flags |= SMIME_MIME_NO_FINAL_EOL;
	while (octets.len > 0) {
		flags |= line_flags(smime_mime_line(&octets));
		if (spool && octets.data - released >= SMIME_MIME_RELEASE) {
			smime_spool_release(spool);
			released = octets.data;
		}
	}
	return flags;
}
