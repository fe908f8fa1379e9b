/*
 * copies.c - seal one splinter: who has a key, who must not be named, what each set of recipients
 * gets.  DESIGN section 6.
 *
 * A RecipientInfo names its reader: a recipient who stands neither in To nor in Cc gets a copy of
 * his own. Nothing here falls back to clear but missing_key_action split, which says so.
 */
#include "algorithms.h"
#include "array.h"
#include "named.h"
#include "plan.h"
#include "work.h"

#include <stdlib.h>
#include <strings.h>

/* Octets of addresses that a refusal names; the log names all. An SMTP answer ends after 32 lines
 * of 512, and addresses are not torn. */
#define NAMES_MOST 12000

#define IN_MEMORY    16   /* copies that may be held as spools are by themselves */
#define MEMORY_SMALL 8192 /* octets of each copy more */

/* Recipients that read the same ciphertext. */
struct group {
	struct policy_some recipients;
	struct smime_certs certs;
};

struct sorting {
	struct policy_work *work;
	struct policy_splinter *splinter;
	enum smime_mode mode; /* what is left to do of the profile's */
	struct policy_named named;
	struct group together;      /* those that To and Cc name */
	struct policy_some hidden;  /* with a key */
	struct policy_some keyless; /* without one */
};

static const char *
address(const struct sorting *s, size_t recipient)
{
	return s->work->message->recipients[recipient].address;
}

/* ---- who has a key ---- */

/* With a profile of his own choice (smimectl seal) the caller has one copy for all. */
static bool
is_visible(const struct sorting *s, const char *addr)
{
	return s->work->process->profile || policy_named_has(&s->named, addr);
}

/* The partner's gateway certificate serves everybody there: one RecipientInfo is enough. */
static enum smime_status
add_new_certs(struct smime_certs *to, const struct smime_certs *from)
{
	for (size_t i = 0; i < from->count; i++)
		if (!smime_certs_hold(to, from->item[i]))
			SMIME_TRY(smime_certs_add(to, from->item[i]));
	return SMIME_OK;
}

static enum smime_status
sort_recipient(struct sorting *s, size_t recipient)
{
	const struct policy_process *process = s->work->process;
	struct smime_certs certs = { 0 };
	struct smime_diag why = { 0 };
	enum smime_status status = policy_keystore_find(
	    process->snapshot->keystore, address(s, recipient), process->now, &certs, &why);

	policy_keystore_explain(
	    process->snapshot->keystore, address(s, recipient), process->now, process->trace);
	if (status == SMIME_E_NOKEY && s->work->message->recipients[recipient].optional) {
		policy_trace_line(process->trace, 2, "%s: left out", why.text);
		status = policy_indexes_add(
		    &s->work->outcome->dropped, &s->work->outcome->dropped_count, recipient);
	} else if (status == SMIME_E_NOKEY) {
		status = policy_indexes_add(&s->keyless.item, &s->keyless.count, recipient);
	} else if (status == SMIME_OK && !is_visible(s, address(s, recipient))) {
		policy_trace_line(process->trace, 2,
		    "%s stands neither in To nor in Cc: a copy of his own", address(s, recipient));
		status = policy_indexes_add(&s->hidden.item, &s->hidden.count, recipient);
	} else if (status == SMIME_OK) {
		status = policy_indexes_add(
		    &s->together.recipients.item, &s->together.recipients.count, recipient);
		if (status == SMIME_OK)
			status = add_new_certs(&s->together.certs, &certs);
	}
	smime_certs_reset(&certs);
	return status;
}

/* ---- sealing one copy ---- */

static bool
encrypts(enum smime_mode mode)
{
	return mode != SMIME_MODE_SIGN;
}

/* Hundreds of hidden recipients, each with a copy of his own: all but the first few of them wait on
 * disk for the last one to be ready, nothing of them in memory. */
static enum smime_status
seal_entity(struct sorting *s, const struct smime_seal *how, struct policy_copy *copy)
{
	struct smime_spool_conf conf = how->spool ? *how->spool : (struct smime_spool_conf){ 0 };
	struct smime_seal seal = *how;
	struct smime_bytes view;

	if (s->work->outcome->copy_count > IN_MEMORY)
		conf.memory_max = MEMORY_SMALL;
	seal.spool = &conf;
	SMIME_TRY(
	    smime_seal_message(&seal, policy_work_entity(s->work), &copy->entity, s->work->diag));
	/* Looked at, a spool gives its buffer back. */
	SMIME_TRY(smime_spool_view(copy->entity, &view, s->work->diag));
	smime_spool_release(copy->entity);
	return SMIME_OK;
}

