/* record_json.c - the JSON records of smimectl: what was opened, what would happen.
 * DESIGN section 11. */
#include "policy/json.h"
#include "policy/process.h"

static enum smime_status
append_layer(const struct smime_layer *layer, struct smime_buf *out)
{
	SMIME_TRY(smime_buf_appendf(out, "{\"type\":\"%s\",\"ok\":%s,",
	    smime_layer_name(layer->type), policy_json_bool(layer->ok)));
	SMIME_TRY(policy_json_member("reason", layer->reason, out));
	SMIME_TRY(smime_buf_append(out, ",", 1));
	SMIME_TRY(policy_json_member("token", layer->token, out));
	SMIME_TRY(smime_buf_append(out, ",", 1));
	SMIME_TRY(policy_json_member("algorithm", layer->algorithm, out));
	SMIME_TRY(smime_buf_append(out, ",", 1));
	SMIME_TRY(policy_json_member("signer", layer->signer, out));
	SMIME_TRY(smime_buf_append(out, ",", 1));
	SMIME_TRY(policy_json_member("fingerprint", layer->fingerprint, out));
	return smime_buf_append(out, "}", 1);
}

enum smime_status
policy_record_opened(const struct smime_opened *opened, struct smime_buf *out)
{
	SMIME_TRY(smime_buf_appendf(out,
	    "{\"smime_gateway_message\":%s,\"smime_gateway_verified\":%s,\"layers\":[",
	    policy_json_bool(opened->gateway_message), policy_json_bool(opened->gateway_verified)));
	for (size_t i = 0; i < opened->layer_count; i++) {
		if (i > 0)
			SMIME_TRY(smime_buf_append(out, ",", 1));
		SMIME_TRY(append_layer(&opened->layers[i], out));
	}
	return smime_buf_appendf(out, "]}");
}

static enum smime_status
append_filters(
    const char *key, const struct policy_matched *filters, size_t count, struct smime_buf *out)
{
	SMIME_TRY(smime_buf_appendf(out, "\"%s\":[", key));
	for (size_t i = 0; i < count; i++) {
		SMIME_TRY(smime_buf_appendf(out, i > 0 ? ",{" : "{"));
		SMIME_TRY(policy_json_member("name", filters[i].name, out));
		SMIME_TRY(smime_buf_appendf(
		    out, ",\"matched\":%s}", policy_json_bool(filters[i].matched)));
	}
	return smime_buf_append(out, "]", 1);
}

static enum smime_status
append_recipients(
    const struct policy_message *message, const size_t *item, size_t count, struct smime_buf *out)
{
	SMIME_TRY(smime_buf_appendf(out, "\"recipients\":["));
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			SMIME_TRY(smime_buf_append(out, ",", 1));
		SMIME_TRY(policy_json_text(message->recipients[item[i]].address, out));
	}
	return smime_buf_append(out, "]", 1);
}

static enum smime_status
append_copies(const struct policy_outcome *outcome, const struct policy_splinter *splinter,
    const struct policy_message *message, struct smime_buf *out)
{
	static const char *const names[] = {
		[POLICY_SEALED] = "sealed", [POLICY_SIGNED] = "signed", [POLICY_CLEAR] = "clear"
	};
	const char *before = "";

	SMIME_TRY(smime_buf_appendf(out, "\"copies\":["));
	for (size_t i = 0; i < outcome->copy_count; i++) {
		const struct policy_copy *c = &outcome->copies[i];

		if (c->splinter != splinter)
			continue;
		SMIME_TRY(smime_buf_appendf(out, "%s{", before));
		SMIME_TRY(append_recipients(message, c->recipients, c->recipient_count, out));
		SMIME_TRY(smime_buf_appendf(out, ",\"treatment\":\"%s\"}", names[c->treatment]));
		before = ",";
	}
	return smime_buf_append(out, "]", 1);
}

