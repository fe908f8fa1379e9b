/* rows.c - rows that hold a certificate: listing, naming, deleting. */
#include "ctl.h"

#include <stdlib.h>
#include <time.h>

int
ctl_missing(const char *table, const char *name)
{
	return ctl_error(EX_DATAERR, "there is no %s \"%s\"", table, name);
}

int
ctl_change_row(struct ctl *ctl, enum policy_sql sql, const char *table, const struct ctl_args *args)
{
	const char *name = args->positional[0];
	int64_t changed = 0;
	enum smime_status status = ctl_change(ctl, sql, &name, 1, &changed);

	if (status != SMIME_OK)
		return ctl_fail(ctl, status);
	return changed > 0 ? EX_OK : ctl_missing(table, name);
}

struct export
{
	int column;
	size_t count;
};

static enum smime_status
print_row(struct ctl *ctl, struct policy_stmt *row, void *arg)
{
	struct export *export = arg;

	(void)ctl;
	(void)fputs(policy_column_text(row, export->column), stdout);
	export->count++;
	return SMIME_OK;
}

int
ctl_export(struct ctl *ctl, enum policy_sql sql, const char *table, const char *key, int column)
{
	struct export export = { .column = column };
	enum smime_status status = ctl_each(ctl, sql, key, print_row, &export);

	if (status != SMIME_OK)
		return ctl_fail(ctl, status);
	return key && export.count == 0 ? ctl_missing(table, key) : EX_OK;
}

/* Names come from certificates: octets of any kind. */
static enum smime_status
append_names(const struct smime_cert *cert, struct smime_buf *out)
{
	for (size_t i = 0; i < smime_cert_mailbox_count(cert); i++) {
		struct smime_bytes name = smime_cert_mailbox(cert, i);

		SMIME_TRY(
		    smime_buf_appendf(out, " <%.*s>", (int)name.len, (const char *)name.data));
	}
	for (size_t i = 0; i < smime_cert_domain_count(cert); i++) {
		struct smime_bytes name = smime_cert_domain(cert, i);

		SMIME_TRY(smime_buf_appendf(out, " @%.*s", (int)name.len, (const char *)name.data));
	}
	return SMIME_OK;
}

static enum smime_status
append_line(const char *name, const struct smime_cert *cert, struct smime_buf *out)
{
	char until[16];

	SMIME_TRY(smime_buf_appendf(out, "%s  until %s  %s  %s  %s ", name,
	    ctl_date(smime_cert_not_after(cert), until), smime_cert_key_name(cert),
	    smime_cert_fingerprint_hex(cert), smime_cert_subject(cert)));
	return append_names(cert, out);
}

/* ---- filters ---- */

static bool
has_domain(const struct smime_cert *cert, struct smime_bytes domain)
{
	for (size_t i = 0; i < smime_cert_mailbox_count(cert); i++) {
		struct smime_bytes m = smime_cert_mailbox(cert, i);
		const uint8_t *at = memrchr(m.data, '@', m.len);
		size_t from = (size_t)(at - m.data) + 1;

		if (smime_bytes_equal_nocase(smime_bytes_slice(m, from, m.len), domain))
			return true;
	}
	for (size_t i = 0; i < smime_cert_domain_count(cert); i++)
		if (smime_bytes_equal_nocase(smime_cert_domain(cert, i), domain))
			return true;
	return false;
}

static bool
matches(const struct ctl_filter *f, const struct smime_cert *cert, const char *line)
{
	if (f->text && !strstr(line, f->text))
		return false;
	if (f->address && smime_cert_reaches(cert, smime_bytes_str(f->address)) == SMIME_COVER_NONE)
		return false;
	if (f->domain && !has_domain(cert, smime_bytes_str(f->domain)))
		return false;
	if (f->subject && !strcasestr(smime_cert_subject(cert), f->subject))
		return false;
	return smime_cert_not_after(cert) < f->ends_before;
}

static bool
is_empty(const struct ctl_filter *f)
{
	return !f->text && !f->address && !f->domain && !f->subject && f->ends_before == INT64_MAX;
}

static enum smime_status
list_row(struct ctl *ctl, struct policy_stmt *row, void *arg)
{
	const struct ctl_filter *filter = arg;
	SMIME_AUTO(smime_cert) cert = NULL;
	SMIME_AUTO_BUF line = { 0 };

	if (smime_cert_import_pem(policy_column_bytes(row, 1), &cert, &ctl->diag) != SMIME_OK) {
		if (is_empty(filter) || filter->text)
			ctl_say("%s  BROKEN: %s\n", policy_column_text(row, 0), ctl->diag.text);
		return SMIME_OK;
	}
	SMIME_TRY(append_line(policy_column_text(row, 0), cert, &line));
	SMIME_TRY(smime_buf_terminate(&line));
	if (matches(filter, cert, (const char *)line.data))
		ctl_say("%s\n", (const char *)line.data);
	return SMIME_OK;
}

int
ctl_filter_read(const struct ctl_args *args, struct ctl_filter *out)
{
	const char *days = ctl_get(args, "expires-within");

	*out = (struct ctl_filter){ .text = args->count > 0 ? args->positional[0] : NULL,
		.address = ctl_get(args, "address"),
		.domain = ctl_get(args, "domain"),
		.subject = ctl_get(args, "subject"),
		.ends_before = INT64_MAX };
	if (!days)
		return EX_OK;
	if (!*days || days[strspn(days, "0123456789")] || strlen(days) > 5)
		return ctl_error(EX_USAGE, "--expires-within %s is not a number of days", days);
	out->ends_before = time(NULL) + (int64_t)strtoul(days, NULL, 10) * 86400;
	return EX_OK;
}

int
ctl_list_filtered(
    struct ctl *ctl, enum policy_sql sql, const char *key, const struct ctl_filter *filter)
{
	struct ctl_filter copy = *filter;
	enum smime_status status = ctl_each(ctl, sql, key, list_row, &copy);

	return status == SMIME_OK ? EX_OK : ctl_fail(ctl, status);
}

int
ctl_list_certificates(struct ctl *ctl, enum policy_sql sql, const char *pattern)
{
	return ctl_list_filtered(
	    ctl, sql, NULL, &(struct ctl_filter){ .text = pattern, .ends_before = INT64_MAX });
}

enum smime_status
ctl_row_name(const struct smime_cert *cert, struct smime_buf *out)
{
	struct smime_bytes name = smime_bytes_str(smime_cert_subject(cert));

	if (smime_cert_mailbox_count(cert) > 0)
		name = smime_cert_mailbox(cert, 0);
	else if (smime_cert_domain_count(cert) > 0)
		name = smime_cert_domain(cert, 0);
	if (name.len == 0)
		name = smime_bytes_str(smime_cert_fingerprint_hex(cert));
	SMIME_TRY(smime_buf_append(out, name.data, name.len));
	return smime_buf_terminate(out);
}
