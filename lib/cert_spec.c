/* cert_spec.c - what a certificate shall say: subject, names, key usage, purpose.
 * RFC 5280 s4.1.2.6, s4.2.1; RFC 8550 s3, s4.4; RFC 9598 s3. Each field that is wrong is named. */
#include "cert_spec.h"
#include "ber.h"
#include "cert_internal.h"
#include "der.h"

#include <stdlib.h>
#include <strings.h>

enum smime_status
smime_spec_wrong(struct smime_diag *diag, const char *field, const char *value, const char *how)
{
	return smime_fail(diag, SMIME_E_SYNTAX, "field", "%s \"%s\": %s", field, value, how);
}

/* ---- subject ---- */

struct subject_field {
	const char *name, *oid, *value;
	size_t most; /* characters: the upper bounds of RFC 5280 appendix A.1 */
};

/* Characters; 0 for what is empty, no UTF-8, or holds controls. */
static size_t
count_characters(struct smime_bytes text)
{
	size_t count = 0, len;
	uint32_t c;

	for (; text.len > 0; text = smime_bytes_slice(text, len, text.len), count++) {
		len = smime_utf8(text, &c);
		if (len == 0 || c < ' ' || (c >= 0x7F && c < 0xA0))
			return 0;
	}
	return count;
}

static bool
is_country(const char *value)
{
	for (size_t i = 0; i < 2; i++)
		if (!((value[i] >= 'A' && value[i] <= 'Z') || (value[i] >= 'a' && value[i] <= 'z')))
			return false;
	return value[2] == 0;
}

static enum smime_status
set_field(const struct subject_field *f, gnutls_x509_crq_t crq, struct smime_diag *diag)
{
	size_t characters = count_characters(smime_bytes_str(f->value));
	int rc;

	/* "countryName ... PrintableString (SIZE (2))", an ISO 3166 code (X.520 s6.3.1). */
	if (f->most == 2 && !is_country(f->value))
		return smime_spec_wrong(
		    diag, f->name, f->value, "must be a country code of two letters, as in DE");
	if (characters == 0)
		return smime_spec_wrong(
		    diag, f->name, f->value, "must be text in UTF-8 and not be empty");
	if (characters > f->most)
		return smime_fail(diag, SMIME_E_SYNTAX, "field",
		    "%s has %zu characters: at most %zu are allowed", f->name, characters, f->most);
	rc = gnutls_x509_crq_set_dn_by_oid(crq, f->oid, 0, f->value, (unsigned)strlen(f->value));
	if (rc == GNUTLS_E_MEMORY_ERROR)
		return SMIME_E_SYSTEM;
	return rc < 0
		   ? smime_spec_wrong(diag, f->name, f->value, "cannot be put into a certificate")
		   : SMIME_OK;
}

static enum smime_status
set_subject(const struct smime_cert_spec *spec, gnutls_x509_crq_t crq, struct smime_diag *diag)
{
	const struct subject_field fields[] = {
		{ "country", GNUTLS_OID_X520_COUNTRY_NAME, spec->country, 2 },
		{ "state", GNUTLS_OID_X520_STATE_OR_PROVINCE_NAME, spec->state, 128 },
		{ "locality", GNUTLS_OID_X520_LOCALITY_NAME, spec->locality, 128 },
		{ "organization", GNUTLS_OID_X520_ORGANIZATION_NAME, spec->organization, 64 },
		{ "organizational unit", GNUTLS_OID_X520_ORGANIZATIONAL_UNIT_NAME,
		    spec->organizational_unit, 64 },
		{ "common name", GNUTLS_OID_X520_COMMON_NAME,
		    spec->common_name ? spec->common_name : "", 64 },
	};

	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		if (fields[i].value)
			SMIME_TRY(set_field(&fields[i], crq, diag));
	return SMIME_OK;
}

/* ---- subjectAltName ---- */

