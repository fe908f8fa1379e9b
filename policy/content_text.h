/* content_text.h - text as a reader sees it, for patterns to be matched against. */
#ifndef POLICY_CONTENT_TEXT_H
#define POLICY_CONTENT_TEXT_H

#include "smime/bytes.h"
#include "smime/stage.h"

/* HTML as a reader sees it: tags, comments, scripts and styles left out, character references
 * replaced. SMIME_E_SYSTEM. */
SMIME_MUST_USE enum smime_status policy_strip_html(struct smime_bytes in, struct smime_stage *out);

/* Octets of the character reference at the front of in, which begins with '&'; 0 when it is none
 * that is known. */
size_t policy_html_reference(struct smime_bytes in, uint32_t *out);

/* RFC 3676 s4.1: lines that end in a blank go on in the next one (format=flowed), and the blank
 * goes, too (DelSp). */
enum policy_breaks {
	POLICY_BREAKS_HARD,
	POLICY_BREAKS_FLOWED,
	POLICY_BREAKS_DELSP,
};

/* Text without what no eye sees: NUL, soft hyphens, joiners, marks of direction, soft line breaks;
 * letters and their accents as one character, full-width letters and ligatures as plain ones.
 * SMIME_E_SYSTEM. */
SMIME_MUST_USE enum smime_status policy_strip_hidden(
    struct smime_bytes in, enum policy_breaks breaks, struct smime_stage *out);
/* Is there any of it? */
bool policy_has_hidden(struct smime_bytes in);

/* Do octets look like text of some charset: no control characters but white space, ESC, SO and SI,
 * or every other octet NUL? */
bool policy_looks_like_text(struct smime_bytes octets);
/* Does text look like HTML, whatever it is called? */
bool policy_looks_like_html(struct smime_bytes text);

#endif
