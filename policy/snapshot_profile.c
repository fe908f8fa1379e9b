/* snapshot_profile.c - compile sending profiles.  DESIGN section 5. */
#include "snapshot_build.h"

#include <stdlib.h>

struct word {
	const char *text;
	int value;
};

static const struct word modes[] = {
	{ "sign", SMIME_MODE_SIGN },
	{ "encrypt", SMIME_MODE_ENCRYPT },
	{ "sign-encrypt", SMIME_MODE_SIGN_ENCRYPT },
	{ "triple", SMIME_MODE_TRIPLE },
	{ NULL, 0 },
};

static const struct word missing_keys[] = {
	{ "bounce", POLICY_MISSING_BOUNCE },
	{ "drop", POLICY_MISSING_DROP },
	{ "split", POLICY_MISSING_SPLIT },
	{ NULL, 0 },
};

static bool
read_word(const struct word *words, const char *text, int *out)
{
	for (; words->text; words++)
		if (strcmp(words->text, text) == 0) {
			*out = words->value;
			return true;
		}
	return false;
}

/* "auto" is NULL. */
static bool
read_alg(const struct smime_alg *table, const char *name, const struct smime_alg **out)
{
	*out = NULL;
	if (strcmp(name, "auto") == 0)
		return true;
	*out = smime_alg_by_name(table, name);
	return *out && ((*out)->use & SMIME_ALG_SEND);
}

static bool
read_scheme(const char *name, const struct smime_alg *digest, const struct smime_alg **out)
{
	*out = NULL;
	if (strcmp(name, "auto") == 0)
		return true;
	/* Ed25519 goes with SHA-512 whatever the digest of others (RFC 8419 s3.1). */
	if (strcmp(name, "eddsa") == 0)
		digest = smime_alg_by_name(smime_digests, "sha512");
	*out = smime_signature_alg(name, digest);
	return *out;
}

static const struct policy_own *
find_own(const struct policy_snapshot *s, const char *name)
{
	for (size_t i = 0; i < s->own_count; i++)
		if (strcmp(s->owns[i].name, name) == 0)
			return &s->owns[i];
	return NULL;
}

/* Columns: name, mode, signing_certificate, sign_mode, missing_key_action, digest,
 * signature_scheme, content_cipher, key_transport, must_encrypt, seal_again, certificate_id. NULL,
 * or what is wrong. */
static const char *
fill(const struct policy_snapshot *s, struct policy_stmt *row, struct policy_profile *p)
{
	int mode, missing;

	if (!read_word(modes, policy_column_text(row, 1), &mode))
		return "its mode is unknown";
	if (!read_word(missing_keys, policy_column_text(row, 4), &missing))
		return "its missing_key_action is unknown";
	p->mode = (enum smime_mode)mode;
	p->missing_key = (enum policy_missing_key)missing;
	p->opaque = strcmp(policy_column_text(row, 3), "opaque") == 0;
	p->must_encrypt = policy_column_int(row, 9) != 0;
	p->seal_again = policy_column_int(row, 10) != 0;
	p->by_key_id = strcmp(policy_column_text(row, 11), "subject-key-id") == 0;
	if (p->mode != SMIME_MODE_ENCRYPT) {
		p->signer = find_own(s, policy_column_text(row, 2));
		if (!p->signer)
			return "its signing_certificate does not exist";
	}
	p->digest = smime_alg_by_name(smime_digests, policy_column_text(row, 5));
	if (!p->digest)
		return "its digest is unknown";
	if (!read_scheme(policy_column_text(row, 6), p->digest, &p->scheme))
		return "its signature_scheme does not go with its digest";
	if (!read_alg(smime_content_algs, policy_column_text(row, 7), &p->cipher))
		return "its content_cipher is unknown";
	if (!read_alg(smime_key_transport_algs, policy_column_text(row, 8), &p->transport))
		return "its key_transport is unknown";
	return NULL;
}

static enum smime_status
profile(struct policy_build *build, struct policy_stmt *row, void *arg)
{
	struct policy_snapshot *s = build->snapshot;
	struct policy_profile *p = policy_array_grow(s->profiles, s->profile_count, sizeof *p);
	const char *wrong;

	(void)arg;
	if (!p)
		return SMIME_E_SYSTEM;
	s->profiles = p;
	p += s->profile_count++;
	*p = (struct policy_profile){ .name = strdup(policy_column_text(row, 0)) };
	if (!p->name)
		return SMIME_E_SYSTEM;
	wrong = fill(s, row, p);
	return wrong ? policy_problem_add(build, "sending_profile", p->name, true, wrong)
		     : SMIME_OK;
}

enum smime_status
policy_build_profiles(struct policy_build *build)
{
	return policy_each_row(build, POLICY_SQL_PROFILES, NULL, profile, NULL);
}
