/* cmd_import.c - own certificates from elsewhere: PKCS#12, PEM with its key, or what a CA made of a
 * request. What a CA's certificate replaces is kept: it decrypts the mail that was sent to it. */
#include "own.h"

#include "policy/passphrase.h"
#include "policy/private_key.h"
#include "smime/cert_make.h"
#include <time.h>

static bool
holds(const struct smime_buf *file, const char *text)
{
	return file->len > 0 && memmem(file->data, file->len, text, strlen(text));
}

static enum smime_status
read_secret(struct ctl *ctl, const char *path, struct smime_buf *out)
{
	return path ? policy_passphrase_read(path, out, &ctl->diag) : SMIME_OK;
}

static enum smime_status
read_p12(
    struct ctl *ctl, const struct ctl_args *args, const struct smime_buf *file, struct ctl_own *own)
{
	SMIME_AUTO_BUF secret = { .secret = true };

	SMIME_TRY(read_secret(ctl, ctl_get(args, "p12-passphrase-file"), &secret));
	return smime_pkcs12_import(smime_buf_bytes(file),
	    secret.len ? (const char *)secret.data : "", (const char *)ctl->passphrase.data,
	    &own->cert, &own->chain, &own->key, &ctl->diag);
}

/* PKCS#12 begins with its version; a certificate and PKCS#7 with something else (RFC 7292 s4). */
static bool
is_pkcs12(const struct smime_buf *file)
{
	size_t at = 1;

	if (holds(file, "-----BEGIN") || file->len < 8 || file->data[0] != 0x30)
		return !holds(file, "-----BEGIN");
	at += file->data[1] & 0x80 ? 1 + (size_t)(file->data[1] & 0x7f) : 1;
	return at < file->len && file->data[at] == 0x02;
}

/* Of several the one that the key belongs to; the others are its chain, whatever their order. */
static void
pick_own(const struct smime_privkey *key, struct ctl_own *own)
{
	struct smime_certs *chain = &own->chain;
	size_t at = 0;

	while (at < chain->count && smime_privkey_matches(key, chain->item[at], NULL) != SMIME_OK)
		at++;
	/* With none the first: it is the one to complain about. */
	at = at < chain->count ? at : 0;
	own->cert = chain->item[at];
	memmove(&chain->item[at], &chain->item[at + 1],
	    (chain->count - at - 1) * sizeof(struct smime_cert *));
	chain->count--;
}

/* A key in PEM, which is encrypted anew. */
static enum smime_status
take_key(
    struct ctl *ctl, const struct ctl_args *args, const struct smime_buf *file, struct ctl_own *own)
{
	SMIME_AUTO_BUF secret = { .secret = true };

	SMIME_TRY(read_secret(ctl, ctl_get(args, "key-passphrase-file"), &secret));
	return smime_key_reencrypt(smime_buf_bytes(file),
	    secret.len ? (const char *)secret.data : NULL, (const char *)ctl->passphrase.data,
	    &own->key, &ctl->diag);
}

/* Or one that stays where it is, in a token or a file. */
static enum smime_status
read_key(struct ctl *ctl, const struct ctl_args *args, const char *from, struct ctl_own *own)
{
	SMIME_AUTO_BUF file = { .secret = true };

	if (strncmp(from, "pkcs11:", 7) == 0 || strncmp(from, "file:/", 6) == 0)
		return smime_buf_append(&own->key, from, strlen(from));
	SMIME_TRY(ctl_read_file(ctl, from, &file));
	return take_key(ctl, args, &file, own);
}

/* The key has to be its own. */
static enum smime_status
check_key(struct ctl *ctl, struct ctl_own *own)
{
	SMIME_AUTO(smime_privkey) key = NULL;

	SMIME_TRY(smime_buf_terminate(&own->key));
	SMIME_TRY(policy_private_key_open(
	    (const char *)own->key.data, (const char *)ctl->passphrase.data, &key, &ctl->diag));
	if (!own->cert)
		pick_own(key, own);
	return smime_privkey_matches(key, own->cert, &ctl->diag);
}

