/*
 * smime/stage.h - push octets through small transformations.
 *
 * A stage is given octets by smime_push() any number of times, in pieces of any size, then
 * smime_finish() once. It keeps O(1) state and pushes its output into the next stage. After a
 * failure the chain is only freed. A stage never owns the next one: whoever made it frees it.
 */
#ifndef SMIME_STAGE_H
#define SMIME_STAGE_H

#include "smime/bytes.h"
#include "smime/status.h"

struct smime_stage;
struct smime_alg; /* smime/algs.h */

struct smime_stage_ops {
	const char *name;
	enum smime_status (*write)(struct smime_stage *s, const uint8_t *data, size_t len);
	enum smime_status (*finish)(struct smime_stage *s); /* NULL: nothing left to push */
	void (*free)(struct smime_stage *s);                /* NULL: nothing to free, not even s */
};

struct smime_stage {
	const struct smime_stage_ops *ops;
	struct smime_stage *next; /* borrowed; NULL drops the output */
};

/* Push len octets. s NULL drops them. */
SMIME_MUST_USE enum smime_status smime_push(struct smime_stage *s, const void *data, size_t len);

/* Push everything in b, in pieces of at most 64 KiB. */
SMIME_MUST_USE enum smime_status smime_push_bytes(struct smime_stage *s, struct smime_bytes b);

/* Finish s, then every stage after it. */
SMIME_MUST_USE enum smime_status smime_finish(struct smime_stage *s);

/* Frees s only, never s->next. Accepts a NULL pointee; nulls it. */
void smime_stage_free(struct smime_stage **s);

/* Each constructor: next is borrowed; *out is owned by the caller, NULL on failure;
 * fails with SMIME_E_SYSTEM unless it says more. */

/* LF, CR LF and nothing else become CR LF (RFC 8551 s3.1.1); a bare CR passes. */
SMIME_MUST_USE enum smime_status smime_stage_crlf_new(
    struct smime_stage *next, struct smime_stage **out);

/* Base64 (RFC 2045 s6.8) with lines of 76 characters and CR LF; the last line is ended too. */
SMIME_MUST_USE enum smime_status smime_stage_base64_new(
    struct smime_stage *next, struct smime_stage **out);

/* Base64 that is there already, in such lines: what is outside of the alphabet is dropped, what
 * stands behind the padding is not. */
SMIME_MUST_USE enum smime_status smime_stage_rewrap_new(
    struct smime_stage *next, struct smime_stage **out);

/*
 * Base64 back to octets. Characters outside the alphabet are skipped, as RFC 2045 s6.8 says, and
 * counted; data after the padding, or a lone last character, is SMIME_E_SYNTAX when strict.
 */
SMIME_MUST_USE enum smime_status smime_stage_unbase64_new(
    bool strict, struct smime_stage *next, struct smime_stage **out);
/* The same, but what stands behind padding is more of it, as some readers take it; *went_on
 * (borrowed, as long as the stage is used) tells that it happened. */
SMIME_MUST_USE enum smime_status smime_stage_unbase64_on_new(
    bool *went_on, struct smime_stage *next, struct smime_stage **out);

/* Quoted-printable (RFC 2045 s6.7) for text whose lines end in CR LF: also encodes a line's leading
 * "From " and a lone ".", and trailing blanks. */
SMIME_MUST_USE enum smime_status smime_stage_qp_new(
    struct smime_stage *next, struct smime_stage **out);
SMIME_MUST_USE enum smime_status smime_stage_unqp_new(
    struct smime_stage *next, struct smime_stage **out);

/* Passes every octet on to both a and b. finish reaches both. */
SMIME_MUST_USE enum smime_status smime_stage_tee_new(
    struct smime_stage *a, struct smime_stage *b, struct smime_stage **out);

/* Appends to buf (borrowed). SMIME_E_LIMIT when it would hold more than max octets. */
SMIME_MUST_USE enum smime_status smime_stage_buf_new(
    struct smime_buf *buf, size_t max, struct smime_stage **out);

/*
 * Hashes what passes (digest: a row of smime_digests) and passes it on unchanged.
 * smime_stage_digest_get() after finish: the value, owned by the stage.
 */
SMIME_MUST_USE enum smime_status smime_stage_digest_new(
    const struct smime_alg *digest, struct smime_stage *next, struct smime_stage **out);
struct smime_bytes smime_stage_digest_get(const struct smime_stage *s);

/*
 * Content encryption (cipher: a row of smime_content_algs). CBC pads as RFC 5652 s6.3 says. key and
 * iv are copied; the copy of the key is wiped. GCM: smime_stage_cipher_tag() after finish.
 */
SMIME_MUST_USE enum smime_status smime_stage_encrypt_new(const struct smime_alg *cipher,
    struct smime_bytes key, struct smime_bytes iv, struct smime_stage *next,
    struct smime_stage **out);

/* GCM: authenticated attributes, before the first push (RFC 5083 s2.2). */
SMIME_MUST_USE enum smime_status smime_stage_cipher_aad(
    struct smime_stage *s, struct smime_bytes aad);

/* GCM, after finish: the 16-octet tag, owned by the stage. */
struct smime_bytes smime_stage_cipher_tag(const struct smime_stage *s);

/*
 * Content decryption. What it pushes is NOT yet authenticated: push it into a spool that nobody
 * reads before smime_finish() said SMIME_OK. finish fails with SMIME_E_SYNTAX and one and the same
 * diagnosis for bad padding (checked in constant time), a length that is no multiple of the block,
 * and a wrong tag.
 *
 * tag  GCM: the received tag, 12 to 16 octets (RFC 5084 s3.2), copied; CBC: empty.
 */
SMIME_MUST_USE enum smime_status smime_stage_decrypt_new(const struct smime_alg *cipher,
    struct smime_bytes key, struct smime_bytes iv, struct smime_bytes tag, struct smime_stage *next,
    struct smime_stage **out);

#endif
