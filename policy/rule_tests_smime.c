/* rule_tests_smime.c - tests about signatures and encryption.  FILTERS: rules.
 * encrypted and signed look at form only, never at validity; smime-gateway-* are the verdict. */
#include "rule_tests.h"

enum smime_status
policy_ask_encrypted(struct policy_eval *e, const struct policy_test *t, bool *out)
{
	const struct smime_part *root = smime_mime_part(e->facts->entity_mime, 0);

	(void)t;
	/* PGP/MIME: RFC 3156 s4 */
	*out = smime_form_of(e->facts->entity_mime) == SMIME_FORM_ENCRYPTED ||
	       (strcmp(root->type, "multipart") == 0 && strcmp(root->subtype, "encrypted") == 0);
	return SMIME_OK;
}

enum smime_status
policy_ask_signed(struct policy_eval *e, const struct policy_test *t, bool *out)
{
	(void)t;
	*out = smime_form_of(e->facts->entity_mime) == SMIME_FORM_SIGNED;
	return SMIME_OK;
}

enum smime_status
policy_ask_gateway_message(struct policy_eval *e, const struct policy_test *t, bool *out)
{
	(void)t;
	*out = e->facts->gateway_message;
	return SMIME_OK;
}

enum smime_status
policy_ask_gateway_verified(struct policy_eval *e, const struct policy_test *t, bool *out)
{
	(void)t;
	*out = e->facts->gateway_verified;
	return SMIME_OK;
}

/* 'issuer': its DN as RFC 4514 text; 'signer': the mailboxes of the certificate. */
static enum smime_status
ask_certificate(
    struct policy_eval *e, const struct policy_test *t, const struct smime_cert *cert, bool *out)
{
	if (t->cmp == POLICY_CMP_NONE) {
		*out = true;
		return SMIME_OK;
	}
	if (strcmp(t->args[0].text, "issuer") == 0)
		return policy_ask_pattern(
		    e, t->pattern, smime_bytes_str(smime_cert_issuer(cert)), out);
	for (size_t i = 0; i < smime_cert_mailbox_count(cert) && !*out; i++)
		SMIME_TRY(policy_ask_pattern(e, t->pattern, smime_cert_mailbox(cert, i), out));
	return SMIME_OK;
}

static enum smime_status
ask_layers(struct policy_eval *e, const struct policy_test *t, const struct smime_opened *opened,
    bool *out)
{
	for (size_t i = 0; i < opened->layer_count && !*out; i++)
		if (opened->layers[i].type == SMIME_LAYER_SIGNED && opened->layers[i].cert)
			SMIME_TRY(ask_certificate(e, t, opened->layers[i].cert, out));
	return SMIME_OK;
}

/* The flow policy need not open what is only asked about. */
enum smime_status
policy_ask_signed_certificate(struct policy_eval *e, const struct policy_test *t, bool *out)
{
	SMIME_AUTO(smime_opened) opened = NULL;
	const struct smime_open open = { .now = e->facts->message->received_at };

	if (e->facts->opened)
		return ask_layers(e, t, e->facts->opened, out);
	if (smime_form_of(e->facts->mime) != SMIME_FORM_SIGNED)
		return SMIME_OK;
	SMIME_TRY(smime_open_message(&open, e->facts->mime, &opened, e->diag));
	return ask_layers(e, t, opened, out);
}
