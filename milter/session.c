/*
 * session.c - one connection of an SMTP client, as the MTA tells it, message by message.
 * Memory: a few strings and the message in hand. Decides nothing; failures wait in the collected
 * message until its end (collect.c), where finish.c answers.
 */
#include "session.h"

#include "clock.h"
#include "collect.h"
#include "finish.h"
#include "reply.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct gateway_session {
	struct gateway *gateway;
	/* Kept from connect and HELO for every message of this connection. */
	char *client_ip, *client_name, *listener, *helo;
	int listener_port;
	bool failed; /* no memory for one of them */
	struct gateway_collect collect;
	int64_t begun_ms; /* when the message in hand began */
};

enum smime_status
gateway_session_new(struct gateway *gateway, struct gateway_session **out)
{
	struct gateway_session *session = calloc(1, sizeof *session);

	*out = session;
	if (!session)
		return SMIME_E_SYSTEM;
	session->gateway = gateway;
	return SMIME_OK;
}

void
gateway_session_free(struct gateway_session **session)
{
	if (!*session)
		return;
	gateway_collect_reset(&(*session)->collect);
	free((*session)->client_ip);
	free((*session)->client_name);
	free((*session)->listener);
	free((*session)->helo);
	free(*session);
	*session = NULL;
}

static void
keep(struct gateway_session *session, char **field, const char *value)
{
	free(*field);
	*field = strdup(value ? value : "");
	if (!*field)
		session->failed = true;
}

/* ---- the connection ---- */

/* The client's address as text; "" when it has none. */
static void
address_text(const struct sockaddr *address, char *out, socklen_t out_size)
{
	const void *in = NULL;

	*out = 0;
	if (!address)
		return;
	if (address->sa_family == AF_INET)
		in = &((const struct sockaddr_in *)(const void *)address)->sin_addr;
	else if (address->sa_family == AF_INET6)
		in = &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
	if (in)
		(void)inet_ntop(address->sa_family, in, out, out_size);
}

/* The client's name if the MTA has verified it: its address leads to the name and the name back to
 * the address. Postfix and Sendmail both say so with {client_resolve}; one that does not say it
 * has looked up nothing. */
static const char *
verified_name(struct gateway_mta *mta, const char *host)
{
	const char *resolved = mta->ops->macro(mta, "{client_resolve}");
	const char *name = mta->ops->macro(mta, "{client_name}");

	if (!name)
		name = host;
	if (!name || !resolved || strcmp(resolved, "OK") != 0 || *name == '[')
		return "";
	return strcmp(name, "unknown") == 0 ? "" : name;
}

/* The listener is asked for here, because at end of message Postfix gives the name that main.cf
 * has, not the one of the listener's own line in master.cf. */
static void
keep_listener(struct gateway_session *session, struct gateway_mta *mta)
{
	const char *port = mta->ops->macro(mta, "{daemon_port}");

	keep(session, &session->listener, mta->ops->macro(mta, "{daemon_name}"));
	session->listener_port = port ? (int)strtol(port, NULL, 10) : 0;
}

static bool
is_loopback(const char *ip)
{
	return strncmp(ip, "127.", 4) == 0 || strcmp(ip, "::1") == 0;
}

enum gateway_answer
gateway_session_connect(struct gateway_session *session, struct gateway_mta *mta, const char *host,
    const struct sockaddr *address)
{
	const struct gateway *gateway = session->gateway;
	char ip[INET6_ADDRSTRLEN];
	const char *given = mta->ops->macro(mta, "{client_addr}");

	if (gateway_gate_is_closed(gateway->gate))
		return GATEWAY_TEMPFAIL;
	address_text(address, ip, sizeof ip);
	/* Sendmail writes "IPv6:2001:db8::1". */
	if (*ip == 0 && given)
		(void)snprintf(
		    ip, sizeof ip, "%s", strncasecmp(given, "IPv6:", 5) == 0 ? given + 5 : given);
	keep(session, &session->client_ip, ip);
	keep(session, &session->client_name, verified_name(mta, host));
	keep_listener(session, mta);
	if (session->failed)
		return GATEWAY_TEMPFAIL;
	if (gateway->exempt && strcmp(session->listener, gateway->exempt) == 0 && is_loopback(ip))
		return GATEWAY_ACCEPT;
	return GATEWAY_CONTINUE;
}

