/* cmd_message.c - seal, open and explain: one message through the daemon's own code. */
#include "ctl.h"

#include "policy/header.h"
#include "policy/process.h"
#include <arpa/inet.h>
#include <stdlib.h>

/* ---- what the three share ---- */

static int
wrong_time(const struct ctl_args *args)
{
	return ctl_error(
	    EX_USAGE, "--time %s is not like 2026-01-31T12:00:00Z", ctl_get(args, "time"));
}

static void
print_record(struct smime_buf *record, FILE *to)
{
	(void)fwrite(record->data, 1, record->len, to);
	(void)fputc('\n', to);
}

/* stdout as the end of a chain. */
static enum smime_status
print_write(struct smime_stage *stage, const uint8_t *data, size_t len)
{
	(void)stage;
	return fwrite(data, 1, len, stdout) == len ? SMIME_OK : SMIME_E_SYSTEM;
}

static const struct smime_stage_ops print_ops = { .name = "print", .write = print_write };

/* The message with a new entity (NULL: its own), after these edits (NULL: none). */
static enum smime_status
print_message(struct ctl *ctl, struct smime_spool *message, struct smime_spool *entity,
    const struct policy_edits *edits)
{
	SMIME_AUTO(policy_header) header = NULL;
	struct smime_stage out = { .ops = &print_ops };
	struct smime_spool *body = entity ? entity : message;
	struct smime_bytes view;
	size_t body_at;

	SMIME_TRY(smime_spool_view(message, &view, &ctl->diag));
	SMIME_TRY(policy_header_read(view, &header, &ctl->diag));
	body_at = header->body_at;
	if (edits)
		SMIME_TRY(policy_header_apply(header, edits, &ctl->diag));
	if (entity) {
		SMIME_TRY(smime_spool_view(entity, &view, &ctl->diag));
		SMIME_TRY(policy_header_swap_mime(header, view, &body_at, &ctl->diag));
	}
	SMIME_TRY(policy_header_write(header, &out));
	SMIME_TRY(smime_push(&out, "\r\n", 2));
	return smime_spool_push(body, body_at, UINT64_MAX, &out);
}

static enum smime_status
fill_message(struct ctl *ctl, const struct ctl_args *args, int64_t now, struct policy_message *m)
{
	const char **to;
	size_t count;
	enum smime_status status = SMIME_OK;

	m->received_at = now;
	SMIME_TRY(policy_message_set(&m->mail_from, ctl_get(args, "from")));
	to = ctl_all(args, "to", &count);
	if (!to)
		return SMIME_E_SYSTEM;
	for (size_t i = 0; status == SMIME_OK && i < count; i++)
		status = policy_message_add_recipient(m, to[i], NULL);
	free(to);
	SMIME_TRY(status);
	return ctl_read_message(ctl, args->count > 0 ? args->positional[0] : NULL, &m->spool);
}

static bool
has_envelope(struct ctl *ctl, const struct ctl_args *args)
{
	if (ctl_get(args, "from") && ctl_get(args, "to"))
		return true;
	(void)ctl_error(EX_USAGE, "%s needs --from and --to", ctl->command->name);
	return false;
}

/* ---- seal ---- */

static int
refused(const struct policy_outcome *outcome)
{
	return ctl_error(EX_DATAERR, "%s %s", outcome->xcode, outcome->text);
}

/* Copies beside the one that is printed: split has made them. */
static void
tell_others(const struct policy_outcome *outcome, const struct policy_message *m)
{
	for (size_t i = 1; i < outcome->copy_count; i++)
		for (size_t k = 0; k < outcome->copies[i].recipient_count; k++)
			(void)ctl_error(EX_OK, "note: not for %s, who would get a %s copy",
			    m->recipients[outcome->copies[i].recipients[k]].address,
			    outcome->copies[i].treatment == POLICY_SIGNED ? "signed" : "clear");
}

static enum smime_status
seal(struct ctl *ctl, const struct ctl_args *args, struct policy_process *process,
    struct policy_message *m, struct policy_outcome **out)
{
	const struct policy_snapshot *s = process->snapshot;
	const char *name = ctl_get(args, "profile");
	SMIME_AUTO_BUF record = { 0 };

