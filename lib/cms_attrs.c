/* cms_attrs.c - signed attributes.  RFC 5652 s5.3, s11; RFC 8551 s2.5; RFC 5035.
 * What is read is read strictly: each looseness here was somebody's forgery. */
#include "cms_attrs.h"
#include "der.h"
#include "kt_rsa.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

#define OID_CONTENT_TYPE   "1.2.840.113549.1.9.3"
#define OID_MESSAGE_DIGEST "1.2.840.113549.1.9.4"
#define OID_SIGNING_TIME   "1.2.840.113549.1.9.5"
#define OID_CAPABILITIES   "1.2.840.113549.1.9.15"
#define OID_ESS_CERT_V2    "1.2.840.113549.1.9.16.2.47"

/* What stands behind `mark` is the one value of an attribute of that type. */
static enum smime_status
wrap_attribute(struct smime_buf *out, size_t mark, const char *oid)
{
	SMIME_AUTO_BUF value = { 0 };

	SMIME_TRY(smime_buf_append(&value, out->data + mark, out->len - mark));
	out->len = mark;
	SMIME_TRY(smime_der_oid(out, oid));
	SMIME_TRY(smime_der_tlv(out, SMIME_BER_SET, smime_buf_bytes(&value)));
	return smime_der_wrap(out, mark, SMIME_BER_SEQUENCE);
}

/* What we read, best first (RFC 8551 s2.5.2). */
static enum smime_status
write_capabilities(struct smime_buf *out)
{
	size_t mark = out->len;

	for (const struct smime_alg *row = smime_content_algs; row->oid; row++)
		if (!(row->use & (SMIME_ALG_WEAK | SMIME_ALG_QUIET)))
			SMIME_TRY(smime_der_algid(out, row->oid, smime_bytes(NULL, 0)));
	/* With its parameters, since there is more than one RSAES-OAEP (RFC 3560 s5). */
	SMIME_TRY(smime_kt_algid(smime_alg_by_name(smime_key_transport_algs, "rsa-oaep"), out));
	SMIME_TRY(smime_der_wrap(out, mark, SMIME_BER_SEQUENCE));
	return wrap_attribute(out, mark, OID_CAPABILITIES);
}

/* SigningCertificateV2 { certs { ESSCertIDv2 { certHash, IssuerSerial } } }; SHA-256 is the default
 * and left out (RFC 5035 s3). */
static enum smime_status
write_ess_cert(const struct smime_cert *cert, struct smime_buf *out)
{
	size_t mark = out->len, serial;

	SMIME_TRY(smime_der_tlv(
	    out, SMIME_BER_OCTET_STRING, smime_bytes(smime_cert_fingerprint(cert), 32)));
	serial = out->len;
	SMIME_TRY(smime_der_tlv(out, SMIME_BER_CONTEXT_CONS | 4, smime_cert_issuer_der(cert)));
	SMIME_TRY(smime_der_wrap(out, serial, SMIME_BER_SEQUENCE));
	SMIME_TRY(smime_der_tlv(out, SMIME_BER_INTEGER, smime_cert_serial(cert)));
	SMIME_TRY(smime_der_wrap(out, serial, SMIME_BER_SEQUENCE));
	SMIME_TRY(smime_der_wrap(out, mark, SMIME_BER_SEQUENCE));
	SMIME_TRY(smime_der_wrap(out, mark, SMIME_BER_SEQUENCE));
	SMIME_TRY(smime_der_wrap(out, mark, SMIME_BER_SEQUENCE));
	return wrap_attribute(out, mark, OID_ESS_CERT_V2);
}

enum smime_status
smime_attrs_write(
    const struct smime_cms_signer *signer, struct smime_bytes message_digest, struct smime_buf *out)
{
	size_t start = out->len, mark = start;

	SMIME_TRY(smime_der_oid(out, SMIME_OID_DATA));
	SMIME_TRY(wrap_attribute(out, mark, OID_CONTENT_TYPE));
	mark = out->len;
	SMIME_TRY(smime_der_tlv(out, SMIME_BER_OCTET_STRING, message_digest));
	SMIME_TRY(wrap_attribute(out, mark, OID_MESSAGE_DIGEST));
	mark = out->len;
	SMIME_TRY(smime_der_time(out, signer->now));
	SMIME_TRY(wrap_attribute(out, mark, OID_SIGNING_TIME));
	SMIME_TRY(write_capabilities(out));
	SMIME_TRY(write_ess_cert(signer->cert, out));
	return smime_der_wrap_set_of(out, start, SMIME_BER_SET);
}

