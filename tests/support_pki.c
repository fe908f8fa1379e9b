/* support_pki.c - see support_pki.h. */
#include "support_pki.h"
#include "support.h"

#include <gnutls/crypto.h>
#include <gnutls/x509.h>
#include <stdlib.h>

#define YEAR (365 * (int64_t)PKI_DAY)

static void
must(int rc)
{
	ck_assert_msg(rc >= 0, "gnutls: %s", gnutls_strerror(rc));
}

static bool
has_word(const char *words, const char *word)
{
	return words && strstr(words, word) != NULL;
}

static gnutls_x509_privkey_t
make_key(const char *name)
{
	gnutls_x509_privkey_t key;

	must(gnutls_x509_privkey_init(&key));
	if (!name || strcmp(name, "p-256") == 0)
		must(gnutls_x509_privkey_generate(
		    key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0));
	else if (strcmp(name, "ed25519") == 0)
		must(gnutls_x509_privkey_generate(key, GNUTLS_PK_EDDSA_ED25519,
		    GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_ED25519), 0));
	else if (strcmp(name, "rsa-pss") == 0)
		must(gnutls_x509_privkey_generate(key, GNUTLS_PK_RSA_PSS, 2048, 0));
	else
		must(gnutls_x509_privkey_generate(key, GNUTLS_PK_RSA, (unsigned)atoi(name + 4), 0));
	return key;
}

static void
add_names(gnutls_x509_crt_t crt, const char *names, gnutls_x509_subject_alt_name_t type)
{
	char *copy = strdup(names ? names : ""), *save = NULL;

	for (char *n = strtok_r(copy, " ", &save); n; n = strtok_r(NULL, " ", &save))
		must(gnutls_x509_crt_set_subject_alt_name(
		    crt, type, n, (unsigned)strlen(n), GNUTLS_FSAN_APPEND));
	free(copy);
}

static unsigned
usage_bits(const struct pki_spec *spec)
{
	static const struct {
		const char *word;
		unsigned bit;
	} rows[] = { { "sign", GNUTLS_KEY_DIGITAL_SIGNATURE },
		{ "repudiate", GNUTLS_KEY_NON_REPUDIATION },
		{ "encipher", GNUTLS_KEY_KEY_ENCIPHERMENT }, { "agree", GNUTLS_KEY_KEY_AGREEMENT },
		{ "certs", GNUTLS_KEY_KEY_CERT_SIGN } };
	unsigned bits = 0;

	if (spec->usage) {
		for (int i = 0; i < ROWS(rows); i++)
			bits |= has_word(spec->usage, rows[i].word) ? rows[i].bit : 0;
		return bits;
	}
	if (spec->ca)
		return GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_CRL_SIGN;
	bits = GNUTLS_KEY_DIGITAL_SIGNATURE;
	if (spec->key && strncmp(spec->key, "rsa", 3) == 0)
		return bits | GNUTLS_KEY_KEY_ENCIPHERMENT;
	return bits | GNUTLS_KEY_KEY_AGREEMENT;
}

static void
add_purpose(gnutls_x509_crt_t crt, const struct pki_spec *spec)
{
	const char *purpose = spec->purpose ? spec->purpose : spec->ca ? "-" : "mail";

	if (strcmp(purpose, "mail") == 0)
		must(gnutls_x509_crt_set_key_purpose_oid(crt, GNUTLS_KP_EMAIL_PROTECTION, 0));
	if (strcmp(purpose, "server") == 0)
		must(gnutls_x509_crt_set_key_purpose_oid(crt, GNUTLS_KP_TLS_WWW_SERVER, 0));
	if (strcmp(purpose, "any") == 0)
		must(gnutls_x509_crt_set_key_purpose_oid(crt, GNUTLS_KP_ANY, 0));
}

static void
add_constraint(gnutls_x509_crt_t crt, const char *permitted)
{
	gnutls_datum_t name = { .data = (void *)(uintptr_t)permitted,
		.size = permitted ? (unsigned)strlen(permitted) : 0 };
	gnutls_x509_name_constraints_t constraints;

	if (!permitted)
		return;
	must(gnutls_x509_name_constraints_init(&constraints));
	must(gnutls_x509_name_constraints_add_permitted(constraints, GNUTLS_SAN_RFC822NAME, &name));
	must(gnutls_x509_crt_set_name_constraints(crt, constraints, 1));
	gnutls_x509_name_constraints_deinit(constraints);
}

