/* certs.c - lists of certificates, and PEM.  RFC 7468. */
#include "smime/cert.h"

#include <gnutls/gnutls.h>
#include <stdlib.h>

static const struct label {
	const char *begin, *end;
} certificate = { "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----" },
  pkcs7 = { "-----BEGIN PKCS7-----", "-----END PKCS7-----" };

enum smime_status
smime_certs_add(struct smime_certs *certs, const struct smime_cert *cert)
{
	struct smime_cert **grown = realloc(certs->item, (certs->count + 1) * sizeof *certs->item);

	if (!grown)
		return SMIME_E_SYSTEM;
	certs->item = grown;
	grown[certs->count++] = smime_cert_ref(cert);
	return SMIME_OK;
}

bool
smime_cert_is(const struct smime_cert *a, const struct smime_cert *b)
{
	return memcmp(smime_cert_fingerprint(a), smime_cert_fingerprint(b), 32) == 0;
}

bool
smime_certs_hold(const struct smime_certs *certs, const struct smime_cert *cert)
{
	for (size_t i = 0; i < certs->count; i++)
		if (smime_cert_is(certs->item[i], cert))
			return true;
	return false;
}

void
smime_certs_reset(struct smime_certs *certs)
{
	for (size_t i = 0; i < certs->count; i++)
		smime_cert_free(&certs->item[i]);
	free(certs->item);
	certs->item = NULL;
	certs->count = 0;
}

/* The next PEM block with that label; *pem moves behind it. Empty at the end. */
static struct smime_bytes
next_block(struct smime_bytes *pem, const struct label *label)
{
	const uint8_t *from = NULL, *to = NULL;
	struct smime_bytes block = { 0 };

	if (pem->len > 0)
		from = memmem(pem->data, pem->len, label->begin, strlen(label->begin));
	if (from)
		to = memmem(
		    from, pem->len - (size_t)(from - pem->data), label->end, strlen(label->end));
	if (to) {
		size_t after = (size_t)(to - pem->data) + strlen(label->end);

		block = smime_bytes(from, (size_t)(to - from) + strlen(label->end));
		*pem = smime_bytes_slice(*pem, after, pem->len);
	}
	return block;
}

/* The DER inside of a block, to be given to gnutls_free. */
static enum smime_status
decode(struct smime_bytes block, const char *name, gnutls_datum_t *out, struct smime_diag *diag)
{
	gnutls_datum_t pem = { .data = (void *)(uintptr_t)block.data, .size = (unsigned)block.len };

	*out = (gnutls_datum_t){ 0 };
	if (block.len > UINT32_MAX || gnutls_pem_base64_decode2(name, &pem, out) < 0)
		return smime_fail(
		    diag, SMIME_E_SYNTAX, "certificate", "certificate: the PEM block is damaged");
	return SMIME_OK;
}

static enum smime_status
import_block(struct smime_bytes block, struct smime_cert **out, struct smime_diag *diag)
{
	enum smime_status status;
	gnutls_datum_t der;

	*out = NULL;
	SMIME_TRY(decode(block, "CERTIFICATE", &der, diag));
	status = smime_cert_import(smime_bytes(der.data, der.size), out, diag);
	gnutls_free(der.data);
	return status;
}

static enum smime_status
add_pkcs7_block(struct smime_bytes block, struct smime_certs *certs, struct smime_diag *diag)
{
	enum smime_status status;
	gnutls_datum_t der;

	SMIME_TRY(decode(block, "PKCS7", &der, diag));
	status = smime_certs_add_pkcs7(certs, smime_bytes(der.data, der.size), diag);
	gnutls_free(der.data);
	return status;
}

enum smime_status
smime_cert_import_pem(struct smime_bytes pem, struct smime_cert **out, struct smime_diag *diag)
{
	struct smime_bytes block = next_block(&pem, &certificate);

	*out = NULL;
	if (block.len == 0)
		return smime_fail(diag, SMIME_E_SYNTAX, "certificate",
		    "certificate: no PEM block (\"%s\") found", certificate.begin);
	return import_block(block, out, diag);
}

enum smime_status
smime_cert_pem_der(struct smime_bytes pem, struct smime_buf *out, struct smime_diag *diag)
{
	struct smime_bytes block = next_block(&pem, &certificate);
	enum smime_status status;
	gnutls_datum_t der;

	SMIME_TRY(decode(block, "CERTIFICATE", &der, diag));
	status = smime_buf_append(out, der.data, der.size);
	gnutls_free(der.data);
	return status;
}

enum smime_status
smime_certs_add_pem(struct smime_certs *certs, struct smime_bytes pem, struct smime_diag *diag)
{
	struct smime_bytes block, rest = pem;

	while ((block = next_block(&rest, &pkcs7)).len > 0)
		SMIME_TRY(add_pkcs7_block(block, certs, diag));
	while ((block = next_block(&pem, &certificate)).len > 0) {
		SMIME_AUTO(smime_cert) cert = NULL;

		SMIME_TRY(import_block(block, &cert, diag));
		SMIME_TRY(smime_certs_add(certs, cert));
	}
	return SMIME_OK;
}

enum smime_status
smime_cert_pem(const struct smime_cert *cert, struct smime_buf *out)
{
	struct smime_bytes der = smime_cert_der(cert);
	gnutls_datum_t in = { .data = (void *)(uintptr_t)der.data, .size = (unsigned)der.len };
	gnutls_datum_t pem = { 0 };
	enum smime_status status;

	if (gnutls_pem_base64_encode2("CERTIFICATE", &in, &pem) < 0)
		return SMIME_E_SYSTEM;
	status = smime_buf_append(out, pem.data, pem.size);
	gnutls_free(pem.data);
	return status;
}
