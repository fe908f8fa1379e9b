/* store.h - the policy store in use, replaced as a whole on reload. */
#ifndef GATEWAY_STORE_H
#define GATEWAY_STORE_H

#include "gateway.h"

struct gateway_store;

/* Both are borrowed and must outlive *out. passphrase may be NULL. */
SMIME_MUST_USE enum smime_status gateway_store_open(const char *database, const char *passphrase,
    struct gateway_store **out, struct smime_diag *diag);
void gateway_store_free(struct gateway_store **store);

/* Log the rows that are wrong, as gateway_store_judge() does before each message. */
void gateway_store_tell(struct gateway *gateway);

/*
 * A gateway_reload. Opens the database anew: needed when its file, or a key file that it names, was
 * replaced; changed rows need no reload. Messages in work keep what they have. A failure leaves the
 * old one in use.
 */
SMIME_MUST_USE enum smime_status gateway_store_reload(
    struct gateway *gateway, struct smime_diag *diag);

/* A gateway_judge. Logs, at most once a minute, that the tables do not compile. */
enum smime_status gateway_store_judge(struct gateway *gateway, struct policy_message *message,
    struct gateway_judgement *out, struct smime_diag *diag);

#endif
