/* cert_make.c - a new key with its self-signed certificate, and requests for a CA's.
 * RFC 5280 s4, RFC 2986, RFC 8550 s4.4. Both start as a request: one place says what is in it. */
#include "cert_internal.h"
#include "cert_spec.h"
#include "key_pem.h"
#include "privkey.h"

#include <gnutls/crypto.h>
#include <stdio.h>
#include <stdlib.h>

#define DAY      86400
#define DAYS_MAX 36500
#define RSA_MIN  2048
#define RSA_MAX  4096

/* GnuTLS' objects of one certificate in the making. */
struct making {
	struct smime_privkey *token; /* NULL: a new key */
	gnutls_privkey_t key;        /* of the token, or our own */
	gnutls_pubkey_t public;
	gnutls_x509_crq_t request;
	gnutls_x509_crt_t crt;
};

static void
making_reset(struct making *m)
{
	if (m->key && !m->token)
		gnutls_privkey_deinit(m->key);
	smime_privkey_free(&m->token);
	if (m->public)
		gnutls_pubkey_deinit(m->public);
	if (m->request)
		gnutls_x509_crq_deinit(m->request);
	if (m->crt)
		gnutls_x509_crt_deinit(m->crt);
}
#define AUTO_MAKING __attribute__((cleanup(making_reset))) struct making

static enum smime_status
making_init(struct making *m)
{
	return gnutls_pubkey_init(&m->public) < 0 || gnutls_x509_crq_init(&m->request) < 0 ||
		       gnutls_x509_crt_init(&m->crt) < 0
		   ? SMIME_E_SYSTEM
		   : SMIME_OK;
}

/* ---- keys ---- */

struct key_type {
	gnutls_pk_algorithm_t pk;
	unsigned bits;
};

/* "rsa" and a multiple of 256. */
static bool
parse_rsa(const char *name, struct key_type *out)
{
	char *end = NULL;
	unsigned long bits = strncmp(name, "rsa", 3) == 0 ? strtoul(name + 3, &end, 10) : 0;

	*out = (struct key_type){ .pk = GNUTLS_PK_RSA, .bits = (unsigned)bits };
	return bits >= RSA_MIN && bits <= RSA_MAX && bits % 256 == 0 && *end == 0;
}

/* Hyphens and case do not count: p256 is p-256 and P-256. */
static bool
parse_type(const char *text, struct key_type *out)
{
	static const struct {
		const char *name;
		struct key_type type;
	} curves[] = {
		{ "p256", { GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1) } },
		{ "p384", { GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP384R1) } },
		{ "p521", { GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP521R1) } },
		{ "ed25519",
		    { GNUTLS_PK_EDDSA_ED25519, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_ED25519) } },
	};
	char name[16] = "";
	size_t len = 0;

	for (; *text && len < sizeof name - 1; text++)
		if (*text != '-')
			name[len++] =
			    (char)(*text >= 'A' && *text <= 'Z' ? *text - 'A' + 'a' : *text);
	if (*text)
		return false;
	for (size_t i = 0; i < sizeof curves / sizeof *curves; i++)
		if (strcmp(curves[i].name, name) == 0) {
			*out = curves[i].type;
			return true;
		}
	return parse_rsa(name, out);
}

static bool
is_in_token(const struct smime_cert_spec *spec)
{
	return strncmp(spec->key, "pkcs11:", 7) == 0;
}

static enum smime_status
generate(const char *name, gnutls_privkey_t *key, struct smime_diag *diag)
{
	struct key_type type;

	if (!parse_type(name, &type))
		return smime_spec_wrong(diag, "key", name,
		    "must be rsa-2048 to rsa-4096, p-256, p-384, p-521, ed25519 or a pkcs11: URI");
	return gnutls_privkey_init(key) < 0 ||
		       gnutls_privkey_generate(*key, type.pk, type.bits, 0) < 0
		   ? smime_fail(diag, SMIME_E_SYSTEM, NULL, "cannot make a key of type %s", name)
		   : SMIME_OK;
}

static enum smime_status
make_key(const struct smime_cert_spec *spec, const char *passphrase, struct making *m,
    struct smime_diag *diag)
{
	int rc;

