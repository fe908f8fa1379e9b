/* cmd_harvested.c - the harvest cache: list, show, export, approve, promote, delete. Keys are named
 * by their whole fingerprint, in any spelling: another one is never meant by mistake. */
#include "adding.h"

#include <stdlib.h>
#include <time.h>

/* 64 hexadecimal digits, as openssl prints them or as we do. */
static int
read_fingerprint(const char *text, char out[65])
{
	size_t len = 0;

	for (const char *c = text; *c; c++) {
		const char digit = (char)(*c >= 'A' && *c <= 'F' ? *c - 'A' + 'a' : *c);

		if (*c == ':' || *c == ' ')
			continue;
		if (!((digit >= '0' && digit <= '9') || (digit >= 'a' && digit <= 'f')) ||
		    len == 64)
			len = 65;
		if (len > 64)
			break;
		out[len++] = digit;
	}
	if (len != 64)
		return ctl_error(EX_DATAERR,
		    "\"%s\" is no fingerprint: 64 hexadecimal digits (SHA-256), as harvested list "
		    "shows them",
		    text);
	out[64] = 0;
	return EX_OK;
}

int
ctl_harvested_list(struct ctl *ctl, const struct ctl_args *args)
{
	static const char *const states[] = { "active", "candidate", "superseded", "untrusted" };
	const char *state = ctl_get(args, "state");
	struct ctl_filter filter;
	int code = ctl_filter_read(args, &filter);
	bool known = !state;

	for (size_t i = 0; !known && i < sizeof states / sizeof *states; i++)
		known = strcmp(states[i], state) == 0;
	if (!known)
		return ctl_error(EX_USAGE,
		    "--state %s is not active, candidate, superseded or untrusted", state);
	return code == EX_OK
		   ? ctl_list_filtered(ctl, POLICY_SQL_HARVESTED_LIST, state ? state : "", &filter)
		   : code;
}

/* ---- one key, for each address that it was harvested for ---- */

struct key {
	char fingerprint[65];
	const char *address;     /* --address; NULL: all */
	struct smime_cert *cert; /* of the first row */
	char *first;             /* its address */
	size_t rows;             /* with that address */
	bool tell;
};

static void
key_reset(struct key *key)
{
	smime_cert_free(&key->cert);
	free(key->first);
}
#define AUTO_KEY __attribute__((cleanup(key_reset))) struct key

static bool
is_meant(const struct key *key, const char *address)
{
	return !key->address || strcasecmp(key->address, address) == 0;
}

/* Columns of POLICY_SQL_HARVESTED_ROWS. */
static void
tell_row(struct policy_stmt *row)
{
	char from[16], used[16];

	ctl_say("address      %s\n", policy_column_text(row, 1));
	ctl_say("state        %s\n", policy_column_text(row, 2));
	if (!policy_column_null(row, 8))
		ctl_say("%s  %s\n",
		    strcmp(policy_column_text(row, 2), "active") == 0 ? "also in use"
								      : "in use now ",
		    policy_column_text(row, 8));
	ctl_say("harvested    %s, message %s\n", ctl_date(policy_column_int(row, 3), from),
	    policy_column_text(row, 4));
	if (policy_column_null(row, 6))
		ctl_say("used         never\n");
	else
		ctl_say("used         %lld times, last %s\n", (long long)policy_column_int(row, 5),
		    ctl_date(policy_column_int(row, 6), used));
	ctl_say("announced    %s\n\n", policy_column_text(row, 7));
}

static enum smime_status
take_row(struct ctl *ctl, struct policy_stmt *row, void *arg)
{
	struct key *key = arg;

	if (!is_meant(key, policy_column_text(row, 1)))
		return SMIME_OK;
	if (key->rows++ == 0) {
		/* One that is broken can still be deleted. */
		if (smime_cert_import_pem(policy_column_bytes(row, 0), &key->cert, &ctl->diag) ==
		    SMIME_E_SYSTEM)
			return SMIME_E_SYSTEM;
		key->first = strdup(policy_column_text(row, 1));
		if (!key->first)
			return SMIME_E_SYSTEM;
	}
	if (key->tell)
		tell_row(row);
	return SMIME_OK;
}

/* EX_OK: there is such a row, at least one. */
static int
find(struct ctl *ctl, const struct ctl_args *args, struct key *key)
{
	int code = read_fingerprint(args->positional[0], key->fingerprint);
	enum smime_status status;

	if (code != EX_OK)
		return code;
	key->address = ctl_get(args, "address");
	status = ctl_each(ctl, POLICY_SQL_HARVESTED_ROWS, key->fingerprint, take_row, key);
	if (status != SMIME_OK)
		return ctl_fail(ctl, status);
	return key->rows > 0 ? EX_OK : ctl_missing("harvested_key", args->positional[0]);
}

/* With a certificate that can be read. */
static int
find_whole(struct ctl *ctl, const struct ctl_args *args, struct key *key)
{
	int code = find(ctl, args, key);

	return code == EX_OK && !key->cert ? ctl_fail(ctl, SMIME_E_SYNTAX) : code;
}

/* Several, and nobody said which: what is right for one address may be an attack on another. */
static int
find_one(struct ctl *ctl, const struct ctl_args *args, struct key *key)
{
	int code = find_whole(ctl, args, key);

	if (code == EX_OK && key->rows > 1)
		return ctl_error(EX_DATAERR,
		    "%zu addresses have this key (harvested show): name one with --address",
		    key->rows);
	return code;
}

