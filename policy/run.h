/* run.h - one filter at work: what decide.c (which filter, which splinter) and act.c (one action)
 * share. */
#ifndef POLICY_RUN_H
#define POLICY_RUN_H

#include "plan.h"

struct policy_run {
	const struct policy_snapshot *snapshot;
	const struct policy_facts *facts;
	struct policy_plan *plan; /* in the making */
	struct policy_trace *trace;
	struct smime_diag *diag;
	const char *filter;
	struct policy_splinter *splinter; /* or the whole message, before there are splinters */
	struct smime_buf matched;         /* by the patterns of the filter, for $MatchedContent */
	bool ended;                       /* a final action was met */
	bool only_now;                    /* it ends the filters of this kind only (skip-filters) */
	enum smime_status status;         /* of the last action */
};

/* Carry an action out on run's splinter. False: a final action, or run->status says what failed:
 * SMIME_E_SYSTEM. */
bool policy_act(void *run, const struct policy_action *action);

/* The splinter is refused by run's filter; or held. SMIME_E_SYSTEM. */
SMIME_MUST_USE enum smime_status policy_act_bounce(struct policy_run *run);
SMIME_MUST_USE enum smime_status policy_act_quarantine(struct policy_run *run, const char *name);

/* The address behind an index, of the message's recipients or of those that filters added. */
const char *policy_run_address(const struct policy_run *run, size_t recipient);

#endif
