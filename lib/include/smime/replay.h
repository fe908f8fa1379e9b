/*
 * smime/replay.h - the other upward call: did this wrapped key come before, with something else?
 * R-DEC-REPLAY.
 *
 * Honest senders never use a content-encryption key twice. Who sends one that he captured, around
 * another ciphertext or under another algorithm, wants something decrypted that he cannot read.
 */
#ifndef SMIME_REPLAY_H
#define SMIME_REPLAY_H

#include "smime/bytes.h"

#define SMIME_REPLAY_SIZE 32 /* SHA-256 */

struct smime_replay {
	const struct smime_replay_ops *ops;
};

struct smime_replay_ops {
	/*
	 * Asked for each wrapped key of a layer that is for a certificate of ours, before any of
	 * them is unwrapped: the answer must tell of nothing but octets that everybody saw.
	 *
	 * wrapped  encryptedKey as it stands in the message. With key agreement it is that alone,
	 *          too: it belongs to one secret, while other public keys may lead to the same one
	 *          (the point's negative; what X25519 masks).
	 * content  SHA-256 of all that the content-encryption key is for: content types,
	 *          algorithm with parameters, what is authenticated, ciphertext; of the values, not
	 *          of how BER wrote them.
	 * *other   it came before, with another content.
	 *
	 * SMIME_E_SYSTEM only.
	 */
	enum smime_status (*ask)(struct smime_replay *replay, struct smime_bytes wrapped,
	    const uint8_t content[SMIME_REPLAY_SIZE], bool *other, struct smime_diag *diag);
};

/* What may be kept of a wrapped key: HMAC-SHA-256 with a secret, so that who reads what is kept,
 * and not the secret, cannot look messages up in it. SMIME_E_SYSTEM only. */
SMIME_MUST_USE enum smime_status smime_replay_id(
    struct smime_bytes secret, struct smime_bytes wrapped, uint8_t out[SMIME_REPLAY_SIZE]);

#endif