	if (is_in_token(spec)) {
		SMIME_TRY(
		    smime_privkey_import(smime_bytes_str(spec->key), passphrase, &m->token, diag));
		m->key = smime_privkey_handle(m->token);
	} else {
		SMIME_TRY(generate(spec->key, &m->key, diag));
	}
	rc = gnutls_pubkey_import_privkey(m->public, m->key, 0, 0);
	if (rc == GNUTLS_E_MEMORY_ERROR)
		return SMIME_E_SYSTEM;
	if (rc < 0)
		return smime_fail(diag, SMIME_E_NOKEY, "private-key",
		    "the public half of the key cannot be read (%s)", gnutls_strerror(rc));
	return SMIME_OK;
}

/* A token's key stays there: its URI is all that is known here. */
static enum smime_status
export_key(const struct smime_cert_spec *spec, const char *passphrase, const struct making *m,
    struct smime_buf *out)
{
	gnutls_x509_privkey_t plain;
	enum smime_status status;

	if (is_in_token(spec))
		return smime_buf_append(out, spec->key, strlen(spec->key));
	if (gnutls_privkey_export_x509(m->key, &plain) < 0)
		return SMIME_E_SYSTEM;
	status = smime_key_pem(plain, passphrase, out);
	gnutls_x509_privkey_deinit(plain);
	return status;
}

/* ---- signing ---- */

/* Ed25519 has its own digest (RFC 8410 s3); EC keys ask for one as long as they are (RFC 5480 s4),
 * and gpgsm refuses a shorter one. */
static gnutls_digest_algorithm_t
digest_for(gnutls_pubkey_t key, const struct smime_alg *digest)
{
	unsigned bits = 0;
	int pk = gnutls_pubkey_get_pk_algorithm(key, &bits);

	if (pk == GNUTLS_PK_EDDSA_ED25519)
		return GNUTLS_DIG_SHA512;
	if (digest)
		return (gnutls_digest_algorithm_t)digest->backend;
	if (pk == GNUTLS_PK_ECDSA && bits > 256)
		return bits > 384 ? GNUTLS_DIG_SHA512 : GNUTLS_DIG_SHA384;
	return GNUTLS_DIG_SHA256;
}

static enum smime_status
set_validity(const struct smime_cert_spec *spec, gnutls_x509_crt_t crt, struct smime_diag *diag)
{
	uint8_t serial[16];
	char days[16];

	(void)snprintf(days, sizeof days, "%u", spec->days);
	if (spec->days == 0 || spec->days > DAYS_MAX)
		return smime_spec_wrong(diag, "days", days, "must be 1 to 36500");
	if (gnutls_rnd(GNUTLS_RND_NONCE, serial, sizeof serial) < 0)
		return SMIME_E_SYSTEM;
	serial[0] = (uint8_t)((serial[0] & 0x7f) | 0x40); /* positive, and always 16 octets */
	if (gnutls_x509_crt_set_version(crt, 3) < 0 ||
	    gnutls_x509_crt_set_serial(crt, serial, sizeof serial) < 0 ||
	    gnutls_x509_crt_set_activation_time(crt, (time_t)spec->now) < 0 ||
	    gnutls_x509_crt_set_expiration_time(
		crt, (time_t)(spec->now + (int64_t)spec->days * DAY)) < 0)
		return SMIME_E_SYSTEM;
	return SMIME_OK;
}

/* GnuTLS takes over a request only when its signature proves that the key is there. */
static enum smime_status
take_request(struct making *m, gnutls_digest_algorithm_t digest)
{
	uint8_t id[20];
	size_t size = sizeof id;

	if (gnutls_x509_crq_privkey_sign(m->request, m->key, digest, 0) < 0 ||
	    gnutls_x509_crt_set_crq(m->crt, m->request) < 0 ||
	    gnutls_x509_crt_set_crq_extensions(m->crt, m->request) < 0 ||
	    gnutls_x509_crt_get_key_id(m->crt, 0, id, &size) < 0 ||
	    gnutls_x509_crt_set_subject_key_id(m->crt, id, size) < 0 ||
	    gnutls_x509_crt_set_authority_key_id(m->crt, id, size) < 0)
		return SMIME_E_SYSTEM;
	return SMIME_OK;
}

static enum smime_status
sign(const struct smime_cert_spec *spec, struct making *m, struct smime_cert **out,
    struct smime_diag *diag)
{
	gnutls_digest_algorithm_t digest = digest_for(m->public, spec->digest);
	bool rsa = gnutls_pubkey_get_pk_algorithm(m->public, NULL) == GNUTLS_PK_RSA;
	unsigned flags = spec->pss ? GNUTLS_PRIVKEY_SIGN_FLAG_RSA_PSS : 0;
	gnutls_datum_t der = { 0 };
	enum smime_status status;

