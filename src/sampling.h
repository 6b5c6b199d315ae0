/*
 * sampling.h
 *		Which executions count the rows of every plan node.
 */
#ifndef PFA_SAMPLING_H
#define PFA_SAMPLING_H

#include "frames.h"
#include "settings.h"
#include "slab.h"

/*
 * Decides for an execution that is about to start; also finds out whether the
 * store knows its plan (frame->plan_known).
 */
extern bool pfa_sampling_draw(PfaFrame *frame);

static inline bool
pfa_sampling_decide(PfaFrame *frame)
{
	PfaShapePlan *plan = &frame->shape->plan[frame->key.toplevel];

	/* the plan of the last time, and its turn has not come */
	if (plan->hash == frame->glance.hash && plan->sample_in > 1 &&
		plan->epoch == pfa_slab_text_epoch && plan->userid == frame->key.userid &&
		pfa_sample_budget < 1.0)
	{
		frame->plan_known = true;
		plan->sample_in--;
		return false;
	}
	return pfa_sampling_draw(frame);
}

#endif							/* PFA_SAMPLING_H */
