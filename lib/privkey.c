/* privkey.c - one private key, in this process or in a token, and the operations on it.
 * RFC 5652 s5.4, s6.2.1; RFC 3218 s2.3.2 (implicit rejection).
 * GnuTLS does the arithmetic, blinded, and wipes its own copies. */
#include "privkey.h"
#include "ka_ecdh.h"
#include "kt_rsa.h"
#include "token.h"

#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <gnutls/pkcs11.h>
#include <stdatomic.h>
#include <stdlib.h>

struct smime_privkey {
	atomic_uint references;
	gnutls_privkey_t key;
	struct smime_buf pin;      /* of the token, when there is one; GnuTLS may ask again */
	struct smime_token *token; /* NULL: the key is in this process */
};

/* GnuTLS asks for a PIN. Never twice in a row: tokens lock themselves. */
static int
give_pin(void *userdata, int attempt, const char *url, const char *label, unsigned flags, char *pin,
    size_t max)
{
	const struct smime_buf *known = userdata;

	(void)url;
	(void)label;
	if (attempt > 0 || (flags & (GNUTLS_PIN_WRONG | GNUTLS_PIN_FINAL_TRY)) || known->len == 0 ||
	    known->len >= max)
		return GNUTLS_E_PKCS11_PIN_ERROR;
	memcpy(pin, known->data, known->len + 1);
	return 0;
}

/* The PIN is the URI's own, else the passphrase. */
static enum smime_status
import_token(
    struct smime_privkey *k, const char *uri, const char *passphrase, struct smime_diag *diag)
{
	int rc;

	SMIME_TRY(smime_token_pin(uri, &k->pin, diag));
	if (k->pin.len == 0 && passphrase)
		SMIME_TRY(smime_buf_append(&k->pin, passphrase, strlen(passphrase)));
	SMIME_TRY(smime_buf_terminate(&k->pin));
	gnutls_privkey_set_pin_function(k->key, give_pin, &k->pin);
	rc = gnutls_privkey_import_url(k->key, uri, 0);
	if (rc < 0)
		return smime_fail(diag, SMIME_E_NOKEY, "private-key",
		    "private key: the token's key cannot be used (%s)", gnutls_strerror(rc));
	return smime_token_open(uri, (const char *)k->pin.data, &k->token, diag);
}

static enum smime_status
import_pem(struct smime_privkey *k, const struct smime_buf *pem, const char *passphrase,
    struct smime_diag *diag)
{
	gnutls_datum_t datum = { .data = pem->data, .size = (unsigned)pem->len };
	int rc = gnutls_privkey_import_x509_raw(
	    k->key, &datum, GNUTLS_X509_FMT_PEM, passphrase, passphrase ? 0 : GNUTLS_PKCS_PLAIN);

	if (rc == GNUTLS_E_MEMORY_ERROR)
		return SMIME_E_SYSTEM;
	if (rc == GNUTLS_E_DECRYPTION_FAILED && passphrase)
		return smime_fail(diag, SMIME_E_NOKEY, "passphrase",
		    "private key: the passphrase does not open it");
	if (rc < 0)
		return smime_fail(diag, SMIME_E_NOKEY, "private-key",
		    "private key: it cannot be read (%s)%s", gnutls_strerror(rc),
		    passphrase ? "" : "; no passphrase was given");
	return SMIME_OK;
}

enum smime_status
smime_privkey_import(struct smime_bytes text, const char *passphrase, struct smime_privkey **out,
    struct smime_diag *diag)
{
	SMIME_AUTO(smime_privkey) k = calloc(1, sizeof *k);
	SMIME_AUTO_BUF copy = { .secret = true };

	*out = NULL;
	if (!k)
		return SMIME_E_SYSTEM;
	atomic_init(&k->references, 1);
	k->pin.secret = true;
	if (gnutls_privkey_init(&k->key) < 0)
		return SMIME_E_SYSTEM;
	SMIME_TRY(smime_buf_append(&copy, text.data, text.len));
	SMIME_TRY(smime_buf_terminate(&copy));
	if (strncmp((char *)copy.data, "pkcs11:", 7) == 0)
		SMIME_TRY(import_token(k, (char *)copy.data, passphrase, diag));
	else
		SMIME_TRY(import_pem(k, &copy, passphrase, diag));
	*out = k;
	k = NULL;
	return SMIME_OK;
}

struct smime_privkey *
smime_privkey_ref(struct smime_privkey *key)
{
	(void)atomic_fetch_add(&key->references, 1);
	return key;
}

void
smime_privkey_free(struct smime_privkey **key)
{
	struct smime_privkey *k = *key;

	*key = NULL;
	if (!k || atomic_fetch_sub(&k->references, 1) > 1)
		return;
	if (k->key)
		gnutls_privkey_deinit(k->key);
	smime_token_free(&k->token);
	smime_buf_reset(&k->pin);
	free(k);
}

gnutls_privkey_t
smime_privkey_handle(const struct smime_privkey *key)
{
	return key->key;
}

