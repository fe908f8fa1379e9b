/*
 * policy/snapshot.h - everything the tables say, compiled into one immutable object.
 *
 * Shared by all threads through a reference count; replaced, never changed. A row that does not
 * compile is a problem (table, row, reason). Of a message or content filter that does not compile
 * the last good version stays in force, or, when there is none, it is left out, and the others run;
 * any other problem leaves the last good snapshot in force.
 */
#ifndef POLICY_SNAPSHOT_H
#define POLICY_SNAPSHOT_H

#include "policy/facts.h"
#include "policy/harvest.h"
#include "policy/ip_range.h"
#include "policy/rule.h"
#include "smime/algs.h"
#include "smime/cert.h"
#include "smime/keys.h"
#include "smime/seal.h"
#include "smime/trust.h"
#include <stdatomic.h>

struct policy_flow { /* a row of mail_flow_policy */
	char *name;
	enum policy_direction direction; /* behavior relay is outgoing, accept incoming */
	bool smime_open;
	bool remove_signature; /* signature_after_verify: remove */
	bool harvest, harvest_on_failure, harvest_updates;
};

enum policy_member_kind {
	POLICY_MEMBER_NETWORK,
	POLICY_MEMBER_HOST,
	POLICY_MEMBER_LISTENER,
	POLICY_MEMBER_AUTHENTICATED,
	POLICY_MEMBER_ALL,
};

struct policy_group_member {
	enum policy_member_kind kind;
	char *value; /* host name, ".suffix" or listener */
	struct policy_ip_range network;
};

struct policy_sender_group { /* in order of position */
	char *name;
	const struct policy_flow *flow;
	struct policy_group_member *members;
	size_t member_count;
};

enum policy_missing_key {
	POLICY_MISSING_BOUNCE,
	POLICY_MISSING_DROP,
	POLICY_MISSING_SPLIT,
};

struct policy_own { /* a row of certificate */
	char *name;
	struct smime_cert *cert;
	struct smime_certs chain;
	struct smime_privkey *key;   /* also in the snapshot's keyring */
	struct smime_buf key_source; /* what it was opened from; secret */
};

struct policy_known;       /* keystore.h */
struct policy_public_key { /* a row of public_key */
	char *name;
	struct policy_known *known;
};

struct policy_profile { /* a row of sending_profile */
	char *name;
	enum smime_mode mode;
	bool opaque;
	/* NULL only for mode encrypt. The row names one; policy_profile_signer() says which one
	 * signs. */
	const struct policy_own *signer;
	enum policy_missing_key missing_key;
	bool must_encrypt; /* split is refused */
	bool by_key_id;    /* certificate_id: subject-key-id */
	bool seal_again;   /* wrap mail that is already signed or encrypted at the root */
	const struct smime_alg *digest;    /* never NULL */
	const struct smime_alg *scheme;    /* row of smime_signature_algs; NULL is auto */
	const struct smime_alg *cipher;    /* NULL is auto */
	const struct smime_alg *transport; /* NULL is auto */
};

/* message_filter: script; content_filter: condition and actions. Shared by all snapshots that it
 * did not change between. */
struct policy_filter {
	atomic_uint references;
	char *name;
	char *source;                 /* all that it was compiled from */
	struct policy_script *script; /* message filters only */
	struct policy_rule *condition;
	struct policy_action *actions;
	size_t action_count;
};

struct policy_pattern_member { /* a row of mail_policy_member */
	bool recipient_side;
	bool negate;
	char *pattern; /* user@d, user@, @d, @.d */
	char *folded;  /* that in lower case, with A-labels */
};

struct policy_mail_policy { /* in order of position, per direction */
	char *name;
	enum policy_direction direction;
	bool either;          /* sides: one of the two is enough */
	bool every_sender;    /* senders: all, not any */
	bool every_recipient; /* recipients: all, not any; of the message's */
	struct policy_pattern_member *members;
	size_t member_count;
	const struct policy_filter **filters; /* in order; borrowed; only enabled and valid ones */
	size_t filter_count;
	size_t *idle; /* the others: indexes into the snapshot's */
	size_t idle_count;
};

struct policy_idle { /* a filter that does not run */
	const char *table;
	char *name, *reason;
};

struct policy_problem {
	const char *table;
	char *row, *reason;
	bool fatal; /* the snapshot as a whole is refused */
};

