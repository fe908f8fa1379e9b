/*
 * suggest.c - the known name that a mistyped one was meant to be: optimal string alignment
 * distance (insert, delete, replace, swap neighbours), letter case and '_' for '-' for free.
 * Memory: three rows on the stack; names over 63 octets are never near anything.
 */
#include "policy/suggest.h"

#define NAME_MAX_OCTETS 63

static uint8_t
folded(uint8_t c)
{
	if (c == '_')
		return '-';
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c - 'A' + 'a') : c;
}

static unsigned
least(unsigned a, unsigned b, unsigned c)
{
	unsigned m = a < b ? a : b;

	return m < c ? m : c;
}

/* rows: the one in work and the two before it. */
struct rows {
	unsigned row[3][NAME_MAX_OCTETS + 1];
};

static unsigned
distance(struct smime_bytes a, struct smime_bytes b)
{
	struct rows r = { 0 };

	for (unsigned j = 0; j <= b.len; j++)
		r.row[0][j] = j;
	for (size_t i = 1; i <= a.len; i++) {
		unsigned *now = r.row[i % 3];
		const unsigned *before = r.row[(i + 2) % 3];
		const unsigned *before_that = r.row[(i + 1) % 3];

		now[0] = (unsigned)i;
		for (size_t j = 1; j <= b.len; j++) {
			uint8_t ca = folded(a.data[i - 1]);
			uint8_t cb = folded(b.data[j - 1]);

			now[j] = least(before[j] + 1, now[j - 1] + 1, before[j - 1] + (ca != cb));
			if (i > 1 && j > 1 && ca == folded(b.data[j - 2]) &&
			    folded(a.data[i - 2]) == cb && before_that[j - 2] + 1 < now[j])
				now[j] = before_that[j - 2] + 1;
		}
	}
	return r.row[a.len % 3][b.len];
}

void
policy_suggest(struct policy_suggestion *suggestion, const char *name)
{
	struct smime_bytes known = smime_bytes_str(name);
	unsigned d;

	if (suggestion->word.len > NAME_MAX_OCTETS || known.len > NAME_MAX_OCTETS)
		return;
	d = distance(suggestion->word, known);
	if (d > (known.len + 2) / 4 + 1 || d >= known.len)
		return;
	if (suggestion->best && d >= suggestion->distance)
		return;
	suggestion->best = name;
	suggestion->distance = d;
}
