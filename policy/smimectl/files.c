/* files.c - what commands read: messages, certificates, the passphrase. */
#include "ctl.h"

#include "policy/passphrase.h"
#include "smime/spool.h"
#include <errno.h>
#include <stdlib.h>

#define FILE_MAX ((size_t)64 << 20)

static enum smime_status
open_file(struct ctl *ctl, const char *path, FILE **out)
{
	*out = !path || strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	return *out ? SMIME_OK
		    : smime_fail(
			  &ctl->diag, SMIME_E_SYNTAX, "file", "%s: %s", path, strerror(errno));
}

/* Standard input stays open for whoever reads next. */
static enum smime_status
close_file(struct ctl *ctl, const char *path, FILE *f)
{
	bool failed = ferror(f);

	if (f != stdin)
		(void)fclose(f);
	return failed ? smime_fail(&ctl->diag, SMIME_E_SYNTAX, "file", "cannot read %s",
			    path ? path : "standard input")
		      : SMIME_OK;
}

static enum smime_status
read_all(struct ctl *ctl, const char *path, FILE *f, struct smime_buf *out)
{
	uint8_t piece[8192];
	size_t got;

	while ((got = fread(piece, 1, sizeof piece, f)) > 0) {
		if (out->len + got > FILE_MAX)
			return smime_fail(
			    &ctl->diag, SMIME_E_LIMIT, "file", "%s is over 64 MiB", path);
		SMIME_TRY(smime_buf_append(out, piece, got));
	}
	return smime_buf_terminate(out);
}

enum smime_status
ctl_read_file(struct ctl *ctl, const char *path, struct smime_buf *out)
{
	enum smime_status status;
	FILE *f;

	SMIME_TRY(open_file(ctl, path, &f));
	status = read_all(ctl, path, f, out);
	if (status != SMIME_OK) {
		(void)!close_file(ctl, path, f);
		return status;
	}
	return close_file(ctl, path, f);
}

static enum smime_status
pump(FILE *f, struct smime_spool *spool)
{
	SMIME_AUTO(smime_stage) crlf = NULL;
	uint8_t piece[8192];
	size_t got;

	SMIME_TRY(smime_stage_crlf_new(smime_spool_stage(spool), &crlf));
	while ((got = fread(piece, 1, sizeof piece, f)) > 0)
		SMIME_TRY(smime_push(crlf, piece, got));
	return smime_finish(crlf);
}

enum smime_status
ctl_read_message(struct ctl *ctl, const char *path, struct smime_spool **out)
{
	SMIME_AUTO(smime_spool) spool = NULL;
	enum smime_status status;
	FILE *f;

	*out = NULL;
	SMIME_TRY(open_file(ctl, path, &f));
	status = smime_spool_new(NULL, &spool);
	if (status == SMIME_OK)
		status = pump(f, spool);
	if (status != SMIME_OK) {
		(void)!close_file(ctl, path, f);
		return smime_fail(&ctl->diag, status, NULL, "cannot keep the message");
	}
	SMIME_TRY(close_file(ctl, path, f));
	*out = spool;
	spool = NULL;
	return SMIME_OK;
}

enum smime_status
ctl_read_certificates(struct ctl *ctl, const char *path, struct smime_certs *out)
{
	SMIME_AUTO_BUF text = { 0 };

	SMIME_TRY(ctl_read_file(ctl, path, &text));
	return ctl_parse_certificates(ctl, path, smime_buf_bytes(&text), out);
}

enum smime_status
ctl_parse_certificates(
    struct ctl *ctl, const char *path, struct smime_bytes text, struct smime_certs *out)
{
	SMIME_AUTO(smime_cert) cert = NULL;

	/* An ASN.1 SEQUENCE: DER. */
	if (text.len > 0 && text.data[0] == 0x30) {
		SMIME_TRY(smime_cert_import(text, &cert, &ctl->diag));
		return smime_certs_add(out, cert);
	}
	SMIME_TRY(smime_certs_add_pem(out, text, &ctl->diag));
	if (out->count > 0)
		return SMIME_OK;
	return smime_fail(&ctl->diag, SMIME_E_SYNTAX, "file",
	    "%s holds no certificate (PEM, -----BEGIN CERTIFICATE-----, or DER)", path);
}

enum smime_status
ctl_passphrase(struct ctl *ctl)
{
	SMIME_AUTO_BUF usual = { 0 };
	bool found;

	if (ctl->passphrase_file)
		return policy_passphrase_read(ctl->passphrase_file, &ctl->passphrase, &ctl->diag);
	SMIME_TRY(policy_passphrase_default(ctl->database, &usual, &found));
	if (!found)
		return SMIME_OK;
	return policy_passphrase_read((const char *)usual.data, &ctl->passphrase, &ctl->diag);
}
