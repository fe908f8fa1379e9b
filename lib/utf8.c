/* utf8.c - one character of UTF-8: shortest form only, no surrogates.  RFC 3629 s4. And which of
 * them deceive the eye. */
#include "smime/bytes.h"

size_t
smime_utf8(struct smime_bytes in, uint32_t *out)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint8_t first = in.len > 0 ? in.data[0] : 0xFF;
	size_t len = first < 0x80 ? 1 : first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
	uint32_t c = first;

	if ((first >= 0x80 && first < 0xC2) || first > 0xF4 || len > in.len)
		return 0;
	if (len > 1)
		c &= 0xFFU >> (len + 1);
	for (size_t i = 1; i < len; i++) {
		if ((in.data[i] & 0xC0) != 0x80)
			return 0;
		c = c << 6 | (in.data[i] & 0x3FU);
	}
	if (c < least[len] || c > 0x10FFFF || (c >= 0xD800 && c < 0xE000))
		return 0;
	if (out)
		*out = c;
	return len;
}

/* Octets of US-ASCII at the front of in, a word at a time. */
static size_t
ascii_run(struct smime_bytes in)
{
	size_t i = 0;
	uint64_t word;

	for (; i + sizeof word <= in.len; i += sizeof word) {
		memcpy(&word, in.data + i, sizeof word);
		if (word & 0x8080808080808080ULL)
			break;
	}
	while (i < in.len && in.data[i] < 0x80)
		i++;
	return i;
}

bool
smime_bytes_are_utf8(struct smime_bytes in)
{
	while (in.len > 0) {
		size_t len = ascii_run(in);

		if (len == 0)
			len = smime_utf8(in, NULL);
		if (len == 0)
			return false;
		in = smime_bytes(in.data + len, in.len - len);
	}
	return true;
}

/* C0, DEL, C1, line and paragraph separators, marks without width, bidi controls (Unicode s23.2).
 */
bool
smime_char_hides(uint32_t c)
{
	return c < 0x20 || (c >= 0x7F && c < 0xA0) || (c >= 0x200B && c <= 0x200F) ||
	       (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || c == 0x061C ||
	       c == 0xFEFF;
}