static enum smime_status
append_splinter(const struct policy_outcome *outcome, const struct policy_splinter *splinter,
    const struct policy_message *message, struct smime_buf *out)
{
	static const char *const finals[] = {
		[POLICY_DELIVER] = "deliver", [POLICY_DROP] = "drop", [POLICY_BOUNCE] = "bounce"
	};

	SMIME_TRY(smime_buf_append(out, "{", 1));
	SMIME_TRY(policy_json_member(
	    "mail_policy", splinter->policy ? splinter->policy->name : NULL, out));
	SMIME_TRY(smime_buf_append(out, ",", 1));
	SMIME_TRY(append_recipients(message, splinter->recipients, splinter->recipient_count, out));
	SMIME_TRY(smime_buf_append(out, ",", 1));
	SMIME_TRY(
	    append_filters("content_filters", splinter->filters, splinter->filter_count, out));
	SMIME_TRY(smime_buf_appendf(out, ",\"final_action\":\"%s\",", finals[splinter->final]));
	SMIME_TRY(policy_json_member("quarantine", splinter->quarantine, out));
	SMIME_TRY(smime_buf_append(out, ",", 1));
	SMIME_TRY(
	    policy_json_member("profile", splinter->profile ? splinter->profile->name : NULL, out));
	SMIME_TRY(smime_buf_append(out, ",", 1));
	for (size_t i = 0; i < outcome->bounce_count; i++) {
		if (outcome->bounces[i].splinter != splinter)
			continue;
		SMIME_TRY(policy_json_member("reason", outcome->bounces[i].text, out));
		SMIME_TRY(smime_buf_append(out, ",", 1));
	}
	SMIME_TRY(append_copies(outcome, splinter, message, out));
	return smime_buf_append(out, "}", 1);
}

/* Item i of a list that is left out when it is empty. */
static enum smime_status
append_item(const char *key, size_t i, size_t count, const char *item, struct smime_buf *out)
{
	if (i == 0)
		SMIME_TRY(smime_buf_appendf(out, ",\"%s\":[", key));
	SMIME_TRY(policy_json_text(item, out));
	return smime_buf_append(out, i + 1 < count ? "," : "]", 1);
}

/* What filters said of the message as a whole. */
static enum smime_status
append_others(
    const struct policy_plan *plan, const struct policy_message *message, struct smime_buf *out)
{
	for (size_t i = 0; i < plan->tag_count; i++)
		SMIME_TRY(append_item("tags", i, plan->tag_count, plan->tags[i], out));
	for (size_t i = 0; i < plan->notification_count; i++)
		SMIME_TRY(append_item(
		    "notified", i, plan->notification_count, plan->notifications[i].to, out));
	for (size_t i = 0; i < plan->redirected_count; i++)
		SMIME_TRY(append_item("redirected", i, plan->redirected_count,
		    message->recipients[plan->redirected[i]].address, out));
	return SMIME_OK;
}

enum smime_status
policy_record_explain(const struct policy_outcome *outcome, const struct policy_message *message,
    struct smime_buf *out)
{
	const struct policy_plan *plan = outcome->plan;

	if (!plan) {
		SMIME_TRY(smime_buf_append(out, "{", 1));
		SMIME_TRY(policy_json_member("refused", outcome->text, out));
		return smime_buf_append(out, "}", 1);
	}
	SMIME_TRY(smime_buf_appendf(out, "{\"direction\":\"%s\",",
	    plan->direction == POLICY_OUTGOING ? "outgoing" : "incoming"));
	SMIME_TRY(policy_json_member("sender_group", plan->group ? plan->group->name : NULL, out));
	SMIME_TRY(smime_buf_append(out, ",", 1));
	SMIME_TRY(
	    policy_json_member("mail_flow_policy", plan->flow ? plan->flow->name : NULL, out));
	SMIME_TRY(smime_buf_append(out, ",", 1));
	SMIME_TRY(append_filters(
	    "message_filters", plan->message_filters, plan->message_filter_count, out));
	SMIME_TRY(append_others(plan, message, out));
	SMIME_TRY(smime_buf_appendf(out, ",\"splinters\":["));
	for (size_t i = 0; i < plan->splinter_count; i++) {
		if (i > 0)
			SMIME_TRY(smime_buf_append(out, ",", 1));
		SMIME_TRY(append_splinter(outcome, &plan->splinters[i], message, out));
	}
	SMIME_TRY(smime_buf_append(out, "]", 1));
	/* It was given up before it was decided. */
	if (plan->splinter_count == 0 && outcome->text) {
		SMIME_TRY(smime_buf_append(out, ",", 1));
		SMIME_TRY(policy_json_member("refused", outcome->text, out));
	}
	return smime_buf_append(out, "}", 1);
}
