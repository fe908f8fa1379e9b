/* cms_id.c - what CMS objects share: how they begin, and how they name a certificate, by issuer and
 * serial number or by its key identifier.  RFC 5652 s3, s5.3, s6.2.1, s10.2.4. */
#include "cms.h"
#include "der.h"

enum smime_status
smime_cms_read_issuer_serial(struct smime_bytes *in, struct smime_cert_id *out)
{
	struct smime_tlv pair, issuer, serial;

	SMIME_TRY(smime_ber_expect(in, SMIME_BER_SEQUENCE, &pair));
	SMIME_TRY(smime_ber_expect(&pair.content, SMIME_BER_SEQUENCE, &issuer));
	SMIME_TRY(smime_ber_expect(&pair.content, SMIME_BER_INTEGER, &serial));
	*out = (struct smime_cert_id){ .issuer = issuer.whole, .serial = serial.content };
	return pair.content.len == 0 ? SMIME_OK : SMIME_E_SYNTAX;
}

bool
smime_cms_by_key_id(const struct smime_cert *cert, bool wanted)
{
	return wanted && smime_cert_ski(cert).len > 0;
}

enum smime_status
smime_cms_write_id(const struct smime_cert *cert, bool by_key_id, struct smime_buf *out)
{
	struct smime_bytes issuer = smime_cert_issuer_der(cert);
	size_t mark = out->len;

	if (smime_cms_by_key_id(cert, by_key_id))
		return smime_der_tlv(out, SMIME_BER_CONTEXT | 0, smime_cert_ski(cert));
	SMIME_TRY(smime_buf_append(out, issuer.data, issuer.len));
	SMIME_TRY(smime_der_tlv(out, SMIME_BER_INTEGER, smime_cert_serial(cert)));
	return smime_der_wrap(out, mark, SMIME_BER_SEQUENCE);
}

enum smime_status
smime_cms_write_head(struct smime_buf *out, const char *type, uint64_t inner)
{
	SMIME_AUTO_BUF oid = { 0 };
	uint64_t sequence = smime_der_header_size(inner) + inner;
	uint64_t content = smime_der_header_size(sequence) + sequence;

	SMIME_TRY(smime_der_oid(&oid, type));
	SMIME_TRY(smime_der_header(out, SMIME_BER_SEQUENCE, oid.len + content));
	SMIME_TRY(smime_buf_append(out, oid.data, oid.len));
	SMIME_TRY(smime_der_header(out, SMIME_BER_CONTEXT_CONS | 0, sequence));
	return smime_der_header(out, SMIME_BER_SEQUENCE, inner);
}
