/* cert.c - a certificate value: parsed once, immutable, counted references.  RFC 5280 s4.
 * Everything that is asked for later is taken out at import, so that threads share it without
 * locks. Refused: more than 16 KiB, trailing octets, more than 256 subjectAltName entries, RSA keys
 * over 16384 bits or with an exponent over 64. */
#include "ber.h"
#include "cert_internal.h"

#include <gnutls/crypto.h>
#include <stdio.h>
#include <stdlib.h>

/* CERT_MAX: R-LIM. A certificate for one person or gateway is 1 to 3 KiB. */
#define CERT_MAX 16384
/* Larger keys are not even looked at; which are strong enough for what is asked in cert_use.c. */
#define RSA_MAX 16384

static enum smime_status
malformed(struct smime_diag *diag, const char *what)
{
	return smime_fail(diag, SMIME_E_SYNTAX, "certificate", "certificate: %s", what);
}

/* The ranges inside the DER: serial, issuer, subject, SubjectPublicKeyInfo (RFC 5280 s4.1). */
static enum smime_status
find_ranges(struct smime_cert *c)
{
	struct smime_bytes in = c->der, tbs;
	struct smime_tlv tlv;

	SMIME_TRY(smime_ber_expect(&in, SMIME_BER_SEQUENCE, &tlv));
	if (in.len != 0)
		return SMIME_E_SYNTAX;
	in = tlv.content;
	SMIME_TRY(smime_ber_expect(&in, SMIME_BER_SEQUENCE, &tlv));
	tbs = tlv.content;
	if (smime_ber_peek(tbs, SMIME_BER_CONTEXT_CONS | 0))
		SMIME_TRY(smime_ber_read(&tbs, &tlv));
	SMIME_TRY(smime_ber_expect(&tbs, SMIME_BER_INTEGER, &tlv));
	c->serial = tlv.content;
	SMIME_TRY(smime_ber_expect(&tbs, SMIME_BER_SEQUENCE, &tlv)); /* signature */
	SMIME_TRY(smime_ber_expect(&tbs, SMIME_BER_SEQUENCE, &tlv));
	c->issuer_der = tlv.whole;
	SMIME_TRY(smime_ber_expect(&tbs, SMIME_BER_SEQUENCE, &tlv)); /* validity */
	SMIME_TRY(smime_ber_expect(&tbs, SMIME_BER_SEQUENCE, &tlv));
	c->subject_der = tlv.whole;
	SMIME_TRY(smime_ber_expect(&tbs, SMIME_BER_SEQUENCE, &tlv));
	c->spki = tlv.whole;
	return SMIME_OK;
}

static enum smime_status
hex(struct smime_bytes octets, char *out, size_t size)
{
	if (octets.len * 2 >= size)
		return SMIME_E_LIMIT;
	out[0] = 0;
	for (size_t i = 0; i < octets.len; i++)
		(void)snprintf(out + i * 2, 3, "%02x", octets.data[i]);
	return SMIME_OK;
}

/* SubjectPublicKeyInfo { algorithm, BIT STRING { RSAPublicKey { n, e } } } (RFC 3279 s2.3.1).
 * SMIME_E_LIMIT: e is over 64 bits. */
static enum smime_status
rsa_exponent(struct smime_bytes in, uint64_t *e)
{
	struct smime_tlv tlv;

	*e = 0;
	SMIME_TRY(smime_ber_expect(&in, SMIME_BER_SEQUENCE, &tlv));
	in = tlv.content;
	SMIME_TRY(smime_ber_expect(&in, SMIME_BER_SEQUENCE, &tlv));
	SMIME_TRY(smime_ber_expect(&in, SMIME_BER_BIT_STRING, &tlv));
	in = smime_bytes_slice(tlv.content, 1, tlv.content.len);
	SMIME_TRY(smime_ber_expect(&in, SMIME_BER_SEQUENCE, &tlv));
	in = tlv.content;
	SMIME_TRY(smime_ber_expect(&in, SMIME_BER_INTEGER, &tlv));
	SMIME_TRY(smime_ber_expect(&in, SMIME_BER_INTEGER, &tlv));
	for (size_t i = 0; i < tlv.content.len; i++) {
		if (*e >> 56)
			return SMIME_E_LIMIT;
		*e = *e << 8 | tlv.content.data[i];
	}
	return SMIME_OK;
}

