/*
 * test_memory.c - every call that takes memory fails once, and then all behind it too, in every
 * operation of lib/: what is told is "try later", never a verdict; nothing half made is handed out,
 * and (under the sanitizers) nothing is lost or touched twice.
 */
#include "cms.h"
#include "der.h"
#include "smime/cert_make.h"
#include "smime/crl.h"
#include "smime/words.h"
#include "support.h"
#include "support_dir.h"
#include "support_failing.h"
#include "support_run.h"
#include "support_world.h"

#include <stdlib.h>
#include <zlib.h>

#define OK(call)  ck_assert_int_eq(call, SMIME_OK)
#define CALLS_MAX 20000 /* an operation that needs more would never end */

/* What the operations work on, made while all works. */
static struct pki_cert *ca, *intermediate, *signer, *pss, *readers[3];
static struct smime_certs chain, to[3];
static struct smime_trust *trust;
static struct smime_keyring *ring;
static struct smime_privkey *signer_key;
static struct smime_crl *revoked;
static struct smime_buf large, compressed, list, key_pem, bundle, p12;
static struct smime_mime *plain;
static struct {
	struct smime_buf octets;
	struct smime_mime *mime;
} sealed[8];

static const struct {
	enum smime_mode mode;
	bool opaque;
	int reader; /* of readers */
	const char *cipher, *transport;
	bool pss;
} forms[] = {
	{ SMIME_MODE_SIGN, false, 0, NULL, NULL, false },
	{ SMIME_MODE_SIGN, true, 0, NULL, NULL, true },
	{ SMIME_MODE_ENCRYPT, false, 0, "aes256-cbc", "rsa-pkcs1", false },
	{ SMIME_MODE_ENCRYPT, false, 0, "aes128-gcm", "rsa-oaep", false },
	{ SMIME_MODE_ENCRYPT, false, 1, "aes256-gcm", NULL, false },
	{ SMIME_MODE_ENCRYPT, false, 2, "aes128-cbc", NULL, false },
	{ SMIME_MODE_SIGN_ENCRYPT, true, 1, "aes256-cbc", NULL, false },
	{ SMIME_MODE_TRIPLE, false, 0, "aes256-gcm", "rsa-oaep", false },
};

static enum smime_status
seal_form(int i, const struct smime_mime *mime, struct smime_spool **out, struct smime_diag *diag)
{
	const char *transport = forms[i].transport ? forms[i].transport : "rsa-pkcs1";
	const struct smime_seal how = { .mode = forms[i].mode,
		.opaque = forms[i].opaque,
		.now = PKI_NOW,
		.signer = forms[i].pss ? pss->cert : signer->cert,
		.chain = &chain,
		.keys = smime_keyring_keys(ring),
		.recipients = &to[forms[i].reader],
		.cipher =
		    forms[i].cipher ? smime_alg_by_name(smime_content_algs, forms[i].cipher) : NULL,
		.transport = smime_alg_by_name(smime_key_transport_algs, transport) };

	return smime_seal_message(&how, mime, out, diag);
}

/* Over 256 KiB, so that spools become files. */
static void
make_text(struct smime_buf *out)
{
	world_put(out, WORLD_FIELDS
	    "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n"
	    "Content-Transfer-Encoding: 8bit\r\n\r\nGr\xC3\xBC\xC3\x9F"
	    "e \r\n--b\r\n"
	    "Content-Disposition: attachment; filename=a.txt\r\n\r\n");
	for (int i = 0; i < 6000; i++)
		world_put(out, "The quick brown fox jumps over the lazy dog, CANARY.\r\n");
	world_put(out, "--b--\r\n");
}

