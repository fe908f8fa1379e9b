/*
 * test_cms_verify.c - SignedData built by hand, as others would build it and as attackers would:
 * what must verify does, and each of the others fails with the word that says why.
 */
#include "cms.h"
#include "der.h"
#include "support.h"
#include "support_pki.h"

#include <gnutls/crypto.h>
#include <stdlib.h>

#define CONTENT "Content-Type: text/plain\r\n\r\nhello\r\n"

enum attribute {
	END,
	TYPE,       /* contentType id-data */
	OTHER_TYPE, /* contentType id-signedData */
	DIGEST,     /* messageDigest */
	WRONG_DIGEST,
	TWO_DIGESTS, /* two values */
	TIME,
	SIX, /* an attribute nobody knows */
};

/* What is to be built. Zero: a good one. */
struct spec {
	enum attribute attributes[6]; /* TYPE, DIGEST, TIME when empty */
	bool no_attributes;
	bool empty_attributes;
	bool replay; /* the signed attributes of a good one as content, without attributes */
	bool detached;
	bool no_signer;
	bool second_is_bad, first_is_bad;
	bool no_digest_algorithms, other_digest_algorithms;
	bool trailing;
	bool only_type;   /* ContentInfo ends behind its type */
	bool by_server;   /* the certificate of a server */
	bool constructed; /* content in two pieces */
	bool by_ski;
	bool leave_certificate_out;
	const char *digest; /* NULL: sha256 */
	const char *content_type;
	const struct pki_cert *signer; /* NULL: the ordinary one */
};

static struct pki_cert *ca, *alice, *server, *stranger, *bob;
static struct smime_keyring *ring;
static struct smime_trust *trust;

static void
make_certificates(void)
{
	ca = pki_make(&(struct pki_spec){ .name = "CA", .ca = true });
	alice = pki_make(
	    &(struct pki_spec){ .name = "Alice", .mailboxes = "alice@a.example", .issuer = ca });
	bob = pki_make(
	    &(struct pki_spec){ .name = "Bob", .mailboxes = "bob@b.example", .issuer = ca });
	server = pki_make(&(struct pki_spec){
	    .name = "www", .mailboxes = "alice@a.example", .issuer = ca, .purpose = "server" });
	stranger = pki_make(&(struct pki_spec){ .name = "X", .mailboxes = "alice@a.example" });
	ring = pki_keyring((struct pki_cert *[]){ alice, bob, server, stranger, NULL });
	ck_assert_int_eq(smime_trust_new(&trust), SMIME_OK);
	ck_assert_int_eq(smime_trust_add_anchor(trust, ca->cert, false, NULL), SMIME_OK);
	smime_trust_seal(trust);
}

static void
free_certificates(void)
{
	smime_trust_free(&trust);
	smime_keyring_free(&ring);
	pki_free(&ca);
	pki_free(&alice);
	pki_free(&bob);
	pki_free(&server);
	pki_free(&stranger);
}

/* ---- the builder ---- */

#define OK(call) ck_assert_int_eq(call, SMIME_OK)

static const struct smime_alg *
digest_of(const struct spec *spec)
{
	return smime_alg_by_name(smime_digests, spec->digest ? spec->digest : "sha256");
}

static size_t
hash(const struct spec *spec, struct smime_bytes in, uint8_t out[64])
{
	const struct smime_alg *alg = digest_of(spec);

	ck_assert_int_eq(
	    gnutls_hash_fast((gnutls_digest_algorithm_t)alg->backend, in.data, in.len, out), 0);
	return alg->size;
}

static void
put_digest(const struct spec *spec, struct smime_buf *out, bool wrong)
{
	uint8_t digest[64];
	size_t len = hash(spec, smime_bytes_str(CONTENT), digest);

	digest[0] ^= (uint8_t)wrong;
	OK(smime_der_tlv(out, SMIME_BER_OCTET_STRING, smime_bytes(digest, len)));
}

