/* cert_spec.h - what a certificate shall say, as a certification request. */
#ifndef SMIME_CERT_SPEC_H
#define SMIME_CERT_SPEC_H

#include "smime/cert_make.h"

#include <gnutls/abstract.h>

/* Subject, names, key usage, purpose and key; not signed yet. SMIME_E_SYNTAX names the field. */
SMIME_MUST_USE enum smime_status smime_spec_fill(const struct smime_cert_spec *spec,
    gnutls_pubkey_t key, gnutls_x509_crq_t crq, struct smime_diag *diag);

/* "field "value": how it must be". */
enum smime_status smime_spec_wrong(
    struct smime_diag *diag, const char *field, const char *value, const char *how);

#endif
