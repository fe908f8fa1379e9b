/*
 * support_fake_mta.h - an MTA in memory that obeys requests as Postfix or as Sendmail does, so that
 * whole messages run without sockets.
 *
 * Postfix: instances are counted anew after each deletion; any request after the first piece of a
 * body fails the message (451), without telling the filter. Sendmail: instances keep their numbers.
 * Both: a CR in a value is sent as it is, recipients are deleted by exact spelling, and a message
 * without recipients vanishes.
 */
#ifndef TEST_FAKE_MTA_H
#define TEST_FAKE_MTA_H

#include "mta.h"
#include "smime/bytes.h"

enum fake_kind {
	FAKE_POSTFIX,
	FAKE_SENDMAIL,
};

struct fake_field {
	char *name, *value; /* value with its leading blank, folds LF */
	bool deleted;
};

struct fake_mta {
	struct gateway_mta base;
	enum fake_kind kind;
	struct fake_field fields[200];
	size_t field_count;
	struct smime_buf body;
	bool body_replaced;
	bool failed;        /* Postfix: would answer 451 whatever the filter says */
	size_t piece_count; /* calls of replace_body */
	size_t piece_largest;
	char *recipients[20]; /* as with RCPT; NULL: deleted */
	size_t recipient_count;
	char quarantine[200];
	char sender[400];       /* "<a@x> RET=HDRS": as changed; "" when it was not */
	char code[8], xcode[8]; /* of the reply */
	char text[32 * 1000];   /* its lines, LF between; dropped where an MTA would */
	unsigned progress_count;
	unsigned request_count;
	unsigned fail_at; /* this request (from 1) fails; 0: none */
	struct {
		char name[32], value[128];
	} macros[20];
	size_t macro_count;
};

/* message: header fields, blank line, body; LF or CR LF. */
void fake_mta_init(struct fake_mta *fake, enum fake_kind kind, const char *message);
void fake_mta_reset(struct fake_mta *fake);
void fake_mta_recipient(struct fake_mta *fake, const char *exact);
void fake_mta_macro(struct fake_mta *fake, const char *name, const char *value);

/* The octets that this MTA would send now, NUL-ended; caller frees. */
char *fake_mta_sends(const struct fake_mta *fake);
/* "<a@x> <b@x>": recipients that are left; caller frees. */
char *fake_mta_recipients(const struct fake_mta *fake);

#endif
