/* open_layer.c - one layer's verdict: decrypt, inflate, verify.  RFC 8551 s3.3-3.5, R-VER-ROOT. */
#include "open_layer.h"
#include "mime_internal.h"

#include <stdio.h>

#define SIGNATURE_MAX 1048576 /* octets of a detached signature */

/* Text for records and logs: controls and what could break a line become '?'. */
static void
copy_text(char *out, size_t size, struct smime_bytes in)
{
	size_t len = in.len < size ? in.len : size - 1;

	for (size_t i = 0; i < len; i++)
		out[i] = (char)(in.data[i] < ' ' || in.data[i] == 127 ? '?' : in.data[i]);
	out[len] = 0;
}

void
smime_layer_fail(
    struct smime_layer *layer, enum smime_status status, const char *token, const char *reason)
{
	layer->ok = false;
	layer->status = status;
	copy_text(layer->token, sizeof layer->token, smime_bytes_str(token));
	copy_text(layer->reason, sizeof layer->reason, smime_bytes_str(reason));
}

void
smime_layer_not_entity(struct smime_layer *layer)
{
	smime_layer_fail(layer, SMIME_E_UNTRUSTED, "decrypt-failed", smime_cms_decrypt_failed);
}

/* A status and a diagnosis become a verdict. Only our own troubles go further up. */
static enum smime_status
conclude(struct smime_layer *layer, enum smime_status status, const struct smime_diag *diag)
{
	if (status == SMIME_E_SYSTEM)
		return status;
	layer->ok = status == SMIME_OK;
	layer->status = status;
	if (status == SMIME_OK)
		return SMIME_OK;
	if (diag->status == status)
		smime_layer_fail(layer, status, diag->token, diag->text);
	else
		smime_layer_fail(layer, status, smime_status_name(status),
		    status == SMIME_E_LIMIT ? "what is inside is larger than the limit"
					    : "the object cannot be read");
	return SMIME_OK;
}

static void
describe_cert(struct smime_layer *layer, struct smime_cert **cert)
{
	layer->cert = *cert;
	*cert = NULL;
	if (layer->cert)
		(void)snprintf(layer->fingerprint, sizeof layer->fingerprint, "%s",
		    smime_cert_fingerprint_hex(layer->cert));
}

enum smime_status
smime_layer_decrypt(const struct smime_open *open, const struct smime_layer_form *form,
    uint64_t plain_max, struct smime_stage *plain, struct smime_layer *layer)
{
	const struct smime_cms_reader reader = {
		.keys = open->keys, .replay = open->replay, .der = form->der
	};
	struct smime_cms_decrypted decrypted = { 0 };
	struct smime_diag diag = { 0 };
	enum smime_status status;

	if (form->form == SMIME_FORM_COMPRESSED) {
		(void)snprintf(layer->algorithm, sizeof layer->algorithm, "zlib");
		status = smime_cms_inflate(form->info.content, plain_max, plain, &diag);
		return conclude(layer, status, &diag);
	}
	if (form->form == SMIME_FORM_OTHER) {
		smime_layer_fail(layer, SMIME_E_SYNTAX, "malformed",
		    form->malformed ? "the CMS object cannot be read"
				    : "the CMS object is of a type that mail does not have");
		return SMIME_OK;
	}
	status = smime_cms_decrypt(
	    &reader, form->info.type, form->info.content, plain, &decrypted, &diag);
	describe_cert(layer, &decrypted.cert);
	copy_text(layer->algorithm, sizeof layer->algorithm, smime_bytes_str(decrypted.algorithm));
	if (decrypted.cipher) {
		layer->authenticated = smime_alg_is_aead(decrypted.cipher);
		layer->weak = (decrypted.cipher->use & SMIME_ALG_WEAK) != 0;
	}
	return conclude(layer, status, &diag);
}

static void
mark(struct smime_layer *layer, const char *token, const char *reason)
{
	(void)snprintf(layer->token, sizeof layer->token, "%s", token);
	(void)snprintf(layer->reason, sizeof layer->reason, "%s", reason);
}

