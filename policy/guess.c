/*
 * guess.c - charsets that text might be in whatever its label says: one row each.
 * Memory: a few octets for each character beyond ASCII that a pattern names.
 */
#include "guess.h"

#include "smime/charset.h"
#include <glib.h>
#include <iconv.h>
#include <stdlib.h>

enum octets_class {
	NO_UTF8 = 1 << 0, /* octets over 127 that are no UTF-8 */
	NULS = 1 << 1,
	MARKED = 1 << 2,  /* a byte order mark of UTF-16 in front */
	ESCAPES = 1 << 3, /* ESC, SO: ISO 2022 */
	TILDES = 1 << 4,  /* "~{": HZ */
	PLUSES = 1 << 5,  /* "+" and base64: UTF-7 */
};

/* clang-format off */
static const struct guess {
	const char *charset;
	uint32_t always;  /* any of these: whatever is wanted */
	uint32_t named;   /* any of these: when a wanted character stands there, as the charset has it */
	bool stateful;    /* what a character looks like depends on what is in front */
} guesses[] = {
	{ "GB18030",         0,             NO_UTF8, false },
	{ "BIG5-HKSCS",      0,             NO_UTF8, false },
	{ "CP932",           0,             NO_UTF8, false },
	{ "EUC-JP",          0,             NO_UTF8, false },
	{ "CP949",           0,             NO_UTF8, false },
	{ "EUC-TW",          0,             NO_UTF8, false },
	{ "CP1252",          0,             NO_UTF8, false },
	{ "CP1251",          0,             NO_UTF8, false },
	{ "KOI8-R",          0,             NO_UTF8, false },
	{ "UTF-16LE",        NULS | MARKED, NO_UTF8, false },
	{ "UTF-16BE",        NULS | MARKED, NO_UTF8, false },
	{ "UTF-32LE",        NULS,          0,       false },
	{ "UTF-32BE",        NULS,          0,       false },
	{ "UTF-7",           PLUSES,        0,       false },
	{ "HZ-GB-2312",      0,             TILDES,  true },
	{ "ISO-2022-JP-2",   0,             ESCAPES, true },
	{ "ISO-2022-CN-EXT", 0,             ESCAPES, true },
	{ "ISO-2022-KR",     0,             ESCAPES, true },
};
/* clang-format on */

#define GUESSES (sizeof guesses / sizeof *guesses)

/* Each character as an octet that says how long it is, then its octets. */
struct policy_wanted {
	bool any;
	struct smime_buf as[GUESSES];
	uint8_t
	    pairs[65536 / 8]; /* a bit for each pair of octets that one of them may begin with */
};

const char *
policy_guess_charset(size_t i)
{
	return i < GUESSES ? guesses[i].charset : NULL;
}

const struct policy_wanted *
policy_wanted_any(void)
{
	static const struct policy_wanted any = { .any = true };

	return &any;
}

void
policy_wanted_free(struct policy_wanted **wanted)
{
	if (!*wanted)
		return;
	for (size_t i = 0; i < GUESSES; i++)
		smime_buf_reset(&(*wanted)->as[i]);
	free(*wanted);
	*wanted = NULL;
}

/* One character as the charset writes it; nothing when it has none. */
static enum smime_status
add_character(iconv_t cd, struct smime_bytes character, struct smime_buf *out)
{
	char octets[16], *to = octets, *from = (char *)(uintptr_t)character.data;
	size_t left = character.len, room = sizeof octets;
	uint8_t len;

	if (iconv(cd, &from, &left, &to, &room) == (size_t)-1)
		return SMIME_OK;
	len = (uint8_t)(to - octets);
	if (len == 0)
		return SMIME_OK;
	SMIME_TRY(smime_buf_append(out, &len, 1));
	return smime_buf_append(out, octets, len);
}

/* In any case: what a pattern writes small may stand in the text in capitals. */
static enum smime_status
add_cases(iconv_t cd, struct smime_bytes character, struct smime_buf *out)
{
	uint32_t c = 0;
	char other[6];

	SMIME_TRY(add_character(cd, character, out));
	if (smime_utf8(character, &c) == 0)
		return SMIME_OK;
	for (int i = 0; i < 2; i++) {
		uint32_t twin = i == 0 ? g_unichar_tolower(c) : g_unichar_toupper(c);
		size_t len = (size_t)g_unichar_to_utf8(twin, other);

		if (twin != c && len > 1)
			SMIME_TRY(add_character(cd, smime_bytes(other, len), out));
	}
	return SMIME_OK;
}

static enum smime_status
write_as(const char *charset, const char *pattern, struct smime_buf *out)
{
	iconv_t cd = iconv_open(charset, "UTF-8");
	struct smime_bytes rest = smime_bytes_str(pattern);
	enum smime_status status = SMIME_OK;

	if (cd == (iconv_t)-1)
		return SMIME_OK;
	while (rest.len > 0 && status == SMIME_OK) {
		size_t len = smime_utf8(rest, NULL);

		len = len > 0 ? len : 1;
		if (len > 1)
			status = add_cases(cd, smime_bytes_slice(rest, 0, len), out);
		rest = smime_bytes_slice(rest, len, rest.len);
	}
	(void)iconv_close(cd);
	return status;
}

