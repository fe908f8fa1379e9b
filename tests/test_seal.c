/* test_seal.c - what is sealed opens again, verified, with the same text: every mode, sign mode,
 * kind of content and algorithm; and what must not be sealed is refused. */
#include "smime/open.h"
#include "smime/seal.h"
#include "support.h"
#include "support_pki.h"

#include <gnutls/gnutls.h>

#define HEAD                                                                                 \
	"From: Alice <alice@a.example>\r\nTo: bob@b.example\r\nSubject: s\r\nMIME-Version: " \
	"1.0\r\n"

static const char *const messages[] = {
	HEAD "Content-Type: text/plain; charset=us-ascii\r\n\r\nHello, CANARY.\r\nBye.\r\n",
	HEAD "\r\nNo MIME at all, CANARY.\r\n",
	HEAD "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
	     "Gr\xc3\xbc\xc3\x9f"
	     "e CANARY \r\nFrom me\r\n.\r\n",
	HEAD "Content-Type: "
	     "multipart/mixed;\r\n\tboundary=\"b\"\r\n\r\npre\r\n--b\r\n\r\nCANARY\r\n--b\r\n"
	     "Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: "
	     "base64\r\n\r\nQUJD\r\n"
	     "--b--\r\nepilogue\r\n",
	HEAD "Content-Type: text/plain\r\n\r\n",
};

static struct pki_cert *root, *alice, *alice_ec, *alice_ed, *alice_pss, *bob, *bob2;
static struct smime_keyring *ring;
static struct smime_trust *trust;

static void
setup(void)
{
	root = pki_make(&(struct pki_spec){ .name = "Root", .ca = true });
	alice = pki_make(&(struct pki_spec){
	    .name = "Alice", .mailboxes = "alice@a.example", .key = "rsa-2048", .issuer = root });
	alice_ec = pki_make(&(struct pki_spec){
	    .name = "AliceEC", .mailboxes = "alice@a.example", .issuer = root });
	alice_ed = pki_make(&(struct pki_spec){
	    .name = "AliceED", .mailboxes = "alice@a.example", .key = "ed25519", .issuer = root });
	alice_pss = pki_make(&(struct pki_spec){
	    .name = "AlicePSS", .mailboxes = "alice@a.example", .key = "rsa-pss", .issuer = root });
	bob = pki_make(&(struct pki_spec){
	    .name = "Bob", .mailboxes = "bob@b.example", .key = "rsa-2048", .issuer = root });
	bob2 = pki_make(&(struct pki_spec){
	    .name = "Bob2", .mailboxes = "bob@b.example", .key = "rsa-2048", .issuer = root });
	ring =
	    pki_keyring((struct pki_cert *[]){ alice, alice_ec, alice_ed, alice_pss, bob, NULL });
	ck_assert_int_eq(smime_trust_new(&trust), SMIME_OK);
	ck_assert_int_eq(smime_trust_add_anchor(trust, root->cert, false, NULL), SMIME_OK);
}

static void
teardown(void)
{
	smime_trust_free(&trust);
	smime_keyring_free(&ring);
	pki_free(&bob2);
	pki_free(&bob);
	pki_free(&alice_pss);
	pki_free(&alice_ed);
	pki_free(&alice_ec);
	pki_free(&alice);
	pki_free(&root);
}

/* A sealed message as it travels: outer fields, then the entity. */
static void
compose(struct smime_spool *entity, struct smime_buf *out)
{
	struct smime_bytes view;

	ck_assert_int_eq(smime_buf_append(out, HEAD, sizeof HEAD - 1), SMIME_OK);
	ck_assert_int_eq(smime_spool_view(entity, &view, NULL), SMIME_OK);
	ck_assert_int_eq(smime_buf_append(out, view.data, view.len), SMIME_OK);
}

