/*
 * smime/spool.h - octets written once, then viewed as one contiguous range.
 *
 * Held in memory up to memory_max, then in an unlinked temporary file (O_TMPFILE, mode 0600), which
 * is mapped for viewing. After a crash nothing is left on disk.
 */
#ifndef SMIME_SPOOL_H
#define SMIME_SPOOL_H

#include "smime/bytes.h"
#include "smime/stage.h"
#include "smime/status.h"

struct smime_spool;

struct smime_spool_conf {
	const char *dir;   /* where temporary files go; NULL means /tmp; borrowed */
	size_t memory_max; /* octets in memory before a file is made; 0 means 262144 */
	uint64_t size_max; /* SMIME_E_LIMIT beyond that many octets; 0 means no limit */
};

/* conf: copied, but for its dir, which must outlive the spool; NULL means all defaults. Fails with
 * SMIME_E_SYSTEM only. */
SMIME_MUST_USE enum smime_status smime_spool_new(
    const struct smime_spool_conf *conf, struct smime_spool **out);
void smime_spool_free(struct smime_spool **spool);

/* SMIME_E_LIMIT over size_max; SMIME_E_SYSTEM when memory or disk ends. Not after smime_spool_view.
 */
SMIME_MUST_USE enum smime_status smime_spool_write(
    struct smime_spool *spool, const void *data, size_t len);

/* A stage that writes into the spool: part of the spool, never freed on its own. */
struct smime_stage *smime_spool_stage(struct smime_spool *spool);

/* Octets written so far. */
uint64_t smime_spool_size(const struct smime_spool *spool);

/* End writing and view everything: borrowed, valid until smime_spool_free. May be called again. */
SMIME_MUST_USE enum smime_status smime_spool_view(
    struct smime_spool *spool, struct smime_bytes *out, struct smime_diag *diag);

/*
 * Push view[from, to) through a stage, giving mapped pages back on the way, so that resident memory
 * stays within about a megabyte whatever the length.
 */
SMIME_MUST_USE enum smime_status smime_spool_push(
    struct smime_spool *spool, uint64_t from, uint64_t to, struct smime_stage *stage);

/* Give mapped pages back (they fault in again when looked at). No-op in memory. */
void smime_spool_release(struct smime_spool *spool);

/*
 * A stage that passes on what it gets and, every megabyte of it, gives the mapped pages of source
 * back: somewhere in a chain that reads a view of source, it keeps resident memory bounded.
 *
 * source  borrowed; NULL makes it a stage that only passes on.
 */
SMIME_MUST_USE enum smime_status smime_stage_release_new(
    struct smime_spool *source, struct smime_stage *next, struct smime_stage **out);

#endif
