/* mime_from.c - the author's address, the one thing a certificate must cover.  RFC 5322 s3.6.2, RFC
 * 8550 s3. Read by hand and strictly: a parser that forgives is a parser that disagrees with the
 * reader's mail program. Exactly one From field with exactly one mailbox: [phrase] <addr-spec> or
 * addr-spec. */
#include "mime_internal.h"

static enum smime_status
refuse(struct smime_diag *diag, const char *why)
{
	return smime_fail(diag, SMIME_E_SYNTAX, "from", "From: %s", why);
}

static bool
is_atext(uint8_t c)
{
	return c > 127 || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || (c != 0 && strchr("!#$%&'*+-/=?^_`{|}~", c));
}

/* A quoted string; false when it does not end. */
static bool
skip_quoted(struct smime_bytes *in)
{
	for (size_t i = 1; i < in->len; i++) {
		if (in->data[i] == '\\')
			i++;
		else if (in->data[i] == '"') {
			*in = smime_bytes_slice(*in, i + 1, in->len);
			return true;
		}
	}
	return false;
}

/* dot-atom "@" dot-atom; quoted local parts and domain literals are refused: no certificate names
 * them. */
static struct smime_bytes
addr_spec(struct smime_bytes *in)
{
	bool after_dot = true, at = false;
	struct smime_bytes out;
	size_t i = 0;

	for (; i < in->len; i++) {
		uint8_t c = in->data[i];

		if (c == '@' && !at && !after_dot) {
			at = after_dot = true;
		} else if (c == '.' && !after_dot) {
			after_dot = true;
		} else if (is_atext(c)) {
			after_dot = false;
		} else {
			break;
		}
	}
	out = at && !after_dot ? smime_bytes_slice(*in, 0, i) : smime_bytes(NULL, 0);
	*in = smime_bytes_slice(*in, i, in->len);
	return out;
}

/* Words of a display name, up to "<"; false when something stands there that is no phrase. */
static bool
skip_phrase(struct smime_bytes *in)
{
	while (smime_mime_skip_cfws(in) && in->len > 0 && in->data[0] != '<') {
		if (in->data[0] == '"') {
			if (!skip_quoted(in))
				return false;
		} else if (is_atext(in->data[0]) || in->data[0] == '.') { /* obs-phrase: "J. Doe" */
			*in = smime_bytes_slice(*in, 1, in->len);
		} else {
			return false;
		}
	}
	return in->len > 0 && in->data[0] == '<';
}

static struct smime_bytes
one_mailbox(struct smime_bytes in)
{
	struct smime_bytes bare = in, none = { 0 }, address;

	if (!smime_mime_skip_cfws(&bare))
		return none;
	address = addr_spec(&bare);
	if (address.len > 0 && smime_mime_skip_cfws(&bare) && bare.len == 0)
		return address;
	if (!skip_phrase(&in))
		return none;
	in = smime_bytes_slice(in, 1, in.len);
	address = addr_spec(&in);
	if (in.len == 0 || in.data[0] != '>')
		return none;
	in = smime_bytes_slice(in, 1, in.len);
	return smime_mime_skip_cfws(&in) && in.len == 0 ? address : none;
}

enum smime_status
smime_mime_from(const struct smime_mime *mime, struct smime_buf *out, struct smime_diag *diag)
{
	const struct smime_field *from = smime_mime_find(mime, 0, "From", 0);
	struct smime_bytes address;
	char **parsed = NULL;
	size_t count = 0;
	bool strict, same;

	if (!from)
		return refuse(diag, "the field is missing");
	if (smime_mime_find(mime, 0, "From", 1))
		return refuse(diag, "the field stands more than once");
	address = one_mailbox(from->value);
	if (address.len == 0 || address.len > 254)
		return refuse(diag, "must hold exactly one address, as in Name <user@example.com>");
	/* A second reader must see the same. */
	SMIME_TRY(smime_value_addresses(from->value, &parsed, &count, &strict));
	same = count == 1 && smime_bytes_equal(smime_bytes_str(parsed[0]), address);
	smime_addresses_free(&parsed);
	if (!same)
		return refuse(diag, "can be read in more than one way");
	return smime_buf_append(out, address.data, address.len);
}
