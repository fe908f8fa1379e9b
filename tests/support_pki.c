/* support_pki.c - see support_pki.h. */
#include "support_pki.h"

#include "der.h"
#include "kt_rsa.h"
#include "smime/caps.h"

#include <gnutls/crypto.h>
#include <gnutls/x509.h>
#include <stdio.h>
#include <stdlib.h>

#define YEAR (365 * (int64_t)PKI_DAY)

/* Not libcheck's: benchmarks make certificates too. */
static void
require(bool holds, const char *what, const char *why)
{
	if (holds)
		return;
	(void)fprintf(stderr, "test certificates: %s: %s\n", what, why);
	abort();
}

static void
must(int rc)
{
	require(rc >= 0, "gnutls", gnutls_strerror(rc));
}

static void
ok(enum smime_status status, const struct smime_diag *diag)
{
	require(status == SMIME_OK, smime_status_name(status), diag ? diag->text : "");
}

static bool
has_word(const char *words, const char *word)
{
	return words && strstr(words, word) != NULL;
}

static gnutls_x509_privkey_t
make_key(const char *name)
{
	static const struct {
		const char *name;
		gnutls_pk_algorithm_t pk;
		unsigned bits;
	} rows[] = {
		{ "p-256", GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1) },
		{ "p-384", GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP384R1) },
		{ "p-521", GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP521R1) },
		{ "ed25519", GNUTLS_PK_EDDSA_ED25519,
		    GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_ED25519) },
		{ "x25519", GNUTLS_PK_ECDH_X25519, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_X25519) },
		{ "rsa-2048", GNUTLS_PK_RSA, 2048 },
		{ "rsa-1024", GNUTLS_PK_RSA, 1024 },
		{ "rsa-pss", GNUTLS_PK_RSA_PSS, 2048 },
	};
	gnutls_x509_privkey_t key;
	size_t i = 0;

	while (i < sizeof rows / sizeof *rows && strcmp(rows[i].name, name ? name : "p-256") != 0)
		i++;
	require(i < sizeof rows / sizeof *rows, "no such key", name);
	must(gnutls_x509_privkey_init(&key));
	must(gnutls_x509_privkey_generate(key, rows[i].pk, rows[i].bits, 0));
	return key;
}

