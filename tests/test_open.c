/*
 * test_open.c - what arrives and how much of it is believed.  R-DEC-ROOT, R-DEC-CBC, R-DEC-AEAD,
 * R-DEC-MMA, R-VER-ROOT, R-VER-FROM, R-VER-ECONTENT, R-LIM.
 */
#include "cms.h"
#include "der.h"
#include "smime/open.h"
#include "smime/seal.h"
#include "support.h"
#include "support_pki.h"

#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

#define OK(call) ck_assert_int_eq(call, SMIME_OK)

#define FIELDS "From: alice@a.example\r\nTo: bob@b.example\r\nSubject: s\r\n"
#define TEXT \
	"Content-Type: text/plain\r\n\r\nThe quick brown fox jumps over the lazy dog, CANARY.\r\n"

static struct pki_cert *root, *alice, *bob;
static struct smime_keyring *ring;
static struct smime_trust *trust;

static void
setup(void)
{
	root = pki_make(&(struct pki_spec){ .name = "Root", .ca = true });
	alice = pki_make(
	    &(struct pki_spec){ .name = "Alice", .mailboxes = "alice@a.example", .issuer = root });
	bob = pki_make(&(struct pki_spec){
	    .name = "Bob", .mailboxes = "bob@b.example", .key = "rsa-2048", .issuer = root });
	ring = pki_keyring((struct pki_cert *[]){ alice, bob, NULL });
	OK(smime_trust_new(&trust));
	OK(smime_trust_add_anchor(trust, root->cert, false, NULL));
	smime_trust_seal(trust);
}

static void
teardown(void)
{
	smime_trust_free(&trust);
	smime_keyring_free(&ring);
	pki_free(&bob);
	pki_free(&alice);
	pki_free(&root);
}

/* ---- making ---- */

static void
put(struct smime_buf *out, const char *text)
{
	OK(smime_buf_append(out, text, strlen(text)));
}

/* An entity sealed: its MIME fields, blank line and body, appended. */
static void
seal(enum smime_mode mode, bool opaque, const char *cipher, const char *entity,
    struct smime_buf *out)
{
	struct smime_certs recipients = pki_list((struct pki_cert *[]){ bob, NULL });
	const struct smime_seal how = { .mode = mode,
		.opaque = opaque,
		.now = PKI_NOW,
		.signer = alice->cert,
		.keys = smime_keyring_keys(ring),
		.recipients = &recipients,
		.cipher = cipher ? smime_alg_by_name(smime_content_algs, cipher) : NULL };
	SMIME_AUTO(smime_mime) mime = NULL;
	SMIME_AUTO(smime_spool) sealed = NULL;
	struct smime_bytes view;
	struct smime_diag diag = { 0 };

	OK(smime_mime_scan(smime_bytes_str(entity), NULL, &mime, NULL));
	ck_assert_msg(smime_seal_message(&how, mime, &sealed, &diag) == SMIME_OK, "%s", diag.text);
	OK(smime_spool_view(sealed, &view, NULL));
	OK(smime_buf_append(out, view.data, view.len));
	smime_certs_reset(&recipients);
}

static void
put_base64(struct smime_buf *out, struct smime_bytes in)
{
	SMIME_AUTO(smime_stage) collect = NULL;
	SMIME_AUTO(smime_stage) base64 = NULL;

	OK(smime_stage_buf_new(out, 1 << 22, &collect));
	OK(smime_stage_base64_new(collect, &base64));
	OK(smime_push_bytes(base64, in));
	OK(smime_finish(base64));
}

/* A message whose root is that CMS object. */
static void
put_object(struct smime_bytes der, struct smime_buf *out)
{
	put(out, FIELDS
	    "Content-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: base64\r\n\r\n");
	put_base64(out, der);
}