static enum smime_status
seal_text(const struct smime_seal *seal, struct smime_bytes message, struct smime_buf *out,
    struct smime_diag *diag)
{
	SMIME_AUTO(smime_mime) mime = NULL;
	SMIME_AUTO(smime_spool) entity = NULL;

	SMIME_TRY(smime_mime_scan(message, NULL, &mime, diag));
	SMIME_TRY(smime_seal_message(seal, mime, &entity, diag));
	compose(entity, out);
	return SMIME_OK;
}

static struct smime_opened *
open_text(struct smime_bytes message, bool remove_signature)
{
	struct smime_open open = { .keys = smime_keyring_keys(ring),
		.trust = trust,
		.now = PKI_NOW,
		.remove_signature = remove_signature };
	SMIME_AUTO(smime_mime) mime = NULL;
	struct smime_opened *opened = NULL;

	ck_assert_int_eq(smime_mime_scan(message, NULL, &mime, NULL), SMIME_OK);
	ck_assert_int_eq(smime_open_message(&open, mime, &opened, NULL), SMIME_OK);
	return opened;
}

static struct smime_seal
seal_as(enum smime_mode mode, bool opaque, const struct pki_cert *signer,
    const struct smime_certs *recipients)
{
	return (struct smime_seal){ .mode = mode,
		.opaque = opaque,
		.now = PKI_NOW,
		.signer = signer->cert,
		.keys = smime_keyring_keys(ring),
		.recipients = recipients };
}

/* The safe entity of a message: what signing starts from and opening must give back. */
static void
safe_entity(const char *message, struct smime_buf *out)
{
	SMIME_AUTO(smime_mime) mime = NULL;
	SMIME_AUTO(smime_spool) spool = NULL;
	struct smime_bytes view;

	ck_assert_int_eq(smime_mime_scan(smime_bytes_str(message), NULL, &mime, NULL), SMIME_OK);
	ck_assert_int_eq(smime_spool_new(NULL, &spool), SMIME_OK);
	ck_assert_int_eq(smime_mime_safe(mime, spool, NULL), SMIME_OK);
	ck_assert_int_eq(smime_spool_view(spool, &view, NULL), SMIME_OK);
	ck_assert_int_eq(smime_buf_append(out, view.data, view.len), SMIME_OK);
}

static const struct {
	enum smime_mode mode;
	size_t layers;
	const char *types;
} modes[] = {
	{ SMIME_MODE_SIGN, 1, "s" },
	{ SMIME_MODE_ENCRYPT, 1, "e" },
	{ SMIME_MODE_SIGN_ENCRYPT, 2, "es" },
	{ SMIME_MODE_TRIPLE, 3, "ses" },
};

static void
check_round_trip(const struct smime_seal *seal, int mode, const char *message)
{
	SMIME_AUTO_BUF sealed = { 0 };
	SMIME_AUTO_BUF want = { 0 };
	SMIME_AUTO(smime_opened) opened = NULL;
	struct smime_diag diag = { 0 };
	struct smime_bytes view;
	bool weak;

	ck_assert_msg(
	    seal_text(seal, smime_bytes_str(message), &sealed, &diag) == SMIME_OK, "%s", diag.text);
	if (seal->mode != SMIME_MODE_SIGN)
		ck_assert_ptr_null(memmem(sealed.data, sealed.len, "CANARY", 6));
	opened = open_text(smime_buf_bytes(&sealed), true);
	ck_assert_uint_eq(opened->layer_count, modes[mode].layers);
	for (size_t i = 0; i < opened->layer_count; i++) {
		ck_assert_msg(opened->layers[i].ok, "%s", opened->layers[i].reason);
		ck_assert_int_eq(opened->layers[i].type,
		    modes[mode].types[i] == 's' ? SMIME_LAYER_SIGNED : SMIME_LAYER_ENCRYPTED);
	}
	ck_assert(opened->gateway_message);
	/* Legacy ciphers are read, and believed only by setting. */
	weak = seal->cipher && (seal->cipher->use & SMIME_ALG_WEAK);
	ck_assert(opened->gateway_verified == !weak);
	safe_entity(message, &want);
	ck_assert_int_eq(smime_spool_view(opened->entity, &view, NULL), SMIME_OK);
	ck_assert(smime_bytes_equal(view, smime_buf_bytes(&want)));
}

