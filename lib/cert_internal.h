/* cert_internal.h - the inside of a certificate, for the cert_*.c files only. */
#ifndef SMIME_CERT_INTERNAL_H
#define SMIME_CERT_INTERNAL_H

#include "smime/cert.h"

#include <gnutls/abstract.h>
#include <gnutls/x509.h>
#include <stdatomic.h>

#define SMIME_SMTP_UTF8_MAILBOX "1.3.6.1.5.5.7.8.9" /* RFC 9598 s3 */

struct smime_cert {
	atomic_uint references;
	struct smime_buf octets; /* what the ranges below point into */
	struct smime_bytes der, issuer_der, subject_der, serial, spki;
	gnutls_x509_crt_t crt; /* only read after import: GnuTLS allows that from several threads */
	uint8_t ski[64];
	size_t ski_len;
	uint8_t fingerprint[32];
	char fingerprint_hex[65];
	char serial_hex[43]; /* 20 octets, and a leading zero octet */
	char *issuer, *subject;
	int64_t not_before, not_after;
	int key_usage;    /* GNUTLS_KEY_*; -1 when absent */
	bool has_purpose; /* extendedKeyUsage present */
	bool may_mail;    /* emailProtection or any in it */
	bool self_signed, is_ca;
	enum smime_key_type key_type;
	unsigned key_bits;
	bool weak_exponent; /* RSA: even or under 65537 */
	char key_name[16];
	struct smime_buf *mailboxes; /* acceptable ones; domain part lower case */
	size_t mailbox_count;
	struct smime_buf *domains; /* acceptable ones, lower case */
	size_t domain_count;
	size_t name_count; /* all that subjectAltName holds, acceptable or not */
};

/* RSA keys over this are nobody's, and work. */
#define SMIME_RSA_MAX 8192

/* Fill mailboxes and domains from subjectAltName (cert_name.c). */
SMIME_MUST_USE enum smime_status smime_cert_read_names(
    struct smime_cert *cert, struct smime_diag *diag);

/* An addr-spec that subjectAltName may carry: one '@', no blanks, a domain in A-labels, at most 254
 * octets; utf8: the local part may leave ASCII. */
bool smime_is_mailbox(struct smime_bytes mailbox, bool utf8);

/* Is each label below the domain somebody else's, as with "com", "co.uk" or "github.io"
 * (publicsuffix.org)? Then nobody speaks for all of them. domain: at most 253 octets. */
bool smime_is_public_suffix(struct smime_bytes domain);

/* A domain as lower-case A-labels, appended; U-labels are mapped (RFC 5891). SMIME_E_SYNTAX: it is
 * no domain. */
SMIME_MUST_USE enum smime_status smime_a_label(struct smime_bytes domain, struct smime_buf *out);

#endif
