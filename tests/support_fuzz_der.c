/* support_fuzz_der.c - the mutator that knows DER. In a file of its own: LLVMFuzzerMutate exists in
 * fuzz targets only. */
#include "support_der.h"
#include "support_fuzz.h"

#include "ber.h"
#include "der.h"

/* What is random all comes from the seed, so that a run can be repeated (Numerical Recipes' LCG).
 */
static size_t
draw(unsigned *seed, size_t below)
{
	*seed = *seed * 1664525U + 1013904223U;
	return (*seed >> 8) % below;
}

/* The element with its content changed: the smallest change that keeps its place. */
static bool
change_inside(struct smime_bytes element, struct smime_buf *out)
{
	struct smime_tlv tlv;
	SMIME_AUTO_BUF content = { 0 };
	size_t len;

	if (smime_ber_read(&element, &tlv) != SMIME_OK ||
	    smime_buf_append(&content, tlv.content.data, tlv.content.len) != SMIME_OK ||
	    smime_buf_append(&content, "\0\0\0\0\0\0\0\0", 8) != SMIME_OK)
		return false;
	len = LLVMFuzzerMutate(content.data, tlv.content.len, content.len);
	return smime_der_tlv(out, tlv.tag, smime_bytes(content.data, len)) == SMIME_OK;
}

static bool
edit(struct smime_bytes in, size_t elements, unsigned *seed, struct smime_buf *out)
{
	static const uint8_t tags[] = { 0x02, 0x03, 0x04, 0x05, 0x06, 0x0c, 0x17, 0x18, 0x24, 0x30,
		0x31, 0x80, 0x81, 0x82, 0xa0, 0xa1, 0xa2, 0xa3 };
	SMIME_AUTO_BUF inside = { 0 };
	struct der_edit what = { .kind = (enum der_edit_kind)draw(seed, DER_PUT + 1),
		.at = draw(seed, elements),
		.count = 2 + draw(seed, 100),
		.tag = tags[draw(seed, sizeof tags)] };

	if (what.kind == DER_PUT && draw(seed, 2)) {
		what.with = der_at(in, draw(seed, elements));
	} else if (what.kind == DER_PUT) {
		if (!change_inside(der_at(in, what.at), &inside))
			return false;
		what.with = smime_buf_bytes(&inside);
	}
	return der_edit(in, &what, out);
}

size_t
fuzz_mutate_der(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	struct smime_bytes in = smime_bytes(data, size);
	SMIME_AUTO_BUF out = { 0 };
	size_t elements = draw(&seed, 2) ? der_count(in) : 0;

	if (elements == 0 || !edit(in, elements, &seed, &out) || out.len > max || out.len == 0)
		return LLVMFuzzerMutate(data, size, max);
	memcpy(data, out.data, out.len);
	return out.len;
}