START_TEST(every_mode_and_content_round_trips)
{
	struct smime_certs to = pki_list((struct pki_cert *[]){ bob2, bob, NULL });

	for (int opaque = 0; opaque < 2; opaque++)
		for (int m = 0; m < ROWS(messages); m++) {
			struct smime_seal seal = seal_as(modes[_i].mode, opaque, alice, &to);

			check_round_trip(&seal, _i, messages[m]);
		}
	smime_certs_reset(&to);
}
END_TEST

START_TEST(every_cipher_and_transport_round_trips)
{
	struct smime_certs to = pki_list((struct pki_cert *[]){ bob, NULL });

	for (const struct smime_alg *c = smime_content_algs; c->oid; c++)
		for (const struct smime_alg *t = smime_key_transport_algs; t->oid; t++) {
			struct smime_seal seal = seal_as(SMIME_MODE_ENCRYPT, false, alice, &to);

			seal.cipher = c;
			seal.transport = t;
			check_round_trip(&seal, 1, messages[0]);
		}
	smime_certs_reset(&to);
}
END_TEST

START_TEST(every_signature_scheme_round_trips)
{
	static const struct {
		struct pki_cert **signer;
		const char *scheme;
	} rows[] = { { &alice, "rsa-pkcs1" }, { &alice, "rsa-pss" }, { &alice_ec, "ecdsa" },
		{ &alice_ed, "eddsa" }, { &alice_pss, "rsa-pss" } };

	for (int r = 0; r < ROWS(rows); r++)
		for (const struct smime_alg *d = smime_digests; d->use & SMIME_ALG_SEND; d++) {
			struct smime_seal seal =
			    seal_as(SMIME_MODE_SIGN, r % 2, *rows[r].signer, NULL);

			seal.digest = d;
			seal.scheme = smime_alg_by_name(smime_signature_algs, rows[r].scheme);
			check_round_trip(&seal, 0, messages[0]);
		}
}
END_TEST

START_TEST(a_key_cannot_sign_by_a_foreign_scheme)
{
	struct smime_seal seal = seal_as(SMIME_MODE_SIGN, false, alice_ec, NULL);
	SMIME_AUTO_BUF out = { 0 };
	struct smime_diag diag = { 0 };

	seal.scheme = smime_alg_by_name(smime_signature_algs, "rsa-pss");
	ck_assert_int_eq(
	    seal_text(&seal, smime_bytes_str(messages[0]), &out, &diag), SMIME_E_NOKEY);
	ck_assert_str_eq(diag.token, "key-type");
	ck_assert_uint_eq(out.len, 0);
}
END_TEST

START_TEST(nothing_is_signed_with_sha1)
{
	static const char *const schemes[] = { "rsa-pkcs1", "rsa-pss" };
	struct pki_cert *rsa = pki_make(
	    &(struct pki_spec){ .name = "rsa", .mailboxes = "alice@a.example", .key = "rsa-2048" });
	struct smime_keyring *own = pki_keyring((struct pki_cert *[]){ rsa, NULL });
	struct smime_seal seal = seal_as(SMIME_MODE_SIGN, false, rsa, NULL);

	seal.keys = smime_keyring_keys(own);
	seal.digest = smime_alg_by_name(smime_digests, "sha1");
	for (int i = 0; i < ROWS(schemes); i++) {
		SMIME_AUTO_BUF out = { 0 };
		struct smime_diag diag = { 0 };

		seal.scheme = smime_alg_by_name(smime_signature_algs, schemes[i]);
		ck_assert_int_eq(seal_text(&seal, smime_bytes_str(messages[0]), &out, &diag),
		    SMIME_E_UNSUPPORTED);
		ck_assert_str_eq(diag.token, "algorithm");
		ck_assert_uint_eq(out.len, 0);
	}
	smime_keyring_free(&own);
	pki_free(&rsa);
}
END_TEST