/* Domain names become A-labels (RFC 5890): that is what addresses are compared with. */
static enum smime_status
add_domain(const char *domain, gnutls_x509_crq_t crq, struct smime_diag *diag)
{
	bool wild = domain[0] == '*' && domain[1] == '.';
	SMIME_AUTO_BUF name = { 0 };
	enum smime_status status = SMIME_OK;

	if (wild)
		SMIME_TRY(smime_buf_append(&name, "*.", 2));
	status = smime_a_label(smime_bytes_str(domain + (wild ? 2 : 0)), &name);
	if (status == SMIME_E_SYSTEM)
		return status;
	if (status != SMIME_OK || !smime_name_is_fqdn(smime_buf_bytes(&name), true))
		return smime_spec_wrong(
		    diag, "domain", domain, "must be a fully qualified domain name");
	if (wild && smime_is_public_suffix(smime_bytes_slice(smime_buf_bytes(&name), 2, name.len)))
		return smime_spec_wrong(diag, "domain", domain,
		    "stands for domains of everybody: nobody speaks for these");
	return gnutls_x509_crq_set_subject_alt_name(
		   crq, GNUTLS_SAN_DNSNAME, name.data, (unsigned)name.len, GNUTLS_FSAN_APPEND) < 0
		   ? SMIME_E_SYSTEM
		   : SMIME_OK;
}

/* The address with its domain in A-labels; without an '@' it stays as it is, and is refused. */
static enum smime_status
map_mailbox(const char *mailbox, struct smime_buf *out)
{
	const char *at = strrchr(mailbox, '@');
	size_t local = at ? (size_t)(at - mailbox) + 1 : 0;

	SMIME_TRY(smime_buf_append(out, mailbox, local));
	return smime_a_label(smime_bytes_str(mailbox + local), out);
}

static bool
is_ascii(struct smime_bytes text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] > 127)
			return false;
	return true;
}

static enum smime_status
add_mailbox(const char *mailbox, gnutls_x509_crq_t crq, struct smime_diag *diag)
{
	SMIME_AUTO_BUF name = { 0 };
	enum smime_status status = map_mailbox(mailbox, &name);
	bool ascii = is_ascii(smime_buf_bytes(&name));
	int rc;

	if (status == SMIME_E_SYSTEM)
		return status;
	if (status != SMIME_OK || count_characters(smime_bytes_str(mailbox)) == 0 ||
	    !smime_is_mailbox(smime_buf_bytes(&name), true))
		return smime_spec_wrong(
		    diag, "mailbox", mailbox, "must be an address, as in info@example.com");
	/* "SmtpUTF8Mailbox ... MUST be used only if the local-part ... contains non-ASCII
	 * characters" (RFC 9598 s3) */
	if (ascii)
		rc = gnutls_x509_crq_set_subject_alt_name(
		    crq, GNUTLS_SAN_RFC822NAME, name.data, (unsigned)name.len, GNUTLS_FSAN_APPEND);
	else
		rc = gnutls_x509_crq_set_subject_alt_othername(crq, SMIME_SMTP_UTF8_MAILBOX,
		    name.data, (unsigned)name.len,
		    GNUTLS_FSAN_APPEND | GNUTLS_FSAN_ENCODE_UTF8_STRING);
	return rc < 0 ? SMIME_E_SYSTEM : SMIME_OK;
}

static enum smime_status
set_names(const struct smime_cert_spec *spec, gnutls_x509_crq_t crq, struct smime_diag *diag)
{
	for (size_t i = 0; i < spec->domain_count; i++)
		SMIME_TRY(add_domain(spec->domains[i], crq, diag));
	for (size_t i = 0; i < spec->mailbox_count; i++)
		SMIME_TRY(add_mailbox(spec->mailboxes[i], crq, diag));
	return SMIME_OK;
}

/* ---- what it is for ---- */

/* Written here: GnuTLS makes the purpose of a request critical, which few readers expect. */
static enum smime_status
set_purpose(gnutls_x509_crq_t crq)
{
	SMIME_AUTO_BUF der = { 0 };

	SMIME_TRY(smime_der_oid(&der, GNUTLS_KP_EMAIL_PROTECTION));
	SMIME_TRY(smime_der_wrap(&der, 0, SMIME_BER_SEQUENCE));
	return gnutls_x509_crq_set_extension_by_oid(
		   crq, GNUTLS_X509EXT_OID_EXTENDED_KEY_USAGE, der.data, der.len, 0) < 0
		   ? SMIME_E_SYSTEM
		   : SMIME_OK;
}

/* The bits by name, also more than is right: OpenSSL's purpose smimeencrypt wants that of EC keys.
 */
