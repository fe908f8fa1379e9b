/* replay.c - what may be kept of a wrapped key.  R-DEC-REPLAY, RFC 2104. */
#include "smime/replay.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

enum smime_status
smime_replay_id(
    struct smime_bytes secret, struct smime_bytes wrapped, uint8_t out[SMIME_REPLAY_SIZE])
{
	return gnutls_hmac_fast(
		   GNUTLS_MAC_SHA256, secret.data, secret.len, wrapped.data, wrapped.len, out) < 0
		   ? SMIME_E_SYSTEM
		   : SMIME_OK;
}
