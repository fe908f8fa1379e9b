/* clock.c - time: what only goes forward, and what mail shows. */
#include "clock.h"

#include <time.h>

int64_t
gateway_now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void
gateway_date_text(int64_t when, char out[GATEWAY_DATE_SIZE])
{
	struct tm utc;
	time_t t = when;

	/* The C locale's names: the daemon sets no other. */
	(void)gmtime_r(&t, &utc);
	if (strftime(out, GATEWAY_DATE_SIZE, "%a, %d %b %Y %H:%M:%S +0000", &utc) == 0)
		*out = 0;
}
