/*
 * reinject.c - hand copies and bounces back to the MTA before this message is touched.
 * DESIGN section 10: first journal that it begins, inject, journal the 250, then edit, then answer.
 * A crash in between makes the client try again, and the journal keeps the retry from handing a
 * copy over twice (policy/journal.c has the table). Memory: headers; bodies are pushed from their
 * spools.
 */
#include "reinject.h"

#include "clock.h"
#include "dsn.h"
#include "edit.h"
#include "stage_eol.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define COMMAND_MS 30000

struct work {
	const struct gateway_reinjection *r;
	const char *hostname; /* the MTA's, as the world knows it; else the machine's */
	struct gateway_smtp_result *refusal;
	struct smime_diag *diag;
};

/* One thing to hand over: the octets. */
struct parcel {
	const char *received;               /* a field of ours, before all others; NULL: none */
	const struct policy_header *header; /* NULL: body holds the header too */
	struct smime_spool *body;
	uint64_t body_at;
};

static enum smime_status
no_memory(struct work *w)
{
	return smime_fail(w->diag, SMIME_E_SYSTEM, NULL, "no memory for a copy of the message");
}

/* ---- octets ---- */

/* The body comes with any line ends; a bare CR would go out as it is (stage_eol.h). */
static enum smime_status
write_parcel(void *arg, struct smime_stage *out)
{
	const struct parcel *parcel = arg;
	SMIME_AUTO(smime_stage) eol = NULL;

	SMIME_TRY(gateway_stage_eol_new(out, &eol));
	if (parcel->received)
		SMIME_TRY(smime_push(eol, parcel->received, strlen(parcel->received)));
	if (parcel->header) {
		SMIME_TRY(policy_header_write(parcel->header, eol));
		SMIME_TRY(smime_push(eol, "\r\n", 2));
	}
	SMIME_TRY(smime_spool_push(parcel->body, parcel->body_at, UINT64_MAX, eol));
	return smime_finish(eol);
}

/* text without what could end or alter a field or comment. */
static enum smime_status
put_word(struct smime_buf *out, const char *text)
{
	for (; *text; text++)
		SMIME_TRY(smime_buf_append(out,
		    *text > ' ' && *text < 0x7F && !strchr("()<>\\\"", *text) ? text : "?", 1));
	return SMIME_OK;
}

/* The hop that brought us the message: its own Received field is the MTA's and not shown to us, and
 * the copy's will only tell of this machine.  RFC 5321 s4.4. */
static enum smime_status
make_received(const struct work *w, struct smime_buf *out)
{
	const struct policy_message *m = w->r->message;
	char date[GATEWAY_DATE_SIZE];

	gateway_date_text(m->received_at, date);
	SMIME_TRY(smime_buf_appendf(out, "Received: from "));
	SMIME_TRY(put_word(out, *m->helo ? m->helo : "unknown"));
	SMIME_TRY(smime_buf_appendf(out, " ("));
	SMIME_TRY(put_word(out, *m->client_name ? m->client_name : "unknown"));
	SMIME_TRY(smime_buf_appendf(out, " [%s%s])\r\n\tby %s (smime-milter) with ESMTP id ",
	    strchr(m->client_ip, ':') ? "IPv6:" : "", m->client_ip, w->hostname));
	SMIME_TRY(put_word(out, *m->queue_id ? m->queue_id : "unknown"));
	SMIME_TRY(smime_buf_appendf(out, ";\r\n\t%s\r\n", date));
	return smime_buf_terminate(out);
}

/* Whether any octet is over 127: what BODY=8BITMIME tells the next server. */
static enum smime_status
is_eight_bit(struct smime_spool *spool, uint64_t from, bool *out, struct smime_diag *diag)
{
	struct smime_bytes view;

	*out = false;
	SMIME_TRY(smime_spool_view(spool, &view, diag));
	for (size_t i = (size_t)from; i < view.len && !*out; i++)
		*out = view.data[i] >= 0x80;
	smime_spool_release(spool);
	return SMIME_OK;
}

/* ---- handing over ---- */

