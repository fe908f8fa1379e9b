/* fuzz_ber.c - lib/ber.c, lib/ber_value.c: every element of any octets, and every value of it. */
#include "ber.h"
#include "support_fuzz.h"

#include <stdlib.h>

#define OPEN_MOST 64

/* Elements are inside of what they were read from, in order. */
static void
check(struct smime_bytes before, struct smime_bytes after, const struct smime_tlv *tlv)
{
	FUZZ_HOLDS(tlv->whole.data == before.data);
	FUZZ_HOLDS(tlv->whole.len <= before.len && tlv->whole.len > 1);
	FUZZ_HOLDS(after.len == before.len - tlv->whole.len);
	FUZZ_HOLDS(tlv->content.data >= tlv->whole.data);
	FUZZ_HOLDS(tlv->content.data + tlv->content.len <= tlv->whole.data + tlv->whole.len);
}

static void
try_values(struct smime_bytes at, const struct smime_tlv *tlv)
{
	char oid[SMIME_OID_SIZE];
	struct smime_algid algid;
	SMIME_AUTO_BUF octets = { 0 };
	struct smime_bytes in = at;
	uint32_t small;
	int64_t time;
	size_t count;

	(void)!smime_ber_oid(&in, oid);
	in = at;
	(void)!smime_ber_small(&in, &small);
	in = at;
	(void)!smime_ber_algid(&in, &algid);
	in = at;
	(void)!smime_ber_time(&in, &time);
	(void)!smime_ber_count(tlv->content, 1000, &count);
	if (smime_ber_octets(tlv, 65536, &octets) == SMIME_OK)
		FUZZ_HOLDS(octets.len <= tlv->content.len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct smime_bytes open[OPEN_MOST] = { smime_bytes(data, size) };
	size_t depth = 1;
	unsigned elements = 0;

	while (depth > 0 && elements++ < 2000) {
		struct smime_bytes before = open[depth - 1];
		struct smime_tlv tlv;

		if (before.len == 0 || smime_ber_read(&open[depth - 1], &tlv) != SMIME_OK) {
			depth--;
			continue;
		}
		check(before, open[depth - 1], &tlv);
		try_values(before, &tlv);
		if ((tlv.tag & SMIME_BER_CONSTRUCTED) && depth < OPEN_MOST)
			open[depth++] = tlv.content;
	}
	return 0;
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const uint8_t indefinite[] = { 0x30, 0x80, 0x24, 0x80, 0x04, 0x01, 'a', 0x04, 0x01,
		'b', 0, 0, 0, 0 };

	fuzz_seed(*argc, *argv, "indefinite", smime_bytes(indefinite, sizeof indefinite));
	fuzz_seed_cms(*argc, *argv, SMIME_MODE_ENCRYPT, "aes256-gcm");
	fuzz_seed_cms(*argc, *argv, SMIME_MODE_SIGN, "aes256-cbc");
	return 0;
}
