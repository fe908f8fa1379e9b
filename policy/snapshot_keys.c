/* snapshot_keys.c - compile own certificates with their private keys, other parties' certificates,
 * trust anchors, revocation lists.  DESIGN sections 5 and 6.
 * A key that does not fit its certificate refuses the policy: signing with it would only fail
 * later, message by message. */
#include "snapshot_build.h"

#include "keystore.h"
#include "policy/private_key.h"
#include "smime/cert_make.h"
#include <stdlib.h>

/* Opening an encrypted key is meant to be slow (PBKDF2): one that did not change since the last
 * policy is taken from there. */
static const struct policy_own *
find_known(const struct policy_snapshot *previous, const struct smime_buf *source)
{
	for (size_t i = 0; previous && i < previous->own_count; i++)
		if (previous->owns[i].key && smime_bytes_equal(smime_buf_bytes(source),
						 smime_buf_bytes(&previous->owns[i].key_source)))
			return &previous->owns[i];
	return NULL;
}

static enum smime_status
open_key(const struct policy_build *build, const char *text, struct policy_own *own,
    struct smime_diag *diag)
{
	const struct policy_own *known;

	SMIME_TRY(policy_private_key_read(text, &own->key_source, diag));
	known = find_known(build->previous, &own->key_source);
	if (known) {
		own->key = smime_privkey_ref(known->key);
		return SMIME_OK;
	}
	return smime_privkey_import(
	    smime_buf_bytes(&own->key_source), build->passphrase, &own->key, diag);
}

/* Columns: name, certificate, chain, private_key, require_fqdn. */
static enum smime_status
fill_own(const struct policy_build *build, struct policy_stmt *row, struct policy_own *own,
    struct smime_diag *diag)
{
	SMIME_AUTO(smime_privkey) key = NULL;

	SMIME_TRY(smime_cert_import_pem(policy_column_bytes(row, 1), &own->cert, diag));
	SMIME_TRY(smime_certs_add_pem(&own->chain, policy_column_bytes(row, 2), diag));
	SMIME_TRY(open_key(build, policy_column_text(row, 3), own, diag));
	key = smime_privkey_ref(own->key);
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
	*o = (struct policy_own){ .name = strdup(policy_column_text(row, 0)),
		.key_source.secret = true };
	if (!o->name)
		return SMIME_E_SYSTEM;
	return policy_problem_of(
	    build, "certificate", o->name, fill_own(build, row, o, &why), &why);
}

/* ---- other parties ---- */

/* Where the last policy's rows are compared with: both are sorted by name. */
struct public_keys {
	const struct policy_snapshot *previous; /* NULL: none */
	size_t at;
};

/* A hundred thousand certificates take seconds to parse: those that did not change are taken from
 * the last policy. NULL: it did. */
static struct policy_known *
unchanged(struct public_keys *p, const char *name, struct smime_bytes pem)
{
	const struct policy_snapshot *s = p->previous;
	SMIME_AUTO_BUF der = { 0 };

	while (s && p->at < s->public_key_count && strcmp(s->public_keys[p->at].name, name) < 0)
		p->at++;
	if (!s || p->at == s->public_key_count || strcmp(s->public_keys[p->at].name, name) != 0 ||
	    smime_cert_pem_der(pem, &der, NULL) != SMIME_OK ||
	    !smime_bytes_equal(smime_buf_bytes(&der),
		smime_kept_der(policy_known_cert(s->public_keys[p->at].known))))
		return NULL;
	return policy_known_ref(s->public_keys[p->at].known);
}

static enum smime_status
open_public_key(struct public_keys *p, struct policy_stmt *row, struct policy_known **out,
    struct smime_diag *diag)
{
	SMIME_AUTO(smime_cert) cert = NULL;

	*out = unchanged(p, policy_column_text(row, 0), policy_column_bytes(row, 1));
	if (*out)
		return SMIME_OK;
	SMIME_TRY(smime_cert_import_pem(policy_column_bytes(row, 1), &cert, diag));
	return policy_known_new(cert, out);
}

static enum smime_status
add_public_key(struct policy_snapshot *s, const char *name, struct policy_known *known)
{
	struct policy_public_key *grown =
	    policy_array_grow(s->public_keys, s->public_key_count, sizeof *grown);

	if (!grown)
		return SMIME_E_SYSTEM;
	s->public_keys = grown;
	grown += s->public_key_count;
	*grown = (struct policy_public_key){ .name = strdup(name) };
	if (!grown->name)
		return SMIME_E_SYSTEM;
	grown->known = policy_known_ref(known);
	s->public_key_count++;
	SMIME_TRY(smime_trust_add_kept(s->trust, policy_known_cert(known)));
	return policy_keystore_add_known(s->keystore, known);
}

static enum smime_status
public_key(struct policy_build *build, struct policy_stmt *row, void *arg)
{
	SMIME_AUTO(policy_known) known = NULL;
	struct smime_diag why = { 0 };
	enum smime_status status = open_public_key(arg, row, &known, &why);

	if (status == SMIME_OK)
		return add_public_key(build->snapshot, policy_column_text(row, 0), known);
	return policy_problem_of(build, "public_key", policy_column_text(row, 0), status, &why);
}

/* ---- trust ---- */

static enum smime_status
add_anchor(struct policy_snapshot *s, struct policy_stmt *row, struct smime_diag *diag)
{
	SMIME_AUTO(smime_cert) cert = NULL;

	SMIME_TRY(smime_cert_import_pem(policy_column_bytes(row, 1), &cert, diag));
	if (policy_column_int(row, 3))
		return smime_trust_add_intermediate(s->trust, cert, diag);
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
	struct public_keys public_keys = { .previous = build->previous };

	SMIME_TRY(smime_keyring_new(&s->keyring));
	SMIME_TRY(smime_trust_new(&s->trust));
	SMIME_TRY(policy_keystore_new(build->harvested, &s->keystore));
	policy_keystore_set_trust(s->keystore, s->trust);
	SMIME_TRY(policy_each_row(build, POLICY_SQL_CERTIFICATES, NULL, own, NULL));
	SMIME_TRY(policy_each_row(build, POLICY_SQL_PUBLIC_KEYS, NULL, public_key, &public_keys));
	SMIME_TRY(policy_each_row(build, POLICY_SQL_TRUST_ANCHORS, NULL, anchor, NULL));
	SMIME_TRY(policy_each_row(build, POLICY_SQL_REVOCATION_LISTS, NULL, revocation_list, NULL));
	smime_trust_seal(s->trust);
	policy_keystore_sort(s->keystore);
	return SMIME_OK;
}
