/* auth_results.c - the value of Authentication-Results, method smime: one result per signature.
 * RFC 7281, RFC 8601. What comes from a certificate is quoted and cut to printable ASCII. */
#include "policy/process.h"

/* RFC 7281 s3.2.2, by who failed. */
static const char *
result(const struct smime_layer *layer)
{
	if (layer->ok)
		return "pass";
	switch (layer->status) {
	case SMIME_E_UNTRUSTED:
		return strcmp(layer->token, "bad-signature") == 0 ? "fail" : "policy";
	case SMIME_E_NOKEY:
	case SMIME_E_UNSUPPORTED:
		return "policy";
	case SMIME_E_SYNTAX:
	case SMIME_E_LIMIT:
		return "neutral";
	case SMIME_E_SYSTEM:
		return "temperror";
	case SMIME_OK:
		break;
	}
	return "permerror";
}

static enum smime_status
append_quoted(const char *value, struct smime_buf *out)
{
	SMIME_TRY(smime_buf_append(out, "\"", 1));
	for (; *value; value++) {
		const char c = (char)(*value >= ' ' && *value <= '~' ? *value : '?');

		if (c == '"' || c == '\\')
			SMIME_TRY(smime_buf_append(out, "\\", 1));
		SMIME_TRY(smime_buf_append(out, &c, 1));
	}
	return smime_buf_append(out, "\"", 1);
}

/* A property, unless there is nothing to say. */
static enum smime_status
append_property(const char *name, const char *value, struct smime_buf *out)
{
	if (!*value)
		return SMIME_OK;
	SMIME_TRY(smime_buf_appendf(out, "\n body.%s=", name));
	return append_quoted(value, out);
}

static enum smime_status
append_layer(const struct smime_layer *layer, struct smime_buf *out)
{
	SMIME_TRY(smime_buf_appendf(out, "; smime=%s", result(layer)));
	if (!layer->ok && *layer->reason) {
		SMIME_TRY(smime_buf_appendf(out, "\n reason="));
		SMIME_TRY(append_quoted(layer->reason, out));
	}
	SMIME_TRY(append_property("smime-identifier", layer->signer, out));
	if (!layer->cert)
		return SMIME_OK;
	SMIME_TRY(append_property("smime-serial", smime_cert_serial_hex(layer->cert), out));
	return append_property("smime-issuer", smime_cert_issuer(layer->cert), out);
}

enum smime_status
policy_auth_results(
    const char *authserv_id, const struct smime_opened *opened, struct smime_buf *out)
{
	size_t signatures = 0;

	SMIME_TRY(smime_buf_appendf(out, "%s", authserv_id));
	for (size_t i = 0; i < opened->layer_count; i++) {
		if (opened->layers[i].type != SMIME_LAYER_SIGNED)
			continue;
		SMIME_TRY(append_layer(&opened->layers[i], out));
		signatures++;
	}
	/* RFC 8601 s2.2: no result is said so. */
	return signatures > 0 ? SMIME_OK : smime_buf_appendf(out, "; smime=none");
}
