/* test_cms_attrs.c - signed attributes, what is written and what is refused: each looseness here
 * was somebody's forgery.  RFC 5652 s5.3, s11; RFC 5035. */
#include "cms_attrs.h"
#include "der.h"
#include "support.h"
#include "support_hex.h"
#include "support_pki.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

#define OK(call) ck_assert_int_eq(call, SMIME_OK)

static struct pki_cert *cert;

static void
setup(void)
{
	cert = pki_make(&(struct pki_spec){ .name = "signer" });
}

static void
teardown(void)
{
	pki_free(&cert);
}

static enum smime_status
read(struct smime_bytes content, struct smime_attrs *out, struct smime_diag *diag)
{
	static struct smime_buf whole;
	struct smime_bytes in;
	struct smime_tlv attrs;
	enum smime_status status;

	OK(smime_der_tlv(&whole, SMIME_BER_CONTEXT_CONS | 0, content));
	in = smime_buf_bytes(&whole);
	OK(smime_ber_read(&in, &attrs));
	*diag = (struct smime_diag){ 0 };
	status = smime_attrs_read(&attrs, SMIME_OID_DATA, out, diag);
	ck_assert(status == SMIME_OK || diag->status == status);
	smime_buf_reset(&whole);
	return status;
}

#define TYPE    "3018 0609 2A864886F70D010903 310B 0609 2A864886F70D010701"
#define DIGEST  "3013 0609 2A864886F70D010904 3106 0404 01020304"
#define TIME    "301C 0609 2A864886F70D010905 310F 170D 3236303130313030303030305A"
#define UNKNOWN "3009 0603 2A0304 3102 0500"
#define CAPS    "3014 0609 2A864886F70D01090F 3107 3005 3003 0601 2A"
#define ESS     "3016 060B 2A864886F70D010910022F 3107 3005 3003 0401 00"

/* In the order of DER: by the length of each first. */
static const struct {
	const char *attributes, *why; /* NULL: read */
} sets[] = {
	{ DIGEST TYPE, NULL },
	{ UNKNOWN DIGEST TYPE TIME, NULL },
	{ DIGEST CAPS ESS TYPE TIME, NULL },
	{ TYPE DIGEST, "not DER" },
	{ DIGEST TYPE TYPE, "not DER" }, /* twice the same cannot be in ascending order */
	{ DIGEST TYPE "301A 0609 2A864886F70D010903 310D 060B 2A864886F70D010910022F",
	    "contentType stands twice" },
	{ DIGEST "3014 0609 2A864886F70D010904 3107 0405 0102030405" TYPE,
	    "messageDigest does not stand exactly once" },
	{ DIGEST ESS "3017 060B 2A864886F70D010910022F 3108 3006 3004 0402 0000" TYPE,
	    "signingCertificateV2 is malformed or stands twice" },
	{ DIGEST TYPE TIME "301C 0609 2A864886F70D010905 310F 170D 3236303130313030303030315A",
	    "signingTime is malformed or stands twice" },
	{ DIGEST, "contentType or messageDigest is missing" },
	{ TYPE, "contentType or messageDigest is missing" },
	{ "", "contentType or messageDigest is missing" },
	{ "3016 0609 2A864886F70D010903 3109 0607 2A864886F70D01" DIGEST, "not DER" },
	{ DIGEST "3018 0609 2A864886F70D010903 310B 0609 2A864886F70D010702",
	    "contentType is not that of the content" },
	{ DIGEST "300D 0609 2A864886F70D010903 3100", "not DER" },
	{ "300D 0609 2A864886F70D010903 3100" DIGEST, "contentType does not have exactly one" },
	{ DIGEST
	    "3023 0609 2A864886F70D010903 3116 0609 2A864886F70D010701 0609 2A864886F70D010702",
	    "contentType does not have exactly one" },
	{ "300D 0609 2A864886F70D010904 3100" TYPE, "messageDigest does not stand exactly once" },
	{ "3019 0609 2A864886F70D010904 310C 0404 01020304 0404 01020305" TYPE, "not DER" },
	{ "3013 0609 2A864886F70D010904 3106 0204 01020304" TYPE,
	    "messageDigest does not stand exactly once" },
	{ DIGEST TYPE "301C 0609 2A864886F70D010905 310F 170D 3236303233303030303030305A",
	    "signingTime is malformed" },
	/* What BER would allow: a length of two octets, indefinite, an OID as no attribute. */
	{ "308113 0609 2A864886F70D010904 3106 0404 01020304" TYPE, "not DER" },
	{ "3080 0609 2A864886F70D010904 3106 0404 01020304 0000" TYPE, "not DER" },
	{ "3015 0609 2A864886F70D010904 3108 2406 0404 01020304" TYPE, NULL },
	{ "0601 2A" DIGEST TYPE, "malformed" },
	{ "3003 0601 2A" DIGEST TYPE, "malformed" },
	{ "3005 0601 2A 0500" DIGEST TYPE, "malformed" },
	{ "3007 0601 2A 3100 0500" DIGEST TYPE, "malformed" },
	{ "3002 3100" DIGEST TYPE, "malformed" },
	{ DIGEST TYPE "30", "malformed" },
};

