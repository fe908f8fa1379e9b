/* certificates.c - certificates out of files: PEM of any length, read line by line, DER, PKCS#7.
 * Lines end as on any system, and a mark of UTF-8 may stand in front of the first.
 * Memory: one PEM block, at most 64 MiB (a PKCS#7 one), or a DER file of that size. */
#include "ctl.h"

#include <errno.h>
#include <stdlib.h>

#define BLOCK_MAX ((size_t)64 << 20)
#define UTF8_MARK "\xEF\xBB\xBF"
#define NAME_LINE "# name: " /* what public-key export puts in front of a certificate */

struct reader {
	struct ctl *ctl;
	const char *path;
	ctl_certificate_visit *visit;
	void *arg;
	struct smime_buf block; /* the one that is being read; empty: none */
	size_t begun;           /* the line where it began */
	size_t line, count;
	struct smime_buf text; /* of the line */
	struct smime_buf name; /* for the next certificate; empty: none */
};

static void
reader_reset(struct reader *r)
{
	smime_buf_reset(&r->block);
	smime_buf_reset(&r->text);
	smime_buf_reset(&r->name);
}

static enum smime_status
hand_over(struct reader *r, const struct smime_certs *certs)
{
	for (size_t i = 0; i < certs->count; i++)
		SMIME_TRY(r->visit(r->ctl, certs->item[i],
		    r->name.len > 0 && certs->count == 1 ? (const char *)r->name.data : NULL,
		    r->arg));
	r->count += certs->count;
	return SMIME_OK;
}

static enum smime_status
take_block(struct reader *r)
{
	struct smime_certs certs = { 0 };
	enum smime_status status =
	    smime_certs_add_pem(&certs, smime_buf_bytes(&r->block), &r->ctl->diag);

	if (status != SMIME_OK && status != SMIME_E_SYSTEM)
		smime_diag_context(&r->ctl->diag, "%s, line %zu", r->path, r->begun);
	if (status == SMIME_OK)
		status = hand_over(r, &certs);
	smime_certs_reset(&certs);
	r->block.len = r->name.len = 0;
	return status;
}

static bool
begins(const char *line, const char *with)
{
	return strncmp(line, with, strlen(with)) == 0;
}

static enum smime_status
take_name(struct reader *r, const char *line)
{
	const char *name = line + strlen(NAME_LINE);

	r->name.len = 0;
	SMIME_TRY(smime_buf_append(&r->name, name, strcspn(name, "\r\n")));
	return smime_buf_terminate(&r->name);
}

static enum smime_status
take_line(struct reader *r)
{
	const char *line = (const char *)r->text.data;
	size_t mark = ++r->line == 1 && begins(line, UTF8_MARK) ? strlen(UTF8_MARK) : 0;

	line += mark;
	if (r->block.len == 0) {
		if (begins(line, NAME_LINE))
			return take_name(r, line);
		if (!begins(line, "-----BEGIN CERTIFICATE-----") &&
		    !begins(line, "-----BEGIN PKCS7-----"))
			return SMIME_OK;
		r->begun = r->line;
	}
	if (r->block.len + r->text.len > BLOCK_MAX)
		return smime_fail(&r->ctl->diag, SMIME_E_LIMIT, "file",
		    "%s, line %zu: a PEM block of over 64 MiB", r->path, r->begun);
	SMIME_TRY(smime_buf_append(&r->block, line, r->text.len - mark));
	SMIME_TRY(smime_buf_append(&r->block, "\n", 1));
	return begins(line, "-----END ") ? take_block(r) : SMIME_OK;
}

/* One thread reads it. */
static int
next_octet(FILE *f)
{
	return getc_unlocked(f); // NOLINT(concurrency-mt-unsafe)
}