/* CompressedData (RFC 3274 s1.1). */
static void
make_compressed(void)
{
	uLongf size = compressBound(strlen(WORLD_TEXT));
	SMIME_AUTO_BUF zipped = { 0 };
	size_t info, wrapper;
	uint8_t *room;

	OK(smime_buf_extend(&zipped, size, &room));
	ck_assert_int_eq(
	    compress(room, &size, (const Bytef *)WORLD_TEXT, strlen(WORLD_TEXT)), Z_OK);
	OK(smime_der_small(&compressed, 0));
	OK(smime_der_algid(&compressed, "1.2.840.113549.1.9.16.3.8", smime_bytes(NULL, 0)));
	info = compressed.len;
	OK(smime_der_oid(&compressed, SMIME_OID_DATA));
	wrapper = compressed.len;
	OK(smime_der_tlv(&compressed, SMIME_BER_OCTET_STRING, smime_bytes(zipped.data, size)));
	OK(smime_der_wrap(&compressed, wrapper, SMIME_BER_CONTEXT_CONS | 0));
	OK(smime_der_wrap(&compressed, info, SMIME_BER_SEQUENCE));
	OK(smime_der_wrap(&compressed, 0, SMIME_BER_SEQUENCE));
}

static void
make_people(void)
{
	static const char *const kinds[] = { "rsa-2048", "p-256", "x25519" };

	ca = pki_make(&(struct pki_spec){ .name = "CA", .ca = true });
	intermediate = pki_make(&(struct pki_spec){
	    .name = "below", .ca = true, .issuer = ca, .permitted = "a.example" });
	signer = pki_make(&(struct pki_spec){
	    .name = "Alice", .mailboxes = "alice@a.example", .issuer = intermediate });
	pss = pki_make(&(struct pki_spec){ .name = "Pam",
	    .mailboxes = "alice@a.example",
	    .key = "rsa-pss",
	    .issuer = intermediate });
	for (int i = 0; i < ROWS(readers); i++) {
		readers[i] = pki_make(&(struct pki_spec){ .name = kinds[i],
		    .mailboxes = "bob@b.example",
		    .key = kinds[i],
		    .issuer = ca });
		to[i] = pki_list((struct pki_cert *[]){ readers[i], NULL });
	}
	ring = pki_keyring(
	    (struct pki_cert *[]){ signer, pss, readers[0], readers[1], readers[2], NULL });
	chain = pki_list((struct pki_cert *[]){ intermediate, NULL });
	pki_crl(ca, readers[0], PKI_NOW - PKI_DAY, PKI_NOW + PKI_DAY, &list);
	pki_key_pem(signer, "secret", &key_pem);
	OK(smime_cert_pem(signer->cert, &bundle));
	OK(smime_cert_pem(ca->cert, &bundle));
}

/* openssl does: the signer's key and certificate, and the CA's. */
static void
make_p12(void)
{
	char key[DIR_PATH_SIZE], certs[DIR_PATH_SIZE];
	SMIME_AUTO_BUF pem = { .secret = true };

	dir_make();
	pki_key_pem(signer, NULL, &pem);
	ck_assert_int_eq(
	    run_program((const char *const[]){ "openssl", "pkcs12", "-export", "-inkey",
			    dir_write("key.pem", smime_buf_bytes(&pem), key), "-in",
			    dir_write("certs.pem", smime_buf_bytes(&bundle), certs), "-passout",
			    "pass:secret", NULL },
		smime_bytes(NULL, 0), &p12),
	    0);
	dir_remove();
}

static enum smime_status
make_trust(struct smime_trust **out)
{
	SMIME_TRY(smime_trust_new(out));
	SMIME_TRY(smime_trust_add_anchor(*out, ca->cert, true, NULL));
	SMIME_TRY(smime_trust_add_intermediate(*out, intermediate->cert, NULL));
	SMIME_TRY(smime_trust_add_peer(*out, readers[0]->cert, NULL));
	SMIME_TRY(smime_trust_add_crl(*out, smime_buf_bytes(&list), NULL));
	smime_trust_seal(*out);
	return SMIME_OK;
}

