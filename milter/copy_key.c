/* copy_key.c - by what a copy of a message is recognised when its client sends it again: SHA-256
 * over Message-ID and sender, then over body and recipient. Received and Date differ from try to
 * try, and so may the list of recipients. */
#include "copy_key.h"

#include "smime/algs.h"
#include <stdio.h>
#include <stdlib.h>

struct gateway_copy_key {
	const struct policy_message *message;
	size_t body_at;
	char prefix[GATEWAY_COPY_PREFIX_SIZE];
	bool has_body;
	char body[GATEWAY_COPY_PREFIX_SIZE]; /* its digest, when has_body */
};

void
gateway_copy_key_free(struct gateway_copy_key **key)
{
	free(*key);
	*key = NULL;
}

const char *
gateway_copy_key_prefix(const struct gateway_copy_key *key)
{
	return key->prefix;
}

/* ---- digests ---- */

static enum smime_status
new_digest(struct smime_stage **out)
{
	return smime_stage_digest_new(smime_alg_by_name(smime_digests, "sha256"), NULL, out);
}

/* Text with its NUL, so that "a", "bc" and "ab", "c" differ. */
static enum smime_status
put_text(struct smime_stage *digest, const char *text)
{
	return smime_push(digest, text, strlen(text) + 1);
}

static enum smime_status
finish(struct smime_stage *digest, char out[GATEWAY_COPY_PREFIX_SIZE])
{
	struct smime_bytes value;

	SMIME_TRY(smime_finish(digest));
	value = smime_stage_digest_get(digest);
	for (size_t i = 0; i < value.len; i++)
		(void)snprintf(out + 2 * i, 3, "%02x", value.data[i]);
	return SMIME_OK;
}

static enum smime_status
digest_envelope(struct gateway_copy_key *key, struct smime_bytes message_id)
{
	SMIME_AUTO(smime_stage) digest = NULL;

	SMIME_TRY(new_digest(&digest));
	SMIME_TRY(smime_push(digest, message_id.data, message_id.len));
	SMIME_TRY(put_text(digest, ""));
	SMIME_TRY(put_text(digest, key->message->mail_from));
	return finish(digest, key->prefix);
}

/* Once for all copies, and only when there is one. */
static enum smime_status
digest_body(struct gateway_copy_key *key)
{
	SMIME_AUTO(smime_stage) digest = NULL;

	if (key->has_body)
		return SMIME_OK;
	SMIME_TRY(new_digest(&digest));
	SMIME_TRY(smime_spool_push(key->message->spool, key->body_at, UINT64_MAX, digest));
	SMIME_TRY(finish(digest, key->body));
	key->has_body = true;
	return SMIME_OK;
}

static enum smime_status
digest_one(struct gateway_copy_key *key, const char *kind, const char *address, char *out)
{
	SMIME_AUTO(smime_stage) digest = NULL;

	SMIME_TRY(digest_body(key));
	SMIME_TRY(new_digest(&digest));
	SMIME_TRY(put_text(digest, key->body));
	SMIME_TRY(put_text(digest, kind));
	SMIME_TRY(put_text(digest, address));
	return finish(digest, out);
}

/* ---- keys ---- */

static const struct policy_header_field *
find_message_id(const struct policy_header *header)
{
	for (size_t i = 0; i < header->count; i++)
		if (smime_bytes_is(smime_bytes_str(header->field[i].name), "Message-ID"))
			return &header->field[i];
	return NULL;
}

enum smime_status
gateway_copy_key_new(const struct policy_message *message, const struct policy_header *header,
    struct gateway_copy_key **out, struct smime_diag *diag)
{
	const struct policy_header_field *id = find_message_id(header);
	struct gateway_copy_key *key;

	*out = NULL;
	if (!id || policy_header_value(id).len == 0)
		return SMIME_OK;
	key = calloc(1, sizeof *key);
	if (!key)
		return smime_fail(diag, SMIME_E_SYSTEM, NULL, "no memory for a journal key");
	key->message = message;
	key->body_at = header->body_at;
	if (digest_envelope(key, policy_header_value(id)) != SMIME_OK) {
		gateway_copy_key_free(&key);
		return smime_fail(diag, SMIME_E_SYSTEM, NULL, "cannot digest the message");
	}
	*out = key;
	return SMIME_OK;
}

enum smime_status
gateway_copy_key_of(struct gateway_copy_key *key, const char *kind, const char *address,
    char out[GATEWAY_COPY_KEY_SIZE], struct smime_diag *diag)
{
	memcpy(out, key->prefix, sizeof key->prefix);
	if (digest_one(key, kind, address, out + sizeof key->prefix - 1) != SMIME_OK)
		return smime_fail(diag, SMIME_E_SYSTEM, NULL, "cannot make a journal key");
	return SMIME_OK;
}
