/*
 * smime/cert.h - a certificate value: immutable after import, shared by reference count between
 * threads.  RFC 5280, RFC 8550.
 *
 * Names are matched by us on the raw octets of the certificate, never by a library's helper
 * (those fall back to the subject DN, fold local parts, or stop at a NUL).
 */
#ifndef SMIME_CERT_H
#define SMIME_CERT_H

#include "smime/bytes.h"
#include "smime/status.h"

struct smime_cert;

/* One certificate from DER. Refuses trailing octets, a certificate over 16 KiB (SMIME_E_LIMIT),
 * more than 256 subjectAltName entries, RSA keys over 16384 bits or with an exponent over 64
 * (SMIME_E_LIMIT), and whatever GnuTLS cannot parse (SMIME_E_SYNTAX). */
SMIME_MUST_USE enum smime_status smime_cert_import(
    struct smime_bytes der, struct smime_cert **out, struct smime_diag *diag);

/* The first certificate of a PEM text. */
SMIME_MUST_USE enum smime_status smime_cert_import_pem(
    struct smime_bytes pem, struct smime_cert **out, struct smime_diag *diag);

/* Only the octets of it, appended. */
SMIME_MUST_USE enum smime_status smime_cert_pem_der(
    struct smime_bytes pem, struct smime_buf *out, struct smime_diag *diag);

/* One more owner of the same certificate. */
struct smime_cert *smime_cert_ref(const struct smime_cert *cert);
void smime_cert_free(struct smime_cert **cert);

/* Certificates in order; owns a reference to each. */
struct smime_certs {
	struct smime_cert **item;
	size_t count;
};

SMIME_MUST_USE enum smime_status smime_certs_add(
    struct smime_certs *certs, const struct smime_cert *cert);

/* Whether both are one certificate, and whether it is among certs: the same octets. */
bool smime_cert_is(const struct smime_cert *a, const struct smime_cert *b);
bool smime_certs_hold(const struct smime_certs *certs, const struct smime_cert *cert);
/* Every certificate of a PEM text, appended, those of PKCS7 blocks too; none is SMIME_OK. */
SMIME_MUST_USE enum smime_status smime_certs_add_pem(
    struct smime_certs *certs, struct smime_bytes pem, struct smime_diag *diag);
/* Those of a PKCS#7 SignedData (.p7b, .p7c), BER; at most 100,000. */
SMIME_MUST_USE enum smime_status smime_certs_add_pkcs7(
    struct smime_certs *certs, struct smime_bytes der, struct smime_diag *diag);
void smime_certs_reset(struct smime_certs *certs);

/* Borrowed views, valid as long as the certificate. */
struct smime_bytes smime_cert_der(const struct smime_cert *cert);
struct smime_bytes smime_cert_issuer_der(const struct smime_cert *cert);  /* the Name */
struct smime_bytes smime_cert_subject_der(const struct smime_cert *cert); /* the Name */
struct smime_bytes smime_cert_serial(const struct smime_cert *cert);   /* INTEGER content octets */
struct smime_bytes smime_cert_ski(const struct smime_cert *cert);      /* empty when absent */
struct smime_bytes smime_cert_spki(const struct smime_cert *cert);     /* SubjectPublicKeyInfo */
const uint8_t *smime_cert_fingerprint(const struct smime_cert *cert);  /* SHA-256, 32 octets */
const char *smime_cert_fingerprint_hex(const struct smime_cert *cert); /* 64 lower-case digits */
const char *smime_cert_issuer(const struct smime_cert *cert);          /* RFC 4514 text */
const char *smime_cert_subject(const struct smime_cert *cert);         /* RFC 4514 text */
const char *smime_cert_serial_hex(const struct smime_cert *cert);
int64_t smime_cert_not_before(const struct smime_cert *cert); /* seconds since 1970, UTC */
int64_t smime_cert_not_after(const struct smime_cert *cert);
bool smime_cert_self_signed(const struct smime_cert *cert); /* its own key verifies it */
bool smime_cert_is_ca(const struct smime_cert *cert);

