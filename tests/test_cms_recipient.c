/*
 * test_cms_recipient.c - encrypted to every kind of key, read again; and whatever is done to the
 * object, one and the same failure.
 */
#include "cms.h"
#include "cms_recipient.h"
#include "der.h"
#include "ka_ecdh.h"
#include "keywrap.h"
#include "support.h"
#include "support_pki.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const kinds[] = { "rsa-2048", "p-256", "p-384", "p-521", "x25519" };
static const char *const ciphers[] = { "aes128-cbc", "aes256-cbc", "aes128-gcm", "aes256-gcm" };

#define OK(call) ck_assert_int_eq(call, SMIME_OK)
#define KINDS    ROWS(kinds)
#define CIPHERS  ROWS(ciphers)

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
encrypt_as(struct pki_cert *const *to, const char *cipher, bool by_key_id, struct smime_buf *der)
{
	struct smime_certs list = pki_list(to);
	SMIME_AUTO(smime_spool) content = NULL;
	SMIME_AUTO(smime_stage) collect = NULL;
	struct smime_diag diag = { 0 };
	const struct smime_cms_recipients recipients = { .certs = &list,
		.cipher = smime_alg_by_name(smime_content_algs, cipher),
		.transport = smime_alg_by_name(smime_key_transport_algs, "rsa-oaep"),
		.by_key_id = by_key_id };

	ck_assert_int_eq(smime_spool_new(NULL, &content), SMIME_OK);
	ck_assert_int_eq(smime_spool_write(content, "hello canary", 12), SMIME_OK);
	ck_assert_int_eq(smime_stage_buf_new(der, 100000, &collect), SMIME_OK);
	ck_assert_msg(
	    smime_cms_encrypt(&recipients, content, collect, &diag) == SMIME_OK, "%s", diag.text);
	smime_certs_reset(&list);
}

