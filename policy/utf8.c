/* utf8.c - one character of UTF-8, shortest form only, no surrogates.  RFC 3629 s4. */
#include "utf8.h"

size_t
policy_utf8(const uint8_t *c, uint32_t *out)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t len = c[0] < 0x80 ? 1 : c[0] >= 0xF0 ? 4 : c[0] >= 0xE0 ? 3 : 2;

	if (len == 1) {
		*out = c[0];
		return 1;
	}
	if (c[0] < 0xC2 || c[0] > 0xF4)
		return 0;
	*out = c[0] & (0xFFU >> (len + 1));
	for (size_t i = 1; i < len; i++) {
		if ((c[i] & 0xC0) != 0x80)
			return 0;
		*out = *out << 6 | (c[i] & 0x3FU);
	}
	return *out < least[len] || *out > 0x10FFFF || (*out >= 0xD800 && *out < 0xE000) ? 0 : len;
}
