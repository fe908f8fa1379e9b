/* oaep.c - EME-OAEP, encoding and decoding, without branches on secrets.  RFC 8017 s7.1, RFC 4055
 * s4.1. Manger's attack needs to know whether the first octet was zero: here one flag gathers every
 * fault, and the content-encryption key stays random when it is set. */
#include "oaep.h"
#include "ber.h"
#include "kt_rsa.h"
#include "token.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <nettle/rsa.h>
#include <stdlib.h>

#define HASH_MAX 64

enum smime_status
smime_mgf1_xor(const struct smime_alg *hash, struct smime_bytes seed, uint8_t *out, size_t len)
{
	SMIME_AUTO_BUF in = { .secret = true };
	uint8_t mask[HASH_MAX];
	uint8_t *counter;

	SMIME_TRY(smime_buf_append(&in, seed.data, seed.len));
	SMIME_TRY(smime_buf_extend(&in, 4, &counter));
	for (uint32_t i = 0; len > 0; i++) {
		size_t now = len < hash->size ? len : hash->size;

		counter[0] = (uint8_t)(i >> 24);
		counter[1] = (uint8_t)(i >> 16);
		counter[2] = (uint8_t)(i >> 8);
		counter[3] = (uint8_t)i;
		if (gnutls_hash_fast(
			(gnutls_digest_algorithm_t)hash->backend, in.data, in.len, mask) < 0)
			return SMIME_E_SYSTEM;
		for (size_t k = 0; k < now; k++)
			out[k] ^= mask[k];
		out += now;
		len -= now;
	}
	explicit_bzero(mask, sizeof mask);
	return SMIME_OK;
}

/* EM = 00 || maskedSeed || maskedDB, DB = lHash || 00... || 01 || M */
enum smime_status
smime_oaep_encode(
    uint8_t *em, size_t em_len, const struct smime_alg *hash, struct smime_bytes message)
{
	size_t h = hash->size, db_len = em_len - h - 1;
	uint8_t *seed = em + 1, *db = em + 1 + h;

	if (em_len < 2 * h + 2 || message.len > em_len - 2 * h - 2)
		return SMIME_E_LIMIT;
	memset(em, 0, em_len);
	if (gnutls_hash_fast((gnutls_digest_algorithm_t)hash->backend, "", 0, db) < 0 ||
	    gnutls_rnd(GNUTLS_RND_KEY, seed, h) < 0)
		return SMIME_E_SYSTEM;
	db[db_len - message.len - 1] = 1;
	memcpy(db + db_len - message.len, message.data, message.len);
	SMIME_TRY(smime_mgf1_xor(hash, smime_bytes(seed, h), db, db_len));
	return smime_mgf1_xor(hash, smime_bytes(db, db_len), seed, h);
}

enum smime_status
smime_oaep_decode(uint8_t *em, size_t em_len, const struct smime_alg *hash,
    const struct smime_alg *mgf, struct smime_bytes label, uint8_t *cek, size_t cek_len,
    unsigned *right)
{
	size_t h = hash->size, db_len = em_len - h - 1;
	uint8_t *seed = em + 1, *db = em + 1 + h;
	uint8_t label_hash[HASH_MAX], keep;
	unsigned bad;

	*right = 0;
	if (em_len < 2 * h + 2 || cek_len > em_len - 2 * h - 2)
		return SMIME_OK;
	if (gnutls_hash_fast((gnutls_digest_algorithm_t)hash->backend, label.len ? label.data : em,
		label.len, label_hash) < 0)
		return SMIME_E_SYSTEM;
	SMIME_TRY(smime_mgf1_xor(mgf, smime_bytes(db, db_len), seed, h));
	SMIME_TRY(smime_mgf1_xor(mgf, smime_bytes(seed, h), db, db_len));
	/* The length of the key is known, so the 01 has one place to stand: no search. */
	bad = em[0];
	for (size_t i = 0; i < h; i++)
		bad |= db[i] ^ label_hash[i];
	for (size_t i = h; i < db_len - cek_len - 1; i++)
		bad |= db[i];
	bad |= db[db_len - cek_len - 1] ^ 1U;
	bad = (0U - bad) >> 31; /* 0 or 1 */
	keep = (uint8_t)(0U - bad);
	for (size_t i = 0; i < cek_len; i++)
		cek[i] = (uint8_t)((cek[i] & keep) | (db[db_len - cek_len + i] & ~keep));
	*right = 1U - bad;
	return SMIME_OK;
}

struct oaep_params {
	const struct smime_alg *hash, *mgf;
	struct smime_bytes label;
};