static void
fill(gnutls_x509_crt_t crt, const struct pki_spec *spec, gnutls_x509_privkey_t key)
{
	uint8_t serial[8], id[20];
	size_t id_len = sizeof id;

	must(gnutls_rnd(GNUTLS_RND_NONCE, serial, sizeof serial));
	serial[0] = (uint8_t)((serial[0] & 0x7f) | 0x40);
	must(gnutls_x509_crt_set_version(crt, 3));
	must(gnutls_x509_crt_set_serial(crt, serial, sizeof serial));
	must(gnutls_x509_crt_set_dn_by_oid(
	    crt, GNUTLS_OID_X520_COMMON_NAME, 0, spec->name, (unsigned)strlen(spec->name)));
	must(gnutls_x509_crt_set_activation_time(
	    crt, (time_t)(spec->from ? spec->from : PKI_NOW - YEAR)));
	must(gnutls_x509_crt_set_expiration_time(
	    crt, (time_t)(spec->to ? spec->to : PKI_NOW + YEAR)));
	must(gnutls_x509_crt_set_key(crt, key));
	must(gnutls_x509_crt_get_key_id(crt, 0, id, &id_len));
	must(gnutls_x509_crt_set_subject_key_id(crt, id, id_len));
	must(gnutls_x509_crt_set_basic_constraints(
	    crt, spec->ca, spec->ca ? spec->path_length - 1 : -1));
	if (!spec->usage || strcmp(spec->usage, "-") != 0)
		must(gnutls_x509_crt_set_key_usage(crt, usage_bits(spec)));
	add_purpose(crt, spec);
	add_names(crt, spec->mailboxes, GNUTLS_SAN_RFC822NAME);
	add_names(crt, spec->domains, GNUTLS_SAN_DNSNAME);
	add_constraint(crt, spec->permitted);
	if (spec->critical_extension)
		must(gnutls_x509_crt_set_extension_by_oid(crt, "1.2.3.4.5", "\x05\x00", 2, 1));
}

static void
sign(gnutls_x509_crt_t crt, const struct pki_spec *spec, gnutls_x509_privkey_t own)
{
	gnutls_x509_privkey_t key = spec->issuer ? spec->issuer->key : own;
	gnutls_digest_algorithm_t digest = spec->sha1 ? GNUTLS_DIG_SHA1 : GNUTLS_DIG_SHA256;
	gnutls_x509_crt_t issuer;

	if (gnutls_x509_privkey_get_pk_algorithm(key) == GNUTLS_PK_EDDSA_ED25519)
		digest = GNUTLS_DIG_SHA512;
	if (!spec->issuer) {
		must(gnutls_x509_crt_sign2(crt, crt, key, digest, 0));
		return;
	}
	must(gnutls_x509_crt_init(&issuer));
	must(gnutls_x509_crt_import(issuer,
	    &(gnutls_datum_t){ .data = (void *)(uintptr_t)smime_cert_der(spec->issuer->cert).data,
		.size = (unsigned)smime_cert_der(spec->issuer->cert).len },
	    GNUTLS_X509_FMT_DER));
	must(gnutls_x509_crt_sign2(crt, issuer, key, digest, 0));
	gnutls_x509_crt_deinit(issuer);
}

struct pki_cert *
pki_make(const struct pki_spec *spec)
{
	struct pki_cert *made = calloc(1, sizeof *made);
	gnutls_datum_t der;
	gnutls_x509_crt_t crt;
	struct smime_diag diag = { 0 };

	ck_assert_ptr_nonnull(made);
	made->key = make_key(spec->key);
	must(gnutls_x509_crt_init(&crt));
	fill(crt, spec, made->key);
	sign(crt, spec, made->key);
	must(gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_DER, &der));
	ck_assert_msg(
	    smime_cert_import(smime_bytes(der.data, der.size), &made->cert, &diag) == SMIME_OK,
	    "%s", diag.text);
	gnutls_free(der.data);
	gnutls_x509_crt_deinit(crt);
	return made;
}

void
pki_free(struct pki_cert **cert)
{
	struct pki_cert *c = *cert;

	*cert = NULL;
	if (!c)
		return;
	smime_cert_free(&c->cert);
	gnutls_x509_privkey_deinit(c->key);
	free(c);
}

struct smime_privkey *
pki_privkey(const struct pki_cert *cert)
{
	struct smime_privkey *key = NULL;
	gnutls_datum_t pem;

	must(gnutls_x509_privkey_export2_pkcs8(
	    cert->key, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN, &pem));
	ck_assert_int_eq(
	    smime_privkey_import(smime_bytes(pem.data, pem.size), NULL, &key, NULL), SMIME_OK);
	gnutls_free(pem.data);
	return key;
}

struct smime_keyring *
pki_keyring(struct pki_cert *const *certs)
{
	struct smime_keyring *ring;

	ck_assert_int_eq(smime_keyring_new(&ring), SMIME_OK);
	for (; *certs; certs++) {
		struct smime_privkey *key = pki_privkey(*certs);

		ck_assert_int_eq(smime_keyring_add(ring, (*certs)->cert, &key, NULL), SMIME_OK);
	}
	return ring;
}

struct smime_certs
pki_list(struct pki_cert *const *certs)
{
	struct smime_certs list = { 0 };

	for (; *certs; certs++)
		ck_assert_int_eq(smime_certs_add(&list, (*certs)->cert), SMIME_OK);
	return list;
}
