/* advice.c - what is in order but hardly meant: told by `smimectl check` and `smime-milter -t`, and
 * no reason for another exit code. */
#include "policy/snapshot.h"

#include <stdlib.h>

static bool
is_plain(const struct policy_own *own)
{
	const struct smime_buf *source = &own->key_source;

	return own->key && source->len > 0 &&
	       memmem(source->data, source->len, "-----BEGIN ", 11) &&
	       !memmem(source->data, source->len, "ENCRYPTED", 9);
}

enum smime_status
policy_advise(const struct policy_snapshot *snapshot,
    enum smime_status (*visit)(const char *table, const char *row, const char *advice, void *arg),
    void *arg)
{
	for (size_t i = 0; i < snapshot->own_count; i++)
		if (is_plain(&snapshot->owns[i]))
			SMIME_TRY(visit("certificate", snapshot->owns[i].name,
			    "its private key is not encrypted: whoever has a copy of it can sign "
			    "and decrypt; smimectl certificate import takes it under the "
			    "passphrase",
			    arg));
	for (size_t i = 0; i < snapshot->flow_count; i++)
		if (snapshot->flows[i].harvest && !snapshot->flows[i].smime_open)
			SMIME_TRY(visit("mail_flow_policy", snapshot->flows[i].name,
			    "harvest is on and smime_open is off: what is not opened is not "
			    "harvested from",
			    arg));
	return SMIME_OK;
}
