/*
 * constant_time.c - run under valgrind: secrets are marked undefined, so that a branch or an index
 * that depends on one is reported as an error.  R-DEC-MMA, R-DEC-OAEP, R-DEC-CBC.
 *
 * Only the results are declared public, after the call. PKCS#1 v1.5 unpadding is not ours: GnuTLS'
 * gnutls_privkey_decrypt_data2() leaves it to nettle's rsa_sec_decrypt(). It is watched all the
 * same, in the place where it stands: see spy().
 */
#include "cipher_stage.h"
#include "keywrap.h"
#include "kt_rsa.h"
#include "oaep.h"
#include "smime/keys.h"

#include <dlfcn.h>
#include <gmp.h>
#include <gnutls/x509.h>
#include <stdio.h>
#include <string.h>
#include <valgrind/memcheck.h>

#define SECRET(object) (void)VALGRIND_MAKE_MEM_UNDEFINED(object, sizeof(object))
#define PUBLIC(object) (void)VALGRIND_MAKE_MEM_DEFINED(&(object), sizeof(object))

#define EM_LEN  256
#define CEK_LEN 32

static int failures;

static void
expect(const char *what, int number, size_t got, size_t want)
{
	if (got == want)
		return;
	(void)fprintf(stderr, "%s %d: %zu instead of %zu\n", what, number, got, want);
	failures++;
}

/* EME-OAEP blocks: 0 is right, each other is wrong in one way. */
static void
oaep(int fault, const struct smime_alg *hash)
{
	uint8_t em[EM_LEN] = { 0 }, cek[CEK_LEN] = { 0 }, message[CEK_LEN + 1] = { 7 };
	size_t h = hash->size, db_len = EM_LEN - h - 1;
	struct smime_bytes seed = smime_bytes(em + 1, h), db = smime_bytes(em + 1 + h, db_len);
	enum smime_status status;
	unsigned right;

	expect("encode", fault,
	    smime_oaep_encode(em, EM_LEN, hash, smime_bytes(message, CEK_LEN + (fault == 5))),
	    SMIME_OK);
	/* Take the masks off, spoil one thing, put them on again. */
	(void)!smime_mgf1_xor(hash, db, em + 1, h);
	(void)!smime_mgf1_xor(hash, seed, em + 1 + h, db_len);
	em[0] ^= (uint8_t)(fault == 1);
	em[1 + h] ^= (uint8_t)(fault == 2);                /* the label's hash */
	em[1 + h + h] ^= (uint8_t)(fault == 3);            /* the zeros */
	em[EM_LEN - CEK_LEN - 1] ^= (uint8_t)(fault == 4); /* the 01 */
	(void)!smime_mgf1_xor(hash, seed, em + 1 + h, db_len);
	(void)!smime_mgf1_xor(hash, db, em + 1, h);
	SECRET(em);
	SECRET(cek);
	status =
	    smime_oaep_decode(em, EM_LEN, hash, hash, smime_bytes(NULL, 0), cek, CEK_LEN, &right);
	PUBLIC(right);
	expect("oaep status", fault, status, SMIME_OK);
	expect("oaep", fault, right, fault == 0);
}

/* Every value of the last octet. */
static void
cbc_padding(uint8_t last)
{
	uint8_t block[16];
	size_t pad;

	memset(block, last, sizeof block);
	SECRET(block);
	pad = smime_cbc_padding(block, sizeof block);
	PUBLIC(pad);
	expect("padding", last, pad, last >= 1 && last <= 16 ? last : 0);
}

static void
key_wrap(const struct smime_alg *wrap, bool spoil)
{
	uint8_t kek[SMIME_KEK_MAX] = { 1 }, cek[CEK_LEN] = { 2 }, wrapped[CEK_LEN + 8];
	struct smime_buf out = { 0 };
	int right;

	expect("wrap", wrap->size, smime_key_wrap(wrap, kek, smime_bytes(cek, CEK_LEN), &out),
	    SMIME_OK);
	memcpy(wrapped, out.data, sizeof wrapped);
	smime_buf_reset(&out);
	wrapped[0] ^= (uint8_t)spoil;
	/* Not the key: nettle's key schedule looks up tables, and is not ours to change. */
	SECRET(wrapped);
	SECRET(cek);
	right = smime_key_unwrap(wrap, kek, smime_bytes(wrapped, sizeof wrapped), cek, sizeof cek);
	PUBLIC(right);
	expect("unwrap", wrap->size, (size_t)right, !spoil);
}

