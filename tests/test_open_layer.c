/* test_open_layer.c - the verdict of a layer.  R-DEC-AEAD, R-DEC-MMA. */
#include "cms.h"
#include "der.h"
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

/* ---- R-DEC-AEAD ---- */

/* AuthEnvelopedData with another ICVlen and a tag of another length. */
static void
with_tag(const struct smime_buf *der, uint8_t icv_len, size_t tag_len, struct smime_buf *out)
{
	struct smime_bytes in = smime_buf_bytes(der), info, parts;
	struct smime_tlv tlv, type, algorithm;
	SMIME_AUTO_BUF data = { 0 };
	SMIME_AUTO_BUF eci = { 0 };
	static const uint8_t long_tag[32];

	OK(smime_ber_expect(&in, SMIME_BER_SEQUENCE, &tlv));
	in = tlv.content;
	OK(smime_ber_read(&in, &type));
	OK(smime_ber_expect(&in, SMIME_BER_CONTEXT_CONS | 0, &tlv));
	in = tlv.content;
	OK(smime_ber_expect(&in, SMIME_BER_SEQUENCE, &tlv));
	parts = tlv.content;
	for (int i = 0; i < 2; i++) { /* version, recipientInfos */
		OK(smime_ber_read(&parts, &tlv));
		OK(smime_buf_append(&data, tlv.whole.data, tlv.whole.len));
	}
	OK(smime_ber_expect(&parts, SMIME_BER_SEQUENCE, &tlv));
	info = tlv.content;
	OK(smime_ber_read(&info, &tlv));
	OK(smime_buf_append(&eci, tlv.whole.data, tlv.whole.len));
	OK(smime_ber_read(&info, &algorithm));
	OK(smime_buf_append(&eci, algorithm.whole.data, algorithm.whole.len));
	ck_assert_uint_eq(eci.data[eci.len - 1], 16); /* aes-ICVlen is the last octet */
	eci.data[eci.len - 1] = icv_len;
	OK(smime_buf_append(&eci, info.data, info.len));
	OK(smime_der_wrap(&eci, 0, SMIME_BER_SEQUENCE));
	OK(smime_buf_append(&data, eci.data, eci.len));
	OK(smime_ber_expect(&parts, SMIME_BER_OCTET_STRING, &tlv));
	OK(smime_der_tlv(&data, SMIME_BER_OCTET_STRING,
	    tag_len > 16 ? smime_bytes(long_tag, tag_len)
			 : smime_bytes(tlv.content.data, tag_len)));
	OK(smime_der_wrap(&data, 0, SMIME_BER_SEQUENCE));
	OK(smime_der_wrap(&data, 0, SMIME_BER_CONTEXT_CONS | 0));
	OK(smime_buf_append(out, type.whole.data, type.whole.len));
	OK(smime_buf_append(out, data.data, data.len));
	OK(smime_der_wrap(out, 0, SMIME_BER_SEQUENCE));
}

START_TEST(r_dec_aead_tags_of_twelve_to_sixteen_octets)
{
	SMIME_AUTO_BUF entity = { 0 };
	SMIME_AUTO_BUF der = { 0 };

	world_seal(SMIME_MODE_ENCRYPT, false, "aes256-gcm", WORLD_FIELDS WORLD_TEXT, &entity);
	world_object_of(smime_buf_bytes(&entity), &der);
	for (uint8_t icv = 0; icv <= 17; icv++)
		for (size_t tag = 0; tag <= 17; tag++) {
			bool right = icv == tag && icv >= 12 && icv <= 16;
			SMIME_AUTO_BUF changed = { 0 };
			SMIME_AUTO_BUF message = { 0 };
			SMIME_AUTO(smime_opened) opened = NULL;

			with_tag(&der, icv, tag, &changed);
			world_put_object(smime_buf_bytes(&changed), &message);
			opened = world_open(smime_buf_bytes(&message), false);
			ck_assert_msg(
			    opened->gateway_verified == right, "ICVlen %d, mac %zu", icv, tag);
			ck_assert(world_shows(opened, "CANARY") == right);
		}
}
END_TEST

/* ---- R-DEC-MMA: one answer for everything that is wrong ---- */