static void
put_attribute(const struct spec *spec, struct smime_buf *out, enum attribute attribute)
{
	static const char *const oids[] = { [TYPE] = "1.2.840.113549.1.9.3",
		[OTHER_TYPE] = "1.2.840.113549.1.9.3",
		[DIGEST] = "1.2.840.113549.1.9.4",
		[WRONG_DIGEST] = "1.2.840.113549.1.9.4",
		[TWO_DIGESTS] = "1.2.840.113549.1.9.4",
		[TIME] = "1.2.840.113549.1.9.5",
		[SIX] = "1.2.3.4.5.6" };
	size_t start = out->len, values;

	OK(smime_der_oid(out, oids[attribute]));
	values = out->len;
	if (attribute == TYPE || attribute == OTHER_TYPE)
		OK(smime_der_oid(out, attribute == TYPE ? SMIME_OID_DATA : SMIME_OID_SIGNED));
	else if (attribute == TIME)
		OK(smime_der_time(out, PKI_NOW));
	else if (attribute == SIX)
		OK(smime_der_small(out, 6));
	else
		put_digest(spec, out, attribute == WRONG_DIGEST);
	if (attribute == TWO_DIGESTS)
		put_digest(spec, out, true);
	OK(smime_der_wrap(out, values, SMIME_BER_SET));
	OK(smime_der_wrap(out, start, SMIME_BER_SEQUENCE));
}

/* The SET OF attributes, as it is signed (RFC 5652 s5.4). */
static void
put_attributes(const struct spec *spec, struct smime_buf *out)
{
	static const enum attribute ordinary[] = { TYPE, DIGEST, TIME, END };
	const enum attribute *a = spec->attributes[0] == END ? ordinary : spec->attributes;
	size_t start = out->len;

	for (; !spec->empty_attributes && *a != END; a++)
		put_attribute(spec, out, *a);
	OK(smime_der_wrap_set_of(out, start, SMIME_BER_SET));
}

static void
put_signature(const struct spec *spec, const struct pki_cert *signer, struct smime_bytes octets,
    bool bad, struct smime_buf *out)
{
	const struct smime_alg *scheme = smime_signature_alg("ecdsa", digest_of(spec));
	struct smime_keys *keys = smime_keyring_keys(ring);
	SMIME_AUTO_BUF signature = { 0 };
	struct smime_diag diag = { 0 };
	uint8_t digest[64];
	size_t len = hash(spec, octets, digest);

	digest[0] ^= (uint8_t)bad;
	OK(smime_der_algid(out, scheme->oid, smime_bytes(NULL, 0)));
	ck_assert_msg(keys->ops->sign(keys, signer->cert, scheme, smime_bytes(digest, len),
			  &signature, &diag) == SMIME_OK,
	    "%s", diag.text);
	OK(smime_der_tlv(out, SMIME_BER_OCTET_STRING, smime_buf_bytes(&signature)));
}

static void
put_signer_id(const struct spec *spec, const struct pki_cert *signer, struct smime_buf *out)
{
	struct smime_bytes issuer = smime_cert_issuer_der(signer->cert);
	size_t start = out->len;

	if (spec->by_ski) {
		OK(smime_der_tlv(out, SMIME_BER_CONTEXT | 0, smime_cert_ski(signer->cert)));
		return;
	}
	OK(smime_buf_append(out, issuer.data, issuer.len));
	OK(smime_der_tlv(out, SMIME_BER_INTEGER, smime_cert_serial(signer->cert)));
	OK(smime_der_wrap(out, start, SMIME_BER_SEQUENCE));
}

