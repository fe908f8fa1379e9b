/*
 * reply.c - the SMTP answer to a message that is not delivered.  RFC 5321 s4.2, RFC 3463.
 * Refuses codes whose class does not agree: both MTAs would silently drop the text.
 */
#include "reply.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* RFC 5321 s4.5.3.1.5: 512 octets with codes and line end. Every octet may be a '%', which counts
 * twice where libmilter refuses lines over 980. */
#define LINE_MOST 490

struct reply_row {
	const char *code, *xcode, *text;
};

/* clang-format off */
static const struct reply_row replies[] = {
	[GATEWAY_REPLY_SYSTEM]  = { "451", "4.3.0", "S/MIME gateway: temporary failure, try again later" },
	[GATEWAY_REPLY_BUSY]    = { "451", "4.3.2", "S/MIME gateway: busy, try again later" },
	[GATEWAY_REPLY_LOOP]    = { "451", "4.3.5", "S/MIME gateway: the re-injection listener leads back to it" },
	[GATEWAY_REPLY_TOO_BIG] = { "552", "5.3.4", "S/MIME gateway: message too big" },
	[GATEWAY_REPLY_REFUSED] = { "550", "5.7.1", "S/MIME gateway: message refused" },
};
/* clang-format on */

/* How many octets of text are the next line: up to a blank, if there is one, else whole
 * characters. */
static size_t
line_length(const char *text)
{
	size_t len = strnlen(text, LINE_MOST + 1);

	if (len <= LINE_MOST)
		return len;
	for (size_t i = LINE_MOST; i > 0; i--)
		if (text[i] == ' ')
			return i;
	for (len = LINE_MOST; len > 1 && ((uint8_t)text[len] & 0xC0) == 0x80;)
		len--;
	return len;
}

static void
clean(const char *text, size_t len, char *out)
{
	for (size_t i = 0; i < len; i++) {
		uint8_t c = (uint8_t)text[i];

		if (c == '%')
			*out++ = '%';
		*out++ = (char)(c < 0x20 || c == 0x7F ? ' ' : c);
	}
	*out = 0;
}

void
gateway_reply_lines(const char *text, struct gateway_reply_text *out)
{
	out->count = 0;
	do {
		size_t len = line_length(text);
		bool is_last = out->count + 1 == GATEWAY_REPLY_LINES;

		clean(text, len, out->line[out->count++]);
		text += len;
		text += strspn(text, " ");
		if (is_last && *text)
			(void)memcpy(strchr(out->line[GATEWAY_REPLY_LINES - 1], 0) - 3, "...", 3);
	} while (*text && out->count < GATEWAY_REPLY_LINES);
}

/* "550" and "5.7.1", say. */
static bool
is_class(const char *code, const char *xcode, char class)
{
	return strlen(code) == 3 && code[0] == class && xcode[0] == class && xcode[1] == '.';
}

enum gateway_answer
gateway_reply_with(struct gateway_mta *mta, const char *code, const char *xcode, const char *text)
{
	const struct reply_row *otherwise = &replies[GATEWAY_REPLY_SYSTEM];
	struct gateway_reply_text cleaned;
	const char *lines[GATEWAY_REPLY_LINES];
	enum gateway_answer answer = GATEWAY_TEMPFAIL;

	if (is_class(code, xcode, '5')) {
		answer = GATEWAY_REJECT;
	} else if (!is_class(code, xcode, '4')) {
		code = otherwise->code;
		xcode = otherwise->xcode;
		text = otherwise->text;
	}
	gateway_reply_lines(text, &cleaned);
	for (size_t i = 0; i < cleaned.count; i++)
		lines[i] = cleaned.line[i];
	/* When this fails the MTA says its own text for the class, and that is still right. */
	(void)!mta->ops->set_reply(mta, code, xcode, lines, cleaned.count);
	return answer;
}

enum gateway_answer
gateway_reply(struct gateway_mta *mta, enum gateway_reply reply)
{
	const struct reply_row *row = &replies[reply];

	return gateway_reply_with(mta, row->code, row->xcode, row->text);
}
