/* test_keywrap.c - AES key wrap as RFC 3394 prints it, and the keys that wrap: what they are made
 * of is written out here by hand.  RFC 5753 s7.2, RFC 8418 s2.2, SEC 1 s3.6.1. */
#include "keywrap.h"
#include "support.h"
#include "support_hex.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

#define OK(call) ck_assert_int_eq(call, SMIME_OK)
#define KEK      "000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F"
#define CEK      "00112233445566778899AABBCCDDEEFF000102030405060708090A0B0C0D0E0F"

static const struct smime_alg *
wrap_alg(const char *name)
{
	const struct smime_alg *row = smime_alg_by_name(smime_key_wrap_algs, name);

	ck_assert_ptr_nonnull(row);
	return row;
}

/* ---- key wrap ---- */

/* RFC 3394 s4.1 to s4.6. */
static const struct {
	const char *wrap;
	size_t cek;
	const char *wrapped;
} vectors[] = {
	{ "aes128-wrap", 16, "1FA68B0A8112B447 AEF34BD8FB5A7B82 9D3E862371D2CFE5" },
	{ "aes192-wrap", 16, "96778B25AE6CA435 F92B5B97C050AED2 468AB8A17AD84E5D" },
	{ "aes256-wrap", 16, "64E8C3F9CE0F5BA2 63E9777905818A2A 93C8191E7D6E8AE7" },
	{ "aes192-wrap", 24,
	    "031D33264E15D332 68F24EC260743EDC E1C6C7DDEE725A93 6BA814915C6762D2" },
	{ "aes256-wrap", 24,
	    "A8F9BC1612C68B3F F6E6F4FBE30E71E4 769C8B80A32CB895 8CD5D17D6B254DA1" },
	{ "aes256-wrap", 32,
	    "28C9F404C4B810F4 CBCCB35CFB87F826 3F5786E2D80ED326 CBC7F0E71A99F43B "
	    "FB988B9B7A02DD21" },
};

START_TEST(r_dec_unwrap_as_in_the_rfc)
{
	const struct smime_alg *wrap = wrap_alg(vectors[_i].wrap);
	const struct hex kek = hex(KEK), cek = hex(CEK), wrapped = hex(vectors[_i].wrapped);
	uint8_t plain[32];
	SMIME_AUTO_BUF out = { 0 };

	OK(smime_key_wrap(wrap, kek.octets, smime_bytes(cek.octets, vectors[_i].cek), &out));
	hex_is(smime_buf_bytes(&out), vectors[_i].wrapped);
	ck_assert_int_eq(
	    smime_key_unwrap(wrap, kek.octets, hex_bytes(&wrapped), plain, vectors[_i].cek), 1);
	ck_assert_mem_eq(plain, cek.octets, vectors[_i].cek);
}
END_TEST

/* RFC 3218: the caller put random octets there, and nobody learns that they stayed. */
static void
check_refused(
    const struct smime_alg *wrap, const uint8_t *kek, struct smime_bytes wrapped, size_t len)
{
	uint8_t plain[64], before[64];

	memset(before, 0x5A, sizeof before);
	memcpy(plain, before, sizeof plain);
	ck_assert_int_eq(smime_key_unwrap(wrap, kek, wrapped, plain, len), 0);
	ck_assert_mem_eq(plain, before, sizeof plain);
}