	if (spec->pss && !rsa)
		return smime_fail(
		    diag, SMIME_E_SYNTAX, "field", "only an RSA key signs with rsa-pss");
	if (take_request(m, digest) != SMIME_OK ||
	    gnutls_x509_crt_privkey_sign(m->crt, m->crt, m->key, digest, flags) < 0 ||
	    gnutls_x509_crt_export2(m->crt, GNUTLS_X509_FMT_DER, &der) < 0)
		return smime_fail(diag, SMIME_E_SYSTEM, NULL, "the certificate cannot be signed");
	status = smime_cert_import(smime_bytes(der.data, der.size), out, diag);
	gnutls_free(der.data);
	return status;
}

enum smime_status
smime_cert_make(const struct smime_cert_spec *spec, const char *passphrase, struct smime_cert **out,
    struct smime_buf *key, struct smime_diag *diag)
{
	AUTO_MAKING m = { 0 };

	*out = NULL;
	SMIME_TRY(making_init(&m));
	SMIME_TRY(set_validity(spec, m.crt, diag));
	SMIME_TRY(make_key(spec, passphrase, &m, diag));
	SMIME_TRY(smime_spec_fill(spec, m.public, m.request, diag));
	SMIME_TRY(sign(spec, &m, out, diag));
	return export_key(spec, passphrase, &m, key);
}

/* ---- requests ---- */

static enum smime_status
copy_subject(gnutls_x509_crt_t from, gnutls_x509_crq_t to)
{
	gnutls_datum_t text = { 0 };
	int rc = gnutls_x509_crt_get_dn3(from, &text, 0);

	if (rc == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
		return SMIME_OK;
	if (rc >= 0)
		rc = gnutls_x509_crq_set_dn(to, (const char *)text.data, NULL);
	gnutls_free(text.data);
	return rc < 0 ? SMIME_E_SYSTEM : SMIME_OK;
}

/* Names, key usage and purpose, octet for octet; what only an issuer can say stays behind. */
static enum smime_status
copy_extensions(gnutls_x509_crt_t from, gnutls_x509_crq_t to)
{
	static const char *const oids[] = { GNUTLS_X509EXT_OID_SAN, GNUTLS_X509EXT_OID_KEY_USAGE,
		GNUTLS_X509EXT_OID_EXTENDED_KEY_USAGE };

	for (size_t i = 0; i < sizeof oids / sizeof *oids; i++) {
		gnutls_datum_t der = { 0 };
		unsigned critical = 0;
		int rc = gnutls_x509_crt_get_extension_by_oid2(from, oids[i], 0, &der, &critical);

		if (rc == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
			continue;
		if (rc >= 0)
			rc = gnutls_x509_crq_set_extension_by_oid(
			    to, oids[i], der.data, der.size, critical);
		gnutls_free(der.data);
		if (rc < 0)
			return SMIME_E_SYSTEM;
	}
	return SMIME_OK;
}

enum smime_status
smime_cert_request(const struct smime_cert *cert, const struct smime_privkey *key,
    const struct smime_alg *digest, struct smime_buf *out, struct smime_diag *diag)
{
	AUTO_MAKING m = { 0 };
	gnutls_datum_t pem = { 0 };
	enum smime_status status;

	SMIME_TRY(smime_privkey_matches(key, cert, diag));
	SMIME_TRY(making_init(&m));
	if (gnutls_pubkey_import_x509(m.public, cert->crt, 0) < 0 ||
	    gnutls_x509_crq_set_version(m.request, 1) < 0 ||
	    gnutls_x509_crq_set_pubkey(m.request, m.public) < 0)
		return SMIME_E_SYSTEM;
	SMIME_TRY(copy_subject(cert->crt, m.request));
	SMIME_TRY(copy_extensions(cert->crt, m.request));
	if (gnutls_x509_crq_privkey_sign(
		m.request, smime_privkey_handle(key), digest_for(m.public, digest), 0) < 0 ||
	    gnutls_x509_crq_export2(m.request, GNUTLS_X509_FMT_PEM, &pem) < 0)
		return smime_fail(diag, SMIME_E_SYSTEM, NULL, "the request cannot be signed");
	status = smime_buf_append(out, pem.data, pem.size);
	gnutls_free(pem.data);
	return status;
}
