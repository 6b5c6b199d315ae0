/*
 * failures.c
 *		Statements that fail: in planning, at the start, in a run or at the finish;
 *		and those that end with their backend.
 *
 * Called while an error or an exit is on its way.  Must never throw: what cannot be counted
 * for a shape is counted as such.
 */
#include "postgres.h"

#include "access/xact.h"

#include "calls.h"
#include "clock.h"
#include "collect.h"
#include "errors.h"
#include "histogram.h"
#include "planning.h"
#include "record.h"
#include "slab.h"
#include "store.h"
#include "unit_hot.h"
#include "utility.h"

bool		pfa_collect_hurries;

/* One that fails while nothing may be waited for, and there is no room for it. */
static void
count_unattributed(void)
{
	pg_atomic_fetch_add_u64(&pfa_totals->failed_unattributed, 1);
}

/* Whether a failure can be recorded without moving what waits to the store. */
static bool
has_room(const PfaKey *key, const PfaShape *shape)
{
	return pfa_slab_is_entry(shape->slab_hint, key) ?
		shape->slab_hint->pending.hist.count[0] < PG_UINT8_MAX :
		pfa_slab_used < PFA_SLAB_ENTRIES;
}

static void
record_failure(const PfaKey *key, const PfaCaller *caller, PfaShape *shape, PfaFailure failure)
{
	PfaExecution execution;
	PfaCounters rare;

	memset(&rare, 0, sizeof(rare));
	rare.errors = 1;
	memset(&execution, 0, sizeof(execution));
	execution.key = *key;
	if (!key->toplevel)
		execution.caller = *caller;
	execution.rare = &rare;
	execution.failure = failure;
	execution.now = GetCurrentStatementStartTimestamp();
	if (pfa_collect_hurries && !has_room(key, shape))
		count_unattributed();
	else
		pfa_record_execution(&execution, shape);
	if (key->toplevel)
	{
		PFA_SLAB_CHANGE(pfa_slab_line);
		pfa_slab_line->now.errors++;
		PFA_SLAB_CHANGED(pfa_slab_line);
	}
}

/* The shape of what was planned; NULL (counted) if it cannot be known. */
static PfaShape *
planned_shape(const PfaPlanning *planning)
{
	PfaShape   *shape = pfa_shape_find(planning->queryid);

	if (pfa_collect_hurries ? pfa_slab_line == NULL : !pfa_slab_begin())
		return NULL;
	if (shape == NULL || pfa_utility_explains > 0)
	{
		count_unattributed();
		return NULL;
	}
	return shape;
}

void
pfa_collect_plan_failed(const PfaPlanning *planning, int nesting)
{
	PfaShape   *shape = planned_shape(planning);
	PfaKey		key;
	PfaCall		call;
	PfaCaller	caller;

	if (shape == NULL)
		return;
	pfa_collect_key(&key, shape->facts.shape, nesting == 0);
	if (nesting > 0)
		pfa_calls_begin(&call, &caller);
	record_failure(&key, &caller, shape, pfa_errors_current());
}

void
pfa_collect_plan_abandoned(const PfaPlanning *planning, Oid userid, PfaFailure failure)
{
	PfaShape   *shape = planned_shape(planning);
	PfaKey		key;

	if (shape == NULL)
		return;
	pfa_collect_key(&key, shape->facts.shape, true);
	/* that of now is the session's */
	key.userid = userid;
	record_failure(&key, NULL, shape, failure);
}

static void
fail(PfaFrame *frame, PfaFailure failure)
{
	if (!frame->worker && !frame->failed)
	{
		/* what another statement has taken from it, a lock would tell */
		bool		unknown = pfa_collect_hurries && frame->shape->queryid != frame->queryid;
		PfaShape   *shape = unknown ? frame->shape : pfa_frames_shape(frame);

		frame->failed = true;
		frame->run_end_ns = pfa_clock_ns();
		/* else it is the utility statement around it that fails */
		if (unknown)
			count_unattributed();
		else if (!frame->absorbed)
			record_failure(&frame->x.key, &frame->x.caller, shape, failure);
		if (frame->unit_serial != 0)
		{
			frame->x.bucket = pfa_hist_bucket(frame->x.exec_ns / 1000);
			pfa_unit_end(frame->unit_shape, frame->unit_serial, shape, &frame->x, frame->run_end_ns, true);
			frame->unit_serial = 0;
		}
	}
	/* nobody else will come for a statement that did not start */
	if (frame->estate == NULL)
		pfa_frames_release(frame);
}

void
pfa_collect_failed(PfaFrame *frame)
{
	fail(frame, pfa_errors_current());
}

void
pfa_collect_abandoned(PfaFrame *frame)
{
	pfa_collect_leave(frame);
	fail(frame, frame->failure);
}

void
pfa_collect_sweep(int xact_level)
{
	PfaFrame   *frame;

	while ((frame = pfa_frames_left(xact_level)) != NULL)
	{
		/* what has come to its end has not failed */
		if (frame->ending)
			pfa_frames_release(frame);
		else
		{
			if (frame->x.call.starting)
				pfa_nesting = Min(pfa_nesting, frame->level);
			fail(frame, frame->failure);
		}
	}
}

void
pfa_collect_cut_short(PfaFrame *frame)
{
	if (!frame->worker && !frame->absorbed && !frame->failed)
		record_failure(&frame->x.key, &frame->x.caller, pfa_frames_shape(frame),
					   pfa_errors_of_exit());
	frame->failed = true;
}

/* The backend ends while these run; no handler of errors is called. */
static void
cut_short(void)
{
	for (PfaCall *call = pfa_calls_running; call; call = call->outer)
	{
		if (call->frame)
			pfa_collect_cut_short(call->frame);
	}
	/* those that start are not on the chain */
	for (PfaFrame *frame = pfa_frames_youngest; frame; frame = frame->below)
	{
		if (frame->estate == NULL && !frame->ending)
			pfa_collect_cut_short(frame);
	}
	pfa_planning_cut_short();
	pfa_utility_cut_short();
}

void
pfa_collect_install(void)
{
	pfa_slab_leaving = cut_short;
}
