/*
 * test_differential.c - what we call verified, openssl must call verified too: thousands of mutants
 * of good signatures, each element of their DER dropped, doubled, emptied, retagged, given a huge
 * length or changed inside.  The other way round we are stricter, and mean to be.
 */
#include "cms.h"
#include "support.h"
#include "support_der.h"
#include "support_dir.h"
#include "support_run.h"
#include "support_world.h"

#include <stdio.h>

#define OK(call) ck_assert_int_eq(call, SMIME_OK)

static struct pki_cert *below, *signer, *pss;
static struct smime_certs chain;
static struct smime_keyring *ring;
static char ca_file[DIR_PATH_SIZE];

static void
setup(void)
{
	SMIME_AUTO_BUF pem = { 0 };

	world_start();
	dir_make();
	below = pki_make(&(struct pki_spec){ .name = "below", .ca = true, .issuer = world.root });
	signer = pki_make(&(struct pki_spec){
	    .name = "signer", .mailboxes = "alice@a.example", .key = "rsa-2048", .issuer = below });
	pss = pki_make(&(struct pki_spec){
	    .name = "pss", .mailboxes = "alice@a.example", .key = "rsa-pss", .issuer = below });
	chain = pki_list((struct pki_cert *[]){ below, NULL });
	ring = pki_keyring((struct pki_cert *[]){ world.alice, signer, pss, NULL });
	OK(smime_cert_pem(world.root->cert, &pem));
	(void)dir_write("ca.pem", smime_buf_bytes(&pem), ca_file);
}

static void
teardown(void)
{
	smime_keyring_free(&ring);
	smime_certs_reset(&chain);
	pki_free(&pss);
	pki_free(&signer);
	pki_free(&below);
	dir_remove();
	world_stop();
}

static const struct seed {
	struct pki_cert **signer;
	const char *digest, *scheme;
	bool with_chain, by_key_id;
} seeds[] = {
	{ &world.alice, "sha256", "ecdsa", false, false },
	{ &world.alice, "sha512", "ecdsa", false, true },
	{ &signer, "sha256", "rsa-pkcs1", true, false },
	{ &signer, "sha384", "rsa-pss", true, false },
	{ &pss, "sha256", "rsa-pss", true, true },
};

/* The SignedData of a seed, its content inside. */
static void
make(const struct seed *seed, struct smime_buf *der)
{
	const struct smime_alg *digest = smime_alg_by_name(smime_digests, seed->digest);
	const struct smime_cms_signer how = { .cert = (*seed->signer)->cert,
		.chain = seed->with_chain ? &chain : NULL,
		.keys = smime_keyring_keys(ring),
		.digest = digest,
		.scheme = smime_signature_alg(seed->scheme, digest),
		.now = PKI_NOW,
		.by_key_id = seed->by_key_id };
	SMIME_AUTO(smime_spool) content = NULL;
	SMIME_AUTO(smime_stage) collect = NULL;

	OK(smime_spool_new(NULL, &content));
	OK(smime_spool_write(content, WORLD_TEXT, strlen(WORLD_TEXT)));
	OK(smime_stage_buf_new(der, 1 << 20, &collect));
	OK(smime_cms_sign(&how, false, content, collect, NULL));
}

/* What we believe that was signed; false when nothing. */
static bool
we_verify(struct smime_bytes der, struct smime_buf *content)
{
	SMIME_AUTO_BUF message = { 0 };
	SMIME_AUTO(smime_opened) opened = NULL;
	struct smime_bytes view;

	world_put_object(der, &message);
	opened = world_open(smime_buf_bytes(&message), true);
	if (!opened->gateway_verified)
		return false;
	OK(smime_spool_view(opened->entity, &view, NULL));
	OK(smime_buf_append(content, view.data, view.len));
	return true;
}

/* The same by openssl; output: content and remarks. */
static bool
openssl_verifies(struct smime_bytes der, struct smime_buf *output)
{
	char in[DIR_PATH_SIZE], time[32];

	(void)snprintf(time, sizeof time, "%d", PKI_NOW);
	(void)dir_write("mutant.der", der, in);
	return run_program((const char *[]){ "openssl", "cms", "-verify", "-binary", "-inform",
			       "DER", "-in", in, "-CAfile", ca_file, "-purpose", "smimesign",
			       "-attime", time, NULL },
		   smime_bytes(NULL, 0), output) == 0;
}

