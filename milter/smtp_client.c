/*
 * smtp_client.c - hand one message to the MTA's re-injection listener.  RFC 5321, RFC 1870 (SIZE),
 * RFC 6152 (8BITMIME), RFC 6531 (SMTPUTF8), RFC 3461 (DSN), RFC 2920 (PIPELINING), Postfix's
 * XFORWARD.
 * Memory: the wire's buffers. Refuses addresses that could end a command, and to send to some
 * recipients when others have to wait.
 */
#include "smtp_client.h"

#include "smtp_args.h"
#include "smtp_wire.h"
#include <stdio.h>

#define GOODBYE_MS 1000
#define AHEAD_MOST 50 /* commands without an answer: theirs fit into any socket's buffer */

/* What the server said after EHLO. */
struct offers {
	bool size, eight_bit, smtputf8, dsn, pipelining;
	bool xforward_name, xforward_addr, xforward_helo, xforward_ident, xforward_source;
};

/* One dialogue. */
struct dialogue {
	const struct gateway_smtp_server *server;
	const struct gateway_smtp_mail *mail;
	struct gateway_smtp_wire *wire;
	struct offers offers;
	struct gateway_smtp_reply reply;
	bool has_envelope; /* MAIL was said */
	size_t accepted;   /* recipients */
	bool in_message;   /* between DATA's answer and the final dot's */
	struct gateway_smtp_result *result;
	struct smime_diag *diag;
};

static void
note_refusal(struct dialogue *d)
{
	const struct gateway_smtp_reply *reply = &d->reply;

	(void)snprintf(d->result->code, sizeof d->result->code, "%d", reply->code);
	(void)snprintf(d->result->xcode, sizeof d->result->xcode, "%s", reply->xcode);
	(void)snprintf(d->result->text, sizeof d->result->text, "%s", reply->text);
}

/* The reply is no success: not now, or never. What is said before MAIL is not about the message: it
 * may go when the listener is what it should be. */
static enum smime_status
refused(struct dialogue *d, const char *at)
{
	const struct gateway_smtp_reply *reply = &d->reply;

	note_refusal(d);
	return smime_fail(d->diag,
	    reply->code >= 500 && d->has_envelope ? SMIME_E_UNSUPPORTED : SMIME_E_SYSTEM, "refused",
	    "the re-injection listener answers %s with %d %s %.150s", at, reply->code, reply->xcode,
	    reply->text);
}

/* Read a reply that must be of class `want` (2 or 3). */
static enum smime_status
expect(struct dialogue *d, int want, const char *at)
{
	SMIME_TRY(gateway_smtp_read(d->wire, &d->reply, NULL, NULL, d->diag));
	return d->reply.code / 100 == want ? SMIME_OK : refused(d, at);
}

/* ---- EHLO ---- */

static bool
begins_with(const char *text, const char *keyword)
{
	size_t len = strcspn(text, " ");

	return smime_bytes_is(smime_bytes(text, len), keyword);
}

static void
note_offer(void *arg, const char *text)
{
	struct offers *o = arg;

	o->size |= begins_with(text, "SIZE");
	o->eight_bit |= begins_with(text, "8BITMIME");
	o->smtputf8 |= begins_with(text, "SMTPUTF8");
	o->dsn |= begins_with(text, "DSN");
	o->pipelining |= begins_with(text, "PIPELINING");
	if (!begins_with(text, "XFORWARD"))
		return;
	o->xforward_name = gateway_smtp_has_arg(text, "NAME");
	o->xforward_addr = gateway_smtp_has_arg(text, "ADDR");
	o->xforward_helo = gateway_smtp_has_arg(text, "HELO");
	o->xforward_ident = gateway_smtp_has_arg(text, "IDENT");
	o->xforward_source = gateway_smtp_has_arg(text, "SOURCE");
}

static enum smime_status
greet(struct dialogue *d)
{
	SMIME_TRY(expect(d, 2, "the connection"));
	SMIME_TRY(gateway_smtp_command(d->wire, "EHLO %s", d->server->helo));
	SMIME_TRY(gateway_smtp_read(d->wire, &d->reply, note_offer, &d->offers, d->diag));
	return d->reply.code / 100 == 2 ? SMIME_OK : refused(d, "EHLO");
}

/* ---- XFORWARD ---- */

/* One attribute a line, because lines have a limit. */
static enum smime_status
forward(struct dialogue *d, bool offered, const char *attribute, const char *value)
{
	SMIME_AUTO_BUF text = { 0 };

	if (!offered)
		return SMIME_OK;
	if (*value)
		SMIME_TRY(gateway_smtp_xtext(value, &text));
	else
		SMIME_TRY(smime_buf_appendf(&text, "[UNAVAILABLE]"));
	SMIME_TRY(gateway_smtp_command(d->wire, "XFORWARD %s=%.*s", attribute,
	    (int)(text.len < 250 ? text.len : 250), text.data));
	/* It is for the log only: a refusal does not matter. */
	return gateway_smtp_read(d->wire, &d->reply, NULL, NULL, d->diag);
}

