/* der.c - the DER writer.  X.690 s10, s11.6. */
#include "der.h"
#include "ber.h"

#include <stdlib.h>
#include <time.h>

static const uint8_t null_octets[] = { 0x05, 0x00 };
const struct smime_bytes smime_der_null_bytes = { .data = null_octets, .len = 2 };

bool
smime_der_no_parameters(struct smime_bytes parameters)
{
	return parameters.len == 0 || smime_bytes_equal(parameters, smime_der_null_bytes);
}

size_t
smime_der_header_size(uint64_t len)
{
	size_t size = 2;

	if (len >= 0x80)
		for (; len > 0; len >>= 8)
			size++;
	return size;
}

/* Identifier and length into out, which has room for 10 octets; returns how many. */
static size_t
put_header(uint8_t *out, uint8_t tag, uint64_t len)
{
	size_t size = smime_der_header_size(len);

	out[0] = tag;
	out[1] = (uint8_t)(size == 2 ? len : 0x80 | (size - 2));
	for (size_t i = size - 1; i >= 2; i--, len >>= 8)
		out[i] = (uint8_t)len;
	return size;
}

enum smime_status
smime_der_header(struct smime_buf *buf, uint8_t tag, uint64_t len)
{
	uint8_t header[10];

	return smime_buf_append(buf, header, put_header(header, tag, len));
}

enum smime_status
smime_der_tlv(struct smime_buf *buf, uint8_t tag, struct smime_bytes content)
{
	SMIME_TRY(smime_der_header(buf, tag, content.len));
	return smime_buf_append(buf, content.data, content.len);
}

enum smime_status
smime_der_small(struct smime_buf *buf, uint32_t value)
{
	uint8_t octets[5];
	size_t at = sizeof octets;

	do {
		octets[--at] = (uint8_t)value;
		value >>= 8;
	} while (value > 0);
	/* A leading 1 bit would make it negative. */
	if (octets[at] & 0x80)
		octets[--at] = 0;
	return smime_der_tlv(buf, SMIME_BER_INTEGER, smime_bytes(octets + at, sizeof octets - at));
}

static enum smime_status
put_arc(struct smime_buf *buf, uint64_t arc)
{
	uint8_t octets[10];
	size_t at = sizeof octets;

	octets[--at] = arc & 0x7f;
	while (arc >>= 7)
		octets[--at] = (uint8_t)(0x80 | (arc & 0x7f));
	return smime_buf_append(buf, octets + at, sizeof octets - at);
}

enum smime_status
smime_der_oid(struct smime_buf *buf, const char *dotted)
{
	size_t mark = buf->len;
	char *end;
	uint64_t first = strtoull(dotted, &end, 10);

	SMIME_TRY(put_arc(buf, first * 40 + strtoull(end + 1, &end, 10)));
	while (*end == '.')
		SMIME_TRY(put_arc(buf, strtoull(end + 1, &end, 10)));
	return smime_der_wrap(buf, mark, SMIME_BER_OID);
}

enum smime_status
smime_der_time(struct smime_buf *buf, int64_t seconds)
{
	time_t when = (time_t)seconds;
	size_t mark = buf->len;
	struct tm tm;
	bool general;

	if (!gmtime_r(&when, &tm))
		return SMIME_E_SYSTEM;
	general = tm.tm_year >= 150;
	if (general)
		SMIME_TRY(smime_buf_appendf(buf, "%04d", tm.tm_year + 1900));
	else
		SMIME_TRY(smime_buf_appendf(buf, "%02d", tm.tm_year % 100));
	SMIME_TRY(smime_buf_appendf(buf, "%02d%02d%02d%02d%02dZ", tm.tm_mon + 1, tm.tm_mday,
	    tm.tm_hour, tm.tm_min, tm.tm_sec));
	return smime_der_wrap(buf, mark, general ? SMIME_BER_GENERALIZED_TIME : SMIME_BER_UTC_TIME);
}

enum smime_status
smime_der_algid(struct smime_buf *buf, const char *oid, struct smime_bytes parameters)
{
	size_t mark = buf->len;

	SMIME_TRY(smime_der_oid(buf, oid));
	if (parameters.data)
		SMIME_TRY(smime_buf_append(buf, parameters.data, parameters.len));
	return smime_der_wrap(buf, mark, SMIME_BER_SEQUENCE);
}

enum smime_status
smime_der_wrap(struct smime_buf *buf, size_t mark, uint8_t tag)
{
	size_t len = buf->len - mark, size = smime_der_header_size(len);
	uint8_t *room;

	SMIME_TRY(smime_buf_extend(buf, size, &room));
	memmove(buf->data + mark + size, buf->data + mark, len);
	(void)put_header(buf->data + mark, tag, len);
	return SMIME_OK;
}

/* X.690 s11.6: ascending, the shorter one as if padded with zero octets. */
static int
compare(const void *left, const void *right)
{
	const struct smime_bytes *a = left, *b = right;
	size_t common = a->len < b->len ? a->len : b->len;
	int order = memcmp(a->data, b->data, common);

	return order != 0 ? order : (a->len > b->len) - (a->len < b->len);
}

enum smime_status
smime_der_wrap_set_of(struct smime_buf *buf, size_t mark, uint8_t tag)
{
	SMIME_AUTO_BUF copy = { 0 };
	SMIME_AUTO_BUF list = { 0 }; /* of struct smime_bytes into copy */
	const struct smime_bytes *element;
	struct smime_bytes in;
	struct smime_tlv tlv;

	SMIME_TRY(smime_buf_append(&copy, buf->data + mark, buf->len - mark));
	in = smime_buf_bytes(&copy);
	while (in.len > 0) {
		SMIME_TRY(smime_ber_read(&in, &tlv));
		SMIME_TRY(smime_buf_append(&list, &tlv.whole, sizeof tlv.whole));
	}
	if (list.len > 0)
		qsort(list.data, list.len / sizeof *element, sizeof *element, compare);
	buf->len = mark;
	element = (const void *)list.data;
	for (size_t i = 0; i < list.len / sizeof *element; i++)
		SMIME_TRY(smime_buf_append(buf, element[i].data, element[i].len));
	return smime_der_wrap(buf, mark, tag);
}
