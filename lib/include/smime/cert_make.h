/* smime/cert_make.h - make own certificates and requests; import them from PKCS#12.  RFC 5280,
 * RFC 2986, RFC 7292, RFC 8550. */
#ifndef SMIME_CERT_MAKE_H
#define SMIME_CERT_MAKE_H

#include "smime/algs.h"
#include "smime/cert.h"
#include "smime/keys.h"

/* What the key of a certificate is for (RFC 8550 s4.4.2). */
enum smime_cert_use {
	SMIME_USE_BOTH,
	SMIME_USE_SIGN,    /* digitalSignature, nonRepudiation */
	SMIME_USE_ENCRYPT, /* keyEncipherment (RSA), keyAgreement (EC) */
};

/* What a self-signed certificate shall say. Strings are UTF-8; NULL leaves a field out. */
struct smime_cert_spec {
	const char *common_name; /* needed */
	const char *organization, *organizational_unit, *locality, *state;
	const char *country;        /* two letters: ISO 3166 */
	const char *const *domains; /* dNSName; IDN allowed, stored as A-labels; "*.d" allowed */
	size_t domain_count;
	const char *const *mailboxes; /* rfc822Name, SmtpUTF8Mailbox for a local part in UTF-8 */
	size_t mailbox_count;
	/* "rsa-2048" to "rsa-4096", "p-256", "p-384", "p-521", "ed25519", hyphens or not; or the
	 * pkcs11: URI of a key that a token has already. */
	const char *key;
	enum smime_cert_use use;
	const char *const
	    *key_usages; /* RFC 5280's names, as in "keyAgreement"; none: as use says */
	size_t key_usage_count;
	const struct smime_alg *digest; /* NULL means sha256, longer for longer EC keys */
	bool pss;                       /* RSA: signed with RSASSA-PSS instead of PKCS#1 v1.5 */
	int64_t now;                    /* notBefore, seconds since 1970 */
	unsigned days;                  /* 1 to 36500 */
};

/*
 * A new key and its self-signed certificate: keyUsage as spec->use says, extendedKeyUsage
 * emailProtection, a random serial of 128 bits.
 *
 * passphrase  encrypts the PKCS#8 (PBES2, AES-256); NULL leaves it in clear; the PIN of a token
 *             whose URI gives none
 * key         gets the PEM (for a token's key its URI), appended; should be a secret buffer
 *
 * SMIME_E_SYNTAX names the field that is wrong and what it must look like. SMIME_E_NOKEY: the
 * token's key cannot be used.
 */
SMIME_MUST_USE enum smime_status smime_cert_make(const struct smime_cert_spec *spec,
    const char *passphrase, struct smime_cert **out, struct smime_buf *key,
    struct smime_diag *diag);

/*
 * A certification request (RFC 2986) for what a certificate says: its subject, names, key usage and
 * purpose, under its own key. PEM, appended to out.
 *
 * digest  as in struct smime_cert_spec
 *
 * SMIME_E_NOKEY: the key is not the certificate's.
 */
SMIME_MUST_USE enum smime_status smime_cert_request(const struct smime_cert *cert,
    const struct smime_privkey *key, const struct smime_alg *digest, struct smime_buf *out,
    struct smime_diag *diag);

/* At least two labels of letters, digits and hyphens, the last one not a number (RFC 1123 s2.1);
 * wildcard: "*." may stand in front. */
bool smime_name_is_fqdn(struct smime_bytes name, bool wildcard);

/* SMIME_E_SYNTAX, token "fqdn", names what is no fully qualified domain name: the common name or a
 * domain of subjectAltName. */
SMIME_MUST_USE enum smime_status smime_cert_check_fqdn(
    const struct smime_cert *cert, struct smime_diag *diag);

/*
 * Open a PKCS#12 file (DER; modern or old encryption).
 *
 * p12_passphrase  opens the file; "" is a passphrase too
 * passphrase      as in smime_cert_make
 * chain           the other certificates, appended
 *
 * SMIME_E_NOKEY: wrong passphrase, or no certificate with its key inside.
 */
SMIME_MUST_USE enum smime_status smime_pkcs12_import(struct smime_bytes p12,
    const char *p12_passphrase, const char *passphrase, struct smime_cert **out,
    struct smime_certs *chain, struct smime_buf *key, struct smime_diag *diag);

/*
 * A private key in PEM (PKCS#8 or traditional, opened with in_passphrase or NULL) to PKCS#8 PEM
 * under passphrase; appended to out. SMIME_E_NOKEY when it cannot be opened.
 */
SMIME_MUST_USE enum smime_status smime_key_reencrypt(struct smime_bytes pem,
    const char *in_passphrase, const char *passphrase, struct smime_buf *out,
    struct smime_diag *diag);

#endif
