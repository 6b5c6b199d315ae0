/*
 * collect.h
 *		One execution: from its start, through its runs, to facts.
 *
 * The only coordinator: it calls plan_facts, scan_rows, unit, capture and slab
 * in turn, and they do not call each other.
 */
#ifndef PFA_COLLECT_H
#define PFA_COLLECT_H

#include "perfaudit.h"
#include "executor/execdesc.h"
#include "access/parallel.h"
#include "access/xact.h"
#include "calls.h"
#include "clock.h"
#include "commands/extension.h"
#include "distinct.h"
#include "executor/executor.h"
#include "executor/instrument.h"
#include "frames.h"
#include "known.h"
#include "nesting.h"
#include "handover.h"
#include "histogram.h"
#include "nodes/params.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "record.h"
#include "settings.h"
#include "shmem.h"
#include "slab.h"
#include "tcop/pquery.h"
#include "unit_hot.h"
#include "utility.h"

#define PFA_RESULT_FLOOR	1000	/* rows from which unbounded results and
									 * offsets are counted */

/* At the server's start. */
extern void pfa_collect_install(void);

/* Nothing is recorded while it is not 0; see hooks.h. */
extern PFA_LOCAL int pfa_collect_suspended;

/* Whether statements are recorded at the moment, if this backend's are. */
static inline bool
pfa_collect_enabled(void)
{
	return pfa_enabled && !creating_extension;
}

/*
 * Planning failed: no execution follows that could be told of it.  In a handler
 * of errors...
 */
extern void pfa_collect_plan_failed(const PfaPlanning *planning, int nesting);

/* ...or while the transaction is aborted: the client's own statement. */
extern void pfa_collect_plan_abandoned(const PfaPlanning *planning, Oid userid,
									   PfaFailure failure);

/* The text of a statement that was parsed before it was forgotten, or not seen parsed. */
extern void pfa_collect_keep_text(PfaFrame *frame, const QueryDesc *queryDesc);

/* A shape that repeats in its unit: its values are looked at. */
extern void pfa_collect_look_closer(PfaFrame *frame, ParamListInfo params);

/* One of few executions: its values are counted, see distinct.h. */
extern void pfa_collect_count_values(PfaFrame *frame, ParamListInfo params);

/* Of a statement that its unit has begun. */
static inline void
pfa_collect_begun_in_unit(PfaFrame *frame, const QueryDesc *queryDesc)
{
	frame->unit_serial = pfa_unit_current.serial;
	if (unlikely(--pfa_distinct_in == 0))
		pfa_collect_count_values(frame, queryDesc->params);
	if (pfa_unit_repeats &&
		(queryDesc->params == NULL || !pfa_unit_follow(frame->unit_shape, frame->shape, queryDesc->params)))
		pfa_collect_look_closer(frame, queryDesc->params);
}

static inline void
pfa_collect_begin_in_unit(PfaFrame *frame, const QueryDesc *queryDesc)
{
	frame->unit_shape = pfa_unit_begin(frame->shape, frame->x.key.userid, frame->x.now,
									   IsTransactionBlock());
	pfa_collect_begun_in_unit(frame, queryDesc);
}

/* NULL when the execution is not recorded. */
extern PfaFrame *pfa_collect_start(QueryDesc *queryDesc, int eflags, int nesting);

/*
 * Clients that prepare, and functions, mostly run a statement several times in
 * turn: then nothing is found out anew, and all comes to the same as in
 * pfa_collect_start; not after a planning.  Whether the free frame's last execution was one of this plan
 * (wanted: PFA_KNOWN_* of it), and nothing has changed since.
 */
static inline bool
pfa_collect_runs_again(const PfaFrame *frame, const PlannedStmt *stmt, int eflags,
					   uint32 wanted)
{
	return frame->again == pfa_changes && frame->queryid == stmt->queryId &&
		frame->shape->plan.sample_in > 1 && (eflags & EXEC_FLAG_EXPLAIN_ONLY) == 0 &&
		pfa_utility_innermost == NULL &&
		pfa_slab_resets == pg_atomic_read_u64(&pfa_totals->resets) &&
		(pfa_known_find(stmt, frame->shape->plan.stamp) & wanted) == wanted &&
		frame->x.key.userid == GetUserId();
}

