/* snapshot_keys.c - compile own certificates with their private keys, other parties' certificates,
 * trust anchors, revocation lists.  DESIGN sections 5 and 6.
 * A key that does not fit its certificate refuses the policy: signing with it would only fail
 * later, message by message. */
#include "snapshot_build.h"

#include "keystore.h"
#include "smime/cert_make.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEY_FILE_MAX 65536

static enum smime_status
read_key_file(const char *path, struct smime_buf *out, struct smime_diag *diag)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	uint8_t *room;
	ssize_t got;

	if (fd < 0)
		return smime_fail(diag, SMIME_E_NOKEY, "no-key", "private key file %s: %s", path,
		    strerror(errno));
	if (fstat(fd, &st) < 0 || (st.st_mode & (S_IRWXO | S_IWGRP))) {
		(void)close(fd);
		return smime_fail(diag, SMIME_E_NOKEY, "no-key",
		    "private key file %s: others may read or change it: chmod 0600 it", path);
	}
	if (smime_buf_extend(out, KEY_FILE_MAX, &room) != SMIME_OK) {
		(void)close(fd);
		return SMIME_E_SYSTEM;
	}
	got = read(fd, room, KEY_FILE_MAX);
	(void)close(fd);
	out->len = got > 0 ? (size_t)got : 0;
	return SMIME_OK;
}

static enum smime_status
import_key(const struct policy_build *build, const char *text, struct smime_privkey **out,
    struct smime_diag *diag)
{
	SMIME_AUTO_BUF file = { .secret = true };
	struct smime_bytes pem = smime_bytes_str(text);

	if (strncmp(text, "file:", 5) == 0) {
		SMIME_TRY(read_key_file(text + 5, &file, diag));
		pem = smime_buf_bytes(&file);
	}
	return smime_privkey_import(pem, build->passphrase, out, diag);
}

/* Columns: name, certificate, chain, private_key, require_fqdn. */
static enum smime_status
fill_own(const struct policy_build *build, struct policy_stmt *row, struct policy_own *own,
    struct smime_diag *diag)
{
	SMIME_AUTO(smime_privkey) key = NULL;

	SMIME_TRY(smime_cert_import_pem(policy_column_bytes(row, 1), &own->cert, diag));
	SMIME_TRY(smime_certs_add_pem(&own->chain, policy_column_bytes(row, 2), diag));
	SMIME_TRY(import_key(build, policy_column_text(row, 3), &key, diag));
	SMIME_TRY(smime_keyring_add(build->snapshot->keyring, own->cert, &key, diag));
	return policy_column_int(row, 4) ? smime_cert_check_fqdn(own->cert, diag) : SMIME_OK;
}

static enum smime_status
own(struct policy_build *build, struct policy_stmt *row, void *arg)
{
	struct policy_snapshot *s = build->snapshot;
	struct policy_own *o = policy_array_grow(s->owns, s->own_count, sizeof *o);
	struct smime_diag why = { 0 };

	(void)arg;
	if (!o)
		return SMIME_E_SYSTEM;
	s->owns = o;
	o += s->own_count++;
	*o = (struct policy_own){ .name = strdup(policy_column_text(row, 0)) };
	if (!o->name)
		return SMIME_E_SYSTEM;
	return policy_problem_of(
	    build, "certificate", o->name, fill_own(build, row, o, &why), &why);
}

static enum smime_status
add_public_key(struct policy_snapshot *s, struct smime_bytes pem, struct smime_diag *diag)
{
	SMIME_AUTO(smime_cert) cert = NULL;

	SMIME_TRY(smime_cert_import_pem(pem, &cert, diag));
	SMIME_TRY(smime_trust_add_peer(s->trust, cert, diag));
	return policy_keystore_add(s->keystore, cert);
}

static enum smime_status
public_key(struct policy_build *build, struct policy_stmt *row, void *arg)
{
	struct smime_diag why = { 0 };

	(void)arg;
	return policy_problem_of(build, "public_key", policy_column_text(row, 0),
	    add_public_key(build->snapshot, policy_column_bytes(row, 1), &why), &why);
}

static enum smime_status
add_anchor(struct policy_snapshot *s, struct policy_stmt *row, struct smime_diag *diag)
{
	SMIME_AUTO(smime_cert) cert = NULL;

	SMIME_TRY(smime_cert_import_pem(policy_column_bytes(row, 1), &cert, diag));
	return smime_trust_add_anchor(s->trust, cert, policy_column_int(row, 2) != 0, diag);
}

static enum smime_status
anchor(struct policy_build *build, struct policy_stmt *row, void *arg)
{
	struct smime_diag why = { 0 };

	(void)arg;
	return policy_problem_of(build, "trust_anchor", policy_column_text(row, 0),
	    add_anchor(build->snapshot, row, &why), &why);
}

static enum smime_status
revocation_list(struct policy_build *build, struct policy_stmt *row, void *arg)
{
	struct smime_diag why = { 0 };

	(void)arg;
	return policy_problem_of(build, "revocation_list", policy_column_text(row, 0),
	    smime_trust_add_crl(build->snapshot->trust, policy_column_bytes(row, 1), &why), &why);
}

enum smime_status
policy_build_keys(struct policy_build *build)
{
	struct policy_snapshot *s = build->snapshot;

	SMIME_TRY(smime_keyring_new(&s->keyring));
	SMIME_TRY(smime_trust_new(&s->trust));
	SMIME_TRY(policy_keystore_new(build->harvested, &s->keystore));
	SMIME_TRY(policy_each_row(build, POLICY_SQL_CERTIFICATES, NULL, own, NULL));
	SMIME_TRY(policy_each_row(build, POLICY_SQL_PUBLIC_KEYS, NULL, public_key, NULL));
	SMIME_TRY(policy_each_row(build, POLICY_SQL_TRUST_ANCHORS, NULL, anchor, NULL));
	SMIME_TRY(policy_each_row(build, POLICY_SQL_REVOCATION_LISTS, NULL, revocation_list, NULL));
	smime_trust_seal(s->trust);
	policy_keystore_sort(s->keystore);
	return SMIME_OK;
}