static void
setup(void)
{
	make_people();
	make_p12();
	signer_key = pki_privkey(signer);
	OK(smime_crl_import(smime_buf_bytes(&list), &revoked, NULL));
	OK(make_trust(&trust));
	make_compressed();
	make_text(&large);
	OK(smime_mime_scan(smime_buf_bytes(&large), NULL, &plain, NULL));
	for (int i = 0; i < ROWS(forms); i++) {
		SMIME_AUTO(smime_spool) entity = NULL;
		struct smime_diag diag = { 0 };
		struct smime_bytes view;

		ck_assert_msg(
		    seal_form(i, plain, &entity, &diag) == SMIME_OK, "%d: %s", i, diag.text);
		OK(smime_spool_view(entity, &view, NULL));
		world_put(&sealed[i].octets, WORLD_FIELDS);
		OK(smime_buf_append(&sealed[i].octets, view.data, view.len));
		OK(smime_mime_scan(
		    smime_buf_bytes(&sealed[i].octets), NULL, &sealed[i].mime, NULL));
	}
}

static void
teardown(void)
{
	struct smime_buf *bufs[] = { &large, &compressed, &list, &key_pem, &bundle, &p12 };

	for (int i = 0; i < ROWS(forms); i++) {
		smime_mime_free(&sealed[i].mime);
		smime_buf_reset(&sealed[i].octets);
	}
	for (int i = 0; i < ROWS(readers); i++) {
		smime_certs_reset(&to[i]);
		pki_free(&readers[i]);
	}
	for (int i = 0; i < ROWS(bufs); i++)
		smime_buf_reset(bufs[i]);
	smime_crl_free(&revoked);
	smime_privkey_free(&signer_key);
	smime_mime_free(&plain);
	smime_trust_free(&trust);
	smime_certs_reset(&chain);
	smime_keyring_free(&ring);
	pki_free(&pss);
	pki_free(&signer);
	pki_free(&intermediate);
	pki_free(&ca);
}

/* ---- the operations: each leaves nothing behind, whatever comes of it ---- */

/* libcheck takes memory, too: what does not hold is remembered here. */
static bool held;

static void
holds(bool condition)
{
	held = held && condition;
}

static enum smime_status
seals(int i)
{
	SMIME_AUTO(smime_spool) entity = NULL;
	enum smime_status status = seal_form(i, plain, &entity, NULL);

	holds((status == SMIME_OK) == (entity != NULL));
	return status;
}

static enum smime_status
ask(struct smime_replay *replay, struct smime_bytes wrapped,
    const uint8_t content[SMIME_REPLAY_SIZE], bool *other, struct smime_diag *diag)
{
	uint8_t id[SMIME_REPLAY_SIZE];

	(void)replay;
	(void)diag;
	*other = false;
	return smime_replay_id(smime_bytes(content, SMIME_REPLAY_SIZE), wrapped, id);
}

static enum smime_status
opens(int i)
{
	static const struct smime_replay_ops ops = { .ask = ask };
	struct smime_replay replay = { .ops = &ops };
	const struct smime_open how = { .keys = smime_keyring_keys(ring),
		.replay = &replay,
		.trust = trust,
		.now = PKI_NOW,
		.remove_signature = i % 2 };
	SMIME_AUTO(smime_opened) opened = NULL;
	enum smime_status status = smime_open_message(&how, sealed[i].mime, &opened, NULL);

	holds((status == SMIME_OK) == (opened != NULL));
	/* What is told is what is true. */
	for (size_t k = 0; opened && k < opened->layer_count; k++)
		holds(opened->layers[k].ok);
	holds(!opened || opened->gateway_verified);
	return status;
}

static enum smime_status
inflates(int i)
{
	SMIME_AUTO_BUF out = { 0 };
	SMIME_AUTO(smime_stage) collect = NULL;

	(void)i;
	SMIME_TRY(smime_stage_buf_new(&out, 10000, &collect));
	SMIME_TRY(smime_cms_inflate(smime_buf_bytes(&compressed), 10000, collect, NULL));
	holds(out.len == strlen(WORLD_TEXT));
	return SMIME_OK;
}