/* The CMS object of a sealed entity. */
static void
object_of(struct smime_bytes entity, struct smime_buf *der)
{
	SMIME_AUTO(smime_mime) mime = NULL;
	SMIME_AUTO(smime_stage) collect = NULL;

	OK(smime_mime_scan(entity, NULL, &mime, NULL));
	OK(smime_stage_buf_new(der, 1 << 22, &collect));
	OK(smime_part_decode(mime, 0, collect, NULL));
}

/* ---- opening ---- */

static struct smime_opened *
open_with(struct smime_bytes message, bool remove_signature)
{
	const struct smime_open how = { .keys = smime_keyring_keys(ring),
		.trust = trust,
		.now = PKI_NOW,
		.remove_signature = remove_signature };
	SMIME_AUTO(smime_mime) mime = NULL;
	struct smime_opened *opened = NULL;

	OK(smime_mime_scan(message, NULL, &mime, NULL));
	OK(smime_open_message(&how, mime, &opened, NULL));
	return opened;
}

static bool
shows(const struct smime_opened *opened, const char *text)
{
	struct smime_bytes view;

	if (!opened->entity)
		return false;
	OK(smime_spool_view(opened->entity, &view, NULL));
	return memmem(view.data, view.len, text, strlen(text)) != NULL;
}

/* ---- R-DEC-ROOT ---- */

/* %s stands for the encrypted entity. */
static const char *const nestings[] = {
	"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: "
	"text/html\r\n\r\n<img "
	"src=\"http://x/\r\n--x\r\n%s\r\n--x\r\nContent-Type: text/html\r\n\r\n\">\r\n--x--\r\n",
	"Content-Type: multipart/alternative; boundary=x\r\n\r\n--x\r\nContent-Type: "
	"text/plain\r\n\r\nhi\r\n--x\r\n%s\r\n--x--\r\n",
	"Content-Type: multipart/related; boundary=x\r\n\r\n--x\r\nContent-Type: "
	"text/html\r\n\r\n<img "
	"src=\"cid:a\">\r\n--x\r\nContent-ID: <a>\r\n%s\r\n--x--\r\n",
	"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n%s\r\n--x--\r\n",
	"Content-Type: message/rfc822\r\n\r\n%s",
	"Content-Type: multipart/mixed; boundary=y\r\n\r\n--y\r\nContent-Type: multipart/mixed; "
	"boundary=x\r\n\r\n--x\r\n%s\r\n--x--\r\n\r\n--y--\r\n",
};

static void
nest(const char *around, const struct smime_buf *entity, struct smime_buf *out)
{
	const char *at = strstr(around, "%s");

	OK(smime_buf_append(out, around, (size_t)(at - around)));
	OK(smime_buf_append(out, entity->data, entity->len));
	put(out, at + 2);
}

START_TEST(r_dec_root_only_the_root_is_decrypted)
{
	SMIME_AUTO_BUF sealed = { 0 };
	SMIME_AUTO_BUF message = { 0 };
	SMIME_AUTO(smime_opened) opened = NULL;

	seal(SMIME_MODE_ENCRYPT, false, NULL, FIELDS TEXT, &sealed);
	put(&message, FIELDS);
	nest(nestings[_i], &sealed, &message);
	opened = open_with(smime_buf_bytes(&message), true);
	ck_assert_uint_eq(opened->layer_count, 0);
	ck_assert(!opened->gateway_message && !opened->gateway_verified);
	ck_assert_ptr_null(opened->entity);
}
END_TEST

/* The same inside of an outer signature: below an opened layer the root counts, nothing beside it.
 */
START_TEST(r_dec_root_nor_below_a_signature)
{
	SMIME_AUTO_BUF sealed = { 0 };
	SMIME_AUTO_BUF nested = { 0 };
	SMIME_AUTO_BUF message = { 0 };
	SMIME_AUTO(smime_opened) opened = NULL;

	seal(SMIME_MODE_ENCRYPT, false, NULL, FIELDS TEXT, &sealed);
	put(&nested, FIELDS);
	nest(nestings[_i], &sealed, &nested);
	OK(smime_buf_terminate(&nested));
	put(&message, FIELDS);
	seal(SMIME_MODE_SIGN, true, NULL, (const char *)nested.data, &message);
	opened = open_with(smime_buf_bytes(&message), true);
	ck_assert_uint_eq(opened->layer_count, 1);
	ck_assert(opened->gateway_verified);
	ck_assert(!shows(opened, "CANARY"));
}
END_TEST

