/*
 * reply.c - the SMTP answer to a message that is not delivered.  RFC 5321 s4.2, RFC 3463.
 * Refuses codes whose class does not agree: both MTAs would silently drop the text.
 */
#include "reply.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define TEXT_MOST 900 /* libmilter refuses lines over 980 */

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

void
gateway_reply_clean(const char *text, char *out, size_t out_size)
{
	size_t used = 0;

	while (*text) {
		uint8_t c = (uint8_t)*text++;

		/* A whole character, a doubled '%' and the NUL have to fit. */
		if ((c & 0xC0) != 0x80 && (used + 5 > out_size || used + 4 > TEXT_MOST))
			break;
		if (used + 2 > out_size)
			break;
		if (c == '%')
			out[used++] = '%';
		out[used++] = (char)(c < 0x20 || c == 0x7F ? ' ' : c);
	}
	out[used] = 0;
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
	char cleaned[TEXT_MOST + 8];
	enum gateway_answer answer = GATEWAY_TEMPFAIL;

	if (is_class(code, xcode, '5')) {
		answer = GATEWAY_REJECT;
	} else if (!is_class(code, xcode, '4')) {
		code = otherwise->code;
		xcode = otherwise->xcode;
		text = otherwise->text;
	}
	gateway_reply_clean(text, cleaned, sizeof cleaned);
	/* When this fails the MTA says its own text for the class, and that is still right. */
	(void)!mta->ops->set_reply(mta, code, xcode, cleaned);
	return answer;
}

enum gateway_answer
gateway_reply(struct gateway_mta *mta, enum gateway_reply reply)
{
	const struct reply_row *row = &replies[reply];

	return gateway_reply_with(mta, row->code, row->xcode, row->text);
}
