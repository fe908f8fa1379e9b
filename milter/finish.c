/*
 * finish.c - the end of a message: ask policy, carry it out, answer, write the one log line.
 * DESIGN sections 8 and 9. Refuses to deliver after any failure of ours: 451, and the client comes
 * again. Every way through here writes exactly one line.
 */
#include "finish.h"

#include "clock.h"
#include "commit.h"
#include "finish_log.h"
#include "reinject.h"
#include "reply.h"

/* One message at its end, and what its log line will say. */
struct finish {
	struct gateway *gateway;
	struct gateway_mta *mta;
	const struct gateway_arrived *arrived;
	struct policy_message *message; /* NULL: no memory for one */
	struct gateway_judgement judgement;
	struct gateway_attempt *attempt;    /* NULL: nothing was to be sent */
	struct smime_buf reinjected;        /* queue ids */
	struct gateway_smtp_result refusal; /* by the MTA, of what was handed over; code "": none */
	struct gateway_refusals refusals; /* recipients who get nothing, beside policy's bounces */
	bool has_left; /* somebody has a copy, or the sender a report, of this attempt or another */
	int64_t begun_ms;       /* clock.h: its last octet had come */
	struct smime_diag diag; /* why it is not delivered; status SMIME_OK: no failure of ours */
};

void
gateway_judgement_reset(struct gateway_judgement *judgement)
{
	policy_outcome_free(&judgement->outcome);
	policy_snapshot_free(&judgement->snapshot);
}

/* ---- what is done ---- */

/* The MTA's own refusal of a message that has grown too large would come after our yes. */
static enum smime_status
check_size(struct finish *f, const struct gateway_edit *edit)
{
	uint64_t size = gateway_edit_size(f->message, edit);
	uint64_t limit = f->gateway->size_max;

	if (limit == 0 || size <= limit)
		return SMIME_OK;
	return smime_fail(&f->diag, SMIME_E_LIMIT, NULL,
	    "the message would grow to %llu octets, over the limit of %llu",
	    (unsigned long long)size, (unsigned long long)limit);
}

/* Which copy this message becomes: one that is to be quarantined, because only here the MTA can be
 * asked for that, or else the first; one that has recipients left. copy_count: none. */
static size_t
choose_in_place(const struct policy_outcome *outcome)
{
	size_t first = outcome->copy_count;

	for (size_t i = outcome->copy_count; i-- > 0;) {
		if (outcome->copies[i].recipient_count == 0)
			continue;
		if (outcome->copies[i].quarantine)
			return i;
		first = i;
	}
	return first;
}

/* Leave out of recipients who is settled already. reports: to those of whom it is not certain that
 * they are, the report goes again; NULL: they stay. */
static enum smime_status
skip_settled(struct finish *f, size_t *recipients, size_t *count, struct gateway_refusals *reports)
{
	size_t left = 0;

	for (size_t i = 0; i < *count; i++) {
		enum gateway_fate fate;

		SMIME_TRY(gateway_attempt_fate(
		    f->attempt, f->message->recipients[recipients[i]].address, &fate, &f->diag));
		f->has_left = f->has_left || fate != GATEWAY_OPEN;
		if (fate == GATEWAY_REPORTING && reports)
			SMIME_TRY(gateway_refusals_add(reports, recipients[i], "550", "5.0.0",
			    "refused at an earlier attempt to send this message"));
		else if (fate != GATEWAY_SETTLED)
			recipients[left++] = recipients[i];
	}
	*count = left;
	return SMIME_OK;
}

static enum smime_status
begin_attempt(struct finish *f)
{
	if (f->attempt)
		return SMIME_OK;
	return gateway_attempt_new(f->gateway, f->message, &f->reinjected, &f->attempt, &f->diag);
}

/* Who has got his copy, or of whom the sender has got a report, from an earlier attempt, is not
 * written to again. */
static enum smime_status
skip_sent(struct finish *f)
{
	struct policy_outcome *outcome = f->judgement.outcome;

	SMIME_TRY(begin_attempt(f));
	for (size_t i = 0; i < outcome->copy_count; i++)
		SMIME_TRY(skip_settled(f, outcome->copies[i].recipients,
		    &outcome->copies[i].recipient_count, &f->refusals));
	for (size_t i = 0; i < outcome->bounce_count; i++)
		SMIME_TRY(skip_settled(
		    f, outcome->bounces[i].recipients, &outcome->bounces[i].recipient_count, NULL));
	return SMIME_OK;
}

