/*
 * probe.c - one primitive on one line of standard input, its result in hex on standard output: what
 * run.py compares with vectors made by others.
 *
 *   wrap KEK WRAPPED OCTETS          AES key unwrap; "-" when it is refused
 *   ecdh PRIVATE POINT               P-256; x25519 alike; "-" when it is refused
 *   rsa-pkcs1 PEMFILE CIPHERTEXT OCTETS
 *   rsa-oaep PARAMETERS PEMFILE CIPHERTEXT OCTETS     a wrong one gives random octets
 *   rsa-pss SALT PEMFILE MESSAGE SIGNATURE            SHA-256 twice; "ok" or "-"
 *   hkdf KEY SALT INFO OCTETS        SHA-256
 *   decrypt CIPHER KEY IV CIPHERTEXT TAG AAD          "-" when it is refused
 *
 * Octets are hex, "-" stands for none.
 */
#include "cipher_stage.h"
#include "cms_signature.h"
#include "der.h"
#include "ka_ecdh.h"
#include "keywrap.h"
#include "smime/keys.h"

#include <nettle/bignum.h>
#include <nettle/ecc-curve.h>
#include <nettle/ecc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS 8
#define LINE  65536

static struct smime_bytes
hex(char *word)
{
	size_t len = strcmp(word, "-") == 0 ? 0 : strlen(word) / 2;
	uint8_t *octets = (uint8_t *)word;

	for (size_t i = 0; i < len; i++) {
		char digits[3] = { word[2 * i], word[2 * i + 1], 0 };

		octets[i] = (uint8_t)strtoul(digits, NULL, 16);
	}
	return smime_bytes(octets, len);
}

static void
print(bool right, const uint8_t *octets, size_t len)
{
	for (size_t i = 0; right && i < len; i++)
		(void)printf("%02x", octets[i]);
	(void)printf("%s\n", right && len > 0 ? "" : right ? "." : "-");
}

static void
unwrap(char **word)
{
	struct smime_bytes kek = hex(word[1]), wrapped = hex(word[2]);
	size_t len = strtoul(word[3], NULL, 10);
	const struct smime_alg *wrap = smime_key_wrap_algs;
	uint8_t cek[SMIME_KEK_MAX] = { 0 };

	while (wrap->oid && wrap->size != kek.len)
		wrap++;
	print(wrap->oid && smime_key_unwrap(wrap, kek.data, wrapped, cek, len), cek, len);
}

/* GnuTLS wants the public half as well. */
static int
import_p256(gnutls_privkey_t key, struct smime_bytes scalar)
{
	const struct ecc_curve *curve = nettle_get_secp_256r1();
	uint8_t x[32], y[32], d[32];
	gnutls_datum_t dx = { x, 32 }, dy = { y, 32 }, dd = { d, 32 };
	struct ecc_scalar secret;
	struct ecc_point point;
	mpz_t n, px, py;
	int rc = -1;

	mpz_inits(px, py, NULL);
	nettle_mpz_init_set_str_256_u(n, scalar.len, scalar.data);
	ecc_scalar_init(&secret, curve);
	ecc_point_init(&point, curve);
	if (ecc_scalar_set(&secret, n)) {
		ecc_point_mul_g(&point, &secret);
		ecc_point_get(&point, px, py);
		nettle_mpz_get_str_256(32, x, px);
		nettle_mpz_get_str_256(32, y, py);
		nettle_mpz_get_str_256(32, d, n);
		rc = gnutls_privkey_import_ecc_raw(key, GNUTLS_ECC_CURVE_SECP256R1, &dx, &dy, &dd);
	}
	ecc_point_clear(&point);
	ecc_scalar_clear(&secret);
	mpz_clears(n, px, py, NULL);
	return rc;
}

/* PKCS#8 of RFC 8410: a header of constant length in front of the 32 octets. */
static int
import_x25519(gnutls_privkey_t key, struct smime_bytes scalar)
{
	uint8_t der[48] = { 0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x6e, 4, 0x22, 4,
		0x20 };
	gnutls_datum_t datum = { der, sizeof der };

	if (scalar.len != 32)
		return -1;
	memcpy(der + 16, scalar.data, 32);
	return gnutls_privkey_import_x509_raw(
	    key, &datum, GNUTLS_X509_FMT_DER, NULL, GNUTLS_PKCS_PLAIN);
}

