/* own.c - own certificates into the database and out of it. A private key is stored encrypted, by
 * reference (file:, pkcs11:), or not at all. */
#include "own.h"

#include "smime/cert_make.h"

void
ctl_own_reset(struct ctl_own *own)
{
	smime_cert_free(&own->cert);
	smime_certs_reset(&own->chain);
	smime_buf_reset(&own->key);
}

enum smime_status
ctl_own_store(struct ctl *ctl, const char *name, struct ctl_own *own)
{
	SMIME_AUTO_BUF pem = { 0 };
	SMIME_AUTO_BUF chain = { 0 };
	int64_t changed = 0;

	if (own->require_fqdn)
		SMIME_TRY(smime_cert_check_fqdn(own->cert, &ctl->diag));
	SMIME_TRY(smime_cert_pem(own->cert, &pem));
	for (size_t i = 0; i < own->chain.count; i++)
		SMIME_TRY(smime_cert_pem(own->chain.item[i], &chain));
	SMIME_TRY(smime_buf_terminate(&pem));
	SMIME_TRY(smime_buf_terminate(&chain));
	SMIME_TRY(smime_buf_terminate(&own->key));
	SMIME_TRY(ctl_change(ctl, POLICY_SQL_CERTIFICATE_ADD,
	    (const char *[]){ name, (const char *)pem.data, (const char *)chain.data,
		(const char *)own->key.data, own->require_fqdn ? "1" : "0" },
	    5, &changed));
	if (changed > 0)
		return SMIME_OK;
	return smime_fail(&ctl->diag, SMIME_E_SYNTAX, "exists",
	    "there is a certificate \"%s\" already: choose another name, or delete that one first",
	    name);
}

enum smime_status
ctl_need_passphrase(struct ctl *ctl)
{
	SMIME_TRY(ctl_passphrase(ctl));
	if (ctl->passphrase.len > 0)
		return SMIME_OK;
	return smime_fail(&ctl->diag, SMIME_E_NOKEY, "passphrase",
	    "no passphrase to keep the private key under: put one into %s.passphrase (mode 0600), "
	    "or name its file with -k",
	    ctl->database);
}

int
ctl_own_told(const char *name, const struct ctl_own *own)
{
	char until[16];

	ctl_say("certificate \"%s\": %s, valid until %s, fingerprint %s\n", name,
	    smime_cert_key_name(own->cert), ctl_date(smime_cert_not_after(own->cert), until),
	    smime_cert_fingerprint_hex(own->cert));
	return EX_OK;
}

struct load {
	struct ctl_own *out;
	bool found;
};

static enum smime_status
load_row(struct ctl *ctl, struct policy_stmt *row, void *arg)
{
	struct load *load = arg;

	load->found = true;
	SMIME_TRY(smime_cert_import_pem(policy_column_bytes(row, 0), &load->out->cert, &ctl->diag));
	SMIME_TRY(smime_certs_add_pem(&load->out->chain, policy_column_bytes(row, 1), &ctl->diag));
	SMIME_TRY(smime_buf_append(
	    &load->out->key, policy_column_text(row, 2), strlen(policy_column_text(row, 2))));
	return smime_buf_terminate(&load->out->key);
}

enum smime_status
ctl_own_load(struct ctl *ctl, const char *name, struct ctl_own *out, bool *found)
{
	struct load load = { .out = out };

	SMIME_TRY(ctl_each(ctl, POLICY_SQL_CERTIFICATE_GET, name, load_row, &load));
	*found = load.found;
	return SMIME_OK;
}
