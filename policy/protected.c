/*
 * protected.c - is a file closed with a password or encrypted? Looks at what formats say of
 * themselves outside of what they encrypt.
 *
 * Octets are hostile: every read is checked, every walk goes forward only and ends after WALK_MAX
 * steps. Memory: that of protected_zip.c and protected_7z.c.
 */
#include "protected.h"
#include "protected_read.h"

/* ---- RAR ---- */

/* Version 4: a flag of the archive (headers) or of a member. */
static bool
rar4(struct smime_bytes in)
{
	uint64_t at = 7;

	for (int i = 0; i < WALK_MAX && at + 7 <= in.len; i++) {
		uint64_t type = le(in, at + 2, 1), flags = le(in, at + 3, 2);
		uint64_t size = le(in, at + 5, 2);

		if ((type == 0x73 && flags & 0x80) || (type == 0x74 && flags & 0x04))
			return true;
		if (flags & 0x8000)
			size += le(in, at + 7, 4);
		at += size > 7 ? size : 7;
	}
	return false;
}

/* A number of seven bits an octet, the least significant first; *at moves behind it. */
static uint64_t
vint(struct smime_bytes in, uint64_t *at)
{
	uint64_t n = 0;

	for (unsigned shift = 0; shift < 63 && *at < in.len; shift += 7) {
		uint8_t c = in.data[(*at)++];

		n |= (uint64_t)(c & 0x7F) << shift;
		if (c < 0x80)
			break;
	}
	return n;
}

/* Does a record of type 1 (encryption) stand in the extra area [at, end)? */
static bool
rar5_extra(struct smime_bytes in, uint64_t at, uint64_t end)
{
	for (int i = 0; i < WALK_MAX && at < end; i++) {
		uint64_t size = vint(in, &at), body = at;

		if (size == 0 || size > in.len)
			return false;
		if (vint(in, &body) == 1)
			return true;
		at += size;
	}
	return false;
}

/* Version 5: a header of type 4 (all headers are encrypted), or a member with that extra record. */
static bool
rar5(struct smime_bytes in)
{
	uint64_t at = 8;

	for (int i = 0; i < WALK_MAX && at + 4 < in.len; i++) {
		uint64_t extra = 0, data = 0, begin, size, type, flags;

		at += 4; /* CRC-32 */
		size = vint(in, &at);
		begin = at;
		type = vint(in, &at);
		flags = vint(in, &at);
		extra = flags & 1 ? vint(in, &at) : 0;
		data = flags & 2 ? vint(in, &at) : 0;
		if (type == 4)
			return true;
		if (size > in.len || data > in.len || extra > size)
			return false;
		if (type == 2 && rar5_extra(in, begin + size - extra, begin + size))
			return true;
		at = begin + size + data;
	}
	return false;
}

/* ---- Microsoft Office in compound files ---- */

/* Where the stream with that UTF-16 name begins; 0 when there is none. Streams that are long enough
 * for what is looked at lie in whole sectors. */
static uint64_t
ole_stream(struct smime_bytes in, const char *name, size_t len)
{
	const uint8_t *entry = memmem(in.data, in.len, name, len);
	uint64_t shift = le(in, 30, 2), sector;

	if (!entry || shift < 7 || shift > 16)
		return 0;
	sector = le(in, (uint64_t)(entry - in.data) + 116, 4);
	return (sector + 1) << shift;
}

/* A record FILEPASS (0x2F) among the first of a workbook. */
static bool
xls(struct smime_bytes in, uint64_t at)
{
	if (le(in, at, 2) != 0x0809)
		return false;
	for (int i = 0; i < 8; i++) {
		if (le(in, at, 2) == 0x2F)
			return true;
		at += 4 + le(in, at + 2, 2);
	}
	return false;
}

#define UTF16(literal) literal, sizeof(literal) - 1

static bool
office(struct smime_bytes in)
{
	uint64_t word = ole_stream(in, UTF16("W\0o\0r\0d\0D\0o\0c\0u\0m\0e\0n\0t\0\0"));
	uint64_t workbook = ole_stream(in, UTF16("W\0o\0r\0k\0b\0o\0o\0k\0\0"));

	if (contains(in, UTF16("E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e\0")) ||
	    contains(in, UTF16("E\0n\0c\0r\0y\0p\0t\0e\0d\0S\0u\0m\0m\0a\0r\0y\0")))
		return true;
	/* The FIB: its magic number, and fEncrypted among its flags. */
	if (word > 0 && le(in, word, 2) == 0xA5EC && le(in, word + 10, 2) & 0x0100)
		return true;
	return workbook > 0 && xls(in, workbook);
}

/* ---- the others ---- */