static enum smime_status
named_usage(const struct smime_cert_spec *spec, unsigned *out, struct smime_diag *diag)
{
	static const struct {
		const char *name;
		unsigned bit;
	} bits[] = {
		{ "digitalSignature", GNUTLS_KEY_DIGITAL_SIGNATURE },
		{ "nonRepudiation", GNUTLS_KEY_NON_REPUDIATION },
		{ "keyEncipherment", GNUTLS_KEY_KEY_ENCIPHERMENT },
		{ "dataEncipherment", GNUTLS_KEY_DATA_ENCIPHERMENT },
		{ "keyAgreement", GNUTLS_KEY_KEY_AGREEMENT },
	};

	*out = 0;
	for (size_t i = 0; i < spec->key_usage_count; i++) {
		size_t n = 0, most = sizeof bits / sizeof *bits;

		while (n < most && strcasecmp(bits[n].name, spec->key_usages[i]) != 0)
			n++;
		if (n == most)
			return smime_spec_wrong(diag, "key usage", spec->key_usages[i],
			    "must be digitalSignature, nonRepudiation, keyEncipherment, "
			    "dataEncipherment or keyAgreement");
		*out |= bits[n].bit;
	}
	return SMIME_OK;
}

/* What the key cannot do at all is no question of taste: RFC 8410 s5 leaves an Ed25519 key no bit
 * that encrypts, RFC 3279 s2.3.1 an RSA key no keyAgreement. */
static enum smime_status
check_usage(unsigned usage, gnutls_pubkey_t key, struct smime_diag *diag)
{
	int pk = gnutls_pubkey_get_pk_algorithm(key, NULL);
	unsigned encrypts =
	    GNUTLS_KEY_KEY_ENCIPHERMENT | GNUTLS_KEY_DATA_ENCIPHERMENT | GNUTLS_KEY_KEY_AGREEMENT;

	if (pk == GNUTLS_PK_EDDSA_ED25519 && (usage & encrypts))
		return smime_fail(diag, SMIME_E_SYNTAX, "field",
		    "an Ed25519 key only signs: its key usage is digitalSignature, nonRepudiation "
		    "or both (RFC 8410)");
	if (pk == GNUTLS_PK_RSA && (usage & GNUTLS_KEY_KEY_AGREEMENT))
		return smime_fail(diag, SMIME_E_SYNTAX, "field",
		    "an RSA key encrypts by keyEncipherment: it has no keyAgreement (RFC 3279)");
	return SMIME_OK;
}

/* RFC 8550 s4.4.2. An EC key gets no keyEncipherment, which "MUST NOT be present" (RFC 8813 s3),
 * unless somebody asks for it. */
static enum smime_status
default_usage(enum smime_cert_use use, gnutls_pubkey_t key, unsigned *out, struct smime_diag *diag)
{
	int pk = gnutls_pubkey_get_pk_algorithm(key, NULL);
	unsigned signs = GNUTLS_KEY_DIGITAL_SIGNATURE | GNUTLS_KEY_NON_REPUDIATION, encrypts = 0;

	if (pk == GNUTLS_PK_RSA)
		encrypts = GNUTLS_KEY_KEY_ENCIPHERMENT;
	if (pk == GNUTLS_PK_ECDSA)
		encrypts = GNUTLS_KEY_KEY_AGREEMENT;
	if (use == SMIME_USE_ENCRYPT && encrypts == 0)
		return smime_fail(diag, SMIME_E_SYNTAX, "field",
		    "a key of this type cannot encrypt: take an RSA or EC key");
	*out = (use == SMIME_USE_ENCRYPT ? 0 : signs) | (use == SMIME_USE_SIGN ? 0 : encrypts);
	return SMIME_OK;
}

static enum smime_status
set_usage(const struct smime_cert_spec *spec, gnutls_pubkey_t key, gnutls_x509_crq_t crq,
    struct smime_diag *diag)
{
	unsigned usage = 0;

	SMIME_TRY(spec->key_usage_count > 0 ? named_usage(spec, &usage, diag)
					    : default_usage(spec->use, key, &usage, diag));
	SMIME_TRY(check_usage(usage, key, diag));
	if (gnutls_x509_crq_set_basic_constraints(crq, 0, -1) < 0 ||
	    gnutls_x509_crq_set_key_usage(crq, usage) < 0)
		return SMIME_E_SYSTEM;
	return set_purpose(crq);
}

enum smime_status
smime_spec_fill(const struct smime_cert_spec *spec, gnutls_pubkey_t key, gnutls_x509_crq_t crq,
    struct smime_diag *diag)
{
	if (gnutls_x509_crq_set_version(crq, 1) < 0 || gnutls_x509_crq_set_pubkey(crq, key) < 0)
		return SMIME_E_SYSTEM;
	SMIME_TRY(set_subject(spec, crq, diag));
	SMIME_TRY(set_names(spec, crq, diag));
	return set_usage(spec, key, crq, diag);
}
