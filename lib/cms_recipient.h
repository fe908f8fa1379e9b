/*
 * cms_recipient.h - RecipientInfos: key transport (RSA) and key agreement (ECDH).  RFC 5652 s6.2,
 * RFC 5753, RFC 8418.
 */
#ifndef SMIME_CMS_RECIPIENT_H
#define SMIME_CMS_RECIPIENT_H

#include "cms.h"

/* One reader of a message. Views into the message. */
struct smime_recipient {
	struct smime_cert_id id;
	struct smime_algid alg; /* keyEncryptionAlgorithm */
	struct smime_bytes encrypted_key;
	bool agrees;              /* KeyAgreeRecipientInfo; then: */
	struct smime_bytes point; /* the originator's public key */
	struct smime_buf ukm;     /* user keying material */
};

/* All readers of recipientInfos, one after the other. Password, key-encryption-key and other kinds
 * are skipped unread (R-DEC-UNWRAP). */
struct smime_recipients {
	struct smime_bytes infos; /* still to be read */
	struct smime_bytes keys;  /* of the KeyAgreeRecipientInfo in hand, still to be read */
	struct smime_recipient now;
};

/* The next one in recipients->now; *more is false after the last. SMIME_E_SYNTAX for what is no
 * BER. */
SMIME_MUST_USE enum smime_status smime_recipients_next(
    struct smime_recipients *recipients, bool *more);
void smime_recipients_reset(struct smime_recipients *recipients);

/*
 * The content-encryption key for recipient, by our certificate cert. Whatever is wrong with what
 * the sender wrote, cek is filled with random octets and the call succeeds: what follows fails in
 * one way for all reasons (RFC 3218 s2.3.2).
 *
 * name  gets the names of the algorithms: "rsa-oaep", "stddh-sha256 aes256-wrap"; 64 octets
 *
 * SMIME_E_UNSUPPORTED for an algorithm; SMIME_E_SYSTEM.
 */
SMIME_MUST_USE enum smime_status smime_recipient_unwrap(const struct smime_recipient *recipient,
    struct smime_keys *keys, const struct smime_cert *cert, uint8_t *cek, size_t cek_len,
    char name[64], struct smime_diag *diag);

/* How a RecipientInfo is to be written. */
struct smime_recipient_form {
	const struct smime_cert *cert;
	const struct smime_alg *transport; /* for RSA */
	bool by_key_id;                    /* smime_cms_write_id() */
};

/* A RecipientInfo, appended to out; *plain: it has version 0, which decides EnvelopedData's. */
SMIME_MUST_USE enum smime_status smime_recipient_write(const struct smime_recipient_form *form,
    struct smime_bytes cek, struct smime_buf *out, bool *plain, struct smime_diag *diag);

#endif