	SMIME_TRY(fill_message(ctl, args, process->now, m));
	process->profile = policy_snapshot_profile(s, name);
	if (!process->profile)
		return smime_fail(
		    &ctl->diag, SMIME_E_SYNTAX, NULL, "there is no sending_profile \"%s\"", name);
	SMIME_TRY(policy_process(process, m, out, &ctl->diag));
	if (!ctl_get(args, "json"))
		return SMIME_OK;
	SMIME_TRY(policy_record_explain(*out, m, &record));
	print_record(&record, stderr);
	return SMIME_OK;
}

int
ctl_seal(struct ctl *ctl, const struct ctl_args *args)
{
	SMIME_AUTO(policy_store) store = NULL;
	SMIME_AUTO(policy_snapshot) snapshot = NULL;
	SMIME_AUTO(policy_message) m = NULL;
	SMIME_AUTO(policy_outcome) outcome = NULL;
	struct policy_process process = { 0 };
	enum smime_status status;

	if (!ctl_time(ctl_get(args, "time"), &process.now))
		return wrong_time(args);
	if (!has_envelope(ctl, args))
		return EX_USAGE;
	if (!ctl_get(args, "profile"))
		return ctl_error(EX_USAGE, "seal needs --profile");
	status = ctl_snapshot(ctl, &store, &snapshot);
	process.snapshot = snapshot;
	if (status == SMIME_OK)
		status = policy_message_new(&m);
	if (status == SMIME_OK)
		status = seal(ctl, args, &process, m, &outcome);
	if (status == SMIME_OK && outcome->reply != POLICY_REPLY_ACCEPT)
		return outcome->reply == POLICY_REPLY_DISCARD
			   ? ctl_error(EX_DATAERR, "the profile drops it: no key for a recipient")
			   : refused(outcome);
	if (status == SMIME_OK) {
		tell_others(outcome, m);
		status = print_message(
		    ctl, m->spool, outcome->copies[0].entity, &outcome->copies[0].edits);
	}
	return status == SMIME_OK ? EX_OK : ctl_fail(ctl, status);
}

/* ---- open ---- */

static enum smime_status
open_message(struct ctl *ctl, const struct ctl_args *args, const struct smime_open *how,
    struct smime_spool *message)
{
	SMIME_AUTO(smime_mime) mime = NULL;
	SMIME_AUTO(smime_opened) opened = NULL;
	SMIME_AUTO_BUF record = { 0 };

	SMIME_TRY(smime_mime_scan_spool(message, NULL, &mime, &ctl->diag));
	SMIME_TRY(smime_open_message(how, mime, &opened, &ctl->diag));
	if (ctl_get(args, "json")) {
		SMIME_TRY(policy_record_opened(opened, &record));
		print_record(&record, stderr);
	} else {
		for (size_t i = 0; i < opened->layer_count; i++) {
			const struct smime_layer *l = &opened->layers[i];

			(void)fprintf(stderr, "smimectl: layer %zu: %s, %s%s%s%s%s\n", i + 1,
			    smime_layer_name(l->type), l->ok ? "ok" : "NOT OK",
			    *l->algorithm ? ", " : "", l->algorithm, *l->signer ? ", by " : "",
			    l->signer);
			if (*l->reason)
				(void)fprintf(stderr, "smimectl:   %s\n", l->reason);
		}
	}
	return print_message(ctl, message, opened->entity, NULL);
}

