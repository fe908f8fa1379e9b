/* cert_name.c - whom a certificate names: mailboxes and domains, on the raw octets of
 * subjectAltName. RFC 5280 s4.2.1.6, RFC 9598, RFC 8550 s3.
 *
 * No library's helper is asked: those stop at a NUL, fold local parts, fall back to the subject DN.
 * Names with NUL, blanks, controls, a wrong number of '@' or a broken domain name nobody. The DN's
 * emailAddress never counts. */
#include "ber.h"
#include "cert_internal.h"

#include <gnutls/gnutls.h>
#include <libpsl.h>
#include <stdlib.h>

#define NAMES_MAX   256
#define MAILBOX_MAX 254 /* RFC 5321 s4.5.3.1, errata 1690 */
#define DOMAIN_MAX  253

static void
lower_ascii(uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (data[i] >= 'A' && data[i] <= 'Z')
			data[i] = (uint8_t)(data[i] + ('a' - 'A'));
}

/* Letters, digits, hyphens, underscores between dots; no empty label; IDN as A-labels. */
static bool
is_domain(struct smime_bytes d)
{
	size_t label = 0;

	if (d.len == 0 || d.len > DOMAIN_MAX)
		return false;
	for (size_t i = 0; i < d.len; i++) {
		uint8_t c = d.data[i];

		if (c == '.') {
			if (label == 0)
				return false;
			label = 0;
			continue;
		}
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
			c == '-' || c == '_') ||
		    ++label > 63)
			return false;
	}
	return label > 0;
}

/* Position of the one '@'; len when there is none or more than one. Quoted local parts may hold
 * one, but no certificate names such a mailbox honestly. */
static size_t
find_at(struct smime_bytes address)
{
	const uint8_t *at = address.len ? memchr(address.data, '@', address.len) : NULL;
	size_t rest;

	if (!at)
		return address.len;
	rest = address.len - (size_t)(at - address.data) - 1;
	return rest > 0 && memchr(at + 1, '@', rest) ? address.len : (size_t)(at - address.data);
}

static bool
is_local_part(struct smime_bytes local, bool utf8)
{
	while (local.len > 0) {
		uint32_t c = 0;
		size_t len = smime_utf8(local, &c);

		if (len == 0 || c == ' ' || c == '*' || smime_char_hides(c) || (!utf8 && c > 127))
			return false;
		local = smime_bytes_slice(local, len, local.len);
	}
	return true;
}

bool
smime_is_mailbox(struct smime_bytes m, bool utf8)
{
	size_t at = find_at(m);

	return m.len <= MAILBOX_MAX && at > 0 && at < m.len &&
	       is_local_part(smime_bytes_slice(m, 0, at), utf8) &&
	       is_domain(smime_bytes_slice(m, at + 1, m.len));
}

/* One more name; the domain part is kept in lower case. */
static enum smime_status
add(struct smime_buf **list, size_t *count, struct smime_bytes name, size_t lower_from)
{
	struct smime_buf *grown = realloc(*list, (*count + 1) * sizeof **list);

	if (!grown)
		return SMIME_E_SYSTEM;
	*list = grown;
	grown[*count] = (struct smime_buf){ 0 };
	SMIME_TRY(smime_buf_append(&grown[*count], name.data, name.len));
	lower_ascii(grown[*count].data + lower_from, name.len - lower_from);
	++*count;
	return SMIME_OK;
}

static enum smime_status
add_mailbox(struct smime_cert *c, struct smime_bytes name, bool utf8)
{
	/* SmtpUTF8Mailbox is for local parts that leave ASCII only (RFC 9598 s3): elsewhere it
	 * would be a second way to write a name that others look for in rfc822Name. */
	if (!smime_is_mailbox(name, utf8) || (utf8 && smime_is_mailbox(name, false)))
		return SMIME_OK;
	return add(&c->mailboxes, &c->mailbox_count, name, find_at(name) + 1);
}

bool
smime_is_public_suffix(struct smime_bytes domain)
{
	char text[DOMAIN_MAX + 1];

	memcpy(text, domain.data, domain.len);
	text[domain.len] = 0;
	lower_ascii((uint8_t *)text, domain.len);
	return psl_is_public_suffix(psl_builtin(), text) != 0;
}

