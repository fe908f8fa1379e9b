/* adding.c - a file of certificates into a table: all of them or none. Memory: 64 octets for each
 * certificate of the table and of the file. */
#include "adding.h"

#include "fingerprints.h"
#include <unistd.h>

#define PROGRESS_STEP 500

struct work {
	const struct ctl_adding *adding;
	const char *path;
	const struct smime_cert *cert; /* NULL: those of the file */
	const char *name;              /* of that one */
	struct policy_db *db;
	struct ctl_fingerprints known;
	size_t added, skipped;
	bool progress; /* on a terminal */
};

static enum smime_status
load_known(struct ctl *ctl, struct work *w)
{
	SMIME_AUTO(policy_stmt) row = NULL;
	bool more, known;

	SMIME_TRY(policy_stmt_take(w->db, w->adding->list, &row, &ctl->diag));
	for (;;) {
		SMIME_AUTO(smime_cert) cert = NULL;

		SMIME_TRY(policy_step(row, &more, &ctl->diag));
		if (!more)
			return SMIME_OK;
		/* A row that does not parse is `check`'s to tell. */
		if (smime_cert_import_pem(policy_column_bytes(row, 1), &cert, NULL) == SMIME_OK)
			SMIME_TRY(
			    ctl_fingerprints_add(&w->known, smime_cert_fingerprint(cert), &known));
	}
}

static void
show_progress(const struct work *w, bool end)
{
	size_t done = w->added + w->skipped;

	if (w->progress && (end || done % PROGRESS_STEP == 0))
		(void)fprintf(stderr, "\r%zu certificates%s", done, end ? "\n" : "");
}

static enum smime_status
insert(struct ctl *ctl, struct work *w, const char *name, const char *pem, bool *done)
{
	const char *texts[4] = { name, pem, w->adding->more[0], w->adding->more[1] };
	int64_t changed;

	SMIME_TRY(ctl_run(ctl, w->db, w->adding->add, texts, 2 + w->adding->more_count, &changed));
	*done = changed > 0;
	return SMIME_OK;
}

/* Under that name, or that name and as much of the fingerprint as it takes. */
static enum smime_status
insert_somehow(struct ctl *ctl, struct work *w, const struct smime_cert *cert, const char *pem,
    struct smime_buf *name)
{
	static const int digits[] = { 8, 64 };
	size_t len = name->len;
	bool done;

	SMIME_TRY(insert(ctl, w, (const char *)name->data, pem, &done));
	if (!done && w->adding->name)
		return smime_fail(&ctl->diag, SMIME_E_SYNTAX, "exists",
		    "there is a %s \"%s\" already: choose another name, or delete that one first",
		    w->adding->table, w->adding->name);
	for (size_t i = 0; !done && i < sizeof digits / sizeof *digits; i++) {
		name->len = len;
		SMIME_TRY(smime_buf_appendf(
		    name, " (%.*s)", digits[i], smime_cert_fingerprint_hex(cert)));
		SMIME_TRY(smime_buf_terminate(name));
		SMIME_TRY(insert(ctl, w, (const char *)name->data, pem, &done));
	}
	return done ? SMIME_OK
		    : smime_fail(&ctl->diag, SMIME_E_SYNTAX, "exists",
			  "there is a %s \"%s\" already", w->adding->table,
			  (const char *)name->data);
}

static enum smime_status
choose_name(const struct ctl_adding *adding, const struct smime_cert *cert, const char *in_file,
    struct smime_buf *out)
{
	const char *name = adding->name ? adding->name : in_file;

	if (!name)
		return adding->row_name(cert, out);
	SMIME_TRY(smime_buf_append(out, name, strlen(name)));
	return smime_buf_terminate(out);
}

static enum smime_status
add_one(struct ctl *ctl, const struct smime_cert *cert, const char *in_file, void *arg)
{
	struct work *w = arg;
	const struct ctl_adding *adding = w->adding;
	SMIME_AUTO_BUF name = { 0 };
	SMIME_AUTO_BUF pem = { 0 };
	bool known;

	if (adding->name && w->added + w->skipped > 0)
		return smime_fail(&ctl->diag, SMIME_E_SYNTAX, NULL,
		    "%s holds several certificates: --name is for one", w->path);
	SMIME_TRY(ctl_fingerprints_add(&w->known, smime_cert_fingerprint(cert), &known));
	if (known) {
		w->skipped++;
		if (!adding->summary)
			ctl_say("%s: known already: %s %s\n", adding->table,
			    smime_cert_fingerprint_hex(cert), smime_cert_subject(cert));
		return SMIME_OK;
	}
	SMIME_TRY(choose_name(adding, cert, in_file, &name));
	SMIME_TRY(smime_cert_pem(cert, &pem));
	SMIME_TRY(smime_buf_terminate(&pem));
	SMIME_TRY(insert_somehow(ctl, w, cert, (const char *)pem.data, &name));
	SMIME_TRY(adding->check(ctl, cert, (const char *)name.data, adding->arg));
	SMIME_TRY(ctl_note_expiry(ctl, w->db, adding->table, (const char *)name.data, cert));
	w->added++;
	show_progress(w, false);
	if (!adding->summary)
		ctl_say("%s \"%s\": %s\n", adding->table, (const char *)name.data,
		    smime_cert_fingerprint_hex(cert));
	return SMIME_OK;
}

static enum smime_status
add_all(struct ctl *ctl, struct policy_db *db, void *arg)
{
	struct work *w = arg;
	size_t count;

	w->db = db;
	SMIME_TRY(load_known(ctl, w));
	if (w->cert)
		return add_one(ctl, w->cert, w->name, w);
	return ctl_each_certificate(ctl, w->path, add_one, w, &count);
}

static int
add(struct ctl *ctl, struct work *w)
{
	enum smime_status status = ctl_transaction(ctl, add_all, w);

	ctl_fingerprints_reset(&w->known);
	show_progress(w, true);
	if (status != SMIME_OK)
		return ctl_fail(ctl, status);
	if (w->adding->summary)
		ctl_say(
		    "%s: %zu added, %zu known already\n", w->adding->table, w->added, w->skipped);
	return EX_OK;
}

int
ctl_add_certificates(struct ctl *ctl, const char *path, const struct ctl_adding *adding)
{
	struct work w = {
		.adding = adding, .path = path, .progress = adding->summary && isatty(STDERR_FILENO)
	};

	return add(ctl, &w);
}

int
ctl_add_certificate(struct ctl *ctl, const struct smime_cert *cert, const char *name,
    const struct ctl_adding *adding)
{
	struct work w = { .adding = adding, .path = "", .cert = cert, .name = name };

	return add(ctl, &w);
}
