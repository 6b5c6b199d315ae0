/*
 * hooks.c
 *		The server's hooks: chaining, nesting level, errors.  No policy: what is
 *		recorded is decided in collect.
 *
 * Must never swallow an error or leave the nesting level wrong, whichever way
 * a statement ends; must call the hooks that were there before, always.
 */
#include "postgres.h"

#include "access/xact.h"
#include "parser/analyze.h"
#include "tcop/pquery.h"
#include "tcop/tcopprot.h"
#include "tcop/utility.h"

#include "calls.h"
#include "collect.h"
#include "compat.h"
#include "frames.h"
#include "handover.h"
#include "hooks.h"
#include "nesting.h"
#include "planning.h"
#include "queryid.h"
#include "slab.h"
#include "utility.h"

static post_parse_analyze_hook_type prev_post_parse;
static planner_hook_type prev_planner;

/* Whoever was there before, or the server's own. */
static ExecutorStart_hook_type call_start;
static ExecutorRun_hook_type call_run;
static ExecutorFinish_hook_type call_finish;
static ExecutorEnd_hook_type call_end;

static ProcessUtility_hook_type prev_utility;

static inline bool
recording(void)
{
	return pfa_collect_suspended == 0 && pfa_collect_enabled();
}

/* How deep it is: what deferred triggers run at commit, no client has sent. */
static inline int
depth(const char *text)
{
	return pfa_nesting == 0 && (text == NULL || text != debug_query_string) &&
		pfa_calls_trigger_depth() > 0 ? 1 : pfa_nesting;
}

static void
post_parse(PFA_POST_PARSE_PARAMS)
{
	/* nobody else wants ids, or core had given it one */
	if (query->queryId == 0 && pfa_queryid_enabled() && pfa_collect_suspended == 0)
		jstate = pfa_queryid_assign(pstate, query);
	if (prev_post_parse)
		prev_post_parse(pstate, query, jstate);
	if (recording())
		pfa_handover_parsed(query, pstate->p_sourcetext, jstate,
							depth(pstate->p_sourcetext));
}

static inline PlannedStmt *
call_planner(PFA_PLANNER_PARAMS)
{
	return prev_planner ? prev_planner(PFA_PLANNER_ARGS) : standard_planner(PFA_PLANNER_ARGS);
}

/* With a handler of errors. */
static pg_noinline PlannedStmt *
plan_guarded(PfaPlanning planning, PFA_PLANNER_PARAMS)
{
	PlannedStmt *result;
	PfaCall    *run = pfa_calls_running;
	int			level = pfa_nesting;

	pfa_nesting++;
	PG_TRY();
	{
		result = call_planner(PFA_PLANNER_ARGS);
	}
	PG_CATCH();
	{
		pfa_nesting_return(run, level);
		if (planning.queryid != 0)
			pfa_collect_plan_failed(&planning, depth(query_string));
		PG_RE_THROW();
	}
	PG_END_TRY();
	pfa_nesting_return(run, level);
	return result;
}

static PlannedStmt *
planner_entry(PFA_PLANNER_PARAMS)
{
	PlannedStmt *result;
	PfaPlanning planning = {0};

	pfa_handover_plan_comes(parse);
	if (recording())
		pfa_handover_plan_begin(&planning, parse);
	if (likely(pfa_planning_watch_begin(&planning, query_string)))
	{
		result = call_planner(PFA_PLANNER_ARGS);
		pfa_planning_watch_end();
	}
	else
		result = plan_guarded(planning, PFA_PLANNER_ARGS);
	if (planning.queryid != 0)
		pfa_handover_planned(&planning, boundParams, pfa_nesting);
	return result;
}

/* Choosing partitions may call functions: what they run, no client has sent. */
static pg_noinline void
start_deeper(PfaFrame *frame, QueryDesc *queryDesc, int eflags)
{
	frame->level = pfa_nesting++;
	frame->x.call.starting = true;
	call_start(queryDesc, eflags);
	frame->x.call.starting = false;
	pfa_nesting = frame->level;
}