static void
encrypt(struct pki_cert *const *to, const char *cipher, struct smime_buf *der)
{
	encrypt_as(to, cipher, false, der);
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

/* rid and rKeyId: the certificate is named by its subjectKeyIdentifier, and by nothing else. */
START_TEST(a_reader_is_found_by_key_identifier)
{
	struct smime_bytes ski = smime_cert_ski(certs[_i]->cert);
	struct smime_bytes issuer = smime_cert_issuer_der(certs[_i]->cert);
	struct smime_cms_decrypted out;
	struct smime_diag diag = { 0 };
	SMIME_AUTO_BUF der = { 0 };
	SMIME_AUTO_BUF plain = { 0 };

	encrypt_as((struct pki_cert *[]){ other, certs[_i], NULL }, "aes256-gcm", true, &der);
	ck_assert_uint_gt(ski.len, 0);
	ck_assert_ptr_nonnull(memmem(der.data, der.len, ski.data, ski.len));
	ck_assert_ptr_null(memmem(der.data, der.len, issuer.data, issuer.len));
	ck_assert_msg(
	    decrypt(&der, ring, &plain, &out, &diag) == SMIME_OK, "%s: %s", kinds[_i], diag.text);
	ck_assert_mem_eq(plain.data, "hello canary", 12);
	smime_cert_free(&out.cert);
}
END_TEST

START_TEST(nobody_is_encrypted_to_nor_too_many)
{
	SMIME_AUTO(smime_spool) content = NULL;
	SMIME_AUTO(smime_stage) collect = NULL;
	SMIME_AUTO_BUF der = { 0 };
	struct smime_diag diag = { 0 };
	struct smime_certs list = { 0 };
	const struct smime_cms_recipients recipients = { .certs = &list,
		.cipher = smime_alg_by_name(smime_content_algs, "aes256-gcm"),
		.transport = smime_alg_by_name(smime_key_transport_algs, "rsa-oaep") };

	OK(smime_spool_new(NULL, &content));
	OK(smime_stage_buf_new(&der, 100000, &collect));
	ck_assert_int_eq(smime_cms_encrypt(&recipients, content, collect, &diag), SMIME_E_NOKEY);
	ck_assert_str_eq(diag.token, "no-key");
	for (int i = 0; i <= SMIME_RECIPIENTS_MAX; i++)
		OK(smime_certs_add(&list, certs[0]->cert));
	ck_assert_int_eq(smime_cms_encrypt(&recipients, content, collect, &diag), SMIME_E_LIMIT);
	ck_assert_str_eq(diag.token, "limit");
	ck_assert_uint_eq(der.len, 0);
	smime_certs_reset(&list);
}
END_TEST

/* ---- what others write and we do not ---- */

/* KeyAgreeRecipientInfo (RFC 5652 s6.2.2) with user keying material, AES-192 key wrap and
 * RecipientKeyIdentifier { ski, date }; two keys, of which the second is ours. told: the ukm that
 * is written, which is the one that was used or not. */
static void
put_key_agree(
    struct smime_bytes ski, const char *told, struct smime_bytes cek, struct smime_buf *out)
{
	static const char wrap_oid[] = "2.16.840.1.101.3.4.1.25";
	struct smime_kdf kdf = { .agree = smime_alg_by_name(smime_key_agree_algs, "stddh-sha384"),
		.wrap = smime_alg_by_name(smime_key_wrap_algs, "aes192-wrap"),
		.ukm = smime_bytes_str("once") };
	SMIME_AUTO_BUF point = { 0 };
	SMIME_AUTO_BUF secret = { .secret = true };
	SMIME_AUTO_BUF algid = { 0 };
	SMIME_AUTO_BUF wrapped = { 0 };
	SMIME_AUTO_BUF bits = { 0 };
	uint8_t kek[SMIME_KEK_MAX];
	size_t mark, inner;

	OK(smime_ka_ephemeral(certs[1]->cert, &point, &secret, NULL));
	OK(smime_der_algid(&algid, wrap_oid, smime_bytes(NULL, 0)));
	kdf.wrap_algid = smime_buf_bytes(&algid);
	OK(smime_kdf(&kdf, smime_buf_bytes(&secret), kek));
	OK(smime_key_wrap(kdf.wrap, kek, cek, &wrapped));

	OK(smime_der_small(out, 3));
	mark = out->len;
	OK(smime_buf_append(&bits, "", 1));
	OK(smime_buf_append(&bits, point.data, point.len));
	OK(smime_der_algid(out, "1.2.840.10045.2.1", smime_bytes(NULL, 0)));
	OK(smime_der_tlv(out, SMIME_BER_BIT_STRING, smime_buf_bytes(&bits)));
	OK(smime_der_wrap(out, mark, SMIME_BER_CONTEXT_CONS | 1));
	OK(smime_der_wrap(out, mark, SMIME_BER_CONTEXT_CONS | 0));
	mark = out->len;
	OK(smime_der_tlv(out, SMIME_BER_OCTET_STRING, smime_bytes_str(told)));
	OK(smime_der_wrap(out, mark, SMIME_BER_CONTEXT_CONS | 1));
	OK(smime_der_algid(out, kdf.agree->oid, kdf.wrap_algid));
	mark = out->len;
	for (int i = 0; i < 2; i++) {
		inner = out->len;
		OK(smime_der_tlv(
		    out, SMIME_BER_OCTET_STRING, i ? ski : smime_bytes_str("somebody else")));
		OK(smime_der_tlv(
		    out, SMIME_BER_GENERALIZED_TIME, smime_bytes_str("20260101000000Z")));
		OK(smime_der_wrap(out, inner, SMIME_BER_CONTEXT_CONS | 0));
		OK(smime_der_tlv(out, SMIME_BER_OCTET_STRING, smime_buf_bytes(&wrapped)));
		OK(smime_der_wrap(out, inner, SMIME_BER_SEQUENCE));
	}
	OK(smime_der_wrap(out, mark, SMIME_BER_SEQUENCE));
	OK(smime_der_wrap(out, 0, SMIME_BER_CONTEXT_CONS | 1));
}

static void
check_key_agree(const char *told, bool right)
{
	static const uint8_t cek[16] = "sixteen octets.";
	struct smime_recipients r = { 0 };
	struct smime_keys *keys = smime_keyring_keys(ring);
	SMIME_AUTO(smime_cert) cert = NULL;
	SMIME_AUTO_BUF info = { 0 };
	uint8_t got[sizeof cek] = { 0 };
	char name[64] = "";
	bool more;

	put_key_agree(smime_cert_ski(certs[1]->cert), told, smime_bytes(cek, sizeof cek), &info);
	r.infos = smime_buf_bytes(&info);
	OK(smime_recipients_next(&r, &more));
	ck_assert(more);
	ck_assert_int_eq(keys->ops->find(keys, &r.now.id, &cert), SMIME_E_NOKEY);
	OK(smime_recipients_next(&r, &more));
	ck_assert(more);
	OK(keys->ops->find(keys, &r.now.id, &cert));
	OK(smime_recipient_unwrap(&r.now, keys, cert, got, sizeof got, name, NULL));
	ck_assert_str_eq(name, "stddh-sha384 aes192-wrap");
	ck_assert_int_eq(memcmp(got, cek, sizeof cek) == 0, right);
	OK(smime_recipients_next(&r, &more));
	ck_assert(!more);
	smime_recipients_reset(&r);
}

START_TEST(r_dec_unwrap_keying_material_is_part_of_the_key)
{
	check_key_agree("once", true);
	/* Not a failure: a random key, as for whatever is wrong (RFC 3218). */
	check_key_agree("twice", false);
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

Suite *
test_suite(void)
{
	Suite *suite = suite_create("cms_recipient");
	TCase *tc = tcase_create("all");

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 120);
	tcase_add_unchecked_fixture(tc, make_certificates, free_certificates);
	tcase_add_loop_test(tc, every_key_reads_what_is_encrypted_to_it, 0, KINDS * CIPHERS);
	tcase_add_loop_test(tc, a_reader_is_found_by_key_identifier, 0, KINDS);
	tcase_add_test(tc, nobody_is_encrypted_to_nor_too_many);
	tcase_add_test(tc, r_dec_unwrap_keying_material_is_part_of_the_key);
	tcase_add_test(tc, each_of_many_reads_it);
	tcase_add_test(tc, what_is_for_others_is_not_ours);
	tcase_add_loop_test(tc, r_dec_mma_whatever_is_flipped_fails_in_one_way, 0, KINDS);
	tcase_add_test(tc, r_dec_mma_only_the_first_recipient_is_tried);
	tcase_add_test(tc, r_dec_aead_no_forged_tag_is_taken);
	tcase_add_test(tc, a_truncated_object_gives_nothing);
	return suite;
}