static void
put_signer(const struct spec *spec, const struct pki_cert *signer, bool bad, struct smime_buf *out)
{
	SMIME_AUTO_BUF attributes = { 0 };
	size_t start = out->len;

	put_attributes(spec, &attributes);
	OK(smime_der_small(out, spec->by_ski ? 3 : 1));
	put_signer_id(spec, signer, out);
	OK(smime_der_algid(out, digest_of(spec)->oid, smime_bytes(NULL, 0)));
	if (!spec->no_attributes && !spec->replay) {
		size_t at = out->len;

		OK(smime_buf_append(out, attributes.data, attributes.len));
		out->data[at] = SMIME_BER_CONTEXT_CONS | 0; /* [0] IMPLICIT */
	}
	put_signature(spec, signer,
	    spec->no_attributes ? smime_bytes_str(CONTENT) : smime_buf_bytes(&attributes), bad,
	    out);
	OK(smime_der_wrap(out, start, SMIME_BER_SEQUENCE));
}

static void
put_pieces(const struct spec *spec, struct smime_bytes in, struct smime_buf *out)
{
	size_t start = out->len;

	if (!spec->constructed) {
		OK(smime_der_tlv(out, SMIME_BER_OCTET_STRING, in));
		return;
	}
	OK(smime_der_tlv(out, SMIME_BER_OCTET_STRING, smime_bytes_slice(in, 0, 3)));
	OK(smime_der_tlv(out, SMIME_BER_OCTET_STRING, smime_bytes_slice(in, 3, in.len)));
	OK(smime_der_wrap(out, start, SMIME_BER_OCTET_STRING | SMIME_BER_CONSTRUCTED));
}

static void
put_content(const struct spec *spec, struct smime_buf *out)
{
	SMIME_AUTO_BUF attributes = { 0 };
	size_t start = out->len, inner;

	OK(smime_der_oid(out, spec->content_type ? spec->content_type : SMIME_OID_DATA));
	inner = out->len;
	if (spec->replay) {
		put_attributes(spec, &attributes);
		put_pieces(spec, smime_buf_bytes(&attributes), out);
	} else if (!spec->detached) {
		OK(smime_der_tlv(out, SMIME_BER_OCTET_STRING, smime_bytes_str(CONTENT)));
	}
	if (out->len > inner)
		OK(smime_der_wrap(out, inner, SMIME_BER_CONTEXT_CONS | 0));
	OK(smime_der_wrap(out, start, SMIME_BER_SEQUENCE));
}

static void
put_signers(const struct spec *spec, struct smime_buf *out)
{
	const struct pki_cert *signer = spec->signer ? spec->signer : alice;
	size_t start = out->len;

	if (!spec->no_signer)
		put_signer(spec, signer, spec->first_is_bad, out);
	if (spec->second_is_bad || spec->first_is_bad)
		put_signer(spec, bob, spec->second_is_bad, out);
	OK(smime_der_wrap(out, start, SMIME_BER_SET));
}

static void
put_certificates(const struct spec *spec, struct smime_buf *out)
{
	const struct pki_cert *certs[] = { spec->signer ? spec->signer : alice, bob };
	size_t start = out->len;

	for (size_t i = 0; i < 2 && !spec->leave_certificate_out; i++) {
		struct smime_bytes der = smime_cert_der(certs[i]->cert);

		OK(smime_buf_append(out, der.data, der.len));
	}
	OK(smime_der_wrap(out, start, SMIME_BER_CONTEXT_CONS | 0));
}

static void
build(const struct spec *spec, struct smime_buf *out)
{
	size_t data, start;

	OK(smime_der_oid(out, SMIME_OID_SIGNED));
	if (spec->only_type) {
		OK(smime_der_wrap(out, 0, SMIME_BER_SEQUENCE));
		return;
	}
	data = out->len;
	OK(smime_der_small(out, 1));
	start = out->len;
	if (!spec->no_digest_algorithms)
		OK(smime_der_algid(out,
		    spec->other_digest_algorithms ? smime_alg_by_name(smime_digests, "sha512")->oid
						  : digest_of(spec)->oid,
		    smime_bytes(NULL, 0)));
	OK(smime_der_wrap(out, start, SMIME_BER_SET));
	put_content(spec, out);
	put_certificates(spec, out);
	put_signers(spec, out);
	OK(smime_der_wrap(out, data, SMIME_BER_SEQUENCE));
	OK(smime_der_wrap(out, data, SMIME_BER_CONTEXT_CONS | 0));
	OK(smime_der_wrap(out, 0, SMIME_BER_SEQUENCE));
	if (spec->trailing)
		OK(smime_buf_append(out, "", 1));
}

