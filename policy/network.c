/* network.c - CIDR ranges of sender groups.  RFC 4632, RFC 4291. */
#include "policy/snapshot.h"

#include <arpa/inet.h>
#include <stdlib.h>

static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

/* Any address as 16 octets, IPv4 mapped (::ffff:a.b.c.d). *bits is the width of the form it was
 * given in. */
static bool
parse_address(const char *text, uint8_t out[16], unsigned *bits)
{
	*bits = 32;
	memcpy(out, mapped, sizeof mapped);
	if (inet_pton(AF_INET, text, out + 12) == 1)
		return true;
	*bits = 128;
	return inet_pton(AF_INET6, text, out) == 1;
}

bool
policy_network_parse(const char *text, struct policy_network *out)
{
	const char *slash = strchr(text, '/');
	char address[64], *end;
	unsigned long prefix;
	unsigned bits;
	size_t len = slash ? (size_t)(slash - text) : strlen(text);

	if (len >= sizeof address)
		return false;
	memcpy(address, text, len);
	address[len] = 0;
	if (!parse_address(address, out->address, &bits))
		return false;
	prefix = bits;
	if (slash) {
		if (slash[1] < '0' || slash[1] > '9')
			return false;
		prefix = strtoul(slash + 1, &end, 10);
		if (*end || prefix > bits)
			return false;
	}
	out->prefix = (unsigned)prefix + (128 - bits);
	return true;
}

bool
policy_network_holds(const struct policy_network *network, const char *ip)
{
	unsigned bits, whole = network->prefix / 8, rest = network->prefix % 8;
	uint8_t address[16], mask = (uint8_t)(0xff00U >> rest);

	/* Postfix gives IPv6 addresses with a prefix. */
	if (strncmp(ip, "IPv6:", 5) == 0)
		ip += 5;
	if (!parse_address(ip, address, &bits) || memcmp(address, network->address, whole) != 0)
		return false;
	/* ::/0 is every IPv6 address, and no IPv4 one. */
	if (network->prefix < 96 && memcmp(address, mapped, sizeof mapped) == 0)
		return false;
	return rest == 0 || ((address[whole] ^ network->address[whole]) & mask) == 0;
}
