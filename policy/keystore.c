/*
 * keystore.c - which certificates encrypt to an address: an array sorted by name, searched in
 * halves, and behind it the harvest cache.  DESIGN section 6.
 *
 * The index only narrows: whether a certificate reaches an address is smime_cert_reaches()'s to
 * say. Memory: the octets of an administrator's certificates, and one entry per name.
 */
#include "keystore.h"

#include "array.h"
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

struct policy_known {
	atomic_uint references;
	struct smime_kept *cert;
	size_t name_count;
	char names[]; /* each with a NUL, folded: "user@domain", "@domain", "@*.domain" */
};

struct entry {
	const char *name; /* of known */
	struct policy_known *known;
};

struct policy_keystore {
	struct entry *entry;
	size_t count;
	struct policy_known **known; /* a reference to each */
	size_t known_count;
	struct policy_harvested *harvested; /* NULL: none */
	const struct smime_trust *trust;    /* knows what has been revoked; NULL: nothing */
};

enum smime_status
policy_keystore_new(struct policy_harvested *harvested, struct policy_keystore **out)
{
	*out = calloc(1, sizeof **out);
	if (!*out)
		return SMIME_E_SYSTEM;
	(*out)->harvested = harvested ? policy_harvested_ref(harvested) : NULL;
	return SMIME_OK;
}

void
policy_keystore_set_trust(struct policy_keystore *keystore, const struct smime_trust *trust)
{
	keystore->trust = trust;
}

void
policy_keystore_free(struct policy_keystore **keystore)
{
	struct policy_keystore *k = *keystore;

	*keystore = NULL;
	if (!k)
		return;
	for (size_t i = 0; i < k->known_count; i++)
		policy_known_free(&k->known[i]);
	free(k->known);
	free(k->entry);
	policy_harvested_free(&k->harvested);
	free(k);
}

/* ---- one certificate ---- */

static enum smime_status
append_names(struct smime_buf *out, const struct smime_cert *cert)
{
	for (size_t i = 0; i < smime_cert_mailbox_count(cert); i++) {
		SMIME_TRY(smime_mailbox_fold(smime_cert_mailbox(cert, i), out));
		SMIME_TRY(smime_buf_append(out, "", 1));
	}
	for (size_t i = 0; i < smime_cert_domain_count(cert); i++) {
		SMIME_TRY(smime_buf_append(out, "@", 1));
		SMIME_TRY(smime_mailbox_fold(smime_cert_domain(cert, i), out));
		SMIME_TRY(smime_buf_append(out, "", 1));
	}
	return SMIME_OK;
}

enum smime_status
policy_known_new(const struct smime_cert *cert, struct policy_known **out)
{
	SMIME_AUTO(policy_known) known = NULL;
	SMIME_AUTO_BUF names = { 0 };

	*out = NULL;
	SMIME_TRY(append_names(&names, cert));
	known = calloc(1, sizeof *known + names.len);
	if (!known)
		return SMIME_E_SYSTEM;
	atomic_init(&known->references, 1);
	known->name_count = smime_cert_mailbox_count(cert) + smime_cert_domain_count(cert);
	if (names.len > 0)
		memcpy(known->names, names.data, names.len);
	SMIME_TRY(smime_kept_new(cert, &known->cert));
	*out = known;
	known = NULL;
	return SMIME_OK;
}

struct policy_known *
policy_known_ref(struct policy_known *known)
{
	(void)atomic_fetch_add(&known->references, 1);
	return known;
}

void
policy_known_free(struct policy_known **known)
{
	struct policy_known *k = *known;

	*known = NULL;
	if (!k || atomic_fetch_sub(&k->references, 1) > 1)
		return;
	smime_kept_free(&k->cert);
	free(k);
}

struct smime_kept *
policy_known_cert(const struct policy_known *known)
{
	return known->cert;
}

/* ---- building ---- */

