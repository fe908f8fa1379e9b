/* passphrase.h - the passphrase of the private keys, from a file. */
#ifndef GATEWAY_PASSPHRASE_H
#define GATEWAY_PASSPHRASE_H

#include "smime/bytes.h"

/*
 * The first line of a file, without its line end, NUL-terminated; out must be secret.
 * SMIME_E_NOKEY: the file cannot be read, is readable by everybody, or its first line is empty or
 * over 1000 octets.
 */
SMIME_MUST_USE enum smime_status gateway_passphrase_read(
    const char *path, struct smime_buf *out, struct smime_diag *diag);

#endif
