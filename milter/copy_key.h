/* copy_key.h - by what a copy of a message is recognised when its client sends it again. */
#ifndef GATEWAY_COPY_KEY_H
#define GATEWAY_COPY_KEY_H

#include "policy/header.h"
#include "policy/message.h"

#define GATEWAY_COPY_KEY_SIZE 65 /* 64 hexadecimal digits and NUL */

/* What all copies of one message have in common: Message-ID, sender, recipients, body. */
struct gateway_copy_key;

/* *out is NULL, with SMIME_OK, when the message has no Message-ID. */
SMIME_MUST_USE enum smime_status gateway_copy_key_new(const struct policy_message *message,
    const struct policy_header *header, struct gateway_copy_key **out, struct smime_diag *diag);
void gateway_copy_key_free(struct gateway_copy_key **key);

/* The key of one copy: its kind and its recipients (indexes into the message's). */
SMIME_MUST_USE enum smime_status gateway_copy_key_of(const struct gateway_copy_key *key,
    const char *kind, const size_t *recipients, size_t count, char out[GATEWAY_COPY_KEY_SIZE],
    struct smime_diag *diag);

#endif
