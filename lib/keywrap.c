/* keywrap.c - X9.63 KDF and HKDF over ECC-CMS-SharedInfo, AES key wrap.  RFC 5753 s7.2, RFC 8418
 * s2.2, RFC 3394, SEC 1 s3.6.1. No key wrap with padding: the length is known (R-DEC-UNWRAP). */
#include "keywrap.h"
#include "ber.h"
#include "der.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <nettle/aes.h>
#include <nettle/nist-keywrap.h>
#include <string.h>

#define IV_OCTETS 8

/* "ECC-CMS-SharedInfo ::= SEQUENCE { keyInfo, entityUInfo [0] OPTIONAL, suppPubInfo [2] }" */
static enum smime_status
shared_info(const struct smime_kdf *kdf, struct smime_buf *out)
{
	uint32_t bits = (uint32_t)kdf->wrap->size * 8;
	const uint8_t length[4] = { (uint8_t)(bits >> 24), (uint8_t)(bits >> 16),
		(uint8_t)(bits >> 8), (uint8_t)bits };
	size_t mark;

	SMIME_TRY(smime_buf_append(out, kdf->wrap_algid.data, kdf->wrap_algid.len));
	if (kdf->ukm.len > 0) {
		mark = out->len;
		SMIME_TRY(smime_der_tlv(out, SMIME_BER_OCTET_STRING, kdf->ukm));
		SMIME_TRY(smime_der_wrap(out, mark, SMIME_BER_CONTEXT_CONS | 0));
	}
	mark = out->len;
	SMIME_TRY(smime_der_tlv(out, SMIME_BER_OCTET_STRING, smime_bytes(length, sizeof length)));
	SMIME_TRY(smime_der_wrap(out, mark, SMIME_BER_CONTEXT_CONS | 2));
	return smime_der_wrap(out, 0, SMIME_BER_SEQUENCE);
}

/* Hash(Z || counter || SharedInfo) with the counter from 1 (SEC 1 s3.6.1). */
static enum smime_status
x963(const struct smime_kdf *kdf, struct smime_bytes secret, struct smime_bytes info, uint8_t *kek)
{
	size_t size = kdf->agree->size, done = 0;
	uint8_t block[64], counter[4] = { 0, 0, 0, 1 };

	for (; done < kdf->wrap->size; counter[3]++) {
		size_t take = kdf->wrap->size - done < size ? kdf->wrap->size - done : size;
		gnutls_hash_hd_t hash;
		bool whole;

		if (gnutls_hash_init(&hash, (gnutls_digest_algorithm_t)kdf->agree->backend) < 0)
			return SMIME_E_SYSTEM;
		/* A key made without the secret would be everybody's. */
		whole = gnutls_hash(hash, secret.data, secret.len) >= 0 &&
			gnutls_hash(hash, counter, sizeof counter) >= 0 &&
			gnutls_hash(hash, info.data, info.len) >= 0;
		gnutls_hash_deinit(hash, block);
		if (!whole)
			return SMIME_E_SYSTEM;
		memcpy(kek + done, block, take);
		done += take;
	}
	explicit_bzero(block, sizeof block);
	return SMIME_OK;
}

/* RFC 8418 s2.2: no salt, the shared info is HKDF's info. */
static enum smime_status
hkdf(const struct smime_kdf *kdf, struct smime_bytes secret, struct smime_bytes info, uint8_t *kek)
{
	gnutls_mac_algorithm_t mac = (gnutls_mac_algorithm_t)kdf->agree->backend;
	gnutls_datum_t key = { .data = (void *)(uintptr_t)secret.data,
		.size = (unsigned)secret.len };
	gnutls_datum_t text = { .data = (void *)(uintptr_t)info.data, .size = (unsigned)info.len };
	uint8_t extracted[64];
	gnutls_datum_t prk = { .data = extracted, .size = kdf->agree->size };
	int rc = gnutls_hkdf_extract(mac, &key, NULL, extracted);

	if (rc >= 0)
		rc = gnutls_hkdf_expand(mac, &prk, &text, kek, kdf->wrap->size);
	explicit_bzero(extracted, sizeof extracted);
	return rc < 0 ? SMIME_E_SYSTEM : SMIME_OK;
}

enum smime_status
smime_kdf(const struct smime_kdf *kdf, struct smime_bytes secret, uint8_t kek[SMIME_KEK_MAX])
{
	bool is_hkdf = strncmp(kdf->agree->name, "hkdf", 4) == 0;
	SMIME_AUTO_BUF info = { 0 };

	SMIME_TRY(shared_info(kdf, &info));
	return is_hkdf ? hkdf(kdf, secret, smime_buf_bytes(&info), kek)
		       : x963(kdf, secret, smime_buf_bytes(&info), kek);
}

/* "the default initial value" (RFC 3394 s2.2.3.1). */
static const uint8_t default_iv[IV_OCTETS] = { 0xA6, 0xA6, 0xA6, 0xA6, 0xA6, 0xA6, 0xA6, 0xA6 };

/* AES of three key sizes behind one face. */
union aes {
	struct aes128_ctx k128;
	struct aes192_ctx k192;
	struct aes256_ctx k256;
};

enum smime_status
smime_key_wrap(
    const struct smime_alg *wrap, const uint8_t *kek, struct smime_bytes cek, struct smime_buf *out)
{
	size_t len = cek.len + IV_OCTETS;
	union aes aes;
	uint8_t *room;

	SMIME_TRY(smime_buf_extend(out, len, &room));
	if (wrap->size == 16) {
		aes128_set_encrypt_key(&aes.k128, kek);
		aes128_keywrap(&aes.k128, default_iv, len, room, cek.data);
	} else if (wrap->size == 24) {
		aes192_set_encrypt_key(&aes.k192, kek);
		aes192_keywrap(&aes.k192, default_iv, len, room, cek.data);
	} else {
		aes256_set_encrypt_key(&aes.k256, kek);
		aes256_keywrap(&aes.k256, default_iv, len, room, cek.data);
	}
	explicit_bzero(&aes, sizeof aes);
	return SMIME_OK;
}

/* Into cek when mask is all ones: without a branch on it. */
static void
take(uint8_t *cek, const uint8_t *plain, size_t len, uint8_t mask)
{
	for (size_t i = 0; i < len; i++)
		cek[i] = (uint8_t)((cek[i] & ~mask) | (plain[i] & mask));
}

int
smime_key_unwrap(const struct smime_alg *wrap, const uint8_t *kek, struct smime_bytes wrapped,
    uint8_t *cek, size_t cek_len)
{
	uint8_t plain[SMIME_KEK_MAX];
	union aes aes;
	int good;

	/* Lengths are no secret. */
	if (wrapped.len != cek_len + IV_OCTETS || cek_len < 16 || cek_len > sizeof plain ||
	    cek_len % 8 != 0)
		return 0;
	if (wrap->size == 16) {
		aes128_set_decrypt_key(&aes.k128, kek);
		good = aes128_keyunwrap(&aes.k128, default_iv, cek_len, plain, wrapped.data);
	} else if (wrap->size == 24) {
		aes192_set_decrypt_key(&aes.k192, kek);
		good = aes192_keyunwrap(&aes.k192, default_iv, cek_len, plain, wrapped.data);
	} else {
		aes256_set_decrypt_key(&aes.k256, kek);
		good = aes256_keyunwrap(&aes.k256, default_iv, cek_len, plain, wrapped.data);
	}
	take(cek, plain, cek_len, (uint8_t)(0 - good));
	explicit_bzero(plain, sizeof plain);
	explicit_bzero(&aes, sizeof aes);
	return good;
}
