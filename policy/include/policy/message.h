/* policy/message.h - one message as it was collected: connection, envelope, octets. */
#ifndef POLICY_MESSAGE_H
#define POLICY_MESSAGE_H

#include "smime/spool.h"
#include <stdbool.h>
#include <stdint.h>

struct policy_recipient {
	char *address; /* addr-spec without brackets */
	char *exact;   /* as the MTA gave it: what deleting it needs (notes: exact, case kept) */
	char *args;    /* ESMTP arguments of RCPT, "NOTIFY=... ORCPT=...", or "" */
	bool added;    /* by a filter: the MTA does not know of it */
	bool optional; /* policy/plan.h */
};

/* Strings are owned, UTF-8 or raw as received, never NULL unless it says so. */
struct policy_message {
	/* connection, as at connect */
	char *client_ip;   /* "192.0.2.1" or "2001:db8::1"; "" when unknown */
	char *client_name; /* verified host name; "" when none */
	char *listener;    /* {daemon_name} */
	char *helo;
	char *auth_user; /* "" when not authenticated */
	/* envelope */
	char *queue_id;  /* "" until the MTA has given one */
	char *mail_from; /* addr-spec without brackets; "" is the null sender */
	char *mail_args; /* ESMTP arguments of MAIL */
	struct policy_recipient *recipients;
	size_t recipient_count;
	/* octets: header, blank line, body; CR LF line ends */
	struct smime_spool *spool;
	int64_t received_at; /* seconds since 1970 */
};

/* All strings "", no recipients, no spool. */
SMIME_MUST_USE enum smime_status policy_message_new(struct policy_message **out);
void policy_message_free(struct policy_message **message);

/* Copy a string into one of the fields above; frees what was there. */
SMIME_MUST_USE enum smime_status policy_message_set(char **field, const char *value);

/* address in any form an MTA gives (with or without brackets); args may be NULL. What policies see
 * of it is plain: no quotes that are not needed, no dot behind the domain. SMIME_E_SYSTEM. */
SMIME_MUST_USE enum smime_status policy_message_add_recipient(
    struct policy_message *message, const char *address, const char *args);
/* The same for mail_from. SMIME_E_SYSTEM. */
SMIME_MUST_USE enum smime_status policy_message_plain_sender(struct policy_message *message);

/* Those that filters added go again. */
void policy_message_forget_added(struct policy_message *message);

/* smime_mailbox_fold() of a string, as a string of the caller's; NULL on failure. SMIME_E_SYSTEM.
 */
SMIME_MUST_USE enum smime_status policy_address_fold(const char *address, char **out);

#endif
