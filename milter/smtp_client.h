/* smtp_client.h - hand one message to the MTA's re-injection listener. */
#ifndef GATEWAY_SMTP_CLIENT_H
#define GATEWAY_SMTP_CLIENT_H

#include "smime/stage.h"
#include <stdint.h>

struct gateway_smtp_server {
	const char *host;
	int port;
	const char *helo; /* our name */
	int command_ms; /* patience with each reply; with the one after the message five times that
			 */
};

struct gateway_smtp_recipient {
	const char *address; /* addr-spec */
	const char *args;    /* of the original RCPT; NOTIFY and ORCPT are kept */
};

struct gateway_smtp_result;

struct gateway_smtp_mail {
	const char *from; /* addr-spec; "" is the null sender */
	const char *args; /* of the original MAIL; RET, ENVID and SMTPUTF8 are kept */
	const struct gateway_smtp_recipient *recipients;
	size_t recipient_count;
	uint64_t size;     /* octets, for SIZE; 0: not told */
	bool eight_bit;    /* octets over 127 in the body */
	bool headers_only; /* RET=HDRS; a server without DSN does not get it (but from "") */
	/* Whose message it was, for the MTA's log (XFORWARD); "" where unknown. */
	const char *client_name, *client_ip, *client_helo, *queue_id;
	/* Push the message, header and body, CR LF line ends and a last one, into out, and end with
	 * smime_finish(). */
	enum smime_status (*write)(void *arg, struct smime_stage *out);
	void *arg;
	/* Told of each recipient (an index) that the server refuses for good; the others then get
	 * the message without him. What it fails with ends the dialogue before anything is sent.
	 * NULL: nobody gets it when one is refused. */
	enum smime_status (*refused)(
	    void *arg, size_t recipient, const struct gateway_smtp_result *how);
	void *refused_arg;
};

struct gateway_smtp_result {
	char queue_id[64]; /* under which the MTA has it; "" when it does not say */
	/* After SMIME_E_SYSTEM: the message was on its way when the connection ended, and the
	 * server may have it or not. */
	bool unanswered;
	/* The last refusal. */
	char code[4], xcode[12], text[1024];
};

/*
 * SMIME_OK             the server has taken responsibility (250 after the final dot) for all whom
 *                      mail->refused was not told of
 * SMIME_E_UNSUPPORTED  refused for good (5xx to MAIL or later, to every RCPT, or an address that
 *                      cannot be sent), for everybody: result says why
 * SMIME_E_SYSTEM       not now, for everybody, whatever mail->refused was told: no connection, 4xx
 *                      to anything, silence, 5xx to the connection itself, or no DSN
 *                      where it is needed
 */
SMIME_MUST_USE enum smime_status gateway_smtp_send(const struct gateway_smtp_server *server,
    const struct gateway_smtp_mail *mail, struct gateway_smtp_result *result,
    struct smime_diag *diag);

#endif
