/* test_open.c - what arrives and how much of it is believed.  R-DEC-ROOT, R-VER-ROOT, R-VER-FROM,
 * R-LIM.
 */
#include "cms.h"
#include "der.h"
#include "support.h"
#include "support_world.h"

#include <stdio.h>

#define OK(call) ck_assert_int_eq(call, SMIME_OK)

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
	world_put(out, at + 2);
}

START_TEST(r_dec_root_only_the_root_is_decrypted)
{
	SMIME_AUTO_BUF sealed = { 0 };
	SMIME_AUTO_BUF message = { 0 };
	SMIME_AUTO(smime_opened) opened = NULL;

	world_seal(SMIME_MODE_ENCRYPT, false, NULL, WORLD_FIELDS WORLD_TEXT, &sealed);
	world_put(&message, WORLD_FIELDS);
	nest(nestings[_i], &sealed, &message);
	opened = world_open(smime_buf_bytes(&message), true);
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

	world_seal(SMIME_MODE_ENCRYPT, false, NULL, WORLD_FIELDS WORLD_TEXT, &sealed);
	world_put(&nested, WORLD_FIELDS);
	nest(nestings[_i], &sealed, &nested);
	OK(smime_buf_terminate(&nested));
	world_put(&message, WORLD_FIELDS);
	world_seal(SMIME_MODE_SIGN, true, NULL, (const char *)nested.data, &message);
	opened = world_open(smime_buf_bytes(&message), true);
	ck_assert_uint_eq(opened->layer_count, 1);
	ck_assert(opened->gateway_verified);
	ck_assert(!world_shows(opened, "CANARY"));
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

	world_seal(SMIME_MODE_SIGN, false, NULL, WORLD_FIELDS WORLD_TEXT, &entity);
	world_put(&message, WORLD_FIELDS);
	OK(smime_buf_append(&message, entity.data, entity.len));
	whole = world_open(smime_buf_bytes(&message), false);
	ck_assert(whole->gateway_verified);

	/* An epilogue is read by some programs. */
	world_put(&message, "Please click http://evil.example/\r\n");
	footer = world_open(smime_buf_bytes(&message), false);
	ck_assert(footer->gateway_message && !footer->gateway_verified);
	ck_assert_str_eq(footer->layers[0].token, "partial");

	/* A third part. */
	OK(smime_buf_terminate(&entity));
	at = strstr((const char *)entity.data, "boundary=\"");
	ck_assert_ptr_nonnull(at);
	ck_assert_int_eq(sscanf(at, "boundary=\"%99[^\"]", boundary), 1);
	world_put(&third, WORLD_FIELDS);
	at = strrchr((const char *)entity.data, '-');
	while (memcmp(at, "\r\n--", 4) != 0)
		at--;
	OK(smime_buf_append(&third, entity.data, (size_t)(at - (const char *)entity.data)));
	world_put(&third, "\r\n--");
	world_put(&third, boundary);
	world_put(&third, "\r\nContent-Type: text/plain\r\n\r\nmore\r\n--");
	world_put(&third, boundary);
	world_put(&third, "--\r\n");
	wrapped = world_open(smime_buf_bytes(&third), false);
	ck_assert(wrapped->gateway_message && !wrapped->gateway_verified);
	ck_assert_str_eq(wrapped->layers[0].token, "partial");
}
END_TEST

START_TEST(r_ver_root_a_signature_beside_other_parts_is_none)
{
	SMIME_AUTO_BUF entity = { 0 };
	SMIME_AUTO_BUF message = { 0 };
	SMIME_AUTO(smime_opened) opened = NULL;

	world_seal(SMIME_MODE_SIGN, _i % 2, NULL, WORLD_FIELDS WORLD_TEXT, &entity);
	world_put(&message, WORLD_FIELDS);
	nest(nestings[_i / 2], &entity, &message);
	opened = world_open(smime_buf_bytes(&message), false);
	ck_assert(!opened->gateway_message && !opened->gateway_verified);
}
END_TEST