static enum smime_status
reinject(struct finish *f, size_t in_place, gateway_reinject_what *what)
{
	const struct gateway_reinjection others = {
		.gateway = f->gateway,
		.mta = f->mta,
		.message = f->message,
		.judgement = &f->judgement,
		.in_place = in_place,
		.attempt = f->attempt,
		.refusals = &f->refusals,
		.has_left = &f->has_left,
	};

	return what(&others, &f->refusal, &f->diag);
}

/* All that can fail by itself comes before the first copy leaves; the edits come last. */
static enum smime_status
deliver_in_place(struct finish *f, size_t in_place)
{
	const struct policy_copy *copy = &f->judgement.outcome->copies[in_place];
	__attribute__((cleanup(gateway_edit_reset))) struct gateway_edit edit = { 0 };

	SMIME_TRY(gateway_edit_make(f->message, copy, &edit, &f->diag));
	SMIME_TRY(check_size(f, &edit));
	SMIME_TRY(reinject(f, in_place, gateway_reinject));
	gateway_attempt_stay(f->attempt, copy->recipients, copy->recipient_count);
	return gateway_commit(f->mta, f->message, &edit, &f->diag);
}

static bool
has_recipient(const struct policy_outcome *outcome)
{
	return choose_in_place(outcome) < outcome->copy_count;
}

static enum smime_status
deliver(struct finish *f, enum gateway_answer *answer)
{
	const struct policy_outcome *outcome = f->judgement.outcome;

	*answer = GATEWAY_CONTINUE;
	if (!has_recipient(outcome))
		return smime_fail(&f->diag, SMIME_E_SYSTEM, "no-recipient",
		    "the outcome is to deliver, but to nobody");
	if (policy_outcome_merge(f->judgement.outcome) != SMIME_OK)
		return smime_fail(&f->diag, SMIME_E_SYSTEM, NULL, "no memory");
	SMIME_TRY(skip_sent(f));
	if (has_recipient(outcome))
		return deliver_in_place(f, choose_in_place(outcome));
	/* Everybody has a copy: there is nobody left to keep this message for. */
	*answer = GATEWAY_DISCARD;
	return reinject(f, outcome->copy_count, gateway_reinject);
}

/* Who is to be told is told of what is refused, too. */
static enum smime_status
send_notices(struct finish *f)
{
	if (f->judgement.outcome->notice_count == 0)
		return SMIME_OK;
	SMIME_TRY(begin_attempt(f));
	return reinject(f, 0, gateway_reinject_notices);
}

/* Our own copy came back: the re-injection listener has this milter. Passing it on untouched would
 * be right for the copy and a hole for everybody else who can reach that listener. */
static bool
is_loop(const struct finish *f)
{
	return f->arrived->from_loopback && f->arrived->listener_port != 0 &&
	       f->arrived->listener_port == f->judgement.site.reinject_port;
}

/* All recipients but those who are settled, for this reason. */
static enum smime_status
refuse_open(struct finish *f, const char *code, const char *xcode, const char *text)
{
	gateway_refusals_reset(&f->refusals);
	for (size_t i = 0; i < f->message->recipient_count; i++) {
		size_t one[] = { i };
		size_t count = 1;

		SMIME_TRY(skip_settled(f, one, &count, NULL));
		if (count > 0)
			SMIME_TRY(gateway_refusals_add(&f->refusals, i, code, xcode, text));
	}
	return SMIME_OK;
}

/* The message is refused for good. When some have their copy from an earlier attempt, the client's
 * own report would tell of them, too: then ours tells of the others. */
static enum gateway_answer
refuse(struct finish *f, const char *code, const char *xcode, const char *text)
{
	struct smime_diag why = f->diag;
	enum smime_status status = SMIME_OK;

	f->diag = (struct smime_diag){ 0 };
	status = begin_attempt(f);
	if (status == SMIME_OK)
		status = refuse_open(f, code, xcode, text);
	else if (status != SMIME_E_SYSTEM)
		status = SMIME_OK; /* so bad a header was never handed over */
	if (status == SMIME_OK && f->has_left)
		status = reinject(f, 0, gateway_reinject_report);
	if (status == SMIME_OK && f->has_left)
		return GATEWAY_DISCARD;
	if (status != SMIME_OK)
		return gateway_reply(f->mta, GATEWAY_REPLY_SYSTEM);
	f->diag = why;
	gateway_refusals_reset(&f->refusals);
	return gateway_reply_with(f->mta, code, xcode, text);
}

