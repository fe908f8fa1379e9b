/* keyring.c - own certificates with their private keys, in memory: the in-process smime_keys.
 * Built once, then read by all threads; GnuTLS' private keys may be shared for use. */
#include "smime/keys.h"

#include <stdlib.h>

struct entry {
	struct smime_cert *cert;
	struct smime_privkey *key;
};

struct smime_keyring {
	struct smime_keys keys;
	struct entry *entries;
	size_t count;
};

bool
smime_cert_id_matches(const struct smime_cert_id *id, const struct smime_cert *cert)
{
	if (id->ski.len > 0)
		return smime_bytes_equal(id->ski, smime_cert_ski(cert));
	return id->serial.len > 0 && smime_bytes_equal(id->serial, smime_cert_serial(cert)) &&
	       smime_bytes_equal(id->issuer, smime_cert_issuer_der(cert));
}

static const struct smime_privkey *
key_of(struct smime_keys *keys, const struct smime_cert *cert)
{
	struct smime_keyring *ring = smime_container_of(keys, struct smime_keyring, keys);

	for (size_t i = 0; i < ring->count; i++)
		if (smime_cert_is(ring->entries[i].cert, cert))
			return ring->entries[i].key;
	return NULL;
}

static enum smime_status
no_key(const struct smime_cert *cert, struct smime_diag *diag)
{
	return smime_fail(diag, SMIME_E_NOKEY, "no-key", "no private key for the certificate of %s",
	    smime_cert_subject(cert));
}

static enum smime_status
ring_find(struct smime_keys *keys, const struct smime_cert_id *id, struct smime_cert **out)
{
	struct smime_keyring *ring = smime_container_of(keys, struct smime_keyring, keys);

	*out = NULL;
	for (size_t i = 0; i < ring->count; i++)
		if (smime_cert_id_matches(id, ring->entries[i].cert)) {
			*out = smime_cert_ref(ring->entries[i].cert);
			return SMIME_OK;
		}
	return SMIME_E_NOKEY;
}

static enum smime_status
ring_sign(struct smime_keys *keys, const struct smime_cert *cert, const struct smime_alg *scheme,
    struct smime_bytes input, struct smime_buf *signature, struct smime_diag *diag)
{
	const struct smime_privkey *key = key_of(keys, cert);

	return key ? smime_privkey_sign(key, scheme, input, signature, diag) : no_key(cert, diag);
}

static enum smime_status
ring_unwrap(struct smime_keys *keys, const struct smime_cert *cert,
    const struct smime_alg *transport, struct smime_bytes parameters,
    struct smime_bytes encrypted_key, uint8_t *cek, size_t cek_len, struct smime_diag *diag)
{
	const struct smime_privkey *key = key_of(keys, cert);

	return key ? smime_privkey_unwrap(
			 key, transport, parameters, encrypted_key, cek, cek_len, diag)
		   : no_key(cert, diag);
}

static enum smime_status
ring_agree(struct smime_keys *keys, const struct smime_cert *cert, struct smime_bytes point,
    struct smime_buf *secret, struct smime_diag *diag)
{
	const struct smime_privkey *key = key_of(keys, cert);

	return key ? smime_privkey_agree(key, point, secret, diag) : no_key(cert, diag);
}

static const struct smime_keys_ops ring_ops = {
	.find = ring_find, .sign = ring_sign, .unwrap = ring_unwrap, .agree = ring_agree
};

enum smime_status
smime_keyring_new(struct smime_keyring **out)
{
	*out = calloc(1, sizeof **out);
	if (!*out)
		return SMIME_E_SYSTEM;
	(*out)->keys.ops = &ring_ops;
	return SMIME_OK;
}

void
smime_keyring_free(struct smime_keyring **ring)
{
	struct smime_keyring *r = *ring;

	*ring = NULL;
	if (!r)
		return;
	for (size_t i = 0; i < r->count; i++) {
		smime_cert_free(&r->entries[i].cert);
		smime_privkey_free(&r->entries[i].key);
	}
	free(r->entries);
	free(r);
}

enum smime_status
smime_keyring_add(struct smime_keyring *ring, const struct smime_cert *cert,
    struct smime_privkey **key, struct smime_diag *diag)
{
	struct entry *grown;

	SMIME_TRY(smime_privkey_matches(*key, cert, diag));
	grown = realloc(ring->entries, (ring->count + 1) * sizeof *grown);
	if (!grown)
		return SMIME_E_SYSTEM;
	ring->entries = grown;
	grown[ring->count++] = (struct entry){ .cert = smime_cert_ref(cert), .key = *key };
	*key = NULL;
	return SMIME_OK;
}

struct smime_keys *
smime_keyring_keys(struct smime_keyring *ring)
{
	return &ring->keys;
}