/* Takes the frame, with what is known. */
static inline void
pfa_collect_take_again(PfaFrame *frame)
{
	pfa_frames_take_first();
	frame->x.now = GetCurrentStatementStartTimestamp();
	frame->x.generic = true;
	frame->shape->plan.sample_in--;
	frame->plan_known = frame->settled = frame->plain = true;
}

/* NULL if pfa_collect_start is to be called.  At the client's level: */
static inline PfaFrame *
pfa_collect_start_again(const QueryDesc *queryDesc, int eflags)
{
	PfaFrame   *frame = pfa_frames_free;

	if (frame == NULL || !frame->x.key.toplevel ||
		!pfa_collect_runs_again(frame, queryDesc->plannedstmt, eflags,
								PFA_KNOWN_TOP | PFA_KNOWN_UNTAGGED))
		return NULL;
	pfa_collect_take_again(frame);
	pfa_slab_drain_if_due(frame->x.now);
	frame->unit_shape = pfa_unit_begin_steadily(frame->shape, frame->unit_shape,
												frame->x.key.userid, frame->x.now,
												IsTransactionBlock());
	pfa_collect_begun_in_unit(frame, queryDesc);
	return frame;
}

/* The same below it. */
static inline PfaFrame *
pfa_collect_start_again_nested(const QueryDesc *queryDesc, int eflags)
{
	PfaFrame   *frame = pfa_frames_free;

	if (frame == NULL || frame->x.key.toplevel ||
		!pfa_collect_runs_again(frame, queryDesc->plannedstmt, eflags, PFA_KNOWN_NESTED))
		return NULL;
	pfa_collect_take_again(frame);
	pfa_calls_begin(&frame->x.call, &frame->x.caller);
	return frame;
}

extern void pfa_collect_note_again(PfaFrame *frame, const PfaShape *shape);

/* Notes at its end whether the next execution may be one of those; returns
 * pfa_record_fits. */
static inline bool
pfa_collect_settle(PfaFrame *frame, const PfaShape *shape)
{
	bool		fits = pfa_record_fits(&frame->x, shape);

	if (frame->again != 0)
	{
		frame->again = 1;
		if (fits)
			pfa_collect_note_again(frame, shape);
	}
	return fits;
}

static inline void
pfa_collect_started(PfaFrame *frame, QueryDesc *queryDesc)
{
	pfa_frames_bind(frame, queryDesc->estate);
	if (unlikely(!frame->plain && frame->glance.seq_scans))
		pfa_scan_find(queryDesc, &frame->scans);
}

static inline PfaFrame *
pfa_collect_frame(const QueryDesc *queryDesc)
{
	return pfa_frames_find(queryDesc->estate);
}

/* Whether the rows of the next run are looked at. */
static inline bool
pfa_collect_looks_at_result(const PfaFrame *frame)
{
	return frame->unit_serial != 0 && pfa_capture_is_due(frame->shape) &&
		pfa_calls_running == &pfa_calls_bottom;
}

/* A run has nothing but its time and buffers to be looked at. */
static inline bool
pfa_collect_runs_plainly(const PfaFrame *frame, const QueryDesc *queryDesc)
{
	return frame->plain && queryDesc->dest->mydest != DestTuplestore &&
		(!pfa_capture_is_due(frame->shape) || !pfa_collect_looks_at_result(frame));
}

/* Around whatever runs. */
static inline void
pfa_collect_enter(PfaFrame *frame)
{
	pfa_calls_enter(&frame->x.call);
	frame->running = true;
	frame->level = pfa_nesting;
	frame->run_xact_level = pfa_frames_xact_level;
	/* what is not this run's; nobody looks at the sums before it is over */
	frame->x.shared_hit -= pgBufferUsage.shared_blks_hit;
	frame->x.shared_read -= pgBufferUsage.shared_blks_read;
	frame->temp_written -= pgBufferUsage.temp_blks_written;
	frame->run_start_ns = pfa_clock_ns();
}

static inline void
pfa_collect_leave(PfaFrame *frame)
{
	uint64		ns;

	frame->run_end_ns = pfa_clock_ns();
	ns = frame->run_end_ns - frame->run_start_ns;
	frame->x.exec_ns += ns;
	frame->x.shared_hit += pgBufferUsage.shared_blks_hit;
	frame->x.shared_read += pgBufferUsage.shared_blks_read;
	frame->temp_written += pgBufferUsage.temp_blks_written;
	pfa_calls_leave(&frame->x.call, ns);
	frame->running = false;
}

