/* test_open_noise.c - what was changed in a ciphertext without a tag.  R-DEC-CBC. */
#include "support.h"
#include "support_world.h"

#define OK(call) ck_assert_int_eq(call, SMIME_OK)

/* Where the encrypted content stands: it is the longest string, at the end. */
static size_t
ciphertext_at(const struct smime_buf *der, size_t *len)
{
	size_t text = strlen(WORLD_TEXT);

	*len = text / 16 * 16 + 16;
	return der->len - *len;
}

START_TEST(r_dec_cbc_noise_is_not_delivered)
{
	SMIME_AUTO_BUF entity = { 0 };
	SMIME_AUTO_BUF der = { 0 };
	size_t at, len, delivered = 0, tried = 0;

	world_seal(SMIME_MODE_ENCRYPT, false, "aes128-cbc", WORLD_FIELDS WORLD_TEXT, &entity);
	world_object_of(smime_buf_bytes(&entity), &der);
	at = ciphertext_at(&der, &len);
	/* Each flipped bit makes sixteen octets of noise out of its block. */
	for (size_t i = 0; i < len - 32; i++, tried++) {
		SMIME_AUTO_BUF message = { 0 };
		SMIME_AUTO(smime_opened) opened = NULL;

		der.data[at + i] ^= 1;
		world_put_object(smime_buf_bytes(&der), &message);
		opened = world_open(smime_buf_bytes(&message), false);
		delivered += opened->gateway_verified;
		ck_assert(!opened->layers[0].authenticated);
		if (!opened->layers[0].ok) {
			ck_assert_str_eq(opened->layers[0].token, "decrypt-failed");
			ck_assert(!world_shows(opened, "fox"));
		}
		der.data[at + i] ^= 1;
	}
	/* Noise is seven-bit once in 65536. */
	ck_assert_uint_gt(tried, 30);
	ck_assert_uint_le(delivered, 1);
}
END_TEST

/* With a signature inside, no change at all goes through: not of the IV, not a cut, not a splice.
 */
START_TEST(r_dec_cbc_a_signature_inside_protects)
{
	SMIME_AUTO_BUF entity = { 0 };
	SMIME_AUTO_BUF der = { 0 };
	uint8_t block[16];

	world_seal(SMIME_MODE_SIGN_ENCRYPT, true, "aes256-cbc", WORLD_FIELDS WORLD_TEXT, &entity);
	world_object_of(smime_buf_bytes(&entity), &der);
	for (size_t i = der.len - 600; i + 32 < der.len; i += 16) {
		SMIME_AUTO_BUF message = { 0 };
		SMIME_AUTO(smime_opened) opened = NULL;

		/* A block in the place of another. */
		memcpy(block, der.data + i, 16);
		memcpy(der.data + i, der.data + i + 16, 16);
		world_put_object(smime_buf_bytes(&der), &message);
		opened = world_open(smime_buf_bytes(&message), false);
		ck_assert(opened->gateway_message && !opened->gateway_verified);
		memcpy(der.data + i, block, 16);
	}
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("open_noise");
	TCase *tc = tcase_create("all");

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 60);
	tcase_add_unchecked_fixture(tc, world_start, world_stop);
	tcase_add_test(tc, r_dec_cbc_noise_is_not_delivered);
	tcase_add_test(tc, r_dec_cbc_a_signature_inside_protects);
	return suite;
}