START_TEST(r_ver_attrs_are_exact_or_refused)
{
	const struct hex content = hex(sets[_i].attributes);
	struct smime_attrs attrs;
	struct smime_diag diag;
	enum smime_status status = read(hex_bytes(&content), &attrs, &diag);

	if (!sets[_i].why) {
		ck_assert_msg(status == SMIME_OK, "%d: %s", _i, diag.text);
		return;
	}
	ck_assert_int_eq(status, SMIME_E_UNTRUSTED);
	ck_assert_str_eq(diag.token, "attributes");
	ck_assert_msg(strstr(diag.text, sets[_i].why) != NULL, "%d: %s", _i, diag.text);
}
END_TEST

START_TEST(r_lim_there_are_64_at_most)
{
	struct smime_attrs attrs;
	struct smime_diag diag;

	for (int extra = 0; extra < 2; extra++) {
		SMIME_AUTO_BUF content = { 0 };

		for (int i = 0; i < SMIME_ATTRS_MAX - 2 + extra; i++) {
			uint8_t type[11] = { 0x30, 0x09, 0x06, 0x03, 0x2A, 3, 0, 0x31, 2, 5, 0 };

			type[6] = (uint8_t)i;
			OK(smime_buf_append(&content, type, sizeof type));
		}
		hex_put(&content, DIGEST TYPE);
		ck_assert_int_eq(read(smime_buf_bytes(&content), &attrs, &diag),
		    extra ? SMIME_E_LIMIT : SMIME_OK);
		ck_assert_str_eq(diag.token, extra ? "limit" : "");
	}
}
END_TEST

/* What we write is what we read. */
START_TEST(ours_come_back)
{
	const struct smime_cms_signer signer = { .cert = cert->cert, .now = PKI_NOW };
	struct smime_bytes in, content;
	struct smime_tlv set;
	struct smime_attrs attrs;
	struct smime_diag diag;
	SMIME_AUTO_BUF out = { 0 };

	OK(smime_attrs_write(&signer, smime_bytes_str("a digest"), &out));
	in = smime_buf_bytes(&out);
	ck_assert(smime_attrs_are(in));
	OK(smime_ber_expect(&in, SMIME_BER_SET, &set));
	content = set.content;
	ck_assert_msg(read(content, &attrs, &diag) == SMIME_OK, "%s", diag.text);
	ck_assert_int_eq(attrs.signing_time, PKI_NOW);
	ck_assert_uint_gt(attrs.capabilities.len, 0);
	ck_assert_uint_gt(attrs.ess_cert.len, 0);
}
END_TEST

static const struct {
	const char *octets;
	bool are;
} contents[] = {
	{ "3102"
	  "3000",
	    false },
	{ "311A" TYPE, true },
	{ "312F" DIGEST TYPE, true },
	{ "312F" TYPE DIGEST, true }, /* in whatever order */
	{ "3100", false },
	{ "311A" TYPE "00", false },
	{ "301A" TYPE, false },
	{ "310D 300B 0609 2A864886F70D010903", false },
	{ "311C" TYPE "0500", false },
	{ "", false },
};

