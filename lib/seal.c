/* seal.c - put layers on: each is one CMS object around one entity, spool to spool.
 * DESIGN section 6, RFC 8551 s3, RFC 2634 s1.1. Nothing is chosen here: what is missing is refused.
 */
#include "smime/seal.h"
#include "cms.h"
#include "pss.h"

#include <stdio.h>

static const char *const micalgs[][2] = {
	/* RFC 8551 s3.5.3.2 */
	{ "sha256", "sha-256" },
	{ "sha384", "sha-384" },
	{ "sha512", "sha-512" },
};

static const char *
micalg(const struct smime_alg *digest)
{
	for (size_t i = 0; i < sizeof micalgs / sizeof *micalgs; i++)
		if (strcmp(micalgs[i][0], digest->name) == 0)
			return micalgs[i][1];
	return "unknown";
}

/* The scheme that a key speaks by itself. */
static const char *
default_scheme(const struct smime_cert *cert)
{
	switch (smime_cert_key_type(cert)) {
	case SMIME_KEY_RSA_PSS:
		return "rsa-pss";
	case SMIME_KEY_EC:
		return "ecdsa";
	case SMIME_KEY_EDDSA:
		return "eddsa";
	case SMIME_KEY_RSA:
	case SMIME_KEY_ECDH:
	case SMIME_KEY_OTHER:
		break;
	}
	return "rsa-pkcs1";
}

/* Can the signer's key sign by this scheme? */
static bool
key_fits(const struct smime_cert *cert, const char *scheme)
{
	const char *own = default_scheme(cert);

	return strcmp(scheme, own) == 0 ||
	       (strcmp(scheme, "rsa-pss") == 0 && smime_cert_key_type(cert) == SMIME_KEY_RSA);
}

static const struct smime_alg *
choose_digest(const struct smime_alg *digest, const char *scheme)
{
	/* Ed25519 goes with SHA-512 and nothing else (RFC 8419 s3.1). */
	if (strcmp(scheme, "eddsa") == 0)
		return smime_alg_by_name(smime_digests, "sha512");
	return digest ? digest : smime_alg_by_name(smime_digests, "sha256");
}

enum smime_status
smime_seal_fits(const struct smime_cert *signer, const struct smime_alg *scheme,
    const struct smime_alg *digest, struct smime_diag *diag)
{
	const char *name = scheme ? scheme->name : default_scheme(signer);
	const struct smime_alg *used = choose_digest(digest, name);

	if (!key_fits(signer, name))
		return smime_fail(diag, SMIME_E_NOKEY, "key-type",
		    "the key of %s cannot sign by %s", smime_cert_subject(signer), name);
	if (!smime_pss_key_allows(signer, used, used->size))
		return smime_fail(diag, SMIME_E_NOKEY, "key-type",
		    "the key of %s is bound to RSASSA-PSS with another digest or salt than %s's",
		    smime_cert_subject(signer), used->name);
	return SMIME_OK;
}

static enum smime_status
choose_signer(const struct smime_seal *seal, struct smime_cms_signer *out, struct smime_diag *diag)
{
	const char *scheme = seal->scheme ? seal->scheme->name : default_scheme(seal->signer);
	const struct smime_alg *digest = choose_digest(seal->digest, scheme);

	SMIME_TRY(smime_seal_fits(seal->signer, seal->scheme, seal->digest, diag));
	*out = (struct smime_cms_signer){ .cert = seal->signer,
		.chain = seal->chain,
		.keys = seal->keys,
		.digest = digest,
		.scheme = smime_signature_alg(scheme, digest),
		.now = seal->now,
		.by_key_id = seal->by_key_id };
	/* Some are read, and written by nobody any more. */
	if (!out->scheme || !(out->scheme->use & SMIME_ALG_SEND))
		return smime_fail(diag, SMIME_E_UNSUPPORTED, "algorithm",
		    "%s with %s is not supported", scheme, digest->name);
	return SMIME_OK;
}

static enum smime_status
sign_detached(const struct smime_cms_signer *signer, struct smime_spool *entity,
    struct smime_spool *out, struct smime_diag *diag)
{
	SMIME_AUTO(smime_stage) collect = NULL;
	SMIME_AUTO_BUF der = { 0 };

	SMIME_TRY(smime_stage_buf_new(&der, SIZE_MAX / 2, &collect));
	SMIME_TRY(smime_cms_sign(signer, true, entity, collect, diag));
	return smime_mime_write_signed(entity, smime_buf_bytes(&der), micalg(signer->digest), out);
}

