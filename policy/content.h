/*
 * content.h - the decoded view of one message: its body and its attachments.  FILTERS: semantics.
 *
 * The body is the first text part, the message itself when it is a single text; every other leaf is
 * an attachment. A message that is encoded as a whole inside of another one is looked into, too,
 * and of each message inside its subject, which is what readers show as the attachment's name.
 * Nothing is decoded before somebody asks, and nothing twice.
 */
#ifndef POLICY_CONTENT_H
#define POLICY_CONTENT_H

#include "smime/mime.h"
#include "smime/words.h"

struct policy_content;

struct policy_item {
	bool body;                  /* else an attachment */
	const char *name;           /* file name, UTF-8; "" when it has none */
	const char *type, *subtype; /* declared, lower case */
	/* All that readers might take for its file name, the likeliest first. */
	const struct smime_words *names;
	size_t name_count;
};

/* mime and conf are borrowed and must outlive *out. conf: where decoded octets are kept; NULL for
 * the defaults. SMIME_E_SYSTEM; SMIME_E_LIMIT when messages encoded inside of others go over the
 * limits on parts and depth, diag (may be NULL) says which. */
SMIME_MUST_USE enum smime_status policy_content_new(const struct smime_mime *mime,
    const struct smime_spool_conf *conf, struct policy_content **out, struct smime_diag *diag);
void policy_content_free(struct policy_content **content);

size_t policy_content_count(const struct policy_content *content);
const struct policy_item *policy_content_item(const struct policy_content *content, size_t i);

/* The values of the Subject fields of messages inside, as they stand. Borrowed. */
size_t policy_content_subject_count(const struct policy_content *content);
struct smime_bytes policy_content_subject(const struct policy_content *content, size_t i);

/* An item's octets, its transfer encoding taken off; the raw ones when it cannot be. Borrowed.
 * These and all views of them: SMIME_E_SYSTEM; SMIME_E_LIMIT, token "decoded", over 1 GiB. */
SMIME_MUST_USE enum smime_status policy_content_octets(
    struct policy_content *content, size_t i, struct smime_bytes *out);

/* The same as UTF-8 text by its charset, for an item of type text; else the octets. */
SMIME_MUST_USE enum smime_status policy_content_text(
    struct policy_content *content, size_t i, struct smime_bytes *out);

/* Other ways to read an item's text; each is empty when it would show nothing more. */
enum policy_reading {
	POLICY_READING_PLAIN,  /* HTML as a reader sees it, without tags */
	POLICY_READING_BARE,   /* text (of HTML: plain) without what no eye sees */
	POLICY_READING_OCTETS, /* the octets, where the charset is not what it is said to be */
	POLICY_READINGS,
};
SMIME_MUST_USE enum smime_status policy_content_reading(
    struct policy_content *content, size_t i, enum policy_reading reading, struct smime_bytes *out);

/* Is there text in it at all? And of what class (guess.h) are its octets? */
SMIME_MUST_USE enum smime_status policy_content_octets_class(
    struct policy_content *content, size_t i, bool *text, uint32_t *out);

/* Its text if it were in this charset, of HTML without tags; caller frees. */
SMIME_MUST_USE enum smime_status policy_content_guess(
    struct policy_content *content, size_t i, const char *charset, struct smime_spool **out);

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
 * Add up counts (one for each item, then one for each subject, in order): sums over parts, but of
 * the twins in a multipart/alternative only the highest. SMIME_E_SYSTEM.
 */
SMIME_MUST_USE enum smime_status policy_content_total(
    const struct policy_content *content, const uint64_t *counts, uint64_t *out);

#endif
