/* test_cms_read.c - SignedData as others write it, and what it must not hold.  RFC 5652 s5.1. */
#include "cms.h"
#include "der.h"
#include "support.h"
#include "support_der.h"
#include "support_hex.h"
#include "support_world.h"

#define OK(call) ck_assert_int_eq(call, SMIME_OK)

static struct smime_buf object; /* an opaque signature of alice's */

static void
setup(void)
{
	SMIME_AUTO_BUF entity = { 0 };

	world_start();
	world_seal(SMIME_MODE_SIGN, true, NULL, WORLD_FIELDS WORLD_TEXT, &entity);
	world_object_of(smime_buf_bytes(&entity), &object);
}

static void
teardown(void)
{
	smime_buf_reset(&object);
	world_stop();
}

/* What stands at a path of ContentInfo, with more in front of it or behind. */
#define SIGNED_DATA 0, 1, 0
#define SIGNER      0, 1, 0, 4, 0

static const struct {
	int path[8];
	const char *before, *behind; /* hex; "-" drops the element */
	const char *what;            /* NULL: read */
} edits[] = {
	{ { SIGNED_DATA, 1, DER_END }, "", "", NULL },
	/* [1] crls, and [1] unsignedAttrs of the signer: read over. */
	{ { SIGNED_DATA, 3, DER_END }, "", "A100", NULL },
	{ { SIGNED_DATA, 3, DER_END }, "", "A102 3000", NULL },
	{ { SIGNER, 5, DER_END }, "", "A100", NULL },
	{ { SIGNER, 5, DER_END }, "", "A109 3007 0601 2A 3102 0500", NULL },
	{ { SIGNED_DATA, 3, DER_END }, "-", "", NULL },       /* no certificates */
	{ { SIGNED_DATA, 3, 0, DER_END }, "", "A100", NULL }, /* an attribute certificate */
	{ { SIGNED_DATA, 3, 0, DER_END }, "", "3000", NULL }, /* one that does not parse */
	{ { SIGNED_DATA, 3, DER_END }, "", "A184 7FFFFFFF", "crls" },
	{ { SIGNED_DATA, 3, DER_END }, "", "A200", "signerInfos" },
	{ { SIGNED_DATA, 4, DER_END }, "", "0500", "signerInfos" },
	{ { SIGNED_DATA, 4, DER_END }, "-", "", "signerInfos" },
	{ { SIGNED_DATA, 0, DER_END }, "-", "", "version" },
	{ { SIGNED_DATA, 1, DER_END }, "-", "", "digestAlgorithms" },
	{ { SIGNED_DATA, 2, 0, DER_END }, "-", "", "encapContentInfo" },
	{ { SIGNED_DATA, 2, 1, DER_END }, "", "0500", "encapContentInfo" },
	{ { SIGNED_DATA, 2, 1, 0, DER_END }, "", "0400", "encapContentInfo" },
	{ { SIGNED_DATA, 2, 1, 0, DER_END }, "-", "", "encapContentInfo" },
	{ { SIGNER, 0, DER_END }, "-", "", "SignerInfo" },
	{ { SIGNER, 0, DER_END }, "- 020103", "", "SignerInfo" }, /* version and id do not fit */
	{ { SIGNER, 1, DER_END }, "- 800101", "", "SignerInfo" },
	{ { SIGNER, 2, DER_END }, "-", "", "SignerInfo" },
	{ { SIGNER, 5, DER_END }, "-", "", "SignerInfo" },
	{ { SIGNER, 5, DER_END }, "- 2403 040100", "", "SignerInfo" }, /* in pieces */
	{ { SIGNER, 5, DER_END }, "", "0500", "SignerInfo" },
	{ { 0, 1, DER_END }, "", "0500", "ContentInfo without content" },
	{ { 0, 1, DER_END }, "-", "", "ContentInfo without content" },
	{ { 0, 0, DER_END }, "-", "", "ContentInfo without a type" },
	{ { 0, DER_END }, "", "0500", "octets behind the ContentInfo" },
	{ { 0, DER_END }, "-", "", "no ContentInfo" },
};