static gnutls_x509_privkey_t
copy_key(gnutls_x509_privkey_t from)
{
	gnutls_x509_privkey_t key;

	must(gnutls_x509_privkey_init(&key));
	must(gnutls_x509_privkey_cpy(key, from));
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

/* Written here, since GnuTLS refuses the names that tests need most. */
static void
set_raw_names(gnutls_x509_crt_t crt, const struct pki_name *names)
{
	SMIME_AUTO_BUF der = { 0 };

	for (; names->tag; names++)
		ok(smime_der_tlv(&der, names->tag,
		       smime_bytes(names->octets, names->len ? names->len : strlen(names->octets))),
		    NULL);
	ok(smime_der_wrap(&der, 0, 0x30), NULL);
	must(gnutls_x509_crt_set_extension_by_oid(
	    crt, GNUTLS_X509EXT_OID_SAN, der.data, der.len, 0));
}

/* SMIMECapabilities as an extension (RFC 4262), written as a signer writes them. */
static void
set_capabilities(gnutls_x509_crt_t crt, const char *names)
{
	const struct smime_caps caps = smime_caps_parse(names);
	SMIME_AUTO_BUF der = { 0 };

	for (const struct smime_alg *row = smime_content_algs; row->oid; row++)
		if (smime_caps_hold(&caps, row))
			ok(smime_der_algid(&der, row->oid, smime_bytes(NULL, 0)), NULL);
	for (const struct smime_alg *row = smime_key_transport_algs; row->oid; row++)
		if (smime_caps_hold(&caps, row))
			ok(smime_kt_algid(row, &der), NULL);
	ok(smime_der_wrap(&der, 0, 0x30), NULL);
	must(gnutls_x509_crt_set_extension_by_oid(
	    crt, "1.2.840.113549.1.9.15", der.data, der.len, 0));
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
		for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
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
add_constraints(gnutls_x509_crt_t crt, const struct pki_spec *spec)
{
	const struct {
		const char *name;
		gnutls_x509_subject_alt_name_t kind;
		bool permit;
	} rows[] = {
		{ spec->permitted, GNUTLS_SAN_RFC822NAME, true },
		{ spec->excluded, GNUTLS_SAN_RFC822NAME, false },
		{ spec->permitted_domain, GNUTLS_SAN_DNSNAME, true },
		{ spec->excluded_domain, GNUTLS_SAN_DNSNAME, false },
	};
	gnutls_x509_name_constraints_t constraints;
	bool any = false;

	must(gnutls_x509_name_constraints_init(&constraints));
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		gnutls_datum_t name = { .data = (void *)(uintptr_t)rows[i].name,
			.size = rows[i].name ? (unsigned)strlen(rows[i].name) : 0 };

		if (!rows[i].name)
			continue;
		any = true;
		must(rows[i].permit ? gnutls_x509_name_constraints_add_permitted(
					  constraints, rows[i].kind, &name)
				    : gnutls_x509_name_constraints_add_excluded(
					  constraints, rows[i].kind, &name));
	}
	if (any)
		must(gnutls_x509_crt_set_name_constraints(crt, constraints, 1));
	if (spec->constraints.len > 0)
		must(gnutls_x509_crt_set_extension_by_oid(crt, GNUTLS_X509EXT_OID_NAME_CONSTRAINTS,
		    spec->constraints.data, spec->constraints.len, 1));
	gnutls_x509_name_constraints_deinit(constraints);
}

static void
set_subject(gnutls_x509_crt_t crt, const struct pki_spec *spec)
{
	const char *name = spec->name ? spec->name : "Test";

	if (*name)
		must(gnutls_x509_crt_set_dn_by_oid(
		    crt, GNUTLS_OID_X520_COMMON_NAME, 0, name, (unsigned)strlen(name)));
	if (spec->subject_email)
		must(gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_PKCS9_EMAIL, 0,
		    spec->subject_email, (unsigned)strlen(spec->subject_email)));
}

static void
set_serial_and_time(gnutls_x509_crt_t crt, const struct pki_spec *spec)
{
	uint8_t serial[8] = { 0 };

	if (spec->serial == 0) {
		must(gnutls_rnd(GNUTLS_RND_NONCE, serial, sizeof serial));
		serial[0] = (uint8_t)((serial[0] & 0x3f) | 0x40);
	}
	for (unsigned i = 0; i < sizeof spec->serial; i++)
		serial[7 - i] |= (uint8_t)(spec->serial >> (8 * i));
	must(gnutls_x509_crt_set_serial(crt, serial, sizeof serial));
	must(gnutls_x509_crt_set_activation_time(
	    crt, (time_t)(spec->from ? spec->from : PKI_NOW - YEAR)));
	must(gnutls_x509_crt_set_expiration_time(
	    crt, (time_t)(spec->to ? spec->to : PKI_NOW + YEAR)));
}

static void
set_key_ids(gnutls_x509_crt_t crt, const struct pki_spec *spec)
{
	uint8_t id[20];
	size_t id_len = sizeof id;

	must(gnutls_x509_crt_get_key_id(crt, 0, id, &id_len));
	must(gnutls_x509_crt_set_subject_key_id(crt, id, id_len));
	if (spec->issuer) {
		id_len = sizeof id;
		must(gnutls_x509_privkey_get_key_id(spec->issuer->key, 0, id, &id_len));
	}
	must(gnutls_x509_crt_set_authority_key_id(crt, id, id_len));
}

static void
add_extensions(gnutls_x509_crt_t crt, const struct pki_spec *spec)
{
	char oid[64];

	(void)snprintf(oid, sizeof oid, "%s", spec->extension);
	for (unsigned i = 0; i < (spec->extension_count ? spec->extension_count : 1); i++) {
		if (spec->extension_count)
			(void)snprintf(oid, sizeof oid, "%s.%u", spec->extension, i);
		must(gnutls_x509_crt_set_extension_by_oid(
		    crt, oid, spec->extension_value.data, spec->extension_value.len, 0));
	}
}

