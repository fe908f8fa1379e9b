/*
 * support_world.h - alice@a.example signs (EC), bob@b.example reads (RSA), one CA vouches for both:
 * entities are sealed and messages opened with their keys.
 */
#ifndef TEST_SUPPORT_WORLD_H
#define TEST_SUPPORT_WORLD_H

#include "smime/open.h"
#include "smime/seal.h"
#include "support_pki.h"

#define WORLD_FIELDS "From: alice@a.example\r\nTo: bob@b.example\r\nSubject: s\r\n"
#define WORLD_TEXT \
	"Content-Type: text/plain\r\n\r\nThe quick brown fox jumps over the lazy dog, CANARY.\r\n"

struct world {
	struct pki_cert *root, *alice, *bob;
	struct smime_keyring *ring;
	struct smime_trust *trust;
	/* What is passed to smime_open_message() besides; of a test, put back by it. */
	bool weak_verifies;
};

extern struct world world;

/* Fixtures. */
void world_start(void);
void world_stop(void);

void world_put(struct smime_buf *out, const char *text);
void world_put_base64(struct smime_buf *out, struct smime_bytes in);

/* An entity sealed from alice for bob: its MIME fields, blank line and body, appended. cipher: NULL
 * for the default. */
void world_seal(enum smime_mode mode, bool opaque, const char *cipher, const char *entity,
    struct smime_buf *out);

/* (Auth)EnvelopedData with WORLD_TEXT in it; to ends with NULL. */
void world_encrypt(
    struct pki_cert *const *to, const char *cipher, const char *transport, struct smime_buf *der);

/* A message whose root is that CMS object; and the CMS object of a sealed entity. */
void world_put_object(struct smime_bytes der, struct smime_buf *out);
void world_object_of(struct smime_bytes entity, struct smime_buf *der);

struct smime_opened *world_open(struct smime_bytes message, bool remove_signature);

/* Does the entity that would be delivered hold that text? */
bool world_shows(const struct smime_opened *opened, const char *text);

#endif