/* ---- checking ---- */

static struct smime_diag diag;

/* external: NULL checks the content inside. */
static enum smime_status
check_by(const struct spec *spec, const char *external, const struct smime_cms_verify *settings)
{
	const struct smime_cms_verify verify = { .trust = trust,
		.now = PKI_NOW,
		.weak_verifies = settings->weak_verifies,
		.no_attributes_verifies = settings->no_attributes_verifies,
		.from = "alice@a.example" };
	struct smime_bytes octets = smime_bytes_str(external ? external : "");
	struct smime_cms_verdict verdict = { 0 };
	struct smime_content_info info;
	struct smime_signed_data data = { 0 };
	SMIME_AUTO_BUF der = { 0 };
	SMIME_AUTO_BUF content = { 0 };
	SMIME_AUTO(smime_stage) collect = NULL;
	enum smime_status status;

	build(spec, &der);
	OK(smime_stage_buf_new(&content, 10000, &collect));
	diag = (struct smime_diag){ 0 };
	status = smime_cms_read(smime_buf_bytes(&der), &info, &diag);
	if (status == SMIME_OK)
		status = smime_signed_data_read(info.content, &data, &diag);
	if (status == SMIME_OK)
		status = smime_cms_check(
		    &verify, &data, external ? &octets : NULL, collect, &verdict, &diag);
	if (status == SMIME_OK) {
		ck_assert_uint_eq(content.len, strlen(CONTENT));
		ck_assert_mem_eq(content.data, CONTENT, content.len);
		ck_assert_ptr_nonnull(verdict.cert);
	} else {
		/* Whoever shows the reason takes it from the diagnosis that goes with the status.
		 */
		ck_assert_str_ne(diag.text, "");
		ck_assert_int_eq(diag.status, status);
	}
	smime_cert_free(&verdict.cert);
	smime_signed_data_reset(&data);
	return status;
}

static enum smime_status
check(const struct spec *spec, const char *external, bool weak_verifies)
{
	return check_by(
	    spec, external, &(struct smime_cms_verify){ .weak_verifies = weak_verifies });
}

START_TEST(what_is_good_verifies)
{
	static const struct spec good[] = {
		{ .digest = NULL },
		{ .by_ski = true },
		{ .digest = "sha384" },
		{ .digest = "sha512" },
		/* signingTime is not needed, and others may stand beside it. */
		{ .attributes = { DIGEST, TYPE } },
		{ .attributes = { DIGEST, SIX, TYPE } },
	};
	struct spec detached = { .detached = true };

	for (int i = 0; i < ROWS(good); i++)
		ck_assert_msg(check(&good[i], NULL, false) == SMIME_OK, "%d: %s", i, diag.text);
	ck_assert_msg(check(&detached, CONTENT, false) == SMIME_OK, "%s", diag.text);
}
END_TEST

/* The 22 messages that no library judges rightly, and others like them. token: NULL for what must
 * verify. */