static enum smime_status
refuse(struct smime_diag *diag, const char *why)
{
	return smime_fail(diag, SMIME_E_UNTRUSTED, "attributes", "signed attributes: %s", why);
}

/* Lengths definite and minimal, all the way down: walks headers, descending into what is
 * constructed. */
static bool
is_der(struct smime_bytes in)
{
	while (in.len > 0) {
		struct smime_bytes rest = in;
		struct smime_tlv tlv;
		size_t header;

		if (smime_ber_read(&rest, &tlv) != SMIME_OK)
			return false;
		header = smime_der_header_size(tlv.content.len);
		if (tlv.whole.len != header + tlv.content.len)
			return false;
		/* The content of a constructed element follows its header: stepping over the header
		 * alone is descending. The end of one is the start of the next. */
		in = tlv.tag & SMIME_BER_CONSTRUCTED ? smime_bytes_slice(in, header, in.len) : rest;
	}
	return true;
}

/* "must be DER encoded" and so in ascending order (RFC 5652 s5.3, X.690 s11.6). */
static bool
is_sorted(struct smime_bytes in)
{
	struct smime_bytes before = { 0 };
	struct smime_tlv tlv;

	while (in.len > 0) {
		size_t common;
		int order;

		if (smime_ber_read(&in, &tlv) != SMIME_OK)
			return false;
		common = before.len < tlv.whole.len ? before.len : tlv.whole.len;
		order = common ? memcmp(before.data, tlv.whole.data, common) : -1;
		if (order > 0 || (order == 0 && before.len >= tlv.whole.len))
			return false;
		before = tlv.whole;
	}
	return true;
}

/* One value, exactly; *value is the SET's content. */
static enum smime_status
one_value(struct smime_bytes values, uint8_t tag, struct smime_tlv *value)
{
	SMIME_TRY(smime_ber_expect(&values, tag, value));
	return values.len == 0 ? SMIME_OK : SMIME_E_SYNTAX;
}

struct seen {
	bool content_type, message_digest, signing_time, ess_cert, capabilities;
};

/* Marks a type as seen; a second time is a fault. */
static bool
first_time(bool *flag)
{
	bool first = !*flag;

	*flag = true;
	return first;
}

static enum smime_status
read_content_type(struct smime_bytes values, const char *want, struct smime_diag *diag)
{
	char oid[SMIME_OID_SIZE];

	if (smime_ber_oid(&values, oid) != SMIME_OK || values.len != 0)
		return refuse(diag, "contentType does not have exactly one value");
	if (strcmp(oid, want) != 0)
		return refuse(diag, "contentType is not that of the content");
	return SMIME_OK;
}

static enum smime_status
read_attribute(const char *oid, struct smime_bytes values, const char *content_type,
    struct seen *seen, struct smime_attrs *out, struct smime_diag *diag)
{
	struct smime_tlv value;

	if (strcmp(oid, OID_CONTENT_TYPE) == 0) {
		if (!first_time(&seen->content_type))
			return refuse(diag, "contentType stands twice");
		return read_content_type(values, content_type, diag);
	}
	if (strcmp(oid, OID_MESSAGE_DIGEST) == 0) {
		if (!first_time(&seen->message_digest) ||
		    one_value(values, SMIME_BER_OCTET_STRING, &value) != SMIME_OK)
			return refuse(
			    diag, "messageDigest does not stand exactly once with one value");
		out->message_digest = value.content;
	} else if (strcmp(oid, OID_SIGNING_TIME) == 0) {
		if (!first_time(&seen->signing_time) ||
		    smime_ber_time(&values, &out->signing_time) != SMIME_OK || values.len != 0)
			return refuse(diag, "signingTime is malformed or stands twice");
	} else if (strcmp(oid, OID_ESS_CERT_V2) == 0) {
		if (!first_time(&seen->ess_cert) ||
		    one_value(values, SMIME_BER_SEQUENCE, &value) != SMIME_OK)
			return refuse(diag, "signingCertificateV2 is malformed or stands twice");
		out->ess_cert = value.content;
	} else if (strcmp(oid, OID_CAPABILITIES) == 0) {
		if (first_time(&seen->capabilities) &&
		    one_value(values, SMIME_BER_SEQUENCE, &value) == SMIME_OK)
			out->capabilities = value.content;
	}
	return SMIME_OK;
}