START_TEST(r_ver_attrs_attributes_are_known_as_content)
{
	const struct hex octets = hex(contents[_i].octets);

	ck_assert_int_eq(smime_attrs_are(hex_bytes(&octets)), contents[_i].are);
}
END_TEST

/* ---- signingCertificateV2 ---- */

enum { RIGHT, OF_ANOTHER, CUT };

/* SEQUENCE OF ESSCertIDv2 { hashAlgorithm DEFAULT sha256, certHash }, in its outer SEQUENCE. */
static enum smime_status
check_ess(const char *oid, const char *hash_name, int what)
{
	struct smime_bytes der = smime_cert_der(cert->cert);
	struct smime_attrs attrs = { 0 };
	uint8_t value[64] = { 0 };
	const struct smime_alg *hash = smime_alg_by_name(smime_digests, hash_name);
	SMIME_AUTO_BUF ess = { 0 };

	ck_assert_int_eq(
	    gnutls_hash_fast((gnutls_digest_algorithm_t)hash->backend, der.data, der.len, value),
	    0);
	value[0] ^= what == OF_ANOTHER;
	if (oid)
		OK(smime_der_algid(&ess, oid, smime_bytes(NULL, 0)));
	OK(smime_der_tlv(&ess, SMIME_BER_OCTET_STRING,
	    smime_bytes(value, what == CUT ? hash->size - 1U : hash->size)));
	OK(smime_der_wrap(&ess, 0, SMIME_BER_SEQUENCE));
	OK(smime_der_wrap(&ess, 0, SMIME_BER_SEQUENCE));
	attrs.ess_cert = smime_buf_bytes(&ess);
	return smime_attrs_check_ess(&attrs, cert->cert);
}

START_TEST(the_signer_is_the_one_that_is_named)
{
	const struct smime_attrs none = { 0 };

	OK(smime_attrs_check_ess(&none, cert->cert));
	OK(check_ess(NULL, "sha256", RIGHT));
	for (int i = 0; i < 4; i++) {
		const struct smime_alg *hash = &smime_digests[i];

		OK(check_ess(hash->oid, hash->name, RIGHT));
		ck_assert_int_eq(check_ess(hash->oid, hash->name, OF_ANOTHER), SMIME_E_UNTRUSTED);
		ck_assert_int_eq(check_ess(hash->oid, hash->name, CUT), SMIME_E_UNTRUSTED);
	}
	/* Another hash than it says; none that we know. */
	ck_assert_int_eq(check_ess(NULL, "sha512", RIGHT), SMIME_E_UNTRUSTED);
	ck_assert_int_eq(check_ess("1.2.840.113549.2.5", "sha256", RIGHT), SMIME_E_UNTRUSTED);
}
END_TEST

static const char *const broken[] = { "", "0500", "3000", "3002 0500", "3002 3000",
	"3004 3002 3000", "3004 3002 0500", "3006 3004 3002 0500", "3004 3002 0601" };

START_TEST(a_name_that_cannot_be_read_is_nobodys)
{
	const struct hex octets = hex(broken[_i]);
	const struct smime_attrs attrs = { .ess_cert = smime_bytes(octets.octets, octets.len) };

	ck_assert_int_eq(smime_attrs_check_ess(&attrs, cert->cert), SMIME_E_UNTRUSTED);
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("cms_attrs");
	TCase *tc = tcase_create("all");

	suite_add_tcase(suite, tc);
	tcase_add_unchecked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, r_ver_attrs_are_exact_or_refused, 0, ROWS(sets));
	tcase_add_test(tc, r_lim_there_are_64_at_most);
	tcase_add_test(tc, ours_come_back);
	tcase_add_loop_test(tc, r_ver_attrs_attributes_are_known_as_content, 0, ROWS(contents));
	tcase_add_test(tc, the_signer_is_the_one_that_is_named);
	tcase_add_loop_test(tc, a_name_that_cannot_be_read_is_nobodys, 0, ROWS(broken));
	return suite;
}