static void
agree(char **word)
{
	struct smime_bytes scalar = hex(word[1]), point = hex(word[2]);
	struct smime_buf secret = { 0 };
	gnutls_privkey_t key;
	bool right = false;
	int rc;

	if (gnutls_privkey_init(&key) < 0)
		exit(71);
	rc = strcmp(word[0], "ecdh") == 0 ? import_p256(key, scalar) : import_x25519(key, scalar);
	if (rc >= 0)
		right = smime_ka_derive(key, point, &secret, NULL) == SMIME_OK;
	print(right, secret.data, secret.len);
	smime_buf_reset(&secret);
	gnutls_privkey_deinit(key);
}

static struct smime_privkey *
read_key(const char *path)
{
	FILE *file = fopen(path, "r");
	struct smime_privkey *key = NULL;
	char pem[8192];
	size_t len;

	if (!file)
		exit(66);
	len = fread(pem, 1, sizeof pem, file);
	(void)fclose(file);
	if (smime_privkey_import(smime_bytes(pem, len), NULL, &key, NULL) != SMIME_OK)
		exit(65);
	return key;
}

static void
transport(char **word)
{
	bool oaep = strcmp(word[0], "rsa-oaep") == 0;
	struct smime_bytes parameters = oaep ? hex(*++word) : smime_bytes(NULL, 0);
	struct smime_privkey *key = read_key(word[1]);
	struct smime_bytes encrypted = hex(word[2]);
	size_t len = strtoul(word[3], NULL, 10);
	uint8_t cek[512] = { 0 };
	const struct smime_alg *alg =
	    smime_alg_by_name(smime_key_transport_algs, oaep ? "rsa-oaep" : "rsa-pkcs1");

	print(len <= sizeof cek &&
		  smime_privkey_unwrap(key, alg, parameters, encrypted, cek, len, NULL) == SMIME_OK,
	    cek, len);
	smime_privkey_free(&key);
}

static void
decrypt(char **word)
{
	const struct smime_alg *cipher = smime_alg_by_name(smime_content_algs, word[1]);
	struct smime_bytes key = hex(word[2]), iv = hex(word[3]), octets = hex(word[4]);
	struct smime_bytes tag = hex(word[5]), aad = hex(word[6]);
	struct smime_buf plain = { 0 };
	struct smime_stage *collect = NULL, *stage = NULL;
	bool right;

	if (!cipher || smime_stage_buf_new(&plain, LINE, &collect) != SMIME_OK)
		exit(70);
	right = iv.len == cipher->iv &&
		smime_stage_decrypt_new(cipher, key, iv, tag, collect, &stage) == SMIME_OK &&
		(aad.len == 0 || smime_stage_cipher_aad(stage, aad) == SMIME_OK) &&
		smime_push_bytes(stage, octets) == SMIME_OK && smime_finish(stage) == SMIME_OK;
	print(right, plain.data, plain.len);
	smime_stage_free(&stage);
	smime_stage_free(&collect);
	smime_buf_reset(&plain);
}

/* RSASSA-PSS-params { [0] sha256, [1] mgf1 sha256, [2] salt } */
static void
pss_parameters(uint32_t salt, struct smime_buf *out)
{
	const char *sha256 = smime_alg_by_name(smime_digests, "sha256")->oid;
	struct smime_buf hash = { 0 };
	size_t mark;

	if (smime_der_algid(&hash, sha256, smime_der_null_bytes) != SMIME_OK ||
	    smime_der_tlv(out, SMIME_BER_CONTEXT_CONS | 0, smime_buf_bytes(&hash)) != SMIME_OK)
		exit(71);
	mark = out->len;
	if (smime_der_algid(out, "1.2.840.113549.1.1.8", smime_buf_bytes(&hash)) != SMIME_OK ||
	    smime_der_wrap(out, mark, SMIME_BER_CONTEXT_CONS | 1) != SMIME_OK)
		exit(71);
	mark = out->len;
	if (smime_der_small(out, salt) != SMIME_OK ||
	    smime_der_wrap(out, mark, SMIME_BER_CONTEXT_CONS | 2) != SMIME_OK ||
	    smime_der_wrap(out, 0, SMIME_BER_SEQUENCE) != SMIME_OK)
		exit(71);
	smime_buf_reset(&hash);
}

