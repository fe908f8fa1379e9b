/* support_pki.h - certificates for tests: a CA, what it issues, and a keyring that holds the keys.
 */
#ifndef TEST_SUPPORT_PKI_H
#define TEST_SUPPORT_PKI_H

#include "smime/cert.h"
#include "smime/keys.h"
#include "smime/trust.h"

#define PKI_NOW 1790000000 /* 2026-09-21: what the tests call now */
#define PKI_DAY 86400

/* A subjectAltName of any octets, also such as no CA would write. */
struct pki_name {
	uint8_t tag; /* 0x81 rfc822Name, 0x82 dNSName, 0xa0 otherName; 0 ends a list */
	const char *octets;
	size_t len; /* 0: strlen */
};

/* What a certificate shall be. Zero means the ordinary: EC P-256, valid around PKI_NOW,
 * emailProtection, digitalSignature and keyAgreement (keyEncipherment for RSA). */
struct pki_spec {
	const char *name;      /* common name; "" leaves the subject empty */
	const char *mailboxes; /* separated by blanks */
	const char *domains;
	const char *key; /* "p-256", "p-384", "p-521", "rsa-2048", "rsa-1024", "rsa-pss", "ed25519",
			    "x25519" (needs an issuer) */
	const struct pki_cert *issuer; /* NULL: self-signed */
	bool ca;
	int path_length;   /* with ca: 0 means none, n means n - 1 */
	const char *usage; /* words of: sign repudiate encipher agree certsign; "-" leaves it out */
	const char *purpose;            /* "mail" (default), "server", "any", "-" */
	int64_t from, to;               /* 0: a year around PKI_NOW */
	bool sha1;                      /* signed with SHA-1 */
	bool md5;                       /* or with MD5 */
	const char *permitted;          /* name constraint: rfc822Name */
	bool critical_extension;        /* one of unknown meaning */
	struct smime_bytes constraints; /* nameConstraints as they stand, instead of those below */

	const char *excluded;         /* name constraint: rfc822Name */
	const char *permitted_domain; /* name constraint: dNSName */
	const char *excluded_domain;
	const char *subject_email; /* emailAddress in the subject */
	/* The whole of subjectAltName, instead of mailboxes and domains. */
	const struct pki_name *names;
	const struct pki_cert *same_key; /* the key of that one, not a new one */
	/* RSA: the certificate is that of an id-RSASSA-PSS key bound to this digest and salt. */
	int pss_digest; /* GNUTLS_DIG_*; 0: it is not */
	int pss_salt;
	unsigned serial;          /* 0: random */
	const char *capabilities; /* names of algorithms, as an extension (RFC 4262) */
	bool version_1;           /* no extensions at all */
	/* One more extension, or many: the number of each is appended to the OID. */
	const char *extension;
	struct smime_bytes extension_value;
	unsigned extension_count; /* 0: one, of that very OID */
};

struct pki_cert {
	struct smime_cert *cert;
	void *key; /* gnutls_x509_privkey_t */
};

/* Aborts the test when it cannot. */
struct pki_cert *pki_make(const struct pki_spec *spec);
void pki_free(struct pki_cert **cert);

/* Only the DER, appended: for certificates that smime_cert_import() shall refuse. */
void pki_make_der(const struct pki_spec *spec, struct smime_buf *out);

/* The private key as PKCS#8 PEM, appended; passphrase or NULL. */
void pki_key_pem(const struct pki_cert *cert, const char *passphrase, struct smime_buf *out);

/* A revocation list (DER, appended) by ca, of `revoked` or, when that is NULL, of nothing. */
void pki_crl(const struct pki_cert *ca, const struct pki_cert *revoked, int64_t this_update,
    int64_t next_update, struct smime_buf *out);

/* A keyring of these certificates (their keys are copied); NULL ends the list. */
struct smime_keyring *pki_keyring(struct pki_cert *const *certs);

/* A new handle on the private key. */
struct smime_privkey *pki_privkey(const struct pki_cert *cert);

/* A list of references, to be reset. */
struct smime_certs pki_list(struct pki_cert *const *certs);

#endif