static bool
is_beyond_ascii(char c)
{
	return (uint8_t)c >= 0x80;
}

/* Escapes by which a pattern names characters without showing them, and ranges of them. */
static bool
names_unseen(const char *pattern)
{
	for (const char *c = strchr(pattern, '-'); c; c = strchr(c + 1, '-'))
		if (is_beyond_ascii(c[1]))
			return true;
	for (const char *c = strchr(pattern, '\\'); c && c[1]; c = strchr(c + 2, '\\'))
		if (strchr("xpPNuo", c[1]))
			return true;
	return false;
}

static void
note_pairs(struct policy_wanted *w, const struct smime_buf *characters)
{
	for (size_t at = 0; at < characters->len; at += characters->data[at] + 1U) {
		const uint8_t *c = characters->data + at + 1;
		unsigned pair = (unsigned)c[0] << 8 | (characters->data[at] > 1 ? c[1] : 0);

		/* Of a single octet the next one may be anything. */
		if (characters->data[at] == 1)
			memset(w->pairs + pair / 8, 0xFF, 256 / 8);
		else
			w->pairs[pair / 8] |= (uint8_t)(1U << pair % 8);
	}
}

enum smime_status
policy_wanted_new(const char *pattern, struct policy_wanted **out)
{
	SMIME_AUTO(policy_wanted) w = NULL;
	const char *c = pattern;
	bool any = names_unseen(pattern);

	*out = NULL;
	while (*c && !is_beyond_ascii(*c))
		c++;
	if (!*c && !any)
		return SMIME_OK;
	w = calloc(1, sizeof *w);
	if (!w)
		return SMIME_E_SYSTEM;
	w->any = any;
	for (size_t i = 0; i < GUESSES && !any; i++)
		if (guesses[i].named && !guesses[i].stateful)
			SMIME_TRY(write_as(guesses[i].charset, pattern, &w->as[i]));
	for (size_t i = 0; i < GUESSES; i++)
		note_pairs(w, &w->as[i]);
	*out = w;
	w = NULL;
	return SMIME_OK;
}

/* ---- octets ---- */

uint32_t
policy_octets_narrow(
    uint32_t octets_class, struct smime_bytes octets, const struct policy_wanted *wanted)
{
	unsigned pair = octets.len > 0 ? octets.data[0] : 0;

	if (!wanted || wanted->any || !(octets_class & NO_UTF8))
		return octets_class;
	for (size_t i = 1; i <= octets.len; i++) {
		pair = (pair << 8 | (i < octets.len ? octets.data[i] : 0)) & 0xFFFF;
		if (wanted->pairs[pair / 8] & 1U << pair % 8)
			return octets_class;
	}
	return octets_class & ~(uint32_t)NO_UTF8;
}

static bool
is_base64(uint8_t c)
{
	return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '/' ||
	       c == '+';
}

/* RFC 2152: a character beyond ASCII is "+" and at least three characters of base64. */
static bool
looks_like_utf7(struct smime_bytes in)
{
	for (size_t i = 0; i + 3 < in.len; i++) {
		const uint8_t *plus = memchr(in.data + i, '+', in.len - i - 3);

		if (!plus)
			return false;
		if (is_base64(plus[1]) && is_base64(plus[2]) && is_base64(plus[3]))
			return true;
		i = (size_t)(plus - in.data);
	}
	return false;
}

uint32_t
policy_octets_class(struct smime_bytes octets, bool is_utf8)
{
	uint32_t class = 0;

	if (octets.len == 0)
		return 0;
	if (!is_utf8)
		class |= NO_UTF8;
	if (memchr(octets.data, 0, octets.len))
		class |= NULS;
	if (octets.len >= 2 && ((octets.data[0] == 0xFF && octets.data[1] == 0xFE) ||
				   (octets.data[0] == 0xFE && octets.data[1] == 0xFF)))
		class |= MARKED;
	if (memchr(octets.data, 0x1B, octets.len) || memchr(octets.data, 0x0E, octets.len))
		class |= ESCAPES;
	if (memmem(octets.data, octets.len, "~{", 2))
		class |= TILDES;
	if (looks_like_utf7(octets))
		class |= PLUSES;
	return class;
}

static bool
stands_in(struct smime_bytes octets, const struct smime_buf *characters)
{
	for (size_t at = 0; at < characters->len; at += characters->data[at] + 1U)
		if (memmem(
			octets.data, octets.len, characters->data + at + 1, characters->data[at]))
			return true;
	return false;
}

bool
policy_guess_shows(
    size_t i, uint32_t octets_class, struct smime_bytes octets, const struct policy_wanted *wanted)
{
	const struct guess *g = &guesses[i];

	if (octets_class & g->always)
		return true;
	if (!wanted || !(octets_class & g->named))
		return false;
	return wanted->any || g->stateful || stands_in(octets, &wanted->as[i]);
}
