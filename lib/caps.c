/* caps.c - SMIMECapabilities as sets of rows of our algorithm tables.  RFC 8551 s2.5.2, RFC 4262,
 * RFC 3560 s5. The order of a list is not kept: what to prefer is the sender's policy, not the
 * reader's. */
#include "smime/caps.h"
#include "ber.h"
#include "cert_internal.h"
#include "kt_rsa.h"

#define OID_CAPABILITIES "1.2.840.113549.1.9.15"

/* The bit of the row that a capability names; 0: none. */
static uint32_t
bit_of(const struct smime_alg *table, const struct smime_alg *row)
{
	return row ? (uint32_t)1 << (row - table) : 0;
}

static void
add(struct smime_caps *caps, const struct smime_algid *capability)
{
	const struct smime_alg *transport =
	    smime_alg_by_oid(smime_key_transport_algs, capability->oid);

	if (transport && strcmp(transport->name, "rsa-oaep") == 0 &&
	    !smime_oaep_is_ours(capability->parameters))
		return;
	caps->transports |= bit_of(smime_key_transport_algs, transport);
	caps->ciphers |=
	    bit_of(smime_content_algs, smime_alg_by_oid(smime_content_algs, capability->oid));
}

struct smime_caps
smime_caps_read(struct smime_bytes in)
{
	struct smime_caps caps = { 0 };
	struct smime_algid capability;

	while (in.len > 0) {
		if (smime_ber_algid(&in, &capability) != SMIME_OK)
			return (struct smime_caps){ 0 };
		add(&caps, &capability);
	}
	return caps;
}

struct smime_caps
smime_cert_caps(const struct smime_cert *cert)
{
	struct smime_caps caps = { 0 };
	gnutls_datum_t extension = { 0 };
	unsigned critical;

	for (unsigned i = 0;; i++) {
		char oid[SMIME_OID_SIZE];
		size_t size = sizeof oid;
		struct smime_bytes in;
		struct smime_tlv list;
		int rc = gnutls_x509_crt_get_extension_info(cert->crt, i, oid, &size, &critical);

		if (rc == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
			return caps;
		if (rc < 0 || strcmp(oid, OID_CAPABILITIES) != 0 ||
		    gnutls_x509_crt_get_extension_data2(cert->crt, i, &extension) < 0)
			continue;
		in = smime_bytes(extension.data, extension.size);
		if (smime_ber_expect(&in, SMIME_BER_SEQUENCE, &list) == SMIME_OK && in.len == 0)
			caps = smime_caps_read(list.content);
		gnutls_free(extension.data);
		return caps;
	}
}

static bool
holds(const struct smime_alg *table, uint32_t set, const struct smime_alg *row)
{
	for (size_t i = 0; table[i].oid; i++)
		if (&table[i] == row)
			return (set >> i) & 1;
	return false;
}

bool
smime_caps_hold(const struct smime_caps *caps, const struct smime_alg *row)
{
	return holds(smime_content_algs, caps->ciphers, row) ||
	       holds(smime_key_transport_algs, caps->transports, row);
}

static enum smime_status
print(const struct smime_alg *table, uint32_t set, struct smime_buf *out)
{
	for (size_t i = 0; table[i].oid; i++)
		if ((set >> i) & 1)
			SMIME_TRY(
			    smime_buf_appendf(out, "%s%s", out->len > 0 ? " " : "", table[i].name));
	return SMIME_OK;
}

enum smime_status
smime_caps_print(const struct smime_caps *caps, struct smime_buf *out)
{
	SMIME_TRY(print(smime_content_algs, caps->ciphers, out));
	return print(smime_key_transport_algs, caps->transports, out);
}

/* The rows whose names stand in the text, between blanks or its ends. */
static uint32_t
parse(const struct smime_alg *table, const char *names)
{
	uint32_t set = 0;

	for (size_t i = 0; table[i].oid; i++) {
		size_t len = strlen(table[i].name);

		for (const char *at = names; (at = strstr(at, table[i].name)) != NULL; at += len)
			if ((at == names || at[-1] == ' ') && (at[len] == 0 || at[len] == ' '))
				set |= (uint32_t)1 << i;
	}
	return set;
}

struct smime_caps
smime_caps_parse(const char *names)
{
	return (struct smime_caps){
		.ciphers = parse(smime_content_algs, names),
		.transports = parse(smime_key_transport_algs, names),
	};
}
