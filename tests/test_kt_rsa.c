/* test_kt_rsa.c - RSA key transport: what openssl encrypts under every kind of RSAES-OAEP
 * parameters is read, and keys and parameters that are of no use are told apart.  RFC 4055 s4.1. */
#include "kt_rsa.h"
#include "support.h"
#include "support_hex.h"
#include "support_pki.h"
#include "support_run.h"

#include <stdio.h>

#define OK(call) ck_assert_int_eq(call, SMIME_OK)

static struct pki_cert *rsa, *pss, *ec;
static const uint8_t cek[16] = "sixteen octets.";

static void
setup(void)
{
	rsa = pki_make(&(struct pki_spec){ .name = "rsa", .key = "rsa-2048" });
	pss = pki_make(&(struct pki_spec){ .name = "pss", .key = "rsa-pss" });
	ec = pki_make(&(struct pki_spec){ .name = "ec" });
}

static void
teardown(void)
{
	pki_free(&ec);
	pki_free(&pss);
	pki_free(&rsa);
}

static const struct smime_alg *
transport(const char *name)
{
	return smime_alg_by_name(smime_key_transport_algs, name);
}

static enum smime_status
unwrap(const struct pki_cert *cert, const char *name, struct smime_bytes parameters,
    struct smime_bytes encrypted, uint8_t out[sizeof cek], struct smime_diag *diag)
{
	struct smime_privkey *key = pki_privkey(cert);
	enum smime_status status = smime_privkey_unwrap(
	    key, transport(name), parameters, encrypted, out, sizeof cek, diag);

	smime_privkey_free(&key);
	return status;
}

/* ---- reading ---- */

#define SHA1_ID   "3009 0605 2B0E03021A 0500"
#define SHA256_ID "300D 0609 608648016503040201 0500"
#define SHA384_ID "300B 0609 608648016503040202"
#define SHA512_ID "300D 0609 608648016503040203 0500"
#define MGF1      "0609 2A864886F70D010108"
#define PSOURCE   "0609 2A864886F70D010109"
#define LABEL     "A214 3012" PSOURCE "0405 68656C6C6F"

/* Parameters, and what openssl calls them. */
static const struct {
	const char *der, *hash, *mgf, *label;
} good[] = {
	{ "", "sha1", "sha1", NULL },
	{ "0500", "sha1", "sha1", NULL },
	{ "3000", "sha1", "sha1", NULL },
	{ "302F A00F" SHA256_ID "A11C 301A" MGF1 SHA256_ID, "sha256", "sha256", NULL },
	{ "300F A00D" SHA384_ID, "sha384", "sha1", NULL },
	{ "301E A11C 301A" MGF1 SHA512_ID, "sha1", "sha512", NULL },
	{ "3016" LABEL, "sha1", "sha1", "68656C6C6F" },
	{ "3045 A00F" SHA512_ID "A11C 301A" MGF1 SHA256_ID LABEL, "sha512", "sha256",
	    "68656C6C6F" },
};

/* openssl encrypts cek. */
static void
encrypt(int which, struct smime_buf *out)
{
	char hash[40], mgf[40], label[80], name[RUN_NAME_SIZE];
	SMIME_AUTO_BUF pem = { 0 };
	const char *argv[] = { "openssl", "pkeyutl", "-encrypt", "-certin", "-inkey", NULL,
		"-pkeyopt", "rsa_padding_mode:oaep", "-pkeyopt", hash, "-pkeyopt", mgf, "-pkeyopt",
		label, NULL };

	OK(smime_cert_pem(rsa->cert, &pem));
	argv[5] = run_file(smime_buf_bytes(&pem), name);
	(void)snprintf(hash, sizeof hash, "rsa_oaep_md:%s", good[which].hash);
	(void)snprintf(mgf, sizeof mgf, "rsa_mgf1_md:%s", good[which].mgf);
	(void)snprintf(label, sizeof label, "rsa_oaep_label:%s", good[which].label);
	if (!good[which].label)
		argv[12] = NULL;
	ck_assert_msg(run_program(argv, smime_bytes(cek, sizeof cek), out) == 0, "%s",
	    (const char *)out->data);
	ck_assert_uint_eq(out->len, 256);
}

START_TEST(openssl_s_parameters_are_read)
{
	const struct hex parameters = hex(good[_i].der);
	uint8_t out[sizeof cek];
	struct smime_diag diag = { 0 };
	SMIME_AUTO_BUF encrypted = { 0 };

	encrypt(_i, &encrypted);
	ck_assert_msg(unwrap(rsa, "rsa-oaep", hex_bytes(&parameters), smime_buf_bytes(&encrypted),
			  out, &diag) == SMIME_OK,
	    "%s", diag.text);
	ck_assert_mem_eq(out, cek, sizeof cek);
	ck_assert(smime_oaep_is_ours(hex_bytes(&parameters)) == (_i == 3));
}
END_TEST

