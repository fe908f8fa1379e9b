/* test_open_noise.c - what was changed in a ciphertext without a tag.  R-DEC-CBC. */
#include "open_layer.h"
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

#define TYPE  "Content-Type: text/plain\r\n"
#define MIXED "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
#define PART  "--b\r\n" TYPE "\r\nx\r\n--b--\r\n"
#define CTE   "Content-Transfer-Encoding: "

/* What may have been written so, and what a block cipher has answered. */
static const struct {
	const char *octets;
	bool entity, with_tag; /* ... when it was authenticated, too */
} entities[] = {
	{ TYPE "\r\nhello\r\n", true, true },
	{ TYPE "\r\n\t\x1B$B4A;z\x1B(B\r\n", true, true }, /* ISO-2022-JP */
	{ TYPE "\r\nh\xC3\xA9\r\n", true, true },          /* UTF-8, though not announced */
	{ TYPE "\r\nh\xE9\r\n", false, true },
	{ TYPE CTE "8bit\r\n\r\nh\xE9\r\n", true, true },
	{ TYPE CTE "binary\r\n\r\nh\xE9\x01\r\n", true, true },
	{ TYPE CTE "x-uuencode\r\n\r\nh\xE9\r\n", true, true },
	{ TYPE CTE "base64\r\n\r\naGVsbG8=\xC3\xA9\r\n", false, true },
	{ TYPE CTE "quoted-printable\r\n\r\nh\xC3\xA9\r\n", false, true },
	{ TYPE "\r\nh\xC3\xA9\x7F\r\n", false, true },
	{ TYPE "\r\nh\xC3\xA9\x02\r\n", false, true },
	{ TYPE "X-Name: \xC3\xA9\r\n\r\nhello\r\n", false, false },
	{ "hello\r\n", false, false },
	{ "", false, false },
	{ MIXED "pre\r\n" PART, true, true },
	{ MIXED "pr\xC3\xA9\r\n" PART "\xC3\xA9pi\r\n", true, true },
	{ MIXED "pr\xE9\r\n" PART, false, true },
	{ MIXED "pre\r\n" PART "\xE9pi\r\n", false, true },
	{ MIXED "--b\r\n" TYPE "no field\r\n\r\nx\r\n--b--\r\n", false, true },
	{ "Content-Type: message/rfc822\r\n\r\n" TYPE "\r\nh\xC3\xA9\r\n", true, true },
	{ "Content-Type: message/rfc822\r\n\r\n" TYPE "\r\nh\xE9\r\n", false, true },
};

START_TEST(r_dec_cbc_noise_is_told_from_text)
{
	const struct smime_layer unprotected = { 0 }, authenticated = { .authenticated = true };
	SMIME_AUTO(smime_mime) mime = NULL;

	OK(smime_mime_scan(smime_bytes_str(entities[_i].octets), NULL, &mime, NULL));
	ck_assert_msg(
	    smime_is_entity(mime, &unprotected) == entities[_i].entity, "%s", entities[_i].octets);
	/* What has a tag may hold anything, below a header that is one. */
	ck_assert(smime_is_entity(mime, &authenticated) == entities[_i].with_tag);
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

/* Three messages of other lengths: every bit that an attacker can reach in their ciphertexts, and
 * blocks in other places. What nothing authenticates is never called authenticated; with a tag or a
 * signature inside nothing of it is delivered as verified either. */
static const struct victim {
	enum smime_mode mode;
	const char *cipher;
	size_t filler; /* octets more of text */
	bool protected;
} victims[] = {
	{ SMIME_MODE_ENCRYPT, "aes256-cbc", 700, false },
	{ SMIME_MODE_SIGN_ENCRYPT, "aes128-cbc", 0, true },
	{ SMIME_MODE_ENCRYPT, "aes256-gcm", 400, true },
};

#define FLIPS   3334 /* of each message: 10,000 in all */
#define SPLICES 333

static void
expect_no_more(struct smime_bytes der, const struct victim *victim)
{
	SMIME_AUTO_BUF message = { 0 };
	SMIME_AUTO(smime_opened) opened = NULL;

	world_put_object(der, &message);
	opened = world_open(smime_buf_bytes(&message), false);
	for (size_t i = 0; i < opened->layer_count; i++)
		ck_assert(!opened->layers[i].ok || !opened->layers[i].authenticated);
	ck_assert(!victim->protected || !opened->gateway_verified);
}

static void
put_victim(const struct victim *victim, struct smime_buf *der, size_t *from)
{
	SMIME_AUTO_BUF text = { 0 };
	SMIME_AUTO_BUF entity = { 0 };

	OK(smime_buf_appendf(&text, "%s%s", WORLD_FIELDS, WORLD_TEXT));
	for (size_t i = 0; i < victim->filler; i += 50)
		OK(smime_buf_appendf(&text, "%048zu\r\n", i));
	OK(smime_buf_terminate(&text));
	world_seal(victim->mode, true, victim->cipher, (char *)text.data, &entity);
	world_object_of(smime_buf_bytes(&entity), der);
	/* The ciphertext is longer than the text; what stands before is the key's. */
	*from = der->len - text.len + strlen(WORLD_FIELDS);
}

START_TEST(r_dec_cbc_ten_thousand_flips)
{
	const struct victim *victim = &victims[_i];
	SMIME_AUTO_BUF der = { 0 };
	size_t from, bits;

	put_victim(victim, &der, &from);
	bits = (der.len - from) * 8;
	/* A step that meets bits of every position, and none twice before all were met. */
	for (size_t i = 0, bit = 0; i < FLIPS; i++, bit = (bit + 1009) % bits) {
		uint8_t *octet = &der.data[from + bit / 8], mask = (uint8_t)(1 << bit % 8);

		*octet ^= mask;
		expect_no_more(smime_buf_bytes(&der), victim);
		*octet ^= mask;
	}
}
END_TEST

START_TEST(r_dec_cbc_a_thousand_splices)
{
	const struct victim *victim = &victims[_i];
	SMIME_AUTO_BUF der = { 0 };
	SMIME_AUTO_BUF spliced = { 0 };
	size_t from, blocks;

	put_victim(victim, &der, &from);
	blocks = (der.len - from) / 16;
	for (size_t i = 0; i < SPLICES; i++) {
		size_t to = i % blocks, of = (to + 1 + i / blocks) % blocks;

		spliced.len = 0;
		OK(smime_buf_append(&spliced, der.data, der.len));
		memcpy(
		    spliced.data + der.len - 16 * (to + 1), der.data + der.len - 16 * (of + 1), 16);
		if (memcmp(spliced.data, der.data, der.len) != 0)
			expect_no_more(smime_buf_bytes(&spliced), victim);
	}
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("open_noise");
	TCase *tc = tcase_create("all");

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 280);
	tcase_add_unchecked_fixture(tc, world_start, world_stop);
	tcase_add_test(tc, r_dec_cbc_noise_is_not_delivered);
	tcase_add_loop_test(tc, r_dec_cbc_noise_is_told_from_text, 0, ROWS(entities));
	tcase_add_test(tc, r_dec_cbc_a_signature_inside_protects);
	tcase_add_loop_test(tc, r_dec_cbc_ten_thousand_flips, 0, ROWS(victims));
	tcase_add_loop_test(tc, r_dec_cbc_a_thousand_splices, 0, ROWS(victims));
	return suite;
}
