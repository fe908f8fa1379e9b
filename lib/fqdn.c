/* fqdn.c - fully qualified domain names, and certificates that hold no other.  RFC 1123 s2.1. */
#include "smime/cert_make.h"

static bool
is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

/* Letters, digits, and a hyphen that is not the first. */
static bool
stands_in_label(uint8_t c, bool first)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c == '-' && !first);
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
		if (!stands_in_label(c, label == 0))
			return false;
		digits = digits && is_digit(c);
		label++;
	}
	return labels >= 2 && !digits;
}

/* Up to the ',' or '+' behind a field of a subject; what a backslash stands before is part of it
 * (RFC 4514 s2.4). */
static size_t
field_length(const char *text)
{
	size_t i = 0;

	for (; text[i] && text[i] != ',' && text[i] != '+'; i++)
		if (text[i] == '\\' && text[i + 1])
			i++;
	return i;
}

/* The subject's common name; escapes stay: no domain name has any. */
static struct smime_bytes
common_name(const struct smime_cert *cert)
{
	for (const char *at = smime_cert_subject(cert);; at++) {
		size_t len = field_length(at);

		if (strncmp(at, "CN=", 3) == 0)
			return smime_bytes(at + 3, len - 3);
		at += len;
		if (!*at)
			return smime_bytes(NULL, 0);
	}
}

static enum smime_status
refuse(const char *what, struct smime_bytes name, struct smime_diag *diag)
{
	return smime_fail(diag, SMIME_E_SYNTAX, "fqdn",
	    "require_fqdn: the %s \"%.*s\" is no fully qualified domain name", what, (int)name.len,
	    name.len > 0 ? (const char *)name.data : "");
}

enum smime_status
smime_cert_check_fqdn(const struct smime_cert *cert, struct smime_diag *diag)
{
	struct smime_bytes cn = common_name(cert);

	if (!smime_name_is_fqdn(cn, false))
		return refuse("common name", cn, diag);
	for (size_t i = 0; i < smime_cert_domain_count(cert); i++)
		if (!smime_name_is_fqdn(smime_cert_domain(cert, i), true))
			return refuse("domain", smime_cert_domain(cert, i), diag);
	return SMIME_OK;
}