void
smime_layers_mark(struct smime_layer *layers, size_t count)
{
	bool signed_whole = false;

	/* Each layer holds the next one and nothing else: a signature on any of them vouches for
	 * what is inside, and for that it was inside. */
	for (size_t i = 0; i < count; i++)
		signed_whole =
		    signed_whole || (layers[i].type == SMIME_LAYER_SIGNED && layers[i].ok);
	for (size_t i = 0; i < count; i++) {
		if (!layers[i].ok)
			continue;
		if (layers[i].weak)
			mark(&layers[i], "weak",
			    layers[i].type == SMIME_LAYER_ENCRYPTED
				? "decrypted, but the cipher is a legacy one"
				: "verified, but with an algorithm or key that is weak");
		else if (layers[i].type == SMIME_LAYER_ENCRYPTED && !layers[i].authenticated &&
			 !signed_whole)
			mark(&layers[i], "unauthenticated",
			    "decrypted, but neither cipher nor signature would show a change");
	}
}

/* Whom the certificate names: the From address when it does, else the first name in it. */
static void
describe_signer(struct smime_layer *layer, const char *from)
{
	const struct smime_cert *cert = layer->cert;
	struct smime_bytes name;

	if (!cert)
		return;
	if (from && smime_cert_covers(cert, smime_bytes_str(from)) == SMIME_COVER_MAILBOX)
		name = smime_bytes_str(from);
	else if (smime_cert_mailbox_count(cert) > 0)
		name = smime_cert_mailbox(cert, 0);
	else if (smime_cert_domain_count(cert) > 0)
		name = smime_cert_domain(cert, 0);
	else
		name = smime_bytes_str(smime_cert_subject(cert));
	copy_text(layer->signer, sizeof layer->signer, name);
}

static bool
is_signature_part(const struct smime_part *part)
{
	return strcmp(part->type, "application") == 0 &&
	       (strcmp(part->subtype, "pkcs7-signature") == 0 ||
		   strcmp(part->subtype, "x-pkcs7-signature") == 0);
}

/* What another reader could take for a delimiter: a line that begins with "--", a line's end that
 * is a CR alone. */
static bool
could_delimit(struct smime_bytes in, bool text)
{
	while (in.len > 0) {
		struct smime_bytes line = smime_mime_chomp(smime_mime_line(&in));

		if (line.len >= 2 && memcmp(line.data, "--", 2) == 0)
			return true;
		if (text && line.len > 0 && memchr(line.data, '\r', line.len))
			return true;
	}
	return false;
}

/* Base64 ends with its padding (RFC 2045 s6.8): what stands behind it is decoded by nobody, and
 * could be text. */
static bool
ends_with_padding(const struct smime_mime *mime, struct smime_bytes in)
{
	bool padding = false;

	while (in.len > 0) {
		size_t len = in.len < SMIME_MIME_RELEASE ? in.len : SMIME_MIME_RELEASE;
		const uint8_t *pad = padding ? in.data : memchr(in.data, '=', len);

		for (; pad && pad < in.data + len; pad++) {
			if (*pad > ' ' && *pad != '=')
				return false;
			padding = true;
		}
		in = smime_bytes_slice(in, len, in.len);
		if (mime->spool)
			smime_spool_release(mime->spool);
	}
	return true;
}

/* A part that holds a CMS object and nothing else, by any of its fields. */
static bool
is_alone(const struct smime_mime *mime, const struct smime_part *part)
{
	return !(part->flags & (SMIME_MIME_BAD_HEADER | SMIME_MIME_DUPLICATE_FIELD)) &&
	       (part->encoding != SMIME_CTE_BASE64 || ends_with_padding(mime, part->body));
}

/*
 * "exactly two body parts" (RFC 1847 s2.1), the second the signature, nothing behind it that
 * somebody could be shown. A preamble is for readers without MIME; openssl writes one.
 */