static enum smime_status
forward_client(struct dialogue *d)
{
	const struct gateway_smtp_mail *mail = d->mail;
	SMIME_AUTO_BUF ip = { 0 };
	const char *prefix = strchr(mail->client_ip, ':') ? "IPv6:" : "";

	SMIME_TRY(smime_buf_appendf(&ip, "%s%s", *mail->client_ip ? prefix : "", mail->client_ip));
	SMIME_TRY(smime_buf_terminate(&ip));
	SMIME_TRY(forward(d, d->offers.xforward_name, "NAME", mail->client_name));
	SMIME_TRY(forward(d, d->offers.xforward_addr, "ADDR", (const char *)ip.data));
	SMIME_TRY(forward(d, d->offers.xforward_helo, "HELO", mail->client_helo));
	SMIME_TRY(forward(d, d->offers.xforward_ident, "IDENT", mail->queue_id));
	return forward(d, d->offers.xforward_source, "SOURCE", "REMOTE");
}

/* ---- the envelope ---- */

static enum smime_status
unsendable(struct dialogue *d, const char *what)
{
	(void)snprintf(d->result->code, sizeof d->result->code, "550");
	(void)snprintf(d->result->xcode, sizeof d->result->xcode, "5.1.7");
	(void)snprintf(d->result->text, sizeof d->result->text, "%s", what);
	return smime_fail(d->diag, SMIME_E_UNSUPPORTED, "address", "%s", what);
}

static bool
needs_smtputf8(const struct gateway_smtp_mail *mail)
{
	if (gateway_smtp_has_arg(mail->args, "SMTPUTF8") || !gateway_smtp_is_ascii(mail->from))
		return true;
	for (size_t i = 0; i < mail->recipient_count; i++)
		if (!gateway_smtp_is_ascii(mail->recipients[i].address))
			return true;
	return false;
}

/* Without RET=HDRS a report of non-delivery would return what was decrypted (R-DEC-DSN). */
static enum smime_status
check_reports(struct dialogue *d)
{
	const struct gateway_smtp_mail *mail = d->mail;

	if (!mail->headers_only || d->offers.dsn || *mail->from == 0)
		return SMIME_OK;
	return smime_fail(d->diag, SMIME_E_SYSTEM, "dsn",
	    "the re-injection listener does not offer DSN, without which a report of non-delivery "
	    "would return decrypted text");
}

static enum smime_status
say_mail(struct dialogue *d)
{
	const struct gateway_smtp_mail *mail = d->mail;
	SMIME_AUTO_BUF args = { 0 };

	if (d->offers.size && mail->size > 0)
		SMIME_TRY(smime_buf_appendf(&args, " SIZE=%llu", (unsigned long long)mail->size));
	if (d->offers.eight_bit && mail->eight_bit)
		SMIME_TRY(smime_buf_appendf(&args, " BODY=8BITMIME"));
	if (needs_smtputf8(mail)) {
		if (!d->offers.smtputf8)
			return unsendable(d, "SMTPUTF8 is needed, but was not offered");
		SMIME_TRY(smime_buf_appendf(&args, " SMTPUTF8"));
	}
	if (d->offers.dsn)
		SMIME_TRY(gateway_smtp_dsn_args(mail->args, mail->headers_only, &args));
	SMIME_TRY(smime_buf_terminate(&args));
	d->has_envelope = true;
	return gateway_smtp_command(
	    d->wire, "MAIL FROM:<%s>%s", mail->from, (const char *)args.data);
}

static enum smime_status
say_rcpt(struct dialogue *d, const struct gateway_smtp_recipient *recipient)
{
	static const char *const kept[] = { "NOTIFY", "ORCPT", NULL };
	SMIME_AUTO_BUF args = { 0 };

	if (d->offers.dsn)
		SMIME_TRY(gateway_smtp_keep_args(recipient->args, kept, &args));
	SMIME_TRY(smime_buf_terminate(&args));
	return gateway_smtp_command(
	    d->wire, "RCPT TO:<%s>%s", recipient->address, (const char *)args.data);
}

/* The answer to MAIL (n is 0) or to the n-th RCPT. One recipient who is refused for good does not
 * keep the message from the others; one who has to wait does. */
static enum smime_status
judge_reply(struct dialogue *d, size_t n)
{
	bool is_good = d->reply.code / 100 == 2;

	if (n == 0)
		return is_good ? SMIME_OK : refused(d, "MAIL");
	d->accepted += is_good;
	if (is_good)
		return SMIME_OK;
	if (d->reply.code < 500 || !d->mail->refused)
		return refused(d, "RCPT");
	note_refusal(d);
	return d->mail->refused(d->mail->refused_arg, n - 1, d->result);
}

