/*
 * nesting.c
 *		How deep statements run in one another; runs that an error has ended.
 *
 * An abort finds the runs that are over by the level of subtransactions in which
 * they began.  What runs around a utility statement is not over: it may abort a
 * transaction and go on (CALL, DO), and has a handler.
 *
 * Must never throw: called while an error is raised, and while a transaction is
 * aborted.
 */
#include "postgres.h"

#include "access/xact.h"

#include "collect.h"
#include "nesting.h"
#include "planning.h"

int			pfa_nesting;
PfaCall    *pfa_nesting_floor;

void
pfa_nesting_unwind(const PfaCall *run)
{
	/* utility statements have left by themselves */
	while (pfa_calls_running != run && pfa_calls_running->frame != NULL)
		pfa_collect_abandoned(pfa_calls_running->frame);
}

void
pfa_nesting_over(int xact_level)
{
	PfaCall    *run = pfa_calls_running;

	pfa_collect_hurries = true;
	while (run != pfa_nesting_floor && run->frame != NULL &&
		   run->frame->run_xact_level >= xact_level)
	{
		pfa_nesting = run->frame->level;
		run = run->outer;
	}
	pfa_nesting_unwind(run);
	pfa_planning_over(xact_level);
	pfa_collect_sweep(xact_level);
	pfa_collect_hurries = false;
}

static void
subtransaction_callback(SubXactEvent event, SubTransactionId mine, SubTransactionId parent,
						void *arg)
{
	int			level = GetCurrentTransactionNestLevel();

	switch (event)
	{
		case SUBXACT_EVENT_START_SUB:
			pfa_frames_xact_level = level;
			break;
		case SUBXACT_EVENT_COMMIT_SUB:
			pfa_frames_xact_level = level - 1;
			break;
		case SUBXACT_EVENT_ABORT_SUB:
			pfa_nesting_over(level);
			pfa_frames_xact_level = level - 1;
			break;
		default:
			break;
	}
}

void
pfa_nesting_install(void)
{
	RegisterSubXactCallback(subtransaction_callback, NULL);
}
