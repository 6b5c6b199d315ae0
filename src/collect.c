/*
 * collect.c
 *		One execution, from its start through its runs to its end.
 *
 * Must never let a failure of its own reach the statement, nor take a lock at
 * an ordinary execution: what waits is drained now and then, plans and texts
 * are written when they are new.
 */
#include "postgres.h"

#include "access/xact.h"
#include "executor/executor.h"
#include "executor/instrument.h"
#include "utils/timestamp.h"

#include "calls.h"
#include "capture.h"
#include "clock.h"
#include "collect.h"
#include "compat.h"
#include "distinct.h"
#include "frame_scans.h"
#include "frames.h"
#include "handover.h"
#include "literals.h"
#include "record.h"
#include "scan_rows.h"
#include "sampling.h"
#include "settings.h"
#include "shape.h"
#include "slab.h"
#include "starts.h"
#include "suspended.h"
#include "tagging.h"
#include "unit_hot.h"
#include "utility.h"

int			pfa_collect_suspended;

/* -- start --------------------------------------------------------------------------- */

/* What parsing has left of the values stays there. */
static inline void
get_values(const PfaShape *shape, ParamListInfo params, PfaValues *values)
{
	bool		left = shape->queryid != 0 &&
		pfa_handover_values_queryid == shape->queryid;

	if (!left && params != NULL &&
		pfa_literals_take_single(values, &shape->facts, params))
		return;
	if (left)
		*values = pfa_handover_values;
	else
		pfa_literals_begin(values, &shape->facts);
	if (params != NULL)
		pfa_literals_add_params(values, &shape->facts, params);
}

pg_noinline void
pfa_collect_look_closer(PfaFrame *frame, ParamListInfo params)
{
	PfaShape   *shape = frame->shape;
	PfaValues	values;

	get_values(shape, params, &values);
	pfa_handover_values_queryid = 0;
	if (values.known)
		pfa_unit_track(shape, &values);
}

pg_noinline void
pfa_collect_count_values(PfaFrame *frame, ParamListInfo params)
{
	PfaShape   *shape = frame->shape;
	PfaValues	values;

	pfa_distinct_draw();
	if (!pfa_distinct_counts(&shape->facts))
		return;
	get_values(shape, params, &values);
	if (!pfa_unit_repeats)
		pfa_handover_values_queryid = 0;
	if (values.known)
		pfa_distinct_add(&frame->x.key, values.all, frame->x.now);
}

/* A plan that is used again is worth remembering. */
static inline bool
is_plainly_untagged(const PfaFrame *frame, const QueryDesc *queryDesc)
{
	const PlannedStmt *stmt = queryDesc->plannedstmt;

	if (pfa_tagging_possible(stmt, queryDesc->sourceText))
		return false;
	if (!frame->x.planned)
		pfa_known_add(stmt, frame->shape->plan.stamp, PFA_KNOWN_UNTAGGED);
	return true;
}

/* With its tags, if it has any; telling the client may fail. */
static pg_noinline void
begin_closely(PfaFrame *frame, QueryDesc *queryDesc)
{
	const PfaTagged *tagged = pfa_tagging_find(frame->shape, queryDesc->plannedstmt,
											   queryDesc->sourceText);
	bool		ignored = tagged != NULL && tagged->ignored;

	pfa_unit_expect(tagged);
	if (ignored || pfa_notice == PFA_NOTICE_OFF)
	{
		if (ignored)
		{
			pfa_unit_pass(frame->shape, frame->x.key.userid, frame->x.now,
						  IsTransactionBlock());
			frame->unit_shape = NULL;
			frame->unit_serial = pfa_unit_current.serial;
			pfa_handover_values_queryid = 0;
		}
		else
			pfa_collect_begin_in_unit(frame, queryDesc);
		pfa_unit_expect(NULL);
		return;
	}
	PG_TRY();
	{
		pfa_collect_begin_in_unit(frame, queryDesc);
		pfa_unit_tell(frame->shape, &frame->x.key);
	}
	PG_CATCH();
	{
		pfa_unit_expect(NULL);
		pfa_frames_release(frame);
		PG_RE_THROW();
	}
	PG_END_TRY();
	pfa_unit_expect(NULL);
}

