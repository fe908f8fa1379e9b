/*
 * smime/words.h - text in header fields, as octets and what charset each piece is said to be in.
 * RFC 2047, RFC 2231.
 *
 * For those who look for something that may have been hidden: what is decoded is kept apart from
 * what it is taken for, so that it can be read in another charset as well.
 */
#ifndef SMIME_WORDS_H
#define SMIME_WORDS_H

#include "smime/bytes.h"

struct smime_word {
	char charset[40]; /* as labelled; "": not labelled */
	size_t from, to;  /* its octets */
};

struct smime_words {
	struct smime_buf octets;
	struct smime_word *word;
	size_t count;
	bool whole; /* readers agree on what the octets are */
};

void smime_words_reset(struct smime_words *words);
#define SMIME_AUTO_WORDS __attribute__((cleanup(smime_words_reset))) struct smime_words

/*
 * Take a value apart: unfolded, encoded words decoded wherever they stand. Neighbouring words of
 * one charset are one piece, so that a character may be divided between them. Appends to *out,
 * which begins as { 0 }. SMIME_E_SYSTEM only.
 */
SMIME_MUST_USE enum smime_status smime_words_read(
    struct smime_bytes value, struct smime_words *out);

/* As UTF-8, appended. charset: read every piece that is not pure ASCII as that; NULL: as labelled.
 * good: as smime_charset_push says. SMIME_E_SYSTEM only. */
SMIME_MUST_USE enum smime_status smime_words_utf8(
    const struct smime_words *words, const char *charset, struct smime_buf *out, bool *good);

/* The other way: text as encoded words, one to a line, CRLF and a blank between them; appended.
 * What is no UTF-8 is called iso-8859-1. SMIME_E_SYSTEM only. */
SMIME_MUST_USE enum smime_status smime_words_encode(struct smime_bytes text, struct smime_buf *out);

/*
 * All that a parameter of a Content-Type or Content-Disposition value might be taken to say, by
 * readers who know RFC 2231 and by those who do not: "name*", the sections "name*0" ... put
 * together, each plain "name" (encoded words in it decoded). The likeliest first. The caller resets
 * and frees each of *out, which grows by them. SMIME_E_SYSTEM only.
 */
SMIME_MUST_USE enum smime_status smime_words_param(
    struct smime_bytes value, const char *name, struct smime_words **out, size_t *count);
void smime_words_free(struct smime_words **list, size_t *count);

#endif
