/*
 * test_cms_recipient.c - encrypted to every kind of key, read again; and whatever is done to the
 * object, one and the same failure.
 */
#include "cms.h"
#include "cms_recipient.h"
#include "keywrap.h"
#include "support.h"
#include "support_pki.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const kinds[] = { "rsa-2048", "p-256", "p-384", "p-521", "x25519" };
static const char *const ciphers[] = { "aes128-cbc", "aes256-cbc", "aes128-gcm", "aes256-gcm" };

#define KINDS   ROWS(kinds)
#define CIPHERS ROWS(ciphers)

static struct pki_cert *ca, *certs[ROWS(kinds)], *other;
static struct smime_keyring *ring;

static void
make_certificates(void)
{
	struct pki_cert *with_keys[ROWS(kinds) + 1] = { NULL };

	ca = pki_make(&(struct pki_spec){ .name = "CA", .ca = true });
	for (int i = 0; i < KINDS; i++) {
		char mailbox[40];

		(void)snprintf(mailbox, sizeof mailbox, "%s@a.example", kinds[i]);
		with_keys[i] = certs[i] = pki_make(&(struct pki_spec){ .name = kinds[i],
		    .mailboxes = mailbox,
		    .key = kinds[i],
		    .issuer = ca,
		    .usage = i == 0 ? "encipher" : "agree" });
	}
	other = pki_make(&(struct pki_spec){ .name = "other", .mailboxes = "o@a.example" });
	ring = pki_keyring(with_keys);
}

static void
free_certificates(void)
{
	smime_keyring_free(&ring);
	for (int i = 0; i < KINDS; i++)
		pki_free(&certs[i]);
	pki_free(&other);
	pki_free(&ca);
}

static void
encrypt(struct pki_cert *const *to, const char *cipher, struct smime_buf *der)
{
	struct smime_certs list = pki_list(to);
	SMIME_AUTO(smime_spool) content = NULL;
	SMIME_AUTO(smime_stage) collect = NULL;
	struct smime_diag diag = { 0 };
	const struct smime_cms_recipients recipients = { .certs = &list,
		.cipher = smime_alg_by_name(smime_content_algs, cipher),
		.transport = smime_alg_by_name(smime_key_transport_algs, "rsa-oaep") };

	ck_assert_int_eq(smime_spool_new(NULL, &content), SMIME_OK);
	ck_assert_int_eq(smime_spool_write(content, "hello canary", 12), SMIME_OK);
	ck_assert_int_eq(smime_stage_buf_new(der, 100000, &collect), SMIME_OK);
	ck_assert_msg(
	    smime_cms_encrypt(&recipients, content, collect, &diag) == SMIME_OK, "%s", diag.text);
	smime_certs_reset(&list);
}

static enum smime_status
decrypt(const struct smime_buf *der, struct smime_keyring *keys, struct smime_buf *plain,
    struct smime_cms_decrypted *out, struct smime_diag *diag)
{
	struct smime_content_info info;
	SMIME_AUTO(smime_stage) collect = NULL;

	*out = (struct smime_cms_decrypted){ 0 };
	SMIME_TRY(smime_cms_read(smime_buf_bytes(der), &info, diag));
	ck_assert_int_eq(smime_stage_buf_new(plain, 100000, &collect), SMIME_OK);
	return smime_cms_decrypt(&(struct smime_cms_reader){ .keys = smime_keyring_keys(keys) },
	    info.type, info.content, collect, out, diag);
}

START_TEST(every_key_reads_what_is_encrypted_to_it)
{
	int kind = _i / CIPHERS, cipher = _i % CIPHERS;
	struct pki_cert *to[] = { certs[kind], NULL };
	struct smime_cms_decrypted out;
	struct smime_diag diag = { 0 };
	SMIME_AUTO_BUF der = { 0 };
	SMIME_AUTO_BUF plain = { 0 };

	encrypt(to, ciphers[cipher], &der);
	ck_assert_msg(
	    decrypt(&der, ring, &plain, &out, &diag) == SMIME_OK, "%s: %s", kinds[kind], diag.text);
	ck_assert_uint_eq(plain.len, 12);
	ck_assert_mem_eq(plain.data, "hello canary", 12);
	ck_assert_str_eq(
	    smime_cert_fingerprint_hex(out.cert), smime_cert_fingerprint_hex(certs[kind]->cert));
	ck_assert_ptr_nonnull(strstr(out.algorithm, ciphers[cipher]));
	ck_assert_ptr_nonnull(strstr(out.algorithm, kind == 0   ? "rsa-oaep"
						    : kind == 4 ? "hkdf-sha256"
								: "stddh-sha256"));
	smime_cert_free(&out.cert);
}
END_TEST