/* ---- PKCS#1 v1.5 ---- */

/*
 * nettle's rsa_sec_decrypt() calls this through the dynamic linker, so that the definition in this
 * program stands before the library's: the decrypted block and the random key that it may replace
 * become secret here, then the library's own is called. What nettle, GnuTLS and we do with its
 * answer is watched as well. The name is nettle's inner one: when it is gone, or no longer called,
 * nothing was proven, and pkcs1() fails.
 */
typedef int unpad_function(size_t len, uint8_t *message, size_t em_len, const volatile uint8_t *em);
unpad_function spy __asm__("_nettle_pkcs1_sec_decrypt");
static unsigned spied;

int
spy(size_t len, uint8_t *message, size_t em_len, const volatile uint8_t *em)
{
	void *next = dlsym(RTLD_NEXT, "_nettle_pkcs1_sec_decrypt");
	unpad_function *real;

	if (!next)
		return 0;
	memcpy(&real, &next, sizeof real);
	spied++;
	(void)VALGRIND_MAKE_MEM_UNDEFINED(em, em_len);
	(void)VALGRIND_MAKE_MEM_UNDEFINED(message, len);
	return real(len, message, em_len, em);
}

/* em^e mod n: what a sender would have made of that block. */
static void
raw_encrypt(gnutls_x509_privkey_t key, const uint8_t em[EM_LEN], uint8_t out[EM_LEN])
{
	gnutls_datum_t n, e, rest[4];
	mpz_t modulus, exponent, m;
	size_t len;

	if (gnutls_x509_privkey_export_rsa_raw(
		key, &n, &e, &rest[0], &rest[1], &rest[2], &rest[3]) < 0)
		failures++;
	mpz_inits(modulus, exponent, m, NULL);
	mpz_import(modulus, n.size, 1, 1, 1, 0, n.data);
	mpz_import(exponent, e.size, 1, 1, 1, 0, e.data);
	mpz_import(m, EM_LEN, 1, 1, 1, 0, em);
	mpz_powm(m, m, exponent, modulus);
	len = (mpz_sizeinbase(m, 2) + 7) / 8;
	memset(out, 0, EM_LEN);
	(void)mpz_export(out + (EM_LEN - len), NULL, 1, 1, 1, 0, m);
	mpz_clears(modulus, exponent, m, NULL);
	gnutls_free(n.data);
	gnutls_free(e.data);
	for (size_t i = 0; i < 4; i++)
		gnutls_free(rest[i].data);
}

/* EME-PKCS1-v1_5 blocks (RFC 8017 s7.2.2): 0 is right, each other is wrong in one way. */
static const struct {
	size_t at;
	uint8_t octet;
} pkcs1_faults[] = {
	{ 1, 2 },
	{ 0, 1 },
	{ 1, 1 },
	{ 1, 0 },
	{ 2, 0 },
	{ 9, 0 },
	{ 10, 0 },
	{ EM_LEN - CEK_LEN - 2, 0 },    /* a key one octet too long */
	{ EM_LEN - CEK_LEN - 1, 0x55 }, /* no end of the padding */
	{ EM_LEN - CEK_LEN - 1, 0xff },
};

static void
pkcs1(const struct smime_privkey *key, gnutls_x509_privkey_t raw, size_t fault)
{
	const struct smime_alg *transport =
	    smime_alg_by_name(smime_key_transport_algs, "rsa-pkcs1");
	uint8_t em[EM_LEN], encrypted[EM_LEN], cek[CEK_LEN] = { 0 };
	uint8_t right[CEK_LEN], none[CEK_LEN] = { 0 };
	enum smime_status status;
	unsigned before = spied;

	memset(em, 0x55, sizeof em);
	memset(right, 7, sizeof right);
	memcpy(em + EM_LEN - CEK_LEN, right, CEK_LEN);
	em[0] = 0;
	em[1] = 2;
	em[EM_LEN - CEK_LEN - 1] = 0;
	em[pkcs1_faults[fault].at] = pkcs1_faults[fault].octet;
	raw_encrypt(raw, em, encrypted);
	status = smime_privkey_unwrap(key, transport, smime_bytes(NULL, 0),
	    smime_bytes(encrypted, sizeof encrypted), cek, sizeof cek, NULL);
	PUBLIC(status);
	PUBLIC(cek);
	expect("pkcs1 status", (int)fault, status, SMIME_OK);
	expect("pkcs1", (int)fault, memcmp(cek, right, CEK_LEN) == 0, fault == 0);
	expect("pkcs1 random", (int)fault, memcmp(cek, none, CEK_LEN) != 0, 1);
	/* Without this the run would prove nothing. */
	expect("pkcs1: calls of _nettle_pkcs1_sec_decrypt seen", (int)fault, spied - before, 1);
}

