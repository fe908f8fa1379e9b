/*
 * smime/caps.h - what a correspondent's program says it can read: SMIMECapabilities, in signed mail
 * (RFC 8551 s2.5.2) or in the certificate (RFC 4262).
 */
#ifndef SMIME_CAPS_H
#define SMIME_CAPS_H

#include "smime/algs.h"
#include "smime/cert.h"

/* Sets of rows: bit i is row i. 0: nothing is known. */
struct smime_caps {
	uint32_t ciphers;    /* of smime_content_algs */
	uint32_t transports; /* of smime_key_transport_algs */
};

/*
 * in: content of the SEQUENCE OF SMIMECapability. What we do not know is passed over; so is
 * RSA-OAEP with other parameters than those that we write (SHA-256 twice, no label). A list that
 * cannot be read says nothing.
 */
struct smime_caps smime_caps_read(struct smime_bytes in);

/* What the certificate's own extension says; nothing when there is none. */
struct smime_caps smime_cert_caps(const struct smime_cert *cert);

/* Is the row, one of smime_content_algs or smime_key_transport_algs, among them? */
bool smime_caps_hold(const struct smime_caps *caps, const struct smime_alg *row);

/* The names of the rows, with blanks between them, appended; and back again (names that are no
 * row's are passed over). */
SMIME_MUST_USE enum smime_status smime_caps_print(
    const struct smime_caps *caps, struct smime_buf *out);
struct smime_caps smime_caps_parse(const char *names);

#endif