/* ---- R-VER-ROOT: what is verified is the whole of what is shown ---- */

START_TEST(r_ver_root_more_than_was_signed_is_not_verified)
{
	SMIME_AUTO_BUF entity = { 0 };
	SMIME_AUTO_BUF message = { 0 };
	SMIME_AUTO_BUF third = { 0 };
	SMIME_AUTO(smime_opened) whole = NULL;
	SMIME_AUTO(smime_opened) footer = NULL;
	SMIME_AUTO(smime_opened) wrapped = NULL;
	char boundary[100];
	const char *at;

	seal(SMIME_MODE_SIGN, false, NULL, FIELDS TEXT, &entity);
	put(&message, FIELDS);
	OK(smime_buf_append(&message, entity.data, entity.len));
	whole = open_with(smime_buf_bytes(&message), false);
	ck_assert(whole->gateway_verified);

	/* An epilogue is read by some programs. */
	put(&message, "Please click http://evil.example/\r\n");
	footer = open_with(smime_buf_bytes(&message), false);
	ck_assert(footer->gateway_message && !footer->gateway_verified);
	ck_assert_str_eq(footer->layers[0].token, "partial");

	/* A third part. */
	OK(smime_buf_terminate(&entity));
	at = strstr((const char *)entity.data, "boundary=\"");
	ck_assert_ptr_nonnull(at);
	ck_assert_int_eq(sscanf(at, "boundary=\"%99[^\"]", boundary), 1);
	put(&third, FIELDS);
	at = strrchr((const char *)entity.data, '-');
	while (memcmp(at, "\r\n--", 4) != 0)
		at--;
	OK(smime_buf_append(&third, entity.data, (size_t)(at - (const char *)entity.data)));
	put(&third, "\r\n--");
	put(&third, boundary);
	put(&third, "\r\nContent-Type: text/plain\r\n\r\nmore\r\n--");
	put(&third, boundary);
	put(&third, "--\r\n");
	wrapped = open_with(smime_buf_bytes(&third), false);
	ck_assert(wrapped->gateway_message && !wrapped->gateway_verified);
	ck_assert_str_eq(wrapped->layers[0].token, "partial");
}
END_TEST

START_TEST(r_ver_root_a_signature_beside_other_parts_is_none)
{
	SMIME_AUTO_BUF entity = { 0 };
	SMIME_AUTO_BUF message = { 0 };
	SMIME_AUTO(smime_opened) opened = NULL;

	seal(SMIME_MODE_SIGN, _i % 2, NULL, FIELDS TEXT, &entity);
	put(&message, FIELDS);
	nest(nestings[_i / 2], &entity, &message);
	opened = open_with(smime_buf_bytes(&message), false);
	ck_assert(!opened->gateway_message && !opened->gateway_verified);
}
END_TEST

/* ---- R-VER-FROM ---- */

static const struct {
	const char *from;
	bool verified;
} froms[] = {
	{ "From: alice@a.example\r\n", true },
	{ "From: \"Bob <bob@b.example>\" <alice@a.example>\r\n", true },
	{ "FROM : Alice (x) <alice@A.EXAMPLE>\r\n", true },
	{ "From: alice@a.example\r\nFrom: alice@a.example\r\n", false },
	{ "From: bob@b.example\r\nFrom: alice@a.example\r\n", false },
	{ "From: alice@a.example, bob@b.example\r\n", false },
	{ "From: bob@b.example\r\nSender: alice@a.example\r\n", false },
	{ "From: bob@b.example\r\nReply-To: alice@a.example\r\n", false },
	{ "From: \"alice@a.example\" <bob@b.example>\r\n", false },
	{ "From: Alice@a.example\r\n", false }, /* local parts are exact */
	{ "From: group: alice@a.example;\r\n", false },
	{ "From: \r\n", false },
	{ "", false },
};

