/*
 * sampling.h
 *		Which executions count the rows of every plan node.
 */
#ifndef PFA_SAMPLING_H
#define PFA_SAMPLING_H

#include "frames.h"

/*
 * Decides for an execution that is about to start; also finds out whether the
 * store knows its plan (frame->plan_known).
 */
extern bool pfa_sampling_decide(PfaFrame *frame);

#endif							/* PFA_SAMPLING_H */
