/* log_line.h - a line of the daemon's log, taken apart.  smime-milter(8), LOG. */
#ifndef CTL_LOG_LINE_H
#define CTL_LOG_LINE_H

#include "smime/bytes.h"
#include "smime/status.h"

/* Everything points into the line. */
struct log_line {
	struct smime_bytes before;   /* the time, and whatever syslog puts in front */
	struct smime_bytes queue_id; /* empty: the line is about no message */
	struct smime_bytes rest;     /* key=value ... */
};

/* False: it is no line of the daemon's. */
bool log_line_parse(struct smime_bytes line, struct log_line *out);

/* The next key=value of *rest; quotes are taken off, escapes stay. False: no more. */
bool log_line_next(struct smime_bytes *rest, struct smime_bytes *key, struct smime_bytes *value);

/* Whether a comma-separated value has that item, in any case. */
bool log_value_has(struct smime_bytes value, const char *item);

/* Something did not go as it should: a failure of ours, a refusal, a layer that is not ok. */
bool log_line_is_trouble(const struct log_line *line);

#endif
