/* limits.h - what the parts of bench_limits share: people, and the measuring of one message. */
#ifndef BENCH_LIMITS_H
#define BENCH_LIMITS_H

#include "smime/open.h"
#include "support_pki.h"

#define FIELDS "From: alice@a.example\r\nTo: bob@b.example\r\nSubject: s\r\n"
#define TEXT   "Content-Type: text/plain\r\n\r\nThe quick brown fox jumps over the lazy dog.\r\n"

struct limits {
	struct pki_cert *root, *alice, *bob, *stranger;
	struct smime_keyring *ring;
	struct smime_trust *trust;
	bool count; /* under callgrind: say where to count; else take the time */
};

extern struct limits limits;

void limits_start(bool count);
void limits_stop(void);

void limits_must(enum smime_status status);
void limits_put(struct smime_buf *out, const char *text);

/* FIELDS, then that CMS object in base64. */
void limits_put_object(struct smime_bytes der, struct smime_buf *out);

/* Open a message with `count` elements of a kind and print what it cost. limit: of elements, 0 for
 * none but that of octets. */
void limits_line(const char *kind, size_t count, size_t limit, struct smime_bytes message);

/* limits_certs.c: certificates with much in them, and many of them. */
void limits_certificates(void);

#endif