/* A key that is bound to a digest (RFC 4055 s3.1) is not asked for another one's signature. */
START_TEST(a_pss_key_signs_with_its_own_digest_only)
{
	const struct smime_alg *sha256 = smime_alg_by_name(smime_digests, "sha256"),
			       *sha384 = smime_alg_by_name(smime_digests, "sha384");
	struct pki_cert *bound = pki_make(&(struct pki_spec){ .name = "bound",
	    .issuer = root,
	    .key = "rsa-2048",
	    .pss_digest = GNUTLS_DIG_SHA384,
	    .pss_salt = 48 });
	struct smime_diag diag = { 0 };

	ck_assert_int_eq(smime_seal_fits(bound->cert, NULL, sha384, &diag), SMIME_OK);
	ck_assert_int_eq(smime_seal_fits(bound->cert, NULL, NULL, &diag), SMIME_E_NOKEY);
	ck_assert_int_eq(smime_seal_fits(bound->cert, NULL, sha256, &diag), SMIME_E_NOKEY);
	ck_assert_str_eq(diag.token, "key-type");
	ck_assert_ptr_nonnull(strstr(diag.text, "RSASSA-PSS"));
	ck_assert_int_eq(smime_seal_fits(alice_pss->cert, NULL, sha384, &diag), SMIME_OK);
	pki_free(&bound);
}
END_TEST

START_TEST(retain_keeps_the_inner_signature)
{
	struct smime_certs to = pki_list((struct pki_cert *[]){ bob, NULL });
	SMIME_AUTO_BUF sealed = { 0 };
	SMIME_AUTO(smime_opened) opened = NULL;
	struct smime_seal seal = seal_as(modes[_i].mode, false, alice, &to);
	struct smime_bytes view;

	ck_assert_int_eq(seal_text(&seal, smime_bytes_str(messages[0]), &sealed, NULL), SMIME_OK);
	opened = open_text(smime_buf_bytes(&sealed), false);
	ck_assert(opened->gateway_verified);
	if (modes[_i].mode == SMIME_MODE_SIGN) {
		ck_assert_ptr_null(opened->entity);
	} else {
		ck_assert_int_eq(smime_spool_view(opened->entity, &view, NULL), SMIME_OK);
		ck_assert(modes[_i].mode == SMIME_MODE_ENCRYPT ||
			  memmem(view.data, view.len, "multipart/signed", 16) != NULL);
		ck_assert_ptr_nonnull(memmem(view.data, view.len, "CANARY", 6));
	}
	smime_certs_reset(&to);
}
END_TEST

/* Whatever octet of a sealed message is changed: never verified with another text. */
START_TEST(no_change_goes_unnoticed)
{
	struct smime_certs to = pki_list((struct pki_cert *[]){ bob, NULL });
	struct smime_seal seal = seal_as(modes[_i].mode, true, alice_ec, &to);
	SMIME_AUTO_BUF sealed = { 0 };
	SMIME_AUTO_BUF want = { 0 };

	safe_entity(messages[0], &want);
	seal.cipher = smime_alg_by_name(smime_content_algs, "aes128-gcm");
	ck_assert_int_eq(seal_text(&seal, smime_bytes_str(messages[0]), &sealed, NULL), SMIME_OK);
	for (size_t at = sizeof HEAD; at < sealed.len; at += 5) {
		SMIME_AUTO(smime_opened) opened = NULL;
		struct smime_bytes view;

		sealed.data[at] ^= 1;
		opened = open_text(smime_buf_bytes(&sealed), true);
		if (opened->gateway_verified && opened->entity) {
			ck_assert_int_eq(smime_spool_view(opened->entity, &view, NULL), SMIME_OK);
			ck_assert(smime_bytes_equal(view, smime_buf_bytes(&want)));
		}
		sealed.data[at] ^= 1;
	}
	smime_certs_reset(&to);
}
END_TEST