static bool
is_whole(const struct smime_mime *mime)
{
	const struct smime_part *root = smime_mime_part(mime, 0), *second;
	struct smime_bytes epilogue = root->epilogue;

	if (root->child_count != 2 ||
	    (root->flags &
		((SMIME_MIME_AMBIGUOUS & ~(uint32_t)SMIME_MIME_NUL) | SMIME_MIME_BARE_CR)))
		return false;
	second = smime_mime_part(mime, smime_mime_part(mime, root->first_child)->next_sibling);
	while (epilogue.len > 0 && (epilogue.data[epilogue.len - 1] <= ' '))
		epilogue.len--;
	return is_signature_part(second) && is_alone(mime, second) && epilogue.len == 0 &&
	       !could_delimit(root->preamble, true) &&
	       !could_delimit(second->body,
		   second->encoding != SMIME_CTE_BINARY && second->encoding != SMIME_CTE_8BIT);
}

/* The signature's DER, bounded; the signed octets are the first part, whole. */
static enum smime_status
read_detached(const struct smime_mime *mime, struct smime_buf *der, struct smime_content_info *info,
    struct smime_bytes *content, struct smime_diag *diag)
{
	uint32_t first = smime_mime_part(mime, 0)->first_child;
	uint32_t second = smime_mime_part(mime, first)->next_sibling;
	SMIME_AUTO(smime_stage) collect = NULL;

	SMIME_TRY(smime_stage_buf_new(der, SIGNATURE_MAX, &collect));
	SMIME_TRY(smime_part_decode(mime, second, collect, diag));
	SMIME_TRY(smime_cms_read(smime_buf_bytes(der), info, diag));
	if (strcmp(info->type, SMIME_OID_SIGNED) != 0)
		return smime_fail(
		    diag, SMIME_E_SYNTAX, "malformed", "the signature part is no SignedData");
	*content = smime_mime_part(mime, first)->whole;
	return SMIME_OK;
}

static enum smime_status
check(const struct smime_open *open, const struct smime_content_info *info,
    const struct smime_bytes *external, const char *from, struct smime_stage *content,
    struct smime_cms_verdict *verdict, struct smime_certs *certs, struct smime_diag *diag)
{
	struct smime_cms_verify verify = { .trust = open->trust,
		.now = open->now,
		.weak_verifies = open->weak_verifies,
		.no_attributes_verifies = open->no_attributes_verifies,
		.from = from };
	struct smime_signed_data data;
	enum smime_status status = smime_signed_data_read(info->content, &data, diag);

	if (status == SMIME_OK)
		status = smime_cms_check(&verify, &data, external, content, verdict, diag);
	for (size_t i = 0; i < data.certs.count; i++)
		if (smime_certs_add(certs, data.certs.item[i]) != SMIME_OK)
			status = SMIME_E_SYSTEM;
	smime_signed_data_reset(&data);
	return status;
}

enum smime_status
smime_layer_verify(const struct smime_open *open, const struct smime_mime *mime,
    const struct smime_layer_form *form, const char *from, struct smime_stage *content,
    struct smime_layer *layer, struct smime_certs *certs)
{
	struct smime_content_info info = form->info;
	struct smime_cms_verdict verdict = { 0 };
	struct smime_bytes external = { 0 };
	struct smime_diag diag = { 0 };
	SMIME_AUTO_BUF der = { 0 };
	enum smime_status status = SMIME_OK;

	if (form->detached ? !is_whole(mime) : !is_alone(mime, smime_mime_part(mime, 0))) {
		smime_layer_fail(layer, SMIME_E_UNTRUSTED, "partial",
		    "the signature does not cover all that is in the message");
		return SMIME_OK;
	}
	if (form->detached)
		status = read_detached(mime, &der, &info, &external, &diag);
	if (status == SMIME_OK)
		status = check(open, &info, form->detached ? &external : NULL, from, content,
		    &verdict, certs, &diag);
	if (status == SMIME_E_UNTRUSTED && !from && strcmp(diag.token, "from-not-covered") == 0)
		(void)smime_fail(&diag, status, "from",
		    "the message has not exactly one From address that a certificate could name");
	describe_cert(layer, &verdict.cert);
	describe_signer(layer, from);
	layer->weak = verdict.weak;
	layer->signing_time = verdict.signing_time;
	layer->caps = verdict.caps;
	copy_text(layer->algorithm, sizeof layer->algorithm, smime_bytes_str(verdict.algorithm));
	return conclude(layer, status, &diag);
}
