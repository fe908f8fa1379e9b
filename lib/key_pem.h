/* key_pem.h - a private key as PKCS#8 PEM.  RFC 5958, RFC 8018. */
#ifndef SMIME_KEY_PEM_H
#define SMIME_KEY_PEM_H

#include "smime/bytes.h"

#include <gnutls/x509.h>

/* Appended; PBES2 with AES-256 under passphrase, in clear when it is NULL. */
SMIME_MUST_USE enum smime_status smime_key_pem(
    gnutls_x509_privkey_t key, const char *passphrase, struct smime_buf *out);

#endif
