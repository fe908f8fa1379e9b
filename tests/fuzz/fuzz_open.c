/* fuzz_open.c - lib/open.c and all below it: any octets as an arriving message, with a key and a
 * trusted certificate that fit the seeds. */
#include "smime/open.h"
#include "support_fuzz.h"

#include <stdlib.h>

static struct smime_keyring *ring;
static struct smime_trust *trust;

static void
check(const struct smime_opened *opened)
{
	bool all = true;

	FUZZ_HOLDS(opened->layer_count <= SMIME_LAYERS_MAX);
	for (size_t i = 0; i < opened->layer_count; i++) {
		const struct smime_layer *l = &opened->layers[i];

		all = all && l->ok && !l->weak;
		FUZZ_HOLDS(l->ok == (l->status == SMIME_OK));
		FUZZ_HOLDS(l->ok || (l->token[0] && l->reason[0]));
		/* Nothing is opened below a layer that failed. */
		FUZZ_HOLDS(l->ok || i + 1 == opened->layer_count);
	}
	FUZZ_HOLDS(!opened->gateway_verified || (all && opened->gateway_message));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	SMIME_AUTO(smime_mime) mime = NULL;
	SMIME_AUTO(smime_opened) opened = NULL;
	const struct smime_open how = { .keys = smime_keyring_keys(ring),
		.trust = trust,
		.now = FUZZ_NOW,
		.remove_signature = size & 1 };

	if (smime_mime_scan(smime_bytes(data, size), NULL, &mime, NULL) == SMIME_OK &&
	    smime_open_message(&how, mime, &opened, NULL) == SMIME_OK)
		check(opened);
	return 0;
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	ring = fuzz_keyring();
	trust = fuzz_trust();
	fuzz_seed_messages(*argc, *argv);
	return 0;
}