/* A detached signature in a message of another shape. */
static const struct {
	const char *find, *put;
} shapes[] = {
	{ "multipart/signed", "multipart/mixed" },
	{ "protocol=\"application/pkcs7-signature\"", "protocol=\"application/pgp-signature\"" },
	{ "Content-Type: application/pkcs7-signature", "Content-Type: text/plain; x=y" },
	{ "Content-Type: application/pkcs7-signature", "Content-Type: message/rfc822; x=y" },
	{ "The quick brown fox", "The quick brown ox" },
	{ "Content-Type: text/plain", "Content-Type: text/html" },
	{ "CANARY.\r\n", "CANARY.\r\n\r\nA footer.\r\n" },
	/* What others may read as delimiters: in front of the first part ... */
	{ "\r\n\r\n--", "\r\n\r\n--x\r\n\r\nhello\r\n--x--\r\n--" },
	{ "\r\n\r\n--", "\r\n\r\nhi\r--x\r\rhello\r--x--\r\r\n--" },
	/* ... and in the signature's. */
	{ "S/MIME signature\r\n\r\n", "S/MIME signature\r\n\r\n--\r\n" },
	{ "S/MIME signature\r\n\r\n", "S/MIME signature\r\n\r\n\r" },
	/* Fields that make something else of the signature's part. */
	{ "S/MIME signature\r\n\r\n", "S/MIME signature\r\nContent-Type: text/html\r\n\r\n" },
	{ "S/MIME signature\r\n\r\n",
	    "S/MIME signature\r\nContent-Transfer-Encoding: 7bit\r\n\r\n" },
	{ "S/MIME signature\r\n\r\n", "S/MIME signature\r\nPlease pay.\r\n\r\n" },
	/* Boundaries that are read in more than one way. */
	{ "boundary=\"", "x=\"\\\"; boundary=y; z=\"; boundary=\"" },
	{ "boundary=\"", "x=\"\\\"; boundary=\"" },
};

START_TEST(r_ver_root_no_other_shape_is_verified)
{
	SMIME_AUTO_BUF message = { 0 };
	SMIME_AUTO_BUF changed = { 0 };
	SMIME_AUTO(smime_opened) opened = NULL;
	size_t before, len = strlen(shapes[_i].find);
	const char *at;

	world_put(&message, WORLD_FIELDS);
	world_seal(SMIME_MODE_SIGN, false, NULL, WORLD_FIELDS WORLD_TEXT, &message);
	at = memmem(message.data, message.len, shapes[_i].find, len);
	ck_assert_ptr_nonnull(at);
	before = (size_t)(at - (const char *)message.data);
	OK(smime_buf_append(&changed, message.data, before));
	world_put(&changed, shapes[_i].put);
	OK(smime_buf_append(&changed, message.data + before + len, message.len - before - len));
	opened = world_open(smime_buf_bytes(&changed), true);
	ck_assert(!opened->gateway_verified);
}
END_TEST

/* Text behind the padding of a signature's base64, where its decoder does not come to; detached,
 * and opaque. */
START_TEST(r_ver_root_nothing_stands_behind_the_signature)
{
	SMIME_AUTO_BUF message = { 0 };
	SMIME_AUTO_BUF changed = { 0 };
	SMIME_AUTO(smime_opened) opened = NULL;
	const uint8_t *end;

	world_put(&message, WORLD_FIELDS);
	world_seal(SMIME_MODE_SIGN, _i, NULL, WORLD_FIELDS WORLD_TEXT, &message);
	end = memrchr(message.data, '\r', message.len - (_i ? 0 : 2));
	OK(smime_buf_append(&changed, message.data, (size_t)(end - message.data)));
	world_put(&changed, "==\r\nPlease pay http://evil.example/\r\n");
	OK(smime_buf_append(&changed, end, message.len - (size_t)(end - message.data)));
	opened = world_open(smime_buf_bytes(&changed), true);
	ck_assert(opened->gateway_message && !opened->gateway_verified);
	ck_assert_str_eq(
	    opened->layers[0].type == SMIME_LAYER_SIGNED ? opened->layers[0].token : "", "partial");
}
END_TEST

/* The message itself, and how else it could be read. */
static const char *const twice[] = { "Content-Type: text/plain\r\n",
	"Content-Transfer-Encoding: 7bit\r\n" };

START_TEST(r_ver_root_an_opaque_signature_has_one_type)
{
	SMIME_AUTO_BUF message = { 0 };
	SMIME_AUTO_BUF changed = { 0 };
	SMIME_AUTO(smime_opened) opened = NULL;
	const uint8_t *end;

	world_put(&message, WORLD_FIELDS);
	world_seal(SMIME_MODE_SIGN, true, NULL, WORLD_FIELDS WORLD_TEXT, &message);
	end = memmem(message.data, message.len, "\r\n\r\n", 4);
	OK(smime_buf_append(&changed, message.data, (size_t)(end - message.data) + 2));
	world_put(&changed, twice[_i]);
	OK(smime_buf_append(&changed, end + 2, message.len - (size_t)(end + 2 - message.data)));
	opened = world_open(smime_buf_bytes(&changed), true);
	ck_assert(opened->gateway_message && !opened->gateway_verified);
	ck_assert_str_eq(opened->layers[0].token, "partial");
}
END_TEST

