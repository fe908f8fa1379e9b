/* smime/seal.h - put layers on: sign, encrypt, sign-encrypt, triple.  DESIGN section 6, RFC 8551
 * s3. */
#ifndef SMIME_SEAL_H
#define SMIME_SEAL_H

#include "smime/algs.h"
#include "smime/cert.h"
#include "smime/keys.h"
#include "smime/mime.h"
#include "smime/spool.h"

enum smime_mode {
	SMIME_MODE_SIGN,
	SMIME_MODE_ENCRYPT,
	SMIME_MODE_SIGN_ENCRYPT, /* sign, then encrypt */
	SMIME_MODE_TRIPLE,       /* sign, encrypt, sign (RFC 2634 s1.1) */
};

struct smime_seal {
	enum smime_mode mode;
	bool opaque;                     /* sign mode: opaque, else detached */
	int64_t now;                     /* signingTime, and validity of certificates */
	const struct smime_cert *signer; /* not for mode encrypt */
	const struct smime_certs *chain; /* sent along with the signer's certificate; may be NULL */
	struct smime_keys *keys;         /* uses the signer's key; not for mode encrypt */
	const struct smime_alg *digest;  /* NULL means sha256 */
	const struct smime_alg
	    *scheme; /* row of smime_signature_algs; NULL chooses by the signer's key */
	const struct smime_certs *recipients;      /* one RecipientInfo each; not for mode sign */
	const struct smime_alg *cipher;            /* NULL means aes256-cbc */
	const struct smime_alg *transport;         /* for RSA recipients; NULL means rsa-pkcs1 */
	const struct smime_alg *const *transports; /* for each recipient, instead; may be NULL */
	/* Name signer and recipients by subjectKeyIdentifier, where they have one; else by issuer
	 * and serial number, which every reader knows. */
	bool by_key_id;
	const struct smime_spool_conf *spool;
};

/*
 * Apply a mode to a scanned message.
 *
 * mime  the message; its From is NOT checked here (smime_seal_covers does that, before).
 * out   the sealed entity: MIME fields, blank line, body, all CRLF, 7-bit. The message's other
 *       fields stay as they are outside. Owned by the caller, NULL on failure.
 *
 * SMIME_E_NOKEY: signer or recipient unusable (token as smime_cert_may_sign / may_encrypt).
 */
SMIME_MUST_USE enum smime_status smime_seal_message(const struct smime_seal *seal,
    const struct smime_mime *mime, struct smime_spool **out, struct smime_diag *diag);

/* Can the signer's key sign by that scheme (NULL: the key's own) with that digest (NULL: sha256)?
 * SMIME_E_NOKEY "key-type". */
SMIME_MUST_USE enum smime_status smime_seal_fits(const struct smime_cert *signer,
    const struct smime_alg *scheme, const struct smime_alg *digest, struct smime_diag *diag);

/* The signer's certificate must cover the From address: mailbox, domain or *.domain, and be usable.
 * SMIME_E_NOKEY: token "from-not-covered", "from", "expired", ... */
SMIME_MUST_USE enum smime_status smime_seal_covers(const struct smime_cert *signer,
    const struct smime_mime *mime, int64_t now, struct smime_diag *diag);

#endif
