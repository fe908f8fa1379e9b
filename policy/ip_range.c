/*
 * ip_range.c - a range of IP addresses: one address, CIDR (RFC 4632, RFC 4291 s2.3), or from-to.
 * IPv4 is kept as an IPv4-mapped IPv6 address (RFC 4291 s2.5.5.2), so that one comparison serves
 * both. Refuses prefixes that are too long, mixed families and ranges that run backwards.
 */
#include "policy/ip_range.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

/* 32 or 128: bits of the address's family; 0 when it is no address. */
static unsigned
address_parse(const char *text, uint8_t out[16])
{
	if (inet_pton(AF_INET, text, out + 12) == 1) {
		memcpy(out, mapped, sizeof mapped);
		return 32;
	}
	return inet_pton(AF_INET6, text, out) == 1 ? 128 : 0;
}

static bool
is_ipv4(const uint8_t address[16])
{
	return memcmp(address, mapped, sizeof mapped) == 0;
}

/* Decimal digits only, at most max. */
static bool
number_parse(const char *text, unsigned max, unsigned *out)
{
	unsigned n = 0;

	if (!*text || strlen(text) > 3)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		n = n * 10 + (unsigned)(*text - '0');
	}
	*out = n;
	return n <= max;
}

static void
apply_prefix(struct policy_ip_range *range, unsigned prefix)
{
	for (unsigned bit = prefix; bit < 128; bit++) {
		uint8_t mask = (uint8_t)(0x80 >> (bit % 8));

		range->low[bit / 8] &= (uint8_t)~mask;
		range->high[bit / 8] |= mask;
	}
}

/* "10.1.1.5-9": only the last number of an IPv4 address is given again. */
static bool
end_parse(const char *text, unsigned bits, struct policy_ip_range *range)
{
	unsigned last;

	if (bits == 32 && number_parse(text, 255, &last)) {
		range->high[15] = (uint8_t)last;
		return true;
	}
	return address_parse(text, range->high) == bits;
}

bool
policy_ip_range_parse(const char *text, struct policy_ip_range *out)
{
	char copy[2 * INET6_ADDRSTRLEN + 2];
	char *mark;
	char kind;
	unsigned bits;
	unsigned prefix;
	size_t size = strlen(text) + 1;

	if (size > sizeof copy)
		return false;
	memcpy(copy, text, size);
	mark = strpbrk(copy, "/-");
	kind = (char)(mark ? *mark : '\0');
	if (mark)
		*mark++ = '\0';
	bits = address_parse(copy, out->low);
	if (bits == 0)
		return false;
	memcpy(out->high, out->low, sizeof out->high);
	if (kind == '-')
		return end_parse(mark, bits, out) && memcmp(out->low, out->high, 16) <= 0;
	if (kind == '/') {
		if (!number_parse(mark, bits, &prefix))
			return false;
		apply_prefix(out, prefix + 128 - bits);
	}
	return true;
}

bool
policy_ip_range_holds(const struct policy_ip_range *range, const char *ip)
{
	uint8_t address[16];

	if (strncasecmp(ip, "IPv6:", 5) == 0)
		ip += 5;
	return address_parse(ip, address) != 0 && is_ipv4(range->low) == is_ipv4(address) &&
	       memcmp(range->low, address, 16) <= 0 && memcmp(address, range->high, 16) <= 0;
}