static void
replace(struct smime_buf *message, const char *what, const char *with)
{
	const char *at = memmem(message->data, message->len, what, strlen(what));
	SMIME_AUTO_BUF out = { 0 };

	ck_assert_ptr_nonnull(at);
	OK(smime_buf_append(&out, message->data, (size_t)(at - (char *)message->data)));
	world_put(&out, with);
	at += strlen(what);
	OK(smime_buf_append(&out, at, message->len - (size_t)(at - (char *)message->data)));
	message->len = 0;
	OK(smime_buf_append(message, out.data, out.len));
}

/* Names from before RFC 2311, which some still write. */
START_TEST(an_old_name_for_a_signature_is_one)
{
	SMIME_AUTO_BUF message = { 0 };
	SMIME_AUTO(smime_opened) opened = NULL;

	world_put(&message, WORLD_FIELDS);
	world_seal(SMIME_MODE_SIGN, false, NULL, WORLD_FIELDS WORLD_TEXT, &message);
	replace(&message, "\"application/pkcs7-signature\"", "\"application/x-pkcs7-signature\"");
	replace(
	    &message, "Type: application/pkcs7-signature", "Type: application/x-pkcs7-signature");
	opened = world_open(smime_buf_bytes(&message), true);
	ck_assert(opened->gateway_verified);
}
END_TEST

/* The signature's place is taken by another object, or by too much of one. */
START_TEST(what_stands_for_a_signature_must_be_one)
{
	SMIME_AUTO_BUF sealed = { 0 };
	SMIME_AUTO_BUF der = { 0 };
	SMIME_AUTO_BUF message = { 0 };
	SMIME_AUTO(smime_opened) opened = NULL;
	uint8_t *room;

	world_seal(SMIME_MODE_ENCRYPT, false, NULL, WORLD_FIELDS WORLD_TEXT, &sealed);
	world_object_of(smime_buf_bytes(&sealed), &der);
	if (_i) {
		OK(smime_buf_extend(&der, 1048577, &room));
		memset(room, 0, 1048577);
	}
	world_put(&message,
	    WORLD_FIELDS "Content-Type: multipart/signed; micalg=sha-256; boundary=b;\r\n"
			 " protocol=\"application/pkcs7-signature\"\r\n\r\n--b\r\n" WORLD_TEXT
			 "\r\n--b\r\nContent-Type: application/pkcs7-signature\r\n"
			 "Content-Transfer-Encoding: base64\r\n\r\n");
	world_put_base64(&message, smime_buf_bytes(&der));
	world_put(&message, "\r\n--b--\r\n");
	opened = world_open(smime_buf_bytes(&message), true);
	ck_assert(opened->gateway_message && !opened->gateway_verified);
	ck_assert_uint_eq(opened->layer_count, 1);
	ck_assert_str_eq(opened->layers[0].token, _i ? "limit" : "malformed");
}
END_TEST

/* What was signed is no MIME entity: verified, but without its signature its first lines were gone.
 */
static const char *const texts[] = { "Just a line.\r\n", "Two lines.\r\n\r\nThe second.\r\n",
	" Content-Type: text/plain\r\n\r\nbody\r\n", "<html>\r\n" };

