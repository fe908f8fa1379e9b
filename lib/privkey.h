/* privkey.h - the inside of a private key, for what signs more than mail. */
#ifndef SMIME_PRIVKEY_H
#define SMIME_PRIVKEY_H

#include "smime/keys.h"

#include <gnutls/abstract.h>

/* Borrowed. */
gnutls_privkey_t smime_privkey_handle(const struct smime_privkey *key);

#endif
