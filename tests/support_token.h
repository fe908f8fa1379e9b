/* support_token.h - a PKCS#11 token in software (SoftHSM), for one test, in support_dir's
 * directory. */
#ifndef TEST_SUPPORT_TOKEN_H
#define TEST_SUPPORT_TOKEN_H

#include "support_pki.h"

#define TOKEN_PIN      "4711"
#define TOKEN_URI_SIZE 200

/* False, and said why: there is no SoftHSM here. */
bool token_is_there(void);

/* A fresh token; dir_make() has been called. */
void token_make(void);

/* Put the key of a certificate into it; may_derive: key agreement is allowed. Its URI, without a
 * PIN. */
const char *token_import(
    const struct pki_cert *cert, const char *label, bool may_derive, char uri[TOKEN_URI_SIZE]);

#endif
