/* notice.h - messages of ours that tell somebody of a message (notify, notify-copy). */
#ifndef POLICY_NOTICE_H
#define POLICY_NOTICE_H

#include "work.h"

/*
 * A notice for every notification of the plan, into the outcome. notify-copy encloses the message
 * as it was received, or its header alone when anything of it is to be encrypted. SMIME_E_SYSTEM.
 */
SMIME_MUST_USE enum smime_status policy_make_notices(struct policy_work *work);

#endif
