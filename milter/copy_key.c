/* copy_key.c - by what a copy of a message is recognised when its client sends it again: SHA-256
 * over Message-ID, sender, recipients and body. Received and Date differ from try to try. */
#include "copy_key.h"

#include "smime/algs.h"
#include <stdio.h>
#include <stdlib.h>

struct gateway_copy_key {
	const struct policy_message *message;
	uint8_t common[32];
};

void
gateway_copy_key_free(struct gateway_copy_key **key)
{
	free(*key);
	*key = NULL;
}

/* Text with its NUL, so that "a", "bc" and "ab", "c" differ. */
static enum smime_status
put_text(struct smime_stage *digest, const char *text)
{
	return smime_push(digest, text, strlen(text) + 1);
}

static enum smime_status
new_digest(struct smime_stage **out)
{
	return smime_stage_digest_new(smime_alg_by_name(smime_digests, "sha256"), NULL, out);
}

static const struct policy_header_field *
find_message_id(const struct policy_header *header)
{
	for (size_t i = 0; i < header->count; i++)
		if (smime_bytes_is(smime_bytes_str(header->field[i].name), "Message-ID"))
			return &header->field[i];
	return NULL;
}

static enum smime_status
digest_common(struct gateway_copy_key *key, struct smime_bytes message_id, size_t body_at)
{
	const struct policy_message *m = key->message;
	SMIME_AUTO(smime_stage) digest = NULL;

	SMIME_TRY(new_digest(&digest));
	SMIME_TRY(smime_push(digest, message_id.data, message_id.len));
	SMIME_TRY(put_text(digest, ""));
	SMIME_TRY(put_text(digest, m->mail_from));
	for (size_t i = 0; i < m->recipient_count; i++)
		if (!m->recipients[i].added)
			SMIME_TRY(put_text(digest, m->recipients[i].exact));
	SMIME_TRY(put_text(digest, ""));
	SMIME_TRY(smime_spool_push(m->spool, body_at, UINT64_MAX, digest));
	SMIME_TRY(smime_finish(digest));
	memcpy(key->common, smime_stage_digest_get(digest).data, sizeof key->common);
	return SMIME_OK;
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
	if (digest_common(key, policy_header_value(id), header->body_at) != SMIME_OK) {
		gateway_copy_key_free(&key);
		return smime_fail(diag, SMIME_E_SYSTEM, NULL, "cannot digest the message");
	}
	*out = key;
	return SMIME_OK;
}

enum smime_status
gateway_copy_key_of(const struct gateway_copy_key *key, const char *kind, const size_t *recipients,
    size_t count, char out[GATEWAY_COPY_KEY_SIZE], struct smime_diag *diag)
{
	SMIME_AUTO(smime_stage) digest = NULL;
	enum smime_status status = new_digest(&digest);
	struct smime_bytes value;

	if (status == SMIME_OK)
		status = smime_push(digest, key->common, sizeof key->common);
	if (status == SMIME_OK)
		status = put_text(digest, kind);
	for (size_t i = 0; status == SMIME_OK && i < count; i++)
		status = put_text(digest, key->message->recipients[recipients[i]].exact);
	if (status == SMIME_OK)
		status = smime_finish(digest);
	if (status != SMIME_OK)
		return smime_fail(diag, SMIME_E_SYSTEM, NULL, "cannot make a journal key");
	value = smime_stage_digest_get(digest);
	for (size_t i = 0; i < value.len; i++)
		(void)snprintf(out + 2 * i, 3, "%02x", value.data[i]);
	return SMIME_OK;
}
