/* support_fake_smtp.h - an SMTP server on loopback that answers as it is told and remembers. */
#ifndef TEST_FAKE_SMTP_H
#define TEST_FAKE_SMTP_H

#include "smime/bytes.h"
#include <pthread.h>

/* Answer to the commands that begin so; "." is the end of a message, "" the connection. */
struct fake_smtp_rule {
	const char *command;
	const char *reply; /* lines with CR LF; "": close the connection; NULL: say nothing */
};

struct fake_smtp {
	int port;
	const struct fake_smtp_rule *rules; /* looked at first; ends with a NULL command */
	int listener;
	pthread_t thread;
	/* What came; read after fake_smtp_stop(). */
	struct smime_buf commands; /* with LF, NUL-terminated */
	struct smime_buf message;  /* with its dots; of the last message */
	unsigned messages;         /* that were answered 2xx */
};

/* Ready to be connected to when it returns. */
void fake_smtp_start(struct fake_smtp *fake, const struct fake_smtp_rule *rules);
void fake_smtp_stop(struct fake_smtp *fake);
void fake_smtp_reset(struct fake_smtp *fake);

#endif