/* With a small e a signature can be forged by whoever finds a verifier that is careless about
 * padding; with huge numbers one signature keeps a processor busy for seconds, and a message holds
 * many. */
static enum smime_status
check_rsa(struct smime_cert *c, struct smime_diag *diag)
{
	uint64_t e;

	if (c->key_bits > RSA_MAX || rsa_exponent(c->spki, &e) != SMIME_OK)
		return smime_fail(diag, SMIME_E_LIMIT, "certificate",
		    "certificate: its RSA key is over %d bits, or the exponent over 64", RSA_MAX);
	c->weak_exponent = e < 65537 || e % 2 == 0;
	return SMIME_OK;
}

static enum smime_status
read_key(struct smime_cert *c, struct smime_diag *diag)
{
	static const struct {
		int pk;
		enum smime_key_type type;
		const char *name; /* NULL: built from the size */
	} rows[] = {
		{ GNUTLS_PK_RSA, SMIME_KEY_RSA, NULL },
		{ GNUTLS_PK_RSA_PSS, SMIME_KEY_RSA_PSS, NULL },
		{ GNUTLS_PK_ECDSA, SMIME_KEY_EC, NULL },
		{ GNUTLS_PK_EDDSA_ED25519, SMIME_KEY_EDDSA, "ed25519" },
		{ GNUTLS_PK_EDDSA_ED448, SMIME_KEY_EDDSA, "ed448" },
		{ GNUTLS_PK_ECDH_X25519, SMIME_KEY_ECDH, "x25519" },
		{ GNUTLS_PK_ECDH_X448, SMIME_KEY_ECDH, "x448" },
	};
	unsigned bits = 0;
	int pk = gnutls_x509_crt_get_pk_algorithm(c->crt, &bits);

	/* GnuTLS counts whole octets. */
	if (pk == GNUTLS_PK_ECDSA && bits == 528)
		bits = 521;
	c->key_type = SMIME_KEY_OTHER;
	c->key_bits = bits;
	(void)snprintf(c->key_name, sizeof c->key_name, "other");
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (rows[i].pk != pk)
			continue;
		c->key_type = rows[i].type;
		if (rows[i].name)
			(void)snprintf(c->key_name, sizeof c->key_name, "%s", rows[i].name);
		else
			(void)snprintf(c->key_name, sizeof c->key_name, "%s-%u",
			    c->key_type == SMIME_KEY_EC ? "p" : "rsa", bits);
	}
	return c->key_type == SMIME_KEY_RSA || c->key_type == SMIME_KEY_RSA_PSS ? check_rsa(c, diag)
										: SMIME_OK;
}

/* What a CA wrote stands in logs and on terminals: what no eye sees is written in hexadecimal, as
 * RFC 4514 s2.4 allows for any octet. */
static enum smime_status
visible(struct smime_bytes in, char **out)
{
	SMIME_AUTO_BUF text = { 0 };

	while (in.len > 0) {
		uint32_t c = 0;
		size_t len = smime_utf8(in, &c);
		bool plain = len > 0 && !smime_char_hides(c);

		len = len ? len : 1;
		if (plain)
			SMIME_TRY(smime_buf_append(&text, in.data, len));
		for (size_t i = 0; !plain && i < len; i++)
			SMIME_TRY(smime_buf_appendf(&text, "\\%02X", in.data[i]));
		in = smime_bytes_slice(in, len, in.len);
	}
	SMIME_TRY(smime_buf_terminate(&text));
	*out = (char *)text.data;
	text = (struct smime_buf){ 0 };
	return SMIME_OK;
}

static enum smime_status
read_text(struct smime_cert *c)
{
	gnutls_datum_t dn = { 0 };
	char **slots[] = { &c->issuer, &c->subject };

	for (size_t i = 0; i < 2; i++) {
		int rc = i == 0 ? gnutls_x509_crt_get_issuer_dn3(c->crt, &dn, 0)
				: gnutls_x509_crt_get_dn3(c->crt, &dn, 0);
		enum smime_status status;

		/* An empty subject is legal when there is a subjectAltName; GnuTLS then fails, or
		 * succeeds without a text. */
		status =
		    visible(smime_bytes(rc < 0 ? NULL : dn.data, rc < 0 ? 0 : dn.size), slots[i]);
		if (rc >= 0)
			gnutls_free(dn.data);
		SMIME_TRY(status);
	}
	return SMIME_OK;
}

