/* fuzz_cms_decrypt.c - lib/cms_decrypt.c, lib/cms_compress.c: any octets as EnvelopedData,
 * AuthEnvelopedData and CompressedData, with keys (RSA, EC, X25519) that open the seeds. */
#include "cms.h"
#include "support_fuzz.h"

#include <stdlib.h>

static struct smime_keyring *ring;

static void
decrypt(const struct smime_content_info *info, size_t size)
{
	struct smime_cms_decrypted decrypted = { 0 };
	SMIME_AUTO_BUF plain = { 0 };
	SMIME_AUTO(smime_stage) collect = NULL;
	struct smime_diag diag = { 0 };
	enum smime_status status;

	if (smime_stage_buf_new(&plain, 1 << 21, &collect) != SMIME_OK)
		return;
	status = smime_cms_decrypt(&(struct smime_cms_reader){ .keys = smime_keyring_keys(ring) },
	    info->type, info->content, collect, &decrypted, &diag);
	FUZZ_HOLDS(plain.len <= size);
	/* A tag that fits other octets is a break of AES-GCM. */
	if (status == SMIME_OK && smime_alg_is_aead(decrypted.cipher))
		FUZZ_HOLDS(memmem(plain.data, plain.len, "hello", 5));
	/* One sentence for all that goes wrong once a key was found (RFC 3218). */
	if (status == SMIME_E_UNTRUSTED)
		FUZZ_HOLDS(strcmp(diag.text, smime_cms_decrypt_failed) == 0);
	smime_cert_free(&decrypted.cert);
}

int
LLVMFuzzerTestOneInput(const uint8_t *octets, size_t size)
{
	struct smime_content_info info;
	SMIME_AUTO_BUF plain = { 0 };
	SMIME_AUTO(smime_stage) collect = NULL;

	if (smime_cms_read(smime_bytes(octets, size), &info, NULL) != SMIME_OK)
		return 0;
	if (strcmp(info.type, SMIME_OID_COMPRESSED) != 0) {
		decrypt(&info, size);
		return 0;
	}
	if (smime_stage_buf_new(&plain, 1 << 21, &collect) == SMIME_OK) {
		(void)!smime_cms_inflate(info.content, 1 << 20, collect, NULL);
		FUZZ_HOLDS(plain.len <= 1 << 20);
	}
	return 0;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	return fuzz_mutate_der(data, size, max, seed);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	ring = fuzz_keyring();
	fuzz_seed_cms(*argc, *argv, SMIME_MODE_ENCRYPT, "aes128-cbc");
	fuzz_seed_cms(*argc, *argv, SMIME_MODE_ENCRYPT, "aes256-gcm");
	return 0;
}
