/*
 * sampling.h
 *		Which executions count the rows of every plan node.
 */
#ifndef PFA_SAMPLING_H
#define PFA_SAMPLING_H

#include "frames.h"
#include "settings.h"

/*
 * Decides for an execution that is about to start; also finds out whether the
 * store knows its plan (frame->plan_known).
 */
extern bool pfa_sampling_draw(PfaFrame *frame);

static inline bool
pfa_sampling_decide(PfaFrame *frame)
{
	PfaShape   *shape = frame->shape;

	/* the plan of the last time, and its turn has not come */
	if (shape->plan_hash == frame->glance.hash && shape->sample_in > 1 &&
		pfa_sample_budget < 1.0)
	{
		frame->plan_known = true;
		shape->sample_in--;
		return false;
	}
	return pfa_sampling_draw(frame);
}

#endif							/* PFA_SAMPLING_H */
