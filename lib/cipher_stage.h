/* cipher_stage.h - what stage_encrypt.c and stage_decrypt.c share: a cipher and a buffer of pieces.
 */
#ifndef SMIME_CIPHER_STAGE_H
#define SMIME_CIPHER_STAGE_H

#include "smime/algs.h"
#include "smime/stage.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

/* Every piece but the last is whole blocks: GnuTLS wants multiples of 16 for GCM too. */
#define SMIME_CIPHER_PIECE 65536

struct smime_cipher_stage {
	struct smime_stage base; /* first: smime_stage_cipher_aad casts */
	gnutls_cipher_hd_t cipher;
	const struct smime_alg *alg;
	size_t held;
	uint8_t tag[16];
	size_t tag_len;
	uint8_t piece[SMIME_CIPHER_PIECE];
};

/* SMIME_E_SYSTEM for memory, SMIME_E_UNSUPPORTED for a key or iv of a wrong length. */
SMIME_MUST_USE enum smime_status smime_cipher_stage_new(const struct smime_alg *alg,
    struct smime_bytes key, struct smime_bytes iv, const struct smime_stage_ops *ops,
    struct smime_stage *next, struct smime_cipher_stage **out);

/*
 * Collect data into whole pieces; run(c, len) is called for each full one, before more arrives: the
 * last piece stays for finish.
 */
SMIME_MUST_USE enum smime_status smime_cipher_stage_collect(struct smime_cipher_stage *c,
    const uint8_t *data, size_t len,
    enum smime_status (*run)(struct smime_cipher_stage *c, size_t len));

/*
 * Octets of padding in the last block of a CBC plaintext, or 0 when it is wrong, without a branch
 * or an index that depends on the plaintext (RFC 5652 s6.3, s14: padding errors must not show).
 */
size_t smime_cbc_padding(const uint8_t *last, size_t block);

void smime_cipher_stage_free(struct smime_stage *s);

#endif
