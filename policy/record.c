/* record.c - the one log line of a message: key=value, everything that explains what became of it.
 * DESIGN section 9. Never a subject, a body or a key. */
#include "work.h"

#include <string.h>

static enum smime_status
append(struct smime_buf *line, const char *key, const char *value)
{
	SMIME_TRY(smime_buf_appendf(line, "%s%s=", line->len > 0 ? " " : "", key));
	return policy_log_value(value, line);
}

/* A list in a buffer of its own, then escaped. Never the first of a line. */
static enum smime_status
append_list(struct smime_buf *line, const char *key, struct smime_buf *list)
{
	if (list->len == 0)
		return SMIME_OK;
	SMIME_TRY(smime_buf_terminate(list));
	return policy_log_list(key, (char *)list->data, line);
}

static enum smime_status
list(struct smime_buf *list, const char *item)
{
	return smime_buf_appendf(list, "%s%s", list->len > 0 ? "," : "", item);
}

/* Copies and splinters often share a certificate: named once. */
static enum smime_status
list_certificate(struct smime_buf *to, const struct smime_cert *cert)
{
	const char *hex = smime_cert_fingerprint_hex(cert);

	if (to->len > 0 && memmem(to->data, to->len, hex, strlen(hex)))
		return SMIME_OK;
	return list(to, hex);
}

static enum smime_status
append_filters(struct smime_buf *line, const struct policy_plan *plan)
{
	SMIME_AUTO_BUF names = { 0 };

	for (size_t i = 0; i < plan->message_filter_count; i++)
		if (plan->message_filters[i].matched)
			SMIME_TRY(list(&names, plan->message_filters[i].name));
	for (size_t i = 0; i < plan->splinter_count; i++)
		for (size_t k = 0; k < plan->splinters[i].filter_count; k++)
			if (plan->splinters[i].filters[k].matched)
				SMIME_TRY(list(&names, plan->splinters[i].filters[k].name));
	return append_list(line, "filters", &names);
}

static enum smime_status
append_plan(struct smime_buf *line, const struct policy_plan *plan)
{
	SMIME_AUTO_BUF policies = { 0 };
	SMIME_AUTO_BUF profiles = { 0 };

	SMIME_TRY(append(
	    line, "direction", plan->direction == POLICY_OUTGOING ? "outgoing" : "incoming"));
	if (plan->group)
		SMIME_TRY(append(line, "sender-group", plan->group->name));
	if (plan->flow)
		SMIME_TRY(append(line, "flow-policy", plan->flow->name));
	for (size_t i = 0; i < plan->splinter_count; i++) {
		const struct policy_splinter *s = &plan->splinters[i];

		if (s->policy)
			SMIME_TRY(list(&policies, s->policy->name));
		if (s->profile)
			SMIME_TRY(list(&profiles, s->profile->name));
	}
	SMIME_TRY(append_list(line, "mail-policy", &policies));
	SMIME_TRY(append_filters(line, plan));
	SMIME_TRY(append_list(line, "profile", &profiles));
	for (size_t i = 0; i < plan->tag_count; i++)
		SMIME_TRY(append(line, "tag", plan->tags[i]));
	return plan->strict ? append(line, "strict", "1") : SMIME_OK;
}

static enum smime_status
append_layers(struct smime_buf *line, const struct smime_opened *opened)
{
	SMIME_AUTO_BUF verdicts = { 0 };

	for (size_t i = 0; i < opened->layer_count; i++) {
		const struct smime_layer *l = &opened->layers[i];

		/* "ok", "ok-weak" and "ok-unauthenticated", or what failed. */
		SMIME_TRY(smime_buf_appendf(&verdicts, "%s%s:%s%s%s:%s", i > 0 ? "," : "",
		    smime_layer_name(l->type), l->ok ? "ok" : "", l->ok && *l->token ? "-" : "",
		    l->token, l->algorithm));
		if (l->fingerprint[0])
			SMIME_TRY(smime_buf_appendf(&verdicts, ":%.16s", l->fingerprint));
	}
	SMIME_TRY(append_list(line, "layers", &verdicts));
	if (!opened->gateway_message)
		return SMIME_OK;
	return append(line, "verified", opened->gateway_verified ? "1" : "0");
}

