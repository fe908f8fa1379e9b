/* harvest.c - which certificates of a message are worth keeping.  DESIGN section 6, security: a key
 * is kept for the From address alone, whatever other names are in the certificate. */
#include "policy/harvest.h"

#include "array.h"
#include "policy/snapshot.h"
#include <stdlib.h>

void
policy_after_not_delivered(struct policy_after *after)
{
	for (size_t i = 0; i < after->harvest_count; i++) {
		free(after->harvest[i].address);
		smime_cert_free(&after->harvest[i].cert);
	}
	free(after->harvest);
	for (size_t i = 0; i < after->use_count; i++) {
		policy_strings_free(&after->uses[i].addresses, &after->uses[i].address_count);
		smime_certs_reset(&after->uses[i].certs);
	}
	free(after->uses);
	after->harvest = NULL;
	after->uses = NULL;
	after->harvest_count = after->use_count = 0;
}

void
policy_after_reset(struct policy_after *after)
{
	policy_after_not_delivered(after);
	free(after->seen);
	free(after->source);
	*after = (struct policy_after){ 0 };
}

enum smime_status
policy_after_use(struct policy_after *after, const struct smime_certs *certs)
{
	struct policy_use *use = policy_array_grow(after->uses, after->use_count, sizeof *use);

	if (!use)
		return SMIME_E_SYSTEM;
	after->uses = use;
	use += after->use_count++;
	*use = (struct policy_use){ 0 };
	for (size_t i = 0; i < certs->count; i++)
		SMIME_TRY(smime_certs_add(&use->certs, certs->item[i]));
	return SMIME_OK;
}

enum smime_status
policy_after_reader(struct policy_after *after, const char *address)
{
	struct policy_use *use = &after->uses[after->use_count - 1];
	SMIME_AUTO_BUF mailbox = { 0 };

	SMIME_TRY(smime_mailbox_fold(smime_bytes_str(address), &mailbox));
	SMIME_TRY(smime_buf_terminate(&mailbox));
	return policy_strings_add(&use->addresses, &use->address_count, (const char *)mailbox.data);
}

/* One that nobody vouches for is of use only where an administrator looks at it: untrusted. */
static bool
is_worth_keeping(const struct smime_layer *layer, const char *from, int64_t now)
{
	return (!layer->ok || !smime_cert_self_signed(layer->cert)) &&
	       smime_cert_covers(layer->cert, smime_bytes_str(from)) != SMIME_COVER_NONE &&
	       smime_cert_may_encrypt(layer->cert, now, NULL) == SMIME_OK;
}

static enum smime_status
add(struct policy_after *after, const struct policy_flow *flow, const struct smime_layer *layer,
    const char *from)
{
	struct policy_harvest *h =
	    policy_array_grow(after->harvest, after->harvest_count, sizeof *h);
	bool has_time = layer->signing_time > 0 && layer->signing_time < after->now;

	if (!h)
		return SMIME_E_SYSTEM;
	after->harvest = h;
	h += after->harvest_count;
	*h = (struct policy_harvest){ .verified = layer->ok,
		.updates = flow->harvest_updates,
		.caps = layer->caps,
		.signed_at = has_time ? layer->signing_time : after->now };
	SMIME_TRY(policy_address_fold(from, &h->address));
	h->cert = smime_cert_ref(layer->cert);
	after->harvest_count++;
	return SMIME_OK;
}

enum smime_status
policy_harvest_collect(const struct policy_flow *flow, const struct smime_opened *opened,
    const char *from, struct policy_after *after)
{
	for (size_t i = 0; flow->harvest && i < opened->layer_count; i++) {
		const struct smime_layer *l = &opened->layers[i];

		if (l->type != SMIME_LAYER_SIGNED || !l->cert ||
		    (!l->ok && !flow->harvest_on_failure) || !is_worth_keeping(l, from, after->now))
			continue;
		SMIME_TRY(add(after, flow, l, from));
	}
	return SMIME_OK;
}
