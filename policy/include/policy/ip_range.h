/* policy/ip_range.h - a range of IP addresses, as rules and sender groups write it. */
#ifndef POLICY_IP_RANGE_H
#define POLICY_IP_RANGE_H

#include <stdbool.h>
#include <stdint.h>

struct policy_ip_range { /* IPv4 as ::ffff:a.b.c.d; both ends belong to it */
	uint8_t low[16], high[16];
};

/* "192.0.2.1", "10.0.0.0/8", "10.1.1.5-10.1.1.9", "10.1.1.5-9", "2001:db8::/32". False when it is
 * none of these. */
bool policy_ip_range_parse(const char *text, struct policy_ip_range *out);

/* False also when ip is no address. No range of IPv6, ::/0 either, holds an IPv4 address;
 * Sendmail's "IPv6:2001:db8::1" is an address, too. */
bool policy_ip_range_holds(const struct policy_ip_range *range, const char *ip);

#endif
