/* support_wire.h - the MTA's side of the milter protocol (version 6) on a UNIX socket. */
#ifndef TEST_WIRE_H
#define TEST_WIRE_H

#include "smime/bytes.h"

struct wire {
	int fd;
	struct smime_buf data; /* of the last packet received, NUL-terminated */
	/* Requests at the end of a message, in order: "h name value", one a line, values with \n
	 * for LF; body pieces are collected. */
	struct smime_buf requests, body;
	char reply[1200]; /* text of a reply that was set */
};

/* Waits up to 5 s for somebody to listen on path. */
void wire_connect(struct wire *wire, const char *path);
void wire_close(struct wire *wire);

void wire_send(struct wire *wire, char command, const void *data, size_t len);
/* Strings, each with its NUL; ends with NULL. */
void wire_send_strings(struct wire *wire, char command, const char *first, ...)
    __attribute__((sentinel));
/* The next packet's letter; 0 when the other side is gone. */
char wire_receive(struct wire *wire);

/* What Postfix 3.7 offers. Returns the letter of the answer; flags are in wire->data. */
char wire_negotiate(struct wire *wire, uint32_t actions, uint32_t steps);

/* Macros for the command that follows; ends with NULL. */
void wire_macros(struct wire *wire, char command, const char *name, ...) __attribute__((sentinel));

/* Connect, from 127.0.0.1: the letter of the answer. */
char wire_client(struct wire *wire);

/* Connect, HELO, and one message up to its end; each answer must be 'c'. */
void wire_begin(struct wire *wire);
void wire_message(struct wire *wire, const char *from, const char *rcpt);
/* End of message: gathers requests and returns the last letter: c, r, t, d, y. */
char wire_end(struct wire *wire);

#endif
