/* finish_log.h - what is written of a message at its end. */
#ifndef GATEWAY_FINISH_LOG_H
#define GATEWAY_FINISH_LOG_H

#include "gateway.h"
#include "mta.h"
#include "refusals.h"

struct gateway_end {
	struct gateway *gateway;
	const struct policy_message *message; /* NULL: no memory for one */
	const struct policy_outcome *outcome; /* NULL: policy was not asked, or had no memory */
	struct smime_buf *reinjected;         /* queue ids, "a,b"; used up */
	const struct gateway_refusals *refusals;
	const struct smime_diag *diag; /* why it is not delivered; SMIME_OK: no failure of ours */
	int64_t begun_ms;              /* clock.h: its last octet had come */
};

void gateway_log_end(const struct gateway_end *end, enum gateway_answer answer);

#endif