static enum smime_status
add_domain(struct smime_cert *c, struct smime_bytes name)
{
	size_t wild = name.len > 2 && name.data[0] == '*' && name.data[1] == '.' ? 2 : 0;
	struct smime_bytes domain = smime_bytes_slice(name, wild, name.len);

	if (!is_domain(domain) || (wild && smime_is_public_suffix(domain)))
		return SMIME_OK;
	return add(&c->domains, &c->domain_count, name, 0);
}

/* OtherName ::= SEQUENCE { type-id OID, value [0] EXPLICIT ANY }, IMPLICIT [0] here. */
static enum smime_status
add_other(struct smime_cert *c, struct smime_bytes in)
{
	char oid[SMIME_OID_SIZE];
	struct smime_tlv value, text;

	if (smime_ber_oid(&in, oid) != SMIME_OK || strcmp(oid, SMIME_SMTP_UTF8_MAILBOX) != 0)
		return SMIME_OK;
	if (smime_ber_expect(&in, SMIME_BER_CONTEXT_CONS | 0, &value) != SMIME_OK ||
	    smime_ber_expect(&value.content, SMIME_BER_UTF8, &text) != SMIME_OK)
		return SMIME_OK;
	return add_mailbox(c, text.content, true);
}

/* GeneralName (RFC 5280 s4.2.1.6): [0] otherName, [1] rfc822Name, [2] dNSName. */
static enum smime_status
add_general_name(struct smime_cert *c, const struct smime_tlv *name)
{
	switch (name->tag) {
	case SMIME_BER_CONTEXT_CONS | 0:
		return add_other(c, name->content);
	case SMIME_BER_CONTEXT | 1:
		return add_mailbox(c, name->content, false);
	case SMIME_BER_CONTEXT | 2:
		return add_domain(c, name->content);
	default:
		return SMIME_OK;
	}
}

static enum smime_status
read_general_names(struct smime_cert *c, struct smime_bytes in, struct smime_diag *diag)
{
	struct smime_tlv names, name;
	size_t count;

	if (smime_ber_expect(&in, SMIME_BER_SEQUENCE, &names) != SMIME_OK || in.len > 0)
		return smime_fail(diag, SMIME_E_SYNTAX, "certificate",
		    "certificate: subjectAltName is malformed");
	if (smime_ber_count(names.content, NAMES_MAX, &count) != SMIME_OK)
		return smime_fail(diag, SMIME_E_LIMIT, "certificate",
		    "certificate: subjectAltName is malformed or has over %d names", NAMES_MAX);
	c->name_count = count;
	while (names.content.len > 0) {
		SMIME_TRY(smime_ber_read(&names.content, &name));
		SMIME_TRY(add_general_name(c, &name));
	}
	return SMIME_OK;
}

enum smime_status
smime_cert_read_names(struct smime_cert *cert, struct smime_diag *diag)
{
	gnutls_datum_t der = { 0 };
	enum smime_status status;
	unsigned critical;
	int rc = gnutls_x509_crt_get_extension_by_oid2(cert->crt, "2.5.29.17", 0, &der, &critical);

	if (rc == GNUTLS_E_MEMORY_ERROR)
		return SMIME_E_SYSTEM;
	if (rc < 0)
		return SMIME_OK;
	status = read_general_names(cert, smime_bytes(der.data, der.size), diag);
	gnutls_free(der.data);
	return status;
}

size_t
smime_cert_mailbox_count(const struct smime_cert *cert)
{
	return cert->mailbox_count;
}

struct smime_bytes
smime_cert_mailbox(const struct smime_cert *cert, size_t i)
{
	return smime_buf_bytes(&cert->mailboxes[i]);
}

size_t
smime_cert_domain_count(const struct smime_cert *cert)
{
	return cert->domain_count;
}

struct smime_bytes
smime_cert_domain(const struct smime_cert *cert, size_t i)
{
	return smime_buf_bytes(&cert->domains[i]);
}

/* A domain as lower-case A-labels. On the stack: whether a certificate names an address must not
 * depend on whether there is memory. */
struct a_label {
	uint8_t octets[MAILBOX_MAX];
	size_t len;
};

static struct smime_bytes
a_label_bytes(const struct a_label *label)
{
	return smime_bytes(label->octets, label->len);
}

static bool
set_a_label(struct smime_bytes domain, struct a_label *out)
{
	if (domain.len > sizeof out->octets || !is_domain(domain))
		return false;
	memcpy(out->octets, domain.data, domain.len);
	lower_ascii(out->octets, domain.len);
	out->len = domain.len;
	return true;
}