static const struct {
	const char *name;
	struct spec spec;
	const char *external;
	const char *token;
} cases[] = {
	{ "genuine, opaque", { .digest = NULL }, NULL, NULL },
	{ "genuine, detached", { .detached = true }, CONTENT, NULL },
	{ "wrong detached content", { .detached = true },
	    "Content-Type: text/plain\r\n\r\nother\r\n", "tampered" },
	{ "content inside and outside", { .digest = NULL }, CONTENT, "content-twice" },
	{ "other content outside", { .digest = NULL }, "x\r\n", "content-twice" },
	{ "attributes replayed as content", { .replay = true }, NULL, "content-type" },
	{ "no attributes", { .no_attributes = true }, NULL, "no-attributes" },
	{ "no signer", { .no_signer = true }, NULL, "no-signer" },
	{ "a bad signer, then a good one", { .first_is_bad = true }, NULL, "bad-signature" },
	{ "a good signer, then a bad one", { .second_is_bad = true }, NULL, "bad-signature" },
	{ "no contentType", { .attributes = { DIGEST, TIME } }, NULL, "attributes" },
	{ "no messageDigest", { .attributes = { TYPE, TIME } }, NULL, "attributes" },
	{ "empty attributes", { .empty_attributes = true }, NULL, "attributes" },
	{ "contentType of something else", { .attributes = { OTHER_TYPE, DIGEST } }, NULL,
	    "attributes" },
	{ "messageDigest of two values", { .attributes = { TYPE, TWO_DIGESTS } }, NULL,
	    "attributes" },
	{ "messageDigest twice, the bad one first",
	    { .attributes = { TYPE, WRONG_DIGEST, DIGEST } }, NULL, "attributes" },
	{ "messageDigest twice, the good one first",
	    { .attributes = { TYPE, DIGEST, WRONG_DIGEST } }, NULL, "attributes" },
	{ "a server's certificate", { .by_server = true }, NULL, "purpose" },
	{ "SHA-1", { .digest = "sha1" }, NULL, "weak" },
	{ "digestAlgorithms empty", { .no_digest_algorithms = true }, NULL, "digest" },
	{ "digestAlgorithms of another hash", { .other_digest_algorithms = true }, NULL, "digest" },
	{ "octets behind the ContentInfo", { .trailing = true }, NULL, "malformed" },
	{ "ContentInfo without content", { .only_type = true }, NULL, "malformed" },
	/* and others */
	{ "content nowhere", { .detached = true }, NULL, "no-content" },
	{ "contentType twice", { .attributes = { TYPE, TYPE, DIGEST } }, NULL, "attributes" },
	{ "wrong messageDigest", { .attributes = { TYPE, WRONG_DIGEST } }, NULL, "tampered" },
	{ "no certificate", { .leave_certificate_out = true }, NULL, "no-certificate" },
	{ "signed EnvelopedData", { .content_type = SMIME_OID_ENVELOPED }, NULL, "content-type" },
};

START_TEST(the_22_cases_have_their_verdicts)
{
	struct spec spec = cases[_i].spec;
	enum smime_status status;

	if (spec.by_server)
		spec.signer = server;
	status = check(&spec, cases[_i].external, false);
	ck_assert_msg(
	    (status == SMIME_OK) == (cases[_i].token == NULL), "%s: %s", cases[_i].name, diag.text);
	ck_assert_int_ne(status, SMIME_E_SYSTEM);
	if (cases[_i].token)
		ck_assert_msg(strcmp(diag.token, cases[_i].token) == 0, "%s: %s, not %s",
		    cases[_i].name, diag.token, cases[_i].token);
}
END_TEST

START_TEST(r_ver_alg_sha1_verifies_only_by_setting)
{
	struct spec sha1 = { .digest = "sha1" };

	ck_assert_int_ne(check(&sha1, NULL, false), SMIME_OK);
	ck_assert_msg(check(&sha1, NULL, true) == SMIME_OK, "%s", diag.text);
}
END_TEST