START_TEST(r_ver_from_one_address_that_the_certificate_names)
{
	SMIME_AUTO_BUF message = { 0 };
	SMIME_AUTO(smime_opened) opened = NULL;

	put(&message, froms[_i].from);
	put(&message, "To: bob@b.example\r\n");
	seal(SMIME_MODE_SIGN, true, NULL, FIELDS TEXT, &message);
	opened = open_with(smime_buf_bytes(&message), false);
	ck_assert(opened->gateway_message);
	ck_assert_msg(opened->gateway_verified == froms[_i].verified, "%s: %s", froms[_i].from,
	    opened->layers[0].reason);
	if (!froms[_i].verified)
		ck_assert_int_eq(strncmp(opened->layers[0].token, "from", 4), 0);
}
END_TEST

/* ---- R-DEC-CBC: what was changed in a ciphertext without a tag ---- */

/* Where the encrypted content stands: it is the longest string, at the end. */
static size_t
ciphertext_at(const struct smime_buf *der, size_t *len)
{
	size_t text = strlen(TEXT);

	*len = text / 16 * 16 + 16;
	return der->len - *len;
}

START_TEST(r_dec_cbc_noise_is_not_delivered)
{
	SMIME_AUTO_BUF entity = { 0 };
	SMIME_AUTO_BUF der = { 0 };
	size_t at, len, delivered = 0, tried = 0;

	seal(SMIME_MODE_ENCRYPT, false, "aes128-cbc", FIELDS TEXT, &entity);
	object_of(smime_buf_bytes(&entity), &der);
	at = ciphertext_at(&der, &len);
	/* Each flipped bit makes sixteen octets of noise out of its block. */
	for (size_t i = 0; i < len - 32; i++, tried++) {
		SMIME_AUTO_BUF message = { 0 };
		SMIME_AUTO(smime_opened) opened = NULL;

		der.data[at + i] ^= 1;
		put_object(smime_buf_bytes(&der), &message);
		opened = open_with(smime_buf_bytes(&message), false);
		delivered += opened->gateway_verified;
		ck_assert(!opened->layers[0].authenticated);
		if (!opened->layers[0].ok) {
			ck_assert_str_eq(opened->layers[0].token, "decrypt-failed");
			ck_assert(!shows(opened, "fox"));
		}
		der.data[at + i] ^= 1;
	}
	/* Noise is seven-bit once in 65536. */
	ck_assert_uint_gt(tried, 30);
	ck_assert_uint_le(delivered, 1);
}
END_TEST

/* With a signature inside, no change at all goes through: not of the IV, not a cut, not a splice.
 */