/* It has to be good for something, if not today: renewals come ahead of their time. */
static enum smime_status
check_use(struct ctl *ctl, const struct ctl_own *own)
{
	int64_t now = time(NULL), begins = smime_cert_not_before(own->cert);
	char date[16];

	if (begins > now)
		(void)ctl_error(EX_OK,
		    "note: the certificate is not valid before %s: until then another one signs, "
		    "if there is one",
		    ctl_date(begins, date));
	now = begins > now ? begins : now;
	if (smime_cert_mailbox_count(own->cert) + smime_cert_domain_count(own->cert) == 0)
		(void)ctl_error(EX_OK,
		    "note: the certificate names no mailbox and no domain (subjectAltName): it "
		    "signs for nobody");
	if (smime_cert_may_encrypt(own->cert, now, NULL) == SMIME_OK)
		return SMIME_OK;
	/* One that has expired still decrypts old mail. */
	return smime_cert_not_after(own->cert) < now
		   ? SMIME_OK
		   : smime_cert_may_sign(own->cert, now, &ctl->diag);
}

/* ---- a CA's answer ---- */

struct renewal {
	const char *name;
	const struct smime_cert *cert, *old;
	struct smime_buf kept, pem, chain, note;
};

static void
renewal_reset(struct renewal *r)
{
	smime_buf_reset(&r->kept);
	smime_buf_reset(&r->pem);
	smime_buf_reset(&r->chain);
	smime_buf_reset(&r->note);
}
#define AUTO_RENEWAL __attribute__((cleanup(renewal_reset))) struct renewal

static enum smime_status
renewal_write(struct ctl *ctl, struct policy_db *db, void *arg)
{
	const struct renewal *r = arg;
	const char *kept = (const char *)r->kept.data;
	int64_t changed;

	SMIME_TRY(ctl_run(ctl, db, POLICY_SQL_CERTIFICATE_KEEP,
	    (const char *[]){ r->name, kept, (const char *)r->note.data }, 3, &changed));
	if (changed == 0)
		return smime_fail(&ctl->diag, SMIME_E_SYNTAX, "exists",
		    "the certificate that is replaced would be kept as \"%s\", which is another "
		    "one: rename that",
		    kept);
	SMIME_TRY(ctl_run(ctl, db, POLICY_SQL_CERTIFICATE_RENEW,
	    (const char *[]){ r->name, (const char *)r->pem.data, (const char *)r->chain.data }, 3,
	    &changed));
	SMIME_TRY(ctl_note_expiry(ctl, db, "certificate", kept, r->old));
	return ctl_note_expiry(ctl, db, "certificate", r->name, r->cert);
}

/* Mail from those that the CA left out cannot be signed with it. */
static void
tell_left_out(const struct smime_cert *cert, const struct smime_cert *old)
{
	for (size_t i = 0; i < smime_cert_mailbox_count(old); i++) {
		struct smime_bytes m = smime_cert_mailbox(old, i);

		if (smime_cert_covers(cert, m) == SMIME_COVER_NONE)
			(void)ctl_error(EX_OK, "note: the new certificate does not name %.*s",
			    (int)m.len, (const char *)m.data);
	}
	for (size_t i = 0; i < smime_cert_domain_count(old); i++) {
		struct smime_bytes d = smime_cert_domain(old, i);
		bool found = false;

		for (size_t j = 0; j < smime_cert_domain_count(cert); j++)
			found = found || smime_bytes_equal(smime_cert_domain(cert, j), d);
		if (!found)
			(void)ctl_error(EX_OK, "note: the new certificate does not name %.*s",
			    (int)d.len, (const char *)d.data);
	}
}

