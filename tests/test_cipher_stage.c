/* test_cipher_stage.c - encryption and decryption stages: round trips over every cut and size,
 * and one and the same failure for every kind of damage. */
#include "smime/algs.h"
#include "support.h"
#include "support_stage.h"

static const uint8_t key[32] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18 };
static const uint8_t iv[16] = { 99, 98, 97 };

static enum smime_status
encrypt(const struct smime_alg *alg, struct smime_bytes in, struct smime_buf *out, uint8_t tag[16])
{
	SMIME_AUTO(smime_stage) sink = NULL;
	SMIME_AUTO(smime_stage) stage = NULL;
	struct smime_bytes got;

	SMIME_TRY(smime_stage_buf_new(out, SIZE_MAX / 2, &sink));
	SMIME_TRY(smime_stage_encrypt_new(
	    alg, smime_bytes(key, alg->size), smime_bytes(iv, alg->iv), sink, &stage));
	SMIME_TRY(smime_push_bytes(stage, in));
	SMIME_TRY(smime_finish(stage));
	got = smime_stage_cipher_tag(stage);
	ck_assert_uint_eq(got.len, smime_alg_is_aead(alg) ? 16 : 0);
	if (got.len > 0)
		memcpy(tag, got.data, got.len);
	return SMIME_OK;
}

static enum smime_status
decrypt(const struct smime_alg *alg, struct smime_bytes in, const uint8_t *tag, size_t tag_len,
    size_t cut, struct smime_buf *out)
{
	SMIME_AUTO(smime_stage) sink = NULL;
	SMIME_AUTO(smime_stage) stage = NULL;

	SMIME_TRY(smime_stage_buf_new(out, SIZE_MAX / 2, &sink));
	SMIME_TRY(smime_stage_decrypt_new(alg, smime_bytes(key, alg->size),
	    smime_bytes(iv, alg->iv), smime_bytes(tag, tag_len), sink, &stage));
	SMIME_TRY(smime_push(stage, in.data, cut));
	SMIME_TRY(smime_push(stage, in.data + cut, in.len - cut));
	return smime_finish(stage);
}

static size_t
tag_len(const struct smime_alg *alg)
{
	return smime_alg_is_aead(alg) ? 16 : 0;
}

START_TEST(every_algorithm_and_cut)
{
	const struct smime_alg *alg = &smime_content_algs[_i];
	struct smime_bytes in = smime_bytes_str("Forty-two octets, more than two AES blocks");

	for (size_t len = 0; len <= in.len; len++) {
		SMIME_AUTO_BUF text = { 0 };
		uint8_t tag[16] = { 0 };
		size_t block = alg->block;

		ck_assert_int_eq(encrypt(alg, smime_bytes_slice(in, 0, len), &text, tag), SMIME_OK);
		ck_assert_uint_eq(text.len, block == 1 ? len : len / block * block + block);
		for (size_t cut = 0; cut <= text.len; cut++) {
			SMIME_AUTO_BUF back = { 0 };

			ck_assert_int_eq(
			    decrypt(alg, smime_buf_bytes(&text), tag, tag_len(alg), cut, &back),
			    SMIME_OK);
			ck_assert(smime_bytes_equal(
			    smime_buf_bytes(&back), smime_bytes_slice(in, 0, len)));
		}
	}
}
END_TEST

/* Around the size of the internal piece, where the last block is held back. */
START_TEST(every_algorithm_in_long)
{
	static const size_t sizes[] = { 65535, 65536, 65537, 131072, 200001 };
	const struct smime_alg *alg = &smime_content_algs[_i];

	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		SMIME_AUTO_BUF in = { 0 };
		SMIME_AUTO_BUF text = { 0 };
		SMIME_AUTO_BUF back = { 0 };
		uint8_t tag[16] = { 0 }, *room;

		ck_assert_int_eq(smime_buf_extend(&in, sizes[i], &room), SMIME_OK);
		for (size_t k = 0; k < sizes[i]; k++)
			room[k] = (uint8_t)(k * 31);
		ck_assert_int_eq(encrypt(alg, smime_buf_bytes(&in), &text, tag), SMIME_OK);
		ck_assert_int_eq(
		    decrypt(alg, smime_buf_bytes(&text), tag, tag_len(alg), text.len / 3, &back),
		    SMIME_OK);
		ck_assert(smime_bytes_equal(smime_buf_bytes(&back), smime_buf_bytes(&in)));
	}
}
END_TEST

