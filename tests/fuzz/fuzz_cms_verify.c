/* fuzz_cms_verify.c - lib/cms_read.c, lib/cms_verify.c, lib/cms_attrs.c: any octets as SignedData,
 * over attached and over detached content. Forging a signature is not what a fuzzer does by luck:
 * what verifies must hold the seed's content. */
#include "cms.h"
#include "support_fuzz.h"

#include <stdlib.h>

static struct smime_trust *trust;

static void
check(const struct smime_signed_data *data, const struct smime_bytes *external)
{
	const struct smime_cms_verify verify = {
		.trust = trust, .now = FUZZ_NOW, .from = "fuzz@a.example"
	};
	struct smime_cms_verdict verdict = { 0 };
	SMIME_AUTO_BUF content = { 0 };
	SMIME_AUTO(smime_stage) collect = NULL;
	struct smime_diag diag = { 0 };
	enum smime_status status;

	if (smime_stage_buf_new(&content, 1 << 21, &collect) != SMIME_OK)
		return;
	status = smime_cms_check(&verify, data, external, collect, &verdict, &diag);
	if (status == SMIME_OK)
		FUZZ_HOLDS(memmem(content.data, content.len, "hello", 5));
	else
		FUZZ_HOLDS(status == SMIME_E_SYSTEM || diag.text[0]);
	smime_cert_free(&verdict.cert);
}

int
LLVMFuzzerTestOneInput(const uint8_t *octets, size_t size)
{
	static const char text[] = "not what was signed";
	struct smime_bytes external = smime_bytes_str(text);
	struct smime_content_info info;
	struct smime_signed_data data;

	if (smime_cms_read(smime_bytes(octets, size), &info, NULL) != SMIME_OK)
		return 0;
	if (smime_signed_data_read(info.content, &data, NULL) == SMIME_OK) {
		check(&data, NULL);
		check(&data, &external);
	}
	smime_signed_data_reset(&data);
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
	trust = fuzz_trust();
	fuzz_seed_cms(*argc, *argv, SMIME_MODE_SIGN, "aes256-cbc");
	return 0;
}
