/* cert_make.c - a new key and its self-signed certificate.  RFC 5280 s4, RFC 8550 s4.4. */
#include "smime/cert_make.h"
#include "key_pem.h"

#include <gnutls/crypto.h>
#include <gnutls/x509.h>
#include <stdio.h>

#define DAY      86400
#define DAYS_MAX 36500

static enum smime_status
wrong(struct smime_diag *diag, const char *field, const char *value, const char *how)
{
	return smime_fail(diag, SMIME_E_SYNTAX, "field", "%s \"%s\": %s", field, value, how);
}

static enum smime_status
make_key(const char *name, gnutls_x509_privkey_t key, struct smime_diag *diag)
{
	static const struct {
		const char *name;
		gnutls_pk_algorithm_t pk;
		unsigned bits;
	} rows[] = {
		{ "rsa-2048", GNUTLS_PK_RSA, 2048 },
		{ "rsa-3072", GNUTLS_PK_RSA, 3072 },
		{ "rsa-4096", GNUTLS_PK_RSA, 4096 },
		{ "p-256", GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1) },
		{ "p-384", GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP384R1) },
		{ "ed25519", GNUTLS_PK_EDDSA_ED25519,
		    GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_ED25519) },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (strcmp(rows[i].name, name) == 0)
			return gnutls_x509_privkey_generate(key, rows[i].pk, rows[i].bits, 0) < 0
				   ? smime_fail(diag, SMIME_E_SYSTEM, NULL,
					 "cannot make a key of type %s", name)
				   : SMIME_OK;
	return wrong(
	    diag, "key", name, "must be rsa-2048, rsa-3072, rsa-4096, p-256, p-384 or ed25519");
}

static enum smime_status
set_subject(const struct smime_cert_spec *spec, gnutls_x509_crt_t crt, struct smime_diag *diag)
{
	const struct {
		const char *name, *oid, *value;
	} fields[] = {
		{ "country", GNUTLS_OID_X520_COUNTRY_NAME, spec->country },
		{ "state", GNUTLS_OID_X520_STATE_OR_PROVINCE_NAME, spec->state },
		{ "locality", GNUTLS_OID_X520_LOCALITY_NAME, spec->locality },
		{ "organization", GNUTLS_OID_X520_ORGANIZATION_NAME, spec->organization },
		{ "organizational unit", GNUTLS_OID_X520_ORGANIZATIONAL_UNIT_NAME,
		    spec->organizational_unit },
		{ "common name", GNUTLS_OID_X520_COMMON_NAME, spec->common_name },
	};

	if (!spec->common_name || !spec->common_name[0])
		return wrong(diag, "common name", "", "must not be empty");
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		const char *value = fields[i].value;

		if (!value)
			continue;
		if (gnutls_x509_crt_set_dn_by_oid(
			crt, fields[i].oid, 0, value, (unsigned)strlen(value)) < 0)
			return wrong(diag, fields[i].name, value,
			    i == 0 ? "must be a country code of two letters"
				   : "must be UTF-8 text of at most 64 characters");
	}
	return SMIME_OK;
}

bool
smime_name_is_fqdn(struct smime_bytes name, bool wildcard)
{
	size_t label = 0, labels = 0;
	bool digits = true;

	if (wildcard && name.len > 2 && name.data[0] == '*' && name.data[1] == '.')
		name = smime_bytes_slice(name, 2, name.len);
	if (name.len > 253)
		return false;
	for (size_t i = 0; i <= name.len; i++) {
		uint8_t c = i < name.len ? name.data[i] : '.';

		if (c == '.') {
			if (label == 0 || label > 63 || name.data[i - 1] == '-')
				return false;
			labels++;
			label = 0;
			digits = i == name.len ? digits : true;
			continue;
		}
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
			(c == '-' && label > 0)))
			return false;
		digits = digits && c >= '0' && c <= '9';
		label++;
	}
	return labels >= 2 && !digits;
}

/* Domain names become A-labels (RFC 5890): that is what addresses are compared with. */
static enum smime_status
add_domain(const char *domain, gnutls_x509_crt_t crt, struct smime_diag *diag)
{
	gnutls_datum_t mapped = { 0 };
	enum smime_status status = SMIME_OK;
	bool wild = domain[0] == '*' && domain[1] == '.';
	char name[260];

	if (gnutls_idna_map(
		domain + (wild ? 2 : 0), (unsigned)strlen(domain + (wild ? 2 : 0)), &mapped, 0) < 0)
		return wrong(diag, "domain", domain, "is no domain name");
	if (!smime_name_is_fqdn(smime_bytes(mapped.data, mapped.size), false))
		status = wrong(diag, "domain", domain, "must be a fully qualified domain name");
	(void)snprintf(name, sizeof name, "%s%s", wild ? "*." : "", (const char *)mapped.data);
	gnutls_free(mapped.data);
	if (status == SMIME_OK && gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_DNSNAME,
				      name, (unsigned)strlen(name), GNUTLS_FSAN_APPEND) < 0)
		status = SMIME_E_SYSTEM;
	return status;
}

static enum smime_status
set_names(const struct smime_cert_spec *spec, gnutls_x509_crt_t crt, struct smime_diag *diag)
{
	for (size_t i = 0; i < spec->domain_count; i++)
		SMIME_TRY(add_domain(spec->domains[i], crt, diag));
	for (size_t i = 0; i < spec->mailbox_count; i++) {
		const char *m = spec->mailboxes[i];

		if (gnutls_x509_crt_set_subject_alt_name(
			crt, GNUTLS_SAN_RFC822NAME, m, (unsigned)strlen(m), GNUTLS_FSAN_APPEND) < 0)
			return wrong(diag, "mailbox", m,
			    "must be an address of ASCII letters, as in info@example.com");
	}
	return SMIME_OK;
}