START_TEST(what_has_no_header_keeps_its_signature)
{
	struct smime_certs chain = { 0 };
	const struct smime_alg *sha256 = smime_alg_by_name(smime_digests, "sha256");
	const struct smime_cms_signer how = { .cert = world.alice->cert,
		.chain = &chain,
		.keys = smime_keyring_keys(world.ring),
		.digest = sha256,
		.scheme = smime_signature_alg("ecdsa", sha256),
		.now = PKI_NOW };
	SMIME_AUTO(smime_spool) text = NULL;
	SMIME_AUTO(smime_stage) collect = NULL;
	SMIME_AUTO(smime_opened) opened = NULL;
	SMIME_AUTO_BUF der = { 0 };
	SMIME_AUTO_BUF message = { 0 };

	OK(smime_spool_new(NULL, &text));
	OK(smime_spool_write(text, texts[_i], strlen(texts[_i])));
	OK(smime_stage_buf_new(&der, 100000, &collect));
	OK(smime_cms_sign(&how, false, text, collect, NULL));
	world_put_object(smime_buf_bytes(&der), &message);
	opened = world_open(smime_buf_bytes(&message), true);
	ck_assert(opened->gateway_verified);
	ck_assert_ptr_null(opened->entity);
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
	/* Identities of "Johnny, you are fired": two addresses, of which a reader shows one. */
	{ "From: alice@a.example <bob@b.example>\r\n", false },
	{ "From: <alice@a.example> <bob@b.example>\r\n", false },
	{ "From: <bob@b.example> alice@a.example\r\n", false },
	{ "From: alice@a.example bob@b.example\r\n", false },
	{ "From: alice@a.example; bob@b.example\r\n", false },
	{ "From: bob@b.example (alice@a.example)\r\n", false },
	{ "From: =?utf-8?q?alice=40a=2Eexample?= <bob@b.example>\r\n", false },
	{ "From: =?utf-8?q?alice=40a=2Eexample?=\r\n", false },
	{ "From: \"alice@a.example\\\" <bob@b.example>\" <eve@e.example>\r\n", false },
	{ "From: alice@a.example,\r\n bob@b.example\r\n", false },
	{ "from: bob@b.example\r\nFrom: alice@a.example\r\n", false },
	{ "From: alice@a.example\r\nFROM : bob@b.example\r\n", false },
	{ "From: <@b.example:alice@a.example>\r\n", false },
	{ "From: <alice@a.example\r\n", false },
	{ "From: alice@a.example@b.example\r\n", false },
	{ "From: alice@a.example.\r\n", false },
	{ "From: alice @a.example\r\n", false },
};

START_TEST(r_ver_from_one_address_that_the_certificate_names)
{
	SMIME_AUTO_BUF message = { 0 };
	SMIME_AUTO(smime_opened) opened = NULL;

	world_put(&message, froms[_i].from);
	world_put(&message, "To: bob@b.example\r\n");
	world_seal(SMIME_MODE_SIGN, true, NULL, WORLD_FIELDS WORLD_TEXT, &message);
	opened = world_open(smime_buf_bytes(&message), false);
	ck_assert(opened->gateway_message);
	ck_assert_msg(opened->gateway_verified == froms[_i].verified, "%s: %s", froms[_i].from,
	    opened->layers[0].reason);
	if (!froms[_i].verified)
		ck_assert_int_eq(strncmp(opened->layers[0].token, "from", 4), 0);
}
END_TEST

/* ---- R-LIM ---- */

START_TEST(r_lim_five_layers)
{
	for (int depth = 5; depth <= 6; depth++) {
		SMIME_AUTO_BUF entity = { 0 };
		SMIME_AUTO(smime_opened) opened = NULL;

		world_put(&entity, WORLD_FIELDS WORLD_TEXT);
		for (int i = 0; i < depth; i++) {
			SMIME_AUTO_BUF next = { 0 };

			OK(smime_buf_terminate(&entity));
			world_put(&next, WORLD_FIELDS);
			world_seal(SMIME_MODE_SIGN, true, NULL, (const char *)entity.data, &next);
			smime_buf_reset(&entity);
			entity = next;
			next = (struct smime_buf){ 0 };
		}
		opened = world_open(smime_buf_bytes(&entity), true);
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
		world_put_object(smime_buf_bytes(&der), &message);
		opened = world_open(smime_buf_bytes(&message), false);
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
	tcase_add_unchecked_fixture(tc, world_start, world_stop);
	tcase_add_loop_test(tc, r_dec_root_only_the_root_is_decrypted, 0, ROWS(nestings));
	tcase_add_loop_test(tc, r_dec_root_nor_below_a_signature, 0, ROWS(nestings));
	tcase_add_test(tc, r_ver_root_more_than_was_signed_is_not_verified);
	tcase_add_loop_test(
	    tc, r_ver_root_a_signature_beside_other_parts_is_none, 0, 2 * ROWS(nestings));
	tcase_add_loop_test(tc, r_ver_root_no_other_shape_is_verified, 0, ROWS(shapes));
	tcase_add_loop_test(tc, r_ver_root_nothing_stands_behind_the_signature, 0, 2);
	tcase_add_loop_test(tc, r_ver_root_an_opaque_signature_has_one_type, 0, ROWS(twice));
	tcase_add_test(tc, an_old_name_for_a_signature_is_one);
	tcase_add_loop_test(tc, what_stands_for_a_signature_must_be_one, 0, 2);
	tcase_add_loop_test(tc, what_has_no_header_keeps_its_signature, 0, ROWS(texts));
	tcase_add_loop_test(tc, r_ver_from_one_address_that_the_certificate_names, 0, ROWS(froms));
	tcase_add_test(tc, r_lim_five_layers);
	tcase_add_test(tc, r_lim_lists_are_counted_before_they_are_read);
	return suite;
}