/* One of which something is to be found out, or nothing recorded. */
static pg_noinline void
start_slowly(QueryDesc *queryDesc, int eflags)
{
	PfaFrame   *frame = NULL;

	if (recording())
	{
		/* what deferred triggers run at commit was not sent by a client */
		bool		deferred = pfa_nesting == 0 && ActivePortal == NULL && !IsParallelWorker();

		frame = pfa_collect_start(queryDesc, eflags, deferred ? 1 : pfa_nesting);
	}
	if (frame == NULL)
	{
		call_start(queryDesc, eflags);
		return;
	}
	pfa_nesting_watch(frame);
	if (unlikely(!frame->plain && frame->glance.prunes))
		start_deeper(frame, queryDesc, eflags);
	else
		call_start(queryDesc, eflags);
	pfa_nesting_unwatch(frame);
	pfa_collect_started(frame, queryDesc);
}

static void
executor_start(QueryDesc *queryDesc, int eflags)
{
	PfaFrame   *frame;

	/* what has just been planned does not run again as it did */
	if (pfa_handover_plan.queryid != 0)
	{
		start_slowly(queryDesc, eflags);
		return;
	}
	frame = pfa_nesting > 0 ? pfa_collect_start_again_nested(queryDesc, eflags) :
		pfa_collect_start_again(queryDesc, eflags);
	if (frame == NULL)
	{
		start_slowly(queryDesc, eflags);
		return;
	}
	pfa_nesting_watch(frame);
	call_start(queryDesc, eflags);
	pfa_nesting_unwatch(frame);
	pfa_frames_bind(frame, queryDesc->estate);
}

/* A run with something to be put right after an error; frame may be NULL. */
static pg_noinline void
run_guarded(PfaFrame *frame, PFA_EXECUTOR_RUN_PARAMS)
{
	PfaCall    *run;
	int			level = pfa_nesting;

	if (frame)
		pfa_collect_run_begin(frame, queryDesc, count);
	run = pfa_calls_running;
	pfa_nesting++;
	PG_TRY();
	{
		call_run(PFA_EXECUTOR_RUN_ARGS);
	}
	PG_CATCH();
	{
		pfa_nesting_return(run, level);
		if (frame)
		{
			pfa_collect_run_end(frame, queryDesc);
			pfa_collect_failed(frame);
		}
		PG_RE_THROW();
	}
	PG_END_TRY();
	pfa_nesting_return(run, level);
	if (frame)
		pfa_collect_run_end(frame, queryDesc);
}

static void
executor_run(PFA_EXECUTOR_RUN_PARAMS)
{
	PfaFrame   *frame = pfa_collect_frame(queryDesc);

	if (unlikely(frame == NULL || !pfa_collect_runs_plainly(frame, queryDesc)))
	{
		run_guarded(frame, PFA_EXECUTOR_RUN_ARGS);
		return;
	}
	pfa_nesting_watch(frame);
	pfa_collect_plain_begin(frame, queryDesc, count);
	pfa_nesting++;
	call_run(PFA_EXECUTOR_RUN_ARGS);
	pfa_nesting_return(&frame->x.call, frame->level);
	pfa_collect_plain_end(frame, queryDesc);
	pfa_nesting_unwatch(frame);
}

/* Changes of data, whose triggers run now. */
static pg_noinline void
finish_change(QueryDesc *queryDesc)
{
	PfaFrame   *frame = pfa_collect_frame(queryDesc);
	PfaCall    *run;
	int			level = pfa_nesting;

	if (frame)
		pfa_collect_finish_begin(frame);
	run = pfa_calls_running;
	pfa_nesting++;
	PG_TRY();
	{
		call_finish(queryDesc);
	}
	PG_CATCH();
	{
		pfa_nesting_return(run, level);
		if (frame)
		{
			pfa_collect_finish_end(frame);
			pfa_collect_failed(frame);
		}
		PG_RE_THROW();
	}
	PG_END_TRY();
	pfa_nesting_return(run, level);
	if (frame)
		pfa_collect_finish_end(frame);
}

static pg_noinline void
finish_carefully(QueryDesc *queryDesc)
{
	if (pfa_collect_finish_matters(queryDesc))
		finish_change(queryDesc);
	else
		call_finish(queryDesc);
}

