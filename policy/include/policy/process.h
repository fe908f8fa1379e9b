/*
 * policy/process.h - a whole message, from its octets to what the MTA has to be told: open, facts,
 * decide, seal. No MTA in sight; `smimectl explain|seal|open` and the daemon run this very code.
 */
#ifndef POLICY_PROCESS_H
#define POLICY_PROCESS_H

#include "policy/harvest.h"
#include "policy/plan.h"
#include "policy/seen.h"
#include "smime/open.h"

enum policy_treatment {
	POLICY_SEALED, /* as the profile says; or it came sealed already */
	POLICY_SIGNED, /* split: signed for those without a key */
	POLICY_CLEAR,
};

/* One set of octets for one set of recipients. */
struct policy_copy {
	const struct policy_splinter *splinter;
	enum policy_treatment treatment;
	size_t *recipients; /* indexes into the message's */
	size_t recipient_count;
	/* What replaces the message's Content-* fields and body; NULL: untouched. MIME fields,
	 * blank line, body. Owned by the outcome; copies may share one, or have that of `opened`.
	 */
	struct smime_spool *entity;
	struct policy_edits edits; /* of other header fields, Authentication-Results included */
	char *quarantine;          /* reason; NULL: none */
	bool decrypted; /* came encrypted, leaves clear: not to be returned to its sender */
	struct smime_certs encrypted_to; /* for the log and for usage stamps */
};

/* What to answer. Exactly one of the first four for the whole message. */
enum policy_reply {
	POLICY_REPLY_ACCEPT,   /* deliver copies[0] in place, re-inject the others first */
	POLICY_REPLY_REJECT,   /* 5xx */
	POLICY_REPLY_TEMPFAIL, /* 4xx */
	POLICY_REPLY_DISCARD,  /* every recipient is dropped; logged */
};

struct policy_bounce { /* recipients refused while others are delivered: they get a DSN of ours */
	const struct policy_splinter *splinter;
	size_t *recipients;
	size_t recipient_count;
	char *code, *xcode, *text;
};

struct policy_notice { /* a whole message of ours, from the null sender (notify, notify-copy) */
	char *to;
	struct smime_spool *octets;
};

struct policy_outcome {
	enum policy_reply reply;
	char code[4];  /* "550"; "" for ACCEPT and DISCARD */
	char xcode[8]; /* "5.7.5" */
	char *text;    /* one line, no CR, LF, control characters; '%' not yet doubled */
	struct policy_copy *copies; /* for ACCEPT: [0] stays in place */
	size_t copy_count;
	struct policy_bounce *bounces;
	size_t bounce_count;
	struct policy_notice *notices; /* to be sent unless the reply is TEMPFAIL */
	size_t notice_count;
	size_t *dropped; /* recipients, each logged */
	size_t dropped_count;
	struct smime_opened *opened; /* NULL when not opened */
	struct policy_plan *plan;
	struct policy_after after; /* to be written when all is done (policy/harvest.h) */
	char *record; /* the one line of DESIGN section 9: key=value ..., without queue id and
			 milliseconds */
};

struct policy_process {
	const struct policy_snapshot *snapshot;
	/* NULL: as the tables say. Else seal with it, in one copy for all recipients, hidden ones
	 * too, without asking any filter (smimectl seal). */
	const struct policy_profile *profile;
	const struct smime_spool_conf *spool;
	int64_t now;
	struct policy_seen_keys *seen; /* what was decrypted before; NULL: not asked */
	struct policy_trace *trace;    /* NULL: no explanation */
	bool plan_only;                /* explain: certificates are chosen, nothing is sealed */
};

/*
 * Process one message. Never fails for what the message holds: that is an outcome.
 *
 * SMIME_E_SYSTEM: nothing may be sent. *out then says POLICY_REPLY_TEMPFAIL 451 4.3.0, too, or is
 * NULL when there was no memory to say so.
 *
 * Recipients that filters add (bcc, alt-rcpt-to) are appended to message's; those of an earlier run
 * go first.
 *
 * Mail that is already encrypted at the root is not sealed again, and mail that is already signed
 * is not signed again but encrypted, unless the profile has seal_again (DESIGN section 6).
 */
SMIME_MUST_USE enum smime_status policy_process(const struct policy_process *process,
    struct policy_message *message, struct policy_outcome **out, struct smime_diag *diag);
void policy_outcome_free(struct policy_outcome **outcome);

/* Before it is carried out: copies that are the same octets become one, and the others of them keep
 * no recipients. What the record says of splinters is not changed. */
SMIME_MUST_USE enum smime_status policy_outcome_merge(struct policy_outcome *outcome);

/* JSON records of DESIGN section 11, appended. */
SMIME_MUST_USE enum smime_status policy_record_opened(
    const struct smime_opened *opened, struct smime_buf *out);
SMIME_MUST_USE enum smime_status policy_record_explain(const struct policy_outcome *outcome,
    const struct policy_message *message, struct smime_buf *out);

/* Escaped for one log line: C0, DEL, C1, invalid UTF-8, bidi controls, '"' and '\' as \xNN; cut at
 * 1000 octets; quoted when it holds a blank or is empty. Appended. */
SMIME_MUST_USE enum smime_status policy_log_value(const char *value, struct smime_buf *out);

/* " key=a,b,c" of a list whose items have commas between them; appended. One too long for a value
 * goes on with the same key again, so that nobody is left out. The list is used up. */
SMIME_MUST_USE enum smime_status policy_log_list(
    const char *key, char *list, struct smime_buf *out);

/* The Authentication-Results value, method smime (RFC 7281, RFC 8601); appended. */
SMIME_MUST_USE enum smime_status policy_auth_results(
    const char *authserv_id, const struct smime_opened *opened, struct smime_buf *out);

#endif