enum smime_status
smime_attrs_read(const struct smime_tlv *attrs, const char *content_type, struct smime_attrs *out,
    struct smime_diag *diag)
{
	struct smime_bytes in = attrs->content;
	struct seen seen = { 0 };
	enum smime_status status;
	size_t count;

	*out = (struct smime_attrs){ 0 };
	status = smime_ber_count(in, SMIME_ATTRS_MAX, &count);
	if (status == SMIME_E_LIMIT)
		return smime_fail(
		    diag, status, "limit", "over %d signed attributes", SMIME_ATTRS_MAX);
	if (status != SMIME_OK)
		return refuse(diag, "malformed");
	if (!is_der(attrs->whole) || !is_sorted(in))
		return refuse(diag, "the encoding is not DER (RFC 5652 s5.3)");
	while (in.len > 0) {
		struct smime_tlv attribute, values;
		char oid[SMIME_OID_SIZE];

		if (smime_ber_expect(&in, SMIME_BER_SEQUENCE, &attribute) != SMIME_OK ||
		    smime_ber_oid(&attribute.content, oid) != SMIME_OK ||
		    smime_ber_expect(&attribute.content, SMIME_BER_SET, &values) != SMIME_OK ||
		    attribute.content.len != 0)
			return refuse(diag, "malformed");
		SMIME_TRY(read_attribute(oid, values.content, content_type, &seen, out, diag));
	}
	if (!seen.content_type || !seen.message_digest)
		return refuse(diag, "contentType or messageDigest is missing");
	return SMIME_OK;
}

bool
smime_attrs_are(struct smime_bytes content)
{
	struct smime_tlv set, attribute, values;
	char oid[SMIME_OID_SIZE];

	if (smime_ber_expect(&content, SMIME_BER_SET, &set) != SMIME_OK || content.len > 0 ||
	    set.content.len == 0)
		return false;
	while (set.content.len > 0)
		if (smime_ber_expect(&set.content, SMIME_BER_SEQUENCE, &attribute) != SMIME_OK ||
		    smime_ber_oid(&attribute.content, oid) != SMIME_OK ||
		    smime_ber_expect(&attribute.content, SMIME_BER_SET, &values) != SMIME_OK)
			return false;
	return true;
}

enum smime_status
smime_attrs_check_ess(const struct smime_attrs *attrs, const struct smime_cert *cert)
{
	struct smime_bytes in = attrs->ess_cert, der = smime_cert_der(cert);
	const struct smime_alg *digest = smime_alg_by_name(smime_digests, "sha256");
	struct smime_tlv tlv, hash;
	struct smime_algid alg;
	uint8_t value[64];

	if (attrs->ess_cert.data == NULL)
		return SMIME_OK;
	/* The first ESSCertIDv2 is the signer's (RFC 5035 s4). */
	if (smime_ber_expect(&in, SMIME_BER_SEQUENCE, &tlv) != SMIME_OK)
		return SMIME_E_UNTRUSTED;
	in = tlv.content;
	if (smime_ber_expect(&in, SMIME_BER_SEQUENCE, &tlv) != SMIME_OK)
		return SMIME_E_UNTRUSTED;
	in = tlv.content;
	if (smime_ber_peek(in, SMIME_BER_SEQUENCE)) {
		if (smime_ber_algid(&in, &alg) != SMIME_OK)
			return SMIME_E_UNTRUSTED;
		digest = smime_alg_by_oid(smime_digests, alg.oid);
	}
	if (!digest || smime_ber_expect(&in, SMIME_BER_OCTET_STRING, &hash) != SMIME_OK)
		return SMIME_E_UNTRUSTED;
	if (gnutls_hash_fast((gnutls_digest_algorithm_t)digest->backend, der.data, der.len, value) <
	    0)
		return SMIME_E_SYSTEM;
	return smime_bytes_equal(hash.content, smime_bytes(value, digest->size))
		   ? SMIME_OK
		   : SMIME_E_UNTRUSTED;
}
