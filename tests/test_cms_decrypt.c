/*
 * test_cms_decrypt.c - (Auth)EnvelopedData as others may write it: what stands beside the
 * ciphertext is read or refused.  RFC 5652 s6.1, RFC 5083 s2, RFC 5084 s3.2.
 */
#include "cms.h"
#include "cms_recipient.h"
#include "der.h"
#include "support.h"
#include "support_hex.h"
#include "support_world.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <stdio.h>

#define OK(call) ck_assert_int_eq(call, SMIME_OK)

static const uint8_t cek[24] = "a key for all of them";
static const uint8_t iv[16] = "of some octets";

/* Hex of what stands in the places that are empty in what we write; "" leaves them so. */
struct object {
	bool aead;
	const char *originator; /* in front of the recipients */
	const char *attrs;      /* behind the ciphertext: [1] */
	const char *behind;     /* at the end */
	size_t nonce, icv, mac; /* octets; icv 0: left out, for 12 */
	bool lie;               /* the tag is not over the attributes */
	enum smime_status status;
	const char *token;
};

#define CERTIFICATES "A002 A000"
#define ATTRIBUTE    "3009 0605 2A03040506 3100"
#define GCM          .aead = true, .nonce = 12, .icv = 16, .mac = 16
#define MALFORMED    SMIME_E_SYNTAX, "malformed"

static const struct object objects[] = {
	{ .status = SMIME_OK },
	{ .originator = CERTIFICATES },
	{ .attrs = "A10B" ATTRIBUTE },
	{ .originator = "A005 0500", .status = MALFORMED },
	{ .originator = "A084 7FFFFFFF", .status = MALFORMED },
	{ .attrs = "A10C" ATTRIBUTE, .status = MALFORMED },
	{ .behind = "0500", .status = MALFORMED },
	{ GCM },
	{ GCM, .originator = CERTIFICATES },
	{ GCM, .attrs = "A10B" ATTRIBUTE },
	{ GCM, .attrs = "A10B" ATTRIBUTE, .lie = true, .status = SMIME_E_UNTRUSTED,
	    "decrypt-failed" },
	{ GCM, .attrs = "A17F" ATTRIBUTE, .status = MALFORMED },
	{ GCM, .behind = "A20B" ATTRIBUTE },
	{ GCM, .behind = "A20C" ATTRIBUTE, .status = MALFORMED },
	{ GCM, .behind = "A20B" ATTRIBUTE "0500", .status = MALFORMED },
	/* The tag is as long as it says, and says nothing too short. */
	{ .aead = true, .nonce = 12, .mac = 12 },
	{ .aead = true, .nonce = 12, .icv = 13, .mac = 13 },
	{ .aead = true, .nonce = 12, .icv = 11, .mac = 11, .status = MALFORMED },
	{ .aead = true, .nonce = 12, .icv = 17, .mac = 17, .status = MALFORMED },
	{ .aead = true, .nonce = 12, .icv = 16, .mac = 15, .status = MALFORMED },
	{ .aead = true, .nonce = 12, .icv = 12, .mac = 16, .status = MALFORMED },
	{ .aead = true, .nonce = 11, .icv = 16, .mac = 16, .status = MALFORMED },
	{ .aead = true, .nonce = 13, .icv = 16, .mac = 16, .status = MALFORMED },
};

/* One block, "hello canary" and the padding that CBC wants. */
static void
encrypt(const struct object *o, uint8_t text[16], uint8_t tag[17])
{
	gnutls_datum_t key = { .data = (void *)(uintptr_t)cek, .size = sizeof cek };
	gnutls_datum_t nonce = { .data = (void *)(uintptr_t)iv, .size = o->aead ? 12 : 16 };
	struct hex attrs = hex(o->attrs && !o->lie ? o->attrs : "");
	gnutls_cipher_hd_t cipher;

	memcpy(text, "hello canary\4\4\4\4", 16);
	ck_assert_int_eq(
	    gnutls_cipher_init(&cipher,
		o->aead ? GNUTLS_CIPHER_AES_192_GCM : GNUTLS_CIPHER_AES_192_CBC, &key, &nonce),
	    0);
	if (o->aead && attrs.len > 0) {
		attrs.octets[0] = SMIME_BER_SET; /* RFC 5083 s2.2 */
		ck_assert_int_eq(gnutls_cipher_add_auth(cipher, attrs.octets, attrs.len), 0);
	}
	ck_assert_int_eq(gnutls_cipher_encrypt(cipher, text, o->aead ? 12 : 16), 0);
	if (o->aead)
		ck_assert_int_eq(gnutls_cipher_tag(cipher, tag, o->mac < 16 ? o->mac : 16), 0);
	gnutls_cipher_deinit(cipher);
}

