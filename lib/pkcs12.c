/* pkcs12.c - own certificates from elsewhere: PKCS#12 files and PEM keys, to PKCS#8 under our
 * passphrase. RFC 7292, RFC 5958. What is read is limited by the caller's file; old encryption is
 * read, never written. */
#include "key_pem.h"
#include "smime/cert_make.h"

#include <gnutls/pkcs12.h>

enum smime_status
smime_key_pem(gnutls_x509_privkey_t key, const char *passphrase, struct smime_buf *out)
{
	unsigned flags = passphrase ? GNUTLS_PKCS_PBES2_AES_256 : GNUTLS_PKCS_PLAIN;
	gnutls_datum_t pem = { 0 };
	enum smime_status status;

	if (gnutls_x509_privkey_export2_pkcs8(key, GNUTLS_X509_FMT_PEM, passphrase, flags, &pem) <
	    0)
		return SMIME_E_SYSTEM;
	status = smime_buf_append(out, pem.data, pem.size);
	explicit_bzero(pem.data, pem.size);
	gnutls_free(pem.data);
	return status;
}

static enum smime_status
cert_from_crt(gnutls_x509_crt_t crt, struct smime_cert **out, struct smime_diag *diag)
{
	gnutls_datum_t der = { 0 };
	enum smime_status status;

	*out = NULL;
	if (gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_DER, &der) < 0)
		return SMIME_E_SYSTEM;
	status = smime_cert_import(smime_bytes(der.data, der.size), out, diag);
	gnutls_free(der.data);
	return status;
}

struct bag {
	gnutls_x509_privkey_t key;
	gnutls_x509_crt_t *chain; /* the key's certificate first */
	gnutls_x509_crt_t *extra;
	unsigned chain_len, extra_len;
};

static void
bag_clear(struct bag *b)
{
	for (unsigned i = 0; i < b->chain_len; i++)
		gnutls_x509_crt_deinit(b->chain[i]);
	for (unsigned i = 0; i < b->extra_len; i++)
		gnutls_x509_crt_deinit(b->extra[i]);
	gnutls_free(b->chain);
	gnutls_free(b->extra);
	if (b->key)
		gnutls_x509_privkey_deinit(b->key);
}

static enum smime_status
open_bag(struct smime_bytes p12, const char *passphrase, struct bag *out, struct smime_diag *diag)
{
	gnutls_datum_t der = { .data = (void *)(uintptr_t)p12.data, .size = (unsigned)p12.len };
	gnutls_pkcs12_t file;
	int rc;

	if (gnutls_pkcs12_init(&file) < 0)
		return SMIME_E_SYSTEM;
	rc = gnutls_pkcs12_import(file, &der, GNUTLS_X509_FMT_DER, 0);
	if (rc >= 0)
		rc = gnutls_pkcs12_verify_mac(file, passphrase);
	if (rc >= 0)
		rc = gnutls_pkcs12_simple_parse(file, passphrase, &out->key, &out->chain,
		    &out->chain_len, &out->extra, &out->extra_len, NULL, 0);
	gnutls_pkcs12_deinit(file);
	if (rc == GNUTLS_E_MEMORY_ERROR)
		return SMIME_E_SYSTEM;
	if (rc == GNUTLS_E_MAC_VERIFY_FAILED)
		return smime_fail(diag, SMIME_E_NOKEY, "passphrase",
		    "PKCS#12: the passphrase does not open the file");
	if (rc < 0 && rc != GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
		return smime_fail(diag, SMIME_E_SYNTAX, "pkcs12",
		    "PKCS#12: the file cannot be read (%s)", gnutls_strerror(rc));
	if (rc < 0 || !out->key || out->chain_len == 0)
		return smime_fail(diag, SMIME_E_NOKEY, "no-key",
		    "PKCS#12: the file holds no private key with its certificate");
	return SMIME_OK;
}

static enum smime_status
add_chain(gnutls_x509_crt_t *list, unsigned from, unsigned count, struct smime_certs *chain,
    struct smime_diag *diag)
{
	for (unsigned i = from; i < count; i++) {
		SMIME_AUTO(smime_cert) cert = NULL;

		SMIME_TRY(cert_from_crt(list[i], &cert, diag));
		SMIME_TRY(smime_certs_add(chain, cert));
	}
	return SMIME_OK;
}

enum smime_status
smime_pkcs12_import(struct smime_bytes p12, const char *p12_passphrase, const char *passphrase,
    struct smime_cert **out, struct smime_certs *chain, struct smime_buf *key,
    struct smime_diag *diag)
{
	struct bag bag = { 0 };
	enum smime_status status = open_bag(p12, p12_passphrase, &bag, diag);

	*out = NULL;
	if (status == SMIME_OK)
		status = cert_from_crt(bag.chain[0], out, diag);
	if (status == SMIME_OK)
		status = add_chain(bag.chain, 1, bag.chain_len, chain, diag);
	if (status == SMIME_OK)
		status = add_chain(bag.extra, 0, bag.extra_len, chain, diag);
	if (status == SMIME_OK)
		status = smime_key_pem(bag.key, passphrase, key);
	if (status != SMIME_OK)
		smime_cert_free(out);
	bag_clear(&bag);
	return status;
}

enum smime_status
smime_key_reencrypt(struct smime_bytes pem, const char *in_passphrase, const char *passphrase,
    struct smime_buf *out, struct smime_diag *diag)
{
	gnutls_datum_t in = { .data = (void *)(uintptr_t)pem.data, .size = (unsigned)pem.len };
	gnutls_x509_privkey_t key;
	enum smime_status status;
	int rc;

	if (gnutls_x509_privkey_init(&key) < 0)
		return SMIME_E_SYSTEM;
	rc = gnutls_x509_privkey_import2(key, &in, GNUTLS_X509_FMT_PEM, in_passphrase, 0);
	if (rc == GNUTLS_E_MEMORY_ERROR)
		status = SMIME_E_SYSTEM;
	else if (rc < 0)
		status = smime_fail(diag, SMIME_E_NOKEY, "private-key",
		    "the private key cannot be read: it must be PEM%s",
		    in_passphrase ? ", and the passphrase must open it"
				  : "; if it is encrypted, give its passphrase");
	else
		status = smime_key_pem(key, passphrase, out);
	gnutls_x509_privkey_deinit(key);
	return status;
}
