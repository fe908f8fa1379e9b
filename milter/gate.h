/* gate.h - how many messages may be worked on at once, and waiting until all are done. */
#ifndef GATEWAY_GATE_H
#define GATEWAY_GATE_H

#include "mta.h"
#include <stdbool.h>
#include <stdint.h>

struct gateway_gate;

struct gateway_gate_conf {
	unsigned width;   /* messages at once */
	int64_t wait_ms;  /* how long a message waits for its turn */
	int64_t alive_ms; /* how often the MTA hears of us meanwhile */
};

/* Fails with SMIME_E_SYSTEM only. */
SMIME_MUST_USE enum smime_status gateway_gate_new(
    const struct gateway_gate_conf *conf, struct gateway_gate **out);
void gateway_gate_free(struct gateway_gate **gate);

/* Wait for a turn. False: the gate was closed, or it took too long; then do not leave. */
SMIME_MUST_USE bool gateway_gate_enter(struct gateway_gate *gate, struct gateway_mta *mta);
void gateway_gate_leave(struct gateway_gate *gate);

/* Nobody enters any more. */
void gateway_gate_close(struct gateway_gate *gate);
bool gateway_gate_is_closed(struct gateway_gate *gate);

/* Wait until all have left, for at most ms. Returns how many are still inside. */
unsigned gateway_gate_drain(struct gateway_gate *gate, int64_t ms);

#endif
