/*
 * unlzma.c - LZMA, one stream into one buffer, as in Pavlov's "LZMA specification".
 *
 * Octets are hostile: what would be read behind the end is 0 and ends the work, and nothing is
 * copied from before the beginning. Memory: 29 KiB; the buffer is the dictionary. Refuses streams
 * with lc + lp over 4, which nobody writes.
 */
#include "unlzma.h"

#include <stdlib.h>

#define STATES    12
#define POSITIONS 16 /* at most: 1 << pb */
#define EVEN      1024
#define LEAST     ((uint32_t)1 << 24)

struct lengths {
	uint16_t beyond_low, beyond_mid;
	uint16_t low[POSITIONS][8], mid[POSITIONS][8], high[256];
};

/* How likely a 0 is, in 1/2048, at each place of a stream. Nothing but such numbers. */
struct odds {
	uint16_t is_match[STATES][POSITIONS], is_rep[STATES], is_rep_other[STATES];
	uint16_t is_rep_beyond_1[STATES], is_rep_beyond_2[STATES], is_rep_long[STATES][POSITIONS];
	uint16_t slot[4][64], near[128], align[16];
	uint16_t literal[768 << 4];
	struct lengths match, rep;
};

struct lzma {
	const uint8_t *at, *end;
	uint32_t range, code;
	bool over; /* the input, or what makes sense of it */
	unsigned lc, lp, pb, state;
	uint32_t rep[4]; /* the last distances, less 1 */
	uint8_t *out;
	size_t len, room;
	struct odds odds;
};

/* ---- bits ---- */

static uint8_t
next(struct lzma *z)
{
	z->over = z->over || z->at == z->end;
	return z->over ? 0 : *z->at++;
}

static void
normalize(struct lzma *z)
{
	if (z->range >= LEAST)
		return;
	z->range <<= 8;
	z->code = z->code << 8 | next(z);
}

static unsigned
bit(struct lzma *z, uint16_t *odds)
{
	uint32_t bound = (z->range >> 11) * *odds;
	unsigned one = z->code >= bound;

	if (one) {
		z->range -= bound;
		z->code -= bound;
		*odds = (uint16_t)(*odds - (*odds >> 5));
	} else {
		z->range = bound;
		*odds = (uint16_t)(*odds + ((2048 - *odds) >> 5));
	}
	normalize(z);
	return one;
}

static uint32_t
direct(struct lzma *z, unsigned count)
{
	uint32_t n = 0;

	while (count-- > 0) {
		uint32_t one;

		z->range >>= 1;
		one = z->code >= z->range;
		z->code -= one ? z->range : 0;
		normalize(z);
		n = n << 1 | one;
	}
	return n;
}

static uint32_t
tree(struct lzma *z, uint16_t *odds, unsigned count)
{
	uint32_t n = 1;

	for (unsigned i = 0; i < count; i++)
		n = n << 1 | bit(z, &odds[n]);
	return n - ((uint32_t)1 << count);
}

/* The least significant bit first. */
static uint32_t
backward_tree(struct lzma *z, uint16_t *odds, unsigned count)
{
	uint32_t n = 0, node = 1;

	for (unsigned i = 0; i < count; i++) {
		uint32_t one = bit(z, &odds[node]);

		node = node << 1 | one;
		n |= one << i;
	}
	return n;
}

/* ---- what they mean ---- */

static unsigned
position(const struct lzma *z)
{
	return (unsigned)z->len & ((1U << z->pb) - 1);
}

static uint32_t
length(struct lzma *z, struct lengths *l)
{
	if (!bit(z, &l->beyond_low))
		return 2 + tree(z, l->low[position(z)], 3);
	if (!bit(z, &l->beyond_mid))
		return 10 + tree(z, l->mid[position(z)], 3);
	return 18 + tree(z, l->high, 8);
}

static uint32_t
distance(struct lzma *z, uint32_t length)
{
	uint32_t slot = tree(z, z->odds.slot[length < 6 ? length - 2 : 3], 6);
	unsigned bits = slot / 2 - 1;
	uint32_t base;

	if (slot < 4)
		return slot;
	base = (2 | (slot & 1)) << bits;
	if (slot < 14)
		return base + backward_tree(z, z->odds.near + base - slot, bits);
	base += direct(z, bits - 4) << 4;
	return base + backward_tree(z, z->odds.align, 4);
}