static enum smime_status
scans(int i)
{
	SMIME_AUTO(smime_mime) mime = NULL;
	SMIME_AUTO_BUF from = { 0 };

	(void)i;
	SMIME_TRY(smime_mime_scan(smime_buf_bytes(&large), NULL, &mime, NULL));
	return smime_mime_from(mime, &from, NULL);
}

static enum smime_status
reads_certificates(int i)
{
	struct smime_certs certs = { 0 };
	enum smime_status status;

	(void)i;
	status = smime_certs_add_pem(&certs, smime_buf_bytes(&bundle), NULL);
	holds(status != SMIME_OK || certs.count == 2);
	smime_certs_reset(&certs);
	return status;
}

static enum smime_status
trusts(int i)
{
	SMIME_AUTO(smime_trust) made = NULL;

	(void)i;
	return make_trust(&made);
}

static enum smime_status
reads_keys(int i)
{
	struct smime_privkey *key = NULL;
	struct smime_keyring *made = NULL;
	enum smime_status status;

	(void)i;
	status = smime_privkey_import(smime_buf_bytes(&key_pem), "secret", &key, NULL);
	if (status == SMIME_OK)
		status = smime_keyring_new(&made);
	if (status == SMIME_OK)
		status = smime_keyring_add(made, signer->cert, &key, NULL);
	smime_privkey_free(&key);
	smime_keyring_free(&made);
	return status;
}

static enum smime_status
reads_lists(int i)
{
	struct smime_crl *crl = NULL;
	enum smime_status status = smime_crl_import(smime_buf_bytes(&list), &crl, NULL);

	(void)i;
	holds((status == SMIME_OK) == (crl != NULL));
	smime_crl_free(&crl);
	return status;
}

static enum smime_status
makes_certificates(int i)
{
	static const char *const domains[] = { "a.example" };
	const struct smime_cert_spec spec = { .common_name = "a.example",
		.domains = domains,
		.domain_count = 1,
		.key = "p-256",
		.now = PKI_NOW,
		.days = 100 };
	SMIME_AUTO(smime_cert) cert = NULL;
	SMIME_AUTO_BUF key = { .secret = true };

	(void)i;
	return smime_cert_make(&spec, NULL, &cert, &key, NULL);
}

static enum smime_status
requests_certificates(int i)
{
	SMIME_AUTO_BUF pem = { 0 };
	enum smime_status status = smime_cert_request(signer->cert, signer_key, NULL, &pem, NULL);

	(void)i;
	holds((status == SMIME_OK) == (pem.len > 0));
	return status;
}

static enum smime_status
writes_pem(int i)
{
	SMIME_AUTO_BUF pem = { 0 };

	(void)i;
	SMIME_TRY(smime_cert_pem(signer->cert, &pem));
	return smime_crl_pem(revoked, &pem);
}

static enum smime_status
takes_keys_over(int i)
{
	SMIME_AUTO_BUF key = { .secret = true };

	(void)i;
	return smime_key_reencrypt(smime_buf_bytes(&key_pem), "secret", "other", &key, NULL);
}

static enum smime_status
opens_pkcs12(int i)
{
	SMIME_AUTO(smime_cert) cert = NULL;
	SMIME_AUTO_BUF key = { .secret = true };
	struct smime_certs others = { 0 };
	enum smime_status status = smime_pkcs12_import(
	    smime_buf_bytes(&p12), "secret", "other", &cert, &others, &key, NULL);

	(void)i;
	holds((status == SMIME_OK) == (cert != NULL));
	holds(status != SMIME_OK || (others.count == 1 && key.len > 0));
	smime_certs_reset(&others);
	return status;
}

