/* kt_rsa.c - encrypting a content-encryption key to an RSA certificate.  RFC 8017 s7, RFC 3560. */
#include "kt_rsa.h"
#include "ber.h"
#include "der.h"
#include "oaep.h"

#include <gmp.h>
#include <gnutls/crypto.h>
#include <stdlib.h>

static enum smime_status
wrap_pkcs1(gnutls_pubkey_t key, struct smime_bytes cek, struct smime_buf *out)
{
	gnutls_datum_t in = { .data = (void *)(uintptr_t)cek.data, .size = (unsigned)cek.len };
	gnutls_datum_t encrypted = { 0 };
	enum smime_status status;

	if (gnutls_pubkey_encrypt_data(key, 0, &in, &encrypted) < 0)
		return SMIME_E_SYSTEM;
	status = smime_buf_append(out, encrypted.data, encrypted.size);
	gnutls_free(encrypted.data);
	return status;
}

/* c = m^e mod n, as k octets. The base is public to whoever reads the message's RecipientInfo only
 * after padding: mpz_powm's timing depends on e and n, which are public. */
static enum smime_status
public_operation(
    const gnutls_datum_t *n, const gnutls_datum_t *e, uint8_t *em, size_t k, struct smime_buf *out)
{
	enum smime_status status;
	uint8_t *room;
	size_t len;
	mpz_t modulus, exponent, m;

	mpz_inits(modulus, exponent, m, NULL);
	mpz_import(modulus, n->size, 1, 1, 1, 0, n->data);
	mpz_import(exponent, e->size, 1, 1, 1, 0, e->data);
	mpz_import(m, k, 1, 1, 1, 0, em);
	mpz_powm(m, m, exponent, modulus);
	len = (mpz_sizeinbase(m, 2) + 7) / 8;
	status = smime_buf_extend(out, k, &room);
	if (status == SMIME_OK) {
		memset(room, 0, k);
		(void)mpz_export(room + (k - len), NULL, 1, 1, 1, 0, m);
	}
	mpz_clears(modulus, exponent, m, NULL);
	return status;
}

static enum smime_status
wrap_oaep(gnutls_pubkey_t key, struct smime_bytes cek, struct smime_buf *out)
{
	const struct smime_alg *sha256 = smime_alg_by_name(smime_digests, "sha256");
	SMIME_AUTO_BUF em = { .secret = true };
	gnutls_datum_t n = { 0 }, e = { 0 };
	enum smime_status status = SMIME_E_SYSTEM;
	uint8_t *room;

	/* NO_LZ: n is as long as the modulus, k octets, without a leading zero. */
	if (gnutls_pubkey_export_rsa_raw2(key, &n, &e, GNUTLS_EXPORT_FLAG_NO_LZ) < 0)
		return SMIME_E_SYSTEM;
	if (smime_buf_extend(&em, n.size, &room) == SMIME_OK &&
	    smime_oaep_encode(room, em.len, sha256, cek) == SMIME_OK)
		status = public_operation(&n, &e, room, em.len, out);
	gnutls_free(n.data);
	gnutls_free(e.data);
	return status;
}

enum smime_status
smime_kt_wrap(const struct smime_cert *cert, const struct smime_alg *transport,
    struct smime_bytes cek, struct smime_buf *out, struct smime_diag *diag)
{
	enum smime_status status;
	gnutls_pubkey_t key;

	if (smime_cert_key_type(cert) != SMIME_KEY_RSA)
		return smime_fail(diag, SMIME_E_UNSUPPORTED, "key-type",
		    "certificate of %s: its key cannot be used for key transport",
		    smime_cert_subject(cert));
	SMIME_TRY(smime_cert_pubkey(cert, &key, diag));
	if (strcmp(transport->name, "rsa-oaep") == 0)
		status = wrap_oaep(key, cek, out);
	else
		status = wrap_pkcs1(key, cek, out);
	gnutls_pubkey_deinit(key);
	return status;
}

/* RSAES-OAEP-params with SHA-256 twice (RFC 4055 s4.1); PKCS#1 v1.5 has NULL (RFC 3370 s4.2.1). */
enum smime_status
smime_kt_algid(const struct smime_alg *transport, struct smime_buf *out)
{
	const char *sha256 = smime_alg_by_name(smime_digests, "sha256")->oid;
	SMIME_AUTO_BUF hash = { 0 };
	SMIME_AUTO_BUF p = { 0 };
	size_t mark;

	if (strcmp(transport->name, "rsa-oaep") != 0)
		return smime_der_algid(out, transport->oid, smime_der_null_bytes);
	SMIME_TRY(smime_der_algid(&hash, sha256, smime_der_null_bytes));
	SMIME_TRY(smime_der_tlv(&p, SMIME_BER_CONTEXT_CONS | 0, smime_buf_bytes(&hash)));
	mark = p.len;
	SMIME_TRY(smime_der_algid(&p, SMIME_OID_MGF1, smime_buf_bytes(&hash)));
	SMIME_TRY(smime_der_wrap(&p, mark, SMIME_BER_CONTEXT_CONS | 1));
	SMIME_TRY(smime_der_wrap(&p, 0, SMIME_BER_SEQUENCE));
	return smime_der_algid(out, transport->oid, smime_buf_bytes(&p));
}
