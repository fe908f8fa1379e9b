/*
 * fuzz_inside.c - what lies inside an encrypted message: the input is the plaintext, encrypted here
 * to a key that opens it, so that no mutation is wasted on a ciphertext that will not decrypt.
 *
 * The first octet chooses cipher and recipient; the rest is the entity. When that entity is a CMS
 * object, its DER is mutated as such.
 */
#include "cms.h"
#include "smime/open.h"
#include "support_fuzz.h"

#include <stdlib.h>

static struct smime_keyring *ring;
static struct smime_trust *trust;

#define HEAD                                       \
	"From: fuzz@a.example\r\n"                 \
	"Content-Type: application/pkcs7-mime\r\n" \
	"Content-Transfer-Encoding: base64\r\n\r\n"

static void
must(enum smime_status status)
{
	if (status != SMIME_OK)
		abort();
}

static void
put_base64(struct smime_bytes in, struct smime_buf *out)
{
	SMIME_AUTO(smime_stage) collect = NULL;
	SMIME_AUTO(smime_stage) base64 = NULL;

	must(smime_stage_buf_new(out, UINT32_MAX, &collect));
	must(smime_stage_base64_new(collect, &base64));
	must(smime_push_bytes(base64, in));
	must(smime_finish(base64));
}

static void
encrypt(uint8_t choice, struct smime_bytes plain, struct smime_buf *out)
{
	static const char *const ciphers[] = { "aes128-cbc", "aes256-cbc", "aes128-gcm",
		"aes256-gcm" };
	SMIME_AUTO(smime_cert) cert = fuzz_cert((enum fuzz_key)(choice / 4 % 3));
	SMIME_AUTO(smime_spool) spool = NULL;
	SMIME_AUTO(smime_stage) collect = NULL;
	SMIME_AUTO_BUF der = { 0 };
	struct smime_certs certs = { 0 };
	const struct smime_cms_recipients recipients = { .certs = &certs,
		.cipher = smime_alg_by_name(smime_content_algs, ciphers[choice % 4]),
		.transport = smime_alg_by_name(smime_key_transport_algs, "rsa-oaep") };

	must(smime_certs_add(&certs, cert));
	must(smime_spool_new(NULL, &spool));
	must(smime_spool_write(spool, plain.data, plain.len));
	must(smime_stage_buf_new(&der, UINT32_MAX, &collect));
	must(smime_cms_encrypt(&recipients, spool, collect, NULL));
	must(smime_buf_append(out, HEAD, strlen(HEAD)));
	put_base64(smime_buf_bytes(&der), out);
	smime_certs_reset(&certs);
}

static void
check(const struct smime_opened *opened)
{
	bool all = opened->layer_count > 0;

	FUZZ_HOLDS(opened->layer_count > 0 && opened->layers[0].type == SMIME_LAYER_ENCRYPTED);
	for (size_t i = 0; i < opened->layer_count; i++)
		all = all && opened->layers[i].ok && !opened->layers[i].weak;
	FUZZ_HOLDS(opened->gateway_verified == all);
	/* What failed to open shows nothing. */
	FUZZ_HOLDS(opened->layers[0].ok || !opened->entity);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	SMIME_AUTO(smime_mime) mime = NULL;
	SMIME_AUTO(smime_opened) opened = NULL;
	SMIME_AUTO_BUF message = { 0 };
	const struct smime_open how = { .keys = smime_keyring_keys(ring),
		.trust = trust,
		.now = FUZZ_NOW,
		.remove_signature = size & 1 };

	if (size == 0)
		return 0;
	encrypt(data[0], smime_bytes(data + 1, size - 1), &message);
	if (smime_mime_scan(smime_buf_bytes(&message), NULL, &mime, NULL) == SMIME_OK &&
	    smime_open_message(&how, mime, &opened, NULL) == SMIME_OK)
		check(opened);
	return 0;
}

/* The CMS object in there, mutated; 0 when there is none or no room. */
static size_t
mutate_object(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	SMIME_AUTO(smime_mime) mime = NULL;
	SMIME_AUTO(smime_stage) collect = NULL;
	SMIME_AUTO_BUF der = { 0 };
	SMIME_AUTO_BUF out = { 0 };
	size_t len;

	if (smime_mime_scan(smime_bytes(data + 1, size - 1), NULL, &mime, NULL) != SMIME_OK ||
	    smime_form_of(mime) == SMIME_FORM_NONE ||
	    smime_stage_buf_new(&der, 1 << 20, &collect) != SMIME_OK ||
	    smime_part_decode(mime, 0, collect, NULL) != SMIME_OK || der.len == 0)
		return 0;
	len = fuzz_mutate_der(der.data, der.len, der.len, seed);
	must(smime_buf_append(&out, HEAD, strlen(HEAD)));
	put_base64(smime_bytes(der.data, len), &out);
	if (out.len + 1 > max)
		return 0;
	memcpy(data + 1, out.data, out.len);
	return out.len + 1;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	size_t len = size > 1 && seed & 1 ? mutate_object(data, size, max, seed >> 1) : 0;

	return len > 0 ? len : LLVMFuzzerMutate(data, size, max);
}

/* Each mode as it would lie inside. */
static void
seed(int argc, char *const *argv, const char *name, enum smime_mode mode, bool opaque)
{
	SMIME_AUTO_BUF inside = { 0 };

	must(smime_buf_append(&inside, name, 1));
	fuzz_seal(mode, opaque, "aes256-gcm", FUZZ_EC, &inside);
	fuzz_seed(argc, argv, name, smime_buf_bytes(&inside));
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const char text[] = "aContent-Type: text/plain\r\n\r\nhello\r\n";

	ring = fuzz_keyring();
	trust = fuzz_trust();
	fuzz_seed(*argc, *argv, "text", smime_bytes_str(text));
	seed(*argc, *argv, "detached", SMIME_MODE_SIGN, false);
	seed(*argc, *argv, "opaque", SMIME_MODE_SIGN, true);
	seed(*argc, *argv, "encrypted", SMIME_MODE_ENCRYPT, false);
	seed(*argc, *argv, "both", SMIME_MODE_SIGN_ENCRYPT, true);
	return 0;
}
