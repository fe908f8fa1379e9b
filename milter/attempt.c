/*
 * attempt.c - what earlier attempts at a message have sent, and what this one does: asks and fills
 * the journal, and says in the log whoever may get a second copy.
 * Memory: a key for each recipient of one copy. Refuses (451) to let anything leave that cannot be
 * journalled first.
 */
#include "attempt.h"

#include "copy_key.h"
#include "policy/journal.h"
#include <stdlib.h>
#include <time.h>

#define PATIENCE 60 /* seconds; MTAs wait for us for 300 */

/* Somebody to whom the thing in hand goes. */
struct leg {
	char key[GATEWAY_COPY_KEY_SIZE];
	const char *address;
	enum policy_journal_state before;
	bool refused;
};

struct gateway_attempt {
	struct gateway *gateway;
	const struct policy_message *message;
	struct smime_buf *queue_ids;
	struct gateway_copy_key *key; /* NULL: not journalled */
	bool has_entered;             /* nobody else works on this message */
	bool is_repeat;               /* the journal knows the message */
	struct leg *legs;
	size_t leg_count;
};

void
gateway_attempt_free(struct gateway_attempt **attempt)
{
	if (!*attempt)
		return;
	if ((*attempt)->has_entered)
		policy_journal_leave(
		    (*attempt)->gateway->journal, gateway_copy_key_prefix((*attempt)->key));
	gateway_copy_key_free(&(*attempt)->key);
	free((*attempt)->legs);
	free(*attempt);
	*attempt = NULL;
}

static enum smime_status
no_memory(struct smime_diag *diag)
{
	return smime_fail(diag, SMIME_E_SYSTEM, NULL, "no memory for the journal");
}

static enum smime_status
recognise(struct gateway_attempt *attempt, struct smime_diag *diag)
{
	struct policy_journal *journal = attempt->gateway->journal;
	SMIME_AUTO(policy_header) header = NULL;
	struct smime_bytes view;
	const char *prefix;

	if (!journal)
		return SMIME_OK;
	SMIME_TRY(smime_spool_view(attempt->message->spool, &view, diag));
	SMIME_TRY(policy_header_read(view, &header, diag));
	SMIME_TRY(gateway_copy_key_new(attempt->message, header, &attempt->key, diag));
	if (!attempt->key)
		return SMIME_OK;
	prefix = gateway_copy_key_prefix(attempt->key);
	SMIME_TRY(policy_journal_enter(journal, prefix, PATIENCE, diag));
	attempt->has_entered = true;
	return policy_journal_knows(journal, prefix, time(NULL), &attempt->is_repeat, diag);
}

enum smime_status
gateway_attempt_new(struct gateway *gateway, const struct policy_message *message,
    struct smime_buf *queue_ids, struct gateway_attempt **out, struct smime_diag *diag)
{
	struct gateway_attempt *attempt = calloc(1, sizeof *attempt);

	*out = attempt;
	if (!attempt)
		return no_memory(diag);
	attempt->gateway = gateway;
	attempt->message = message;
	attempt->queue_ids = queue_ids;
	return recognise(attempt, diag);
}

/* ---- the log ---- */

/* A line about one recipient; id may be "". */
static void
tell(const struct gateway_attempt *attempt, const char *what, const char *address, const char *id)
{
	SMIME_AUTO_BUF line = { 0 };

	if (smime_buf_appendf(&line, "%s: %s=", attempt->message->queue_id, what) != SMIME_OK ||
	    policy_log_value(address, &line) != SMIME_OK ||
	    (*id && (smime_buf_appendf(&line, " as=") != SMIME_OK ||
			policy_log_value(id, &line) != SMIME_OK)) ||
	    smime_buf_terminate(&line) != SMIME_OK)
		return;
	gateway_log_line(attempt->gateway->log, GATEWAY_WARNING, "%s", (const char *)line.data);
}