/* After a copy has left, the client's report of a 5xx would name those who have it. */
static enum gateway_answer
answer_failure(struct finish *f)
{
	const struct gateway_refusal *first = f->refusals.item;

	if (f->diag.status == SMIME_E_LIMIT && f->attempt)
		return refuse(f, "552", "5.3.4", "S/MIME gateway: message too big");
	if (f->diag.status == SMIME_E_LIMIT)
		return gateway_reply(f->mta, GATEWAY_REPLY_TOO_BIG);
	if (f->diag.status != SMIME_E_UNSUPPORTED || f->has_left)
		return gateway_reply(f->mta, GATEWAY_REPLY_SYSTEM);
	/* What the MTA will never take, nor even a report of it, the client need not send again. */
	if (first)
		return gateway_reply_with(f->mta, first->code, first->xcode, first->text);
	return gateway_reply_with(f->mta, f->refusal.code,
	    *f->refusal.xcode ? f->refusal.xcode : "5.0.0", f->refusal.text);
}

static enum gateway_answer
carry_out(struct finish *f)
{
	const struct policy_outcome *outcome = f->judgement.outcome;
	enum gateway_answer answer;

	if (outcome->reply == POLICY_REPLY_REJECT || outcome->reply == POLICY_REPLY_DISCARD)
		if (send_notices(f) != SMIME_OK)
			return answer_failure(f);
	switch (outcome->reply) {
	case POLICY_REPLY_ACCEPT:
		return deliver(f, &answer) == SMIME_OK ? answer : answer_failure(f);
	case POLICY_REPLY_DISCARD:
		return GATEWAY_DISCARD;
	case POLICY_REPLY_REJECT:
		return refuse(f, outcome->code, outcome->xcode, outcome->text ? outcome->text : "");
	case POLICY_REPLY_TEMPFAIL:
		break;
	}
	return gateway_reply_with(
	    f->mta, outcome->code, outcome->xcode, outcome->text ? outcome->text : "");
}

static enum gateway_answer
judge(struct finish *f)
{
	enum smime_status status =
	    f->gateway->judge(f->gateway, f->message, &f->judgement, &f->diag);

	if (is_loop(f)) {
		(void)smime_fail(&f->diag, SMIME_E_SYSTEM, "loop",
		    "port %d is the re-injection listener and has this milter: set smtpd_milters "
		    "empty there, or exempt it with -x",
		    f->arrived->listener_port);
		return gateway_reply(f->mta, GATEWAY_REPLY_LOOP);
	}
	/* What stands in diag after a success is no failure of the message. */
	if (status == SMIME_OK)
		f->diag = (struct smime_diag){ 0 };
	if (f->judgement.outcome)
		return carry_out(f);
	if (f->diag.status == SMIME_OK)
		(void)smime_fail(&f->diag, SMIME_E_SYSTEM, NULL, "no memory");
	return answer_failure(f);
}

/* What is to be written of it; in another thread. */
static void
leave_after(struct finish *f, enum gateway_answer answer)
{
	struct policy_outcome *outcome = f->judgement.outcome;

	if (!f->gateway->harvester || !outcome)
		return;
	if (answer != GATEWAY_CONTINUE)
		policy_after_not_delivered(&outcome->after);
	policy_harvester_push(f->gateway->harvester, &outcome->after);
}

enum gateway_answer
gateway_finish(
    struct gateway *gateway, struct gateway_mta *mta, const struct gateway_arrived *arrived)
{
	struct finish f = {
		.gateway = gateway,
		.mta = mta,
		.arrived = arrived,
		.message = arrived->collect->message,
		.diag = arrived->collect->failure,
		.begun_ms = gateway_now_ms(),
	};
	struct gateway_end end = { .gateway = gateway,
		.message = f.message,
		.reinjected = &f.reinjected,
		.refusals = &f.refusals,
		.diag = &f.diag,
		.begun_ms = f.begun_ms };
	enum gateway_answer answer;

	if (f.diag.status != SMIME_OK) {
		answer = answer_failure(&f);
	} else if (!gateway_gate_enter(gateway->gate, mta)) {
		(void)smime_fail(&f.diag, SMIME_E_SYSTEM, "busy",
		    gateway_gate_is_closed(gateway->gate) ? "stopping"
							  : "too many messages at once");
		answer = gateway_reply(mta, GATEWAY_REPLY_BUSY);
	} else {
		answer = judge(&f);
		gateway_gate_leave(gateway->gate);
	}
	end.outcome = f.judgement.outcome;
	gateway_log_end(&end, answer);
	leave_after(&f, answer);
	gateway_attempt_free(&f.attempt);
	gateway_judgement_reset(&f.judgement);
	gateway_refusals_reset(&f.refusals);
	smime_buf_reset(&f.reinjected);
	return answer;
}
