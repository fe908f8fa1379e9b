/* fingerprints.c - a hash set; fingerprints are hashes already, but of what others choose: should
 * somebody find 1,000 that begin alike, this is slow for one administrator's one command. */
#include "fingerprints.h"

#include <stdlib.h>

static bool
is_free(const uint8_t slot[32])
{
	static const uint8_t zeros[32];

	return memcmp(slot, zeros, sizeof zeros) == 0;
}

/* Where it stands, or would. */
static uint8_t *
find(const struct ctl_fingerprints *set, const uint8_t fingerprint[32])
{
	size_t at = 0;

	memcpy(&at, fingerprint, sizeof at);
	for (at &= set->room - 1; !is_free(set->slot[at]); at = (at + 1) & (set->room - 1))
		if (memcmp(set->slot[at], fingerprint, 32) == 0)
			break;
	return set->slot[at];
}

static enum smime_status
grow(struct ctl_fingerprints *set)
{
	struct ctl_fingerprints larger = { .room = set->room ? 2 * set->room : 64,
		.count = set->count };

	larger.slot = calloc(larger.room, sizeof *larger.slot);
	if (!larger.slot)
		return SMIME_E_SYSTEM;
	for (size_t i = 0; i < set->room; i++)
		if (!is_free(set->slot[i]))
			memcpy(find(&larger, set->slot[i]), set->slot[i], 32);
	free(set->slot);
	*set = larger;
	return SMIME_OK;
}

enum smime_status
ctl_fingerprints_add(struct ctl_fingerprints *set, const uint8_t fingerprint[32], bool *known)
{
	uint8_t *slot;

	if (2 * (set->count + 1) > set->room)
		SMIME_TRY(grow(set));
	slot = find(set, fingerprint);
	*known = !is_free(slot);
	if (*known)
		return SMIME_OK;
	memcpy(slot, fingerprint, 32);
	set->count++;
	return SMIME_OK;
}

void
ctl_fingerprints_reset(struct ctl_fingerprints *set)
{
	free(set->slot);
	*set = (struct ctl_fingerprints){ 0 };
}
