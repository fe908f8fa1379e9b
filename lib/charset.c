/*
 * charset.c - octets of a charset as UTF-8, by iconv, as lenient as readers are.  RFC 2978, RFC
 * 1843 (HZ, which glibc has not). Memory: fixed buffers, of HZ a line. Refuses nothing: what is no
 * character becomes U+FFFD, and the caller hears of it.
 */
#include "smime/charset.h"

#include <errno.h>
#include <iconv.h>
#include <stdlib.h>
#include <strings.h>

#define NAME_MAX_OCTETS 40
#define NO_CHARACTER    "\xEF\xBF\xBD"

/* clang-format off */
/* Supersets that mail in these charsets is written in, names that glibc does not know, and the
 * order of octets that RFC 2781 s4.3 gives to UTF-16 without a mark. */
static const char *const aliases[][2] = {
	{ "gb2312", "GB18030" }, { "gbk", "GB18030" }, { "x-gbk", "GB18030" }, { "cp936", "GB18030" }, { "ms936", "GB18030" },
	{ "windows-936", "GB18030" }, { "gb_2312-80", "GB18030" }, { "euc-cn", "GB18030" }, { "cn-gb", "GB18030" }, { "x-euc-cn", "GB18030" },
	{ "big5", "BIG5-HKSCS" }, { "cn-big5", "BIG5-HKSCS" }, { "x-x-big5", "BIG5-HKSCS" }, { "big-5", "BIG5-HKSCS" }, { "cp950", "BIG5-HKSCS" },
	{ "shift_jis", "CP932" }, { "shift-jis", "CP932" }, { "x-sjis", "CP932" }, { "sjis", "CP932" }, { "ms_kanji", "CP932" }, { "windows-31j", "CP932" },
	{ "ks_c_5601-1987", "CP949" }, { "ks_c_5601", "CP949" }, { "euc-kr", "CP949" }, { "ksc5601", "CP949" }, { "korean", "CP949" },
	{ "x-euc-jp", "EUC-JP" }, { "iso-2022-jp", "ISO-2022-JP-2" }, { "iso-2022-cn", "ISO-2022-CN-EXT" },
	{ "utf8", "UTF-8" }, { "unicode-1-1-utf-8", "UTF-8" }, { "unicode-1-1-utf-7", "UTF-7" }, { "x-utf-7", "UTF-7" }, { "utf7", "UTF-7" },
	{ "utf16", "UTF-16" }, { "unicode", "UTF-16" }, { "ucs-2", "UTF-16" }, { "iso-10646-ucs-2", "UTF-16" }, { "utf32", "UTF-32" }, { "ucs-4", "UTF-32" },
	{ "hz", "HZ-GB-2312" }, { "iso-8859-8-i", "ISO-8859-8" }, { "iso-8859-8-e", "ISO-8859-8" }, { "x-mac-roman", "MACINTOSH" }, { "ascii", "UTF-8" },
	{ "us-ascii", "UTF-8" }, { "ansi_x3.4-1968", "UTF-8" }, { "iso646-us", "UTF-8" }, { "", "UTF-8" },
};
/* clang-format on */

const char *
smime_charset_name(const char *name)
{
	for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++)
		if (strcasecmp(name, aliases[i][0]) == 0)
			return aliases[i][1];
	return name;
}