/* Octets of a name of PDF, written plainly or with #xx for any of its characters (ISO 32000-1
 * s7.3.5), at the front of in; 0: it is another one. */
static size_t
pdf_name(struct smime_bytes in, const char *name)
{
	size_t at = 0;

	for (; *name; name++) {
		int high =
		    at + 2 < in.len && in.data[at] == '#' ? smime_hex_digit(in.data[at + 1]) : -1;
		int low = high >= 0 ? smime_hex_digit(in.data[at + 2]) : -1;

		if (at >= in.len || (low >= 0 ? high * 16 + low : in.data[at]) != *name)
			return 0;
		at += low >= 0 ? 3 : 1;
	}
	return at;
}

/* The trailer (or the dictionary of a cross-reference stream) names an encryption dictionary: the
 * key, then "n m R" or "<<". */
static bool
pdf(struct smime_bytes in)
{
	const uint8_t *slash;

	for (size_t at = 0; at < in.len && (slash = memchr(in.data + at, '/', in.len - at));) {
		size_t begin = (size_t)(slash - in.data) + 1, next, len;

		at = begin;
		len = pdf_name(smime_bytes_slice(in, begin, in.len), "Encrypt");
		next = begin + len;
		while (len > 0 && next < in.len && in.data[next] <= ' ')
			next++;
		if (len > 0 && next < in.len &&
		    (in.data[next] == '<' ||
			(next > begin + len && in.data[next] >= '0' && in.data[next] <= '9')))
			return true;
	}
	return false;
}

/* EnvelopedData or AuthEnvelopedData (RFC 5652 s6, RFC 5083) at the front of a DER or BER file. */
static bool
cms(struct smime_bytes in)
{
	struct smime_bytes front = smime_bytes_slice(in, 0, 32);

	return contains(front, "\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x07\x03", 11) ||
	       contains(front, "\x06\x0B\x2A\x86\x48\x86\xF7\x0D\x01\x09\x10\x01\x17", 13);
}

/* Where the body of an OpenPGP packet begins (RFC 9580 s4.2); 0 when it is longer than the file. */
static uint64_t
packet_body(struct smime_bytes in)
{
	bool old = !(in.data[0] & 0x40);
	uint8_t first = (uint8_t)le(in, 1, 1);
	unsigned width = old ? 1U << (in.data[0] & 3) : first < 192 ? 1 : first < 224 ? 2 : 5;
	uint64_t len = 0;

	if (!old && first >= 224 && first < 255) /* in pieces */
		return 2;
	if (old && width == 8) /* to the end of the file */
		return 1;
	for (unsigned i = 0; i < width; i++)
		len = len << 8 | le(in, 1 + i, 1);
	if (!old && width == 2)
		len = len - (192 << 8) + 192;
	if (!old && width == 5)
		len &= 0xFFFFFFFF;
	return len < in.len ? 1 + width : 0;
}

/* A session key for somebody or for a password (tags 1 and 3), or what is encrypted with one (18).
 * Of what stands in them only that is taken which a version and an algorithm begin. */
static bool
openpgp(struct smime_bytes in)
{
	unsigned tag =
	    in.len > 0 && in.data[0] & 0x40 ? in.data[0] & 0x3F : le(in, 0, 1) >> 2 & 0xF;
	uint64_t body, version, next;

	if (in.len < 16 || !(in.data[0] & 0x80))
		return false;
	body = packet_body(in);
	version = le(in, body, 1);
	next = le(in, body + (tag == 1 ? 9 : 1), 1);
	if (body == 0)
		return false;
	if (tag == 1)
		return version == 3 && (next <= 3 || (next >= 16 && next <= 26)) && next > 0;
	if (tag == 3)
		return version >= 4 && version <= 6 && next > 0 && next <= 32;
	return tag == 18 && in.data[0] == 0xD2 && version >= 1 && version <= 2;
}

bool
policy_is_protected(struct smime_bytes octets)
{
	struct smime_bytes front = smime_bytes_slice(octets, 0, 1024);

	if (policy_zip_is_protected(octets))
		return true;
	if (BEGINS(octets, 0, "Rar!\x1A\x07\x01"))
		return rar5(octets);
	if (BEGINS(octets, 0, "Rar!\x1A\x07"))
		return rar4(octets);
	if (BEGINS(octets, 0, "7z\xBC\xAF\x27\x1C"))
		return policy_7z_is_protected(octets);
	if (BEGINS(octets, 0, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"))
		return office(octets);
	if (contains(front, "%PDF-", 5))
		return pdf(octets);
	if (contains(front, "-----BEGIN PGP MESSAGE-----", 27))
		return true;
	return openpgp(octets) || (BEGINS(octets, 0, "\x30") && cms(octets));
}
