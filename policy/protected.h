/* protected.h - is a file closed with a password or encrypted? */
#ifndef POLICY_PROTECTED_H
#define POLICY_PROTECTED_H

#include "smime/bytes.h"

/*
 * By content: ZIP, RAR and 7z archives with an encrypted member, PDF, Microsoft Office (old and
 * new), OpenDocument, OpenPGP messages and S/MIME. False for what is none of these.
 */
bool policy_is_protected(struct smime_bytes octets);

#endif
