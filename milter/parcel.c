/*
 * parcel.c - hand one thing over to the re-injection listener, between two entries of the journal:
 * that it begins, and how it ended (policy/journal.c has the table of what a crash leads to).
 * Memory: that of the SMTP client; octets are pushed from their spools.
 */
#include "parcel.h"

#include "clock.h"
#include "stage_eol.h"

#define COMMAND_MS 30000

/* ---- octets ---- */

/* The body comes with any line ends; a bare CR would go out as it is (stage_eol.h). */
static enum smime_status
write_parcel(void *arg, struct smime_stage *out)
{
	const struct gateway_parcel *parcel = arg;
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

enum smime_status
gateway_parcel_received(const struct policy_message *m, const char *hostname, struct smime_buf *out)
{
	char date[GATEWAY_DATE_SIZE];

	gateway_date_text(m->received_at, date);
	SMIME_TRY(smime_buf_appendf(out, "Received: from "));
	SMIME_TRY(put_word(out, *m->helo ? m->helo : "unknown"));
	SMIME_TRY(smime_buf_appendf(out, " ("));
	SMIME_TRY(put_word(out, *m->client_name ? m->client_name : "unknown"));
	SMIME_TRY(smime_buf_appendf(out, " [%s%s])\r\n\tby %s (smime-milter) with ESMTP id ",
	    strchr(m->client_ip, ':') ? "IPv6:" : "", m->client_ip, hostname));
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

enum smime_status
gateway_parcel_hand_over(const struct gateway_way *way, struct gateway_smtp_mail *mail,
    struct gateway_parcel *parcel, struct gateway_smtp_result *result, struct smime_diag *diag)
{
	const struct policy_message *message = way->message;
	const struct gateway_smtp_server server = {
		.host = way->site->reinject_host,
		.port = way->site->reinject_port,
		.helo = way->hostname,
		.command_ms = COMMAND_MS,
	};
	enum smime_status status;

	/* If the MTA is gone, its message fails soon enough. */
	(void)!way->mta->ops->progress(way->mta);
	mail->client_name = message->client_name;
	mail->client_ip = message->client_ip;
	mail->client_helo = message->helo;
	mail->queue_id = message->queue_id;
	mail->size = smime_spool_size(parcel->body);
	mail->write = write_parcel;
	mail->arg = parcel;
	SMIME_TRY(is_eight_bit(parcel->body, parcel->body_at, &mail->eight_bit, diag));
	SMIME_TRY(gateway_attempt_begin(way->attempt, diag));
	status = gateway_smtp_send(&server, mail, result, diag);
	if (status == SMIME_OK)
		gateway_attempt_sent(way->attempt, result->queue_id);
	else if (!result->unanswered)
		gateway_attempt_refused(way->attempt);
	return status;
}