/* [tag] { AlgorithmIdentifier }, and nothing behind it; *is: whether it is there. */
static enum smime_status
read_tagged(struct smime_bytes *in, uint8_t tag, struct smime_algid *out, bool *is)
{
	struct smime_tlv tlv;

	*is = smime_ber_peek(*in, tag);
	if (!*is)
		return SMIME_OK;
	SMIME_TRY(smime_ber_read(in, &tlv));
	SMIME_TRY(smime_ber_algid(&tlv.content, out));
	return tlv.content.len == 0 ? SMIME_OK : SMIME_E_SYNTAX;
}

static enum smime_status
read_hash(const struct smime_algid *alg, const struct smime_alg **out)
{
	*out = smime_alg_by_oid(smime_digests, alg->oid);
	return *out ? SMIME_OK : SMIME_E_UNSUPPORTED;
}

static enum smime_status
read_mgf(const struct smime_algid *alg, const struct smime_alg **out)
{
	struct smime_bytes in = alg->parameters;
	struct smime_algid hash;

	if (strcmp(alg->oid, SMIME_OID_MGF1) != 0)
		return SMIME_E_UNSUPPORTED;
	SMIME_TRY(smime_ber_algid(&in, &hash));
	return read_hash(&hash, out);
}

static enum smime_status
read_label(const struct smime_algid *alg, struct smime_bytes *out)
{
	struct smime_bytes in = alg->parameters;
	struct smime_tlv tlv;

	if (strcmp(alg->oid, SMIME_OID_PSPECIFIED) != 0)
		return SMIME_E_UNSUPPORTED;
	SMIME_TRY(smime_ber_expect(&in, SMIME_BER_OCTET_STRING, &tlv));
	*out = tlv.content;
	return SMIME_OK;
}

/* RSAES-OAEP-params: [0] hash, [1] MGF, [2] label, each with a default (RFC 4055 s4.1). */
static enum smime_status
read_params(struct smime_bytes in, struct oaep_params *out)
{
	struct smime_algid alg;
	struct smime_tlv tlv;
	bool is;

	out->hash = out->mgf = smime_alg_by_name(smime_digests, "sha1");
	out->label = smime_bytes(NULL, 0);
	if (in.len == 0 || smime_ber_peek(in, SMIME_BER_NULL))
		return SMIME_OK;
	SMIME_TRY(smime_ber_expect(&in, SMIME_BER_SEQUENCE, &tlv));
	if (in.len > 0)
		return SMIME_E_SYNTAX;
	in = tlv.content;
	SMIME_TRY(read_tagged(&in, SMIME_BER_CONTEXT_CONS | 0, &alg, &is));
	if (is)
		SMIME_TRY(read_hash(&alg, &out->hash));
	SMIME_TRY(read_tagged(&in, SMIME_BER_CONTEXT_CONS | 1, &alg, &is));
	if (is)
		SMIME_TRY(read_mgf(&alg, &out->mgf));
	SMIME_TRY(read_tagged(&in, SMIME_BER_CONTEXT_CONS | 2, &alg, &is));
	if (is)
		SMIME_TRY(read_label(&alg, &out->label));
	return in.len == 0 ? SMIME_OK : SMIME_E_SYNTAX;
}

bool
smime_oaep_is_ours(struct smime_bytes parameters)
{
	const struct smime_alg *sha256 = smime_alg_by_name(smime_digests, "sha256");
	struct oaep_params params;

	return read_params(parameters, &params) == SMIME_OK && params.hash == sha256 &&
	       params.mgf == sha256 && params.label.len == 0;
}

static void
rnd(void *failed, size_t len, uint8_t *out)
{
	/* Blinding that is not random hides nothing: the result is not used then. Zeros would have
	 * no inverse, and nettle would ask again for ever. */
	memset(out, 1, len);
	if (gnutls_rnd(GNUTLS_RND_NONCE, out, len) < 0)
		*(bool *)failed = true;
}

struct rsa_key {
	struct rsa_public_key pub;
	struct rsa_private_key priv;
};

static bool
export_key(gnutls_privkey_t key, struct rsa_key *out)
{
	gnutls_datum_t part[8] = { { 0 } }; /* n e d p q u e1 e2 */
	mpz_t *to[] = { &out->pub.n, &out->pub.e, &out->priv.d, &out->priv.p, &out->priv.q,
		&out->priv.c, &out->priv.a, &out->priv.b };
	bool ok = gnutls_privkey_export_rsa_raw2(key, &part[0], &part[1], &part[2], &part[3],
		      &part[4], &part[5], &part[6], &part[7], 0) >= 0;

	/* A token's key exports its public half and calls that success. */
	ok = ok && part[3].size > 0 && part[4].size > 0;
	for (size_t i = 0; i < 8; i++) {
		if (ok)
			mpz_import(*to[i], part[i].size, 1, 1, 1, 0, part[i].data);
		if (part[i].data) {
			explicit_bzero(part[i].data, part[i].size);
			gnutls_free(part[i].data);
		}
	}
	return ok && rsa_public_key_prepare(&out->pub) && rsa_private_key_prepare(&out->priv);
}