static enum smime_status
append_certificates(struct smime_buf *line, const struct policy_outcome *o)
{
	SMIME_AUTO_BUF signers = { 0 };
	SMIME_AUTO_BUF readers = { 0 };

	for (size_t i = 0; o->plan && i < o->plan->splinter_count; i++) {
		const struct policy_own *own = o->plan->splinters[i].signer;

		if (own)
			SMIME_TRY(list_certificate(&signers, own->cert));
	}
	for (size_t i = 0; i < o->copy_count; i++)
		for (size_t k = 0; k < o->copies[i].encrypted_to.count; k++)
			SMIME_TRY(list_certificate(&readers, o->copies[i].encrypted_to.item[k]));
	SMIME_TRY(append_list(line, "signer", &signers));
	return append_list(line, "encrypted-to", &readers);
}

static enum smime_status
append_recipients(struct smime_buf *line, const char *key, const struct policy_message *message,
    const size_t *item, size_t count)
{
	SMIME_AUTO_BUF addresses = { 0 };

	for (size_t i = 0; i < count; i++)
		SMIME_TRY(list(&addresses, message->recipients[item[i]].address));
	return append_list(line, key, &addresses);
}

static enum smime_status
append_treatment(
    struct smime_buf *line, const struct policy_message *message, const struct policy_outcome *o)
{
	static const char *const names[] = {
		[POLICY_SEALED] = "sealed", [POLICY_SIGNED] = "signed", [POLICY_CLEAR] = "clear"
	};

	for (size_t i = 0; i < o->copy_count; i++) {
		const struct policy_copy *c = &o->copies[i];

		SMIME_TRY(append_recipients(
		    line, names[c->treatment], message, c->recipients, c->recipient_count));
		if (c->quarantine)
			SMIME_TRY(append(line, "quarantine", c->quarantine));
	}
	for (size_t i = 0; i < o->bounce_count; i++)
		SMIME_TRY(append_recipients(line, "bounced", message, o->bounces[i].recipients,
		    o->bounces[i].recipient_count));
	for (size_t i = 0; o->plan && i < o->plan->notification_count; i++)
		SMIME_TRY(append(line, "notified", o->plan->notifications[i].to));
	if (o->plan)
		SMIME_TRY(append_recipients(
		    line, "redirected", message, o->plan->redirected, o->plan->redirected_count));
	return append_recipients(line, "dropped", message, o->dropped, o->dropped_count);
}

static enum smime_status
append_action(
    struct smime_buf *line, const struct policy_outcome *o, const struct smime_diag *failure)
{
	static const char *const names[] = { [POLICY_REPLY_ACCEPT] = "deliver",
		[POLICY_REPLY_REJECT] = "reject",
		[POLICY_REPLY_TEMPFAIL] = "tempfail",
		[POLICY_REPLY_DISCARD] = "drop" };

	SMIME_TRY(append(line, "action", names[o->reply]));
	for (size_t i = 0; i < o->bounce_count; i++)
		SMIME_TRY(append(line, "bounce-reason", o->bounces[i].text));
	if (o->reply == POLICY_REPLY_REJECT && o->bounce_count == 0)
		return append(line, "reason", o->text);
	return o->reply == POLICY_REPLY_TEMPFAIL ? append(line, "reason", failure->text) : SMIME_OK;
}

enum smime_status
policy_record_line(const struct policy_message *message, const struct smime_diag *failure,
    struct policy_outcome *outcome)
{
	SMIME_AUTO_BUF line = { 0 };

	if (outcome->plan)
		SMIME_TRY(append_plan(&line, outcome->plan));
	SMIME_TRY(append(&line, "from", message->mail_from));
	if (outcome->opened)
		SMIME_TRY(append_layers(&line, outcome->opened));
	SMIME_TRY(append_certificates(&line, outcome));
	SMIME_TRY(append_treatment(&line, message, outcome));
	SMIME_TRY(append_action(&line, outcome, failure));
	SMIME_TRY(smime_buf_terminate(&line));
	outcome->record = (char *)line.data;
	line = (struct smime_buf){ 0 };
	return SMIME_OK;
}
