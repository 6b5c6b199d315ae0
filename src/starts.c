/*
 * starts.c
 *		Executions that are no statement of their own: their frames.
 *
 * A parallel worker's is its leader's, the query of a utility statement is that
 * statement's, a nested one that is not recorded is nobody's.
 */
#include "postgres.h"

#include "calls.h"
#include "plan_facts.h"
#include "shape.h"
#include "slab.h"
#include "starts.h"
#include "store.h"
#include "suspended.h"
#include "utility.h"

/* Counts for the statement around it, or not at all. */
static void
absorb(PfaFrame *frame)
{
	frame->absorbed = true;
	pfa_calls_absorb(&frame->x.call);
}

PfaFrame *
pfa_starts_silently(QueryDesc *queryDesc)
{
	PfaFrame   *frame = pfa_frames_take();

	if (frame)
	{
		frame->worker = true;
		absorb(frame);
		pfa_plan_glance(queryDesc->plannedstmt, &frame->glance);
	}
	return frame;
}

PfaFrame *
pfa_starts_in_worker(QueryDesc *queryDesc, int nesting)
{
	PfaFrame   *frame = pfa_frames_take();

	if (frame)
	{
		frame->worker = true;
		frame->queryid = queryDesc->plannedstmt->queryId;
		/* a nested statement of a worker is nobody's */
		if (nesting > 0)
			absorb(frame);
		pfa_plan_glance(queryDesc->plannedstmt, &frame->glance);
	}
	return frame;
}

PfaFrame *
pfa_starts_in_utility(int nesting)
{
	const PfaUtility *around = pfa_utility_around();
	PfaFrame   *frame;

	if (around == NULL)
	{
		if (nesting == 0)
			pg_atomic_fetch_add_u64(&pfa_totals->no_queryid, 1);
		return NULL;
	}
	if (!pfa_slab_begin())
		return NULL;
	frame = pfa_frames_take();
	if (frame == NULL)
		frame = pfa_suspended_make_room();
	if (frame)
	{
		/* a cursor outlives its DECLARE, and counts by itself */
		if (around->counted)
			absorb(frame);
		frame->x.key = around->key;
		frame->queryid = around->queryid;
		frame->shape = pfa_utility_shape(around);
		/* its planning could not be told from others': the plan may be new */
		pfa_shape_forget_plan(frame->shape);
	}
	return frame;
}