struct policy_snapshot {
	atomic_uint references;
	/* settings */
	char *authserv_id, *reinject_host, *postmaster;
	int reinject_port;
	struct policy_harvest_limits harvest_limits;
	bool weak_verifies, no_attributes_verifies;
	/* tables */
	struct policy_flow *flows;
	size_t flow_count;
	struct policy_sender_group *groups;
	size_t group_count;
	struct policy_own *owns;
	size_t own_count;
	struct policy_public_key *public_keys; /* by name; those that parse */
	size_t public_key_count;
	struct policy_profile *profiles;
	size_t profile_count;
	struct policy_dictionary **dictionaries; /* dictionary.h; shared like filters */
	size_t dictionary_count;
	struct policy_filter **message_filters; /* by position; enabled and valid */
	size_t message_filter_count;
	struct policy_filter **content_filters;
	size_t content_filter_count;
	struct policy_idle *idles; /* of both kinds, in the order of their tables */
	size_t idle_count;
	struct policy_mail_policy *mail_policies;
	size_t mail_policy_count;
	struct smime_trust *trust;
	struct smime_keyring *keyring;
	struct policy_keystore *keystore; /* public keys by address, policy/keystore.h */
	struct policy_problem *problems;
	size_t problem_count;
};

const struct policy_profile *policy_snapshot_profile(
    const struct policy_snapshot *snapshot, const char *name);

/*
 * Of the profile's certificate and those that name all that it names, the newest that may sign at
 * now; the profile's when none may. A profile with a signature_scheme keeps to one type of key.
 * NULL for a profile that does not sign.
 */
const struct policy_own *policy_profile_signer(
    const struct policy_snapshot *snapshot, const struct policy_profile *profile, int64_t now);
/* The others that could have, and why each does not. trace: may be NULL. */
void policy_profile_explain_signer(const struct policy_snapshot *snapshot,
    const struct policy_profile *profile, int64_t now, struct policy_trace *trace);

/* Calls visit for what is in order but hardly meant; it stops at what visit returns but SMIME_OK.
 */
SMIME_MUST_USE enum smime_status policy_advise(const struct policy_snapshot *snapshot,
    enum smime_status (*visit)(const char *table, const char *row, const char *advice, void *arg),
    void *arg);

/* smime_cert_may_sign(), and "revoked" when its issuer has revoked it. */
SMIME_MUST_USE enum smime_status policy_own_may_sign(const struct policy_snapshot *snapshot,
    const struct policy_own *own, int64_t now, struct smime_diag *diag);
/* The same of the one that signs for a profile; SMIME_OK for a profile that does not sign. */
SMIME_MUST_USE enum smime_status policy_profile_may_sign(const struct policy_snapshot *snapshot,
    const struct policy_profile *profile, int64_t now, struct smime_diag *diag);

/* NULL: there is none of that name. */
struct policy_dictionary;
const struct policy_dictionary *policy_snapshot_dictionary(
    const struct policy_snapshot *snapshot, const char *name);

/*
 * Compile all tables as they stand now, problems included; for `check`, which wants them all.
 *
 * passphrase  of private keys, or NULL
 * harvested   where its keystore looks for harvested keys; NULL: nowhere
 * previous    where the last good version of a filter is; may be NULL
 * out         may have fatal problems: not to be used then but for reading them
 *
 * SMIME_E_SYSTEM: the database cannot be read.
 */
struct policy_db;
struct policy_harvested;
SMIME_MUST_USE enum smime_status policy_snapshot_build(struct policy_db *db, const char *passphrase,
    struct policy_harvested *harvested, const struct policy_snapshot *previous,
    struct policy_snapshot **out, struct smime_diag *diag);

/* The first fatal problem; NULL when there is none. */
const struct policy_problem *policy_snapshot_fatal(const struct policy_snapshot *snapshot);

/*
 * A store: the database, its current snapshot, reloading. Shared by all threads.
 *
 * path          the database
 * passphrase    of private keys, or NULL
 */
struct policy_store;
/* SMIME_E_SYSTEM: not readable; SMIME_E_SYNTAX, SMIME_E_NOKEY ...: what does not compile. */
SMIME_MUST_USE enum smime_status policy_store_open(
    const char *path, const char *passphrase, struct policy_store **out, struct smime_diag *diag);
void policy_store_free(struct policy_store **store);

/*
 * The snapshot in force: looks at PRAGMA data_version and recompiles when it changed. Never blocks
 * for longer than a reload. *problem is set (diag: the whole sentence) when the last good snapshot
 * is given instead of one that does not compile, or when a filter did not; the caller logs it, at
 * most once a minute. SMIME_E_SYSTEM: the database cannot be read now.
 */
SMIME_MUST_USE enum smime_status policy_store_current(struct policy_store *store,
    struct policy_snapshot **out, bool *problem, struct smime_diag *diag);

/* All that *problem stands for: a sentence for each row, a NUL behind each; appended.
 * SMIME_E_SYSTEM. */
SMIME_MUST_USE enum smime_status policy_store_problems(
    struct policy_store *store, struct smime_buf *out);
struct policy_snapshot *policy_snapshot_ref(struct policy_snapshot *snapshot);
void policy_snapshot_free(struct policy_snapshot **snapshot); /* gives a reference back */

#endif