/* With its tags, or without when it is known to have none. */
static inline void
begin(PfaFrame *frame, QueryDesc *queryDesc, uint32 known)
{
	if (likely(pfa_notice == PFA_NOTICE_OFF &&
			   ((known & PFA_KNOWN_UNTAGGED) || is_plainly_untagged(frame, queryDesc))))
		pfa_collect_begin_in_unit(frame, queryDesc);
	else
		begin_closely(frame, queryDesc);
}

void
pfa_collect_keep_text(PfaFrame *frame, const QueryDesc *queryDesc)
{
	pfa_record_text(&frame->x.key, pfa_frames_shape(frame), NULL, NULL,
					queryDesc->sourceText, queryDesc->plannedstmt->stmt_location,
					queryDesc->plannedstmt->stmt_len, queryDesc);
}

PfaFrame *
pfa_collect_start(QueryDesc *queryDesc, int eflags, int nesting)
{
	const PlannedStmt *stmt = queryDesc->plannedstmt;
	const PfaPlanned *planned;
	PfaFrame   *frame;
	uint32		known;

	if ((eflags & EXEC_FLAG_EXPLAIN_ONLY) || pfa_utility_explains > 0)
		return NULL;
	if (unlikely(nesting > 0 && !pfa_track_nested))
	{
		PfaFrame   *around = pfa_calls_running->frame;

		return around && around->scans.n > 0 ? pfa_starts_silently(queryDesc) : NULL;
	}
	if (unlikely(IsParallelWorker()))
		return pfa_starts_in_worker(queryDesc, nesting);
	if (unlikely(stmt->queryId == 0))
	{
		frame = pfa_starts_in_utility(nesting);
		if (frame == NULL)
			return NULL;
	}
	else
	{
		if (!pfa_slab_begin())
			return NULL;
		frame = pfa_frames_take();
		if (unlikely(frame == NULL) && (frame = pfa_suspended_make_room()) == NULL)
			return NULL;
		frame->queryid = stmt->queryId;
		frame->shape = pfa_shape_find(frame->queryid);
		if (unlikely(frame->shape == NULL))
			frame->shape = pfa_shape_of_planned(frame->queryid, queryDesc->operation);
		pfa_collect_key(&frame->x.key, frame->shape->facts.shape, nesting == 0);
	}
	frame->x.now = GetCurrentStatementStartTimestamp();
	if (nesting == 0)
		pfa_slab_drain_if_due(frame->x.now);
	else
		pfa_calls_begin(&frame->x.call, &frame->x.caller);
	planned = pfa_handover_take_plan(stmt->queryId, nesting);
	frame->x.planned = planned != NULL;
	frame->x.plan_ns = planned ? planned->ns : 0;
	frame->x.generic = planned == NULL ||
		(planned->generic && queryDesc->params && queryDesc->params->numParams > 0);
	/* of one just made nothing is known */
	known = planned ? 0 : pfa_known_find(stmt, frame->shape->plan.stamp);
	pfa_sampling_decide(frame, stmt, known);
	/* one that fails is never asked for its text again */
	if (unlikely(!frame->settled && !frame->absorbed))
		pfa_collect_keep_text(frame, queryDesc);
	if (frame->plain && frame->settled && planned == NULL)
		frame->again = 1;
	if (nesting == 0 && !frame->absorbed)
		begin(frame, queryDesc, known);
	if (frame->sampled)
		queryDesc->instrument_options |= INSTRUMENT_ROWS;
	return frame;
}

/* -- runs -------------------------------------------------------------------------- */

