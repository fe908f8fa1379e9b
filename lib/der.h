/*
 * der.h - write DER into a buffer.  X.690 s10.
 *
 * A constructed element is written inside out: note buf->len, write the children, then
 * smime_der_wrap() puts identifier and length in front of them. Small structures only: what is
 * large (content) is announced by smime_der_header() and pushed by the caller.
 */
#ifndef SMIME_DER_H
#define SMIME_DER_H

#include "smime/bytes.h"
#include "smime/status.h"

/* Octets of identifier and length in front of `len` octets of content. */
size_t smime_der_header_size(uint64_t len);

SMIME_MUST_USE enum smime_status smime_der_header(struct smime_buf *buf, uint8_t tag, uint64_t len);
SMIME_MUST_USE enum smime_status smime_der_tlv(
    struct smime_buf *buf, uint8_t tag, struct smime_bytes content);
SMIME_MUST_USE enum smime_status smime_der_small(struct smime_buf *buf, uint32_t value);
SMIME_MUST_USE enum smime_status smime_der_oid(struct smime_buf *buf, const char *dotted);

/* UTCTime up to 2049, then GeneralizedTime (RFC 5652 s11.3). */
SMIME_MUST_USE enum smime_status smime_der_time(struct smime_buf *buf, int64_t seconds);

/* AlgorithmIdentifier; parameters: DER to put behind the OID; NULL data leaves them out. */
SMIME_MUST_USE enum smime_status smime_der_algid(
    struct smime_buf *buf, const char *oid, struct smime_bytes parameters);
extern const struct smime_bytes smime_der_null_bytes; /* 05 00 */
/* Are they absent, or NULL? Digests and most signatures have no other (RFC 5754 s2, s3). */
bool smime_der_no_parameters(struct smime_bytes parameters);

/* Everything from `mark` on becomes the content of one element. */
SMIME_MUST_USE enum smime_status smime_der_wrap(struct smime_buf *buf, size_t mark, uint8_t tag);

/* The same for SET OF: the elements are sorted first (X.690 s11.6). */
SMIME_MUST_USE enum smime_status smime_der_wrap_set_of(
    struct smime_buf *buf, size_t mark, uint8_t tag);

#endif
