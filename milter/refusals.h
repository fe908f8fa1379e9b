/* refusals.h - recipients who do not get the message for good, and why. */
#ifndef GATEWAY_REFUSALS_H
#define GATEWAY_REFUSALS_H

#include "smime/status.h"
#include <stddef.h>

struct gateway_refusal {
	size_t recipient;        /* index into the message's */
	char code[4], xcode[12]; /* "550", "5.1.1" */
	char *text;
};

struct gateway_refusals {
	struct gateway_refusal *item;
	size_t count;
};

/* Copies what it is given. An xcode that is "" becomes 5.0.0; of a text that names hundreds of
 * recipients the beginning is kept, because it may be said to each of them. SMIME_E_SYSTEM. */
SMIME_MUST_USE enum smime_status gateway_refusals_add(struct gateway_refusals *refusals,
    size_t recipient, const char *code, const char *xcode, const char *text);
void gateway_refusals_reset(struct gateway_refusals *refusals);

#endif
