/*
 * session.h - one connection of an SMTP client, as the MTA tells it, message by message.
 *
 * Collects facts and octets and decides nothing. One thread at a time, but not always the same one:
 * this libmilter moves sessions between threads.
 */
#ifndef GATEWAY_SESSION_H
#define GATEWAY_SESSION_H

#include "gateway.h"
#include "mta.h"
#include <sys/socket.h>

struct gateway_session;

/* Fails with SMIME_E_SYSTEM only. gateway is borrowed. */
SMIME_MUST_USE enum smime_status gateway_session_new(
    struct gateway *gateway, struct gateway_session **out);
void gateway_session_free(struct gateway_session **session);

/* In the order in which an MTA calls. address may be NULL; argv ends with NULL, argv[0] is the
 * address as the MTA gave it and the others are ESMTP arguments. */
enum gateway_answer gateway_session_connect(struct gateway_session *session,
    struct gateway_mta *mta, const char *host, const struct sockaddr *address);
enum gateway_answer gateway_session_helo(struct gateway_session *session, const char *name);
enum gateway_answer gateway_session_mail(
    struct gateway_session *session, struct gateway_mta *mta, char *const *argv);
enum gateway_answer gateway_session_rcpt(struct gateway_session *session, char *const *argv);
/* value as with SMFIP_HDR_LEADSPC: verbatim, folds LF. */
enum gateway_answer gateway_session_header(
    struct gateway_session *session, const char *name, const char *value);
enum gateway_answer gateway_session_end_of_header(
    struct gateway_session *session, struct gateway_mta *mta);
enum gateway_answer gateway_session_body(
    struct gateway_session *session, const void *data, size_t len);
enum gateway_answer gateway_session_end_of_message(
    struct gateway_session *session, struct gateway_mta *mta);

/* The message in hand is none any more. */
void gateway_session_abort(struct gateway_session *session);

#endif