enum smime_status
smime_privkey_matches(
    const struct smime_privkey *key, const struct smime_cert *cert, struct smime_diag *diag)
{
	uint8_t of_key[32], of_cert[32];
	size_t key_len = sizeof of_key, cert_len = sizeof of_cert;
	gnutls_pubkey_t public = NULL, certified = NULL;
	enum smime_status status;
	int rc = 0;
	bool same;

	if (gnutls_pubkey_init(&public) < 0)
		return SMIME_E_SYSTEM;
	status = smime_cert_pubkey(cert, &certified, NULL);
	if (status == SMIME_OK)
		rc = gnutls_pubkey_import_privkey(public, key->key, 0, 0);
	if (rc == GNUTLS_E_MEMORY_ERROR)
		status = SMIME_E_SYSTEM;
	same =
	    status == SMIME_OK && rc >= 0 &&
	    gnutls_pubkey_get_key_id(public, GNUTLS_KEYID_USE_SHA256, of_key, &key_len) >= 0 &&
	    gnutls_pubkey_get_key_id(certified, GNUTLS_KEYID_USE_SHA256, of_cert, &cert_len) >= 0 &&
	    memcmp(of_key, of_cert, sizeof of_key) == 0;
	gnutls_pubkey_deinit(public);
	if (certified)
		gnutls_pubkey_deinit(certified);
	if (status == SMIME_E_SYSTEM)
		return status;
	if (!same)
		return smime_fail(diag, SMIME_E_NOKEY, "key-mismatch",
		    "the private key is not that of the certificate of %s",
		    smime_cert_subject(cert));
	return SMIME_OK;
}

enum smime_status
smime_privkey_sign(const struct smime_privkey *key, const struct smime_alg *scheme,
    struct smime_bytes input, struct smime_buf *signature, struct smime_diag *diag)
{
	gnutls_datum_t in = { .data = (void *)(uintptr_t)input.data, .size = (unsigned)input.len };
	gnutls_sign_algorithm_t alg = (gnutls_sign_algorithm_t)scheme->backend;
	gnutls_datum_t out = { 0 };
	enum smime_status status;
	int rc;

	/* EdDSA hashes for itself and wants it all (RFC 8419 s3). */
	if (alg == GNUTLS_SIGN_EDDSA_ED25519)
		rc = gnutls_privkey_sign_data2(key->key, alg, 0, &in, &out);
	else
		rc = gnutls_privkey_sign_hash2(key->key, alg, 0, &in, &out);
	if (rc == GNUTLS_E_INCOMPATIBLE_SIG_WITH_KEY || rc == GNUTLS_E_INVALID_REQUEST ||
	    rc == GNUTLS_E_CONSTRAINT_ERROR)
		return smime_fail(diag, SMIME_E_NOKEY, "key-type",
		    "the private key cannot sign with %s", scheme->name);
	if (rc < 0)
		return smime_fail(
		    diag, SMIME_E_SYSTEM, "sign", "signing failed: %s", gnutls_strerror(rc));
	status = smime_buf_append(signature, out.data, out.size);
	gnutls_free(out.data);
	return status;
}

/*
 * One path for every ciphertext. cek is random before the key is asked; GnuTLS' decrypt_data2
 * leaves it so on any failure and takes the same time (notes: measured). Its return value is not
 * looked at.
 */
static enum smime_status
unwrap_pkcs1(
    const struct smime_privkey *key, struct smime_bytes encrypted, uint8_t *cek, size_t cek_len)
{
	gnutls_datum_t in = { .data = (void *)(uintptr_t)encrypted.data,
		.size = (unsigned)encrypted.len };

	if (gnutls_rnd(GNUTLS_RND_KEY, cek, cek_len) < 0)
		return SMIME_E_SYSTEM;
	(void)gnutls_privkey_decrypt_data2(key->key, 0, &in, cek, cek_len);
	return SMIME_OK;
}

enum smime_status
smime_privkey_unwrap(const struct smime_privkey *key, const struct smime_alg *transport,
    struct smime_bytes parameters, struct smime_bytes encrypted_key, uint8_t *cek, size_t cek_len,
    struct smime_diag *diag)
{
	if (strcmp(transport->name, "rsa-oaep") == 0 && key->token)
		return smime_oaep_unwrap_token(
		    key->token, parameters, encrypted_key, cek, cek_len, diag);
	if (strcmp(transport->name, "rsa-oaep") == 0)
		return smime_oaep_unwrap(key->key, parameters, encrypted_key, cek, cek_len, diag);
	return unwrap_pkcs1(key, encrypted_key, cek, cek_len);
}

enum smime_status
smime_privkey_agree(const struct smime_privkey *key, struct smime_bytes point,
    struct smime_buf *secret, struct smime_diag *diag)
{
	if (key->token)
		return smime_token_derive(key->token, point, secret, diag);
	return smime_ka_derive(key->key, point, secret, diag);
}