START_TEST(each_of_many_reads_it)
{
	SMIME_AUTO_BUF der = { 0 };

	encrypt(
	    (struct pki_cert *[]){ other, certs[0], certs[1], certs[2], certs[3], certs[4], NULL },
	    "aes256-gcm", &der);
	for (int i = 0; i < KINDS; i++) {
		struct smime_keyring *one = pki_keyring((struct pki_cert *[]){ certs[i], NULL });
		struct smime_cms_decrypted out;
		struct smime_diag diag = { 0 };
		SMIME_AUTO_BUF plain = { 0 };

		ck_assert_msg(decrypt(&der, one, &plain, &out, &diag) == SMIME_OK, "%s: %s",
		    kinds[i], diag.text);
		ck_assert_mem_eq(plain.data, "hello canary", 12);
		smime_cert_free(&out.cert);
		smime_keyring_free(&one);
	}
}
END_TEST

START_TEST(what_is_for_others_is_not_ours)
{
	struct smime_cms_decrypted out;
	struct smime_diag diag = { 0 };
	SMIME_AUTO_BUF der = { 0 };
	SMIME_AUTO_BUF plain = { 0 };

	encrypt((struct pki_cert *[]){ other, NULL }, "aes256-cbc", &der);
	ck_assert_int_eq(decrypt(&der, ring, &plain, &out, &diag), SMIME_E_NOKEY);
	ck_assert_str_eq(diag.token, "no-key");
	ck_assert_uint_eq(plain.len, 0);
}
END_TEST

/* R-DEC-MMA, R-DEC-AEAD: nobody learns which of them it was; no octet is authenticated that is not.
 */
START_TEST(r_dec_mma_whatever_is_flipped_fails_in_one_way)
{
	struct pki_cert *to[] = { certs[_i], NULL };
	SMIME_AUTO_BUF der = { 0 };
	size_t decrypt_failed = 0;

	encrypt(to, "aes256-gcm", &der);
	for (size_t i = 0; i < der.len; i++) {
		struct smime_cms_decrypted out;
		struct smime_diag diag = { 0 };
		SMIME_AUTO_BUF plain = { 0 };
		enum smime_status status;

		der.data[i] ^= 0x10;
		status = decrypt(&der, ring, &plain, &out, &diag);
		if (status == SMIME_OK) {
			ck_assert_uint_eq(plain.len, 12);
			ck_assert_mem_eq(plain.data, "hello canary", 12);
		}
		ck_assert_int_ne(status, SMIME_E_SYSTEM);
		if (status == SMIME_E_UNTRUSTED) {
			ck_assert_str_eq(diag.token, "decrypt-failed");
			ck_assert_str_eq(diag.text, smime_cms_decrypt_failed);
			decrypt_failed++;
		}
		smime_cert_free(&out.cert);
		der.data[i] ^= 0x10;
	}
	ck_assert_uint_gt(decrypt_failed, 80);
}
END_TEST

/* Of the keys that are ours only the first is tried: whether another one would have worked tells a
 * sender which of two was right (CVE-2019-1563). */
START_TEST(r_dec_mma_only_the_first_recipient_is_tried)
{
	struct smime_keyring *second = pki_keyring((struct pki_cert *[]){ certs[1], NULL });
	struct smime_cms_decrypted out;
	struct smime_diag diag = { 0 };
	SMIME_AUTO_BUF der = { 0 };
	SMIME_AUTO_BUF plain = { 0 };
	uint8_t *key;

	encrypt((struct pki_cert *[]){ certs[0], certs[1], NULL }, "aes256-gcm", &der);
	key = memmem(der.data, der.len, "\x04\x82\x01\x00", 4);
	ck_assert_ptr_nonnull(key);
	key[100] ^= 1;
	ck_assert_int_eq(decrypt(&der, ring, &plain, &out, &diag), SMIME_E_UNTRUSTED);
	ck_assert_str_eq(diag.token, "decrypt-failed");
	smime_cert_free(&out.cert);
	smime_buf_reset(&plain);
	ck_assert_int_eq(decrypt(&der, second, &plain, &out, &diag), SMIME_OK);
	ck_assert_mem_eq(plain.data, "hello canary", 12);
	smime_cert_free(&out.cert);
	smime_keyring_free(&second);
}
END_TEST

/* One octet of the tag in all its values: the right one alone. */
START_TEST(r_dec_aead_no_forged_tag_is_taken)
{
	SMIME_AUTO_BUF der = { 0 };
	size_t taken = 0;

	encrypt((struct pki_cert *[]){ certs[1], NULL }, "aes128-gcm", &der);
	for (int value = 0; value < 256; value++) {
		struct smime_cms_decrypted out;
		SMIME_AUTO_BUF plain = { 0 };

		der.data[der.len - 1]++;
		taken += decrypt(&der, ring, &plain, &out, NULL) == SMIME_OK;
		smime_cert_free(&out.cert);
	}
	ck_assert_uint_eq(taken, 1);
}
END_TEST