START_TEST(the_signer_must_cover_from)
{
	static const struct {
		const char *from, *token;
	} rows[] = {
		{ "From: alice@a.example\r\n\r\n", NULL },
		{ "From: \"X\" <alice@A.EXAMPLE>\r\n\r\n", NULL },
		{ "From: Alice@a.example\r\n\r\n", "from-not-covered" },
		{ "From: eve@evil.example\r\n\r\n", "from-not-covered" },
		{ "From: alice@a.example <eve@evil.example>\r\n\r\n", "from" },
		{ "From: alice@a.example, eve@evil.example\r\n\r\n", "from" },
		{ "From: alice@a.example\r\nFrom: alice@a.example\r\n\r\n", "from" },
		{ "Subject: none\r\n\r\n", "from" },
	};

	for (int i = 0; i < ROWS(rows); i++) {
		SMIME_AUTO(smime_mime) mime = NULL;
		struct smime_diag diag = { 0 };
		enum smime_status status;

		ck_assert_int_eq(
		    smime_mime_scan(smime_bytes_str(rows[i].from), NULL, &mime, NULL), SMIME_OK);
		status = smime_seal_covers(alice->cert, mime, PKI_NOW, &diag);
		ck_assert_int_eq(status, rows[i].token ? SMIME_E_NOKEY : SMIME_OK);
		ck_assert_str_eq(diag.token, rows[i].token ? rows[i].token : "");
	}
}
END_TEST

START_TEST(expired_certificates_do_not_seal)
{
	struct smime_certs to = pki_list((struct pki_cert *[]){ bob, NULL });
	struct smime_seal seal = seal_as(modes[_i].mode, false, alice, &to);
	SMIME_AUTO_BUF out = { 0 };
	struct smime_diag diag = { 0 };

	seal.now = PKI_NOW + 800 * (int64_t)PKI_DAY;
	ck_assert_int_eq(
	    seal_text(&seal, smime_bytes_str(messages[0]), &out, &diag), SMIME_E_NOKEY);
	ck_assert_str_eq(diag.token, "expired");
	ck_assert_uint_eq(out.len, 0);
	smime_certs_reset(&to);
}
END_TEST

/* Each reader gets the key by the transport that was chosen for him. */
START_TEST(each_recipient_has_a_transport_of_his_own)
{
	struct smime_certs both = pki_list((struct pki_cert *[]){ alice, bob, NULL });
	const struct smime_alg *const transports[] = {
		smime_alg_by_name(smime_key_transport_algs, "rsa-pkcs1"),
		smime_alg_by_name(smime_key_transport_algs, "rsa-oaep"),
	};
	static const char *const seen[] = { "aes256-gcm rsa-pkcs1", "aes256-gcm rsa-oaep" };
	struct smime_seal seal = seal_as(SMIME_MODE_ENCRYPT, false, alice, &both);
	SMIME_AUTO_BUF message = { 0 };

	seal.cipher = smime_alg_by_name(smime_content_algs, "aes256-gcm");
	seal.transports = transports;
	ck_assert_int_eq(seal_text(&seal, smime_bytes_str(messages[0]), &message, NULL), SMIME_OK);
	for (size_t i = 0; i < 2; i++) {
		struct smime_keyring *alone =
		    pki_keyring((struct pki_cert *[]){ i == 0 ? alice : bob, NULL });
		struct smime_keyring *all = ring;
		SMIME_AUTO(smime_opened) opened = NULL;

		ring = alone;
		opened = open_text(smime_buf_bytes(&message), false);
		ring = all;
		ck_assert(opened->gateway_verified);
		ck_assert_str_eq(opened->layers[0].algorithm, seen[i]);
		smime_keyring_free(&alone);
	}
	smime_certs_reset(&both);
}
END_TEST