static enum smime_status
set_validity(const struct smime_cert_spec *spec, gnutls_x509_crt_t crt, struct smime_diag *diag)
{
	uint8_t serial[16];
	char days[16];

	(void)snprintf(days, sizeof days, "%u", spec->days);
	if (spec->days == 0 || spec->days > DAYS_MAX)
		return wrong(diag, "days", days, "must be 1 to 36500");
	if (gnutls_rnd(GNUTLS_RND_NONCE, serial, sizeof serial) < 0)
		return SMIME_E_SYSTEM;
	serial[0] = (uint8_t)((serial[0] & 0x7f) | 0x40); /* positive, and always 16 octets */
	if (gnutls_x509_crt_set_version(crt, 3) < 0 ||
	    gnutls_x509_crt_set_serial(crt, serial, sizeof serial) < 0 ||
	    gnutls_x509_crt_set_activation_time(crt, (time_t)spec->now) < 0 ||
	    gnutls_x509_crt_set_expiration_time(
		crt, (time_t)(spec->now + (int64_t)spec->days * DAY)) < 0)
		return SMIME_E_SYSTEM;
	return SMIME_OK;
}

static enum smime_status
set_usage(gnutls_x509_crt_t crt, gnutls_x509_privkey_t key)
{
	unsigned usage = GNUTLS_KEY_DIGITAL_SIGNATURE | GNUTLS_KEY_NON_REPUDIATION;
	int pk = gnutls_x509_privkey_get_pk_algorithm(key);
	uint8_t id[20];
	size_t size = sizeof id;

	if (pk == GNUTLS_PK_RSA)
		usage |= GNUTLS_KEY_KEY_ENCIPHERMENT;
	if (pk == GNUTLS_PK_ECDSA)
		usage |= GNUTLS_KEY_KEY_AGREEMENT;
	if (gnutls_x509_crt_set_key(crt, key) < 0 ||
	    gnutls_x509_crt_set_basic_constraints(crt, 0, -1) < 0 ||
	    gnutls_x509_crt_set_key_usage(crt, usage) < 0 ||
	    gnutls_x509_crt_set_key_purpose_oid(crt, GNUTLS_KP_EMAIL_PROTECTION, 0) < 0 ||
	    gnutls_x509_crt_get_key_id(crt, 0, id, &size) < 0 ||
	    gnutls_x509_crt_set_subject_key_id(crt, id, size) < 0 ||
	    gnutls_x509_crt_set_authority_key_id(crt, id, size) < 0)
		return SMIME_E_SYSTEM;
	return SMIME_OK;
}

static enum smime_status
sign_and_export(const struct smime_cert_spec *spec, gnutls_x509_crt_t crt,
    gnutls_x509_privkey_t key, struct smime_cert **out, struct smime_diag *diag)
{
	int digest = spec->digest ? spec->digest->backend : GNUTLS_DIG_SHA256;
	gnutls_datum_t der = { 0 };
	enum smime_status status;

	if (gnutls_x509_privkey_get_pk_algorithm(key) == GNUTLS_PK_EDDSA_ED25519)
		digest = GNUTLS_DIG_SHA512; /* Ed25519 has no other */
	if (gnutls_x509_crt_sign2(crt, crt, key, (gnutls_digest_algorithm_t)digest, 0) < 0 ||
	    gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_DER, &der) < 0)
		return smime_fail(diag, SMIME_E_SYSTEM, NULL, "the certificate cannot be signed");
	status = smime_cert_import(smime_bytes(der.data, der.size), out, diag);
	gnutls_free(der.data);
	return status;
}

static enum smime_status
make(const struct smime_cert_spec *spec, const char *passphrase, gnutls_x509_crt_t crt,
    gnutls_x509_privkey_t key, struct smime_cert **out, struct smime_buf *pem,
    struct smime_diag *diag)
{
	SMIME_TRY(set_subject(spec, crt, diag));
	SMIME_TRY(set_names(spec, crt, diag));
	SMIME_TRY(set_validity(spec, crt, diag));
	SMIME_TRY(make_key(spec->key, key, diag));
	SMIME_TRY(set_usage(crt, key));
	SMIME_TRY(smime_key_pem(key, passphrase, pem));
	return sign_and_export(spec, crt, key, out, diag);
}

enum smime_status
smime_cert_make(const struct smime_cert_spec *spec, const char *passphrase, struct smime_cert **out,
    struct smime_buf *key, struct smime_diag *diag)
{
	gnutls_x509_privkey_t private = NULL;
	gnutls_x509_crt_t crt = NULL;
	enum smime_status status = SMIME_E_SYSTEM;

	*out = NULL;
	if (gnutls_x509_privkey_init(&private) >= 0 && gnutls_x509_crt_init(&crt) >= 0)
		status = make(spec, passphrase, crt, private, out, key, diag);
	if (private)
		gnutls_x509_privkey_deinit(private);
	if (crt)
		gnutls_x509_crt_deinit(crt);
	if (status == SMIME_OK && smime_cert_mailbox_count(*out) != spec->mailbox_count) {
		smime_cert_free(out);
		status = wrong(diag, "mailbox", spec->mailboxes[0],
		    "each mailbox must be an address, as in info@example.com");
	}
	return status;
}