static enum smime_status
sign_opaque(const struct smime_cms_signer *signer, struct smime_spool *entity,
    struct smime_spool *out, struct smime_diag *diag)
{
	SMIME_AUTO(smime_stage) base64 = NULL;

	SMIME_TRY(smime_mime_write_pkcs7_header("signed-data", out));
	SMIME_TRY(smime_stage_base64_new(smime_spool_stage(out), &base64));
	SMIME_TRY(smime_cms_sign(signer, false, entity, base64, diag));
	return smime_finish(base64);
}

static enum smime_status
sign(const struct smime_seal *seal, struct smime_spool *entity, struct smime_spool *out,
    struct smime_diag *diag)
{
	struct smime_cms_signer signer;

	SMIME_TRY(smime_cert_may_sign(seal->signer, seal->now, diag));
	SMIME_TRY(choose_signer(seal, &signer, diag));
	return seal->opaque ? sign_opaque(&signer, entity, out, diag)
			    : sign_detached(&signer, entity, out, diag);
}

static enum smime_status
encrypt(const struct smime_seal *seal, struct smime_spool *entity, struct smime_spool *out,
    struct smime_diag *diag)
{
	struct smime_cms_recipients to = { .certs = seal->recipients,
		.cipher = seal->cipher ? seal->cipher
				       : smime_alg_by_name(smime_content_algs, "aes256-cbc"),
		.transport = seal->transport
				 ? seal->transport
				 : smime_alg_by_name(smime_key_transport_algs, "rsa-pkcs1"),
		.transports = seal->transports,
		.by_key_id = seal->by_key_id };
	SMIME_AUTO(smime_stage) base64 = NULL;

	for (size_t i = 0; i < seal->recipients->count; i++)
		SMIME_TRY(smime_cert_may_encrypt(seal->recipients->item[i], seal->now, diag));
	SMIME_TRY(smime_mime_write_pkcs7_header(
	    smime_alg_is_aead(to.cipher) ? "authEnveloped-data" : "enveloped-data", out));
	SMIME_TRY(smime_stage_base64_new(smime_spool_stage(out), &base64));
	SMIME_TRY(smime_cms_encrypt(&to, entity, base64, diag));
	return smime_finish(base64);
}

typedef enum smime_status (*layer)(const struct smime_seal *seal, struct smime_spool *entity,
    struct smime_spool *out, struct smime_diag *diag);

/* The layers of each mode, innermost first. */
static const layer layers[][3] = {
	[SMIME_MODE_SIGN] = { sign },
	[SMIME_MODE_ENCRYPT] = { encrypt },
	[SMIME_MODE_SIGN_ENCRYPT] = { sign, encrypt },
	[SMIME_MODE_TRIPLE] = { sign, encrypt, sign },
};

enum smime_status
smime_seal_message(const struct smime_seal *seal, const struct smime_mime *mime,
    struct smime_spool **out, struct smime_diag *diag)
{
	SMIME_AUTO(smime_spool) entity = NULL;

	*out = NULL;
	SMIME_TRY(smime_spool_new(seal->spool, &entity));
	SMIME_TRY(smime_mime_safe(mime, entity, diag));
	for (size_t i = 0; i < 3 && layers[seal->mode][i]; i++) {
		SMIME_AUTO(smime_spool) wrapped = NULL;

		SMIME_TRY(smime_spool_new(seal->spool, &wrapped));
		SMIME_TRY(layers[seal->mode][i](seal, entity, wrapped, diag));
		smime_spool_free(&entity);
		entity = wrapped;
		wrapped = NULL;
	}
	*out = entity;
	entity = NULL;
	return SMIME_OK;
}

enum smime_status
smime_seal_covers(const struct smime_cert *signer, const struct smime_mime *mime, int64_t now,
    struct smime_diag *diag)
{
	SMIME_AUTO_BUF from = { 0 };

	SMIME_TRY(smime_cert_may_sign(signer, now, diag));
	if (smime_mime_from(mime, &from, diag) != SMIME_OK)
		return SMIME_E_NOKEY;
	if (smime_cert_covers(signer, smime_buf_bytes(&from)) == SMIME_COVER_NONE)
		return smime_fail(diag, SMIME_E_NOKEY, "from-not-covered",
		    "the signing certificate of %s does not name the From address %.*s",
		    smime_cert_subject(signer), (int)from.len, (const char *)from.data);
	return SMIME_OK;
}