static void
put_literal(struct lzma *z)
{
	unsigned last = z->len > 0 ? z->out[z->len - 1] : 0;
	unsigned context =
	    (((unsigned)z->len & ((1U << z->lp) - 1)) << z->lc) + (last >> (8 - z->lc));
	uint16_t *odds = z->odds.literal + (size_t)768 * context;
	unsigned n = 1, seen = z->state >= 7 ? z->out[z->len - z->rep[0] - 1] : 0;
	bool follows = z->state >= 7;

	/* Behind a match the octet there tells what this one is likely not. */
	while (n < 0x100) {
		unsigned expected = seen >> 7 & 1;
		unsigned one = bit(z, &odds[follows ? ((1 + expected) << 8) + n : n]);

		n = n << 1 | one;
		seen <<= 1;
		follows = follows && one == expected;
	}
	z->out[z->len++] = (uint8_t)n;
	z->state = z->state < 4 ? 0 : z->state < 10 ? z->state - 3 : z->state - 6;
}

/* The one of the last distances that is meant goes to the front. */
static void
choose_rep(struct lzma *z)
{
	uint32_t chosen;
	unsigned which = !bit(z, &z->odds.is_rep_beyond_1[z->state])   ? 1
			 : !bit(z, &z->odds.is_rep_beyond_2[z->state]) ? 2
								       : 3;
	chosen = z->rep[which];
	for (; which > 0; which--)
		z->rep[which] = z->rep[which - 1];
	z->rep[0] = chosen;
}

static void
copy(struct lzma *z, uint32_t count)
{
	if (z->rep[0] >= z->len) { /* the end marker, too */
		z->over = true;
		return;
	}
	for (; count > 0 && z->len < z->room; count--, z->len++)
		z->out[z->len] = z->out[z->len - z->rep[0] - 1];
}

static void
put_match(struct lzma *z)
{
	uint32_t count;

	if (!bit(z, &z->odds.is_rep[z->state])) {
		z->rep[3] = z->rep[2];
		z->rep[2] = z->rep[1];
		z->rep[1] = z->rep[0];
		count = length(z, &z->odds.match);
		z->rep[0] = distance(z, count);
		z->state = z->state < 7 ? 7 : 10;
		copy(z, count);
		return;
	}
	if (!bit(z, &z->odds.is_rep_other[z->state])) {
		if (!bit(z, &z->odds.is_rep_long[z->state][position(z)])) {
			z->state = z->state < 7 ? 9 : 11;
			copy(z, 1);
			return;
		}
	} else {
		choose_rep(z);
	}
	count = length(z, &z->odds.rep);
	z->state = z->state < 7 ? 8 : 11;
	copy(z, count);
}

/* lc, lp and pb; the other four octets are the size of the dictionary. */
static bool
read_properties(struct lzma *z, unsigned properties)
{
	z->lc = properties % 9;
	z->lp = properties / 9 % 5;
	z->pb = properties / 45;
	return z->pb <= 4 && z->lc + z->lp <= 4;
}

static bool
begin(struct lzma *z, struct smime_bytes in)
{
	uint16_t *odds = (uint16_t *)&z->odds;

	for (size_t i = 0; i < sizeof z->odds / sizeof *odds; i++)
		odds[i] = EVEN;
	z->at = in.data;
	z->end = in.data + in.len;
	z->range = UINT32_MAX;
	if (in.len < 5 || next(z) != 0)
		return false;
	for (int i = 0; i < 4; i++)
		z->code = z->code << 8 | next(z);
	return true;
}

size_t
policy_unlzma(const uint8_t *properties, struct smime_bytes in, uint8_t *out, size_t room)
{
	struct lzma *z = calloc(1, sizeof *z);
	size_t len = 0;

	if (!z)
		return 0;
	z->out = out;
	z->room = room;
	if (read_properties(z, properties[0]) && begin(z, in)) {
		while (!z->over && z->len < room) {
			if (bit(z, &z->odds.is_match[z->state][position(z)]))
				put_match(z);
			else
				put_literal(z);
			len = z->over ? len : z->len;
		}
	}
	free(z);
	return len;
}
