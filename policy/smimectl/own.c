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

struct storing {
	const char *name;
	const struct ctl_own *own;
	struct smime_buf pem, chain;
	int64_t changed;
};

static enum smime_status
write_row(struct ctl *ctl, struct policy_db *db, void *arg)
{
	struct storing *s = arg;

	SMIME_TRY(ctl_run(ctl, db, POLICY_SQL_CERTIFICATE_ADD,
	    (const char *[]){ s->name, (const char *)s->pem.data, (const char *)s->chain.data,
		(const char *)s->own->key.data, s->own->require_fqdn ? "1" : "0" },
	    5, &s->changed));
	return s->changed > 0 ? ctl_note_expiry(ctl, db, "certificate", s->name, s->own->cert)
			      : SMIME_OK;
}

static enum smime_status
store(struct ctl *ctl, struct ctl_own *own, struct storing *s)
{
	if (own->require_fqdn)
		SMIME_TRY(smime_cert_check_fqdn(own->cert, &ctl->diag));
	SMIME_TRY(smime_cert_pem(own->cert, &s->pem));
	for (size_t i = 0; i < own->chain.count; i++)
		SMIME_TRY(smime_cert_pem(own->chain.item[i], &s->chain));
	SMIME_TRY(smime_buf_terminate(&s->pem));
	SMIME_TRY(smime_buf_terminate(&s->chain));
	SMIME_TRY(smime_buf_terminate(&own->key));
	SMIME_TRY(ctl_transaction(ctl, write_row, s));
	if (s->changed > 0)
		return SMIME_OK;
	return smime_fail(&ctl->diag, SMIME_E_SYNTAX, "exists",
	    "there is a certificate \"%s\" already: choose another name, or delete that one first",
	    s->name);
}

enum smime_status
ctl_own_store(struct ctl *ctl, const char *name, struct ctl_own *own)
{
	struct storing s = { .name = name, .own = own };
	enum smime_status status = store(ctl, own, &s);

	smime_buf_reset(&s.pem);
	smime_buf_reset(&s.chain);
	return status;
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
	load->out->require_fqdn = policy_column_int(row, 3) != 0;
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
