/* ber_value.c - values in BER: object identifiers, small integers, algorithm identifiers, times. */
#include "ber.h"

#include <stdio.h>

enum smime_status
smime_ber_oid(struct smime_bytes *in, char out[SMIME_OID_SIZE])
{
	struct smime_tlv tlv;
	uint64_t arc = 0;
	size_t used = 0;

	SMIME_TRY(smime_ber_expect(in, SMIME_BER_OID, &tlv));
	if (tlv.content.len == 0 || (tlv.content.data[tlv.content.len - 1] & 0x80))
		return SMIME_E_SYNTAX;
	for (size_t i = 0; i < tlv.content.len; i++) {
		uint8_t octet = tlv.content.data[i];
		int written;

		/* "the leading octet of the subidentifier shall not be 0x80" (X.690 s8.19.2) */
		if ((arc == 0 && octet == 0x80) || arc >> 56)
			return SMIME_E_SYNTAX;
		arc = arc << 7 | (octet & 0x7fU);
		if (octet & 0x80)
			continue;
		if (used == 0) {
			uint64_t first = arc < 80 ? arc / 40 : 2;

			written = snprintf(out, SMIME_OID_SIZE, "%u.%llu", (unsigned)first,
			    (unsigned long long)(arc - first * 40));
		} else {
			written = snprintf(
			    out + used, SMIME_OID_SIZE - used, ".%llu", (unsigned long long)arc);
		}
		used += (size_t)written;
		if (used >= SMIME_OID_SIZE)
			return SMIME_E_LIMIT;
		arc = 0;
	}
	return SMIME_OK;
}

enum smime_status
smime_ber_small(struct smime_bytes *in, uint32_t *out)
{
	struct smime_tlv tlv;

	SMIME_TRY(smime_ber_expect(in, SMIME_BER_INTEGER, &tlv));
	if (tlv.content.len == 0 || tlv.content.len > 4 || (tlv.content.data[0] & 0x80))
		return SMIME_E_SYNTAX;
	*out = 0;
	for (size_t i = 0; i < tlv.content.len; i++)
		*out = *out << 8 | tlv.content.data[i];
	return SMIME_OK;
}

static enum smime_status
algid_content(const struct smime_tlv *sequence, struct smime_algid *out)
{
	struct smime_bytes in = sequence->content;
	struct smime_tlv parameters;

	SMIME_TRY(smime_ber_oid(&in, out->oid));
	out->parameters = in;
	out->whole = sequence->whole;
	if (in.len > 0)
		SMIME_TRY(smime_ber_read(&in, &parameters));
	if (in.len == 0 && out->parameters.len > 0 && parameters.tag == SMIME_BER_NULL &&
	    parameters.content.len > 0)
		return SMIME_E_SYNTAX;
	return in.len == 0 ? SMIME_OK : SMIME_E_SYNTAX;
}

enum smime_status
smime_ber_algid(struct smime_bytes *in, struct smime_algid *out)
{
	return smime_ber_algid_tagged(in, SMIME_BER_SEQUENCE, out);
}

enum smime_status
smime_ber_algid_tagged(struct smime_bytes *in, uint8_t tag, struct smime_algid *out)
{
	struct smime_tlv tlv;

	SMIME_TRY(smime_ber_expect(in, tag, &tlv));
	return algid_content(&tlv, out);
}

/* Two decimal digits at p; -1 when they are not. */
static int
two(const uint8_t *p)
{
	if (p[0] < '0' || p[0] > '9' || p[1] < '0' || p[1] > '9')
		return -1;
	return (p[0] - '0') * 10 + (p[1] - '0');
}

static bool
is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Days before the 1st of a month, 1 to 13. */
static int
days_before(int year, int month)
{
	static const int before[] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365 };

	return before[month - 1] + (is_leap(year) && month > 2);
}

/* Days from 1970-01-01 to a date of the proleptic Gregorian calendar, years from 1950. */
static int64_t
days(int year, int month, int day)
{
	int y = year - 1;
	int64_t leaps = y / 4 - y / 100 + y / 400 - (1969 / 4 - 1969 / 100 + 1969 / 400);

	return (int64_t)(year - 1970) * 365 + leaps + days_before(year, month) + day - 1;
}

enum smime_status
smime_ber_time(struct smime_bytes *in, int64_t *out)
{
	bool general = smime_ber_peek(*in, SMIME_BER_GENERALIZED_TIME);
	size_t start = general ? 4 : 2;
	int year, field[5];
	struct smime_tlv tlv;

	SMIME_TRY(
	    smime_ber_expect(in, general ? SMIME_BER_GENERALIZED_TIME : SMIME_BER_UTC_TIME, &tlv));
	/* RFC 5652 s11.3: YYMMDDHHMMSSZ or YYYYMMDDHHMMSSZ, no fractions, no offset. */
	if (tlv.content.len != start + 11 || tlv.content.data[start + 10] != 'Z')
		return SMIME_E_SYNTAX;
	year = two(tlv.content.data);
	if (year < 0 || (general && two(tlv.content.data + 2) < 0))
		return SMIME_E_SYNTAX;
	if (general)
		year = year * 100 + two(tlv.content.data + 2);
	else
		year += year >= 50 ? 1900 : 2000; /* RFC 5280 s4.1.2.5.1 */
	for (size_t i = 0; i < 5; i++) {
		field[i] = two(tlv.content.data + start + i * 2);
		if (field[i] < 0)
			return SMIME_E_SYNTAX;
	}
	if (year < 1950 || field[0] < 1 || field[0] > 12 || field[2] > 23 || field[3] > 59 ||
	    field[4] > 60)
		return SMIME_E_SYNTAX;
	if (field[1] < 1 ||
	    field[1] > days_before(year, field[0] + 1) - days_before(year, field[0]))
		return SMIME_E_SYNTAX;
	*out = ((days(year, field[0], field[1]) * 24 + field[2]) * 60 + field[3]) * 60 + field[4];
	return SMIME_OK;
}
