/* support_stage.h - the property every stage has: any pieces in, the same octets out. */
#ifndef TEST_SUPPORT_STAGE_H
#define TEST_SUPPORT_STAGE_H

#include "smime/bytes.h"
#include "smime/stage.h"

/* Makes the stage under test in front of next. */
typedef enum smime_status (*stage_maker)(struct smime_stage *next, struct smime_stage **out);

struct stage_vector {
	const char *in;
	size_t in_len; /* 0: strlen */
	const char *want;
	size_t want_len; /* 0: strlen */
};

/* Runs in through a new stage, cut in two at every place and octet by octet. */
void check_stage(stage_maker make, const struct stage_vector *vector);

/* Runs in through a new stage in one piece; returns what finish (or the push before it) said. */
enum smime_status run_stage(stage_maker make, struct smime_bytes in, struct smime_buf *out);

#endif