/* mail has its envelope; who stands there was added to the attempt. */
static enum smime_status
hand_over(struct work *w, struct gateway_smtp_mail *mail, struct parcel *parcel)
{
	const struct gateway_site *site = &w->r->judgement->site;
	const struct policy_message *message = w->r->message;
	const struct gateway_smtp_server server = {
		.host = site->reinject_host,
		.port = site->reinject_port,
		.helo = w->hostname,
		.command_ms = COMMAND_MS,
	};
	struct gateway_smtp_result result;
	enum smime_status status;

	/* If the MTA is gone, its message fails soon enough. */
	(void)!w->r->mta->ops->progress(w->r->mta);
	mail->client_name = message->client_name;
	mail->client_ip = message->client_ip;
	mail->client_helo = message->helo;
	mail->queue_id = message->queue_id;
	mail->size = smime_spool_size(parcel->body);
	mail->write = write_parcel;
	mail->arg = parcel;
	SMIME_TRY(is_eight_bit(parcel->body, parcel->body_at, &mail->eight_bit, w->diag));
	SMIME_TRY(gateway_attempt_begin(w->r->attempt, w->diag));
	status = gateway_smtp_send(&server, mail, &result, w->diag);
	if (status == SMIME_OK) {
		gateway_attempt_sent(w->r->attempt, result.queue_id);
		return SMIME_OK;
	}
	*w->refusal = result;
	if (!result.unanswered)
		gateway_attempt_refused(w->r->attempt);
	return status;
}

static enum smime_status
check_size(struct work *w, const struct gateway_edit *edit)
{
	uint64_t limit = w->r->gateway->size_max;

	if (limit == 0 || gateway_edit_size(w->r->message, edit) <= limit)
		return SMIME_OK;
	return smime_fail(w->diag, SMIME_E_LIMIT, NULL,
	    "a copy of the message would grow over the limit of %llu octets",
	    (unsigned long long)limit);
}

/* The hold queue is beyond the reach of SMTP. */
static enum smime_status
check_hold(struct work *w, const struct policy_copy *copy)
{
	if (!copy->quarantine)
		return SMIME_OK;
	return smime_fail(w->diag, SMIME_E_SYSTEM, "hold",
	    "more than one copy of the message is to be quarantined, and only one can be");
}

static void
free_recipients(struct gateway_smtp_recipient **recipients)
{
	free(*recipients);
}

static enum smime_status
reinject_copy(struct work *w, const struct policy_copy *copy)
{
	const struct policy_message *message = w->r->message;
	__attribute__((cleanup(gateway_edit_reset))) struct gateway_edit edit = { 0 };
	__attribute__((cleanup(free_recipients))) struct gateway_smtp_recipient *recipients =
	    calloc(copy->recipient_count + 1, sizeof *recipients);
	struct gateway_smtp_mail mail = { .from = message->mail_from,
		.args = message->mail_args,
		.recipients = recipients,
		.recipient_count = copy->recipient_count };
	SMIME_AUTO_BUF received = { 0 };
	struct parcel parcel;

	if (!recipients || make_received(w, &received) != SMIME_OK)
		return no_memory(w);
	SMIME_TRY(check_hold(w, copy));
	for (size_t i = 0; i < copy->recipient_count; i++) {
		recipients[i].address = message->recipients[copy->recipients[i]].address;
		recipients[i].args = message->recipients[copy->recipients[i]].args;
		SMIME_TRY(gateway_attempt_add(
		    w->r->attempt, GATEWAY_COPY, recipients[i].address, w->diag));
	}
	SMIME_TRY(gateway_edit_make(message, copy, &edit, w->diag));
	SMIME_TRY(check_size(w, &edit));
	mail.headers_only = edit.decrypted;
	parcel = (struct parcel){ .received = (const char *)received.data,
		.header = edit.header,
		.body = edit.entity ? edit.entity : message->spool,
		.body_at = edit.entity ? edit.body_at : edit.header->body_at };
	return hand_over(w, &mail, &parcel);
}

static bool
anybody_wants(const struct policy_message *message, const struct policy_bounce *bounce)
{
	for (size_t i = 0; i < bounce->recipient_count; i++)
		if (gateway_dsn_is_wanted(&message->recipients[bounce->recipients[i]]))
			return true;
	return false;
}

