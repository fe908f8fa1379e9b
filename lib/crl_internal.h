/* crl_internal.h - the inside of a revocation list, for cert_path.c. */
#ifndef SMIME_CRL_INTERNAL_H
#define SMIME_CRL_INTERNAL_H

#include "smime/crl.h"

#include <gnutls/x509.h>

/* Borrowed. */
gnutls_x509_crl_t smime_crl_handle(const struct smime_crl *crl);

#endif