static void
executor_finish(QueryDesc *queryDesc)
{
	if (likely(queryDesc->operation == CMD_SELECT &&
			   !queryDesc->plannedstmt->hasModifyingCTE))
		call_finish(queryDesc);
	else
		finish_carefully(queryDesc);
}

static void
executor_end(QueryDesc *queryDesc)
{
	PfaFrame   *frame = pfa_collect_frame(queryDesc);

	if (frame)
		pfa_collect_end_begin(frame, queryDesc);
	call_end(queryDesc);
	if (frame && !pfa_collect_end_plainly(frame))
		pfa_collect_end(frame);
}

static void
call_utility(PFA_UTILITY_PARAMS)
{
	if (prev_utility)
		prev_utility(PFA_UTILITY_ARGS);
	else
		standard_ProcessUtility(PFA_UTILITY_ARGS);
}

static void
process_utility(PFA_UTILITY_PARAMS)
{
	/* the statement may free its own tree: what is needed is taken now */
	PfaUtility	utility;
	/* pieces of a statement (the index of CREATE TABLE's primary key) are part of it */
	bool		record = context != PROCESS_UTILITY_SUBCOMMAND && recording() &&
		pfa_utility_begin(&utility, pstmt, queryString, depth(queryString));
	PfaCall    *run = pfa_calls_running;
	PfaCall    *floor = pfa_nesting_floor;
	int			level = pfa_nesting;

	if (!pfa_utility_is_transparent(pstmt->utilityStmt))
		pfa_nesting++;
	/* a procedure may end the transaction and go on */
	pfa_nesting_floor = run;
	PG_TRY();
	{
		call_utility(PFA_UTILITY_ARGS);
	}
	PG_CATCH();
	{
		pfa_nesting_floor = floor;
		pfa_nesting_return(run, level);
		if (record)
			pfa_utility_end(&utility, NULL, true);
		PG_RE_THROW();
	}
	PG_END_TRY();
	pfa_nesting_floor = floor;
	pfa_nesting_return(run, level);
	if (record)
		pfa_utility_end(&utility, qc, false);
}

void
pfa_hooks_suspend(void)
{
	pfa_collect_suspended++;
	pfa_changes++;				/* nothing runs again as it did */
}

void
pfa_hooks_resume(void)
{
	if (pfa_collect_suspended > 0)
		pfa_collect_suspended--;
}

static pg_noinline void
transaction_over(bool aborted)
{
	pfa_collect_suspended = 0;
	pfa_nesting_over(1);
	pfa_frames_xact_level = 1;
	pfa_collect_transaction_over(aborted);
}

static void
transaction_callback(XactEvent event, void *arg)
{
	if (event >= XACT_EVENT_PRE_COMMIT)
		return;
	if (event == XACT_EVENT_PARALLEL_COMMIT || event == XACT_EVENT_PARALLEL_ABORT)
		return;
	if (event == XACT_EVENT_ABORT || pfa_frames_youngest || pfa_unit_in_transaction ||
		pfa_collect_suspended != 0 || pfa_frames_xact_level != 1 || pfa_planning_watch.going_on)
		transaction_over(event == XACT_EVENT_ABORT);
}

void
pfa_hooks_install(void)
{
	prev_post_parse = post_parse_analyze_hook;
	post_parse_analyze_hook = post_parse;
	prev_planner = planner_hook;
	planner_hook = planner_entry;
	call_start = ExecutorStart_hook ? ExecutorStart_hook : standard_ExecutorStart;
	ExecutorStart_hook = executor_start;
	call_run = ExecutorRun_hook ? ExecutorRun_hook : standard_ExecutorRun;
	ExecutorRun_hook = executor_run;
	call_finish = ExecutorFinish_hook ? ExecutorFinish_hook : standard_ExecutorFinish;
	ExecutorFinish_hook = executor_finish;
	call_end = ExecutorEnd_hook ? ExecutorEnd_hook : standard_ExecutorEnd;
	ExecutorEnd_hook = executor_end;
	prev_utility = ProcessUtility_hook;
	ProcessUtility_hook = process_utility;
	RegisterXactCallback(transaction_callback, NULL);
	pfa_nesting_install();
	pfa_collect_install();
}
