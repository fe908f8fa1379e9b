/* content_entry.h - the inside of a decoded view, for content.c and content_view.c only. */
#ifndef POLICY_CONTENT_ENTRY_H
#define POLICY_CONTENT_ENTRY_H

#include "content.h"
#include "filetype.h"

struct policy_content_entry {
	struct policy_item item;
	const struct smime_mime *mime; /* that it is a part of: the message, or one encoded in it */
	uint32_t part;
	size_t node;
	struct smime_words *names;
	size_t name_count;
	struct smime_buf name;
	struct smime_spool *octets, *text; /* NULL: not yet made, or not needed */
	struct smime_spool *readings[POLICY_READINGS];
	bool decoded, converted, read[POLICY_READINGS];
	bool texts;            /* it looks like text, whatever is declared */
	uint32_t octets_class; /* once converted */
	bool doubtful;         /* the charset may be another one */
	bool broken;           /* could not be decoded, or not in one way */
	char *filetype;        /* detected; NULL: not asked for yet */
};

/* A part of any of the messages, for adding up. */
struct policy_content_node {
	size_t parent; /* SIZE_MAX: none */
	bool alternative;
};

/* What a message inside of another one is about. */
struct policy_content_subject {
	struct smime_bytes value; /* of the field, as it stands */
	size_t node;
};

/* A message that was encoded as a whole. */
struct policy_content_inner {
	struct smime_spool *octets;
	struct smime_mime *mime;
	bool agreed; /* readers agree on what its octets are */
};

struct policy_content {
	const struct smime_mime *mime;
	const struct smime_spool_conf *conf;
	struct policy_content_entry *entry;
	size_t count;
	struct policy_content_node *node;
	size_t node_count;
	struct policy_content_inner *inner;
	size_t inner_count;
	struct policy_content_subject *subject;
	size_t subject_count;
	uint64_t decoded_octets;
	bool has_body;
	struct policy_filetypes *filetypes; /* NULL: not needed yet */
};

/* A part's octets, as the most lenient reader decodes them. *agreed: readers agree on them.
 * SMIME_E_SYSTEM; SMIME_E_LIMIT, token "decoded". */
SMIME_MUST_USE enum smime_status policy_content_decode(struct policy_content *content,
    const struct smime_mime *mime, uint32_t part, struct smime_spool **out, bool *agreed);

#endif