/* EncryptedContentInfo. */
static void
put_content(const struct object *o, struct smime_bytes text, struct smime_buf *out)
{
	const char *cipher = o->aead ? "aes192-gcm" : "aes192-cbc";
	SMIME_AUTO_BUF parameters = { 0 };
	size_t mark = out->len;

	OK(smime_der_tlv(
	    &parameters, SMIME_BER_OCTET_STRING, smime_bytes(iv, o->aead ? o->nonce : 16)));
	if (o->icv)
		OK(smime_der_small(&parameters, (uint32_t)o->icv));
	if (o->aead)
		OK(smime_der_wrap(&parameters, 0, SMIME_BER_SEQUENCE));
	OK(smime_der_oid(out, SMIME_OID_DATA));
	OK(smime_der_algid(
	    out, smime_alg_by_name(smime_content_algs, cipher)->oid, smime_buf_bytes(&parameters)));
	OK(smime_der_tlv(out, SMIME_BER_CONTEXT | 0, text));
	OK(smime_der_wrap(out, mark, SMIME_BER_SEQUENCE));
}

static void
put_object(const struct object *o, struct smime_buf *out)
{
	const struct smime_recipient_form form = { .cert = world.bob->cert,
		.transport = smime_alg_by_name(smime_key_transport_algs, "rsa-oaep") };
	uint8_t text[16], tag[17] = { 0 };
	size_t mark;
	bool plain;

	encrypt(o, text, tag);
	OK(smime_der_small(out, 0));
	hex_put(out, o->originator ? o->originator : "");
	mark = out->len;
	OK(smime_recipient_write(&form, smime_bytes(cek, sizeof cek), out, &plain, NULL));
	OK(smime_der_wrap(out, mark, SMIME_BER_SET));
	put_content(o, smime_bytes(text, o->aead ? 12 : 16), out);
	hex_put(out, o->attrs ? o->attrs : "");
	if (o->aead)
		OK(smime_der_tlv(out, SMIME_BER_OCTET_STRING, smime_bytes(tag, o->mac)));
	hex_put(out, o->behind ? o->behind : "");
	OK(smime_der_wrap(out, 0, SMIME_BER_SEQUENCE));
}

START_TEST(what_stands_beside_the_ciphertext)
{
	const struct object *o = &objects[_i];
	struct smime_cms_decrypted out = { 0 };
	struct smime_diag diag = { 0 };
	SMIME_AUTO(smime_stage) collect = NULL;
	SMIME_AUTO_BUF plain = { 0 };
	SMIME_AUTO_BUF der = { 0 };

	put_object(o, &der);
	OK(smime_stage_buf_new(&plain, 1000, &collect));
	ck_assert_msg(
	    smime_cms_decrypt(&(struct smime_cms_reader){ .keys = smime_keyring_keys(world.ring) },
		o->aead ? SMIME_OID_AUTH_ENVELOPED : SMIME_OID_ENVELOPED, smime_buf_bytes(&der),
		collect, &out, &diag) == o->status,
	    "%d: %s", _i, diag.text);
	smime_cert_free(&out.cert);
	ck_assert_str_eq(diag.token, o->token ? o->token : "");
	if (o->status != SMIME_OK)
		return;
	ck_assert_uint_eq(plain.len, 12);
	ck_assert_mem_eq(plain.data, "hello canary", 12);
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("cms_decrypt");
	TCase *tc = tcase_create("all");

	suite_add_tcase(suite, tc);
	tcase_add_unchecked_fixture(tc, world_start, world_stop);
	tcase_add_loop_test(tc, what_stands_beside_the_ciphertext, 0, ROWS(objects));
	return suite;
}
