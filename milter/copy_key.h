/* copy_key.h - by what a copy of a message is recognised when its client sends it again. */
#ifndef GATEWAY_COPY_KEY_H
#define GATEWAY_COPY_KEY_H

#include "policy/header.h"
#include "policy/message.h"

#define GATEWAY_COPY_PREFIX_SIZE 65  /* 64 hexadecimal digits and NUL */
#define GATEWAY_COPY_KEY_SIZE    129 /* the prefix, 64 more, and NUL */

/* What the copies of one message have in common: Message-ID, sender, body. */
struct gateway_copy_key;

/* message is borrowed. *out is NULL, with SMIME_OK, when the message has no Message-ID. */
SMIME_MUST_USE enum smime_status gateway_copy_key_new(const struct policy_message *message,
    const struct policy_header *header, struct gateway_copy_key **out, struct smime_diag *diag);
void gateway_copy_key_free(struct gateway_copy_key **key);

/* What all keys of the message begin with: cheap, the body is not looked at. */
const char *gateway_copy_key_prefix(const struct gateway_copy_key *key);

/* The key of what is sent to one address: its kind ("copy", "bounce") and the address. */
SMIME_MUST_USE enum smime_status gateway_copy_key_of(struct gateway_copy_key *key, const char *kind,
    const char *address, char out[GATEWAY_COPY_KEY_SIZE], struct smime_diag *diag);

#endif
