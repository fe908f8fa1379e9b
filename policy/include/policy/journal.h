/*
 * policy/journal.h - who was handed a copy of which message, so that a client that has to send the
 * message again does not cause a second copy.
 *
 * A row is named by a key: hexadecimal digits, those of one message with the same beginning. One
 * connection of its own, shared by all threads. What a function has written is on disk when it
 * returns; a list of keys is written as a whole or not at all. All fail with SMIME_E_SYSTEM only.
 */
#ifndef POLICY_JOURNAL_H
#define POLICY_JOURNAL_H

#include "smime/bytes.h"

struct policy_journal;

enum policy_journal_state {
	POLICY_JOURNAL_NONE,    /* it has not left */
	POLICY_JOURNAL_SENDING, /* an attempt began to hand it over, and how that ended is unknown
				 */
	POLICY_JOURNAL_SENT,    /* the MTA has it */
};

/* Opens the journal in the policy database at path. */
SMIME_MUST_USE enum smime_status policy_journal_open(
    const char *path, struct policy_journal **out, struct smime_diag *diag);
void policy_journal_free(struct policy_journal **journal);

/* Goes on in the file that is now at path; a failure leaves the journal in the one it has. */
SMIME_MUST_USE enum smime_status policy_journal_reopen(
    struct policy_journal *journal, const char *path, struct smime_diag *diag);

/*
 * One attempt at a message at a time: a client that has given up waiting comes again while the
 * attempt that it has forgotten still goes on. Waits so long for another attempt that has entered
 * with the same prefix to leave; SMIME_E_SYSTEM, token "busy", when it does not.
 */
SMIME_MUST_USE enum smime_status policy_journal_enter(struct policy_journal *journal,
    const char *prefix, int64_t patience_seconds, struct smime_diag *diag);
void policy_journal_leave(struct policy_journal *journal, const char *prefix);

/* Whether there is any row less than five days old whose key begins so. */
SMIME_MUST_USE enum smime_status policy_journal_knows(struct policy_journal *journal,
    const char *prefix, int64_t now, bool *out, struct smime_diag *diag);

/* What is known of key; queue_id (appended, NUL-terminated) is the MTA's name for what was sent.
 * Rows older than five days are not believed. */
SMIME_MUST_USE enum smime_status policy_journal_find(struct policy_journal *journal,
    const char *key, int64_t now, enum policy_journal_state *out, struct smime_buf *queue_id,
    struct smime_diag *diag);

/* SENDING, before the first octet leaves. Forgets what is older than five days. */
SMIME_MUST_USE enum smime_status policy_journal_begin(struct policy_journal *journal,
    const char *const *keys, size_t count, int64_t now, struct smime_diag *diag);

/* SENT, after the MTA has answered 250. */
SMIME_MUST_USE enum smime_status policy_journal_sent(struct policy_journal *journal,
    const char *const *keys, size_t count, const char *queue_id, struct smime_diag *diag);

/* NONE, after the MTA has certainly not taken it. */
SMIME_MUST_USE enum smime_status policy_journal_forget(
    struct policy_journal *journal, const char *const *keys, size_t count, struct smime_diag *diag);

#endif