enum gateway_answer
gateway_session_helo(struct gateway_session *session, const char *name)
{
	keep(session, &session->helo, name);
	return session->failed ? GATEWAY_TEMPFAIL : GATEWAY_CONTINUE;
}

/* ---- the message ---- */

/* An address without the brackets that SMTP clients send and local submission does not; the null
 * sender is "" either way. */
static void
set_sender(struct gateway_collect *collect, const char *given)
{
	SMIME_AUTO_BUF bare = { 0 };
	size_t len = strlen(given);

	if (len >= 2 && given[0] == '<' && given[len - 1] == '>') {
		given++;
		len -= 2;
	}
	gateway_collect_fail(collect, smime_buf_append(&bare, given, len));
	gateway_collect_fail(collect, smime_buf_terminate(&bare));
	if (collect->failure.status == SMIME_OK)
		gateway_collect_set(collect, &collect->message->mail_from, (const char *)bare.data);
}

static void
set_mail_args(struct gateway_collect *collect, char *const *args)
{
	SMIME_AUTO_BUF joined = { 0 };

	gateway_collect_fail(collect, gateway_join_args(args, &joined));
	if (collect->failure.status == SMIME_OK)
		gateway_collect_set(
		    collect, &collect->message->mail_args, (const char *)joined.data);
}

/* Sendmail has the queue id from the start; Postfix only from DATA on. */
static void
set_queue_id(struct gateway_collect *collect, struct gateway_mta *mta)
{
	const char *id = mta->ops->macro(mta, "i");

	if (id && collect->message)
		gateway_collect_set(collect, &collect->message->queue_id, id);
}

enum gateway_answer
gateway_session_mail(struct gateway_session *session, struct gateway_mta *mta, char *const *argv)
{
	struct gateway_collect *collect = &session->collect;

	session->begun_ms = gateway_now_ms();
	gateway_collect_begin(collect, &session->gateway->spool, time(NULL));
	if (!collect->message)
		return GATEWAY_CONTINUE;
	gateway_collect_set(collect, &collect->message->client_ip, session->client_ip);
	gateway_collect_set(collect, &collect->message->client_name, session->client_name);
	gateway_collect_set(collect, &collect->message->listener, session->listener);
	gateway_collect_set(collect, &collect->message->helo, session->helo);
	/* A client may authenticate between two messages. */
	gateway_collect_set(
	    collect, &collect->message->auth_user, mta->ops->macro(mta, "{auth_authen}"));
	set_queue_id(collect, mta);
	set_sender(collect, argv[0]);
	set_mail_args(collect, argv + 1);
	return GATEWAY_CONTINUE;
}

enum gateway_answer
gateway_session_rcpt(struct gateway_session *session, char *const *argv)
{
	gateway_collect_recipient(&session->collect, argv[0], argv + 1);
	return GATEWAY_CONTINUE;
}

enum gateway_answer
gateway_session_header(struct gateway_session *session, const char *name, const char *value)
{
	gateway_collect_header(&session->collect, name, value);
	return GATEWAY_CONTINUE;
}

enum gateway_answer
gateway_session_end_of_header(struct gateway_session *session, struct gateway_mta *mta)
{
	set_queue_id(&session->collect, mta);
	gateway_collect_octets(&session->collect, "\r\n", 2);
	return GATEWAY_CONTINUE;
}

enum gateway_answer
gateway_session_body(struct gateway_session *session, const void *data, size_t len)
{
	gateway_collect_octets(&session->collect, data, len);
	return GATEWAY_CONTINUE;
}

enum gateway_answer
gateway_session_end_of_message(struct gateway_session *session, struct gateway_mta *mta)
{
	struct gateway_arrived arrived = {
		.collect = &session->collect,
		.from_loopback = is_loopback(session->client_ip ? session->client_ip : ""),
		.listener_port = session->listener_port,
	};
	enum gateway_answer answer;

	set_queue_id(&session->collect, mta);
	answer = gateway_finish(session->gateway, mta, &arrived);
	gateway_collect_reset(&session->collect);
	return answer;
}

void
gateway_session_abort(struct gateway_session *session)
{
	const struct policy_message *message = session->collect.message;

	if (message && session->collect.has_data)
		gateway_log_line(session->gateway->log, GATEWAY_INFO, "%s: action=aborted ms=%lld",
		    *message->queue_id ? message->queue_id : "NOQUEUE",
		    (long long)(gateway_now_ms() - session->begun_ms));
	gateway_collect_reset(&session->collect);
}