static enum smime_status
seal_with(struct sorting *s, enum smime_mode mode, const struct policy_algorithms *algorithms,
    struct policy_copy *copy)
{
	const struct policy_profile *profile = s->splinter->profile;
	const struct policy_process *process = s->work->process;
	const struct smime_seal seal = {
		.mode = mode,
		.opaque = profile->opaque,
		.now = process->now,
		.signer = s->splinter->signer ? s->splinter->signer->cert : NULL,
		.chain = s->splinter->signer ? &s->splinter->signer->chain : NULL,
		.keys = smime_keyring_keys(process->snapshot->keyring),
		.digest = profile->digest,
		.scheme = profile->scheme,
		.by_key_id = profile->by_key_id,
		.recipients = &copy->encrypted_to,
		.cipher = algorithms->cipher,
		.transports = algorithms->transports,
		.spool = process->spool,
	};

	if (process->plan_only)
		return SMIME_OK;
	return seal_entity(s, &seal, copy);
}

static enum smime_status
seal_copy(struct sorting *s, enum smime_mode mode, struct policy_copy *copy)
{
	const struct policy_process *process = s->work->process;
	struct policy_algorithms algorithms = { 0 };
	enum smime_status status = SMIME_OK;

	if (encrypts(mode))
		status = policy_algorithms_choose(s->splinter->profile, process->snapshot->keystore,
		    &copy->encrypted_to, process->trace, &algorithms, s->work->diag);
	if (status == SMIME_OK)
		status = seal_with(s, mode, &algorithms, copy);
	policy_algorithms_reset(&algorithms);
	return status;
}

static enum smime_status
add_sealed(struct sorting *s, enum policy_treatment treatment, enum smime_mode mode,
    const struct group *group)
{
	struct policy_copy *copy;

	SMIME_TRY(policy_outcome_copy(
	    s->work->outcome, s->splinter, treatment, &group->recipients, &copy));
	for (size_t i = 0; i < group->certs.count; i++)
		SMIME_TRY(smime_certs_add(&copy->encrypted_to, group->certs.item[i]));
	return seal_copy(s, mode, copy);
}

/* One person, whom the client named more than once: both MTAs deliver that once, and copies of his
 * own would arrive each. False: an earlier one has taken him along. */
static enum smime_status
take_same(const struct sorting *s, size_t first, struct policy_some *out, bool *is_first)
{
	const char *addr = address(s, s->hidden.item[first]);

	*is_first = true;
	for (size_t i = 0; i < first && *is_first; i++)
		*is_first = strcasecmp(address(s, s->hidden.item[i]), addr) != 0;
	for (size_t i = first; i < s->hidden.count && *is_first; i++)
		if (strcasecmp(address(s, s->hidden.item[i]), addr) == 0)
			SMIME_TRY(policy_indexes_add(&out->item, &out->count, s->hidden.item[i]));
	return SMIME_OK;
}

static enum smime_status
add_hidden_one(struct sorting *s, struct group *alone)
{
	const struct policy_process *process = s->work->process;

	SMIME_TRY(policy_keystore_find(process->snapshot->keystore,
	    address(s, alone->recipients.item[0]), process->now, &alone->certs, s->work->diag));
	return add_sealed(s, POLICY_SEALED, s->mode, alone);
}

static enum smime_status
add_hidden(struct sorting *s)
{
	enum smime_status status = SMIME_OK;

	for (size_t i = 0; status == SMIME_OK && i < s->hidden.count; i++) {
		struct group alone = { 0 };
		bool is_first;

		status = take_same(s, i, &alone.recipients, &is_first);
		if (status == SMIME_OK && is_first)
			status = add_hidden_one(s, &alone);
		smime_certs_reset(&alone.certs);
		free(alone.recipients.item);
	}
	return status;
}

/* ---- what the profile leaves to do ---- */

static bool
signs(enum smime_mode mode)
{
	return mode != SMIME_MODE_ENCRYPT;
}

/* Nothing, for mail that came sealed; *mode for the rest. */
static bool
is_done_already(const struct sorting *s, enum smime_mode *mode)
{
	enum smime_form form = smime_form_of(policy_work_entity(s->work));

	*mode = s->splinter->profile->mode;
	if (s->splinter->profile->seal_again)
		return false;
	if (form == SMIME_FORM_ENCRYPTED)
		return true;
	if (form != SMIME_FORM_SIGNED)
		return false;
	if (!encrypts(*mode))
		return true;
	*mode = SMIME_MODE_ENCRYPT;
	return false;
}

static enum smime_status
check_signer(struct sorting *s)
{
	const struct policy_process *process = s->work->process;

	s->splinter->signer =
	    policy_profile_signer(process->snapshot, s->splinter->profile, process->now);
	policy_profile_explain_signer(
	    process->snapshot, s->splinter->profile, process->now, process->trace);
	policy_trace_line(process->trace, 2, "signs with certificate %s%s, %s",
	    s->splinter->signer->name,
	    s->splinter->signer == s->splinter->profile->signer
		? ""
		: ", newer than the profile's and for the same names",
	    smime_cert_fingerprint_hex(s->splinter->signer->cert));
	SMIME_TRY(policy_own_may_sign(
	    process->snapshot, s->splinter->signer, process->now, s->work->diag));
	return smime_seal_covers(
	    s->splinter->signer->cert, s->work->mime, process->now, s->work->diag);
}

