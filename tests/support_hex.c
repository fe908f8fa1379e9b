/* support_hex.c - see support_hex.h. */
#include "support_hex.h"

#include "support.h"

struct hex
hex(const char *text)
{
	struct hex out = { .len = 0 };

	for (; *text; text++) {
		int high, low;

		if (*text == ' ')
			continue;
		high = smime_hex_digit((uint8_t)*text++);
		low = smime_hex_digit((uint8_t)*text);
		ck_assert_msg(high >= 0 && low >= 0 && out.len < HEX_MAX, "no hex: %s", text - 1);
		out.octets[out.len++] = (uint8_t)(high << 4 | low);
	}
	return out;
}

void
hex_put(struct smime_buf *out, const char *text)
{
	const struct hex octets = hex(text);

	ck_assert_int_eq(smime_buf_append(out, octets.octets, octets.len), SMIME_OK);
}

void
hex_is(struct smime_bytes octets, const char *text)
{
	const struct hex want = hex(text);

	ck_assert_uint_eq(octets.len, want.len);
	ck_assert_mem_eq(octets.data, want.octets, want.len);
}
