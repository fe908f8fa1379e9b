/*
 * commit.c - carry an outcome out on the message that the MTA holds.
 * Memory: one 64 KiB piece of the body. Refuses to leave the message without a recipient, which
 * both MTAs would take as a silent way to throw it away.
 */
#include "commit.h"

#include "smtp_args.h"
#include "stage_eol.h"
#include <stdio.h>
#include <stdlib.h>

#define PIECE 65536 /* 78-octet pieces cost ten times as much (measured) */

/* ---- header ---- */

/* The value with the blank that it brings itself since SMFIP_HDR_LEADSPC was negotiated. */
static enum smime_status
with_blank(const char *value, struct smime_buf *out)
{
	out->len = 0;
	SMIME_TRY(smime_buf_append(out, " ", 1));
	SMIME_TRY(smime_buf_append(out, value, strlen(value)));
	return smime_buf_terminate(out);
}

/* Received fields, from the last to the first: Postfix counts instances anew after each deletion,
 * Sendmail does not, and from the end both mean the same field. */
static enum smime_status
edit_received(struct gateway_mta *mta, const struct policy_header *header)
{
	SMIME_AUTO_BUF value = { 0 };

	for (size_t i = header->count; i-- > 0;) {
		const struct policy_header_field *field = &header->field[i];
		unsigned instance = 0;

		if (field->fate != POLICY_FIELD_REMOVED && field->fate != POLICY_FIELD_CHANGED)
			continue;
		instance = policy_header_instance(header, i);
		if (field->fate == POLICY_FIELD_CHANGED)
			SMIME_TRY(with_blank(field->value, &value));
		SMIME_TRY(mta->ops->change_header(mta, field->name, instance,
		    field->fate == POLICY_FIELD_CHANGED ? (const char *)value.data : NULL));
	}
	return SMIME_OK;
}

static enum smime_status
add_new(struct gateway_mta *mta, const struct policy_header *header)
{
	SMIME_AUTO_BUF value = { 0 };

	/* The first in the list is the topmost: put it there last. */
	for (size_t i = header->count; i-- > 0;) {
		const struct policy_header_field *field = &header->field[i];

		if (field->fate != POLICY_FIELD_ON_TOP)
			continue;
		SMIME_TRY(with_blank(field->value, &value));
		SMIME_TRY(mta->ops->put_header_on_top(mta, field->name, (const char *)value.data));
	}
	for (size_t i = 0; i < header->count; i++) {
		const struct policy_header_field *field = &header->field[i];

		if (field->fate != POLICY_FIELD_ADDED)
			continue;
		SMIME_TRY(with_blank(field->value, &value));
		SMIME_TRY(mta->ops->add_header(mta, field->name, (const char *)value.data));
	}
	return SMIME_OK;
}

/* ---- recipients ---- */

/* Without the brackets that SMTP clients send and local submission does not: the MTAs compare so.
 */
static struct smime_bytes
bare_address(const char *exact)
{
	struct smime_bytes a = smime_bytes_str(exact);

	if (a.len >= 2 && a.data[0] == '<' && a.data[a.len - 1] == '>')
		a = smime_bytes_slice(a, 1, a.len - 1);
	return a;
}

/* Whether recipient r, or one that the MTA cannot tell from it, keeps this copy: one request
 * deletes all recipients that are spelt alike. */
static bool
stays(const struct policy_message *message, const struct gateway_edit *edit, size_t r)
{
	struct smime_bytes address = bare_address(message->recipients[r].exact);

	for (size_t i = 0; i < edit->recipient_count; i++) {
		size_t kept = edit->recipients[i];

		if (smime_bytes_equal(address, bare_address(message->recipients[kept].exact)))
			return true;
	}
	return false;
}

static enum smime_status
delete_recipients(
    struct gateway_mta *mta, const struct policy_message *message, const struct gateway_edit *edit)
{
	if (edit->recipient_count == message->recipient_count)
		return SMIME_OK;
	for (size_t r = 0; r < message->recipient_count; r++)
		if (!message->recipients[r].added && !stays(message, edit, r))
			SMIME_TRY(mta->ops->delete_recipient(mta, message->recipients[r].exact));
	return SMIME_OK;
}

/* Before others go: the message never stands without a recipient. */
static enum smime_status
add_recipients(
    struct gateway_mta *mta, const struct policy_message *message, const struct gateway_edit *edit)
{
	for (size_t i = 0; i < edit->recipient_count; i++) {
		const struct policy_recipient *r = &message->recipients[edit->recipients[i]];

		if (r->added)
			SMIME_TRY(mta->ops->add_recipient(mta, r->exact, r->args));
	}
	return SMIME_OK;
}

