/*
 * protected_7z.c - 7z archives with a password: the coder AES-256 in the header, which stands at
 * the end and is compressed with LZMA when there is more than one member.  7zFormat.txt of the LZMA
 * SDK. Memory: twice HEADER_MAX, of which no more is inflated. Passes over headers that are
 * compressed in another way, which no program makes.
 */
#include "protected_read.h"

#include <lzma.h>
#include <stdlib.h>

#define START      32 /* octets in front of what is packed */
#define PROPERTIES 5  /* of LZMA, in octets */
#define HEADER_MAX ((size_t)1 << 20)

static bool
has_aes(struct smime_bytes header)
{
	return contains(header, "\x06\xF1\x07\x01", 4);
}

/* A number: as many octets follow as the first one has ones in front; little-endian. */
static uint64_t
number(struct smime_bytes in, uint64_t *at)
{
	uint64_t first = le(in, (*at)++, 1), n = 0;
	unsigned more = 0;

	while (more < 8 && first & (0x80U >> more))
		more++;
	n = le(in, *at, more);
	*at += more;
	return more < 8 ? n | (first & (0x7FU >> more)) << 8 * more : n;
}

/* What a header that is compressed says of itself. */
struct packed {
	uint64_t at, size, unpacked;
	const uint8_t *properties;
};

/* One stream of one folder with one coder, LZMA. */
static bool
read_packed(struct smime_bytes header, struct packed *out)
{
	static const char folder[] = "\x07\x0B\1\0\1\x23\3\1\1\5";
	uint64_t at = 2;

	if (!BEGINS(header, 0, "\x17\x06"))
		return false;
	out->at = START + number(header, &at);
	if (number(header, &at) != 1 || le(header, at++, 1) != 9)
		return false;
	out->size = number(header, &at);
	if (le(header, at, 1) != 0 || !begins(header, at + 1, folder, sizeof folder - 1))
		return false;
	at += sizeof folder;
	if (header.len < at + PROPERTIES)
		return false;
	out->properties = header.data + at;
	at += PROPERTIES;
	if (le(header, at++, 1) != 0x0C)
		return false;
	out->unpacked = number(header, &at);
	return true;
}

/* The front of what was packed into in. How much: what is damaged ends before. */
static size_t
inflate_lzma(const uint8_t *properties, struct smime_bytes in, uint8_t *out, size_t room)
{
	lzma_filter chain[] = { { .id = LZMA_FILTER_LZMA1 }, { .id = LZMA_VLI_UNKNOWN } };
	lzma_stream stream = LZMA_STREAM_INIT;
	lzma_options_lzma *options;

	if (lzma_properties_decode(chain, NULL, properties, PROPERTIES) != LZMA_OK)
		return 0;
	options = chain[0].options;
	/* Nothing reaches back behind the front; the archive may ask for 4 GiB. */
	if (options->dict_size > room)
		options->dict_size = (uint32_t)room;
	stream.next_in = in.data;
	stream.avail_in = in.len;
	stream.next_out = out;
	stream.avail_out = room;
	if (lzma_raw_decoder(&stream, chain) == LZMA_OK)
		(void)!lzma_code(&stream, LZMA_FINISH);
	room -= stream.avail_out;
	lzma_end(&stream);
	free(options);
	return room;
}

static bool
unpacked_has_aes(struct smime_bytes in, const struct packed *packed)
{
	size_t room = packed->unpacked < HEADER_MAX ? (size_t)packed->unpacked : HEADER_MAX;
	uint8_t *out;
	bool found;

	if (packed->at > in.len || packed->size > in.len || room == 0)
		return false;
	out = malloc(room);
	if (!out)
		return false;
	room = inflate_lzma(packed->properties,
	    smime_bytes_slice(in, (size_t)packed->at, (size_t)(packed->at + packed->size)), out,
	    room);
	found = has_aes(smime_bytes(out, room));
	free(out);
	return found;
}

bool
policy_7z_is_protected(struct smime_bytes in)
{
	uint64_t offset = le(in, 12, 8), size = le(in, 20, 8);
	struct smime_bytes header;
	struct packed packed;

	if (offset > in.len || size > in.len)
		return false;
	header = smime_bytes_slice(in, (size_t)(START + offset), (size_t)(START + offset + size));
	return has_aes(header) || (read_packed(header, &packed) && unpacked_has_aes(in, &packed));
}
