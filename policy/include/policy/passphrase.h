/* policy/passphrase.h - the passphrase of private keys, from a file: systemd's credential, or one
 * of mode 0600 (or 0640). */
#ifndef POLICY_PASSPHRASE_H
#define POLICY_PASSPHRASE_H

#include "smime/bytes.h"

/*
 * The first line, without its line end, NUL-terminated. out must be a secret buffer.
 * SMIME_E_NOKEY: unreadable, open to others, empty, or over 1000 octets.
 */
SMIME_MUST_USE enum smime_status policy_passphrase_read(
    const char *path, struct smime_buf *out, struct smime_diag *diag);

#endif
