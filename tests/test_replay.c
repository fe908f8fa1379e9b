/*
 * test_replay.c - what lib/ asks before it unwraps a key: for each RecipientInfo that is ours, what
 * belongs to the key, by value; and that no key is used when the answer is no.  R-DEC-REPLAY.
 */
#include "cms.h"
#include "der.h"
#include "support.h"
#include "support_der.h"
#include "support_world.h"

#define OK(call)  ck_assert_int_eq(call, SMIME_OK)
#define ASKED_MAX 8

/* Answers what the test wants, and keeps what it was asked. */
static struct {
	struct smime_replay base;
	bool other; /* the answer to the question of that number */
	int other_at;
	enum smime_status status;
	int asked, unwrapped_before;
	uint8_t content[ASKED_MAX][SMIME_REPLAY_SIZE];
	size_t wrapped_len[ASKED_MAX];
} replay;

/* The world's keys, counted. */
static struct {
	struct smime_keys base;
	int unwrapped;
} keys;

static struct pki_cert *elliptic, *stranger;
static struct smime_keyring *ring;

static enum smime_status
ask(struct smime_replay *base, struct smime_bytes wrapped, const uint8_t content[SMIME_REPLAY_SIZE],
    bool *other, struct smime_diag *diag)
{
	(void)diag;
	ck_assert_ptr_eq(base, &replay.base);
	ck_assert_int_lt(replay.asked, ASKED_MAX);
	memcpy(replay.content[replay.asked], content, SMIME_REPLAY_SIZE);
	replay.wrapped_len[replay.asked] = wrapped.len;
	*other = replay.other && replay.asked == replay.other_at;
	replay.asked++;
	replay.unwrapped_before += keys.unwrapped;
	return replay.status;
}
static const struct smime_replay_ops replay_ops = { .ask = ask };

static enum smime_status
find(struct smime_keys *k, const struct smime_cert_id *id, struct smime_cert **out)
{
	struct smime_keys *inner = smime_keyring_keys(ring);

	(void)k;
	return inner->ops->find(inner, id, out);
}

static enum smime_status
unwrap(struct smime_keys *k, const struct smime_cert *cert, const struct smime_alg *transport,
    struct smime_bytes parameters, struct smime_bytes encrypted, uint8_t *cek, size_t cek_len,
    struct smime_diag *diag)
{
	struct smime_keys *inner = smime_keyring_keys(ring);

	(void)k;
	keys.unwrapped++;
	return inner->ops->unwrap(
	    inner, cert, transport, parameters, encrypted, cek, cek_len, diag);
}

static enum smime_status
agree(struct smime_keys *k, const struct smime_cert *cert, struct smime_bytes point,
    struct smime_buf *secret, struct smime_diag *diag)
{
	struct smime_keys *inner = smime_keyring_keys(ring);

	(void)k;
	keys.unwrapped++;
	return inner->ops->agree(inner, cert, point, secret, diag);
}
static const struct smime_keys_ops keys_ops = { .find = find, .unwrap = unwrap, .agree = agree };

static void
setup(void)
{
	world_start();
	elliptic = pki_make(&(struct pki_spec){ .name = "EC" });
	stranger = pki_make(&(struct pki_spec){ .name = "stranger", .key = "rsa-2048" });
	ring = pki_keyring((struct pki_cert *[]){ world.bob, elliptic, NULL });
	keys.base.ops = &keys_ops;
	replay.base.ops = &replay_ops;
}

static void
teardown(void)
{
	smime_keyring_free(&ring);
	pki_free(&stranger);
	pki_free(&elliptic);
	world_stop();
}

/* ---- */