/* Those without a key, when the profile says split: what can be done for them without one. */
static enum smime_status
add_keyless(struct sorting *s)
{
	struct group group = { .recipients = s->keyless };

	if (s->splinter->profile->must_encrypt)
		return smime_fail(s->work->diag, SMIME_E_NOKEY, "no-key",
		    "no certificate for a recipient, and profile %s must encrypt",
		    s->splinter->profile->name);
	if (signs(s->mode))
		return add_sealed(s, POLICY_SIGNED, SMIME_MODE_SIGN, &group);
	return policy_make_clear(s->work, s->splinter, &s->keyless);
}

static enum smime_status
add_encrypted(struct sorting *s)
{
	if (s->together.recipients.count > 0)
		SMIME_TRY(add_sealed(s, POLICY_SEALED, s->mode, &s->together));
	SMIME_TRY(add_hidden(s));
	return s->keyless.count > 0 ? add_keyless(s) : SMIME_OK;
}

static enum smime_status
bounce_keyless(struct sorting *s)
{
	SMIME_AUTO_BUF text = { 0 };
	size_t left = s->keyless.count;

	SMIME_TRY(smime_buf_appendf(&text, "no certificate to encrypt to"));
	for (size_t i = 0; i < s->keyless.count && text.len < NAMES_MOST; i++) {
		SMIME_TRY(smime_buf_appendf(
		    &text, "%s %s", i > 0 ? "," : "", address(s, s->keyless.item[i])));
		left--;
	}
	if (left > 0)
		SMIME_TRY(smime_buf_appendf(&text, " and %zu more", left));
	SMIME_TRY(smime_buf_terminate(&text));
	return policy_outcome_bounce(
	    s->work->outcome, s->splinter, "5.7.5", (const char *)text.data);
}

static enum smime_status
encrypt(struct sorting *s)
{
	static const char *const missing[] = { [POLICY_MISSING_BOUNCE] = "bounce",
		[POLICY_MISSING_DROP] = "drop",
		[POLICY_MISSING_SPLIT] = "split" };

	SMIME_TRY(policy_named_read(s->work->mime, &s->named));
	for (size_t i = 0; i < s->splinter->recipient_count; i++)
		SMIME_TRY(sort_recipient(s, s->splinter->recipients[i]));
	if (s->keyless.count == 0)
		return add_encrypted(s);
	policy_trace_line(s->work->process->trace, 2, "no key: missing_key_action is %s",
	    missing[s->splinter->profile->missing_key]);
	switch (s->splinter->profile->missing_key) {
	case POLICY_MISSING_BOUNCE:
		break;
	case POLICY_MISSING_DROP:
		return policy_outcome_drop(s->work->outcome, s->splinter);
	case POLICY_MISSING_SPLIT:
		return add_encrypted(s);
	}
	return bounce_keyless(s);
}

static enum smime_status
make(struct sorting *s)
{
	struct group all = { .recipients = {
				 s->splinter->recipients, s->splinter->recipient_count } };
	struct policy_copy *copy;

	if (is_done_already(s, &s->mode)) {
		policy_trace_line(
		    s->work->process->trace, 1, "sealed by its sender: left as it is");
		SMIME_TRY(policy_outcome_copy(
		    s->work->outcome, s->splinter, POLICY_SEALED, &all.recipients, &copy));
		if (s->work->opened_mime)
			copy->entity = s->work->outcome->opened->entity;
		return SMIME_OK;
	}
	if (signs(s->mode))
		SMIME_TRY(check_signer(s));
	// NOLINTNEXTLINE(concurrency-mt-unsafe): our encrypt(), not libc's
	return encrypts(s->mode) ? encrypt(s) : add_sealed(s, POLICY_SEALED, s->mode, &all);
}

enum smime_status
policy_make_sealed(struct policy_work *work, struct policy_splinter *splinter)
{
	struct sorting s = { .work = work, .splinter = splinter };
	size_t first = work->outcome->copy_count;
	struct smime_diag *diag = work->diag;
	enum smime_status status = make(&s);

	policy_named_reset(&s.named);
	free(s.together.recipients.item);
	smime_certs_reset(&s.together.certs);
	free(s.hidden.item);
	free(s.keyless.item);
	if (status == SMIME_OK || status == SMIME_E_SYSTEM)
		return status;
	/* It stays unsent: unsealed mail never leaves in its place. */
	while (work->outcome->copy_count > first)
		policy_outcome_uncopy(work->outcome);
	policy_trace_line(work->process->trace, 1, "cannot be sealed: %s", diag->text);
	return policy_outcome_bounce(
	    work->outcome, splinter, status == SMIME_E_LIMIT ? "5.3.4" : "5.7.5", diag->text);
}

enum smime_status
policy_make_clear(struct policy_work *work, const struct policy_splinter *splinter,
    const struct policy_some *recipients)
{
	struct policy_copy *copy;

	SMIME_TRY(policy_outcome_copy(work->outcome, splinter, POLICY_CLEAR, recipients, &copy));
	if (work->opened_mime)
		copy->entity = work->outcome->opened->entity;
	return SMIME_OK;
}
