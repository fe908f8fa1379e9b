/* ber.c - the BER reader: headers, elements, end-of-contents.  X.690 s8.1.
 * Memory: none. An element of indefinite length is scanned for its end without recursion. */
#include "ber.h"

struct header {
	uint8_t tag;
	size_t size; /* octets of identifier and length */
	bool indefinite;
	uint64_t length;
};

static enum smime_status
read_header(struct smime_bytes in, struct header *out)
{
	size_t octets;

	if (in.len < 2)
		return SMIME_E_SYNTAX;
	out->tag = in.data[0];
	if ((out->tag & 0x1f) == 0x1f)
		return SMIME_E_SYNTAX;
	out->size = 2;
	out->indefinite = in.data[1] == 0x80;
	out->length = in.data[1];
	if (in.data[1] <= 0x80) {
		/* "the encoding shall be constructed" (X.690 s8.1.3.2) */
		if (out->indefinite && !(out->tag & SMIME_BER_CONSTRUCTED))
			return SMIME_E_SYNTAX;
		if (out->indefinite)
			out->length = 0;
		return SMIME_OK;
	}
	octets = in.data[1] & 0x7fU;
	if (octets > 8 || in.len - 2 < octets)
		return SMIME_E_SYNTAX;
	out->length = 0;
	for (size_t i = 0; i < octets; i++)
		out->length = out->length << 8 | in.data[2 + i];
	out->size += octets;
	return SMIME_OK;
}

static bool
is_end_of_contents(struct smime_bytes in)
{
	return in.len >= 2 && in.data[0] == 0 && in.data[1] == 0;
}

/* Octets of content before the end-of-contents that closes an indefinite length opened in front of
 * in. */
static enum smime_status
indefinite_length(struct smime_bytes in, size_t *out)
{
	unsigned open = 1;
	size_t at = 0;

	for (;;) {
		struct smime_bytes rest = smime_bytes_slice(in, at, in.len);
		struct header h;

		if (is_end_of_contents(rest)) {
			if (--open == 0) {
				*out = at;
				return SMIME_OK;
			}
			at += 2;
			continue;
		}
		SMIME_TRY(read_header(rest, &h));
		if (h.indefinite && ++open > SMIME_BER_DEPTH)
			return SMIME_E_LIMIT;
		if (h.length > rest.len - h.size)
			return SMIME_E_SYNTAX;
		at += h.size + (size_t)h.length;
	}
}

enum smime_status
smime_ber_read(struct smime_bytes *in, struct smime_tlv *out)
{
	struct header h;
	size_t length, tail = 0;

	if (is_end_of_contents(*in))
		return SMIME_E_SYNTAX;
	SMIME_TRY(read_header(*in, &h));
	if (h.length > in->len - h.size)
		return SMIME_E_SYNTAX;
	length = (size_t)h.length;
	if (h.indefinite) {
		SMIME_TRY(indefinite_length(smime_bytes_slice(*in, h.size, in->len), &length));
		tail = 2;
	}
	out->tag = h.tag;
	out->content = smime_bytes(in->data + h.size, length);
	out->whole = smime_bytes(in->data, h.size + length + tail);
	*in = smime_bytes(in->data + out->whole.len, in->len - out->whole.len);
	return SMIME_OK;
}

bool
smime_ber_peek(struct smime_bytes in, uint8_t tag)
{
	return in.len > 0 && in.data[0] == tag;
}

enum smime_status
smime_ber_expect(struct smime_bytes *in, uint8_t tag, struct smime_tlv *out)
{
	uint8_t other = tag;

	if (tag == SMIME_BER_OCTET_STRING)
		other |= SMIME_BER_CONSTRUCTED;
	if (!smime_ber_peek(*in, tag) && !smime_ber_peek(*in, other))
		return SMIME_E_SYNTAX;
	return smime_ber_read(in, out);
}

enum smime_status
smime_ber_count(struct smime_bytes content, size_t max, size_t *out)
{
	struct smime_tlv tlv;

	*out = 0;
	while (content.len > 0) {
		if (*out == max)
			return SMIME_E_LIMIT;
		SMIME_TRY(smime_ber_read(&content, &tlv));
		++*out;
	}
	return SMIME_OK;
}

enum smime_status
smime_ber_push_octets(const struct smime_tlv *string, struct smime_stage *stage)
{
	struct smime_bytes open[SMIME_BER_DEPTH];
	unsigned depth = 0;

	if (!(string->tag & SMIME_BER_CONSTRUCTED))
		return smime_push_bytes(stage, string->content);
	open[0] = string->content;
	for (;;) {
		struct smime_tlv segment;

		if (open[depth].len == 0) {
			if (depth-- == 0)
				return SMIME_OK;
			continue;
		}
		/* "each segment is an OCTET STRING" (X.690 s8.7.3.2) */
		SMIME_TRY(smime_ber_expect(&open[depth], SMIME_BER_OCTET_STRING, &segment));
		if (!(segment.tag & SMIME_BER_CONSTRUCTED)) {
			SMIME_TRY(smime_push_bytes(stage, segment.content));
			continue;
		}
		if (++depth == SMIME_BER_DEPTH)
			return SMIME_E_LIMIT;
		open[depth] = segment.content;
	}
}

enum smime_status
smime_ber_octets(const struct smime_tlv *string, size_t max, struct smime_buf *out)
{
	SMIME_AUTO(smime_stage) stage = NULL;

	SMIME_TRY(smime_stage_buf_new(out, out->len + max, &stage));
	return smime_ber_push_octets(string, stage);
}