static enum smime_status
add_entry(struct policy_keystore *k, const char *name, struct policy_known *known)
{
	struct entry *grown = policy_array_grow(k->entry, k->count, sizeof *grown);

	if (!grown)
		return SMIME_E_SYSTEM;
	k->entry = grown;
	grown[k->count++] = (struct entry){ .name = name, .known = known };
	return SMIME_OK;
}

enum smime_status
policy_keystore_add_known(struct policy_keystore *keystore, struct policy_known *known)
{
	struct policy_known **grown =
	    policy_array_grow(keystore->known, keystore->known_count, sizeof *grown);
	const char *name = known->names;

	if (!grown)
		return SMIME_E_SYSTEM;
	keystore->known = grown;
	grown[keystore->known_count++] = policy_known_ref(known);
	for (size_t i = 0; i < known->name_count; i++, name += strlen(name) + 1)
		SMIME_TRY(add_entry(keystore, name, known));
	return SMIME_OK;
}

enum smime_status
policy_keystore_add(struct policy_keystore *keystore, const struct smime_cert *cert)
{
	SMIME_AUTO(policy_known) known = NULL;

	SMIME_TRY(policy_known_new(cert, &known));
	return policy_keystore_add_known(keystore, known);
}

static int
compare(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return strcmp(x->name, y->name);
}

void
policy_keystore_sort(struct policy_keystore *keystore)
{
	if (keystore->count > 0)
		qsort(keystore->entry, keystore->count, sizeof *keystore->entry, compare);
}