START_TEST(wrong_tags_fail)
{
	const struct smime_alg *alg = smime_alg_by_name(smime_content_algs, "aes256-gcm");
	struct smime_bytes in = smime_bytes_str("nothing leaves before its tag was checked");
	SMIME_AUTO_BUF text = { 0 };
	uint8_t tag[16];

	ck_assert_int_eq(encrypt(alg, in, &text, tag), SMIME_OK);
	for (size_t bit = 0; bit < 128; bit++) {
		SMIME_AUTO_BUF back = { 0 };

		tag[bit / 8] ^= (uint8_t)(1 << bit % 8);
		ck_assert_int_eq(
		    decrypt(alg, smime_buf_bytes(&text), tag, 16, 0, &back), SMIME_E_SYNTAX);
		tag[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	for (size_t len = 0; len <= 16; len++) {
		SMIME_AUTO_BUF back = { 0 };

		ck_assert_int_eq(decrypt(alg, smime_buf_bytes(&text), tag, len, 0, &back),
		    len < 12 ? SMIME_E_SYNTAX : SMIME_OK);
	}
}
END_TEST

/* Every value of the last octet of a CBC plaintext block: only a right padding passes. */
START_TEST(wrong_padding_fails)
{
	const struct smime_alg *alg = &smime_content_algs[_i];
	struct smime_bytes in = smime_bytes_str("fifteen octets.");
	SMIME_AUTO_BUF text = { 0 };
	uint8_t tag[16];
	unsigned passed = 0;

	if (smime_alg_is_aead(alg))
		return;
	in.len = alg->block - 1U;
	ck_assert_int_eq(encrypt(alg, in, &text, tag), SMIME_OK);
	ck_assert_uint_eq(text.len, alg->block);
	/* Flipping the IV flips the plaintext: done here by decrypting two blocks, of which the
	 * first plays the IV. */
	for (unsigned value = 0; value < 256; value++) {
		SMIME_AUTO_BUF two = { 0 };
		SMIME_AUTO_BUF back = { 0 };
		uint8_t first[16];

		memcpy(first, iv, alg->block);
		first[alg->block - 1] ^= (uint8_t)(1 ^ value);
		ck_assert_int_eq(smime_buf_append(&two, first, alg->block), SMIME_OK);
		ck_assert_int_eq(smime_buf_append(&two, text.data, text.len), SMIME_OK);
		if (decrypt(alg, smime_buf_bytes(&two), tag, 0, 0, &back) == SMIME_OK)
			passed++;
		else
			ck_assert_uint_ne(value, 1);
	}
	/* 01 always; a longer one only if the octets in front happen to be that value too. */
	ck_assert_uint_eq(passed, 1);
}
END_TEST

START_TEST(lengths_that_are_no_blocks_fail_alike)
{
	const struct smime_alg *alg = smime_alg_by_name(smime_content_algs, "aes128-cbc");
	SMIME_AUTO_BUF text = { 0 };
	uint8_t tag[16];

	ck_assert_int_eq(encrypt(alg, smime_bytes_str("x"), &text, tag), SMIME_OK);
	for (size_t len = 0; len < 16; len++) {
		SMIME_AUTO_BUF back = { 0 };

		ck_assert_int_eq(
		    decrypt(alg, smime_bytes(text.data, len), NULL, 0, 0, &back), SMIME_E_SYNTAX);
	}
}
END_TEST

START_TEST(keys_and_ivs_of_a_wrong_length_are_refused)
{
	const struct smime_alg *alg = smime_alg_by_name(smime_content_algs, "aes128-gcm");
	SMIME_AUTO(smime_stage) stage = NULL;

	ck_assert_int_eq(
	    smime_stage_encrypt_new(alg, smime_bytes(key, 15), smime_bytes(iv, 12), NULL, &stage),
	    SMIME_E_UNSUPPORTED);
	ck_assert_int_eq(
	    smime_stage_encrypt_new(alg, smime_bytes(key, 16), smime_bytes(iv, 16), NULL, &stage),
	    SMIME_E_UNSUPPORTED);
	ck_assert_ptr_null(stage);
}
END_TEST

START_TEST(authenticated_attributes_count)
{
	const struct smime_alg *alg = smime_alg_by_name(smime_content_algs, "aes128-gcm");
	SMIME_AUTO_BUF text = { 0 };
	uint8_t tag[16];

	ck_assert_int_eq(encrypt(alg, smime_bytes_str("x"), &text, tag), SMIME_OK);
	for (int with = 0; with < 2; with++) {
		SMIME_AUTO(smime_stage) stage = NULL;

		ck_assert_int_eq(smime_stage_decrypt_new(alg, smime_bytes(key, 16),
				     smime_bytes(iv, 12), smime_bytes(tag, 16), NULL, &stage),
		    SMIME_OK);
		if (with)
			ck_assert_int_eq(
			    smime_stage_cipher_aad(stage, smime_bytes_str("aad")), SMIME_OK);
		ck_assert_int_eq(smime_push_bytes(stage, smime_buf_bytes(&text)), SMIME_OK);
		ck_assert_int_eq(smime_finish(stage), with ? SMIME_E_SYNTAX : SMIME_OK);
	}
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("cipher_stage");
	TCase *tc = tcase_create("all");
	int algs = 0;

	while (smime_content_algs[algs].oid)
		algs++;
	tcase_add_loop_test(tc, every_algorithm_and_cut, 0, algs);
	tcase_add_loop_test(tc, every_algorithm_in_long, 0, algs);
	tcase_add_loop_test(tc, wrong_padding_fails, 0, algs);
	tcase_add_test(tc, wrong_tags_fail);
	tcase_add_test(tc, lengths_that_are_no_blocks_fail_alike);
	tcase_add_test(tc, keys_and_ivs_of_a_wrong_length_are_refused);
	tcase_add_test(tc, authenticated_attributes_count);
	suite_add_tcase(suite, tc);
	return suite;
}
