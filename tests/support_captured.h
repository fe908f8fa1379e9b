/*
 * support_captured.h - bob@b.example has keys of three kinds in a database; messages for them
 * arrive, and what they are made of can be edited: for what somebody does with a captured message.
 */
#ifndef TEST_SUPPORT_CAPTURED_H
#define TEST_SUPPORT_CAPTURED_H

#include "der.h"
#include "policy/process.h"
#include "support_der.h"
#include "support_site.h"
#include "support_world.h"

enum { RSA, EC, X25519, KEYS };

struct captured {
	struct pki_cert *own[KEYS];
	struct policy_seen_keys *seen;
	struct policy_harvester *harvester;
	int64_t now; /* when messages arrive; PKI_NOW at first */
};
extern struct captured captured;

/* Fixtures: certificates, once; for each test a site with a snapshot, what it has seen, and the
 * thread that writes it. */
void captured_certificates(void);
void captured_free(void);
void captured_start(void);
void captured_stop(void);

/* What is queued is written. */
void captured_write(void);
/* The daemon's restart. */
void captured_restart(void);
/* So many rows are in seen_key, as in "1 ", once all is written. */
void captured_rows(const char *count);

/* For world_encrypt(). */
#define TO(...) ((struct pki_cert *[]){ __VA_ARGS__, NULL })

/* The message arrives and is answered, and what is to be written queued: site.outcome. "ok", or the
 * token of its one layer. */
const char *captured_arrive(const struct smime_buf *der);

/* It is refused, and delivered as it came, as with any layer that failed: filters decide. */
void captured_refused(const struct smime_buf *der);

/* ---- editing ---- */

/* A path from the root; see support_der.h. */
#define PATH(...) ((const int[]){ __VA_ARGS__, DER_END })
#define ENVELOPED 0, 1, 0

struct smime_bytes captured_element(const struct smime_buf *der, const int *path);
struct smime_bytes captured_content(struct smime_bytes whole); /* of an element */
void captured_edit(
    struct smime_buf *der, const int *path, enum der_edit_kind kind, struct smime_bytes with);
void captured_put(struct smime_buf *der, const int *path, uint8_t tag, struct smime_bytes content);
void captured_put_oid(struct smime_buf *der, const int *path, const char *oid);

/* Ciphertext of other octets, of whole blocks. */
void captured_other_ciphertext(struct smime_buf *der);
/* Two blocks of it come twice: what EFAIL's gadgets are made of. */
void captured_splice(struct smime_buf *der);

#endif