static enum smime_status
to_a_label(struct smime_bytes domain, struct a_label *out)
{
	gnutls_datum_t mapped = { 0 };
	char text[MAILBOX_MAX + 1] = "";
	bool is;
	int rc;

	if (set_a_label(domain, out))
		return SMIME_OK;
	if (domain.len == 0 || domain.len >= sizeof text || memchr(domain.data, 0, domain.len))
		return SMIME_E_SYNTAX;
	memcpy(text, domain.data, domain.len);
	rc = gnutls_idna_map(text, (unsigned)domain.len, &mapped, 0);
	if (rc < 0)
		return rc == GNUTLS_E_MEMORY_ERROR ? SMIME_E_SYSTEM : SMIME_E_SYNTAX;
	is = set_a_label(smime_bytes(mapped.data, mapped.size), out);
	gnutls_free(mapped.data);
	return is ? SMIME_OK : SMIME_E_SYNTAX;
}

enum smime_status
smime_a_label(struct smime_bytes domain, struct smime_buf *out)
{
	struct a_label label;

	SMIME_TRY(to_a_label(domain, &label));
	return smime_buf_append(out, label.octets, label.len);
}

typedef bool equals(struct smime_bytes a, struct smime_bytes b);

static bool
names_mailbox(const struct smime_cert *cert, struct smime_bytes local, struct smime_bytes domain,
    equals *same)
{
	for (size_t i = 0; i < cert->mailbox_count; i++) {
		struct smime_bytes m = smime_buf_bytes(&cert->mailboxes[i]);
		size_t at = find_at(m);

		if (same(smime_bytes_slice(m, 0, at), local) &&
		    smime_bytes_equal(smime_bytes_slice(m, at + 1, m.len), domain))
			return true;
	}
	return false;
}

/* "*.d" stands for exactly one label in front of d. */
static bool
wildcard_matches(struct smime_bytes pattern, struct smime_bytes domain)
{
	struct smime_bytes parent = smime_bytes_slice(pattern, 2, pattern.len);
	const uint8_t *dot = memchr(domain.data, '.', domain.len);

	if (pattern.len < 3 || pattern.data[0] != '*' || !dot)
		return false;
	return smime_bytes_equal(
	    smime_bytes_slice(domain, (size_t)(dot - domain.data) + 1, domain.len), parent);
}

static enum smime_cover
covers(const struct smime_cert *cert, struct smime_bytes address, equals *same)
{
	enum smime_cover best = SMIME_COVER_NONE;
	size_t at = find_at(address);
	struct smime_bytes domain;
	struct a_label label;

	if (at == 0 || at == address.len ||
	    to_a_label(smime_bytes_slice(address, at + 1, address.len), &label) != SMIME_OK)
		return SMIME_COVER_NONE;
	domain = a_label_bytes(&label);
	if (names_mailbox(cert, smime_bytes_slice(address, 0, at), domain, same))
		return SMIME_COVER_MAILBOX;
	for (size_t i = 0; i < cert->domain_count; i++) {
		struct smime_bytes name = smime_buf_bytes(&cert->domains[i]);

		if (smime_bytes_equal(name, domain))
			return SMIME_COVER_DOMAIN;
		if (wildcard_matches(name, domain))
			best = SMIME_COVER_WILDCARD;
	}
	return best;
}

/* The local part is the mailbox's own business: octet for octet (RFC 5321 s2.4). */
enum smime_cover
smime_cert_covers(const struct smime_cert *cert, struct smime_bytes address)
{
	return covers(cert, address, smime_bytes_equal);
}

enum smime_cover
smime_cert_reaches(const struct smime_cert *cert, struct smime_bytes address)
{
	return covers(cert, address, smime_bytes_equal_nocase);
}

enum smime_status
smime_mailbox_fold(struct smime_bytes address, struct smime_buf *out)
{
	size_t from = out->len, at = find_at(address);
	size_t local = at < address.len ? at + 1 : 0;
	struct smime_bytes domain = smime_bytes_slice(address, local, address.len);
	enum smime_status status;

	SMIME_TRY(smime_buf_append(out, address.data, local));
	status = smime_a_label(domain, out);
	if (status == SMIME_E_SYNTAX)
		status = smime_buf_append(out, domain.data, domain.len);
	if (out->len > from)
		lower_ascii(out->data + from, out->len - from);
	return status;
}