/* Recipients of one copy have the same id: once is enough. */
static enum smime_status
note_queue_id(struct gateway_attempt *attempt, bool earlier, const char *id)
{
	struct smime_buf *ids = attempt->queue_ids;
	SMIME_AUTO_BUF word = { 0 };

	SMIME_TRY(smime_buf_appendf(&word, earlier ? "[%s]" : "%s", *id ? id : "?"));
	if (earlier && ids->len > 0 && memmem(ids->data, ids->len, word.data, word.len))
		return SMIME_OK;
	if (ids->len > 0)
		SMIME_TRY(smime_buf_append(ids, ",", 1));
	SMIME_TRY(smime_buf_append(ids, word.data, word.len));
	return smime_buf_terminate(ids); /* whatever happens next, the log line shows it */
}

/* ---- asking ---- */

static enum smime_status
find(struct gateway_attempt *attempt, const char *key, enum policy_journal_state *out,
    struct smime_buf *queue_id, struct smime_diag *diag)
{
	*out = POLICY_JOURNAL_NONE;
	if (!attempt->is_repeat)
		return SMIME_OK;
	return policy_journal_find(attempt->gateway->journal, key, time(NULL), out, queue_id, diag);
}

/* What the journal knows of one thing to one address. Sent: a line in the log, called what. */
static enum smime_status
look_up(struct gateway_attempt *attempt, const char *kind, const char *address, const char *what,
    enum policy_journal_state *out, struct smime_diag *diag)
{
	SMIME_AUTO_BUF id = { 0 };
	char key[GATEWAY_COPY_KEY_SIZE];

	*out = POLICY_JOURNAL_NONE;
	if (!attempt->is_repeat)
		return SMIME_OK;
	SMIME_TRY(gateway_copy_key_of(attempt->key, kind, address, key, diag));
	SMIME_TRY(find(attempt, key, out, &id, diag));
	if (*out != POLICY_JOURNAL_SENT)
		return SMIME_OK;
	tell(attempt, what, address, (const char *)id.data);
	return note_queue_id(attempt, true, (const char *)id.data) == SMIME_OK ? SMIME_OK
									       : no_memory(diag);
}

enum smime_status
gateway_attempt_was_sent(struct gateway_attempt *attempt, const char *kind, const char *address,
    bool *out, struct smime_diag *diag)
{
	enum policy_journal_state state;

	SMIME_TRY(look_up(attempt, kind, address, "already-sent", &state, diag));
	*out = state == POLICY_JOURNAL_SENT;
	return SMIME_OK;
}

enum smime_status
gateway_attempt_fate(struct gateway_attempt *attempt, const char *address, enum gateway_fate *out,
    struct smime_diag *diag)
{
	enum policy_journal_state state;

	*out = GATEWAY_SETTLED;
	SMIME_TRY(look_up(attempt, GATEWAY_COPY, address, "already-sent", &state, diag));
	if (state == POLICY_JOURNAL_SENT)
		return SMIME_OK;
	SMIME_TRY(look_up(attempt, GATEWAY_BOUNCE, address, "already-reported", &state, diag));
	if (state == POLICY_JOURNAL_SENDING)
		*out = GATEWAY_REPORTING;
	else if (state == POLICY_JOURNAL_NONE)
		*out = GATEWAY_OPEN;
	return SMIME_OK;
}

void
gateway_attempt_stay(const struct gateway_attempt *attempt, const size_t *recipients, size_t count)
{
	for (size_t i = 0; attempt->is_repeat && i < count; i++)
		tell(attempt, "may-be-second", attempt->message->recipients[recipients[i]].address,
		    "");
}

/* ---- handing over ---- */

enum smime_status
gateway_attempt_add(
    struct gateway_attempt *attempt, const char *kind, const char *address, struct smime_diag *diag)
{
	SMIME_AUTO_BUF id = { 0 };
	struct leg *legs, *leg;

	if (!attempt->key)
		return SMIME_OK;
	legs = realloc(attempt->legs, (attempt->leg_count + 1) * sizeof *legs);
	if (!legs)
		return no_memory(diag);
	attempt->legs = legs;
	leg = &legs[attempt->leg_count];
	*leg = (struct leg){ .address = address };
	SMIME_TRY(gateway_copy_key_of(attempt->key, kind, address, leg->key, diag));
	SMIME_TRY(find(attempt, leg->key, &leg->before, &id, diag));
	attempt->leg_count++;
	return SMIME_OK;
}