enum smime_key_type {
	SMIME_KEY_RSA,
	SMIME_KEY_RSA_PSS, /* id-RSASSA-PSS: signs only */
	SMIME_KEY_EC,      /* P-256, P-384, P-521 */
	SMIME_KEY_EDDSA,
	SMIME_KEY_ECDH,  /* X25519, X448: agrees only */
	SMIME_KEY_OTHER, /* DSA and the like: never used */
};
enum smime_key_type smime_cert_key_type(const struct smime_cert *cert);
unsigned smime_cert_key_bits(const struct smime_cert *cert);
/* "rsa-2048", "p-256", "ed25519": for people. */
const char *smime_cert_key_name(const struct smime_cert *cert);

/* A GnuTLS public key of its own for one operation (threads never share one). Opaque here so that
 * this header needs no GnuTLS: the pointee is gnutls_pubkey_t. */
SMIME_MUST_USE enum smime_status smime_cert_pubkey(
    const struct smime_cert *cert, void *gnutls_pubkey, struct smime_diag *diag);

/* Names in subjectAltName: rfc822Name (mailboxes) and dNSName (domains), raw octets; those with
 * NUL, space, control, '*' (mailboxes) or a wrong number of '@', and "*." before a public suffix,
 * are left out. Borrowed. */
size_t smime_cert_mailbox_count(const struct smime_cert *cert);
struct smime_bytes smime_cert_mailbox(const struct smime_cert *cert, size_t i);
size_t smime_cert_domain_count(const struct smime_cert *cert);
struct smime_bytes smime_cert_domain(const struct smime_cert *cert, size_t i);

/* How a certificate names an address (addr-spec, no brackets). Best first; 0 is no match. */
enum smime_cover {
	SMIME_COVER_NONE = 0,
	SMIME_COVER_WILDCARD, /* dNSName "*.d": exactly one label in its place */
	SMIME_COVER_DOMAIN,   /* dNSName equal to the address's domain */
	SMIME_COVER_MAILBOX,  /* rfc822Name or SmtpUTF8Mailbox equal to it: local part exact, domain
				 without case */
};
enum smime_cover smime_cert_covers(const struct smime_cert *cert, struct smime_bytes address);

/* The same for whom to encrypt to: local parts without case, as everybody delivers mail. */
enum smime_cover smime_cert_reaches(const struct smime_cert *cert, struct smime_bytes address);

/* What addresses of one mailbox have in common, appended: in lower case (ASCII), the domain in
 * A-labels; what is no address in lower case only. SMIME_E_SYSTEM only. */
SMIME_MUST_USE enum smime_status smime_mailbox_fold(
    struct smime_bytes address, struct smime_buf *out);

/*
 * May this certificate be used, at `now`, for ...? SMIME_E_NOKEY with a token otherwise: "expired",
 * "not-yet-valid", "key-usage", "purpose", "weak-key", "key-type".
 *
 * sign     keyUsage, when present, digitalSignature or nonRepudiation; EKU, when present,
 *          emailProtection or any  (RFC 8550 s4.4.2, s4.4.4)
 * encrypt  keyUsage present with keyEncipherment (RSA) or keyAgreement (EC); EKU as above
 */
SMIME_MUST_USE enum smime_status smime_cert_may_sign(
    const struct smime_cert *cert, int64_t now, struct smime_diag *diag);
SMIME_MUST_USE enum smime_status smime_cert_may_encrypt(
    const struct smime_cert *cert, int64_t now, struct smime_diag *diag);

/* A key nobody should rely on: RSA under 2048 bits, curves under 256, DSA and the like. */
bool smime_cert_is_weak(const struct smime_cert *cert);

/* PEM text of one certificate, appended. */
SMIME_MUST_USE enum smime_status smime_cert_pem(
    const struct smime_cert *cert, struct smime_buf *out);

#endif