/* The first entry of that name, or where it would stand. */
static size_t
find_first(const struct policy_keystore *k, const char *name)
{
	size_t low = 0, high = k->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(k->entry[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* One search. */
struct search {
	const struct policy_keystore *keystore;
	const char *addr;
	int64_t now;
	enum smime_cover rank; /* at least */
	const char *from;      /* the table in hand, and whether a better one had some */
	bool late;
	struct policy_trace *trace; /* NULL: no explanation */
	struct smime_certs *out;
	struct smime_certs harvested; /* of that address */
	struct smime_diag unusable;   /* why the last one that names the address was not taken */
};

static void
explain(const struct search *s, const struct smime_cert *cert, const char *what)
{
	static const char *const by[] = { [SMIME_COVER_NONE] = "nothing",
		[SMIME_COVER_WILDCARD] = "wildcard",
		[SMIME_COVER_DOMAIN] = "domain",
		[SMIME_COVER_MAILBOX] = "mailbox" };

	policy_trace_line(s->trace, 2, "%s: %s %s names its %s: %s", s->addr, s->from,
	    smime_cert_fingerprint_hex(cert), by[s->rank], what);
}

static bool
is_usable(struct search *s, const struct smime_cert *cert)
{
	if (smime_cert_may_encrypt(cert, s->now, &s->unusable) != SMIME_OK)
		return false;
	if (!s->keystore->trust || !smime_trust_is_revoked(s->keystore->trust, cert))
		return true;
	(void)smime_fail(&s->unusable, SMIME_E_NOKEY, "revoked",
	    "certificate of %s has been revoked", smime_cert_subject(cert));
	return false;
}

static enum smime_status
take(struct search *s, const struct smime_cert *cert)
{
	if (smime_cert_reaches(cert, smime_bytes_str(s->addr)) < s->rank ||
	    smime_certs_hold(s->out, cert))
		return SMIME_OK;
	if (!is_usable(s, cert)) {
		explain(s, cert, s->unusable.text);
		return SMIME_OK;
	}
	explain(s, cert, s->late ? "not used, there is a better one" : "used");
	return s->late ? SMIME_OK : smime_certs_add(s->out, cert);
}

static enum smime_status
take_named(struct search *s, const char *name)
{
	const struct policy_keystore *k = s->keystore;

	s->from = "public key";
	for (size_t i = find_first(k, name); i < k->count && strcmp(k->entry[i].name, name) == 0;
	     i++) {
		SMIME_AUTO(smime_cert) cert = NULL;

		SMIME_TRY(smime_kept_open(k->entry[i].known->cert, &cert, NULL));
		SMIME_TRY(take(s, cert));
	}
	return SMIME_OK;
}

static enum smime_status
take_harvested(struct search *s)
{
	s->from = "harvested key";
	for (size_t i = 0; i < s->harvested.count; i++)
		SMIME_TRY(take(s, s->harvested.item[i]));
	return SMIME_OK;
}

/* The names to look for, best rank first: the mailbox, its domain, "*." and the domain above. */
static enum smime_status
search_ranks(struct search *s, const char *mailbox)
{
	static const enum smime_cover ranks[] = { SMIME_COVER_MAILBOX, SMIME_COVER_DOMAIN,
		SMIME_COVER_WILDCARD };
	const char *domain = strrchr(mailbox, '@');
	const char *above = domain ? strchr(domain, '.') : NULL;
	char wildcard[300] = "";
	const char *names[] = { mailbox, domain, wildcard };
	size_t had = s->out->count;

	if (above)
		(void)snprintf(wildcard, sizeof wildcard, "@*%s", above);
	for (size_t i = 0; i < 3; i++) {
		if (!names[i] || !*names[i])
			continue;
		s->rank = ranks[i];
		SMIME_TRY(take_named(s, names[i]));
		s->late = s->out->count > had;
		if (!s->late || s->trace)
			SMIME_TRY(take_harvested(s));
		s->late = s->out->count > had;
		if (s->late && !s->trace)
			return SMIME_OK;
	}
	return s->late ? SMIME_OK : SMIME_E_NOKEY;
}

static enum smime_status
search(struct search *s, struct smime_diag *diag)
{
	const struct policy_keystore *keystore = s->keystore;
	SMIME_AUTO_BUF name = { 0 };
	enum smime_status status = smime_mailbox_fold(smime_bytes_str(s->addr), &name);

	if (status == SMIME_OK)
		status = smime_buf_terminate(&name);
	if (status == SMIME_OK && keystore->harvested)
		status = policy_harvested_find(
		    keystore->harvested, (const char *)name.data, &s->harvested, diag);
	if (status == SMIME_OK)
		status = search_ranks(s, (const char *)name.data);
	smime_certs_reset(&s->harvested);
	return status;
}

enum smime_status
policy_keystore_find(const struct policy_keystore *keystore, const char *addr, int64_t now,
    struct smime_certs *out, struct smime_diag *diag)
{
	struct search s = { .keystore = keystore, .addr = addr, .now = now, .out = out };
	enum smime_status status = search(&s, diag);

	if (status != SMIME_E_NOKEY)
		return status;
	if (s.unusable.text[0])
		return smime_fail(diag, SMIME_E_NOKEY, "no-key",
		    "no usable certificate for <%s>: %s", addr, s.unusable.text);
	return smime_fail(diag, SMIME_E_NOKEY, "no-key", "no certificate for <%s>", addr);
}

void
policy_keystore_explain(const struct policy_keystore *keystore, const char *addr, int64_t now,
    struct policy_trace *trace)
{
	struct smime_certs found = { 0 };
	struct search s = {
		.keystore = keystore, .addr = addr, .now = now, .trace = trace, .out = &found
	};

	if (trace && search(&s, NULL) == SMIME_E_NOKEY)
		policy_trace_line(trace, 2, "%s: no usable certificate", addr);
	smime_certs_reset(&found);
}

enum smime_status
policy_keystore_caps(const struct policy_keystore *keystore, const struct smime_cert *cert,
    struct smime_caps *out, struct smime_diag *diag)
{
	struct smime_caps own = smime_cert_caps(cert);

	*out = (struct smime_caps){ 0 };
	if (keystore->harvested)
		SMIME_TRY(policy_harvested_caps(keystore->harvested, cert, out, diag));
	out->ciphers = out->ciphers ? out->ciphers : own.ciphers;
	out->transports |= own.transports;
	return SMIME_OK;
}
