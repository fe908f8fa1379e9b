/*
 * finish_log.c - what is written of a message at its end: DESIGN section 9. One line that has
 * everything, and before it one for each entry, dropped or refused recipient, and alert.
 */
#include "finish_log.h"

#include "clock.h"

#define LINE_MOST 4000 /* octets; syslog servers cut at 8 KiB, some earlier */

static const char *
queue_id(const struct gateway_end *end)
{
	return end->message && *end->message->queue_id ? end->message->queue_id : "NOQUEUE";
}

/* What policy has to say, or, when it was not asked, whose message it was. */
static enum smime_status
append_record(const struct gateway_end *end, struct smime_buf *line)
{
	const struct policy_outcome *outcome = end->outcome;

	if (outcome && outcome->record)
		return smime_buf_appendf(line, "%s", outcome->record);
	if (!end->message)
		return smime_buf_appendf(line, "action=none");
	SMIME_TRY(smime_buf_appendf(line, "action=none from="));
	SMIME_TRY(policy_log_value(end->message->mail_from, line));
	return smime_buf_appendf(line, " recipients=%zu", end->message->recipient_count);
}

/* Whom the MTA, or an answer to an earlier attempt, has refused while others got the message. */
static enum smime_status
append_refused(const struct gateway_end *end, struct smime_buf *line)
{
	SMIME_AUTO_BUF list = { 0 };

	if (end->refusals->count == 0)
		return SMIME_OK;
	for (size_t i = 0; i < end->refusals->count; i++)
		SMIME_TRY(smime_buf_appendf(&list, "%s%s", i > 0 ? "," : "",
		    end->message->recipients[end->refusals->item[i].recipient].address));
	SMIME_TRY(smime_buf_terminate(&list));
	return policy_log_list("refused", (char *)list.data, line);
}

static enum smime_status
make_line(const struct gateway_end *end, enum gateway_answer answer, struct smime_buf *line)
{
	static const char *const names[] = {
		[GATEWAY_CONTINUE] = "continue",
		[GATEWAY_REJECT] = "reject",
		[GATEWAY_TEMPFAIL] = "tempfail",
		[GATEWAY_DISCARD] = "discard",
		[GATEWAY_ACCEPT] = "accept",
	};

	SMIME_TRY(append_record(end, line));
	SMIME_TRY(append_refused(end, line));
	if (end->reinjected->len > 0)
		SMIME_TRY(policy_log_list("reinjected", (char *)end->reinjected->data, line));
	if (end->diag->status != SMIME_OK) {
		SMIME_TRY(smime_buf_appendf(line, " failure=%s reason=", end->diag->token));
		SMIME_TRY(policy_log_value(end->diag->text, line));
	}
	SMIME_TRY(smime_buf_appendf(line, " answer=%s ms=%lld", names[answer],
	    (long long)(gateway_now_ms() - end->begun_ms)));
	return smime_buf_terminate(line);
}

/* A text of policy's, which may hold what came with the message. */
static void
log_entry(const struct gateway_end *end, const char *entry)
{
	SMIME_AUTO_BUF text = { 0 };

	if (policy_log_value(entry, &text) == SMIME_OK && smime_buf_terminate(&text) == SMIME_OK)
		gateway_log_line(end->gateway->log, GATEWAY_INFO, "%s: log-entry=%s", queue_id(end),
		    (const char *)text.data);
}

/* What nobody gets and nobody is told of has a line of its own for each recipient. */
static void
log_dropped(const struct gateway_end *end, const struct policy_recipient *recipient)
{
	SMIME_AUTO_BUF address = { 0 };

	if (policy_log_value(recipient->address, &address) == SMIME_OK &&
	    smime_buf_terminate(&address) == SMIME_OK)
		gateway_log_line(end->gateway->log, GATEWAY_INFO, "%s: dropped=%s", queue_id(end),
		    (const char *)address.data);
}

static void
log_refused(const struct gateway_end *end, const struct gateway_refusal *refusal)
{
	const char *address = end->message->recipients[refusal->recipient].address;
	SMIME_AUTO_BUF line = { 0 };

	if (policy_log_value(address, &line) == SMIME_OK &&
	    smime_buf_appendf(&line, " code=%s xcode=%s reason=", refusal->code, refusal->xcode) ==
		SMIME_OK &&
	    policy_log_value(refusal->text, &line) == SMIME_OK &&
	    smime_buf_terminate(&line) == SMIME_OK)
		gateway_log_line(end->gateway->log, GATEWAY_WARNING, "%s: refused=%s",
		    queue_id(end), (const char *)line.data);
}

/* Somebody has captured mail for us, and tries to have it decrypted: R-DEC-REPLAY. */
static void
log_replayed(const struct gateway_end *end)
{
	const struct policy_outcome *outcome = end->outcome;
	const struct smime_opened *opened = outcome ? outcome->opened : NULL;

	for (size_t i = 0; opened && i < opened->layer_count; i++)
		if (strcmp(opened->layers[i].token, "replayed-key") == 0)
			gateway_log_line(end->gateway->log, GATEWAY_WARNING,
			    "%s: alert=replayed-key layer=%zu fingerprint=%s reason=\"%s\"",
			    queue_id(end), i + 1, opened->layers[i].fingerprint,
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
log_parts(const struct gateway_end *end, enum gateway_severity severity, char *line)
{
	for (char *cut = part_end(line); *cut; cut = part_end(line)) {
		*cut = 0;
		gateway_log_line(
		    end->gateway->log, severity, "%s: continues=1 %s", queue_id(end), line);
		line = cut + 1;
	}
	gateway_log_line(end->gateway->log, severity, "%s: %s", queue_id(end), line);
}

void
gateway_log_end(const struct gateway_end *end, enum gateway_answer answer)
{
	const struct policy_outcome *outcome = end->outcome;
	SMIME_AUTO_BUF line = { 0 };
	bool failed = end->diag->status != SMIME_OK;

	for (size_t i = 0; outcome && outcome->plan && i < outcome->plan->log_entry_count; i++)
		log_entry(end, outcome->plan->log_entries[i]);
	for (size_t i = 0; outcome && i < outcome->dropped_count; i++)
		log_dropped(end, &end->message->recipients[outcome->dropped[i]]);
	for (size_t i = 0; i < end->refusals->count; i++)
		log_refused(end, &end->refusals->item[i]);
	log_replayed(end);
	if (make_line(end, answer, &line) == SMIME_OK)
		log_parts(end, failed ? GATEWAY_ERROR : GATEWAY_INFO, (char *)line.data);
	else
		gateway_log_line(end->gateway->log, GATEWAY_ERROR,
		    "%s: action=none failure=system reason=\"no memory\"", queue_id(end));
}
