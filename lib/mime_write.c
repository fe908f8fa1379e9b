/* mime_write.c - the MIME wrappers of CMS objects.  RFC 8551 s3.2, s3.5.3. */
#include "smime/mime.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <stdio.h>

static enum smime_status
put(struct smime_spool *out, const char *text)
{
	return smime_spool_write(out, text, strlen(text));
}

/* "=_" can stand in no base64 or quoted-printable line. */
enum smime_status
smime_mime_boundary(char *out, size_t out_size)
{
	uint8_t octets[16];
	size_t used;

	if (out_size < 48 || gnutls_rnd(GNUTLS_RND_NONCE, octets, sizeof octets) < 0)
		return SMIME_E_SYSTEM;
	used = (size_t)snprintf(out, out_size, "=_smime_");
	for (size_t i = 0; i < sizeof octets; i++)
		used += (size_t)snprintf(out + used, out_size - used, "%02x", octets[i]);
	return SMIME_OK;
}

static enum smime_status
put_base64(struct smime_bytes der, struct smime_spool *out)
{
	SMIME_AUTO(smime_stage) base64 = NULL;

	SMIME_TRY(smime_stage_base64_new(smime_spool_stage(out), &base64));
	SMIME_TRY(smime_push_bytes(base64, der));
	return smime_finish(base64);
}

enum smime_status
smime_mime_write_signed(struct smime_spool *entity, struct smime_bytes signature_der,
    const char *micalg, struct smime_spool *out)
{
	SMIME_AUTO_BUF text = { 0 };
	char boundary[48];

	SMIME_TRY(smime_mime_boundary(boundary, sizeof boundary));
	SMIME_TRY(smime_buf_appendf(&text,
	    "Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\";\r\n"
	    " micalg=%s; boundary=\"%s\"\r\n\r\n--%s\r\n",
	    micalg, boundary, boundary));
	SMIME_TRY(smime_spool_write(out, text.data, text.len));
	SMIME_TRY(smime_spool_push(entity, 0, UINT64_MAX, smime_spool_stage(out)));
	text.len = 0;
	SMIME_TRY(smime_buf_appendf(&text,
	    "\r\n--%s\r\n"
	    "Content-Type: application/pkcs7-signature; name=\"smime.p7s\"\r\n"
	    "Content-Transfer-Encoding: base64\r\n"
	    "Content-Disposition: attachment; filename=\"smime.p7s\"\r\n"
	    "Content-Description: S/MIME signature\r\n\r\n",
	    boundary));
	SMIME_TRY(smime_spool_write(out, text.data, text.len));
	SMIME_TRY(put_base64(signature_der, out));
	text.len = 0;
	SMIME_TRY(smime_buf_appendf(&text, "\r\n--%s--\r\n", boundary));
	return smime_spool_write(out, text.data, text.len);
}

enum smime_status
smime_mime_write_pkcs7_header(const char *smime_type, struct smime_spool *out)
{
	SMIME_TRY(put(out, "Content-Type: application/pkcs7-mime; smime-type="));
	SMIME_TRY(put(out, smime_type));
	return put(out, "; name=\"smime.p7m\"\r\n"
			"Content-Transfer-Encoding: base64\r\n"
			"Content-Disposition: attachment; filename=\"smime.p7m\"\r\n"
			"Content-Description: S/MIME message\r\n\r\n");
}