int
ctl_open(struct ctl *ctl, const struct ctl_args *args)
{
	const char *signature = ctl_get(args, "signature");
	SMIME_AUTO(policy_store) store = NULL;
	SMIME_AUTO(policy_snapshot) snapshot = NULL;
	SMIME_AUTO(smime_spool) message = NULL;
	struct policy_seen_asking asking = { 0 };
	struct smime_open how = { .remove_signature =
				      signature && strcmp(signature, "remove") == 0 };
	enum smime_status status;

	if (!ctl_time(ctl_get(args, "time"), &how.now))
		return wrong_time(args);
	if (signature && !how.remove_signature && strcmp(signature, "retain") != 0)
		return ctl_error(
		    EX_USAGE, "--signature %s is neither retain nor remove", signature);
	status = ctl_snapshot(ctl, &store, &snapshot);
	if (status == SMIME_OK)
		status =
		    ctl_read_message(ctl, args->count > 0 ? args->positional[0] : NULL, &message);
	if (status == SMIME_OK) {
		how.keys = smime_keyring_keys(snapshot->keyring);
		how.trust = snapshot->trust;
		how.weak_verifies = snapshot->weak_verifies;
		how.no_attributes_verifies = snapshot->no_attributes_verifies;
		status = policy_seen_keys_open(ctl->database, &asking.seen, &ctl->diag);
	}
	if (status == SMIME_OK) {
		asking.now = how.now;
		how.replay = policy_seen_ask(&asking);
		status = open_message(ctl, args, &how, message);
	}
	policy_seen_keys_free(&asking.seen);
	return status == SMIME_OK ? EX_OK : ctl_fail(ctl, status);
}

/* ---- explain ---- */

static enum smime_status
set_connection(const struct ctl_args *args, struct policy_message *m)
{
	const struct {
		const char *option;
		char **field;
	} fields[] = { { "client", &m->client_ip }, { "client-name", &m->client_name },
		{ "listener", &m->listener }, { "authenticated", &m->auth_user } };

	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		if (ctl_get(args, fields[i].option))
			SMIME_TRY(
			    policy_message_set(fields[i].field, ctl_get(args, fields[i].option)));
	return SMIME_OK;
}

static enum smime_status
explain(struct ctl *ctl, const struct ctl_args *args, struct policy_process *process)
{
	SMIME_AUTO(policy_message) m = NULL;
	SMIME_AUTO(policy_trace) trace = NULL;
	SMIME_AUTO(policy_outcome) outcome = NULL;
	SMIME_AUTO_BUF record = { 0 };
	struct smime_bytes text;

	SMIME_TRY(policy_message_new(&m));
	SMIME_TRY(set_connection(args, m));
	SMIME_TRY(fill_message(ctl, args, process->now, m));
	SMIME_TRY(policy_trace_new(&trace));
	process->trace = trace;
	SMIME_TRY(policy_process(process, m, &outcome, &ctl->diag));
	if (ctl_get(args, "json")) {
		SMIME_TRY(policy_record_explain(outcome, m, &record));
		print_record(&record, stdout);
		return SMIME_OK;
	}
	text = policy_trace_text(trace);
	(void)fwrite(text.data, 1, text.len, stdout);
	(void)printf("%s\n", outcome->record);
	return SMIME_OK;
}

static bool
is_ip(const char *text)
{
	uint8_t address[16];

	return inet_pton(AF_INET, text, address) == 1 || inet_pton(AF_INET6, text, address) == 1;
}

int
ctl_explain(struct ctl *ctl, const struct ctl_args *args)
{
	SMIME_AUTO(policy_store) store = NULL;
	SMIME_AUTO(policy_snapshot) snapshot = NULL;
	struct policy_process process = { .plan_only = true };
	enum smime_status status;

	if (!ctl_time(ctl_get(args, "time"), &process.now))
		return wrong_time(args);
	if (!has_envelope(ctl, args))
		return EX_USAGE;
	if (!ctl_get(args, "client"))
		return ctl_error(EX_USAGE, "explain needs --client");
	if (!is_ip(ctl_get(args, "client")))
		return ctl_error(EX_USAGE,
		    "--client %s is no IP address, as 192.0.2.1 or 2001:db8::1",
		    ctl_get(args, "client"));
	status = ctl_snapshot(ctl, &store, &snapshot);
	process.snapshot = snapshot;
	if (status == SMIME_OK)
		status = policy_seen_keys_open(ctl->database, &process.seen, &ctl->diag);
	if (status == SMIME_OK)
		status = explain(ctl, args, &process);
	policy_seen_keys_free(&process.seen);
	return status == SMIME_OK ? EX_OK : ctl_fail(ctl, status);
}