static const char *const bad[] = {
	"0400",                                             /* no SEQUENCE */
	"3010 A00E 300C 0608 2A864886F70D0205 0500",        /* MD5 */
	"3011 A00F" SHA256_ID "0500",                       /* more behind the hash, unclosed */
	"3013 A011" SHA256_ID "0500",                       /* ... closed */
	"301E A11C 301A 0609 2A864886F70D010107" SHA256_ID, /* a mask that is not MGF1 */
	"3020 A11E 301A" MGF1 SHA256_ID "0500",             /* more behind the mask */
	"300F A10D 300B" MGF1,                              /* MGF1 with no hash */
	"3016 A214 3012 0609 2A864886F70D010107 0405 68656C6C6F", /* a label from elsewhere */
	"3016 A214 3012" PSOURCE "0205 68656C6C6F",               /* a label that is a number */
	"3018 A216 3012" PSOURCE "0405 68656C6C6F 0500",          /* more behind the label */
	"3018" LABEL "0500",                                      /* more behind it all */
	"302F A11C 301A" MGF1 SHA256_ID "A00F" SHA256_ID,         /* out of order */
};

START_TEST(other_parameters_are_refused)
{
	const struct hex parameters = hex(bad[_i]);
	uint8_t out[sizeof cek], encrypted[256] = { 0 };
	struct smime_diag diag = { 0 };

	ck_assert_msg(unwrap(rsa, "rsa-oaep", hex_bytes(&parameters), smime_bytes(encrypted, 256),
			  out, &diag) == SMIME_E_UNSUPPORTED,
	    "%s", bad[_i]);
	ck_assert_str_eq(diag.token, "algorithm");
	ck_assert(!smime_oaep_is_ours(hex_bytes(&parameters)));
}
END_TEST

/* Not refused, which would tell: each answer is another random key (RFC 3218). */
START_TEST(r_dec_oaep_a_wrong_ciphertext_gives_random_keys)
{
	uint8_t octets[257], one[sizeof cek], two[sizeof cek];

	for (size_t len = 0; len <= sizeof octets; len += len == 256 ? 1 : 64) {
		memset(octets, len == 256 ? 0xFF : 7, sizeof octets);
		OK(unwrap(rsa, _i ? "rsa-oaep" : "rsa-pkcs1", smime_bytes(NULL, 0),
		    smime_bytes(octets, len), one, NULL));
		OK(unwrap(rsa, _i ? "rsa-oaep" : "rsa-pkcs1", smime_bytes(NULL, 0),
		    smime_bytes(octets, len), two, NULL));
		ck_assert_mem_ne(one, two, sizeof one);
	}
}
END_TEST

/* ---- writing ---- */

/* Of a few in a thousand the first octet is zero: it stands there all the same. */
START_TEST(a_ciphertext_is_as_long_as_the_modulus)
{
	SMIME_AUTO_BUF algid = { 0 };
	struct smime_bytes parameters;

	OK(smime_kt_algid(transport("rsa-oaep"), &algid));
	parameters = smime_bytes_slice(smime_buf_bytes(&algid), 13, algid.len);
	ck_assert(smime_oaep_is_ours(parameters));
	for (int i = 0; i < 1000; i++) {
		uint8_t out[sizeof cek];
		SMIME_AUTO_BUF encrypted = { 0 };

		OK(smime_kt_wrap(rsa->cert, transport("rsa-oaep"), smime_bytes(cek, sizeof cek),
		    &encrypted, NULL));
		ck_assert_uint_eq(encrypted.len, 256);
		if (i > 0 && encrypted.data[0] != 0)
			continue;
		OK(unwrap(rsa, "rsa-oaep", parameters, smime_buf_bytes(&encrypted), out, NULL));
		ck_assert_mem_eq(out, cek, sizeof cek);
	}
}
END_TEST

START_TEST(other_keys_transport_nothing)
{
	struct pki_cert *others[] = { pss, ec };
	uint8_t out[sizeof cek], octets[256] = { 7 };
	struct smime_diag diag = { 0 };
	SMIME_AUTO_BUF encrypted = { 0 };

	for (int i = 0; i < ROWS(others); i++) {
		ck_assert_int_eq(smime_kt_wrap(others[i]->cert, transport("rsa-oaep"),
				     smime_bytes(cek, sizeof cek), &encrypted, &diag),
		    SMIME_E_UNSUPPORTED);
		ck_assert_str_eq(diag.token, "key-type");
		ck_assert_uint_eq(encrypted.len, 0);
	}
	ck_assert_int_eq(
	    unwrap(ec, "rsa-oaep", smime_bytes(NULL, 0), smime_bytes(octets, 256), out, &diag),
	    SMIME_E_UNSUPPORTED);
	ck_assert_str_eq(diag.token, "key-type");
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("kt_rsa");
	TCase *tc = tcase_create("all");

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 60);
	tcase_add_unchecked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, openssl_s_parameters_are_read, 0, ROWS(good));
	tcase_add_loop_test(tc, other_parameters_are_refused, 0, ROWS(bad));
	tcase_add_loop_test(tc, r_dec_oaep_a_wrong_ciphertext_gives_random_keys, 0, 2);
	tcase_add_test(tc, a_ciphertext_is_as_long_as_the_modulus);
	tcase_add_test(tc, other_keys_transport_nothing);
	return suite;
}