/* RFC 5652 s5.3, s6.2: no issuer in sight, and both find their certificate all the same. An EC and
 * an RSA reader: each kind of RecipientInfo. */
START_TEST(certificates_are_named_by_key_identifier)
{
	struct smime_certs both = pki_list((struct pki_cert *[]){ alice_ec, bob, NULL });
	struct smime_seal seal = seal_as(modes[_i].mode, true, alice, &both);
	struct smime_bytes issuer = smime_cert_issuer_der(bob->cert);

	seal.by_key_id = true;
	check_round_trip(&seal, _i, messages[0]);
	if (modes[_i].mode == SMIME_MODE_ENCRYPT) {
		SMIME_AUTO_BUF message = { 0 };
		SMIME_AUTO_BUF der = { 0 };
		SMIME_AUTO(smime_mime) mime = NULL;
		SMIME_AUTO(smime_stage) collect = NULL;

		ck_assert_int_eq(
		    seal_text(&seal, smime_bytes_str(messages[0]), &message, NULL), SMIME_OK);
		ck_assert_int_eq(
		    smime_mime_scan(smime_buf_bytes(&message), NULL, &mime, NULL), SMIME_OK);
		ck_assert_int_eq(smime_stage_buf_new(&der, 1 << 20, &collect), SMIME_OK);
		ck_assert_int_eq(smime_part_decode(mime, 0, collect, NULL), SMIME_OK);
		ck_assert_ptr_null(memmem(der.data, der.len, issuer.data, issuer.len));
	}
	smime_certs_reset(&both);
}
END_TEST

/* What we announce is what we read; the layer that verified hands it on. */
START_TEST(a_signature_announces_what_its_signer_reads)
{
	struct smime_seal seal = seal_as(SMIME_MODE_SIGN, _i, alice, NULL);
	SMIME_AUTO(smime_opened) opened = NULL;
	SMIME_AUTO_BUF message = { 0 };
	SMIME_AUTO_BUF names = { 0 };

	ck_assert_int_eq(seal_text(&seal, smime_bytes_str(messages[0]), &message, NULL), SMIME_OK);
	opened = open_text(smime_buf_bytes(&message), false);
	ck_assert(opened->layers[0].ok);
	ck_assert_int_eq(smime_caps_print(&opened->layers[0].caps, &names), SMIME_OK);
	ck_assert_int_eq(smime_buf_terminate(&names), SMIME_OK);
	ck_assert_str_eq((const char *)names.data,
	    "aes256-gcm aes128-gcm aes256-cbc aes128-cbc aes192-gcm aes192-cbc rsa-oaep");
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("seal");
	TCase *tc = tcase_create("all");

	tcase_add_unchecked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, every_mode_and_content_round_trips, 0, ROWS(modes));
	tcase_add_test(tc, every_cipher_and_transport_round_trips);
	tcase_add_test(tc, every_signature_scheme_round_trips);
	tcase_add_test(tc, a_key_cannot_sign_by_a_foreign_scheme);
	tcase_add_test(tc, nothing_is_signed_with_sha1);
	tcase_add_test(tc, a_pss_key_signs_with_its_own_digest_only);
	tcase_add_loop_test(tc, retain_keeps_the_inner_signature, 0, ROWS(modes));
	tcase_add_loop_test(tc, no_change_goes_unnoticed, 0, ROWS(modes));
	tcase_add_test(tc, the_signer_must_cover_from);
	tcase_add_loop_test(tc, expired_certificates_do_not_seal, 0, ROWS(modes));
	suite_add_tcase(suite, tc);
	tcase_add_test(tc, each_recipient_has_a_transport_of_his_own);
	tcase_add_loop_test(tc, certificates_are_named_by_key_identifier, 0, ROWS(modes));
	tcase_add_loop_test(tc, a_signature_announces_what_its_signer_reads, 0, 2);
	return suite;
}
