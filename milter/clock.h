/* clock.h - time: what only goes forward, and what mail shows. */
#ifndef GATEWAY_CLOCK_H
#define GATEWAY_CLOCK_H

#include <stdint.h>

/* Milliseconds of the monotonic clock. */
int64_t gateway_now_ms(void);

#define GATEWAY_DATE_SIZE 40

/* RFC 5322 s3.3, in UTC. when: seconds since 1970. */
void gateway_date_text(int64_t when, char out[GATEWAY_DATE_SIZE]);

#endif
