/*
 * mta.h - what an MTA can be asked while it waits for our answer to a message.
 *
 * One implementation talks to libmilter (mta_libmilter.c), the other is the tests' fake MTA, so
 * that whole messages run without sockets. Every call but macro() fails with SMIME_E_SYSTEM only.
 * Success means that the request was sent: the MTA does not tell whether it could obey.
 */
#ifndef GATEWAY_MTA_H
#define GATEWAY_MTA_H

#include "smime/status.h"
#include <stddef.h>

struct gateway_mta;

struct gateway_mta_ops {
	/* Value of a macro ("i", "{daemon_name}"), borrowed until the next callback; NULL when the
	 * MTA does not give it. */
	const char *(*macro)(struct gateway_mta *mta, const char *name);

	/* A new field after or before all others. Values begin with a blank, hold no CR, and fold
	 * with LF and a blank. */
	enum smime_status (*add_header)(
	    struct gateway_mta *mta, const char *name, const char *value);
	enum smime_status (*put_header_on_top)(
	    struct gateway_mta *mta, const char *name, const char *value);
	/* instance counts fields of that name from 1; value NULL deletes. After a deletion Postfix
	 * counts anew and Sendmail does not: edit from the highest instance down. */
	enum smime_status (*change_header)(
	    struct gateway_mta *mta, const char *name, unsigned instance, const char *value);

	/* exact: as the MTA gave it with RCPT. */
	enum smime_status (*delete_recipient)(struct gateway_mta *mta, const char *exact);
	enum smime_status (*add_recipient)(
	    struct gateway_mta *mta, const char *address, const char *args);

	/* The envelope sender, addr-spec, with ESMTP arguments: both MTAs take it and them anew. */
	enum smime_status (*change_sender)(
	    struct gateway_mta *mta, const char *address, const char *args);

	enum smime_status (*quarantine)(struct gateway_mta *mta, const char *reason);

	/* Tell the MTA that we are alive. Never after the first replace_body. */
	enum smime_status (*progress)(struct gateway_mta *mta);

	/* The next piece of the new body, CR LF line ends. Postfix fails the message when anything
	 * else is asked after the first piece. */
	enum smime_status (*replace_body)(struct gateway_mta *mta, const void *data, size_t len);

	/* The text of the answer, at most 32 lines of 980 octets; '%' doubled, no CR or LF, class
	 * of code as the answer's. */
	enum smime_status (*set_reply)(struct gateway_mta *mta, const char *code, const char *xcode,
	    const char *const *lines, size_t count);
};

struct gateway_mta {
	const struct gateway_mta_ops *ops;
};

/* How a callback ends. */
enum gateway_answer {
	GATEWAY_CONTINUE, /* and, at end of message, deliver */
	GATEWAY_REJECT,   /* 5xx */
	GATEWAY_TEMPFAIL, /* 4xx */
	GATEWAY_DISCARD,
	GATEWAY_ACCEPT, /* this connection is none of our business */
};

#endif