/* Workers are given the id that the leader reports, whoever set it. */
static pg_noinline void
expect_workers(PfaFrame *frame)
{
	PfaScan		left[PFA_SLAB_WORKERS];

	if (frame->worker)
		return;
	frame->worker_queryid = pgstat_get_my_query_id();
	/* what an execution that failed, or an EXPLAIN, has left */
	if (frame->x.exec_ns != 0)
		return;
	if (frame->below == NULL)
		pfa_slab_forget_workers();
	else
		pfa_slab_take_from_workers(frame->worker_queryid, left, PFA_SLAB_WORKERS);
}

static pg_noinline void
begin_into_store(PfaFrame *frame, const QueryDesc *queryDesc)
{
	const PortalData *portal = ActivePortal;

	/* EXECUTE and FETCH send what is in the store to the client */
	if (pfa_utility_executes())
		frame->dest_kind = DestRemote;
	/* a cursor held over its transaction's end begins again if it can go back */
	if (portal && portal->queryDesc == queryDesc && portal->holdStore &&
		(portal->cursorOptions & CURSOR_OPT_SCROLL))
		frame->x.rows = 0;
}

static pg_noinline void
begin_capture(PfaFrame *frame, QueryDesc *queryDesc)
{
	PfaShape   *shape = pfa_frames_shape(frame);

	if (!pfa_capture_wanted(shape, queryDesc))
		return;
	frame->dest = queryDesc->dest;
	queryDesc->dest = pfa_capture_begin(&frame->capture, shape, queryDesc,
										!pfa_unit_in_transaction);
}

void
pfa_collect_run_begin(PfaFrame *frame, QueryDesc *queryDesc, uint64 count)
{
	if (unlikely(frame->x.exec_ns != 0))
		pfa_collect_note_resumed(frame);
	frame->portal_limited |= count != 0;
	frame->dest_kind = queryDesc->dest->mydest;
	if (unlikely(frame->dest_kind == DestTuplestore))
		begin_into_store(frame, queryDesc);
	if (unlikely(!frame->plain && frame->glance.parallel))
		expect_workers(frame);
	frame->dest = NULL;
	if (pfa_collect_looks_at_result(frame))
		begin_capture(frame, queryDesc);
	if (frame->scans.n > 0)
		pfa_scan_enter(&frame->scans);
	pfa_collect_enter(frame);
}

static void
leave_carefully(PfaFrame *frame)
{
	pfa_collect_leave(frame);
	if (frame->scans.n > 0)
		pfa_frame_scans_leave(frame);
	if (frame->absorbed)
		pfa_calls_pass(&frame->x.call, frame->run_end_ns - frame->run_start_ns);
}

void
pfa_collect_run_end(PfaFrame *frame, QueryDesc *queryDesc)
{
	leave_carefully(frame);
	if (frame->dest)
	{
		queryDesc->dest = frame->dest;
		pfa_capture_end(&frame->capture);
		if (frame->capture.slot >= 0)
			pfa_unit_offer(frame->shape, frame->capture.slot, frame->run_end_ns);
	}
	if (queryDesc->estate)
		frame->x.rows += queryDesc->estate->es_processed;
	if (frame->portal_limited)
		pfa_collect_note_pause(frame);
}

static bool
any_has_triggers(const List *relations)
{
	const ListCell *lc;

	foreach(lc, relations)
	{
		if (((const ResultRelInfo *) lfirst(lc))->ri_TrigDesc != NULL)
			return true;
	}
	return false;
}

bool
pfa_collect_finish_matters(const QueryDesc *queryDesc)
{
	const EState *estate = queryDesc->estate;

	return queryDesc->plannedstmt->hasModifyingCTE || estate == NULL ||
		any_has_triggers(estate->es_opened_result_relations) ||
		any_has_triggers(estate->es_tuple_routing_result_relations);
}

void
pfa_collect_finish_begin(PfaFrame *frame)
{
	if (frame->scans.n > 0)
		pfa_scan_enter(&frame->scans);
	pfa_collect_enter(frame);
}

void
pfa_collect_finish_end(PfaFrame *frame)
{
	leave_carefully(frame);
}
