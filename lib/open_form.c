/* open_form.c - what an entity's root looks like: multipart/signed, or a CMS object by type, by
 * file name or by what is inside, for not everybody's labels are right.  RFC 8551 s3.2, s3.5, s3.9.
 */
#include "open_layer.h"

static bool
is_type(const struct smime_part *part, const char *type, const char *subtype)
{
	return strcmp(part->type, type) == 0 && strcmp(part->subtype, subtype) == 0;
}

static enum smime_status
has_suffix(const struct smime_mime *mime, const char *field, const char *param, bool *out)
{
	static const char *const suffixes[] = { ".p7m", ".p7s", ".p7z", ".p7c" };
	const struct smime_field *f = smime_mime_find(mime, 0, field, 0);
	SMIME_AUTO_BUF name = { 0 };
	bool found;

	if (!f)
		return SMIME_OK;
	SMIME_TRY(smime_value_param(f->value, param, &name, &found));
	for (size_t i = 0; found && i < sizeof suffixes / sizeof *suffixes; i++)
		if (name.len > 4 && smime_bytes_is(smime_bytes_slice(smime_buf_bytes(&name),
						       name.len - 4, name.len),
					suffixes[i]))
			*out = true;
	return SMIME_OK;
}

/* application/pkcs7-mime and its x- form, or octet-stream with a telling name (RFC 8551 s3.9). */
static enum smime_status
claims_cms(const struct smime_mime *mime, bool *out)
{
	const struct smime_part *root = smime_mime_part(mime, 0);

	*out = is_type(root, "application", "pkcs7-mime") ||
	       is_type(root, "application", "x-pkcs7-mime") ||
	       is_type(root, "application", "pkcs7-signature") ||
	       is_type(root, "application", "x-pkcs7-signature");
	if (*out || !is_type(root, "application", "octet-stream"))
		return SMIME_OK;
	SMIME_TRY(has_suffix(mime, "Content-Type", "name", out));
	return has_suffix(mime, "Content-Disposition", "filename", out);
}

/* multipart/signed of another protocol (OpenPGP) is none of our business. */
static enum smime_status
claims_signed(const struct smime_mime *mime, bool *out)
{
	const struct smime_field *f = smime_mime_find(mime, 0, "Content-Type", 0);
	SMIME_AUTO_BUF protocol = { 0 };
	bool found = false;

	*out = false;
	if (!is_type(smime_mime_part(mime, 0), "multipart", "signed") || !f)
		return SMIME_OK;
	SMIME_TRY(smime_value_param(f->value, "protocol", &protocol, &found));
	*out = smime_bytes_is(smime_buf_bytes(&protocol), "application/pkcs7-signature") ||
	       smime_bytes_is(smime_buf_bytes(&protocol), "application/x-pkcs7-signature");
	return SMIME_OK;
}

static enum smime_form
form_of_type(const struct smime_content_info *info)
{
	struct smime_bytes in = info->content;
	struct smime_tlv data, tlv;
	uint32_t version;
	bool signers = true;

	if (strcmp(info->type, SMIME_OID_ENVELOPED) == 0 ||
	    strcmp(info->type, SMIME_OID_AUTH_ENVELOPED) == 0)
		return SMIME_FORM_ENCRYPTED;
	if (strcmp(info->type, SMIME_OID_COMPRESSED) == 0)
		return SMIME_FORM_COMPRESSED;
	if (strcmp(info->type, SMIME_OID_SIGNED) != 0)
		return SMIME_FORM_OTHER;
	/* certs-only: SignedData whose last SET, signerInfos, is empty (RFC 8551 s3.8). */
	if (smime_ber_expect(&in, SMIME_BER_SEQUENCE, &data) == SMIME_OK &&
	    smime_ber_small(&data.content, &version) == SMIME_OK)
		while (data.content.len > 0 && smime_ber_read(&data.content, &tlv) == SMIME_OK)
			if (tlv.tag == SMIME_BER_SET)
				signers = tlv.content.len > 0;
	return signers ? SMIME_FORM_SIGNED : SMIME_FORM_CERTS_ONLY;
}

enum smime_status
smime_layer_form(
    const struct smime_mime *mime, struct smime_spool *der, struct smime_layer_form *out)
{
	enum smime_status status;
	struct smime_bytes view;
	bool claims;

	*out = (struct smime_layer_form){ .form = SMIME_FORM_NONE, .der = der };
	SMIME_TRY(claims_signed(mime, &out->detached));
	if (out->detached) {
		out->form = SMIME_FORM_SIGNED;
		return SMIME_OK;
	}
	SMIME_TRY(claims_cms(mime, &claims));
	if (!claims)
		return SMIME_OK;
	status = smime_part_decode(mime, 0, smime_spool_stage(der), NULL);
	if (status == SMIME_E_SYSTEM)
		return status;
	SMIME_TRY(smime_spool_view(der, &view, NULL));
	out->malformed = status != SMIME_OK || smime_cms_read(view, &out->info, NULL) != SMIME_OK;
	out->form = out->malformed ? SMIME_FORM_OTHER : form_of_type(&out->info);
	return SMIME_OK;
}

enum smime_form
smime_form_of(const struct smime_mime *mime)
{
	SMIME_AUTO(smime_spool) der = NULL;
	struct smime_layer_form form;

	if (smime_spool_new(NULL, &der) != SMIME_OK ||
	    smime_layer_form(mime, der, &form) != SMIME_OK)
		return SMIME_FORM_OTHER;
	return form.form;
}

const char *
smime_layer_name(enum smime_layer_type type)
{
	static const char *const names[] = { "encrypted", "signed", "compressed" };

	return names[type];
}
