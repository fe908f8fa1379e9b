/*
 * guess.h - charsets that text might be in whatever its label says.
 *
 * Senders mislabel text, and readers guess; a keyword must not hide behind that. A guess is tried
 * only where it could show something: the octets are not what they are said to be, and a character
 * that the pattern names stands among them, as that charset writes it.
 */
#ifndef POLICY_GUESS_H
#define POLICY_GUESS_H

#include "smime/bytes.h"

struct policy_wanted; /* the characters beyond ASCII that a pattern names */

/* *out NULL: the pattern names none. SMIME_E_SYSTEM. */
SMIME_MUST_USE enum smime_status policy_wanted_new(const char *pattern, struct policy_wanted **out);
void policy_wanted_free(struct policy_wanted **wanted);
/* Of a pattern that might name any character. */
const struct policy_wanted *policy_wanted_any(void);

/* The charset of guess i; NULL after the last. */
const char *policy_guess_charset(size_t i);

/* What kinds of octets there are: made once for a text, for policy_guess_shows(). is_utf8:
 * smime_bytes_are_utf8(octets). */
uint32_t policy_octets_class(struct smime_bytes octets, bool is_utf8);

/* The class without what could not show any of wanted in these octets: one pass, so that not every
 * guess has to look for itself. */
uint32_t policy_octets_narrow(
    uint32_t octets_class, struct smime_bytes octets, const struct policy_wanted *wanted);

/* Might guess i show what is wanted (NULL: ASCII only) in octets of that class? */
bool policy_guess_shows(
    size_t i, uint32_t octets_class, struct smime_bytes octets, const struct policy_wanted *wanted);

#endif
