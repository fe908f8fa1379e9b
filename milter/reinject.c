/*
 * reinject.c - hand copies, reports and notices back to the MTA before this message is touched.
 * DESIGN section 10: first journal that it begins, inject, journal the 250, then edit, then answer.
 * A crash in between makes the client try again, and the journal keeps the retry from handing a
 * copy over twice (policy/journal.c has the table). Memory: headers, and who was refused.
 */
#include "reinject.h"

#include "clock.h"
#include "dsn.h"
#include "edit.h"
#include "parcel.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct work {
	const struct gateway_reinjection *r;
	struct gateway_way way;
	const struct policy_header *received; /* as it came: reports return it */
	struct gateway_smtp_result *refusal;
	struct smime_diag *diag;
};

static enum smime_status
no_memory(struct work *w)
{
	return smime_fail(w->diag, SMIME_E_SYSTEM, NULL, "no memory for a copy of the message");
}

/* ---- copies ---- */

/* What of a copy can be known to fail before anything leaves. The hold queue is beyond the reach of
 * SMTP. */
static enum smime_status
check_copy(struct work *w, const struct policy_copy *copy)
{
	__attribute__((cleanup(gateway_edit_reset))) struct gateway_edit edit = { 0 };
	uint64_t limit = w->r->gateway->size_max;

	if (copy->quarantine)
		return smime_fail(w->diag, SMIME_E_SYSTEM, "hold",
		    "more than one copy of the message is to be quarantined, and only one can be");
	SMIME_TRY(gateway_edit_make(w->r->message, copy, &edit, w->diag));
	if (limit == 0 || gateway_edit_size(w->r->message, &edit) <= limit)
		return SMIME_OK;
	return smime_fail(w->diag, SMIME_E_LIMIT, NULL,
	    "a copy of the message would grow over the limit of %llu octets",
	    (unsigned long long)limit);
}

static void
free_recipients(struct gateway_smtp_recipient **recipients)
{
	free(*recipients);
}

/* A copy on its way. */
struct leaving {
	struct work *work;
	const struct policy_copy *copy;
	size_t refused_before; /* recipients of other copies */
};

static enum smime_status
note_refused(void *arg, size_t i, const struct gateway_smtp_result *how)
{
	struct leaving *leaving = arg;

	gateway_attempt_refuse_one(leaving->work->r->attempt, i);
	return gateway_refusals_add(leaving->work->r->refusals, leaving->copy->recipients[i],
	    how->code, how->xcode, how->text);
}

static bool
is_refused(const struct leaving *leaving, size_t recipient)
{
	const struct gateway_refusals *refusals = leaving->work->r->refusals;

	for (size_t i = leaving->refused_before; i < refusals->count; i++)
		if (refusals->item[i].recipient == recipient)
			return true;
	return false;
}

/* The MTA wants it for nobody: each of those whom it has not refused by himself hears why. */
static enum smime_status
note_all_refused(const struct leaving *leaving, const struct gateway_smtp_result *how)
{
	for (size_t i = 0; i < leaving->copy->recipient_count; i++)
		if (!is_refused(leaving, leaving->copy->recipients[i]))
			SMIME_TRY(gateway_refusals_add(leaving->work->r->refusals,
			    leaving->copy->recipients[i], how->code, how->xcode, how->text));
	return SMIME_OK;
}

/* What the MTA refuses for good is no failure: who is refused stands in the list. */
static enum smime_status
hand_over_copy(
    struct leaving *leaving, struct gateway_smtp_mail *mail, struct gateway_parcel *parcel)
{
	struct work *w = leaving->work;
	struct smime_diag why = { 0 };
	enum smime_status status;

