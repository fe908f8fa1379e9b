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

/*
 * Where it is looked for when nobody says where: the credential "smime-milter.passphrase" that
 * systemd passes, else the file named like the database with ".passphrase" behind it, which
 * `smimectl init` makes. Appended, NUL-terminated; *found is false when neither exists.
 */
SMIME_MUST_USE enum smime_status policy_passphrase_default(
    const char *database, struct smime_buf *path, bool *found);

/* A new file of mode 0600 with 192 random bits, as text. SMIME_E_SYNTAX: it exists already. */
SMIME_MUST_USE enum smime_status policy_passphrase_make(const char *path, struct smime_diag *diag);

#endif
