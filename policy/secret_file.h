/* secret_file.h - the octets of a file that only its owner reads: a passphrase, a private key. */
#ifndef POLICY_SECRET_FILE_H
#define POLICY_SECRET_FILE_H

#include "smime/bytes.h"

/* A secret file of one kind. */
struct policy_secret_file {
	const char *what;   /* in sentences: "passphrase file" */
	const char *reason; /* in the diag, as a token */
	const char *path;
};

/* SMIME_E_NOKEY, with file, its path, and a sentence about what is wrong. */
SMIME_MUST_USE enum smime_status policy_secret_file_refuse(
    const struct policy_secret_file *file, const char *why, struct smime_diag *diag);

/*
 * What the file holds, its first `most` octets, appended to out, which must be a secret buffer.
 *
 * SMIME_E_NOKEY: it cannot be opened or read, is empty, others may read or change it, it is neither
 * a regular file nor a pipe, or nothing comes out of the pipe within a minute.
 */
SMIME_MUST_USE enum smime_status policy_secret_file_read(const struct policy_secret_file *file,
    size_t most, struct smime_buf *out, struct smime_diag *diag);

#endif
