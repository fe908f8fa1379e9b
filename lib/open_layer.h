/* open_layer.h - one layer: what it looks like, decrypting it, verifying it.  For open.c only. */
#ifndef SMIME_OPEN_LAYER_H
#define SMIME_OPEN_LAYER_H

#include "cms.h"
#include "smime/open.h"

struct smime_layer_form {
	enum smime_form form;
	bool detached;                  /* multipart/signed */
	bool malformed;                 /* it claims to be CMS and cannot be read */
	struct smime_spool *der;        /* of the CMS object; borrowed */
	struct smime_content_info info; /* views into it */
};

/*
 * What an entity's root is. der: gets the CMS object, decoded from base64 (or as it is); it is
 * viewed, and form's ranges point into it. Fails with SMIME_E_SYSTEM only.
 */
SMIME_MUST_USE enum smime_status smime_layer_form(
    const struct smime_mime *mime, struct smime_spool *der, struct smime_layer_form *out);

/* Decrypt or inflate into plain; the verdict is layer's. SMIME_E_SYSTEM only. */
SMIME_MUST_USE enum smime_status smime_layer_decrypt(const struct smime_open *open,
    const struct smime_layer_form *form, uint64_t plain_max, struct smime_stage *plain,
    struct smime_layer *layer);

/* Verify; what was signed goes into content. certs gets those that came along. SMIME_E_SYSTEM only.
 */
SMIME_MUST_USE enum smime_status smime_layer_verify(const struct smime_open *open,
    const struct smime_mime *mime, const struct smime_layer_form *form, const char *from,
    struct smime_stage *content, struct smime_layer *layer, struct smime_certs *certs);

/*
 * Does what came out of an encrypted or compressed layer look like one MIME entity (open_noise.c)?
 * Blocks that somebody spliced into a CBC ciphertext come out as noise, and noise does not
 * (R-DEC-CBC).
 */
bool smime_is_entity(const struct smime_mime *mime, const struct smime_layer *layer);

/* When all layers are known: mark those that succeeded and are weak, or that nothing protects
 * against changes (smime/open.h, token). */
void smime_layers_mark(struct smime_layer *layers, size_t count);

/* The verdict becomes a failure. */
void smime_layer_fail(
    struct smime_layer *layer, enum smime_status status, const char *token, const char *reason);

/* Decrypted, but no MIME entity: the same failure as any other decryption's. */
void smime_layer_not_entity(struct smime_layer *layer);

#endif
