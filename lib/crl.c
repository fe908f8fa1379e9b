/* crl.c - revocation lists.  RFC 5280 s5.
 * Lists of CAs that serve the public have 100,000 entries and more: serial numbers are sorted once,
 * 24 octets each. Whether a list is its issuer's is cert_path.c's to check, when it matters. */
#include "crl_internal.h"

#include <stdlib.h>

#define SERIAL_MAX 20 /* RFC 5280 s5.2.3, s4.1.2.2: certificates with longer ones are refused */

struct serial {
	uint8_t len;
	uint8_t octets[SERIAL_MAX]; /* without leading zeros */
};

struct smime_crl {
	gnutls_x509_crl_t crl;
	gnutls_datum_t issuer_der, issuer;
	struct serial *serials; /* sorted */
	size_t count, room;
};

void
smime_crl_free(struct smime_crl **crl)
{
	struct smime_crl *c = *crl;

	*crl = NULL;
	if (!c)
		return;
	if (c->crl)
		gnutls_x509_crl_deinit(c->crl);
	gnutls_free(c->issuer_der.data);
	gnutls_free(c->issuer.data);
	free(c->serials);
	free(c);
}

static bool
take_serial(struct smime_bytes in, struct serial *out)
{
	while (in.len > 0 && in.data[0] == 0)
		in = smime_bytes_slice(in, 1, in.len);
	*out = (struct serial){ .len = (uint8_t)in.len };
	if (in.len > SERIAL_MAX)
		return false;
	if (in.len > 0)
		memcpy(out->octets, in.data, in.len);
	return true;
}

static int
compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct serial));
}

static enum smime_status
add_serial(struct smime_crl *c, struct smime_bytes serial)
{
	if (c->count == c->room) {
		size_t room = c->room ? 2 * c->room : 64;
		struct serial *grown = realloc(c->serials, room * sizeof *grown);

		if (!grown)
			return SMIME_E_SYSTEM;
		c->serials = grown;
		c->room = room;
	}
	c->count += take_serial(serial, &c->serials[c->count]) ? 1 : 0;
	return SMIME_OK;
}

static enum smime_status
read_serials(struct smime_crl *c)
{
	gnutls_x509_crl_iter_t at = NULL;
	enum smime_status status = SMIME_OK;

	while (status == SMIME_OK) {
		uint8_t octets[64];
		size_t len = sizeof octets;
		time_t when;
		int rc = gnutls_x509_crl_iter_crt_serial(c->crl, &at, octets, &len, &when);

		if (rc == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
			break;
		if (rc == GNUTLS_E_MEMORY_ERROR)
			status = SMIME_E_SYSTEM;
		else if (rc < 0)
			status = SMIME_E_SYNTAX;
		else
			status = add_serial(c, smime_bytes(octets, len));
	}
	if (at)
		gnutls_x509_crl_iter_deinit(at);
	if (c->count > 1)
		qsort(c->serials, c->count, sizeof *c->serials, compare);
	return status;
}

static bool
holds_several(struct smime_bytes text)
{
	static const char begin[] = "-----BEGIN X509 CRL-----";
	const uint8_t *first =
	    text.len > 0 ? memmem(text.data, text.len, begin, sizeof begin - 1) : NULL;

	return first && memmem(first + 1, text.len - (size_t)(first - text.data) - 1, begin,
			    sizeof begin - 1);
}

/* What GnuTLS reads. */
static enum smime_status
parse(struct smime_crl *c, struct smime_bytes octets)
{
	gnutls_datum_t data = { .data = (void *)(uintptr_t)octets.data,
		.size = (unsigned)octets.len };
	bool pem = octets.len > 0 && memmem(octets.data, octets.len, "-----BEGIN", 10) != NULL;
	int rc;

	if (octets.len > UINT32_MAX)
		return SMIME_E_SYNTAX;
	rc = gnutls_x509_crl_import(c->crl, &data, pem ? GNUTLS_X509_FMT_PEM : GNUTLS_X509_FMT_DER);
	if (rc >= 0)
		rc = gnutls_x509_crl_get_raw_issuer_dn(c->crl, &c->issuer_der);
	if (rc >= 0)
		rc = gnutls_x509_crl_get_issuer_dn3(c->crl, &c->issuer, 0);
	if (rc == GNUTLS_E_MEMORY_ERROR)
		return SMIME_E_SYSTEM;
	return rc < 0 ? SMIME_E_SYNTAX : SMIME_OK;
}

enum smime_status
smime_crl_import(struct smime_bytes octets, struct smime_crl **out, struct smime_diag *diag)
{
	SMIME_AUTO(smime_crl) c = calloc(1, sizeof *c);
	enum smime_status status;

	*out = NULL;
	if (!c || gnutls_x509_crl_init(&c->crl) < 0)
		return SMIME_E_SYSTEM;
	if (holds_several(octets))
		return smime_fail(diag, SMIME_E_SYNTAX, "crl",
		    "several revocation lists stand in one text: one is wanted");
	status = parse(c, octets);
	if (status == SMIME_OK)
		status = read_serials(c);
	if (status == SMIME_E_SYNTAX)
		return smime_fail(diag, SMIME_E_SYNTAX, "crl",
		    "the revocation list does not parse as PEM or DER");
	SMIME_TRY(status);
	*out = c;
	c = NULL;
	return SMIME_OK;
}

gnutls_x509_crl_t
smime_crl_handle(const struct smime_crl *crl)
{
	return crl->crl;
}

struct smime_bytes
smime_crl_issuer_der(const struct smime_crl *crl)
{
	return smime_bytes(crl->issuer_der.data, crl->issuer_der.size);
}

const char *
smime_crl_issuer(const struct smime_crl *crl)
{
	return (const char *)crl->issuer.data;
}

int64_t
smime_crl_this_update(const struct smime_crl *crl)
{
	return (int64_t)gnutls_x509_crl_get_this_update(crl->crl);
}

int64_t
smime_crl_next_update(const struct smime_crl *crl)
{
	time_t next = gnutls_x509_crl_get_next_update(crl->crl);

	return next == (time_t)-1 ? INT64_MAX : (int64_t)next;
}

size_t
smime_crl_count(const struct smime_crl *crl)
{
	return crl->count;
}

bool
smime_crl_lists(const struct smime_crl *crl, struct smime_bytes serial)
{
	struct serial key;

	return crl->count > 0 && take_serial(serial, &key) &&
	       bsearch(&key, crl->serials, crl->count, sizeof key, compare);
}

enum smime_status
smime_crl_pem(const struct smime_crl *crl, struct smime_buf *out)
{
	gnutls_datum_t pem = { 0 };
	enum smime_status status;

	if (gnutls_x509_crl_export2(crl->crl, GNUTLS_X509_FMT_PEM, &pem) < 0)
		return SMIME_E_SYSTEM;
	status = smime_buf_append(out, pem.data, pem.size);
	gnutls_free(pem.data);
	return status;
}
