/*
 * calls.h
 *		Which statement runs inside which: who called it, and its own time.
 *
 * A statement is on the chain while it runs.  What runs inside it adds its time
 * to it and knows it as its caller; the time that is left is its own.
 */
#ifndef PFA_CALLS_H
#define PFA_CALLS_H

#include "perfaudit.h"
#include "utils/fmgrprotos.h"

/* The innermost; never NULL. */
extern PFA_LOCAL PfaCall *pfa_calls_running;
extern PFA_LOCAL PfaCall pfa_calls_bottom;

/* Triggers that run, one inside the other. */
static inline int
pfa_calls_trigger_depth(void)
{
	return DatumGetInt32(pg_trigger_depth(NULL));
}

extern void pfa_calls_begin_slowly(PfaCall *call, PfaCaller *caller);

/* A nested statement begins, whose caller is noted; it need not run yet. */
static inline void
pfa_calls_begin(PfaCall *call, PfaCaller *caller)
{
	const PfaCall *by = pfa_calls_running;

	if (likely(by->simple))
	{
		call->trigger_depth = by->trigger_depth;
		*caller = by->caller;
	}
	else
		pfa_calls_begin_slowly(call, caller);
}

static inline void
pfa_calls_enter(PfaCall *call)
{
	call->outer = pfa_calls_running;
	pfa_calls_running = call;
}

/* Has run for so long. */
static inline void
pfa_calls_leave(const PfaCall *call, uint64 ns)
{
	pfa_calls_running = call->outer;
	call->outer->nested_ns += ns;
}

/* That it counts for the statement around it, or not at all. */
static inline void
pfa_calls_absorb(PfaCall *call)
{
	call->absorbed = true;
}

/* Such a one, after it has left: what ran inside it ran in the one around it. */
static inline void
pfa_calls_pass(PfaCall *call, uint64 ns)
{
	call->outer->nested_ns += call->nested_ns - ns;
	call->nested_ns = 0;
}

/* Notes in a sum who has called, if known, and whether others have before. */
extern void pfa_calls_note(PfaCaller *sum, const PfaCaller *caller);

#endif							/* PFA_CALLS_H */