static bool
every_leg(const struct leg *leg)
{
	(void)leg;
	return true;
}

static bool
is_accepted(const struct leg *leg)
{
	return !leg->refused;
}

/* What an earlier attempt was not sure of stays so. */
static bool
is_refused_first(const struct leg *leg)
{
	return leg->refused && leg->before == POLICY_JOURNAL_NONE;
}

/* Keys of some legs. NULL: no memory. */
static const char **
keys_of(const struct gateway_attempt *attempt, bool (*is_one)(const struct leg *leg), size_t *count)
{
	const char **keys = calloc(attempt->leg_count + 1, sizeof *keys);

	*count = 0;
	for (size_t i = 0; keys && i < attempt->leg_count; i++)
		if (is_one(&attempt->legs[i]))
			keys[(*count)++] = attempt->legs[i].key;
	return keys;
}

static void
free_keys(const char ***keys)
{
	free((void *)*keys);
}

enum smime_status
gateway_attempt_begin(struct gateway_attempt *attempt, struct smime_diag *diag)
{
	size_t count;
	__attribute__((cleanup(free_keys))) const char **keys = keys_of(attempt, every_leg, &count);

	if (!keys)
		return no_memory(diag);
	if (!attempt->gateway->journal)
		return SMIME_OK;
	if (!attempt->key) {
		gateway_log_line(attempt->gateway->log, GATEWAY_INFO,
		    "%s: not-journalled reason=\"no Message-ID: should the client have to send the "
		    "message again, copies are sent again\"",
		    attempt->message->queue_id);
		return SMIME_OK;
	}
	for (size_t i = 0; i < attempt->leg_count; i++)
		if (attempt->legs[i].before == POLICY_JOURNAL_SENDING)
			tell(attempt, "may-be-second", attempt->legs[i].address, "");
	return policy_journal_begin(attempt->gateway->journal, keys, count, time(NULL), diag);
}

/* What could not be written is told. */
static void
note_written(
    const struct gateway_attempt *attempt, enum smime_status status, const struct smime_diag *diag)
{
	if (status != SMIME_OK)
		gateway_log_problem(attempt->gateway->log, "journal",
		    "%s: the journal could not be written, and if the message has to be sent "
		    "again, copies may be sent twice: %s",
		    attempt->message->queue_id, diag->text);
}

/* The MTA has certainly not got it for these. */
static void
forget_refused(struct gateway_attempt *attempt)
{
	struct smime_diag diag = { 0 };
	size_t count;
	__attribute__((cleanup(free_keys))) const char **keys =
	    keys_of(attempt, is_refused_first, &count);
	enum smime_status status = keys ? SMIME_OK : no_memory(&diag);

	if (status == SMIME_OK && count > 0)
		status = policy_journal_forget(attempt->gateway->journal, keys, count, &diag);
	note_written(attempt, status, &diag);
}

void
gateway_attempt_sent(struct gateway_attempt *attempt, const char *queue_id)
{
	struct smime_diag diag = { 0 };
	size_t count;
	__attribute__((cleanup(free_keys))) const char **keys =
	    keys_of(attempt, is_accepted, &count);
	enum smime_status status = keys ? SMIME_OK : no_memory(&diag);

	if (status == SMIME_OK && count > 0)
		status =
		    policy_journal_sent(attempt->gateway->journal, keys, count, queue_id, &diag);
	if (status == SMIME_OK && note_queue_id(attempt, false, queue_id) != SMIME_OK)
		status = no_memory(&diag);
	note_written(attempt, status, &diag);
	forget_refused(attempt);
	attempt->leg_count = 0;
}

void
gateway_attempt_refuse_one(struct gateway_attempt *attempt, size_t n)
{
	if (n < attempt->leg_count) /* else the message is not journalled */
		attempt->legs[n].refused = true;
}

void
gateway_attempt_refused(struct gateway_attempt *attempt)
{
	for (size_t i = 0; i < attempt->leg_count; i++)
		attempt->legs[i].refused = true;
	forget_refused(attempt);
	attempt->leg_count = 0;
}