/* extendedKeyUsage (RFC 5280 s4.2.1.12). Read here: GnuTLS would read all of it again for each
 * purpose that is asked for. A malformed one is for nothing. */
static enum smime_status
read_purposes(struct smime_cert *c)
{
	static const uint8_t mail[] = { 0x2b, 6, 1, 5, 5, 7, 3, 4 },
			     any[] = { 0x55, 0x1d, 0x25, 0 };
	gnutls_datum_t der = { 0 };
	struct smime_tlv list = { 0 }, oid;
	struct smime_bytes in;
	unsigned critical;
	int rc = gnutls_x509_crt_get_extension_by_oid2(c->crt, "2.5.29.37", 0, &der, &critical);

	if (rc == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
		return SMIME_OK;
	if (rc == GNUTLS_E_MEMORY_ERROR)
		return SMIME_E_SYSTEM;
	c->has_purpose = true;
	in = smime_bytes(der.data, rc < 0 ? 0 : der.size);
	if (smime_ber_expect(&in, SMIME_BER_SEQUENCE, &list) == SMIME_OK)
		while (smime_ber_expect(&list.content, SMIME_BER_OID, &oid) == SMIME_OK)
			if (smime_bytes_equal(oid.content, smime_bytes(mail, sizeof mail)) ||
			    smime_bytes_equal(oid.content, smime_bytes(any, sizeof any)))
				c->may_mail = true;
	c->may_mail = c->may_mail && in.len == 0 && list.content.len == 0;
	gnutls_free(der.data);
	return SMIME_OK;
}

static enum smime_status
read_usage(struct smime_cert *c)
{
	unsigned critical = 0, usage = 0;

	c->key_usage = -1;
	if (gnutls_x509_crt_get_key_usage(c->crt, &usage, &critical) >= 0)
		c->key_usage = (int)usage;
	c->is_ca = gnutls_x509_crt_get_ca_status(c->crt, &critical) > 0;
	return read_purposes(c);
}

static enum smime_status
read_all(struct smime_cert *c, struct smime_diag *diag)
{
	size_t size = sizeof c->ski;

	if (find_ranges(c) != SMIME_OK)
		return malformed(diag, "its structure is not that of RFC 5280");
	if (hex(c->serial, c->serial_hex, sizeof c->serial_hex) != SMIME_OK)
		return malformed(diag, "its serial number is over 20 octets (RFC 5280 s4.1.2.2)");
	if (gnutls_hash_fast(GNUTLS_DIG_SHA256, c->der.data, c->der.len, c->fingerprint) < 0)
		return SMIME_E_SYSTEM;
	SMIME_TRY(
	    hex(smime_bytes(c->fingerprint, 32), c->fingerprint_hex, sizeof c->fingerprint_hex));
	c->not_before = (int64_t)gnutls_x509_crt_get_activation_time(c->crt);
	c->not_after = (int64_t)gnutls_x509_crt_get_expiration_time(c->crt);
	if (c->not_before == -1 || c->not_after == -1)
		return malformed(diag, "its validity cannot be read");
	if (gnutls_x509_crt_get_subject_key_id(c->crt, c->ski, &size, NULL) >= 0)
		c->ski_len = size;
	SMIME_TRY(read_usage(c));
	SMIME_TRY(read_key(c, diag));
	SMIME_TRY(read_text(c));
	c->self_signed = smime_bytes_equal(c->issuer_der, c->subject_der) &&
			 gnutls_x509_crt_check_issuer(c->crt, c->crt) == 1;
	return smime_cert_read_names(c, diag);
}

enum smime_status
smime_cert_import(struct smime_bytes der, struct smime_cert **out, struct smime_diag *diag)
{
	SMIME_AUTO(smime_cert) c = NULL;
	gnutls_datum_t datum;
	int rc;

	*out = NULL;
	if (der.len > CERT_MAX)
		return smime_fail(diag, SMIME_E_LIMIT, "certificate",
		    "certificate: %zu octets, over the limit of %d", der.len, CERT_MAX);
	c = calloc(1, sizeof *c);
	if (!c || smime_buf_append(&c->octets, der.data, der.len) != SMIME_OK)
		return SMIME_E_SYSTEM;
	atomic_init(&c->references, 1);
	c->der = smime_buf_bytes(&c->octets);
	datum = (gnutls_datum_t){ .data = c->octets.data, .size = (unsigned)der.len };
	if (gnutls_x509_crt_init(&c->crt) < 0)
		return SMIME_E_SYSTEM;
	rc = gnutls_x509_crt_import(c->crt, &datum, GNUTLS_X509_FMT_DER);
	if (rc == GNUTLS_E_MEMORY_ERROR)
		return SMIME_E_SYSTEM;
	if (rc < 0)
		return malformed(diag, "it does not parse");
	SMIME_TRY(read_all(c, diag));
	*out = c;
	c = NULL;
	return SMIME_OK;
}

struct smime_cert *
smime_cert_ref(const struct smime_cert *cert)
{
	/* The count is the one thing of a certificate that changes. */
	struct smime_cert *c = (struct smime_cert *)(uintptr_t)cert;

	atomic_fetch_add(&c->references, 1);
	return c;
}

void
smime_cert_free(struct smime_cert **cert)
{
	struct smime_cert *c = *cert;

	*cert = NULL;
	if (!c || atomic_fetch_sub(&c->references, 1) > 1)
		return;
	for (size_t i = 0; i < c->mailbox_count; i++)
		smime_buf_reset(&c->mailboxes[i]);
	for (size_t i = 0; i < c->domain_count; i++)
		smime_buf_reset(&c->domains[i]);
	free(c->mailboxes);
	free(c->domains);
	free(c->issuer);
	free(c->subject);
	if (c->crt)
		gnutls_x509_crt_deinit(c->crt);
	smime_buf_reset(&c->octets);
	free(c);
}

enum smime_status
smime_cert_pubkey(const struct smime_cert *cert, void *gnutls_pubkey, struct smime_diag *diag)
{
	gnutls_pubkey_t *out = gnutls_pubkey, key;
	int rc;

	*out = NULL;
	if (gnutls_pubkey_init(&key) < 0)
		return SMIME_E_SYSTEM;
	rc = gnutls_pubkey_import_x509(key, cert->crt, 0);
	if (rc < 0) {
		gnutls_pubkey_deinit(key);
		if (rc == GNUTLS_E_MEMORY_ERROR)
			return SMIME_E_SYSTEM;
		return smime_fail(diag, SMIME_E_UNSUPPORTED, "key-type",
		    "certificate of %s: its key cannot be used", cert->subject);
	}
	*out = key;
	return SMIME_OK;
}

/* clang-format off */
struct smime_bytes smime_cert_der(const struct smime_cert *c) { return c->der; }
struct smime_bytes smime_cert_issuer_der(const struct smime_cert *c) { return c->issuer_der; }
struct smime_bytes smime_cert_subject_der(const struct smime_cert *c) { return c->subject_der; }
struct smime_bytes smime_cert_serial(const struct smime_cert *c) { return c->serial; }
struct smime_bytes smime_cert_ski(const struct smime_cert *c) { return smime_bytes(c->ski, c->ski_len); }
struct smime_bytes smime_cert_spki(const struct smime_cert *c) { return c->spki; }
const uint8_t *smime_cert_fingerprint(const struct smime_cert *c) { return c->fingerprint; }
const char *smime_cert_fingerprint_hex(const struct smime_cert *c) { return c->fingerprint_hex; }
const char *smime_cert_issuer(const struct smime_cert *c) { return c->issuer; }
const char *smime_cert_subject(const struct smime_cert *c) { return c->subject; }
const char *smime_cert_serial_hex(const struct smime_cert *c) { return c->serial_hex; }
int64_t smime_cert_not_before(const struct smime_cert *c) { return c->not_before; }
int64_t smime_cert_not_after(const struct smime_cert *c) { return c->not_after; }
bool smime_cert_self_signed(const struct smime_cert *c) { return c->self_signed; }
bool smime_cert_is_ca(const struct smime_cert *c) { return c->is_ca; }
enum smime_key_type smime_cert_key_type(const struct smime_cert *c) { return c->key_type; }
unsigned smime_cert_key_bits(const struct smime_cert *c) { return c->key_bits; }
const char *smime_cert_key_name(const struct smime_cert *c) { return c->key_name; }
/* clang-format on */
