/* test_oaep.c - EME-OAEP: messages up to the very octet that fits, and whatever is wrong leaves the
 * key that was there.  RFC 8017 s7.1. */
#include "kt_rsa.h"
#include "oaep.h"
#include "support.h"
#include "support_hex.h"

#define OK(call) ck_assert_int_eq(call, SMIME_OK)
#define EM_MAX   256

static const char *const hashes[] = { "sha1", "sha256", "sha384", "sha512" };

static const struct smime_alg *
hash_of(const char *name)
{
	return smime_alg_by_name(smime_digests, name);
}

/* The two masks of the example that RSA Laboratories published beside PKCS #1 v2.1. */
START_TEST(masks_are_as_published)
{
	const struct hex seed = hex("aafd12f659cae63489b479e5076ddec2f06cb58f");
	const struct hex message = hex("d436e99569fd32a7c8a05bbc90d32c49");
	uint8_t db[107] = { 0 }, mask[20] = { 0 };

	OK(smime_mgf1_xor(hash_of("sha1"), hex_bytes(&seed), db, sizeof db));
	hex_is(smime_bytes(db, sizeof db),
	    "06e1deb2369aa5a5c707d82c8e4e93248ac783dee0b2c04626f5aff93edcfb25c9c2b3ff8ae10e839a2d"
	    "db4cdcfe4ff47728b4a1b7c1362baad29ab48d2869d5024121435811591be392f982fb3e87d095aeb404"
	    "48db972f3ac14eaff49c8c3b7cfc951a51ecd1dde61264");
	/* DB = lHash || zeros || 01 || M, masked. */
	for (size_t i = 0; i < 16; i++)
		db[91 + i] ^= message.octets[i];
	db[90] ^= 1;
	for (size_t i = 0; i < 20; i++)
		db[i] ^= hex("da39a3ee5e6b4b0d3255bfef95601890afd80709").octets[i];
	OK(smime_mgf1_xor(hash_of("sha1"), smime_bytes(db, sizeof db), mask, sizeof mask));
	hex_is(smime_bytes(mask, sizeof mask), "41870b5ab029e657d95750b54c283c08725dbea9");
}
END_TEST

struct decoding {
	const struct smime_alg *hash, *mgf;
	const char *label;
	size_t em_len, len;
};

/* 1, and the message then is "mmm..."; 0, and nothing was written. */
static unsigned
decode(const struct decoding *how, const uint8_t *encoded)
{
	uint8_t em[EM_MAX], cek[EM_MAX + 1], before[EM_MAX + 1];
	unsigned right;

	memcpy(em, encoded, EM_MAX);
	memset(before, 0x5A, sizeof before);
	memset(cek, 0x5A, sizeof cek);
	OK(smime_oaep_decode(em, how->em_len, how->hash, how->mgf, smime_bytes_str(how->label), cek,
	    how->len, &right));
	if (right)
		memset(before, 'm', how->len);
	ck_assert_mem_eq(cek, before, sizeof cek);
	return right;
}

static struct decoding
encode(int which, size_t len, uint8_t em[EM_MAX])
{
	const struct smime_alg *hash = hash_of(hashes[which]);
	uint8_t message[EM_MAX];

	memset(message, 'm', sizeof message);
	OK(smime_oaep_encode(em, EM_MAX, hash, smime_bytes(message, len)));
	ck_assert_uint_eq(em[0], 0);
	return (struct decoding){ hash, hash, "", EM_MAX, len };
}

START_TEST(what_fits_comes_back)
{
	size_t room = EM_MAX - 2 * (size_t)hash_of(hashes[_i])->size - 2;
	uint8_t em[EM_MAX], message[EM_MAX] = { 0 };

	for (size_t len = 0; len <= room; len++) {
		struct decoding how = encode(_i, len, em);

		ck_assert_uint_eq(decode(&how, em), 1);
	}
	ck_assert_int_eq(
	    smime_oaep_encode(em, EM_MAX, hash_of(hashes[_i]), smime_bytes(message, room + 1)),
	    SMIME_E_LIMIT);
	ck_assert_int_eq(smime_oaep_encode(em, 2 * (size_t)hash_of(hashes[_i])->size + 1,
			     hash_of(hashes[_i]), smime_bytes(message, 0)),
	    SMIME_E_LIMIT);
}
END_TEST

START_TEST(r_dec_oaep_every_flipped_octet_is_noticed)
{
	uint8_t em[EM_MAX];
	struct decoding how = encode(_i, 32, em);

	for (size_t i = 0; i < EM_MAX; i++) {
		em[i] ^= (uint8_t)(1U << i % 8);
		ck_assert_msg(decode(&how, em) == 0, "octet %zu", i);
		em[i] ^= (uint8_t)(1U << i % 8);
	}
	ck_assert_uint_eq(decode(&how, em), 1);
}
END_TEST

START_TEST(r_dec_oaep_another_label_hash_or_length_is_wrong)
{
	uint8_t em[EM_MAX];
	const struct decoding right = encode(_i, 32, em);
	struct decoding how = right;

	ck_assert_uint_eq(decode(&how, em), 1);
	how.label = "a label";
	ck_assert_uint_eq(decode(&how, em), 0);
	how = right;
	how.mgf = hash_of(hashes[(_i + 1) % ROWS(hashes)]);
	ck_assert_uint_eq(decode(&how, em), 0);
	how = right;
	how.hash = hash_of(hashes[(_i + 1) % ROWS(hashes)]);
	ck_assert_uint_eq(decode(&how, em), 0);
	how = right;
	for (how.len = 0; how.len <= EM_MAX; how.len++)
		ck_assert_uint_eq(decode(&how, em), how.len == 32);
	how = right;
	for (how.em_len = 1; how.em_len < EM_MAX; how.em_len++)
		ck_assert_uint_eq(decode(&how, em), 0);
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("oaep");
	TCase *tc = tcase_create("all");

	suite_add_tcase(suite, tc);
	tcase_add_test(tc, masks_are_as_published);
	tcase_add_loop_test(tc, what_fits_comes_back, 0, ROWS(hashes));
	tcase_add_loop_test(tc, r_dec_oaep_every_flipped_octet_is_noticed, 0, ROWS(hashes));
	tcase_add_loop_test(tc, r_dec_oaep_another_label_hash_or_length_is_wrong, 0, ROWS(hashes));
	return suite;
}