static void
set_key(gnutls_x509_crt_t crt, const struct pki_spec *spec, gnutls_x509_privkey_t key)
{
	gnutls_x509_privkey_t bound = copy_key(key);
	gnutls_x509_spki_t spki;

	must(gnutls_x509_spki_init(&spki));
	if (spec->pss_digest) {
		gnutls_x509_spki_set_rsa_pss_params(
		    spki, (gnutls_digest_algorithm_t)spec->pss_digest, (unsigned)spec->pss_salt);
		must(gnutls_x509_privkey_set_spki(bound, spki, 0));
	}
	must(gnutls_x509_crt_set_key(crt, bound));
	gnutls_x509_spki_deinit(spki);
	gnutls_x509_privkey_deinit(bound);
}

static void
fill(gnutls_x509_crt_t crt, const struct pki_spec *spec, gnutls_x509_privkey_t key)
{
	must(gnutls_x509_crt_set_version(crt, spec->version_1 ? 1 : 3));
	set_subject(crt, spec);
	set_serial_and_time(crt, spec);
	set_key(crt, spec, key);
	if (spec->version_1)
		return;
	set_key_ids(crt, spec);
	must(gnutls_x509_crt_set_basic_constraints(
	    crt, spec->ca, spec->ca ? spec->path_length - 1 : -1));
	if (!spec->usage || strcmp(spec->usage, "-") != 0)
		must(gnutls_x509_crt_set_key_usage(crt, usage_bits(spec)));
	add_purpose(crt, spec);
	add_names(crt, spec->mailboxes, GNUTLS_SAN_RFC822NAME);
	add_names(crt, spec->domains, GNUTLS_SAN_DNSNAME);
	if (spec->names)
		set_raw_names(crt, spec->names);
	add_constraints(crt, spec);
	if (spec->capabilities)
		set_capabilities(crt, spec->capabilities);
	if (spec->critical_extension)
		must(gnutls_x509_crt_set_extension_by_oid(crt, "1.2.3.4.5", "\x05\x00", 2, 1));
	if (spec->extension)
		add_extensions(crt, spec);
}

static gnutls_digest_algorithm_t
digest_for(gnutls_x509_privkey_t key, const struct pki_spec *spec)
{
	if (gnutls_x509_privkey_get_pk_algorithm(key) == GNUTLS_PK_EDDSA_ED25519)
		return GNUTLS_DIG_SHA512;
	return spec->md5 ? GNUTLS_DIG_MD5 : spec->sha1 ? GNUTLS_DIG_SHA1 : GNUTLS_DIG_SHA256;
}

static gnutls_x509_crt_t
parse(const struct smime_cert *cert)
{
	struct smime_bytes der = smime_cert_der(cert);
	gnutls_datum_t datum = { .data = (void *)(uintptr_t)der.data, .size = (unsigned)der.len };
	gnutls_x509_crt_t crt;

	must(gnutls_x509_crt_init(&crt));
	must(gnutls_x509_crt_import(crt, &datum, GNUTLS_X509_FMT_DER));
	return crt;
}

static void
sign(gnutls_x509_crt_t crt, const struct pki_spec *spec, gnutls_x509_privkey_t own)
{
	gnutls_x509_privkey_t key = spec->issuer ? spec->issuer->key : own;
	gnutls_x509_crt_t issuer = spec->issuer ? parse(spec->issuer->cert) : crt;

	must(gnutls_x509_crt_sign2(crt, issuer, key, digest_for(key, spec), 0));
	if (issuer != crt)
		gnutls_x509_crt_deinit(issuer);
}

