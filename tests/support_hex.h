/* support_hex.h - octets as RFCs print them: in hexadecimal digits. */
#ifndef TEST_SUPPORT_HEX_H
#define TEST_SUPPORT_HEX_H

#include "smime/bytes.h"

#define HEX_MAX 512

struct hex {
	uint8_t octets[HEX_MAX];
	size_t len;
};

/* The octets of text; blanks between them are skipped. Aborts the test for what is no hex. */
struct hex hex(const char *text);

static inline struct smime_bytes
hex_bytes(const struct hex *of)
{
	return smime_bytes(of->octets, of->len);
}

/* Appended to out. */
void hex_put(struct smime_buf *out, const char *text);

/* These octets, and no others. */
void hex_is(struct smime_bytes octets, const char *text);

#endif
