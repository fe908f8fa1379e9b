/* smime/open.h - take layers off: decrypt, verify, at most five.  DESIGN section 6, RFC 8551 s3. */
#ifndef SMIME_OPEN_H
#define SMIME_OPEN_H

#include "smime/caps.h"
#include "smime/cert.h"
#include "smime/keys.h"
#include "smime/mime.h"
#include "smime/replay.h"
#include "smime/spool.h"
#include "smime/trust.h"

#define SMIME_LAYERS_MAX 5

enum smime_layer_type {
	SMIME_LAYER_ENCRYPTED,
	SMIME_LAYER_SIGNED,
	SMIME_LAYER_COMPRESSED,
};

/* One verdict. Strings are UTF-8 without control characters. */
struct smime_layer {
	enum smime_layer_type type;
	bool ok;
	enum smime_status status;
	/* Stable: "decrypt-failed", "no-key", "replayed-key", "bad-signature", ... When ok: "", or
	 * a mark: "weak", or "unauthenticated" for what was decrypted while nothing would show a
	 * change of it. */
	char token[32];
	char reason[256];     /* one sentence; "" when ok and nothing to add */
	char algorithm[64];   /* "aes256-gcm rsa-oaep", "sha256 rsa-pkcs1" */
	bool authenticated;   /* encrypted: AEAD (RFC 5083); CBC alone is not */
	bool weak;            /* accepted only by setting, or legacy */
	char signer[256];     /* signed: mailbox of the certificate that covers From, else its first
				 name */
	char fingerprint[65]; /* of the signer's, or the own decrypting certificate; "" when unknown
			       */
	struct smime_cert *cert; /* the same, owned by the result; NULL when unknown */
	int64_t signing_time;    /* 0 when absent */
	struct smime_caps caps; /* signed: what the signer says it reads; as good as the layer is */
};

struct smime_opened {
	bool gateway_message; /* as received: signed, encrypted or both */
	/* Every layer present succeeded, and none is weak unless a setting lets weak ones verify.
	 */
	bool gateway_verified;
	size_t layer_count;
	struct smime_layer layers[SMIME_LAYERS_MAX]; /* outermost first */
	struct smime_certs certs;                    /* that came with signed layers */
	/*
	 * The entity to deliver instead (its own fields, blank line, body); NULL when the message's
	 * octets stay untouched. The sender wrote those fields: only Content-* may take the place
	 * of the message's (R-HDR-INNER).
	 */
	struct smime_spool *entity;
};

struct smime_open {
	struct smime_keys *keys;         /* own keys; NULL: nothing can be decrypted */
	struct smime_replay *replay;     /* NULL: not asked */
	const struct smime_trust *trust; /* NULL: nothing is trusted */
	int64_t now;                     /* certificates are judged as of then */
	bool remove_signature;           /* DESIGN signature_after_verify: remove; else retain */
	bool weak_verifies;              /* setting weak_verifies */
	bool no_attributes_verifies;     /* setting no_attributes_verifies */
	uint64_t
	    plain_max; /* octets that decryption or inflation may make; 0: 16 * input + 1 MiB */
	const struct smime_spool_conf *spool;
};

/*
 * Open a scanned message. Hostile or malformed content is no error: the layer's verdict says why
 * and the entity is what was got so far (never unauthenticated octets). Fails with SMIME_E_SYSTEM
 * only.
 */
SMIME_MUST_USE enum smime_status smime_open_message(const struct smime_open *open,
    const struct smime_mime *mime, struct smime_opened **out, struct smime_diag *diag);
void smime_opened_free(struct smime_opened **opened);

/* "encrypted", "signed", "compressed". */
const char *smime_layer_name(enum smime_layer_type type);

/* What the message's root looks like, by form alone, without opening it. */
enum smime_form {
	SMIME_FORM_NONE,
	SMIME_FORM_SIGNED,     /* multipart/signed or SignedData with signers */
	SMIME_FORM_ENCRYPTED,  /* EnvelopedData, AuthEnvelopedData */
	SMIME_FORM_COMPRESSED, /* CompressedData */
	SMIME_FORM_CERTS_ONLY,
	SMIME_FORM_OTHER, /* pkcs7-mime that is none of these, or broken */
};
enum smime_form smime_form_of(const struct smime_mime *mime);

#endif