static int
print_pem(struct ctl *ctl, const struct smime_cert *cert)
{
	SMIME_AUTO_BUF pem = { 0 };
	enum smime_status status = smime_cert_pem(cert, &pem);

	if (status == SMIME_OK)
		status = smime_buf_terminate(&pem);
	if (status != SMIME_OK)
		return ctl_fail(ctl, status);
	(void)fputs((const char *)pem.data, stdout);
	return EX_OK;
}

int
ctl_harvested_show(struct ctl *ctl, const struct ctl_args *args)
{
	AUTO_KEY key = { .tell = true };
	int code = find_whole(ctl, args, &key);
	struct smime_diag why = { 0 };
	char from[16], until[16];

	if (code != EX_OK)
		return code;
	ctl_say("fingerprint  %s\n", key.fingerprint);
	ctl_say("subject      %s\n", smime_cert_subject(key.cert));
	ctl_say("issuer       %s\n", smime_cert_issuer(key.cert));
	ctl_say("serial       %s\n", smime_cert_serial_hex(key.cert));
	ctl_say("valid        %s until %s\n", ctl_date(smime_cert_not_before(key.cert), from),
	    ctl_date(smime_cert_not_after(key.cert), until));
	ctl_say("key          %s\n", smime_cert_key_name(key.cert));
	for (size_t i = 0; i < smime_cert_mailbox_count(key.cert); i++)
		ctl_say("mailbox      %.*s\n", (int)smime_cert_mailbox(key.cert, i).len,
		    (const char *)smime_cert_mailbox(key.cert, i).data);
	for (size_t i = 0; i < smime_cert_domain_count(key.cert); i++)
		ctl_say("domain       %.*s\n", (int)smime_cert_domain(key.cert, i).len,
		    (const char *)smime_cert_domain(key.cert, i).data);
	if (smime_cert_may_encrypt(key.cert, time(NULL), &why) != SMIME_OK)
		ctl_say("unusable     %s\n", why.text);
	return print_pem(ctl, key.cert);
}

int
ctl_harvested_export(struct ctl *ctl, const struct ctl_args *args)
{
	AUTO_KEY key = { 0 };
	int code = find_whole(ctl, args, &key);

	return code == EX_OK ? print_pem(ctl, key.cert) : code;
}

/* ---- judging ---- */

/* Whoever is encrypted to has to be able to read it. */
static enum smime_status
check_usable(struct ctl *ctl, const struct key *key)
{
	SMIME_TRY(smime_cert_may_encrypt(key->cert, time(NULL), &ctl->diag));
	if (smime_cert_reaches(key->cert, smime_bytes_str(key->first)) != SMIME_COVER_NONE)
		return SMIME_OK;
	return smime_fail(&ctl->diag, SMIME_E_NOKEY, "names",
	    "the certificate does not name %s: nobody would be encrypted to with it", key->first);
}

static enum smime_status
approve(struct ctl *ctl, struct policy_db *db, void *arg)
{
	const struct key *key = arg;
	int64_t changed;

	SMIME_TRY(check_usable(ctl, key));
	SMIME_TRY(ctl_run(ctl, db, POLICY_SQL_HARVESTED_LOG,
	    (const char *[]){ key->fingerprint, key->first, "update" }, 3, &changed));
	SMIME_TRY(ctl_run(ctl, db, POLICY_SQL_HARVESTED_APPROVE,
	    (const char *[]){ key->fingerprint, key->first }, 2, &changed));
	ctl_say("harvested_key %s %s: in use%s\n", key->first, key->fingerprint,
	    changed > 1 ? ", instead of the one before" : "");
	return SMIME_OK;
}

/* Usable from now on, instead of the one that was. */
int
ctl_harvested_approve(struct ctl *ctl, const struct ctl_args *args)
{
	AUTO_KEY key = { 0 };
	int code = find_one(ctl, args, &key);
	enum smime_status status;

	if (code != EX_OK)
		return code;
	status = ctl_transaction(ctl, approve, &key);
	return status == SMIME_OK ? EX_OK : ctl_fail(ctl, status);
}

/* Into public_key: it encrypts before all others, to all that it names, and what it signs is
 * trusted. */
int
ctl_harvested_promote(struct ctl *ctl, const struct ctl_args *args)
{
	const struct ctl_adding adding = ctl_public_keys(ctl_get(args, "name"));
	AUTO_KEY key = { 0 };
	int code = find_whole(ctl, args, &key);

	return code == EX_OK ? ctl_add_certificate(ctl, key.cert, key.first, &adding) : code;
}

static enum smime_status delete (struct ctl *ctl, struct policy_db *db, void *arg) {
	const struct key *key = arg;
	const char * texts[] = { key->fingerprint, key->address ? key->first : "", "delete" };
	int64_t changed;

	SMIME_TRY(ctl_run(ctl, db, POLICY_SQL_HARVESTED_LOG, texts, 3, &changed));
	return ctl_run(ctl, db, POLICY_SQL_HARVESTED_DELETE, texts, 2, &changed);
}

int
ctl_harvested_delete(struct ctl *ctl, const struct ctl_args *args)
{
	AUTO_KEY key = { 0 };
	int code = find(ctl, args, &key);
	enum smime_status status;

	if (code != EX_OK)
		return code;
	status = ctl_transaction(ctl, delete, &key);
	return status == SMIME_OK ? EX_OK : ctl_fail(ctl, status);
}