	mail->refused = note_refused;
	mail->refused_arg = leaving;
	status = gateway_parcel_hand_over(&w->way, mail, parcel, w->refusal, &why);
	if (status == SMIME_OK)
		*w->r->has_left = true;
	else if (status == SMIME_E_UNSUPPORTED)
		return note_all_refused(leaving, w->refusal) == SMIME_OK ? SMIME_OK : no_memory(w);
	else if (w->diag)
		*w->diag = why;
	return status;
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
	struct leaving leaving = { w, copy, w->r->refusals->count };
	SMIME_AUTO_BUF received = { 0 };
	struct gateway_parcel parcel;

	if (!recipients || gateway_parcel_received(message, w->way.hostname, &received) != SMIME_OK)
		return no_memory(w);
	for (size_t i = 0; i < copy->recipient_count; i++) {
		recipients[i].address = message->recipients[copy->recipients[i]].address;
		recipients[i].args = message->recipients[copy->recipients[i]].args;
		SMIME_TRY(gateway_attempt_add(
		    w->r->attempt, GATEWAY_COPY, recipients[i].address, w->diag));
	}
	SMIME_TRY(gateway_edit_make(message, copy, &edit, w->diag));
	mail.headers_only = edit.decrypted;
	parcel = (struct gateway_parcel){ .received = (const char *)received.data,
		.header = edit.header,
		.body = edit.entity ? edit.entity : message->spool,
		.body_at = edit.entity ? edit.body_at : edit.header->body_at };
	return hand_over_copy(&leaving, &mail, &parcel);
}

static enum smime_status
for_each_copy(
    struct work *w, enum smime_status (*what)(struct work *w, const struct policy_copy *copy))
{
	const struct policy_outcome *outcome = w->r->judgement->outcome;

	for (size_t i = 0; i < outcome->copy_count; i++)
		if (i != w->r->in_place && outcome->copies[i].recipient_count > 0)
			SMIME_TRY(what(w, &outcome->copies[i]));
	return SMIME_OK;
}

/* ---- reports ---- */

static bool
anybody_wants(const struct policy_message *message, const struct gateway_refusals *refusals)
{
	for (size_t i = 0; i < refusals->count; i++)
		if (gateway_dsn_is_wanted(&message->recipients[refusals->item[i].recipient]))
			return true;
	return false;
}

static enum smime_status
write_report(
    const struct work *w, const struct gateway_refusals *refusals, struct smime_spool **out)
{
	const struct gateway_dsn dsn = { .message = w->r->message,
		.header = w->received,
		.refusals = refusals,
		.hostname = w->way.hostname,
		.postmaster = w->r->judgement->site.postmaster,
		.now = time(NULL) };

	SMIME_TRY(smime_spool_new(&w->r->gateway->spool, out));
	return gateway_dsn_write(&dsn, *out);
}

/* Of ours, from the null sender, to one. */
static enum smime_status
hand_over_own(struct work *w, const char *to, struct smime_spool *octets)
{
	const struct gateway_smtp_recipient recipient = { to, "NOTIFY=NEVER" };
	struct gateway_smtp_mail mail = {
		.from = "", .args = "", .recipients = &recipient, .recipient_count = 1
	};
	struct gateway_parcel parcel = { .body = octets };

	return gateway_parcel_hand_over(&w->way, &mail, &parcel, w->refusal, w->diag);
}

/* RFC 5321 s6.1: nobody is told about mail from the null sender. */
static enum smime_status
report(struct work *w, const struct gateway_refusals *refusals)
{
	const struct policy_message *message = w->r->message;
	SMIME_AUTO(smime_spool) octets = NULL;

	if (*message->mail_from == 0 || !anybody_wants(message, refusals))
		return SMIME_OK;
	if (write_report(w, refusals, &octets) != SMIME_OK)
		return no_memory(w);
	for (size_t i = 0; i < refusals->count; i++)
		SMIME_TRY(gateway_attempt_add(w->r->attempt, GATEWAY_BOUNCE,
		    message->recipients[refusals->item[i].recipient].address, w->diag));
	SMIME_TRY(hand_over_own(w, message->mail_from, octets));
	*w->r->has_left = true;
	return SMIME_OK;
}

