/* stage_eol.h - every kind of line end becomes CR LF. */
#ifndef GATEWAY_STAGE_EOL_H
#define GATEWAY_STAGE_EOL_H

#include "smime/stage.h"

/*
 * CR LF, LF and a CR alone become CR LF, and the last line is ended. Neither MTA cleans a new body:
 * a bare CR would go out as it is, and some servers take it for a line end (SMTP smuggling).
 * next is borrowed; *out is owned by the caller. Fails with SMIME_E_SYSTEM only.
 */
SMIME_MUST_USE enum smime_status gateway_stage_eol_new(
    struct smime_stage *next, struct smime_stage **out);

#endif
