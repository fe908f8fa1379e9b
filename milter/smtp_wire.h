/* smtp_wire.h - lines to and from an SMTP server, with time limits. */
#ifndef GATEWAY_SMTP_WIRE_H
#define GATEWAY_SMTP_WIRE_H

#include "smime/stage.h"

struct gateway_smtp_wire;

/* The last reply that was read. */
struct gateway_smtp_reply {
	int code;        /* 250 */
	char xcode[12];  /* "2.0.0"; "" when the server gave none */
	char text[1024]; /* the last line's, without codes */
};

/*
 * Connect. host: a name or address; timeout_ms for the whole of it, and for every later wait.
 * SMIME_E_SYSTEM, as every failure here.
 */
SMIME_MUST_USE enum smime_status gateway_smtp_connect(const char *host, int port, int timeout_ms,
    struct gateway_smtp_wire **out, struct smime_diag *diag);
void gateway_smtp_wire_free(struct gateway_smtp_wire **wire);

/* Queue a command line; CR LF is added. It goes out when a reply is asked for. */
SMIME_MUST_USE enum smime_status gateway_smtp_command(
    struct gateway_smtp_wire *wire, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * Read one reply, of any number of lines. line (or NULL) is called with the text of each. Replies
 * over 100 lines, lines over 2000 octets and lines that are no reply are failures.
 */
SMIME_MUST_USE enum smime_status gateway_smtp_read(struct gateway_smtp_wire *wire,
    struct gateway_smtp_reply *out, void (*line)(void *arg, const char *text), void *arg,
    struct smime_diag *diag);

/*
 * A stage that sends message octets: lines that begin with a dot get another one (RFC 5321 s4.5.2),
 * finish sends the final dot. Input has CR LF line ends and ends with one. Part of the wire.
 */
struct smime_stage *gateway_smtp_data(struct gateway_smtp_wire *wire);

/* How long each wait may take from now on. */
void gateway_smtp_set_timeout(struct gateway_smtp_wire *wire, int timeout_ms);

#endif
