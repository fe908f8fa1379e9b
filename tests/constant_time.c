/*
 * constant_time.c - run under valgrind: secrets are marked undefined, so that a branch or an index
 * that depends on one is reported as an error.  R-DEC-MMA, R-DEC-OAEP, R-DEC-CBC.
 *
 * Only the results are declared public, after the call. PKCS#1 v1.5 unpadding is not ours: GnuTLS'
 * gnutls_privkey_decrypt_data2() leaves it to nettle's rsa_sec_decrypt().
 */
#include "cipher_stage.h"
#include "keywrap.h"
#include "kt_rsa.h"
#include "oaep.h"

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
