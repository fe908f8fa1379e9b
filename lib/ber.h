/*
 * ber.h - read BER from a view, one element at a time.  X.690, RFC 5652.
 *
 * Iterative; nothing is copied. Definite and indefinite lengths, constructed strings. Refused:
 * lengths over 8 octets, nesting of indefinite lengths over 32, high tag numbers (CMS has none),
 * anything that does not fit its parent.
 */
#ifndef SMIME_BER_H
#define SMIME_BER_H

#include "smime/bytes.h"
#include "smime/stage.h"
#include "smime/status.h"

#define SMIME_BER_DEPTH 32

/* Identifier octets (X.690 s8.1.2). */
enum {
	SMIME_BER_INTEGER = 0x02,
	SMIME_BER_BIT_STRING = 0x03,
	SMIME_BER_OCTET_STRING = 0x04,
	SMIME_BER_NULL = 0x05,
	SMIME_BER_OID = 0x06,
	SMIME_BER_UTF8 = 0x0c,
	SMIME_BER_UTC_TIME = 0x17,
	SMIME_BER_GENERALIZED_TIME = 0x18,
	SMIME_BER_CONSTRUCTED = 0x20,
	SMIME_BER_SEQUENCE = 0x30,
	SMIME_BER_SET = 0x31,
	SMIME_BER_CONTEXT = 0x80, /* | number, | SMIME_BER_CONSTRUCTED */
	SMIME_BER_CONTEXT_CONS = 0xa0,
};

struct smime_tlv {
	uint8_t tag;                /* identifier octet */
	struct smime_bytes whole;   /* identifier, length, content, end-of-contents */
	struct smime_bytes content; /* without end-of-contents */
};

/* Read one element from the front of *in and move behind it. SMIME_E_SYNTAX; SMIME_E_LIMIT for
 * depth. */
SMIME_MUST_USE enum smime_status smime_ber_read(struct smime_bytes *in, struct smime_tlv *out);

/* The same, and its identifier octet must be `tag` (for strings: either primitive or constructed).
 */
SMIME_MUST_USE enum smime_status smime_ber_expect(
    struct smime_bytes *in, uint8_t tag, struct smime_tlv *out);

/* Is the next element's identifier octet `tag`? */
bool smime_ber_peek(struct smime_bytes in, uint8_t tag);

/* Number of elements in a content; SMIME_E_LIMIT when there are more than max. */
SMIME_MUST_USE enum smime_status smime_ber_count(
    struct smime_bytes content, size_t max, size_t *out);

/* Push the octets of an OCTET STRING (or [n] IMPLICIT one), primitive or constructed at any depth.
 */
SMIME_MUST_USE enum smime_status smime_ber_push_octets(
    const struct smime_tlv *string, struct smime_stage *stage);

/* The same, appended to a buffer; SMIME_E_LIMIT over max. */
SMIME_MUST_USE enum smime_status smime_ber_octets(
    const struct smime_tlv *string, size_t max, struct smime_buf *out);

/* OBJECT IDENTIFIER as dotted text. Longest that fits a CMS table is far below this. */
#define SMIME_OID_SIZE 128
SMIME_MUST_USE enum smime_status smime_ber_oid(struct smime_bytes *in, char out[SMIME_OID_SIZE]);

/* A small non-negative INTEGER. */
SMIME_MUST_USE enum smime_status smime_ber_small(struct smime_bytes *in, uint32_t *out);

/* AlgorithmIdentifier (RFC 5280 s4.1.1.2): dotted OID and the parameters' octets, empty when
 * absent. */
struct smime_algid {
	char oid[SMIME_OID_SIZE];
	struct smime_bytes parameters;
	struct smime_bytes whole;
};
SMIME_MUST_USE enum smime_status smime_ber_algid(struct smime_bytes *in, struct smime_algid *out);
/* The same for a context-tagged (IMPLICIT) AlgorithmIdentifier. */
SMIME_MUST_USE enum smime_status smime_ber_algid_tagged(
    struct smime_bytes *in, uint8_t tag, struct smime_algid *out);

/* Time (UTCTime or GeneralizedTime, Z) to seconds since 1970. */
SMIME_MUST_USE enum smime_status smime_ber_time(struct smime_bytes *in, int64_t *out);

#endif
