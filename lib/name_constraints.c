/* name_constraints.c - which names may a CA certify?  RFC 5280 s4.2.1.10, RFC 9598 s6, R-VER-NC.
 *
 * Of the names that count here, the mailboxes and domains of a certificate. GnuTLS' own check comes
 * on top of this one: in 3.7 it compares domains with their case, and does not see
 * SmtpUTF8Mailbox. What cannot be read, and more than 256 subtrees, permits nothing. */
#include "ber.h"
#include "trust_internal.h"

#define SUBTREES_MAX 256

/* The tags of GeneralName that matter. */
enum { MAILBOX = SMIME_BER_CONTEXT | 1, DOMAIN = SMIME_BER_CONTEXT | 2 };

static bool
ends_with(struct smime_bytes name, struct smime_bytes end)
{
	return name.len >= end.len &&
	       (end.len == 0 || smime_bytes_equal_nocase(
				    smime_bytes_slice(name, name.len - end.len, name.len), end));
}

/* "user@host", "host" for all of its mailboxes, ".domain" for all hosts below it. An empty name,
 * of which RFC 5280 says nothing, forbids all and allows none. */
static bool
holds_mailbox(struct smime_bytes base, struct smime_bytes mailbox, bool excludes)
{
	const uint8_t *at = base.len > 0 ? memchr(base.data, '@', base.len) : NULL;
	const uint8_t *own = memchr(mailbox.data, '@', mailbox.len);
	size_t base_at = at ? (size_t)(at - base.data) : 0, own_at = (size_t)(own - mailbox.data);
	struct smime_bytes domain = smime_bytes_slice(mailbox, own_at + 1, mailbox.len);

	if (base.len == 0)
		return excludes;
	if (base_at > 0 && !smime_bytes_equal(smime_bytes_slice(base, 0, base_at),
			       smime_bytes_slice(mailbox, 0, own_at)))
		return false;
	if (at)
		base = smime_bytes_slice(base, base_at + 1, base.len);
	else if (base.data[0] == '.')
		return domain.len > base.len && ends_with(domain, base);
	return smime_bytes_equal_nocase(base, domain);
}

/* Is the host one of those that "*.d" stands for? */
static bool
wildcard_holds(struct smime_bytes domain, struct smime_bytes host)
{
	struct smime_bytes below = smime_bytes_slice(domain, 1, domain.len); /* ".d" */

	return domain.data[0] == '*' && host.len > below.len && ends_with(host, below) &&
	       !memchr(host.data, '.', host.len - below.len);
}

/* The name, and what is made by labels on its left. "*.d" speaks for each host of d, and so for one
 * that is excluded. */
static bool
holds_domain(struct smime_bytes base, struct smime_bytes domain, bool excludes)
{
	size_t more = domain.len > base.len ? domain.len - base.len : 0;

	if (excludes && wildcard_holds(domain, base))
		return true;
	if (!ends_with(domain, base))
		return false;
	return base.len == 0 || more == 0 || base.data[0] == '.' || domain.data[more - 1] == '.';
}

/* All mailboxes of a domain at once. One mailbox allows none of the others, and excludes all. */
static bool
holds_mailboxes_of(struct smime_bytes base, struct smime_bytes domain, bool excludes)
{
	const uint8_t *at = base.len > 0 ? memchr(base.data, '@', base.len) : NULL;

	if (at && !excludes)
		return false;
	if (at)
		base = smime_bytes_slice(base, (size_t)(at - base.data) + 1, base.len);
	if (base.len == 0)
		return excludes;
	if (base.data[0] == '.')
		return domain.len > base.len && ends_with(domain, base);
	return smime_bytes_equal_nocase(base, domain) || (excludes && wildcard_holds(domain, base));
}

/* Does a base of that form in a list of subtrees hold the name? */
typedef bool holds(struct smime_bytes base, struct smime_bytes name, bool excludes);

/* One form of name in one list of subtrees. */
struct subtrees {
	struct smime_bytes list;
	uint8_t form;
	holds *holds;
	bool excludes;
};