/* What comes of decrypting; asked and unwrapped are counted anew. */
static const char *
decrypt(const struct smime_buf *der)
{
	const struct smime_cms_reader reader = { .keys = &keys.base, .replay = &replay.base };
	static struct smime_diag diag;
	struct smime_cms_decrypted out = { 0 };
	struct smime_content_info info;
	SMIME_AUTO_BUF plain = { 0 };
	SMIME_AUTO(smime_stage) collect = NULL;
	enum smime_status status;

	replay.asked = replay.unwrapped_before = keys.unwrapped = 0;
	diag = (struct smime_diag){ 0 };
	OK(smime_cms_read(smime_buf_bytes(der), &info, NULL));
	OK(smime_stage_buf_new(&plain, 1 << 20, &collect));
	status = smime_cms_decrypt(&reader, info.type, info.content, collect, &out, &diag);
	smime_cert_free(&out.cert);
	if (strcmp(diag.token, "replayed-key") == 0)
		ck_assert_uint_eq(plain.len, 0);
	return status == SMIME_OK ? "ok" : status == SMIME_E_SYSTEM ? "system" : diag.token;
}

/* RFC 4231 s4.2. */
START_TEST(what_is_kept_is_an_hmac)
{
	static const uint8_t want[] = { 0xb0, 0x34, 0x4c, 0x61, 0xd8, 0xdb, 0x38, 0x53, 0x5c, 0xa8,
		0xaf, 0xce, 0xaf, 0x0b, 0xf1, 0x2b, 0x88, 0x1d, 0xc2, 0x00, 0xc9, 0x83, 0x3d, 0xa7,
		0x26, 0xe9, 0x37, 0x6c, 0x2e, 0x32, 0xcf, 0xf7 };
	uint8_t secret[20], out[SMIME_REPLAY_SIZE];

	memset(secret, 0x0b, sizeof secret);
	OK(smime_replay_id(smime_bytes(secret, sizeof secret), smime_bytes_str("Hi There"), out));
	ck_assert_mem_eq(out, want, sizeof want);
}
END_TEST

/* Ours are the first and the third of three. */
START_TEST(r_dec_replay_asks_for_each_key_that_is_ours_before_any_is_used)
{
	SMIME_AUTO_BUF der = { 0 };

	world_encrypt((struct pki_cert *[]){ world.bob, stranger, elliptic, NULL },
	    _i ? "aes256-gcm" : "aes256-cbc", "rsa-oaep", &der);
	ck_assert_str_eq(decrypt(&der), "ok");
	ck_assert_int_eq(replay.asked, 2);
	ck_assert_int_eq(replay.unwrapped_before, 0);
	ck_assert_int_eq(keys.unwrapped, 1);
	ck_assert_mem_eq(replay.content[0], replay.content[1], SMIME_REPLAY_SIZE);
	/* encryptedKey and nothing else: RSA-2048, AES-256 key wrap. SET OF may have sorted them.
	 */
	ck_assert_uint_eq(replay.wrapped_len[0] + replay.wrapped_len[1], 256 + 40);
}
END_TEST

START_TEST(r_dec_replay_no_key_is_used_when_one_came_before)
{
	SMIME_AUTO_BUF der = { 0 };

	world_encrypt(
	    (struct pki_cert *[]){ world.bob, elliptic, NULL }, "aes256-cbc", "rsa-oaep", &der);
	replay.other = true;
	for (replay.other_at = 0; replay.other_at < 2; replay.other_at++) {
		ck_assert_str_eq(decrypt(&der), "replayed-key");
		ck_assert_int_eq(replay.asked, 2);
		ck_assert_int_eq(keys.unwrapped, 0);
	}
	replay.other = false;
}
END_TEST

START_TEST(who_is_not_meant_is_not_asked)
{
	SMIME_AUTO_BUF der = { 0 };

	world_encrypt((struct pki_cert *[]){ stranger, NULL }, "aes256-cbc", "rsa-oaep", &der);
	ck_assert_str_eq(decrypt(&der), "no-key");
	ck_assert_int_eq(replay.asked, 0);
}
END_TEST

START_TEST(that_it_cannot_be_asked_is_no_verdict)
{
	SMIME_AUTO_BUF der = { 0 };

	world_encrypt((struct pki_cert *[]){ world.bob, NULL }, "aes256-cbc", "rsa-oaep", &der);
	replay.status = SMIME_E_SYSTEM;
	ck_assert_str_eq(decrypt(&der), "system");
	ck_assert_int_eq(keys.unwrapped, 0);
	replay.status = SMIME_OK;
}
END_TEST

/* ---- what belongs to a key ---- */

#define ENVELOPED 0, 1, 0

