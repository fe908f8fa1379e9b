/*
 * smime/keys.h - the one upward call: find an own certificate, use its private key.
 *
 * lib/ never holds a private key: it asks through this table of functions, so that keys can live in
 * another process or a token. smime_privkey below is the in-process implementation's building
 * block.
 */
#ifndef SMIME_KEYS_H
#define SMIME_KEYS_H

#include "smime/algs.h"
#include "smime/cert.h"

/* How a RecipientInfo or SignerInfo names a certificate (RFC 5652 s5.3, s6.2). */
struct smime_cert_id {
	struct smime_bytes issuer; /* DER Name; empty when ski is used */
	struct smime_bytes serial; /* INTEGER content octets */
	struct smime_bytes ski;
};

bool smime_cert_id_matches(const struct smime_cert_id *id, const struct smime_cert *cert);

struct smime_keys {
	const struct smime_keys_ops *ops;
};

/* Own certificates are named by the certificate itself; each function finds its key by fingerprint.
 */
struct smime_keys_ops {
	/* The own certificate with that id; *out is a reference for the caller. SMIME_E_NOKEY:
	 * none. */
	enum smime_status (*find)(
	    struct smime_keys *keys, const struct smime_cert_id *id, struct smime_cert **out);

	/*
	 * Sign. scheme: a row of smime_signature_algs. input: the digest for RSA and ECDSA; the
	 * whole to-be-signed octets for EdDSA. Appends the signature as SignerInfo carries it.
	 */
	enum smime_status (*sign)(struct smime_keys *keys, const struct smime_cert *cert,
	    const struct smime_alg *scheme, struct smime_bytes input, struct smime_buf *signature,
	    struct smime_diag *diag);

	/*
	 * RSA key transport (PKCS#1 v1.5 or OAEP, a row of smime_key_transport_algs; parameters:
	 * the DER of the algorithm's parameters, empty when absent). Fills cek[0, cek_len) whatever
	 * happens: with random octets when anything is wrong with the ciphertext (RFC 3218 s2.3.2),
	 * in constant time. Fails only for reasons that say nothing about the ciphertext
	 * (SMIME_E_SYSTEM, SMIME_E_UNSUPPORTED for the parameters).
	 */
	enum smime_status (*unwrap)(struct smime_keys *keys, const struct smime_cert *cert,
	    const struct smime_alg *transport, struct smime_bytes parameters,
	    struct smime_bytes encrypted_key, uint8_t *cek, size_t cek_len,
	    struct smime_diag *diag);

	/*
	 * Key agreement: append to secret what our key shares with the originator's public key
	 * (point: 04 || X || Y, or the 32 octets of X25519). SMIME_E_UNTRUSTED: the point is no
	 * good.
	 */
	enum smime_status (*agree)(struct smime_keys *keys, const struct smime_cert *cert,
	    struct smime_bytes point, struct smime_buf *secret, struct smime_diag *diag);
};

/* A private key: PKCS#8 PEM (encrypted or not) or, in a token, a pkcs11: URI. */
struct smime_privkey;

/* passphrase: NULL for none; the PIN of a token whose URI gives none. SMIME_E_NOKEY: wrong
 * passphrase or no key in the text. */
SMIME_MUST_USE enum smime_status smime_privkey_import(struct smime_bytes pem,
    const char *passphrase, struct smime_privkey **out, struct smime_diag *diag);
/* One more owner of the same key; the last one to give it back wipes it. */
struct smime_privkey *smime_privkey_ref(struct smime_privkey *key);
void smime_privkey_free(struct smime_privkey **key);

/* SMIME_E_NOKEY, token "key-mismatch", when the key is not the certificate's. */
SMIME_MUST_USE enum smime_status smime_privkey_matches(
    const struct smime_privkey *key, const struct smime_cert *cert, struct smime_diag *diag);

/* The operations of smime_keys_ops on one key; thread-safe. */
SMIME_MUST_USE enum smime_status smime_privkey_sign(const struct smime_privkey *key,
    const struct smime_alg *scheme, struct smime_bytes input, struct smime_buf *signature,
    struct smime_diag *diag);
SMIME_MUST_USE enum smime_status smime_privkey_unwrap(const struct smime_privkey *key,
    const struct smime_alg *transport, struct smime_bytes parameters,
    struct smime_bytes encrypted_key, uint8_t *cek, size_t cek_len, struct smime_diag *diag);

SMIME_MUST_USE enum smime_status smime_privkey_agree(const struct smime_privkey *key,
    struct smime_bytes point, struct smime_buf *secret, struct smime_diag *diag);

/*
 * A key store in memory that implements smime_keys: certificates with their keys. Built once, then
 * shared read-only by all threads.
 */
struct smime_keyring;
SMIME_MUST_USE enum smime_status smime_keyring_new(struct smime_keyring **out);
void smime_keyring_free(struct smime_keyring **ring);
/* Takes the key over (*key becomes NULL) when it succeeds. Refuses a key that does not match. */
SMIME_MUST_USE enum smime_status smime_keyring_add(struct smime_keyring *ring,
    const struct smime_cert *cert, struct smime_privkey **key, struct smime_diag *diag);
struct smime_keys *smime_keyring_keys(struct smime_keyring *ring); /* borrowed from ring */

#endif