static void
edit(int which, struct smime_buf *out)
{
	size_t at = der_find(smime_buf_bytes(&object), edits[which].path);
	struct smime_bytes element = der_at(smime_buf_bytes(&object), at);
	bool drop = edits[which].before[0] == '-';
	SMIME_AUTO_BUF with = { 0 };
	struct der_edit put = { .kind = DER_PUT, .at = at };

	hex_put(&with, edits[which].before + drop);
	if (!drop)
		OK(smime_buf_append(&with, element.data, element.len));
	hex_put(&with, edits[which].behind);
	put.with = smime_buf_bytes(&with);
	ck_assert(der_edit(smime_buf_bytes(&object), &put, out));
}

START_TEST(what_is_there_is_read_or_named)
{
	struct smime_content_info info;
	struct smime_signed_data data = { 0 };
	struct smime_diag diag = { 0 };
	SMIME_AUTO_BUF der = { 0 };
	enum smime_status status;

	edit(_i, &der);
	status = smime_cms_read(smime_buf_bytes(&der), &info, &diag);
	if (status == SMIME_OK)
		status = smime_signed_data_read(info.content, &data, &diag);
	if (!edits[_i].what) {
		ck_assert_msg(status == SMIME_OK, "%d: %s", _i, diag.text);
		ck_assert_uint_eq(data.signer_count, 1);
		ck_assert_uint_le(data.certs.count, 1);
	} else {
		ck_assert_int_eq(status, SMIME_E_SYNTAX);
		ck_assert_str_eq(diag.token, "malformed");
		ck_assert_msg(strstr(diag.text, edits[_i].what), "%d: %s", _i, diag.text);
	}
	smime_signed_data_reset(&data);
}
END_TEST

START_TEST(r_lim_64_certificates)
{
	static const int path[] = { SIGNED_DATA, 3, 0, DER_END };

	for (size_t count = SMIME_CERTS_MAX; count <= SMIME_CERTS_MAX + 1; count++) {
		const struct der_edit many = { .kind = DER_REPEAT,
			.at = der_find(smime_buf_bytes(&object), path),
			.count = count };
		struct smime_content_info info;
		struct smime_signed_data data = { 0 };
		struct smime_diag diag = { 0 };
		SMIME_AUTO_BUF der = { 0 };

		ck_assert(der_edit(smime_buf_bytes(&object), &many, &der));
		OK(smime_cms_read(smime_buf_bytes(&der), &info, &diag));
		ck_assert_int_eq(smime_signed_data_read(info.content, &data, &diag),
		    count > SMIME_CERTS_MAX ? SMIME_E_LIMIT : SMIME_OK);
		ck_assert_str_eq(diag.token, count > SMIME_CERTS_MAX ? "limit" : "");
		smime_signed_data_reset(&data);
	}
}
END_TEST

/* A message without certificates is verified by one that an administrator has. */
START_TEST(a_signer_that_sends_no_certificate_is_found_among_peers)
{
	for (int known = 0; known < 2; known++) {
		struct smime_content_info info;
		struct smime_signed_data data = { 0 };
		struct smime_cms_verdict verdict = { 0 };
		struct smime_diag diag = { 0 };
		SMIME_AUTO(smime_trust) trust = NULL;
		SMIME_AUTO_BUF der = { 0 };
		struct smime_cms_verify how = { .now = PKI_NOW, .from = "alice@a.example" };

		OK(smime_trust_new(&trust));
		OK(smime_trust_add_peer(trust, world.bob->cert, NULL));
		if (known)
			OK(smime_trust_add_peer(trust, world.alice->cert, NULL));
		smime_trust_seal(trust);
		how.trust = trust;
		edit(5, &der);
		OK(smime_cms_read(smime_buf_bytes(&der), &info, &diag));
		OK(smime_signed_data_read(info.content, &data, &diag));
		ck_assert_uint_eq(data.certs.count, 0);
		ck_assert_int_eq(smime_cms_check(&how, &data, NULL, NULL, &verdict, &diag),
		    known ? SMIME_OK : SMIME_E_NOKEY);
		ck_assert_str_eq(diag.token, known ? "" : "no-certificate");
		smime_cert_free(&verdict.cert);
		smime_signed_data_reset(&data);
	}
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("cms_read");
	TCase *tc = tcase_create("all");

	suite_add_tcase(suite, tc);
	tcase_add_unchecked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, what_is_there_is_read_or_named, 0, ROWS(edits));
	tcase_add_test(tc, r_lim_64_certificates);
	tcase_add_test(tc, a_signer_that_sends_no_certificate_is_found_among_peers);
	return suite;
}
