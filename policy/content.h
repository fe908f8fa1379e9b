/*
 * content.h - the decoded view of one message: its body and its attachments.  FILTERS: semantics.
 *
 * The body is the first text part, the message itself when it is a single text; every other leaf is
 * an attachment. Nothing is decoded before somebody asks, and nothing twice.
 */
#ifndef POLICY_CONTENT_H
#define POLICY_CONTENT_H

#include "smime/mime.h"

struct policy_content;

struct policy_item {
	uint32_t part;              /* index in the scanned message */
	bool body;                  /* else an attachment */
	const char *name;           /* file name, UTF-8; "" when it has none */
	const char *type, *subtype; /* declared, lower case */
};

/* mime and conf are borrowed and must outlive *out. conf: where decoded octets are kept; NULL for
 * the defaults. Fails with SMIME_E_SYSTEM only. */
SMIME_MUST_USE enum smime_status policy_content_new(const struct smime_mime *mime,
    const struct smime_spool_conf *conf, struct policy_content **out);
void policy_content_free(struct policy_content **content);

size_t policy_content_count(const struct policy_content *content);
const struct policy_item *policy_content_item(const struct policy_content *content, size_t i);

/* An item's octets, its transfer encoding taken off; the raw ones when it cannot be. Borrowed. */
SMIME_MUST_USE enum smime_status policy_content_octets(
    struct policy_content *content, size_t i, struct smime_bytes *out);

/* The same as UTF-8 text, for an item of type text whose charset is known and right; else the
 * octets. */
SMIME_MUST_USE enum smime_status policy_content_text(
    struct policy_content *content, size_t i, struct smime_bytes *out);

/* Text of HTML as a reader sees it, without tags; empty for everything else. */
SMIME_MUST_USE enum smime_status policy_content_plain(
    struct policy_content *content, size_t i, struct smime_bytes *out);

/* The media type that its octets look like (libmagic), whatever is declared. Borrowed. */
SMIME_MUST_USE enum smime_status policy_content_filetype(
    struct policy_content *content, size_t i, const char **out);

/* Mapped pages of what was looked at are given back. */
void policy_content_release(struct policy_content *content, size_t i);

/*
 * Could everything be decoded, and can the structure be read in one way only? Decodes all. When
 * not, a rule about the body has to look at the raw octets as well, so that nothing hides.
 */
SMIME_MUST_USE enum smime_status policy_content_valid(struct policy_content *content, bool *out);

/* Are there octets that no item holds but some reader might be shown: a structure that can be read
 * in more than one way, text before the first or behind the last part? */
bool policy_content_is_partial(const struct policy_content *content);

/* The raw octets of the whole body. */
struct smime_bytes policy_content_raw(const struct policy_content *content);

/*
 * Add up counts (one for each item, in order): sums over parts, but of the twins in a
 * multipart/alternative only the highest. SMIME_E_SYSTEM.
 */
SMIME_MUST_USE enum smime_status policy_content_total(
    const struct policy_content *content, const uint64_t *counts, uint64_t *out);

#endif