/* ---- mutants ---- */

static size_t tried, believed;

static void
try_mutant(struct smime_bytes der, const char *what, size_t at)
{
	SMIME_AUTO_BUF content = { 0 };
	SMIME_AUTO_BUF output = { 0 };

	tried++;
	if (!we_verify(der, &content))
		return;
	believed++;
	ck_assert_uint_eq(content.len, strlen(WORLD_TEXT));
	ck_assert_mem_eq(content.data, WORLD_TEXT, content.len);
	ck_assert_msg(openssl_verifies(der, &output), "%s of element %zu: we verify, openssl: %.*s",
	    what, at, (int)output.len, (const char *)output.data);
	ck_assert_ptr_nonnull(memmem(output.data, output.len, content.data, content.len));
}

static void
edit(struct smime_bytes der, struct der_edit change, const char *what)
{
	SMIME_AUTO_BUF out = { 0 };

	ck_assert(der_edit(der, &change, &out));
	try_mutant(smime_buf_bytes(&out), what, change.at);
}

/* The element's length becomes another, huge or odd, and nothing else is put right. */
static void
lie_about_length(struct smime_bytes der, size_t at)
{
	static const char *const lengths[] = { "\x80", "\x84\xff\xff\xff\xff",
		"\x84\x80\x00\x00\x00", "\x84\x7f\xff\xff\xff",
		"\x88\xff\xff\xff\xff\xff\xff\xff\xff", "\xff", "\x81\x00" };
	static const size_t sizes[] = { 1, 5, 5, 5, 9, 1, 2 };
	struct smime_bytes element = der_at(der, at);
	size_t tag = (size_t)(element.data - der.data);
	size_t header = element.data[1] & 0x80 ? 2 + (size_t)(element.data[1] & 0x7f) : 2;

	for (int i = 0; i < ROWS(lengths); i++) {
		SMIME_AUTO_BUF out = { 0 };

		OK(smime_buf_append(&out, der.data, tag + 1));
		OK(smime_buf_append(&out, lengths[i], sizes[i]));
		OK(smime_buf_append(&out, element.data + header, der.len - tag - header));
		try_mutant(smime_buf_bytes(&out), "length", at);
	}
}

/* One bit of the first, of a middle and of the last octet inside. */
static void
flip_inside(struct smime_buf *der, size_t at)
{
	struct smime_bytes element = der_at(smime_buf_bytes(der), at);
	size_t from = (size_t)(element.data - der->data);
	size_t places[] = { element.len > 2 ? 2 : 1, element.len / 2, element.len - 1 };

	for (int i = 0; i < ROWS(places); i++)
		for (uint8_t bit = 1; bit; bit = (uint8_t)(bit << 3)) {
			der->data[from + places[i]] ^= bit;
			try_mutant(smime_buf_bytes(der), "bit", at);
			der->data[from + places[i]] ^= bit;
		}
}

START_TEST(what_we_believe_openssl_believes)
{
	static const uint8_t tags[] = { 0x02, 0x04, 0x05, 0x06, 0x24, 0x30, 0x31, 0x80, 0xa0,
		0xa1 };
	SMIME_AUTO_BUF der = { 0 };
	size_t count;

	tried = believed = 0;
	make(&seeds[_i], &der);
	try_mutant(smime_buf_bytes(&der), "none", 0);
	ck_assert_uint_eq(believed, 1);
	count = der_count(smime_buf_bytes(&der));
	for (size_t at = 0; at < count; at++) {
		struct smime_bytes all = smime_buf_bytes(&der);

		edit(all, (struct der_edit){ .kind = DER_DROP, .at = at }, "drop");
		edit(all, (struct der_edit){ .kind = DER_EMPTY, .at = at }, "empty");
		edit(all, (struct der_edit){ .kind = DER_REPEAT, .at = at, .count = 2 }, "repeat");
		for (int i = 0; i < ROWS(tags); i++)
			edit(all, (struct der_edit){ .kind = DER_RETAG, .at = at, .tag = tags[i] },
			    "tag");
		lie_about_length(all, at);
		flip_inside(&der, at);
	}
	ck_assert_uint_gt(tried, 1000);
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("differential");
	TCase *tc = tcase_create("all");

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 240);
	tcase_add_unchecked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, what_we_believe_openssl_believes, 0, ROWS(seeds));
	return suite;
}
