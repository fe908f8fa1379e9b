/*
 * policy/header.h - the header of one message as a list of fields, and what is to become of each.
 *
 * Serves everybody who carries out edits: the milter tells the MTA field by field, copies that are
 * re-injected and `smimectl seal` write the whole header.  RFC 5322 s2.2.
 */
#ifndef POLICY_HEADER_H
#define POLICY_HEADER_H

#include "smime/bytes.h"
#include "smime/stage.h"
#include "smime/status.h"

struct policy_edits; /* policy/plan.h */

enum policy_fate {
	POLICY_FIELD_KEPT,    /* as received */
	POLICY_FIELD_CHANGED, /* received, value is new */
	POLICY_FIELD_REMOVED, /* received, goes */
	POLICY_FIELD_ADDED,   /* new, after the received ones */
	POLICY_FIELD_ON_TOP,  /* new, before the received ones */
};

struct policy_header_field {
	enum policy_fate fate;
	struct smime_bytes line; /* as received, line ends included; borrowed; empty when new */
	char *name;              /* as spelt; "" for a line that is no field */
	/* CHANGED, ADDED and ON_TOP: no leading blank, no CR, folds are LF and a blank, lines of at
	 * most 998 octets. Else NULL. */
	char *value;
};

/* In order. New fields on top stand before all others, the last one put there first. */
struct policy_header {
	struct policy_header_field *field;
	size_t count, capacity;
	size_t body_at; /* offset in the view of the octet after the blank line */
};

/*
 * Read the header at the beginning of message (borrowed, must outlive *out). CR LF or LF line ends.
 * SMIME_E_LIMIT, token "header": more than 10000 fields. SMIME_E_SYSTEM.
 */
SMIME_MUST_USE enum smime_status policy_header_read(
    struct smime_bytes message, struct policy_header **out, struct smime_diag *diag);
void policy_header_free(struct policy_header **header);

/* The value of a field as it now stands, leading blanks and final line end left out; folds as they
 * are. Borrowed. */
struct smime_bytes policy_header_value(const struct policy_header_field *field);

/* Which of the received fields of its name (in any case) field i is, from 1; 0 when it is new. */
unsigned policy_header_instance(const struct policy_header *header, size_t i);

/* Every field of that name goes; a new one that has not left yet is forgotten. */
void policy_header_remove(struct policy_header *header, const char *name);

/* Each cleans the value: CR dropped, folded where a line is long, trailing blanks dropped. */
SMIME_MUST_USE enum smime_status policy_header_change(
    struct policy_header *header, size_t i, struct smime_bytes value);
SMIME_MUST_USE enum smime_status policy_header_add(struct policy_header *header, const char *name,
    struct smime_bytes value, enum policy_fate where);

/*
 * The message's Content-* fields go; those of entity (MIME fields, blank line, body) come in their
 * order. MIME-Version stays as it is, or comes as well. *body_at: where entity's body begins.
 */
SMIME_MUST_USE enum smime_status policy_header_swap_mime(struct policy_header *header,
    struct smime_bytes entity, size_t *body_at, struct smime_diag *diag);

/* Authentication-Results: instances that bear authserv_id go (RFC 8601 s5), also when what follows
 * is malformed. */
void policy_header_remove_results(struct policy_header *header, const char *authserv_id);

/* Carry edits out, in order. SMIME_E_SYSTEM, or what a pattern fails with. */
SMIME_MUST_USE enum smime_status policy_header_apply(
    struct policy_header *header, const struct policy_edits *edits, struct smime_diag *diag);

/* All fields as they now stand, with CR LF; no blank line. Does not finish out. */
SMIME_MUST_USE enum smime_status policy_header_write(
    const struct policy_header *header, struct smime_stage *out);

#endif
