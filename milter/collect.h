/* collect.h - the octets of one message, put together from what the MTA tells. */
#ifndef GATEWAY_COLLECT_H
#define GATEWAY_COLLECT_H

#include "policy/message.h"
#include "smime/status.h"

/* A message while it arrives. After a failure nothing more is stored; the failure is answered at
 * the end of the message. */
struct gateway_collect {
	struct policy_message *message; /* NULL: none in hand */
	bool has_data;                  /* header or body have begun */
	struct smime_diag failure;      /* status SMIME_OK: none */
};

void gateway_collect_begin(
    struct gateway_collect *collect, const struct smime_spool_conf *spool, int64_t now);
void gateway_collect_reset(struct gateway_collect *collect);

/* Record a failure, unless there is one already. */
void gateway_collect_fail(struct gateway_collect *collect, enum smime_status status);

/* Copy value into one of the message's strings; NULL counts as "". */
void gateway_collect_set(struct gateway_collect *collect, char **field, const char *value);
void gateway_collect_recipient(
    struct gateway_collect *collect, const char *address, char *const *args);

/* "name:value" with its folds (LF) as CR LF: the octets that the client sent. */
void gateway_collect_header(struct gateway_collect *collect, const char *name, const char *value);
void gateway_collect_octets(struct gateway_collect *collect, const void *data, size_t len);

/* The arguments of MAIL or RCPT with blanks between them; appended. */
SMIME_MUST_USE enum smime_status gateway_join_args(char *const *args, struct smime_buf *out);

#endif
