/* test_caps.c - what correspondents announce: lists as programs write them, and as nobody should.
 */
#include "der.h"
#include "kt_rsa.h"
#include "smime/caps.h"
#include "support.h"
#include "support_pki.h"

#define OK(call) ck_assert_int_eq(call, SMIME_OK)

/* OIDs with parameters as they stand in the list. */
struct entry {
	const char *oid, *parameters;
	size_t len;
};

#define PLAIN(oid)           \
	{                    \
		oid, NULL, 0 \
	}
#define WITH(oid, parameter)                          \
	{                                             \
		oid, parameter, sizeof(parameter) - 1 \
	}
#define OAEP   "1.2.840.113549.1.1.7"
#define SHA256 "\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00"
#define SHA384 "\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x05\x00"
#define MGF1   "\x30\x1a\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08"

static const struct {
	const char *names;
	struct entry list[6];
} lists[] = {
	{ "", { { 0 } } },
	/* openssl cms -sign: GOST, AES-CBC, 3DES and RC2 with their key lengths. */
	{ "aes256-cbc aes128-cbc aes192-cbc 3des-cbc",
	    { PLAIN("2.16.840.1.101.3.4.1.42"), PLAIN("1.2.643.7.1.1.2.2"),
		PLAIN("2.16.840.1.101.3.4.1.22"), PLAIN("2.16.840.1.101.3.4.1.2"),
		PLAIN("1.2.840.113549.3.7"), WITH("1.2.840.113549.3.2", "\x02\x02\x00\x80") } },
	{ "aes256-gcm rsa-oaep",
	    { PLAIN("2.16.840.1.101.3.4.1.46"),
		WITH(OAEP, "\x30\x2f\xa0\x0f" SHA256 "\xa1\x1c" MGF1 SHA256) } },
	/* Another RSAES-OAEP than ours: the default (SHA-1), one with SHA-384, a mixed one, noise.
	 */
	{ "rsa-pkcs1", { PLAIN(OAEP), PLAIN("1.2.840.113549.1.1.1") } },
	{ "aes128-gcm", { PLAIN("2.16.840.1.101.3.4.1.6"), WITH(OAEP, "\x30\x00"),
			    WITH(OAEP, "\x30\x2f\xa0\x0f" SHA384 "\xa1\x1c" MGF1 SHA384),
			    WITH(OAEP, "\x30\x2f\xa0\x0f" SHA256 "\xa1\x1c" MGF1 SHA384),
			    WITH(OAEP, "\x04\x01z") } },
	/* Said twice is said once. */
	{ "aes256-cbc", { PLAIN("2.16.840.1.101.3.4.1.42"), PLAIN("2.16.840.1.101.3.4.1.42") } },
};

static void
assert_names(struct smime_caps caps, const char *names)
{
	SMIME_AUTO_BUF text = { 0 };

	OK(smime_caps_print(&caps, &text));
	OK(smime_buf_terminate(&text));
	ck_assert_str_eq((const char *)text.data, names);
}

START_TEST(lists_are_read)
{
	SMIME_AUTO_BUF der = { 0 };

	for (const struct entry *e = lists[_i].list; e < lists[_i].list + 6 && e->oid; e++)
		OK(smime_der_algid(&der, e->oid, smime_bytes(e->parameters, e->len)));
	assert_names(smime_caps_read(smime_buf_bytes(&der)), lists[_i].names);
	/* Cut anywhere within its last entry it says nothing at all. */
	for (size_t cut = 1; der.len > 0 && cut < 3; cut++)
		assert_names(smime_caps_read(smime_bytes(der.data, der.len - cut)), "");
}
END_TEST

static const struct {
	const char *text, *names;
} texts[] = {
	{ "", "" },
	{ "rsa-oaep aes256-gcm", "aes256-gcm rsa-oaep" },
	{ "aes256-gcmx xaes128-cbc aes256", "" },
	{ "xaes128-cbc aes128-cbc", "aes128-cbc" },
	{ "seed-cbc aes256-cbc", "aes256-cbc" },
};

START_TEST(names_are_read_back)
{
	assert_names(smime_caps_parse(texts[_i].text), texts[_i].names);
}
END_TEST

START_TEST(rows_are_held_or_not)
{
	const struct smime_caps caps = smime_caps_parse("aes256-gcm rsa-oaep");

	ck_assert(smime_caps_hold(&caps, smime_alg_by_name(smime_content_algs, "aes256-gcm")));
	ck_assert(!smime_caps_hold(&caps, smime_alg_by_name(smime_content_algs, "aes128-gcm")));
	ck_assert(smime_caps_hold(&caps, smime_alg_by_name(smime_key_transport_algs, "rsa-oaep")));
	ck_assert(
	    !smime_caps_hold(&caps, smime_alg_by_name(smime_key_transport_algs, "rsa-pkcs1")));
	/* Of a table that capabilities are not about. */
	ck_assert(!smime_caps_hold(&caps, smime_digests));
}
END_TEST

START_TEST(a_certificate_may_announce)
{
	struct pki_cert *silent = pki_make(&(struct pki_spec){ .name = "silent" });
	struct pki_cert *says = pki_make(
	    &(struct pki_spec){ .name = "says", .capabilities = "aes256-gcm aes128-cbc rsa-oaep" });

	assert_names(smime_cert_caps(silent->cert), "");
	assert_names(smime_cert_caps(says->cert), "aes256-gcm aes128-cbc rsa-oaep");
	pki_free(&silent);
	pki_free(&says);
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("caps");
	TCase *tc = tcase_create("all");

	suite_add_tcase(suite, tc);
	tcase_add_loop_test(tc, lists_are_read, 0, ROWS(lists));
	tcase_add_loop_test(tc, names_are_read_back, 0, ROWS(texts));
	tcase_add_test(tc, rows_are_held_or_not);
	tcase_add_test(tc, a_certificate_may_announce);
	return suite;
}
