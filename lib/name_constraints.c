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

/* The name, and what is made by labels on its left. "*.d" speaks for each host of d, and so for one
 * that is excluded. */
static bool
holds_domain(struct smime_bytes base, struct smime_bytes domain, bool excludes)
{
	struct smime_bytes below = smime_bytes_slice(domain, 1, domain.len); /* ".d" */
	size_t more = domain.len > base.len ? domain.len - base.len : 0;

	if (excludes && domain.data[0] == '*' && base.len > below.len && ends_with(base, below) &&
	    !memchr(base.data, '.', base.len - below.len))
		return true;
	if (!ends_with(domain, base))
		return false;
	return base.len == 0 || more == 0 || base.data[0] == '.' || domain.data[more - 1] == '.';
}

/* One form of name in one list of subtrees. */
struct subtrees {
	struct smime_bytes list;
	uint8_t form;
	bool excludes;
};

static enum smime_status
permits(const struct subtrees *subtrees, struct smime_bytes name)
{
	struct smime_bytes in = subtrees->list;
	bool any = false, holds = false;

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
		holds = holds || (subtrees->form == MAILBOX ? holds_mailbox : holds_domain)(
				     base.content, name, subtrees->excludes);
	}
	return any && holds == subtrees->excludes ? SMIME_E_UNTRUSTED : SMIME_OK;
}

/* All names of the certificate against one list. */
static enum smime_status
permits_all(struct smime_bytes list, bool excludes, const struct smime_cert *cert)
{
	const struct subtrees mailboxes = { list, MAILBOX, excludes };
	const struct subtrees domains = { list, DOMAIN, excludes };
	size_t count;

	SMIME_TRY(smime_ber_count(list, SUBTREES_MAX, &count));
	for (size_t i = 0; i < cert->mailbox_count; i++)
		SMIME_TRY(permits(&mailboxes, smime_buf_bytes(&cert->mailboxes[i])));
	for (size_t i = 0; i < cert->domain_count; i++)
		SMIME_TRY(permits(&domains, smime_buf_bytes(&cert->domains[i])));
	return SMIME_OK;
}

/* NameConstraints ::= SEQUENCE { [0] permittedSubtrees OPTIONAL, [1] excludedSubtrees OPTIONAL } */
static enum smime_status
check(struct smime_bytes in, const struct smime_cert *cert)
{
	struct smime_tlv both, list;

	SMIME_TRY(smime_ber_expect(&in, SMIME_BER_SEQUENCE, &both));
	for (uint8_t n = 0; n < 2; n++) {
		if (!smime_ber_peek(both.content, SMIME_BER_CONTEXT_CONS | n))
			continue;
		SMIME_TRY(smime_ber_read(&both.content, &list));
		SMIME_TRY(permits_all(list.content, n == 1, cert));
	}
	return in.len == 0 && both.content.len == 0 ? SMIME_OK : SMIME_E_SYNTAX;
}

enum smime_status
smime_names_permitted(const struct smime_cert *ca, const struct smime_cert *cert)
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
	status = check(smime_bytes(der.data, der.size), cert);
	gnutls_free(der.data);
	return status == SMIME_OK || status == SMIME_E_SYSTEM ? status : SMIME_E_UNTRUSTED;
}
