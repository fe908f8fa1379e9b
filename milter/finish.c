/*
 * finish.c - the end of a message: ask policy, carry it out, answer, write the one log line.
 * DESIGN sections 8 and 9. Refuses to deliver after any failure of ours: 451, and the client comes
 * again. Every way through here writes exactly one line.
 */
#include "finish.h"

#include "clock.h"
#include "commit.h"
#include "reinject.h"
#include "reply.h"

#define LINE_MOST 4000 /* octets; syslog servers cut at 8 KiB, some earlier */

/* One message at its end, and what its log line will say. */
struct finish {
	struct gateway *gateway;
	struct gateway_mta *mta;
	const struct gateway_arrived *arrived;
	struct policy_message *message; /* NULL: no memory for one */
	struct gateway_judgement judgement;
	struct gateway_attempt *attempt;    /* NULL: nothing was to be sent */
	struct smime_buf reinjected;        /* queue ids */
	struct gateway_smtp_result refusal; /* of a copy by the MTA; code "": none */
	int64_t begun_ms;                   /* clock.h: its last octet had come */
	struct smime_diag diag; /* why it is not delivered; status SMIME_OK: no failure of ours */
};

void
gateway_judgement_reset(struct gateway_judgement *judgement)
{
	policy_outcome_free(&judgement->outcome);
	policy_snapshot_free(&judgement->snapshot);
}

/* ---- the log ---- */

static const char *
queue_id(const struct finish *f)
{
	return f->message && *f->message->queue_id ? f->message->queue_id : "NOQUEUE";
}

/* What policy has to say, or, when it was not asked, whose message it was. */
static enum smime_status
append_record(const struct finish *f, struct smime_buf *line)
{
	const struct policy_outcome *outcome = f->judgement.outcome;

	if (outcome && outcome->record)
		return smime_buf_appendf(line, "%s", outcome->record);
	if (!f->message)
		return smime_buf_appendf(line, "action=none");
	SMIME_TRY(smime_buf_appendf(line, "action=none from="));
	SMIME_TRY(policy_log_value(f->message->mail_from, line));
	return smime_buf_appendf(line, " recipients=%zu", f->message->recipient_count);
}

static enum smime_status
make_line(struct finish *f, enum gateway_answer answer, struct smime_buf *line)
{
	static const char *const names[] = {
		[GATEWAY_CONTINUE] = "continue",
		[GATEWAY_REJECT] = "reject",
		[GATEWAY_TEMPFAIL] = "tempfail",
		[GATEWAY_DISCARD] = "discard",
		[GATEWAY_ACCEPT] = "accept",
	};

	SMIME_TRY(append_record(f, line));
	if (f->reinjected.len > 0)
		SMIME_TRY(policy_log_list("reinjected", (char *)f->reinjected.data, line));
	if (f->diag.status != SMIME_OK) {
		SMIME_TRY(smime_buf_appendf(line, " failure=%s reason=", f->diag.token));
		SMIME_TRY(policy_log_value(f->diag.text, line));
	}
	SMIME_TRY(smime_buf_appendf(line, " answer=%s ms=%lld", names[answer],
	    (long long)(gateway_now_ms() - f->begun_ms)));
	return smime_buf_terminate(line);
}

/* A text of policy's, which may hold what came with the message. */
static void
log_entry(const struct finish *f, const char *entry)
{
	SMIME_AUTO_BUF text = { 0 };

	if (policy_log_value(entry, &text) == SMIME_OK && smime_buf_terminate(&text) == SMIME_OK)
		gateway_log_line(f->gateway->log, GATEWAY_INFO, "%s: log-entry=%s", queue_id(f),
		    (const char *)text.data);
}

/* What nobody gets and nobody is told of has a line of its own for each recipient. */
static void
log_dropped(const struct finish *f, const struct policy_recipient *recipient)
{
	SMIME_AUTO_BUF address = { 0 };

	if (policy_log_value(recipient->address, &address) == SMIME_OK &&
	    smime_buf_terminate(&address) == SMIME_OK)
		gateway_log_line(f->gateway->log, GATEWAY_INFO, "%s: dropped=%s", queue_id(f),
		    (const char *)address.data);
}