/* What was decrypted must not travel back in clear with a report of non-delivery (RFC 3461 s4.3,
 * R-DEC-DSN). The null sender gets no report. */
static enum smime_status
keep_from_reports(struct gateway_mta *mta, const struct policy_message *message)
{
	SMIME_AUTO_BUF sender = { 0 };
	SMIME_AUTO_BUF args = { 0 };

	if (*message->mail_from == 0)
		return SMIME_OK;
	SMIME_TRY(smime_buf_appendf(&sender, "<%s>", message->mail_from));
	SMIME_TRY(gateway_smtp_dsn_args(message->mail_args, true, &args));
	SMIME_TRY(smime_buf_terminate(&sender));
	SMIME_TRY(smime_buf_terminate(&args));
	return mta->ops->change_sender(mta, (const char *)sender.data, (const char *)args.data + 1);
}

/* ---- body ---- */

/* Collects 64 KiB pieces for the MTA. */
struct body_stage {
	struct smime_stage base;
	struct gateway_mta *mta;
	size_t used;
	bool sent;
	uint8_t piece[PIECE];
};

static enum smime_status
body_flush(struct body_stage *body)
{
	SMIME_TRY(body->mta->ops->replace_body(body->mta, body->piece, body->used));
	body->sent = true;
	body->used = 0;
	return SMIME_OK;
}

static enum smime_status
body_write(struct smime_stage *s, const uint8_t *data, size_t len)
{
	struct body_stage *body = smime_container_of(s, struct body_stage, base);

	while (len > 0) {
		size_t n = PIECE - body->used < len ? PIECE - body->used : len;

		memcpy(body->piece + body->used, data, n);
		body->used += n;
		data += n;
		len -= n;
		if (body->used == PIECE)
			SMIME_TRY(body_flush(body));
	}
	return SMIME_OK;
}

/* An empty body needs one request too, or the old one stays. */
static enum smime_status
body_finish(struct smime_stage *s)
{
	struct body_stage *body = smime_container_of(s, struct body_stage, base);

	return body->used > 0 || !body->sent ? body_flush(body) : SMIME_OK;
}

static void
body_free(struct smime_stage *s)
{
	free(smime_container_of(s, struct body_stage, base));
}

static const struct smime_stage_ops body_ops = {
	.name = "mta-body", .write = body_write, .finish = body_finish, .free = body_free
};

static enum smime_status
replace_body(struct gateway_mta *mta, const struct gateway_edit *edit)
{
	SMIME_AUTO(smime_stage) pieces = NULL;
	SMIME_AUTO(smime_stage) eol = NULL;
	struct body_stage *body = calloc(1, sizeof *body);

	if (!body)
		return SMIME_E_SYSTEM;
	body->base.ops = &body_ops;
	body->mta = mta;
	pieces = &body->base;
	SMIME_TRY(gateway_stage_eol_new(pieces, &eol));
	SMIME_TRY(
	    smime_spool_push(edit->entity, edit->body_at, smime_spool_size(edit->entity), eol));
	return smime_finish(eol);
}

/* Postfix fails the message when anything follows the first piece of the body. */
static enum smime_status
ask(struct gateway_mta *mta, const struct policy_message *message, const struct gateway_edit *edit)
{
	SMIME_TRY(edit_received(mta, edit->header));
	SMIME_TRY(add_new(mta, edit->header));
	SMIME_TRY(add_recipients(mta, message, edit));
	SMIME_TRY(delete_recipients(mta, message, edit));
	if (edit->decrypted)
		SMIME_TRY(keep_from_reports(mta, message));
	if (edit->quarantine)
		SMIME_TRY(mta->ops->quarantine(mta, edit->quarantine));
	return edit->entity ? replace_body(mta, edit) : SMIME_OK;
}

enum smime_status
gateway_commit(struct gateway_mta *mta, const struct policy_message *message,
    const struct gateway_edit *edit, struct smime_diag *diag)
{
	if (edit->recipient_count == 0)
		return smime_fail(diag, SMIME_E_SYSTEM, "no-recipient",
		    "the outcome leaves the message without a recipient, and the MTA would drop "
		    "it");
	if (ask(mta, message, edit) != SMIME_OK)
		return smime_fail(
		    diag, SMIME_E_SYSTEM, "mta", "the MTA did not take the changes to the message");
	return SMIME_OK;
}