static enum smime_status
report_bounce(struct work *w, const struct policy_bounce *bounce)
{
	struct gateway_refusals refusals = { 0 };
	enum smime_status status = SMIME_OK;

	for (size_t i = 0; status == SMIME_OK && i < bounce->recipient_count; i++)
		status = gateway_refusals_add(
		    &refusals, bounce->recipients[i], bounce->code, bounce->xcode, bounce->text);
	status = status == SMIME_OK ? report(w, &refusals) : no_memory(w);
	gateway_refusals_reset(&refusals);
	return status;
}

/* ---- notices ---- */

static enum smime_status
send_notice(struct work *w, size_t i)
{
	const struct policy_notice *notice = &w->r->judgement->outcome->notices[i];
	char kind[32];
	bool sent;

	(void)snprintf(kind, sizeof kind, "notice %zu", i);
	SMIME_TRY(gateway_attempt_was_sent(w->r->attempt, kind, notice->to, &sent, w->diag));
	if (sent)
		return SMIME_OK;
	SMIME_TRY(gateway_attempt_add(w->r->attempt, kind, notice->to, w->diag));
	return hand_over_own(w, notice->to, notice->octets);
}

static enum smime_status
send_notices(struct work *w)
{
	for (size_t i = 0; i < w->r->judgement->outcome->notice_count; i++)
		SMIME_TRY(send_notice(w, i));
	return SMIME_OK;
}

/* ---- the whole ---- */

/* All that can fail by itself comes before the first copy leaves. */
static enum smime_status
send_all(struct work *w)
{
	const struct policy_outcome *outcome = w->r->judgement->outcome;

	SMIME_TRY(for_each_copy(w, check_copy));
	SMIME_TRY(for_each_copy(w, reinject_copy));
	for (size_t i = 0; i < outcome->bounce_count; i++)
		SMIME_TRY(report_bounce(w, &outcome->bounces[i]));
	SMIME_TRY(report(w, w->r->refusals));
	return send_notices(w);
}

static enum smime_status
send_report(struct work *w)
{
	return report(w, w->r->refusals);
}

/* Whose name we give, and the header as it came. */
static enum smime_status
prepare(const struct gateway_reinjection *r, struct gateway_smtp_result *refusal,
    struct smime_diag *diag, enum smime_status (*send)(struct work *w))
{
	const char *name = r->mta->ops->macro(r->mta, "j");
	SMIME_AUTO(policy_header) received = NULL;
	struct work w = { .r = r,
		.way = { .site = &r->judgement->site,
		    .hostname = name && *name ? name : r->gateway->hostname,
		    .mta = r->mta,
		    .message = r->message,
		    .attempt = r->attempt },
		.refusal = refusal,
		.diag = diag };
	struct smime_bytes view;

	*refusal = (struct gateway_smtp_result){ 0 };
	SMIME_TRY(smime_spool_view(r->message->spool, &view, diag));
	SMIME_TRY(policy_header_read(view, &received, diag));
	w.received = received;
	return send(&w);
}

enum smime_status
gateway_reinject(const struct gateway_reinjection *r, struct gateway_smtp_result *refusal,
    struct smime_diag *diag)
{
	const struct policy_outcome *outcome = r->judgement->outcome;

	if (outcome->copy_count < 2 && outcome->bounce_count == 0 && outcome->notice_count == 0 &&
	    r->refusals->count == 0)
		return SMIME_OK;
	return prepare(r, refusal, diag, send_all);
}

enum smime_status
gateway_reinject_notices(const struct gateway_reinjection *r, struct gateway_smtp_result *refusal,
    struct smime_diag *diag)
{
	return prepare(r, refusal, diag, send_notices);
}

enum smime_status
gateway_reinject_report(const struct gateway_reinjection *r, struct gateway_smtp_result *refusal,
    struct smime_diag *diag)
{
	return prepare(r, refusal, diag, send_report);
}