/* A line without its end: LF, CR LF, or CR alone. *more: false at the end of the file. */
static enum smime_status
read_line(struct reader *r, FILE *f, bool *more)
{
	int c = 0;

	r->text.len = 0;
	while ((c = next_octet(f)) != EOF && c != '\n' && c != '\r') {
		uint8_t octet = (uint8_t)c;

		if (r->text.len >= BLOCK_MAX)
			return smime_fail(&r->ctl->diag, SMIME_E_LIMIT, "file",
			    "%s, line %zu is over 64 MiB long", r->path, r->line + 1);
		SMIME_TRY(smime_buf_append(&r->text, &octet, 1));
	}
	if (c == '\r' && (c = next_octet(f)) != '\n' && c != EOF)
		(void)ungetc(c, f);
	*more = c != EOF || r->text.len > 0;
	return smime_buf_terminate(&r->text);
}

static enum smime_status
read_lines(struct reader *r, FILE *f)
{
	bool more;

	for (;;) {
		SMIME_TRY(read_line(r, f, &more));
		if (!more)
			break;
		SMIME_TRY(take_line(r));
	}
	if (r->block.len > 0)
		return smime_fail(&r->ctl->diag, SMIME_E_SYNTAX, "file",
		    "%s, line %zu: the PEM block has no end", r->path, r->begun);
	return SMIME_OK;
}

/* An ASN.1 SEQUENCE: a certificate, or a PKCS#7 file with many. */
static enum smime_status
parse_der(struct ctl *ctl, struct smime_bytes der, struct smime_certs *out)
{
	SMIME_AUTO(smime_cert) cert = NULL;

	if (smime_certs_add_pkcs7(out, der, NULL) == SMIME_OK)
		return SMIME_OK;
	SMIME_TRY(smime_cert_import(der, &cert, &ctl->diag));
	return smime_certs_add(out, cert);
}

static enum smime_status
read_der(struct reader *r, FILE *f)
{
	struct smime_certs certs = { 0 };
	SMIME_AUTO_BUF der = { 0 };
	enum smime_status status = ctl_read_stream(r->ctl, r->path, f, &der);

	if (status == SMIME_OK)
		status = parse_der(r->ctl, smime_buf_bytes(&der), &certs);
	if (status == SMIME_OK)
		status = hand_over(r, &certs);
	else if (status != SMIME_E_SYSTEM)
		smime_diag_context(&r->ctl->diag, "%s", r->path);
	smime_certs_reset(&certs);
	return status;
}

static enum smime_status
no_certificate(struct ctl *ctl, const char *path)
{
	return smime_fail(&ctl->diag, SMIME_E_SYNTAX, "file",
	    "%s holds no certificate (PEM, -----BEGIN CERTIFICATE-----, DER or PKCS#7)", path);
}

enum smime_status
ctl_each_certificate(
    struct ctl *ctl, const char *path, ctl_certificate_visit *visit, void *arg, size_t *count)
{
	__attribute__((cleanup(reader_reset))) struct reader r = {
		.ctl = ctl, .path = path, .visit = visit, .arg = arg
	};
	enum smime_status status;
	int first;
	FILE *f;

	SMIME_TRY(ctl_open_file(ctl, path, &f));
	first = getc(f);
	if (first != EOF)
		(void)ungetc(first, f);
	status = first == 0x30 ? read_der(&r, f) : read_lines(&r, f);
	if (status != SMIME_OK) {
		(void)!ctl_close_file(ctl, path, f);
		return status;
	}
	SMIME_TRY(ctl_close_file(ctl, path, f));
	*count = r.count;
	return r.count > 0 ? SMIME_OK : no_certificate(ctl, path);
}

static enum smime_status
collect(struct ctl *ctl, const struct smime_cert *cert, const char *name, void *arg)
{
	(void)ctl;
	(void)name;
	return smime_certs_add(arg, cert);
}

enum smime_status
ctl_read_certificates(struct ctl *ctl, const char *path, struct smime_certs *out)
{
	size_t count;

	return ctl_each_certificate(ctl, path, collect, out, &count);
}

enum smime_status
ctl_parse_certificates(
    struct ctl *ctl, const char *path, struct smime_bytes text, struct smime_certs *out)
{
	size_t before = out->count;

	if (text.len > 0 && text.data[0] == 0x30)
		return parse_der(ctl, text, out);
	SMIME_TRY(smime_certs_add_pem(out, text, &ctl->diag));
	return out->count > before ? SMIME_OK : no_certificate(ctl, path);
}