/* R-VER-ATTRS: only when a setting says so, and never attributes as content. */
START_TEST(r_ver_attrs_needed_and_never_replayed)
{
	const struct smime_cms_verify allowed = { .no_attributes_verifies = true };
	struct spec bare = { .no_attributes = true };
	struct spec replay = { .replay = true };

	ck_assert_int_eq(check(&bare, NULL, false), SMIME_E_UNTRUSTED);
	ck_assert_str_eq(diag.token, "no-attributes");
	ck_assert_msg(check_by(&bare, NULL, &allowed) == SMIME_OK, "%s", diag.text);
	bare.detached = true;
	ck_assert_msg(check_by(&bare, CONTENT, &allowed) == SMIME_OK, "%s", diag.text);
	ck_assert_int_eq(check_by(&bare, CONTENT ".", &allowed), SMIME_E_UNTRUSTED);
	ck_assert_str_eq(diag.token, "bad-signature");
	for (int i = 0; i < 2; i++) {
		replay.constructed = i;
		ck_assert_int_eq(check_by(&replay, NULL, &allowed), SMIME_E_UNTRUSTED);
		ck_assert_str_eq(diag.token, "content-type");
	}
}
END_TEST

/* Whose certificate it is matters as much as the arithmetic. */
START_TEST(r_ver_eku_the_signer_must_be_the_right_one)
{
	struct spec by = { .signer = server };

	ck_assert_int_ne(check(&by, NULL, false), SMIME_OK);
	ck_assert_str_eq(diag.token, "purpose");
	by.signer = stranger;
	ck_assert_int_eq(check(&by, NULL, false), SMIME_E_UNTRUSTED);
	ck_assert_str_eq(diag.token, "no-anchor");
	by.signer = bob;
	ck_assert_int_eq(check(&by, NULL, false), SMIME_E_UNTRUSTED);
	ck_assert_str_eq(diag.token, "from-not-covered");
}
END_TEST

/* Every octet of the object is signed, or structure, or makes no difference to what is shown. */
START_TEST(r_ver_econtent_no_flipped_bit_changes_what_is_believed)
{
	const struct smime_cms_verify verify = {
		.trust = trust, .now = PKI_NOW, .from = "alice@a.example"
	};
	SMIME_AUTO_BUF der = { 0 };

	build(&(struct spec){ .digest = NULL }, &der);
	for (size_t i = 0; i < der.len; i++) {
		struct smime_content_info info;
		struct smime_signed_data data = { 0 };
		struct smime_cms_verdict verdict = { 0 };
		SMIME_AUTO_BUF content = { 0 };
		SMIME_AUTO(smime_stage) collect = NULL;

		der.data[i] ^= 1;
		OK(smime_stage_buf_new(&content, 10000, &collect));
		if (smime_cms_read(smime_buf_bytes(&der), &info, NULL) == SMIME_OK &&
		    smime_signed_data_read(info.content, &data, NULL) == SMIME_OK &&
		    smime_cms_check(&verify, &data, NULL, collect, &verdict, NULL) == SMIME_OK) {
			ck_assert_uint_eq(content.len, strlen(CONTENT));
			ck_assert_mem_eq(content.data, CONTENT, content.len);
		}
		smime_cert_free(&verdict.cert);
		smime_signed_data_reset(&data);
		der.data[i] ^= 1;
	}
}
END_TEST

START_TEST(no_truncated_object_is_believed)
{
	SMIME_AUTO_BUF der = { 0 };

	build(&(struct spec){ .digest = NULL }, &der);
	for (size_t len = 0; len < der.len; len++) {
		struct smime_content_info info;

		ck_assert_int_ne(smime_cms_read(smime_bytes(der.data, len), &info, NULL), SMIME_OK);
	}
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("cms_verify");
	TCase *tc = tcase_create("all");

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 60);
	tcase_add_unchecked_fixture(tc, make_certificates, free_certificates);
	tcase_add_test(tc, what_is_good_verifies);
	tcase_add_loop_test(tc, the_22_cases_have_their_verdicts, 0, ROWS(cases));
	tcase_add_test(tc, r_ver_alg_sha1_verifies_only_by_setting);
	tcase_add_test(tc, r_ver_attrs_needed_and_never_replayed);
	tcase_add_test(tc, r_ver_eku_the_signer_must_be_the_right_one);
	tcase_add_test(tc, r_ver_econtent_no_flipped_bit_changes_what_is_believed);
	tcase_add_test(tc, no_truncated_object_is_believed);
	return suite;
}