/* "/" would begin options of iconv. */
static iconv_t
open_charset(const char *name)
{
	static const char allowed[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_:.+";

	if (!*name || strlen(name) >= NAME_MAX_OCTETS || strspn(name, allowed) != strlen(name)) {
		errno = EINVAL;
		return (iconv_t)-1;
	}
	return iconv_open("UTF-8", name);
}

struct conversion {
	iconv_t cd;
	struct smime_stage *out;
	size_t unit; /* octets to pass over where no character is */
	bool good;
};

/* One call of iconv; *at moves on. *more: it stopped at an octet that is no character. */
static enum smime_status
step(struct conversion *c, char **at, size_t *left, bool *more)
{
	char buffer[8192], *to = buffer;
	size_t room = sizeof buffer, rc = iconv(c->cd, at, left, &to, &room);

	*more = rc == (size_t)-1 && errno != E2BIG;
	return smime_push(c->out, buffer, sizeof buffer - room);
}

static enum smime_status
convert(struct conversion *c, struct smime_bytes in)
{
	char *at = (char *)(uintptr_t)in.data;
	size_t left = in.len;
	bool stuck;

	while (left > 0) {
		size_t pass;

		SMIME_TRY(step(c, &at, &left, &stuck));
		if (!stuck)
			continue;
		c->good = false;
		SMIME_TRY(smime_push(c->out, NO_CHARACTER, strlen(NO_CHARACTER)));
		pass = left < c->unit ? left : c->unit;
		at += pass;
		left -= pass;
	}
	/* Back to the initial state: the last characters of stateful charsets. */
	return step(c, NULL, &left, &stuck);
}

/* Without a mark in front the octets of UTF-16 and UTF-32 stand the big end first. */
static const char *
ordered(const char *name, struct smime_bytes in)
{
	bool wide = strcasecmp(name, "UTF-16") == 0, wider = strcasecmp(name, "UTF-32") == 0;
	bool marked = in.len >= 2 && ((in.data[0] == 0xFF && in.data[1] == 0xFE) ||
					 (in.data[0] == 0xFE && in.data[1] == 0xFF));

	if (wide && !marked)
		return "UTF-16BE";
	if (wider && !marked && !(in.len >= 4 && in.data[2] == 0xFE && in.data[3] == 0xFF))
		return "UTF-32BE";
	return name;
}

/* "~{" and "~}" around pairs of seven bits, "~~" a tilde, "~" at a line's end nothing: the same as
 * GB 2312 of eight bits. RFC 1843 s2. */
static enum smime_status
unfold_hz(struct smime_bytes in, struct smime_buf *out)
{
	uint8_t high = 0;

	for (size_t i = 0; i < in.len; i++) {
		uint8_t c = in.data[i], next = i + 1 < in.len ? in.data[i + 1] : 0;

		if (c == '~' && (next == '{' || next == '}' || next == '\n')) {
			high = next == '{' ? 0x80 : 0;
			i++;
			continue;
		}
		if (c == '~' && next == '~' && !high)
			i++;
		/* "a line ends in ASCII" */
		high = c == '\n' ? 0 : high;
		c = c > ' ' ? c | high : c;
		SMIME_TRY(smime_buf_append(out, &c, 1));
	}
	return SMIME_OK;
}

/* Line by line: each begins anew. */
static enum smime_status
convert_hz(struct conversion *c, struct smime_bytes in)
{
	SMIME_AUTO_BUF line = { 0 };

	while (in.len > 0) {
		const uint8_t *lf = memchr(in.data, '\n', in.len);
		size_t len = lf ? (size_t)(lf - in.data) + 1 : in.len;

		line.len = 0;
		SMIME_TRY(unfold_hz(smime_bytes(in.data, len), &line));
		SMIME_TRY(convert(c, smime_buf_bytes(&line)));
		in = smime_bytes_slice(in, len, in.len);
	}
	return SMIME_OK;
}

static enum smime_status
push_utf8(struct smime_bytes in, struct smime_stage *out, bool *good)
{
	size_t from = 0, at = 0;

	*good = true;
	while (at < in.len) {
		size_t len = in.data[at] < 0x80
				 ? 1
				 : smime_utf8(smime_bytes(in.data + at, in.len - at), NULL);

		if (len > 0) {
			at += len;
			continue;
		}
		*good = false;
		SMIME_TRY(smime_push_bytes(out, smime_bytes_slice(in, from, at)));
		SMIME_TRY(smime_push(out, NO_CHARACTER, strlen(NO_CHARACTER)));
		from = ++at;
	}
	return smime_push_bytes(out, smime_bytes_slice(in, from, in.len));
}

enum smime_status
smime_charset_push(const char *name, struct smime_bytes in, struct smime_stage *out, bool *good)
{
	const char *known = smime_charset_name(name);
	struct conversion c = { .out = out, .unit = 1, .good = true };
	bool hz = strcasecmp(known, "HZ-GB-2312") == 0;
	enum smime_status status;

	if (strcasecmp(known, "UTF-8") == 0)
		return push_utf8(in, out, good);
	known = hz ? "GB18030" : ordered(known, in);
	if (strncasecmp(known, "UTF-16", 6) == 0)
		c.unit = 2;
	if (strncasecmp(known, "UTF-32", 6) == 0)
		c.unit = 4;
	*good = false;
	c.cd = open_charset(known);
	if (c.cd == (iconv_t)-1)
		return errno == ENOMEM ? SMIME_E_SYSTEM : smime_push_bytes(out, in);
	status = hz ? convert_hz(&c, in) : convert(&c, in);
	(void)iconv_close(c.cd);
	*good = c.good;
	return status;
}

bool
smime_charset_keeps_ascii(const char *name)
{
	const char *known = smime_charset_name(name);
	char in[] = "aA", out[8], *from = in, *to = out;
	size_t left = 2, room = sizeof out;
	iconv_t cd;
	bool same;

	if (strcasecmp(known, "UTF-8") == 0 || strcasecmp(known, "HZ-GB-2312") == 0)
		return true;
	cd = open_charset(known);
	if (cd == (iconv_t)-1)
		return false;
	same = iconv(cd, &from, &left, &to, &room) != (size_t)-1 && left == 0 &&
	       (size_t)(to - out) == 2 && memcmp(in, out, 2) == 0;
	(void)iconv_close(cd);
	return same;
}
