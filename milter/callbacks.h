/* callbacks.h - what libmilter calls. */
#ifndef GATEWAY_CALLBACKS_H
#define GATEWAY_CALLBACKS_H

#include "gateway.h"
#include <stdbool.h>

/* Register the callbacks with libmilter. gateway serves all sessions and must outlive them:
 * libmilter hands no pointer of ours to a new connection, so one gateway per process. False:
 * libmilter refused. */
SMIME_MUST_USE bool gateway_callbacks_register(struct gateway *gateway);

#endif
