/*
 * policy/plan.h - what is to happen to one message: the outcome of deciding, before anything is
 * done.
 *
 * Made by policy_decide() (policy/decide.h), pure: facts and snapshot in, plan out.
 */
#ifndef POLICY_PLAN_H
#define POLICY_PLAN_H

#include "policy/snapshot.h"

/* One header edit. Applied in order. */
enum policy_edit_kind {
	POLICY_EDIT_INSERT, /* a new field */
	POLICY_EDIT_STRIP,  /* every instance of the name */
	POLICY_EDIT_TEXT,   /* every instance: pattern replaced (edit-header-text) */
	/* Authentication-Results: instances that bear the authserv-id `pattern` go, a new field
	 * with `value`, unless NULL, is put on top (policy/header.h). */
	POLICY_EDIT_RESULTS,
};

struct policy_edit {
	enum policy_edit_kind kind;
	char *name;
	char *value;   /* INSERT: text; TEXT: replacement */
	char *pattern; /* TEXT */
};

struct policy_edits {
	struct policy_edit *item;
	size_t count;
};

enum policy_final {
	POLICY_DELIVER,
	POLICY_DROP,
	POLICY_BOUNCE,
};

/* A filter that ran, for the log and explain. */
struct policy_matched {
	const char *name; /* borrowed from the snapshot */
	bool matched;
};

/* The copy of a message for those of its recipients that get the same treatment. */
struct policy_splinter {
	const struct policy_mail_policy
	    *policy;        /* NULL: message filters ended it before splintering */
	size_t *recipients; /* indexes into the message's */
	size_t recipient_count;
	struct policy_matched *filters; /* content filters */
	size_t filter_count;
	enum policy_final final;
	const struct policy_profile *profile; /* seal with it; NULL: send as it is */
	const struct policy_own *signer;      /* what signed; NULL: nothing yet */
	char *quarantine;                     /* name; NULL: none */
	char *bounce_text;                    /* the reason given to the sender */
	struct policy_edits edits;
};

/* A recipient that a filter added. */
struct policy_added {
	char *address;
	bool optional; /* bcc: when it cannot be sealed for, it gets nothing, and nobody hears */
};

/* Somebody to be told of the message (notify, notify-copy). */
struct policy_notification {
	char *to;
	char *subject;      /* "": ours */
	char *from;         /* "": the postmaster */
	const char *filter; /* borrowed from the snapshot */
	bool copy;          /* with the message, unless it is to be encrypted */
};

struct policy_plan {
	const struct policy_sender_group *group; /* NULL: none matched */
	const struct policy_flow *flow;
	enum policy_direction direction;
	struct policy_matched *message_filters;
	size_t message_filter_count;
	struct policy_splinter *splinters;
	size_t splinter_count;
	/* Indexes of recipients that are the message's recipient_count or more stand for these. */
	struct policy_added *added;
	size_t added_count;
	size_t *redirected; /* recipients that alt-rcpt-to took the message away from */
	size_t redirected_count;
	struct policy_notification *notifications;
	size_t notification_count;
	char **log_entries;
	size_t log_entry_count;
	char **tags;
	size_t tag_count;
	bool strict; /* a filter could not be evaluated: the stricter outcome was taken */
};

void policy_plan_free(struct policy_plan **plan);

/* The sender group and flow policy of a connection: the first group by position that matches;
 * NULL: none does. trace: why; may be NULL. */
const struct policy_sender_group *policy_flow_match(const struct policy_snapshot *snapshot,
    const struct policy_message *message, struct policy_trace *trace);

/* (facts, snapshot) -> plan. trace may be NULL. Fails with SMIME_E_SYSTEM only. */
SMIME_MUST_USE enum smime_status policy_decide(const struct policy_snapshot *snapshot,
    struct policy_facts *facts, struct policy_trace *trace, struct policy_plan **out,
    struct smime_diag *diag);

#endif