START_TEST(r_dec_unwrap_a_flipped_bit_leaves_the_key_as_it_was)
{
	const struct smime_alg *wrap = wrap_alg(vectors[_i].wrap);
	struct hex kek = hex(KEK), wrapped = hex(vectors[_i].wrapped);

	for (size_t bit = 0; bit < 8 * wrapped.len; bit++) {
		wrapped.octets[bit / 8] ^= (uint8_t)(1U << bit % 8);
		check_refused(wrap, kek.octets, hex_bytes(&wrapped), vectors[_i].cek);
		wrapped.octets[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	kek.octets[wrap->size - 1U] ^= 1;
	check_refused(wrap, kek.octets, hex_bytes(&wrapped), vectors[_i].cek);
}
END_TEST

/* The length is that of the cipher's key: no other is taken, however well it was wrapped. */
START_TEST(r_dec_unwrap_other_lengths_are_refused)
{
	const struct hex kek = hex(KEK), wrapped = hex(vectors[_i].wrapped);

	for (size_t len = 0; len <= 48; len++)
		if (len != vectors[_i].cek)
			check_refused(
			    wrap_alg(vectors[_i].wrap), kek.octets, hex_bytes(&wrapped), len);
	for (size_t len = 0; len < wrapped.len; len++)
		check_refused(wrap_alg(vectors[_i].wrap), kek.octets,
		    smime_bytes(wrapped.octets, len), vectors[_i].cek);
}
END_TEST

/* ---- the key that wraps ---- */

/* ECC-CMS-SharedInfo (RFC 5753 s7.2): the key wrap's AlgorithmIdentifier, [0] the ukm, [2] bits. */
static const struct {
	const char *agree, *wrap, *algid, *ukm, *info;
} keys[] = {
	{ "stddh-sha256", "aes128-wrap", "300B 0609608648016503040105", "",
	    "3015 300B0609608648016503040105 A206 0404 00000080" },
	{ "stddh-sha1", "aes256-wrap", "300B 060960864801650304012D", "",
	    "3015 300B060960864801650304012D A206 0404 00000100" },
	{ "stddh-sha384", "aes256-wrap", "300D 060960864801650304012D 0500", "",
	    "3017 300D060960864801650304012D0500 A206 0404 00000100" },
	{ "stddh-sha512", "aes192-wrap", "300B 0609608648016503040119", "0102030405",
	    "301E 300B0609608648016503040119 A007 0405 0102030405 A206 0404 000000C0" },
	{ "cofactor-sha256", "aes256-wrap", "300B 060960864801650304012D", "FF",
	    "301A 300B060960864801650304012D A003 0401 FF A206 0404 00000100" },
	{ "hkdf-sha256", "aes128-wrap", "300B 0609608648016503040105", "",
	    "3015 300B0609608648016503040105 A206 0404 00000080" },
	{ "hkdf-sha512", "aes256-wrap", "300B 060960864801650304012D", "0102030405",
	    "301E 300B060960864801650304012D A007 0405 0102030405 A206 0404 00000100" },
};

#define SECRET "8F1C3E00 0102 FFFE"

/* Hash(Z || 00000001 || info) || Hash(Z || 00000002 || info). */
static void
x963(const struct smime_alg *agree, struct smime_bytes info, uint8_t out[128])
{
	const struct hex secret = hex(SECRET);

	for (uint8_t n = 1; n <= 2; n++) {
		const uint8_t counter[4] = { 0, 0, 0, n };
		SMIME_AUTO_BUF in = { 0 };

		OK(smime_buf_append(&in, secret.octets, secret.len));
		OK(smime_buf_append(&in, counter, sizeof counter));
		OK(smime_buf_append(&in, info.data, info.len));
		ck_assert_int_eq(gnutls_hash_fast((gnutls_digest_algorithm_t)agree->backend,
				     in.data, in.len, out + (n - 1) * agree->size),
		    0);
	}
}

/* HMAC(HMAC(zeros, Z), info || 01): one block is enough (RFC 5869 s2). */
static void
hkdf(const struct smime_alg *agree, struct smime_bytes info, uint8_t out[128])
{
	const gnutls_mac_algorithm_t mac = (gnutls_mac_algorithm_t)agree->backend;
	const struct hex secret = hex(SECRET);
	const uint8_t zeros[64] = { 0 };
	uint8_t prk[64];
	SMIME_AUTO_BUF in = { 0 };

	OK(smime_buf_append(&in, info.data, info.len));
	OK(smime_buf_append(&in, "\x01", 1));
	ck_assert_int_eq(
	    gnutls_hmac_fast(mac, zeros, agree->size, secret.octets, secret.len, prk), 0);
	ck_assert_int_eq(gnutls_hmac_fast(mac, prk, agree->size, in.data, in.len, out), 0);
}

START_TEST(a_key_is_made_of_all_that_the_rfc_names)
{
	const struct hex secret = hex(SECRET), algid = hex(keys[_i].algid), ukm = hex(keys[_i].ukm);
	const struct hex info = hex(keys[_i].info);
	const struct smime_kdf kdf = { .agree =
					   smime_alg_by_name(smime_key_agree_algs, keys[_i].agree),
		.wrap = wrap_alg(keys[_i].wrap),
		.wrap_algid = hex_bytes(&algid),
		.ukm = hex_bytes(&ukm) };
	uint8_t kek[SMIME_KEK_MAX], want[128];

	if (strncmp(keys[_i].agree, "hkdf", 4) == 0)
		hkdf(kdf.agree, hex_bytes(&info), want);
	else
		x963(kdf.agree, hex_bytes(&info), want);
	OK(smime_kdf(&kdf, hex_bytes(&secret), kek));
	ck_assert_mem_eq(kek, want, kdf.wrap->size);
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("keywrap");
	TCase *tc = tcase_create("all");

	suite_add_tcase(suite, tc);
	tcase_add_loop_test(tc, r_dec_unwrap_as_in_the_rfc, 0, ROWS(vectors));
	tcase_add_loop_test(
	    tc, r_dec_unwrap_a_flipped_bit_leaves_the_key_as_it_was, 0, ROWS(vectors));
	tcase_add_loop_test(tc, r_dec_unwrap_other_lengths_are_refused, 0, ROWS(vectors));
	tcase_add_loop_test(tc, a_key_is_made_of_all_that_the_rfc_names, 0, ROWS(keys));
	return suite;
}
