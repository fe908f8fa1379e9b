/* private_key.c - the private key that a row of certificate holds or names: PKCS#8 in the row, in a
 * file that only its owner reads, or in a token. At most 64 KiB. */
#include "policy/private_key.h"

#include "secret_file.h"

#define KEY_FILE_MAX 65536

static enum smime_status
read_file(const char *path, struct smime_buf *out, struct smime_diag *diag)
{
	const struct policy_secret_file file = { "private key file", "no-key", path };
	size_t before = out->len;

	SMIME_TRY(policy_secret_file_read(&file, KEY_FILE_MAX + 1, out, diag));
	return out->len - before > KEY_FILE_MAX
		   ? policy_secret_file_refuse(&file, "it is over 64 KiB", diag)
		   : SMIME_OK;
}

enum smime_status
policy_private_key_read(const char *text, struct smime_buf *out, struct smime_diag *diag)
{
	if (strncmp(text, "file:", 5) == 0)
		return read_file(text + 5, out, diag);
	return smime_buf_append(out, text, strlen(text));
}

enum smime_status
policy_private_key_open(
    const char *text, const char *passphrase, struct smime_privkey **out, struct smime_diag *diag)
{
	SMIME_AUTO_BUF source = { .secret = true };

	*out = NULL;
	SMIME_TRY(policy_private_key_read(text, &source, diag));
	return smime_privkey_import(smime_buf_bytes(&source), passphrase, out, diag);
}