START_TEST(a_truncated_object_gives_nothing)
{
	SMIME_AUTO_BUF der = { 0 };

	encrypt((struct pki_cert *[]){ certs[1], NULL }, "aes256-gcm", &der);
	for (; der.len > 0; der.len--) {
		struct smime_cms_decrypted out;
		struct smime_diag diag = { 0 };
		SMIME_AUTO_BUF plain = { 0 };
		struct smime_buf cut = { .data = der.data, .len = der.len - 1 };

		ck_assert_int_ne(decrypt(&cut, ring, &plain, &out, &diag), SMIME_OK);
		smime_cert_free(&out.cert);
	}
}
END_TEST

/* RFC 3394 s4.1, s4.3, s4.6. */
static const struct {
	const char *wrap;
	size_t cek;
	const uint8_t wrapped[40];
} vectors[] = {
	{ "aes128-wrap", 16,
	    { 0x1F, 0xA6, 0x8B, 0x0A, 0x81, 0x12, 0xB4, 0x47, 0xAE, 0xF3, 0x4B, 0xD8, 0xFB, 0x5A,
		0x7B, 0x82, 0x9D, 0x3E, 0x86, 0x23, 0x71, 0xD2, 0xCF, 0xE5 } },
	{ "aes256-wrap", 16,
	    { 0x64, 0xE8, 0xC3, 0xF9, 0xCE, 0x0F, 0x5B, 0xA2, 0x63, 0xE9, 0x77, 0x79, 0x05, 0x81,
		0x8A, 0x2A, 0x93, 0xC8, 0x19, 0x1E, 0x7D, 0x6E, 0x8A, 0xE7 } },
	{ "aes256-wrap", 32,
	    { 0x28, 0xC9, 0xF4, 0x04, 0xC4, 0xB8, 0x10, 0xF4, 0xCB, 0xCC, 0xB3, 0x5C, 0xFB, 0x87,
		0xF8, 0x26, 0x3F, 0x57, 0x86, 0xE2, 0xD8, 0x0E, 0xD3, 0x26, 0xCB, 0xC7, 0xF0, 0xE7,
		0x1A, 0x99, 0xF4, 0x3B, 0xFB, 0x98, 0x8B, 0x9B, 0x7A, 0x02, 0xDD, 0x21 } },
};

START_TEST(r_dec_unwrap_key_wrap_as_in_the_rfc)
{
	const struct smime_alg *wrap = smime_alg_by_name(smime_key_wrap_algs, vectors[_i].wrap);
	struct smime_bytes wrapped = smime_bytes(vectors[_i].wrapped, vectors[_i].cek + 8);
	uint8_t kek[32], cek[32], plain[32];
	SMIME_AUTO_BUF out = { 0 };

	for (size_t i = 0; i < sizeof kek; i++) {
		kek[i] = (uint8_t)i;
		cek[i] = (uint8_t)(i < 16 ? i * 0x11 : i - 16);
	}
	ck_assert_int_eq(
	    smime_key_wrap(wrap, kek, smime_bytes(cek, vectors[_i].cek), &out), SMIME_OK);
	ck_assert_uint_eq(out.len, wrapped.len);
	ck_assert_mem_eq(out.data, wrapped.data, out.len);
	ck_assert(smime_key_unwrap(wrap, kek, wrapped, plain, vectors[_i].cek));
	ck_assert_mem_eq(plain, cek, vectors[_i].cek);
	/* The length is known: no other is taken. */
	ck_assert(!smime_key_unwrap(wrap, kek, wrapped, plain, vectors[_i].cek - 8));
	kek[0] ^= 1;
	ck_assert(!smime_key_unwrap(wrap, kek, wrapped, plain, vectors[_i].cek));
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("cms_recipient");
	TCase *tc = tcase_create("all");

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 120);
	tcase_add_unchecked_fixture(tc, make_certificates, free_certificates);
	tcase_add_loop_test(tc, every_key_reads_what_is_encrypted_to_it, 0, KINDS * CIPHERS);
	tcase_add_test(tc, each_of_many_reads_it);
	tcase_add_test(tc, what_is_for_others_is_not_ours);
	tcase_add_loop_test(tc, r_dec_mma_whatever_is_flipped_fails_in_one_way, 0, KINDS);
	tcase_add_test(tc, r_dec_mma_only_the_first_recipient_is_tried);
	tcase_add_test(tc, r_dec_aead_no_forged_tag_is_taken);
	tcase_add_test(tc, a_truncated_object_gives_nothing);
	tcase_add_loop_test(tc, r_dec_unwrap_key_wrap_as_in_the_rfc, 0, ROWS(vectors));
	return suite;
}
