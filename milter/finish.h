/* finish.h - the end of a message: ask policy, carry it out, answer, write the one log line. */
#ifndef GATEWAY_FINISH_H
#define GATEWAY_FINISH_H

#include "collect.h"
#include "gateway.h"

/* A message as it arrived, and what is known about its way here. */
struct gateway_arrived {
	const struct gateway_collect *collect;
	bool from_loopback;
	int listener_port; /* 0: unknown */
};

enum gateway_answer gateway_finish(
    struct gateway *gateway, struct gateway_mta *mta, const struct gateway_arrived *arrived);

#endif