/* The last octet of an element, changed. */
static void
spoil(struct smime_buf *der, const int *path)
{
	size_t at = der_find(smime_buf_bytes(der), path);
	struct smime_bytes element;

	ck_assert_uint_ne(at, SIZE_MAX);
	element = der_at(smime_buf_bytes(der), at);
	der->data[(size_t)(element.data - der->data) + element.len - 1] ^= 1;
}
#define SPOIL(der, ...) spoil(der, (const int[]){ ENVELOPED, __VA_ARGS__, DER_END })

/* The ciphertext in two pieces, as a constructed string. */
static void
cut_ciphertext(struct smime_buf *der)
{
	const int path[] = { ENVELOPED, 2, 2, DER_END };
	struct smime_bytes whole =
	    der_at(smime_buf_bytes(der), der_find(smime_buf_bytes(der), path));
	struct smime_tlv tlv;
	SMIME_AUTO_BUF pieces = { 0 };
	SMIME_AUTO_BUF out = { 0 };

	OK(smime_ber_read(&whole, &tlv));
	OK(smime_der_tlv(&pieces, SMIME_BER_OCTET_STRING, smime_bytes_slice(tlv.content, 0, 7)));
	OK(smime_der_tlv(
	    &pieces, SMIME_BER_OCTET_STRING, smime_bytes_slice(tlv.content, 7, tlv.content.len)));
	OK(smime_der_wrap(&pieces, 0, SMIME_BER_CONTEXT_CONS | 0));
	ck_assert(der_edit(smime_buf_bytes(der),
	    &(struct der_edit){ .kind = DER_PUT,
		.at = der_find(smime_buf_bytes(der), path),
		.with = smime_buf_bytes(&pieces) },
	    &out));
	smime_buf_reset(der);
	*der = out;
	out = (struct smime_buf){ 0 };
}

START_TEST(r_dec_replay_what_belongs_to_a_key)
{
	bool aead = _i > 0;
	uint8_t first[SMIME_REPLAY_SIZE];
	SMIME_AUTO_BUF der = { 0 };

	world_encrypt((struct pki_cert *[]){ world.bob, NULL }, aead ? "aes256-gcm" : "aes256-cbc",
	    "rsa-oaep", &der);
	ck_assert_str_eq(decrypt(&der), "ok");
	memcpy(first, replay.content[0], sizeof first);
	/* Written otherwise, it is the same. */
	cut_ciphertext(&der);
	ck_assert_str_eq(decrypt(&der), "ok");
	ck_assert_mem_eq(first, replay.content[0], sizeof first);
	for (int change = 0; change < 4; change++) {
		SMIME_AUTO_BUF changed = { 0 };

		OK(smime_buf_append(&changed, der.data, der.len));
		if (change == 0)
			SPOIL(&changed, 2, 2); /* ciphertext */
		else if (change == 1 && aead)
			SPOIL(&changed, 2, 1, 1, 0); /* nonce */
		else if (change == 1)
			SPOIL(&changed, 2, 1, 1); /* IV */
		else if (change == 2)
			SPOIL(&changed, 2, 0); /* id-data to id-signedData, nearly */
		else if (aead)
			SPOIL(&changed, 3); /* mac */
		else
			continue;
		(void)decrypt(&changed);
		ck_assert_int_eq(replay.asked, 1);
		ck_assert_mem_ne(first, replay.content[0], sizeof first);
	}
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("replay");
	TCase *tc = tcase_create("all");

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 60);
	tcase_add_unchecked_fixture(tc, setup, teardown);
	tcase_add_test(tc, what_is_kept_is_an_hmac);
	tcase_add_loop_test(
	    tc, r_dec_replay_asks_for_each_key_that_is_ours_before_any_is_used, 0, 2);
	tcase_add_test(tc, r_dec_replay_no_key_is_used_when_one_came_before);
	tcase_add_test(tc, who_is_not_meant_is_not_asked);
	tcase_add_test(tc, that_it_cannot_be_asked_is_no_verdict);
	tcase_add_loop_test(tc, r_dec_replay_what_belongs_to_a_key, 0, 2);
	return suite;
}