START_TEST(r_dec_mma_every_failure_looks_the_same)
{
	SMIME_AUTO_BUF entity = { 0 };
	SMIME_AUTO_BUF der = { 0 };
	struct smime_layer first = { 0 };
	size_t at, len;
	/* In the encrypted key: its first octet, one in its middle; the last block (padding), one
	 * before, the IV. */
	size_t places[5];

	world_seal(SMIME_MODE_ENCRYPT, false, "aes256-cbc", WORLD_FIELDS WORLD_TEXT, &entity);
	world_object_of(smime_buf_bytes(&entity), &der);
	at = ciphertext_at(&der, &len);
	for (size_t i = 0; i + 4 < at; i++)
		if (memcmp(der.data + i, "\x04\x82\x01\x00", 4) == 0)
			places[0] = i + 5;
	places[1] = places[0] + 100;
	places[2] = der.len - 1;
	places[3] = at + 17;
	places[4] = at + 1;
	for (size_t i = 0; i < ROWS(places); i++) {
		SMIME_AUTO_BUF message = { 0 };
		SMIME_AUTO(smime_opened) opened = NULL;
		struct smime_layer *layer;

		der.data[places[i]] ^= 0x80;
		world_put_object(smime_buf_bytes(&der), &message);
		opened = world_open(smime_buf_bytes(&message), false);
		layer = &opened->layers[0];
		ck_assert_uint_eq(opened->layer_count, 1);
		ck_assert_ptr_null(opened->entity);
		if (i == 0)
			first = *layer;
		ck_assert(layer->ok == first.ok && layer->status == first.status);
		ck_assert_str_eq(layer->token, "decrypt-failed");
		ck_assert_str_eq(layer->reason, first.reason);
		ck_assert_str_eq(layer->algorithm, first.algorithm);
		ck_assert_str_eq(layer->fingerprint, first.fingerprint);
		der.data[places[i]] ^= 0x80;
	}
}
END_TEST

/* ---- what succeeded may bear a mark ---- */

static const struct {
	enum smime_mode mode;
	const char *cipher;
	const char *mark; /* of the encrypted layer */
} marks[] = {
	{ SMIME_MODE_ENCRYPT, "aes256-gcm", "" },
	{ SMIME_MODE_ENCRYPT, "aes256-cbc", "unauthenticated" },
	{ SMIME_MODE_ENCRYPT, "camellia128-cbc", "unauthenticated" },
	{ SMIME_MODE_SIGN_ENCRYPT, "aes128-cbc", "" },
	{ SMIME_MODE_TRIPLE, "aes128-cbc", "" },
	{ SMIME_MODE_ENCRYPT, "3des-cbc", "weak" },
	{ SMIME_MODE_SIGN_ENCRYPT, "3des-cbc", "weak" },
};

START_TEST(r_dec_cbc_what_nothing_protects_is_marked)
{
	SMIME_AUTO_BUF message = { 0 };
	bool weak = strcmp(marks[_i].mark, "weak") == 0;

	world_put(&message, WORLD_FIELDS);
	world_seal(marks[_i].mode, true, marks[_i].cipher, WORLD_FIELDS WORLD_TEXT, &message);
	for (int setting = 0; setting < 2; setting++) {
		SMIME_AUTO(smime_opened) opened = NULL;
		const struct smime_layer *layer;

		world.weak_verifies = setting;
		opened = world_open(smime_buf_bytes(&message), true);
		world.weak_verifies = false;
		/* Read in any case; a legacy cipher verifies by setting only. */
		ck_assert(world_shows(opened, "CANARY"));
		ck_assert(opened->gateway_verified == (!weak || setting));
		layer = &opened->layers[marks[_i].mode == SMIME_MODE_TRIPLE];
		ck_assert_int_eq(layer->type, SMIME_LAYER_ENCRYPTED);
		ck_assert(layer->ok && layer->weak == weak);
		ck_assert_str_eq(layer->token, marks[_i].mark);
		ck_assert((*layer->reason != 0) == (*layer->token != 0));
	}
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("open_layer");
	TCase *tc = tcase_create("all");

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 60);
	tcase_add_unchecked_fixture(tc, world_start, world_stop);
	tcase_add_test(tc, r_dec_aead_tags_of_twelve_to_sixteen_octets);
	tcase_add_test(tc, r_dec_mma_every_failure_looks_the_same);
	tcase_add_loop_test(tc, r_dec_cbc_what_nothing_protects_is_marked, 0, ROWS(marks));
	return suite;
}
