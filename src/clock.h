/*
 * clock.h
 *		The monotonic clock that all durations come from.
 */
#ifndef PFA_CLOCK_H
#define PFA_CLOCK_H

#include "compat.h"
#include "portability/instr_time.h"

/* Nanoseconds since an unspecified moment. */
static inline uint64
pfa_clock_ns(void)
{
	/* on the stack it would be guarded as if it were an array of letters */
	static instr_time now;

	INSTR_TIME_SET_CURRENT(now);
	return (uint64) INSTR_TIME_GET_NANOSEC(now);
}

#endif							/* PFA_CLOCK_H */
