/* policy/private_key.h - the private key that a row of certificate holds or names. */
#ifndef POLICY_PRIVATE_KEY_H
#define POLICY_PRIVATE_KEY_H

#include "smime/keys.h"

/*
 * What column private_key means: PEM or a pkcs11: URI stand for themselves, file:/path for the
 * file's content. Appended to out, which should be a secret buffer.
 *
 * SMIME_E_NOKEY: the file cannot be read, is over 64 KiB, or others may read or change it.
 */
SMIME_MUST_USE enum smime_status policy_private_key_read(
    const char *text, struct smime_buf *out, struct smime_diag *diag);

/* The key itself. passphrase: NULL for none. */
SMIME_MUST_USE enum smime_status policy_private_key_open(
    const char *text, const char *passphrase, struct smime_privkey **out, struct smime_diag *diag);

#endif