static enum smime_status
permits(const struct subtrees *subtrees, struct smime_bytes name)
{
	struct smime_bytes in = subtrees->list;
	bool any = false, held = false;

	while (in.len > 0) {
		struct smime_tlv subtree, base;

		SMIME_TRY(smime_ber_expect(&in, SMIME_BER_SEQUENCE, &subtree));
		SMIME_TRY(smime_ber_read(&subtree.content, &base));
		/* "minimum MUST be zero, and maximum MUST be absent" */
		if (subtree.content.len > 0)
			return SMIME_E_UNTRUSTED;
		if (base.tag != subtrees->form)
			continue;
		any = true;
		held = held || subtrees->holds(base.content, name, subtrees->excludes);
	}
	return any && held == subtrees->excludes ? SMIME_E_UNTRUSTED : SMIME_OK;
}

/* The domains of the certificate against one list. */
static enum smime_status
permits_domains(const struct subtrees *subtrees, const struct smime_cert *cert)
{
	for (size_t i = 0; i < cert->domain_count; i++)
		SMIME_TRY(permits(subtrees, smime_buf_bytes(&cert->domains[i])));
	return SMIME_OK;
}

/* All names of the certificate against one list. */
static enum smime_status
permits_all(struct smime_bytes list, bool excludes, const struct smime_cert *cert)
{
	const struct subtrees mailboxes = { list, MAILBOX, holds_mailbox, excludes };
	const struct subtrees domains = { list, DOMAIN, holds_domain, excludes };

	for (size_t i = 0; i < cert->mailbox_count; i++)
		SMIME_TRY(permits(&mailboxes, smime_buf_bytes(&cert->mailboxes[i])));
	return permits_domains(&domains, cert);
}

/* Each domain of the certificate, taken for all of its mailboxes. */
static enum smime_status
permits_mailboxes_of(struct smime_bytes list, bool excludes, const struct smime_cert *cert)
{
	const struct subtrees mailboxes = { list, MAILBOX, holds_mailboxes_of, excludes };

	return permits_domains(&mailboxes, cert);
}

/* A question about a certificate and one list of subtrees. */
typedef enum smime_status question(
    struct smime_bytes list, bool excludes, const struct smime_cert *cert);

/* NameConstraints ::= SEQUENCE { [0] permittedSubtrees OPTIONAL, [1] excludedSubtrees OPTIONAL } */
static enum smime_status
check(struct smime_bytes in, const struct smime_cert *cert, question *permitted)
{
	struct smime_tlv both, list;
	size_t count;

	SMIME_TRY(smime_ber_expect(&in, SMIME_BER_SEQUENCE, &both));
	for (uint8_t n = 0; n < 2; n++) {
		if (!smime_ber_peek(both.content, SMIME_BER_CONTEXT_CONS | n))
			continue;
		SMIME_TRY(smime_ber_read(&both.content, &list));
		SMIME_TRY(smime_ber_count(list.content, SUBTREES_MAX, &count));
		SMIME_TRY(permitted(list.content, n == 1, cert));
	}
	return in.len == 0 && both.content.len == 0 ? SMIME_OK : SMIME_E_SYNTAX;
}

static enum smime_status
ask(const struct smime_cert *ca, const struct smime_cert *cert, question *permitted)
{
	gnutls_datum_t der = { 0 };
	enum smime_status status;
	unsigned critical;
	int rc = gnutls_x509_crt_get_extension_by_oid2(
	    ca->crt, GNUTLS_X509EXT_OID_NAME_CONSTRAINTS, 0, &der, &critical);

	if (rc == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
		return SMIME_OK;
	if (rc < 0)
		return rc == GNUTLS_E_MEMORY_ERROR ? SMIME_E_SYSTEM : SMIME_E_UNTRUSTED;
	status = check(smime_bytes(der.data, der.size), cert, permitted);
	gnutls_free(der.data);
	return status == SMIME_OK || status == SMIME_E_SYSTEM ? status : SMIME_E_UNTRUSTED;
}

enum smime_status
smime_names_permitted(const struct smime_cert *ca, const struct smime_cert *cert)
{
	return ask(ca, cert, permits_all);
}

enum smime_status
smime_domains_permitted(const struct smime_cert *ca, const struct smime_cert *cert)
{
	return ask(ca, cert, permits_mailboxes_of);
}
