/*
 * sampling.h
 *		Which executions count the rows of every plan node.
 */
#ifndef PFA_SAMPLING_H
#define PFA_SAMPLING_H

#include "compat.h"
#include "frames.h"
#include "settings.h"
#include "slab.h"
#include "utility.h"

/*
 * Decides for an execution that is about to start; also finds out whether the
 * store knows its plan (frame->plan_known).  settled: it did know that of the
 * last time, whose next sample is not due.
 */
extern void pfa_sampling_look(PfaFrame *frame, const PlannedStmt *stmt, bool settled);

/*
 * Gives a plan our id unless it has one, and tells the server which runs.  From
 * then on the server tells itself, whenever a client's Bind comes to this plan.
 */
extern void pfa_sampling_publish(const PfaFrame *frame, const PlannedStmt *stmt);

/* Looks at the plan, unless it is known to be the one of the last time. */
static inline void
pfa_sampling_decide(PfaFrame *frame, const PlannedStmt *stmt, uint32 known)
{
	uint32		level = frame->x.key.toplevel;
	PfaShapePlan *plan = &frame->shape->plan;
	bool		settled = plan->settled && plan->sample_in > 1 &&
		plan->epoch == pfa_epoch && plan->userid == frame->x.key.userid &&
		plan->toplevel == frame->x.key.toplevel;

	if (likely(settled && (known & PFA_KNOWN_AT(level))))
	{
		/* its turn has not come */
		plan->sample_in--;
		frame->x.plan_hash = plan->glance.hash;
		frame->plan_known = frame->settled = true;
		frame->plain = plan->plain && !frame->absorbed;
		if (!frame->plain)
			frame->glance = plan->glance;
		/* but not when an EXECUTE does */
		if (PFA_SERVER_KEEPS_PLAN_IDS && unlikely(pfa_utility_goes_on()))
			pfa_sampling_publish(frame, stmt);
	}
	else
		pfa_sampling_look(frame, stmt, settled);
}

#endif							/* PFA_SAMPLING_H */
