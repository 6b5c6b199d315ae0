/*
 * planning.c
 *		Planning of what a client sent, when an error has ended it.
 *
 * Called while an error is raised, and while a transaction is aborted: must
 * never throw.
 */
#include "postgres.h"

#include "collect.h"
#include "planning.h"

PfaPlanningWatch pfa_planning_watch;

/* Of a message, too, but then no abort follows before the next. */
void
pfa_planning_note_error(void *arg)
{
	pfa_planning_watch.failure = pfa_errors_current();
}

void
pfa_planning_over(int xact_level)
{
	PfaPlanningWatch *watch = &pfa_planning_watch;

	if (!watch->going_on || watch->xact_level < xact_level)
		return;
	watch->going_on = false;
	pfa_nesting = 0;
	pfa_collect_plan_abandoned(&watch->planning, watch->userid, watch->failure);
}

void
pfa_planning_cut_short(void)
{
	PfaPlanningWatch *watch = &pfa_planning_watch;

	if (!watch->going_on)
		return;
	/* the abort that follows has nothing left to do */
	watch->going_on = false;
	pfa_collect_plan_abandoned(&watch->planning, watch->userid, pfa_errors_of_exit());
}