/* Limbs of the secret result into a fixed number of octets, whatever leading zeros it has. */
static void
limbs_to_octets(const mpz_t m, uint8_t *em, size_t k)
{
	const mp_limb_t *limbs = mpz_limbs_read(m);
	size_t count = mpz_size(m);

	for (size_t i = 0; i < k; i++) {
		size_t limb = i / sizeof *limbs;
		mp_limb_t value = limb < count ? limbs[limb] : 0;

		em[k - 1 - i] = (uint8_t)(value >> (i % sizeof *limbs * 8));
	}
}

static enum smime_status
decrypt(const struct rsa_key *key, const struct oaep_params *params, struct smime_bytes encrypted,
    uint8_t *cek, size_t cek_len)
{
	SMIME_AUTO_BUF em = { .secret = true };
	size_t k = key->pub.size;
	bool failed = false;
	unsigned right;
	uint8_t *room;
	mpz_t c;

	SMIME_TRY(smime_buf_extend(&em, k, &room));
	mpz_init(c);
	mpz_import(c, encrypted.len, 1, 1, 1, 0, encrypted.data);
	memset(room, 0, k);
	/* A ciphertext of a wrong length or size is public knowledge; the rest is one path. */
	if (encrypted.len == k && mpz_cmp(c, key->pub.n) < 0 &&
	    rsa_compute_root_tr(&key->pub, &key->priv, &failed, rnd, c, c))
		limbs_to_octets(c, room, k);
	mpz_clear(c);
	if (failed)
		return SMIME_E_SYSTEM;
	/* Right or wrong is nobody's business here: cek is real or random. */
	return smime_oaep_decode(
	    room, k, params->hash, params->mgf, params->label, cek, cek_len, &right);
}

enum smime_status
smime_oaep_unwrap(gnutls_privkey_t key, struct smime_bytes parameters, struct smime_bytes encrypted,
    uint8_t *cek, size_t cek_len, struct smime_diag *diag)
{
	enum smime_status status;
	struct oaep_params params;
	struct rsa_key rsa;

	if (gnutls_rnd(GNUTLS_RND_KEY, cek, cek_len) < 0)
		return SMIME_E_SYSTEM;
	if (read_params(parameters, &params) != SMIME_OK)
		return smime_fail(
		    diag, SMIME_E_UNSUPPORTED, "algorithm", "RSAES-OAEP parameters cannot be used");
	rsa_public_key_init(&rsa.pub);
	rsa_private_key_init(&rsa.priv);
	if (export_key(key, &rsa))
		status = decrypt(&rsa, &params, encrypted, cek, cek_len);
	else
		status = smime_fail(diag, SMIME_E_UNSUPPORTED, "key-type",
		    "this private key cannot be used with RSAES-OAEP");
	rsa_public_key_clear(&rsa.pub);
	rsa_private_key_clear(&rsa.priv);
	return status;
}

enum smime_status
smime_oaep_unwrap_token(const struct smime_token *token, struct smime_bytes parameters,
    struct smime_bytes encrypted, uint8_t *cek, size_t cek_len, struct smime_diag *diag)
{
	size_t k = smime_token_modulus(token);
	SMIME_AUTO_BUF em = { .secret = true };
	struct oaep_params params;
	unsigned right;
	uint8_t *room;

	if (gnutls_rnd(GNUTLS_RND_KEY, cek, cek_len) < 0)
		return SMIME_E_SYSTEM;
	if (read_params(parameters, &params) != SMIME_OK)
		return smime_fail(
		    diag, SMIME_E_UNSUPPORTED, "algorithm", "RSAES-OAEP parameters cannot be used");
	if (k == 0)
		return smime_fail(
		    diag, SMIME_E_UNSUPPORTED, "key-type", "the token's key is no RSA key");
	SMIME_TRY(smime_buf_extend(&em, k, &room));
	memset(room, 0, k);
	if (encrypted.len == k)
		SMIME_TRY(smime_token_decrypt(token, encrypted, room, diag));
	return smime_oaep_decode(
	    room, k, params.hash, params.mgf, params.label, cek, cek_len, &right);
}
