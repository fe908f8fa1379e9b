/* smime/crl.h - a revocation list: immutable after import.  RFC 5280 s5. */
#ifndef SMIME_CRL_H
#define SMIME_CRL_H

#include "smime/bytes.h"
#include "smime/status.h"

struct smime_crl;

/* One list, PEM or DER. SMIME_E_SYNTAX: it does not parse, or several stand in one text. */
SMIME_MUST_USE enum smime_status smime_crl_import(
    struct smime_bytes octets, struct smime_crl **out, struct smime_diag *diag);
void smime_crl_free(struct smime_crl **crl);

struct smime_bytes smime_crl_issuer_der(const struct smime_crl *crl); /* the Name */
const char *smime_crl_issuer(const struct smime_crl *crl);            /* RFC 4514 text */
int64_t smime_crl_this_update(const struct smime_crl *crl);           /* seconds since 1970, UTC */
int64_t smime_crl_next_update(const struct smime_crl *crl); /* INT64_MAX when it says none */
size_t smime_crl_count(const struct smime_crl *crl);        /* certificates in it */

/* Does it hold this serial number (INTEGER content octets)? Whose list it is, is not looked at. */
bool smime_crl_lists(const struct smime_crl *crl, struct smime_bytes serial);

/* PEM text, appended. */
SMIME_MUST_USE enum smime_status smime_crl_pem(const struct smime_crl *crl, struct smime_buf *out);

#endif
