/* files.c - what commands read: files, messages, the passphrase. */
#include "ctl.h"

#include "policy/passphrase.h"
#include "smime/spool.h"
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#define FILE_MAX ((size_t)64 << 20)

enum smime_status
ctl_open_file(struct ctl *ctl, const char *path, FILE **out)
{
	bool named = path && strcmp(path, "-") != 0;
	struct stat st;

	*out = named ? fopen(path, "re") : stdin;
	if (named && *out && fstat(fileno(*out), &st) == 0 && S_ISDIR(st.st_mode)) {
		(void)fclose(*out);
		*out = NULL;
		errno = EISDIR;
	}
	return *out ? SMIME_OK
		    : smime_fail(&ctl->diag, SMIME_E_SYNTAX, CTL_NO_INPUT, "%s: %s", path,
			  strerrordesc_np(errno));
}

/* Standard input stays open for whoever reads next. */
enum smime_status
ctl_close_file(struct ctl *ctl, const char *path, FILE *f)
{
	bool failed = ferror(f);

	if (f != stdin)
		(void)fclose(f);
	return failed ? smime_fail(&ctl->diag, SMIME_E_SYNTAX, CTL_NO_INPUT, "cannot read %s",
			    path ? path : "standard input")
		      : SMIME_OK;
}

enum smime_status
ctl_read_stream(struct ctl *ctl, const char *path, FILE *f, struct smime_buf *out)
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

	SMIME_TRY(ctl_open_file(ctl, path, &f));
	status = ctl_read_stream(ctl, path, f, out);
	if (status != SMIME_OK) {
		(void)!ctl_close_file(ctl, path, f);
		return status;
	}
	return ctl_close_file(ctl, path, f);
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
	SMIME_TRY(ctl_open_file(ctl, path, &f));
	status = smime_spool_new(NULL, &spool);
	if (status == SMIME_OK)
		status = pump(f, spool);
	if (status != SMIME_OK) {
		(void)!ctl_close_file(ctl, path, f);
		return smime_fail(&ctl->diag, status, NULL, "cannot keep the message");
	}
	SMIME_TRY(ctl_close_file(ctl, path, f));
	*out = spool;
	spool = NULL;
	return SMIME_OK;
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