/* The certificate's DER, appended; its key is returned. */
static gnutls_x509_privkey_t
make(const struct pki_spec *spec, struct smime_buf *out)
{
	gnutls_x509_privkey_t key =
	    spec->same_key ? copy_key(spec->same_key->key) : make_key(spec->key);
	gnutls_datum_t der = { 0 };
	gnutls_x509_crt_t crt;

	must(gnutls_x509_crt_init(&crt));
	fill(crt, spec, key);
	sign(crt, spec, key);
	must(gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_DER, &der));
	ok(smime_buf_append(out, der.data, der.size), NULL);
	gnutls_free(der.data);
	gnutls_x509_crt_deinit(crt);
	return key;
}

void
pki_make_der(const struct pki_spec *spec, struct smime_buf *out)
{
	gnutls_x509_privkey_deinit(make(spec, out));
}

struct pki_cert *
pki_make(const struct pki_spec *spec)
{
	struct pki_cert *made = calloc(1, sizeof *made);
	SMIME_AUTO_BUF der = { 0 };
	struct smime_diag diag = { 0 };

	require(made != NULL, "calloc", "no memory");
	made->key = make(spec, &der);
	ok(smime_cert_import(smime_buf_bytes(&der), &made->cert, &diag), &diag);
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

void
pki_key_pem(const struct pki_cert *cert, const char *passphrase, struct smime_buf *out)
{
	unsigned flags = passphrase ? GNUTLS_PKCS_PBES2_AES_256 : GNUTLS_PKCS_PLAIN;
	gnutls_datum_t pem = { 0 };

	must(gnutls_x509_privkey_export2_pkcs8(
	    cert->key, GNUTLS_X509_FMT_PEM, passphrase, flags, &pem));
	ok(smime_buf_append(out, pem.data, pem.size), NULL);
	gnutls_free(pem.data);
}

struct smime_privkey *
pki_privkey(const struct pki_cert *cert)
{
	struct smime_privkey *key = NULL;
	SMIME_AUTO_BUF pem = { 0 };

	pki_key_pem(cert, NULL, &pem);
	ok(smime_privkey_import(smime_buf_bytes(&pem), NULL, &key, NULL), NULL);
	return key;
}

struct smime_keyring *
pki_keyring(struct pki_cert *const *certs)
{
	struct smime_keyring *ring;

	ok(smime_keyring_new(&ring), NULL);
	for (; *certs; certs++) {
		struct smime_privkey *key = pki_privkey(*certs);

		ok(smime_keyring_add(ring, (*certs)->cert, &key, NULL), NULL);
	}
	return ring;
}

struct smime_certs
pki_list(struct pki_cert *const *certs)
{
	struct smime_certs list = { 0 };

	for (; *certs; certs++)
		ok(smime_certs_add(&list, (*certs)->cert), NULL);
	return list;
}

void
pki_crl(const struct pki_cert *ca, const struct pki_cert *revoked, int64_t this_update,
    int64_t next_update, struct smime_buf *out)
{
	gnutls_x509_crt_t issuer = parse(ca->cert);
	gnutls_x509_crl_t crl;
	gnutls_datum_t der = { 0 };

	must(gnutls_x509_crl_init(&crl));
	must(gnutls_x509_crl_set_version(crl, 2));
	must(gnutls_x509_crl_set_number(crl, "\x01", 1));
	must(gnutls_x509_crl_set_this_update(crl, (time_t)this_update));
	must(gnutls_x509_crl_set_next_update(crl, (time_t)next_update));
	if (revoked) {
		struct smime_bytes serial = smime_cert_serial(revoked->cert);

		must(gnutls_x509_crl_set_crt_serial(
		    crl, serial.data, serial.len, (time_t)this_update));
	}
	must(gnutls_x509_crl_sign2(
	    crl, issuer, ca->key, digest_for(ca->key, &(struct pki_spec){ 0 }), 0));
	must(gnutls_x509_crl_export2(crl, GNUTLS_X509_FMT_DER, &der));
	ok(smime_buf_append(out, der.data, der.size), NULL);
	gnutls_free(der.data);
	gnutls_x509_crl_deinit(crl);
	gnutls_x509_crt_deinit(issuer);
}