/* RFC 5321 s6.1: nobody is told about mail from the null sender. */
static enum smime_status
report_bounce(
    struct work *w, const struct policy_header *received, const struct policy_bounce *bounce)
{
	const struct policy_message *message = w->r->message;
	const struct gateway_dsn dsn = { .message = message,
		.header = received,
		.bounce = bounce,
		.hostname = w->hostname,
		.postmaster = w->r->judgement->site.postmaster,
		.now = time(NULL) };
	const struct gateway_smtp_recipient sender = { message->mail_from, "NOTIFY=NEVER" };
	struct gateway_smtp_mail mail = {
		.from = "", .args = "", .recipients = &sender, .recipient_count = 1
	};
	SMIME_AUTO(smime_spool) report = NULL;
	struct parcel parcel = { 0 };

	if (*message->mail_from == 0 || !anybody_wants(message, bounce))
		return SMIME_OK;
	if (smime_spool_new(&w->r->gateway->spool, &report) != SMIME_OK ||
	    gateway_dsn_write(&dsn, report) != SMIME_OK)
		return no_memory(w);
	parcel.body = report;
	for (size_t i = 0; i < bounce->recipient_count; i++)
		SMIME_TRY(gateway_attempt_add(w->r->attempt, GATEWAY_BOUNCE,
		    message->recipients[bounce->recipients[i]].address, w->diag));
	return hand_over(w, &mail, &parcel);
}

static enum smime_status
send_notice(struct work *w, size_t i)
{
	const struct policy_notice *notice = &w->r->judgement->outcome->notices[i];
	const struct gateway_smtp_recipient to = { notice->to, "NOTIFY=NEVER" };
	struct gateway_smtp_mail mail = {
		.from = "", .args = "", .recipients = &to, .recipient_count = 1
	};
	struct parcel parcel = { .body = notice->octets };
	char kind[32];
	bool sent;

	(void)snprintf(kind, sizeof kind, "notice %zu", i);
	SMIME_TRY(gateway_attempt_was_sent(w->r->attempt, kind, notice->to, &sent, w->diag));
	if (sent)
		return SMIME_OK;
	SMIME_TRY(gateway_attempt_add(w->r->attempt, kind, notice->to, w->diag));
	return hand_over(w, &mail, &parcel);
}

static enum smime_status
send_notices(struct work *w, const struct policy_header *received)
{
	(void)received;
	for (size_t i = 0; i < w->r->judgement->outcome->notice_count; i++)
		SMIME_TRY(send_notice(w, i));
	return SMIME_OK;
}

static enum smime_status
send_all(struct work *w, const struct policy_header *received)
{
	const struct policy_outcome *outcome = w->r->judgement->outcome;

	for (size_t i = 0; i < outcome->copy_count; i++)
		if (i != w->r->in_place && outcome->copies[i].recipient_count > 0)
			SMIME_TRY(reinject_copy(w, &outcome->copies[i]));
	for (size_t i = 0; i < outcome->bounce_count; i++)
		SMIME_TRY(report_bounce(w, received, &outcome->bounces[i]));
	return send_notices(w, received);
}

/* Whose name we give, and the header as it came, which reports return. */
static enum smime_status
prepare(
    struct work *w, enum smime_status (*send)(struct work *w, const struct policy_header *received))
{
	const char *name = w->r->mta->ops->macro(w->r->mta, "j");
	SMIME_AUTO(policy_header) received = NULL;
	struct smime_bytes view;

	w->hostname = name && *name ? name : w->r->gateway->hostname;
	SMIME_TRY(smime_spool_view(w->r->message->spool, &view, w->diag));
	SMIME_TRY(policy_header_read(view, &received, w->diag));
	return send(w, received);
}

enum smime_status
gateway_reinject(const struct gateway_reinjection *reinjection, struct gateway_smtp_result *refusal,
    struct smime_diag *diag)
{
	const struct policy_outcome *outcome = reinjection->judgement->outcome;
	struct work w = { .r = reinjection, .refusal = refusal, .diag = diag };

	*refusal = (struct gateway_smtp_result){ 0 };
	if (outcome->copy_count < 2 && outcome->bounce_count == 0 && outcome->notice_count == 0)
		return SMIME_OK;
	return prepare(&w, send_all);
}

enum smime_status
gateway_reinject_notices(const struct gateway_reinjection *reinjection,
    struct gateway_smtp_result *refusal, struct smime_diag *diag)
{
	struct work w = { .r = reinjection, .refusal = refusal, .diag = diag };

	*refusal = (struct gateway_smtp_result){ 0 };
	return prepare(&w, send_notices);
}