static void
every_pkcs1(void)
{
	gnutls_x509_privkey_t raw = NULL;
	struct smime_privkey *key = NULL;
	gnutls_datum_t pem = { 0 };

	if (gnutls_x509_privkey_init(&raw) < 0 ||
	    gnutls_x509_privkey_generate(raw, GNUTLS_PK_RSA, EM_LEN * 8, 0) < 0 ||
	    gnutls_x509_privkey_export2(raw, GNUTLS_X509_FMT_PEM, &pem) < 0 ||
	    smime_privkey_import(smime_bytes(pem.data, pem.size), NULL, &key, NULL) != SMIME_OK) {
		failures++;
		return;
	}
	for (size_t i = 0; i < sizeof pkcs1_faults / sizeof *pkcs1_faults; i++)
		pkcs1(key, raw, i);
	smime_privkey_free(&key);
	gnutls_free(pem.data);
	gnutls_x509_privkey_deinit(raw);
}

/* A tag, right or wrong, is compared; how far it was right shows nowhere. */
static void
tag(const struct smime_alg *cipher, bool spoil)
{
	uint8_t key[32] = { 3 }, iv[12] = { 0 }, octets[40] = { 0 }, mac[16];
	struct smime_buf sealed = { 0 }, plain = { 0 };
	struct smime_stage *collect = NULL, *stage = NULL;
	enum smime_status status;

	if (smime_stage_buf_new(&sealed, 1000, &collect) != SMIME_OK ||
	    smime_stage_encrypt_new(cipher, smime_bytes(key, cipher->size),
		smime_bytes(iv, sizeof iv), collect, &stage) != SMIME_OK ||
	    smime_push(stage, octets, sizeof octets) != SMIME_OK || smime_finish(stage) != SMIME_OK)
		failures++;
	memcpy(mac, smime_stage_cipher_tag(stage).data, sizeof mac);
	mac[0] ^= (uint8_t)spoil;
	smime_stage_free(&stage);
	smime_stage_free(&collect);
	SECRET(key);
	if (smime_stage_buf_new(&plain, 1000, &collect) != SMIME_OK ||
	    smime_stage_decrypt_new(cipher, smime_bytes(key, cipher->size),
		smime_bytes(iv, sizeof iv), smime_bytes(mac, sizeof mac), collect,
		&stage) != SMIME_OK ||
	    smime_push(stage, sealed.data, sealed.len) != SMIME_OK)
		failures++;
	status = stage->ops->finish(stage);
	PUBLIC(status);
	expect("tag", spoil, status, spoil ? SMIME_E_SYNTAX : SMIME_OK);
	smime_stage_free(&stage);
	smime_stage_free(&collect);
	smime_buf_reset(&plain);
	smime_buf_reset(&sealed);
}

int
main(void)
{
	if (!RUNNING_ON_VALGRIND) {
		(void)fprintf(stderr, "constant_time: run it under valgrind\n");
		return 64;
	}
	for (int fault = 0; fault < 6; fault++)
		for (const struct smime_alg *hash = smime_digests; hash->oid; hash++)
			oaep(fault, hash);
	for (int last = 0; last < 256; last++)
		cbc_padding((uint8_t)last);
	every_pkcs1();
	for (const struct smime_alg *wrap = smime_key_wrap_algs; wrap->oid; wrap++) {
		key_wrap(wrap, false);
		key_wrap(wrap, true);
	}
	for (int spoil = 0; spoil < 2; spoil++) {
		tag(smime_alg_by_name(smime_content_algs, "aes128-gcm"), spoil);
		tag(smime_alg_by_name(smime_content_algs, "aes256-gcm"), spoil);
	}
	return failures ? 1 : 0;
}
