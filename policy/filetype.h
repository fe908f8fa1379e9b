/*
 * filetype.h - what kind of file octets are, whatever they are called.  libmagic.
 */
#ifndef POLICY_FILETYPE_H
#define POLICY_FILETYPE_H

#include "smime/bytes.h"

struct policy_filetypes; /* libmagic's database; one thread at a time */

/* SMIME_E_SYSTEM: no memory, or the database is not installed. */
SMIME_MUST_USE enum smime_status policy_filetypes_new(struct policy_filetypes **out);
void policy_filetypes_free(struct policy_filetypes **filetypes);

/* The media type that the octets look like; "application/octet-stream" when they look like nothing.
 * Borrowed until the next call. */
const char *policy_filetypes_detect(struct policy_filetypes *filetypes, struct smime_bytes octets);

/* Is media type one of those that are called so: "pdf", "image", "executable", in any case; or
 * "image/png", "image/" with "*" behind it? */
bool policy_filetype_is(const char *name, const char *media_type);

/* Is there a kind of that name? */
bool policy_filetype_known(const char *name);
/* Names in order; NULL after the last. */
const char *policy_filetype_at(size_t i);

#endif