/* Encoded words and parameters in sections, to UTF-8. */
static enum smime_status
reads_words(int i)
{
	SMIME_AUTO_BUF text = { 0 };
	SMIME_AUTO_WORDS words = { 0 };
	struct smime_words *names = NULL;
	size_t count = 0;
	enum smime_status status;
	bool good;

	(void)i;
	SMIME_TRY(smime_words_read(smime_bytes_str("a =?gbk?b?u/o=?= =?utf-8?q?b?= c"), &words));
	SMIME_TRY(smime_words_utf8(&words, NULL, &text, &good));
	status = smime_words_param(
	    smime_bytes_str("a; name=b; name*0*=utf-8''%C3; name*1*=%A9; name*=c"), "name", &names,
	    &count);
	holds(status != SMIME_OK || count == 3);
	smime_words_free(&names, &count);
	return status;
}

static enum smime_status
decodes(int i)
{
	static const char message[] = "Content-Transfer-Encoding: quoted-printable\r\n\r\na=3Db";
	SMIME_AUTO(smime_mime) mime = NULL;
	SMIME_AUTO(smime_stage) one = NULL;
	SMIME_AUTO(smime_stage) two = NULL;
	SMIME_AUTO(smime_stage) tee = NULL;
	SMIME_AUTO(smime_stage) rewrap = NULL;
	SMIME_AUTO_BUF first = { 0 };
	SMIME_AUTO_BUF second = { 0 };

	(void)i;
	SMIME_TRY(smime_mime_scan(smime_bytes_str(message), NULL, &mime, NULL));
	SMIME_TRY(smime_stage_buf_new(&first, 100, &one));
	SMIME_TRY(smime_stage_buf_new(&second, 100, &two));
	SMIME_TRY(smime_stage_rewrap_new(two, &rewrap));
	SMIME_TRY(smime_stage_tee_new(one, two, &tee));
	SMIME_TRY(smime_part_decode(mime, 0, tee, NULL));
	holds(smime_bytes_equal(smime_buf_bytes(&first), smime_bytes_str("a=b")));
	holds(smime_bytes_equal(smime_buf_bytes(&second), smime_bytes_str("a=b")));
	return SMIME_OK;
}

static const struct {
	const char *name;
	enum smime_status (*run)(int i);
	int count;
} operations[] = {
	{ "seal", seals, ROWS(forms) },
	{ "open", opens, ROWS(forms) },
	{ "inflate", inflates, 1 },
	{ "scan", scans, 1 },
	{ "certificates", reads_certificates, 1 },
	{ "trust", trusts, 1 },
	{ "keys", reads_keys, 1 },
	{ "revocation list", reads_lists, 1 },
	{ "certificate made", makes_certificates, 1 },
	{ "request", requests_certificates, 1 },
	{ "PEM", writes_pem, 1 },
	{ "key under another passphrase", takes_keys_over, 1 },
	{ "PKCS#12", opens_pkcs12, 1 },
	{ "words", reads_words, 1 },
	{ "decode", decodes, 1 },
};

/* _i: every operation, once with one failure and once with all that follow. */
START_TEST(no_memory_is_told_and_nothing_else)
{
	for (int i = 0; i < operations[_i / 2].count; i++) {
		const char *reached = "";

		OK(operations[_i / 2].run(i));
		for (size_t n = 1; reached; n++) {
			enum smime_status status;

			ck_assert_uint_lt(n, CALLS_MAX);
			held = true;
			failing_from(n, _i % 2);
			status = operations[_i / 2].run(i);
			reached = failing_stop();
			ck_assert_msg(held,
			    "%s %d: call %zu, %s, fails, and something does not hold",
			    operations[_i / 2].name, i, n, reached);
			ck_assert_msg(status == SMIME_E_SYSTEM || (!reached && status == SMIME_OK),
			    "%s %d: call %zu, %s, fails, the status is %s", operations[_i / 2].name,
			    i, n, reached, smime_status_name(status));
		}
	}
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("memory");
	TCase *tc = tcase_create("all");

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 240);
	tcase_add_unchecked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, no_memory_is_told_and_nothing_else, 0, 2 * ROWS(operations));
	return suite;
}
