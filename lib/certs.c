/* certs.c - lists of certificates, and PEM.  RFC 7468. */
#include "smime/cert.h"

#include <gnutls/gnutls.h>
#include <stdlib.h>

static const char begin[] = "-----BEGIN CERTIFICATE-----";
static const char end[] = "-----END CERTIFICATE-----";

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

void
smime_certs_reset(struct smime_certs *certs)
{
	for (size_t i = 0; i < certs->count; i++)
		smime_cert_free(&certs->item[i]);
	free(certs->item);
	certs->item = NULL;
	certs->count = 0;
}

/* The next PEM block of a text; *pem moves behind it. Empty at the end. */
static struct smime_bytes
next_block(struct smime_bytes *pem)
{
	const uint8_t *from = NULL, *to = NULL;
	struct smime_bytes block = { 0 };

	if (pem->len > 0)
		from = memmem(pem->data, pem->len, begin, sizeof begin - 1);
	if (from)
		to = memmem(from, pem->len - (size_t)(from - pem->data), end, sizeof end - 1);
	if (to) {
		size_t after = (size_t)(to - pem->data) + sizeof end - 1;

		block = smime_bytes(from, (size_t)(to - from) + sizeof end - 1);
		*pem = smime_bytes_slice(*pem, after, pem->len);
	}
	return block;
}

static enum smime_status
import_block(struct smime_bytes block, struct smime_cert **out, struct smime_diag *diag)
{
	gnutls_datum_t pem = { .data = (void *)(uintptr_t)block.data, .size = (unsigned)block.len };
	gnutls_datum_t der = { 0 };
	enum smime_status status;

	*out = NULL;
	if (block.len > UINT32_MAX || gnutls_pem_base64_decode2("CERTIFICATE", &pem, &der) < 0)
		return smime_fail(
		    diag, SMIME_E_SYNTAX, "certificate", "certificate: the PEM block is damaged");
	status = smime_cert_import(smime_bytes(der.data, der.size), out, diag);
	gnutls_free(der.data);
	return status;
}

enum smime_status
smime_cert_import_pem(struct smime_bytes pem, struct smime_cert **out, struct smime_diag *diag)
{
	struct smime_bytes block = next_block(&pem);

	*out = NULL;
	if (block.len == 0)
		return smime_fail(diag, SMIME_E_SYNTAX, "certificate",
		    "certificate: no PEM block (\"%s\") found", begin);
	return import_block(block, out, diag);
}

enum smime_status
smime_certs_add_pem(struct smime_certs *certs, struct smime_bytes pem, struct smime_diag *diag)
{
	struct smime_bytes block;

	while ((block = next_block(&pem)).len > 0) {
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