/* The row of that name gets the new certificate, the old one a row of its own. */
static enum smime_status
renew(struct ctl *ctl, const char *name, const struct ctl_own *own, const struct smime_cert *old)
{
	AUTO_RENEWAL r = { .name = name, .cert = own->cert, .old = old };
	char today[16];

	SMIME_TRY(smime_buf_appendf(&r.kept, "%s (%.8s)", name, smime_cert_fingerprint_hex(old)));
	SMIME_TRY(smime_buf_appendf(&r.note,
	    "replaced on %s; kept to decrypt mail that was encrypted to it",
	    ctl_date(time(NULL), today)));
	SMIME_TRY(smime_cert_pem(own->cert, &r.pem));
	for (size_t i = 0; i < own->chain.count; i++)
		SMIME_TRY(smime_cert_pem(own->chain.item[i], &r.chain));
	SMIME_TRY(smime_buf_terminate(&r.kept));
	SMIME_TRY(smime_buf_terminate(&r.note));
	SMIME_TRY(smime_buf_terminate(&r.pem));
	SMIME_TRY(smime_buf_terminate(&r.chain));
	SMIME_TRY(ctl_transaction(ctl, renewal_write, &r));
	tell_left_out(own->cert, old);
	ctl_say("certificate \"%s\": the one that it replaces; delete it when no mail to it is "
		"left\n",
	    (const char *)r.kept.data);
	return SMIME_OK;
}

/* A certificate alone: what a CA made of our request, or a file without its key. */
static enum smime_status
import_answer(struct ctl *ctl, const struct ctl_args *args, struct ctl_own *own)
{
	const char *name = args->positional[0];
	CTL_AUTO_OWN old = { .key.secret = true };
	bool found = false;

	SMIME_TRY(ctl_own_load(ctl, name, &old, &found));
	if (!found)
		return smime_fail(&ctl->diag, SMIME_E_NOKEY, "no-key",
		    "%s holds no private key, and there is no certificate \"%s\" with one: put the "
		    "key's file behind it",
		    args->positional[1], name);
	SMIME_TRY(smime_buf_append(&own->key, old.key.data, old.key.len));
	SMIME_TRY(check_key(ctl, own));
	SMIME_TRY(check_use(ctl, own));
	if (old.require_fqdn)
		SMIME_TRY(smime_cert_check_fqdn(own->cert, &ctl->diag));
	if (memcmp(smime_cert_fingerprint(own->cert), smime_cert_fingerprint(old.cert), 32) == 0)
		return smime_fail(&ctl->diag, SMIME_E_SYNTAX, "exists",
		    "certificate \"%s\" is that one already", name);
	return renew(ctl, name, own, old.cert);
}

static enum smime_status
import(struct ctl *ctl, const struct ctl_args *args, struct ctl_own *own)
{
	SMIME_AUTO_BUF file = { .secret = true };
	const char *path = args->positional[1];

	SMIME_TRY(ctl_need_passphrase(ctl));
	SMIME_TRY(ctl_read_file(ctl, path, &file));
	if (args->count == 2 && is_pkcs12(&file)) {
		SMIME_TRY(read_p12(ctl, args, &file, own));
	} else {
		SMIME_TRY(ctl_parse_certificates(ctl, path, smime_buf_bytes(&file), &own->chain));
		if (ctl_get(args, "chain"))
			SMIME_TRY(ctl_read_certificates(ctl, ctl_get(args, "chain"), &own->chain));
		if (args->count == 2 && !holds(&file, "PRIVATE KEY-----"))
			return import_answer(ctl, args, own);
		SMIME_TRY(args->count == 2 ? take_key(ctl, args, &file, own)
					   : read_key(ctl, args, args->positional[2], own));
	}
	SMIME_TRY(check_key(ctl, own));
	SMIME_TRY(check_use(ctl, own));
	return ctl_own_store(ctl, args->positional[0], own);
}

int
ctl_certificate_import(struct ctl *ctl, const struct ctl_args *args)
{
	CTL_AUTO_OWN own = { .key.secret = true, .require_fqdn = ctl_get(args, "require-fqdn") };
	enum smime_status status = import(ctl, args, &own);

	return status == SMIME_OK ? ctl_own_told(args->positional[0], &own) : ctl_fail(ctl, status);
}
