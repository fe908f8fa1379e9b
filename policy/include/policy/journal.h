/*
 * policy/journal.h - which copies of a message were handed back to the MTA, so that a client that
 * has to send the message again does not cause them again.
 *
 * One connection of its own, shared by all threads.
 */
#ifndef POLICY_JOURNAL_H
#define POLICY_JOURNAL_H

#include "smime/bytes.h"

struct policy_journal;

/* Opens the journal in the policy database at path. SMIME_E_SYSTEM. */
SMIME_MUST_USE enum smime_status policy_journal_open(
    const char *path, struct policy_journal **out, struct smime_diag *diag);
void policy_journal_free(struct policy_journal **journal);

/* Whether the copy named key was handed over less than five days before now; queue_id (appended,
 * NUL-terminated) is the MTA's name for it. SMIME_E_SYSTEM. */
SMIME_MUST_USE enum smime_status policy_journal_find(struct policy_journal *journal,
    const char *key, int64_t now, bool *found, struct smime_buf *queue_id, struct smime_diag *diag);

/* Could a row be written now? To be asked before a copy is handed over: afterwards it is too late.
 * SMIME_E_SYSTEM: no; the database is locked or cannot be written. */
SMIME_MUST_USE enum smime_status policy_journal_ready(
    struct policy_journal *journal, struct smime_diag *diag);

/* On disk when it returns. Forgets what is older than five days. SMIME_E_SYSTEM. */
SMIME_MUST_USE enum smime_status policy_journal_add(struct policy_journal *journal, const char *key,
    const char *queue_id, int64_t now, struct smime_diag *diag);

#endif