START_TEST(r_dec_cbc_a_signature_inside_protects)
{
	SMIME_AUTO_BUF entity = { 0 };
	SMIME_AUTO_BUF der = { 0 };
	uint8_t block[16];

	seal(SMIME_MODE_SIGN_ENCRYPT, true, "aes256-cbc", FIELDS TEXT, &entity);
	object_of(smime_buf_bytes(&entity), &der);
	for (size_t i = der.len - 600; i + 32 < der.len; i += 16) {
		SMIME_AUTO_BUF message = { 0 };
		SMIME_AUTO(smime_opened) opened = NULL;

		/* A block in the place of another. */
		memcpy(block, der.data + i, 16);
		memcpy(der.data + i, der.data + i + 16, 16);
		put_object(smime_buf_bytes(&der), &message);
		opened = open_with(smime_buf_bytes(&message), false);
		ck_assert(opened->gateway_message && !opened->gateway_verified);
		memcpy(der.data + i, block, 16);
	}
}
END_TEST

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

	seal(SMIME_MODE_ENCRYPT, false, "aes256-gcm", FIELDS TEXT, &entity);
	object_of(smime_buf_bytes(&entity), &der);
	for (uint8_t icv = 0; icv <= 17; icv++)
		for (size_t tag = 0; tag <= 17; tag++) {
			bool right = icv == tag && icv >= 12 && icv <= 16;
			SMIME_AUTO_BUF changed = { 0 };
			SMIME_AUTO_BUF message = { 0 };
			SMIME_AUTO(smime_opened) opened = NULL;

			with_tag(&der, icv, tag, &changed);
			put_object(smime_buf_bytes(&changed), &message);
			opened = open_with(smime_buf_bytes(&message), false);
			ck_assert_msg(
			    opened->gateway_verified == right, "ICVlen %d, mac %zu", icv, tag);
			ck_assert(shows(opened, "CANARY") == right);
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

	seal(SMIME_MODE_ENCRYPT, false, "aes256-cbc", FIELDS TEXT, &entity);
	object_of(smime_buf_bytes(&entity), &der);
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
		put_object(smime_buf_bytes(&der), &message);
		opened = open_with(smime_buf_bytes(&message), false);
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

/* ---- labels ---- */

static const struct {
	const char *fields;
	bool opens;
} labels[] = {
	{ "Content-Type: application/pkcs7-mime; smime-type=enveloped-data\r\n", true },
	{ "Content-Type: application/x-pkcs7-mime\r\n", true },
	{ "Content-Type: APPLICATION/PKCS7-MIME; smime-type=signed-data\r\n", true },
	{ "Content-Type: application/octet-stream; name=smime.p7m\r\n", true },
	{ "Content-Type: application/octet-stream; name=\"a.P7M\"\r\n", true },
	{ "Content-Type: application/octet-stream\r\nContent-Disposition: attachment; "
	  "filename=x.p7z\r\n",
	    true },
	{ "Content-Type: application/octet-stream\r\nContent-Disposition: attachment; "
	  "filename*=utf-8''x%2Ep7m\r\n",
	    true },
	{ "Content-Type: application/octet-stream; name=p7m\r\n", false },
	{ "Content-Type: application/octet-stream\r\n", false },
	{ "Content-Type: text/plain; name=smime.p7m\r\n", false },
	{ "", false },
};

START_TEST(objects_are_known_by_type_or_name)
{
	SMIME_AUTO_BUF entity = { 0 };
	SMIME_AUTO_BUF der = { 0 };
	SMIME_AUTO_BUF message = { 0 };
	SMIME_AUTO(smime_mime) mime = NULL;
	SMIME_AUTO(smime_opened) opened = NULL;

	seal(SMIME_MODE_ENCRYPT, false, NULL, FIELDS TEXT, &entity);
	object_of(smime_buf_bytes(&entity), &der);
	put(&message, FIELDS);
	put(&message, labels[_i].fields);
	put(&message, "Content-Transfer-Encoding: base64\r\n\r\n");
	put_base64(&message, smime_buf_bytes(&der));
	opened = open_with(smime_buf_bytes(&message), false);
	ck_assert_msg(opened->gateway_verified == labels[_i].opens, "%s", labels[_i].fields);
	ck_assert(shows(opened, "CANARY") == labels[_i].opens);
	OK(smime_mime_scan(smime_buf_bytes(&message), NULL, &mime, NULL));
	ck_assert_int_eq(
	    smime_form_of(mime), labels[_i].opens ? SMIME_FORM_ENCRYPTED : SMIME_FORM_NONE);
}
END_TEST

START_TEST(what_only_claims_to_be_cms_fails_and_stays)
{
	static const char *const bodies[] = { "", "hello", "MAA=", "MIIBAAYJKoZIhvcNAQcDoA==" };

	for (int i = 0; i < ROWS(bodies); i++) {
		SMIME_AUTO_BUF message = { 0 };
		SMIME_AUTO(smime_mime) mime = NULL;
		SMIME_AUTO(smime_opened) opened = NULL;

		put(&message, FIELDS "Content-Type: application/pkcs7-mime\r\n"
				     "Content-Transfer-Encoding: base64\r\n\r\n");
		put(&message, bodies[i]);
		opened = open_with(smime_buf_bytes(&message), false);
		ck_assert_uint_eq(opened->layer_count, 1);
		ck_assert(!opened->gateway_verified && !opened->layers[0].ok);
		ck_assert_str_eq(opened->layers[0].token, "malformed");
		ck_assert_ptr_null(opened->entity);
		OK(smime_mime_scan(smime_buf_bytes(&message), NULL, &mime, NULL));
		ck_assert_int_eq(smime_form_of(mime), SMIME_FORM_OTHER);
	}
}
END_TEST

START_TEST(openpgp_is_none_of_our_business)
{
	SMIME_AUTO(smime_opened)
	opened = open_with(smime_bytes_str(FIELDS "Content-Type: multipart/signed; boundary=x; "
						  "protocol=\"application/pgp-signature\"\r\n\r\n"
						  "--x\r\n\r\nhi\r\n--x\r\n\r\nsig\r\n--x--\r\n"),
	    false);

	ck_assert_uint_eq(opened->layer_count, 0);
	ck_assert(!opened->gateway_message);
}
END_TEST

/* ---- CompressedData ---- */

static void
compress_entity(const char *text, size_t len, struct smime_buf *out)
{
	uLongf size = compressBound(len);
	SMIME_AUTO_BUF zipped = { 0 };
	uint8_t *room;

	OK(smime_buf_extend(&zipped, size, &room));
	ck_assert_int_eq(compress(room, &size, (const Bytef *)text, len), Z_OK);
	OK(smime_der_tlv(out, SMIME_BER_OCTET_STRING, smime_bytes(room, size)));
	OK(smime_der_wrap(out, 0, SMIME_BER_CONTEXT_CONS | 0));
}

/* CompressedData around that content. */
static void
put_compressed(
    const char *oid, const char *type, const char *text, size_t len, struct smime_buf *der)
{
	SMIME_AUTO_BUF content = { 0 };
	SMIME_AUTO_BUF encap = { 0 };
	SMIME_AUTO_BUF data = { 0 };

	compress_entity(text, len, &content);
	OK(smime_der_oid(&encap, type));
	OK(smime_buf_append(&encap, content.data, content.len));
	OK(smime_der_wrap(&encap, 0, SMIME_BER_SEQUENCE));
	OK(smime_der_small(&data, 0));
	OK(smime_der_algid(&data, oid, smime_bytes(NULL, 0)));
	OK(smime_buf_append(&data, encap.data, encap.len));
	OK(smime_der_wrap(&data, 0, SMIME_BER_SEQUENCE));
	OK(smime_der_wrap(&data, 0, SMIME_BER_CONTEXT_CONS | 0));
	OK(smime_der_oid(der, SMIME_OID_COMPRESSED));
	OK(smime_buf_append(der, data.data, data.len));
	OK(smime_der_wrap(der, 0, SMIME_BER_SEQUENCE));
}

#define ZLIB "1.2.840.113549.1.9.16.3.8"

START_TEST(compressed_data_is_inflated_and_is_no_protection)
{
	SMIME_AUTO_BUF der = { 0 };
	SMIME_AUTO_BUF message = { 0 };
	SMIME_AUTO(smime_opened) opened = NULL;

	put_compressed(ZLIB, SMIME_OID_DATA, TEXT, strlen(TEXT), &der);
	put_object(smime_buf_bytes(&der), &message);
	opened = open_with(smime_buf_bytes(&message), false);
	ck_assert_uint_eq(opened->layer_count, 1);
	ck_assert(opened->layers[0].ok);
	ck_assert(!opened->gateway_message && !opened->gateway_verified);
	ck_assert(shows(opened, "CANARY"));
}
END_TEST

START_TEST(compressed_data_that_is_wrong_stays)
{
	static const struct {
		const char *oid, *type;
		bool damaged;
		const char *token;
	} cases[] = {
		{ "1.2.3", SMIME_OID_DATA, false, "algorithm" },
		{ ZLIB, SMIME_OID_SIGNED, false, "algorithm" },
		{ ZLIB, SMIME_OID_DATA, true, "malformed" },
	};

	for (int i = 0; i < ROWS(cases); i++) {
		SMIME_AUTO_BUF der = { 0 };
		SMIME_AUTO_BUF message = { 0 };
		SMIME_AUTO(smime_opened) opened = NULL;

		put_compressed(cases[i].oid, cases[i].type, TEXT, strlen(TEXT), &der);
		der.data[der.len - 1] ^= (uint8_t)cases[i].damaged; /* Adler-32 */
		put_object(smime_buf_bytes(&der), &message);
		opened = open_with(smime_buf_bytes(&message), false);
		ck_assert(!opened->layers[0].ok);
		ck_assert_str_eq(opened->layers[0].token, cases[i].token);
		ck_assert_ptr_null(opened->entity);
	}
}
END_TEST

/* ---- R-LIM ---- */

START_TEST(r_lim_a_bomb_is_not_inflated)
{
	size_t len = 8 << 20;
	char *zeros = calloc(1, len);
	SMIME_AUTO_BUF der = { 0 };
	SMIME_AUTO_BUF message = { 0 };
	SMIME_AUTO(smime_opened) opened = NULL;

	memset(zeros, 'a', len);
	put_compressed(ZLIB, SMIME_OID_DATA, zeros, len, &der);
	free(zeros);
	put_object(smime_buf_bytes(&der), &message);
	opened = open_with(smime_buf_bytes(&message), false);
	ck_assert_uint_eq(opened->layer_count, 1);
	ck_assert_str_eq(opened->layers[0].token, "compressed");
	ck_assert_int_eq(opened->layers[0].status, SMIME_E_LIMIT);
	ck_assert_ptr_null(opened->entity);
}
END_TEST

START_TEST(r_lim_five_layers)
{
	for (int depth = 5; depth <= 6; depth++) {
		SMIME_AUTO_BUF entity = { 0 };
		SMIME_AUTO(smime_opened) opened = NULL;

		put(&entity, FIELDS TEXT);
		for (int i = 0; i < depth; i++) {
			SMIME_AUTO_BUF next = { 0 };

			OK(smime_buf_terminate(&entity));
			put(&next, FIELDS);
			seal(SMIME_MODE_SIGN, true, NULL, (const char *)entity.data, &next);
			smime_buf_reset(&entity);
			entity = next;
			next = (struct smime_buf){ 0 };
		}
		opened = open_with(smime_buf_bytes(&entity), true);
		ck_assert_uint_eq(opened->layer_count, 5);
		ck_assert(opened->gateway_verified == (depth == 5));
		if (depth > 5)
			ck_assert_str_eq(opened->layers[4].token, "limit");
	}
}
END_TEST

/* One list of a SignedData or EnvelopedData with so many elements of it. */
static void
put_many(const char *type, int which, size_t count, struct smime_buf *der)
{
	static const uint8_t one[] = { 0x30, 0 };
	struct smime_buf lists[4] = { { 0 }, { 0 }, { 0 }, { 0 } };
	SMIME_AUTO_BUF data = { 0 };

	for (size_t i = 0; i < count; i++)
		OK(smime_buf_append(&lists[which], one, sizeof one));
	OK(smime_der_small(&data, 1));
	if (strcmp(type, SMIME_OID_ENVELOPED) == 0) {
		OK(smime_der_tlv(&data, SMIME_BER_SET, smime_buf_bytes(&lists[0])));
		OK(smime_der_tlv(&data, SMIME_BER_SEQUENCE, smime_bytes(NULL, 0)));
	} else {
		OK(smime_der_tlv(&data, SMIME_BER_SET, smime_buf_bytes(&lists[0])));
		OK(smime_der_oid(&lists[3], SMIME_OID_DATA));
		OK(smime_der_tlv(&data, SMIME_BER_SEQUENCE, smime_buf_bytes(&lists[3])));
		OK(smime_der_tlv(&data, SMIME_BER_CONTEXT_CONS | 0, smime_buf_bytes(&lists[1])));
		OK(smime_der_tlv(&data, SMIME_BER_SET, smime_buf_bytes(&lists[2])));
	}
	OK(smime_der_wrap(&data, 0, SMIME_BER_SEQUENCE));
	OK(smime_der_wrap(&data, 0, SMIME_BER_CONTEXT_CONS | 0));
	OK(smime_der_oid(der, type));
	OK(smime_buf_append(der, data.data, data.len));
	OK(smime_der_wrap(der, 0, SMIME_BER_SEQUENCE));
	for (int i = 0; i < 4; i++)
		smime_buf_reset(&lists[i]);
}

START_TEST(r_lim_lists_are_counted_before_they_are_read)
{
	static const struct {
		const char *type;
		int which;
		size_t count;
	} cases[] = {
		{ SMIME_OID_ENVELOPED, 0, SMIME_RECIPIENTS_MAX + 1 },
		{ SMIME_OID_SIGNED, 2, SMIME_SIGNERS_MAX + 1 },
		{ SMIME_OID_SIGNED, 2, 100000 },
	};

	for (int i = 0; i < ROWS(cases); i++) {
		SMIME_AUTO_BUF der = { 0 };
		SMIME_AUTO_BUF message = { 0 };
		SMIME_AUTO(smime_opened) opened = NULL;

		put_many(cases[i].type, cases[i].which, cases[i].count, &der);
		put_object(smime_buf_bytes(&der), &message);
		opened = open_with(smime_buf_bytes(&message), false);
		ck_assert_uint_eq(opened->layer_count, 1);
		ck_assert_int_eq(opened->layers[0].status, SMIME_E_LIMIT);
		ck_assert_str_eq(opened->layers[0].token, "limit");
	}
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("open");
	TCase *tc = tcase_create("all");

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 60);
	tcase_add_unchecked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, r_dec_root_only_the_root_is_decrypted, 0, ROWS(nestings));
	tcase_add_loop_test(tc, r_dec_root_nor_below_a_signature, 0, ROWS(nestings));
	tcase_add_test(tc, r_ver_root_more_than_was_signed_is_not_verified);
	tcase_add_loop_test(
	    tc, r_ver_root_a_signature_beside_other_parts_is_none, 0, 2 * ROWS(nestings));
	tcase_add_loop_test(tc, r_ver_from_one_address_that_the_certificate_names, 0, ROWS(froms));
	tcase_add_test(tc, r_dec_cbc_noise_is_not_delivered);
	tcase_add_test(tc, r_dec_cbc_a_signature_inside_protects);
	tcase_add_test(tc, r_dec_aead_tags_of_twelve_to_sixteen_octets);
	tcase_add_test(tc, r_dec_mma_every_failure_looks_the_same);
	tcase_add_loop_test(tc, objects_are_known_by_type_or_name, 0, ROWS(labels));
	tcase_add_test(tc, what_only_claims_to_be_cms_fails_and_stays);
	tcase_add_test(tc, openpgp_is_none_of_our_business);
	tcase_add_test(tc, compressed_data_is_inflated_and_is_no_protection);
	tcase_add_test(tc, compressed_data_that_is_wrong_stays);
	tcase_add_test(tc, r_lim_a_bomb_is_not_inflated);
	tcase_add_test(tc, r_lim_five_layers);
	tcase_add_test(tc, r_lim_lists_are_counted_before_they_are_read);
	return suite;
}