/* Somebody has captured mail for us, and tries to have it decrypted: R-DEC-REPLAY. */
static void
log_replayed(const struct finish *f)
{
	const struct policy_outcome *outcome = f->judgement.outcome;
	const struct smime_opened *opened = outcome ? outcome->opened : NULL;

	for (size_t i = 0; opened && i < opened->layer_count; i++)
		if (strcmp(opened->layers[i].token, "replayed-key") == 0)
			gateway_log_line(f->gateway->log, GATEWAY_WARNING,
			    "%s: alert=replayed-key layer=%zu fingerprint=%s reason=\"%s\"",
			    queue_id(f), i + 1, opened->layers[i].fingerprint,
			    opened->layers[i].reason);
}

/* Where a line that is too long can be parted: at the last blank that is in no value. */
static char *
part_end(char *line)
{
	char *end = line + strlen(line);
	bool quoted = false;

	if (strlen(line) <= LINE_MOST)
		return end;
	for (char *c = line; *c; c++) {
		if (c - line > LINE_MOST && *end == ' ')
			return end;
		quoted ^= *c == '"';
		if (*c == ' ' && !quoted)
			end = c;
	}
	return end;
}

/* Hundreds of recipients do not fit into a line, and syslog would cut off the answer: what comes
 * first gets lines of its own. */
static void
log_parts(const struct finish *f, enum gateway_severity severity, char *line)
{
	for (char *end = part_end(line); *end; end = part_end(line)) {
		*end = 0;
		gateway_log_line(
		    f->gateway->log, severity, "%s: continues=1 %s", queue_id(f), line);
		line = end + 1;
	}
	gateway_log_line(f->gateway->log, severity, "%s: %s", queue_id(f), line);
}

static void
log_end(struct finish *f, enum gateway_answer answer)
{
	const struct policy_outcome *outcome = f->judgement.outcome;
	SMIME_AUTO_BUF line = { 0 };
	bool failed = f->diag.status != SMIME_OK;

	for (size_t i = 0; outcome && outcome->plan && i < outcome->plan->log_entry_count; i++)
		log_entry(f, outcome->plan->log_entries[i]);
	for (size_t i = 0; outcome && i < outcome->dropped_count; i++)
		log_dropped(f, &f->message->recipients[outcome->dropped[i]]);
	log_replayed(f);
	if (make_line(f, answer, &line) == SMIME_OK)
		log_parts(f, failed ? GATEWAY_ERROR : GATEWAY_INFO, (char *)line.data);
	else
		gateway_log_line(f->gateway->log, GATEWAY_ERROR,
		    "%s: action=none failure=system reason=\"no memory\"", queue_id(f));
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

/* Who has got his copy, or his report, from an earlier attempt gets none now. */
static enum smime_status
skip_sent(struct finish *f)
{
	struct policy_outcome *outcome = f->judgement.outcome;

	SMIME_TRY(
	    gateway_attempt_new(f->gateway, f->message, &f->reinjected, &f->attempt, &f->diag));
	for (size_t i = 0; i < outcome->copy_count; i++)
		SMIME_TRY(gateway_attempt_skip(f->attempt, GATEWAY_COPY,
		    outcome->copies[i].recipients, &outcome->copies[i].recipient_count, &f->diag));
	for (size_t i = 0; i < outcome->bounce_count; i++)
		SMIME_TRY(
		    gateway_attempt_skip(f->attempt, GATEWAY_BOUNCE, outcome->bounces[i].recipients,
			&outcome->bounces[i].recipient_count, &f->diag));
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
	SMIME_TRY(skip_sent(f));
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

static enum gateway_answer
answer_failure(struct finish *f)
{
	if (f->diag.status == SMIME_E_LIMIT)
		return gateway_reply(f->mta, GATEWAY_REPLY_TOO_BIG);
	/* What the MTA will never take, the client need not send again. */
	if (f->diag.status == SMIME_E_UNSUPPORTED && *f->refusal.code)
		return gateway_reply_with(f->mta, f->refusal.code,
		    *f->refusal.xcode ? f->refusal.xcode : "5.0.0", f->refusal.text);
	return gateway_reply(f->mta, GATEWAY_REPLY_SYSTEM);
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
	log_end(&f, answer);
	leave_after(&f, answer);
	gateway_attempt_free(&f.attempt);
	gateway_judgement_reset(&f.judgement);
	smime_buf_reset(&f.reinjected);
	return answer;
}