/* A portal is run in portions: its client was waited for... */
static inline void
pfa_collect_note_resumed(const PfaFrame *frame)
{
	if (frame->unit_serial != 0 && frame->unit_serial == pfa_unit_current.serial &&
		pfa_unit_in_transaction)
		pfa_unit_note_end(GetCurrentStatementStartTimestamp());
}

/* ...and is waited for from here on. */
static inline void
pfa_collect_note_pause(const PfaFrame *frame)
{
	if (frame->unit_serial != 0 && frame->unit_serial == pfa_unit_current.serial)
		pfa_unit_current.last_end_ns = frame->run_end_ns;
}

/* The same as run_begin and run_end of one that runs plainly. */
static inline void
pfa_collect_plain_begin(PfaFrame *frame, const QueryDesc *queryDesc, uint64 count)
{
	if (unlikely(frame->x.exec_ns != 0))
		pfa_collect_note_resumed(frame);
	frame->portal_limited |= count != 0;
	frame->dest_kind = queryDesc->dest->mydest;
	frame->dest = NULL;
	pfa_collect_enter(frame);
}

static inline void
pfa_collect_plain_end(PfaFrame *frame, const QueryDesc *queryDesc)
{
	pfa_collect_leave(frame);
	frame->x.rows += queryDesc->estate->es_processed;
	if (frame->portal_limited)
		pfa_collect_note_pause(frame);
}

extern void pfa_collect_run_begin(PfaFrame *frame, QueryDesc *queryDesc, uint64 count);
extern void pfa_collect_run_end(PfaFrame *frame, QueryDesc *queryDesc);

/* Whether ExecutorFinish may do anything for a statement that changes data. */
extern bool pfa_collect_finish_matters(const QueryDesc *queryDesc);

extern void pfa_collect_finish_begin(PfaFrame *frame);
extern void pfa_collect_finish_end(PfaFrame *frame);
extern void pfa_collect_end_slowly(PfaFrame *frame, QueryDesc *queryDesc);

/* Before standard_ExecutorEnd. */
static inline void
pfa_collect_end_begin(PfaFrame *frame, QueryDesc *queryDesc)
{
	frame->ending = true;
	if (unlikely(!frame->plain))
		pfa_collect_end_slowly(frame, queryDesc);
}

extern void pfa_collect_end(PfaFrame *frame);

/* The same for one that has nothing but what every one has; false if it is none. */
static inline bool
pfa_collect_end_plainly(PfaFrame *frame)
{
	PfaShape   *shape = frame->shape;
	bool		steady = frame->again == pfa_changes;

	if (frame->x.rows >= PFA_RESULT_FLOOR || frame->temp_written > 0 || frame->unit_serial == 0 ||
		(!steady && (!frame->plain || shape->queryid != frame->queryid)))
		return false;
	frame->x.bucket = pfa_hist_bucket(frame->x.exec_ns / 1000);
	pfa_record_plainly(&frame->x, shape, steady || pfa_collect_settle(frame, shape));
	pfa_capture_learn(shape, frame->x.rows);
	if (steady)
	{
		pfa_unit_count_over(&frame->x, frame->run_end_ns);
		pfa_unit_end_again(frame->unit_shape, shape, &frame->x, false);
	}
	else
		pfa_unit_end(frame->unit_shape, frame->unit_serial, shape, &frame->x, frame->run_end_ns, false);
	pfa_frames_give_back(frame);
	return true;
}

/* In a handler of errors. */
extern void pfa_collect_failed(PfaFrame *frame);

/*
 * The same without one: a run, or all starts in this subtransaction and below,
 * which an error has ended.
 */
extern void pfa_collect_abandoned(PfaFrame *frame);
extern void pfa_collect_sweep(int xact_level);

/*
 * A transaction is being aborted: nothing may wait, and failures for which there is
 * no room are only counted.
 */
extern PFA_LOCAL bool pfa_collect_hurries;

/* Its backend ends in the middle of it. */
extern void pfa_collect_cut_short(PfaFrame *frame);

/* A transaction was committed, prepared or aborted. */
extern void pfa_collect_transaction_over(bool aborted);

/* The identity of a statement of the current role. */
static inline void
pfa_collect_key(PfaKey *key, uint64 shape, bool toplevel)
{
	key->shape = shape;
	key->dbid = MyDatabaseId;
	key->userid = GetUserId();
	key->toplevel = toplevel ? 1 : 0;
	key->unused = 0;
}

#endif							/* PFA_COLLECT_H */