/* MAIL and every RCPT, together where the server allows it (RFC 2920). DATA waits for the last
 * answer. What is said after a failure does not count, but answers to what was said before it are
 * still read. */
static enum smime_status
say_and_hear(struct dialogue *d)
{
	size_t ahead = d->offers.pipelining ? AHEAD_MOST : 1;
	size_t all = 1 + d->mail->recipient_count;
	enum smime_status status = SMIME_OK;

	for (size_t said = 0, heard = 0; heard < said || (said < all && status == SMIME_OK);) {
		if (said < all && said - heard < ahead && status == SMIME_OK) {
			SMIME_TRY(
			    said == 0 ? say_mail(d) : say_rcpt(d, &d->mail->recipients[said - 1]));
			said++;
			continue;
		}
		if (gateway_smtp_read(d->wire, &d->reply, NULL, NULL, status ? NULL : d->diag) !=
		    SMIME_OK)
			return status ? status : SMIME_E_SYSTEM;
		if (status == SMIME_OK)
			status = judge_reply(d, heard);
		heard++;
	}
	return status;
}

static enum smime_status
send_envelope(struct dialogue *d)
{
	SMIME_TRY(say_and_hear(d));
	return d->accepted > 0 ? SMIME_OK : refused(d, "every RCPT, the last one");
}

static enum smime_status
check_addresses(struct dialogue *d)
{
	const struct gateway_smtp_mail *mail = d->mail;
	bool safe = gateway_smtp_address_is_safe(mail->from) && mail->recipient_count > 0;

	for (size_t i = 0; i < mail->recipient_count; i++)
		safe = safe && *mail->recipients[i].address &&
		       gateway_smtp_address_is_safe(mail->recipients[i].address);
	return safe ? SMIME_OK : unsendable(d, "an address that SMTP cannot carry");
}

/* ---- the message ---- */

/* "2.0.0 Ok: queued as 4XyZ" (Postfix) or "2.0.0 4AB Message accepted" (Sendmail): for the log. */
static void
note_queue_id(struct dialogue *d)
{
	static const char queued[] = "queued as ";
	const char *id = strstr(d->reply.text, queued);

	id = id ? id + strlen(queued) : d->reply.text;
	(void)snprintf(
	    d->result->queue_id, sizeof d->result->queue_id, "%.*s", (int)strcspn(id, " "), id);
}

static enum smime_status
send_message(struct dialogue *d)
{
	struct smime_stage *data = gateway_smtp_data(d->wire);
	enum smime_status status;

	SMIME_TRY(gateway_smtp_command(d->wire, "DATA"));
	SMIME_TRY(expect(d, 3, "DATA"));
	d->in_message = true;
	status = d->mail->write(d->mail->arg, data);
	/* Half a message must not end with a dot: closing the connection takes it back. */
	if (status != SMIME_OK)
		return smime_fail(d->diag, SMIME_E_SYSTEM, "connection",
		    "the message could not be sent to the re-injection listener");
	gateway_smtp_set_timeout(d->wire, d->server->command_ms * 5);
	SMIME_TRY(gateway_smtp_read(d->wire, &d->reply, NULL, NULL, d->diag));
	d->in_message = false;
	if (d->reply.code / 100 != 2)
		return refused(d, "the message");
	note_queue_id(d);
	return SMIME_OK;
}

/* Whatever was said is decided: the goodbye is politeness. Not within a message, where it would be
 * taken for text. */
static void
say_goodbye(struct dialogue *d)
{
	struct gateway_smtp_reply ignored;

	if (!d->wire || d->in_message || gateway_smtp_command(d->wire, "QUIT") != SMIME_OK)
		return;
	gateway_smtp_set_timeout(d->wire, GOODBYE_MS);
	(void)!gateway_smtp_read(d->wire, &ignored, NULL, NULL, NULL);
}

static enum smime_status
converse(struct dialogue *d)
{
	SMIME_TRY(check_addresses(d));
	SMIME_TRY(gateway_smtp_connect(
	    d->server->host, d->server->port, d->server->command_ms, &d->wire, d->diag));
	SMIME_TRY(greet(d));
	SMIME_TRY(check_reports(d));
	SMIME_TRY(forward_client(d));
	SMIME_TRY(send_envelope(d));
	return send_message(d);
}

enum smime_status
gateway_smtp_send(const struct gateway_smtp_server *server, const struct gateway_smtp_mail *mail,
    struct gateway_smtp_result *result, struct smime_diag *diag)
{
	struct dialogue d = { .server = server, .mail = mail, .result = result, .diag = diag };
	enum smime_status status;

	*result = (struct gateway_smtp_result){ 0 };
	status = converse(&d);
	result->unanswered = d.in_message;
	say_goodbye(&d);
	gateway_smtp_wire_free(&d.wire);
	if (status != SMIME_OK && diag && diag->status == SMIME_OK)
		(void)smime_fail(diag, SMIME_E_SYSTEM, NULL, "no memory for the re-injection");
	return status;
}
