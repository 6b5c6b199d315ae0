/*
 * planning.h
 *		Planning of what a client sent, without a handler of errors: see nesting.h.
 *
 * An error is noted when it is raised, and counted when the transaction or
 * subtransaction is aborted, which every error at this level ends in.
 */
#ifndef PFA_PLANNING_H
#define PFA_PLANNING_H

#include "calls.h"
#include "errors.h"
#include "handover.h"
#include "miscadmin.h"
#include "nesting.h"
#include "tcop/tcopprot.h"
#include "utility.h"

typedef struct PfaPlanningWatch
{
	bool		going_on;
	int			xact_level;		/* of subtransactions, in which it began */
	Oid			userid;
	PfaPlanning planning;
	PfaFailure	failure;		/* the latest error raised */
	ErrorContextCallback context;
} PfaPlanningWatch;

extern PFA_LOCAL PfaPlanningWatch pfa_planning_watch;

/* An error context callback: notes what error is raised. */
extern void pfa_planning_note_error(void *arg);

/*
 * Begins to watch one of the client's own statements; false if there is more
 * around it, which may go on after an error.
 */
static inline bool
pfa_planning_watch_begin(const PfaPlanning *planning, const char *text)
{
	PfaPlanningWatch *watch = &pfa_planning_watch;

	if (pfa_nesting != 0 || planning->queryid == 0 || watch->going_on ||
		pfa_calls_running != &pfa_calls_bottom || pfa_utility_innermost != NULL ||
		((text == NULL || text != debug_query_string) && pfa_calls_trigger_depth() > 0))
		return false;
	watch->xact_level = pfa_frames_xact_level;
	watch->userid = GetUserId();
	watch->planning = *planning;
	watch->context.callback = pfa_planning_note_error;
	watch->context.previous = error_context_stack;
	error_context_stack = &watch->context;
	watch->going_on = true;
	pfa_nesting = 1;
	return true;
}

static inline void
pfa_planning_watch_end(void)
{
	error_context_stack = pfa_planning_watch.context.previous;
	pfa_planning_watch.going_on = false;
	pfa_nesting_return(&pfa_calls_bottom, 0);
}

/*
 * What goes on was ended by an error, if it began in this subtransaction or below
 * it.  Does not throw, allocate or wait.
 */
extern void pfa_planning_over(int xact_level);

/* Its backend ends in the middle of it. */
extern void pfa_planning_cut_short(void);

#endif							/* PFA_PLANNING_H */
