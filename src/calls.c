/*
 * calls.c
 *		Who calls a nested statement, and how.
 *
 * A statement in a trigger is known by the server's depth of triggers, greater
 * than when its caller began; foreign keys are triggers that run their queries
 * with row security not forced.  What a trigger runs at commit, when no
 * statement is left, has no caller.
 *
 * Must never throw or allocate.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "nodes/plannodes.h"

#include "calls.h"
#include "frames.h"
#include "settings.h"
#include "utility.h"

PfaCall		pfa_calls_bottom;
PfaCall    *pfa_calls_running = &pfa_calls_bottom;

/* Another way is another caller, too. */
static inline void
set_way(PfaCaller *caller, PfaCalledBy how)
{
	caller->how = how;
	caller->id = caller->shape ^
		((uint64) caller->userid << 32 | (uint64) caller->toplevel << 8 | how);
}

/*
 * A query that fires no trigger: functions are all that it calls, and what fires
 * triggers in them is on the chain itself.
 */
static bool
is_simple(const PfaFrame *frame)
{
	const PlannedStmt *stmt = frame->estate ? frame->estate->es_plannedstmt : NULL;

	return stmt && stmt->commandType == CMD_SELECT && !stmt->hasModifyingCTE &&
		pfa_track_utility;
}

/*
 * A query that only calls functions is what calls it: PERFORM in a loop is part
 * of the loop.
 */
static uint16
execution_of(const PfaCall *call)
{
	static uint16 executions;
	const PfaCall *by = call->outer;

	while (by->absorbed)
		by = by->outer;
	if (call->simple && by->introduced)
		return by->caller.execution;
	if (++executions == 0)
		executions = 1;
	return executions;
}

/* What a statement is to those that it calls. */
static void
introduce(PfaCall *call)
{
	PfaCaller  *caller = &call->caller;
	const PfaFrame *frame = call->frame;
	const PfaUtility *utility = (const PfaUtility *) call;
	const PfaKey *key = frame ? &frame->x.key : &utility->key;

	caller->shape = key->shape;
	caller->queryid = frame ? frame->queryid : utility->queryid;
	caller->userid = key->userid;
	caller->toplevel = key->toplevel == 1;
	caller->several = false;
	set_way(caller, frame || utility->runs_code ? PFA_CALLED_BY_FUNCTION :
			PFA_CALLED_BY_UTILITY);
	call->introduced = true;
	call->simple = frame && is_simple(frame);
	caller->execution = execution_of(call);
}

/* Whether a foreign key's query is among those that run. */
static bool
inside_foreign_key(const PfaCall *call)
{
	for (; call != &pfa_calls_bottom; call = call->outer)
	{
		const PfaExecution *x = call->frame ? &call->frame->x : NULL;

		if (x && !call->absorbed && !x->key.toplevel &&
			x->caller.how == PFA_CALLED_BY_FOREIGN_KEY)
			return true;
	}
	return false;
}

void
pfa_calls_begin_slowly(PfaCall *call, PfaCaller *caller)
{
	PfaCall    *by = pfa_calls_running;
	bool		in_trigger;

	while (by->absorbed)
		by = by->outer;
	if (!by->introduced && by != &pfa_calls_bottom)
		introduce(by);
	*caller = by->caller;
	call->trigger_depth = pfa_calls_trigger_depth();
	in_trigger = call->trigger_depth > by->trigger_depth;
	/* what a foreign key's query sets off runs so, too */
	if (in_trigger && InNoForceRLSOperation() && !inside_foreign_key(by))
		set_way(caller, PFA_CALLED_BY_FOREIGN_KEY);
	else if (in_trigger)
		set_way(caller, PFA_CALLED_BY_TRIGGER);
	else if (by == &pfa_calls_bottom)
		set_way(caller, PFA_CALLED_BY_FUNCTION);
}

void
pfa_calls_note(PfaCaller *sum, const PfaCaller *caller)
{
	bool		several = sum->several || caller->several ||
		(sum->id != 0 && sum->id != caller->id);

	if (caller->id == 0)
		return;
	*sum = *caller;
	sum->several = several;
}
