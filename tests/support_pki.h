/* support_pki.h - certificates for tests: a CA, what it issues, and a keyring that holds the keys.
 */
#ifndef TEST_SUPPORT_PKI_H
#define TEST_SUPPORT_PKI_H

#include "smime/cert.h"
#include "smime/keys.h"
#include "smime/trust.h"

#define PKI_NOW 1790000000 /* 2026-09-21: what the tests call now */
#define PKI_DAY 86400

/* What a certificate shall be. Zero means the ordinary: EC P-256, valid around PKI_NOW,
 * emailProtection, digitalSignature and keyAgreement (keyEncipherment for RSA). */
struct pki_spec {
	const char *name;      /* common name */
	const char *mailboxes; /* separated by blanks */
	const char *domains;
	const char *key;               /* "p-256", "rsa-2048", "rsa-1024", "ed25519", "rsa-pss" */
	const struct pki_cert *issuer; /* NULL: self-signed */
	bool ca;
	int path_length;   /* with ca: 0 means none, n means n - 1 */
	const char *usage; /* words of: sign repudiate encipher agree certsign; "-" leaves it out */
	const char *purpose;     /* "mail" (default), "server", "any", "-" */
	int64_t from, to;        /* 0: a year around PKI_NOW */
	bool sha1;               /* signed with SHA-1 */
	const char *permitted;   /* name constraint: rfc822Name */
	bool critical_extension; /* one of unknown meaning */
};

struct pki_cert {
	struct smime_cert *cert;
	void *key; /* gnutls_x509_privkey_t */
};

/* Aborts the test when it cannot. */
struct pki_cert *pki_make(const struct pki_spec *spec);
void pki_free(struct pki_cert **cert);

/* A keyring of these certificates (their keys are copied); NULL ends the list. */
struct smime_keyring *pki_keyring(struct pki_cert *const *certs);

/* A new handle on the private key. */
struct smime_privkey *pki_privkey(const struct pki_cert *cert);

/* A list of references, to be reset. */
struct smime_certs pki_list(struct pki_cert *const *certs);

#endif