static gnutls_pubkey_t
read_pubkey(const char *path)
{
	FILE *file = fopen(path, "r");
	unsigned char pem[8192];
	gnutls_datum_t datum = { pem, 0 };
	gnutls_pubkey_t key;

	if (!file)
		exit(66);
	datum.size = (unsigned)fread(pem, 1, sizeof pem, file);
	(void)fclose(file);
	if (gnutls_pubkey_init(&key) < 0 ||
	    gnutls_pubkey_import(key, &datum, GNUTLS_X509_FMT_PEM) < 0)
		exit(65);
	return key;
}

static void
pss(char **word)
{
	struct smime_bytes message = hex(word[3]);
	struct smime_signer_info info = { .signature = hex(word[4]) };
	struct smime_buf parameters = { 0 };
	struct smime_signature signature;
	gnutls_pubkey_t key = read_pubkey(word[2]);
	uint8_t digest[32];
	bool right;

	pss_parameters((uint32_t)strtoul(word[1], NULL, 10), &parameters);
	(void)strcpy(info.digest.oid, smime_alg_by_name(smime_digests, "sha256")->oid);
	(void)strcpy(info.signature_alg.oid, "1.2.840.113549.1.1.10");
	info.signature_alg.parameters = smime_buf_bytes(&parameters);
	if (gnutls_hash_fast(GNUTLS_DIG_SHA256, message.data, message.len, digest) < 0)
		exit(71);
	right = smime_signature_read(&info, &signature, NULL) == SMIME_OK &&
		smime_signature_verify_key(
		    &signature, key, smime_bytes(digest, sizeof digest), NULL) == SMIME_OK;
	(void)printf("%s\n", right ? "ok" : "-");
	smime_buf_reset(&parameters);
	gnutls_pubkey_deinit(key);
}

/* Two calls of GnuTLS, as keywrap.c makes them; there is no salt in S/MIME. */
static void
hkdf(char **word)
{
	struct smime_bytes ikm = hex(word[1]), salt = hex(word[2]), info = hex(word[3]);
	size_t len = strtoul(word[4], NULL, 10);
	uint8_t extracted[32], out[8192];
	gnutls_datum_t key = { (void *)(uintptr_t)ikm.data, (unsigned)ikm.len };
	gnutls_datum_t s = { (void *)(uintptr_t)salt.data, (unsigned)salt.len };
	gnutls_datum_t text = { (void *)(uintptr_t)info.data, (unsigned)info.len };
	gnutls_datum_t prk = { extracted, sizeof extracted };

	print(len <= sizeof out &&
		  gnutls_hkdf_extract(GNUTLS_MAC_SHA256, &key, &s, extracted) >= 0 &&
		  gnutls_hkdf_expand(GNUTLS_MAC_SHA256, &prk, &text, out, len) >= 0,
	    out, len);
}

static const struct {
	const char *name;
	void (*run)(char **word);
} operations[] = {
	{ "wrap", unwrap },
	{ "ecdh", agree },
	{ "x25519", agree },
	{ "rsa-pkcs1", transport },
	{ "rsa-oaep", transport },
	{ "rsa-pss", pss },
	{ "hkdf", hkdf },
	{ "decrypt", decrypt },
};

int
main(void)
{
	static char line[LINE];

	while (fgets(line, sizeof line, stdin)) {
		char *word[WORDS] = { 0 };
		size_t count = 0;

		for (char *w = strtok(line, " \n"); w && count < WORDS - 1; w = strtok(NULL, " \n"))
			word[count++] = w;
		for (size_t i = 0; i < sizeof operations / sizeof *operations; i++)
			if (count > 0 && strcmp(operations[i].name, word[0]) == 0)
				operations[i].run(word);
	}
	return 0;
}
