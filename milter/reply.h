/* reply.h - the SMTP answer to a message that is not delivered. */
#ifndef GATEWAY_REPLY_H
#define GATEWAY_REPLY_H

#include "mta.h"

/* Answers of our own; policy's come with its outcome. */
enum gateway_reply {
	GATEWAY_REPLY_SYSTEM,  /* a failure of ours: 451 4.3.0 */
	GATEWAY_REPLY_BUSY,    /* too much to do, or stopping: 451 4.3.2 */
	GATEWAY_REPLY_LOOP,    /* our own copy came back: 451 4.3.5 */
	GATEWAY_REPLY_TOO_BIG, /* message or header over a limit: 552 5.3.4 */
	GATEWAY_REPLY_REFUSED, /* policy refused without a usable text: 550 5.7.1 */
};

/* Sets the MTA's answer and returns what the callback has to return. A text that cannot be set
 * leaves the MTA's own one for the same class. */
enum gateway_answer gateway_reply(struct gateway_mta *mta, enum gateway_reply reply);

/*
 * An answer with policy's code ("550"), xcode ("5.7.5") and text. The class of code decides what
 * the callback returns; codes of different or unknown class become GATEWAY_REPLY_SYSTEM, because
 * the MTA would silently drop their text.
 */
enum gateway_answer gateway_reply_with(
    struct gateway_mta *mta, const char *code, const char *xcode, const char *text);

#define GATEWAY_REPLY_LINES 32  /* libmilter takes no more */
#define GATEWAY_REPLY_SIZE  981 /* of one, with NUL */

struct gateway_reply_text {
	char line[GATEWAY_REPLY_LINES][GATEWAY_REPLY_SIZE];
	size_t count;
};

/* text as an SMTP answer may hold it: control characters are blanks, '%' is doubled (libmilter
 * formats it), parted at blanks into lines that SMTP allows. What does not fit is cut, and then the
 * last line ends with "...". */
void gateway_reply_lines(const char *text, struct gateway_reply_text *out);

#endif
