/* clock.h - time that only goes forward. */
#ifndef GATEWAY_CLOCK_H
#define GATEWAY_CLOCK_H

#include <stdint.h>

/* Milliseconds of the monotonic clock. */
int64_t gateway_now_ms(void);

#endif
