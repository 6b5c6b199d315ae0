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
#include "portability/instr_time.h"
#include "tcop/tcopprot.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "capture.h"
#include "clock.h"
#include "collect.h"
#include "compat.h"
#include "frame_scans.h"
#include "frames.h"
#include "handover.h"
#include "literals.h"
#include "plan_facts.h"
#include "record.h"
#include "scan_rows.h"
#include "sampling.h"
#include "settings.h"
#include "shape.h"
#include "shmem.h"
#include "slab.h"
#include "store.h"
#include "unit.h"
#include "utility.h"

#define RESULT_FLOOR		1000	/* rows from which unbounded results and
									 * offsets are counted */
static PfaFrame *running;		/* innermost run */

static PfaShape *
frame_shape(PfaFrame *frame)
{
	/* its place in the cache may have been given to another meanwhile */
	if (frame->shape->queryid != frame->queryid)
		frame->shape = pfa_shape_of_planned(frame->queryid, CMD_UNKNOWN);
	return frame->shape;
}

static void
record_failure(const PfaKey *key, PfaShape *shape)
{
	PfaExecution execution;
	PfaCounters rare;

	memset(&rare, 0, sizeof(rare));
	rare.errors = 1;
	memset(&execution, 0, sizeof(execution));
	execution.key = key;
	execution.rare = &rare;
	execution.now = GetCurrentStatementStartTimestamp();
	pfa_record_execution(&execution, shape);
	if (key->toplevel)
	{
		PFA_SLAB_CHANGE(pfa_slab_line);
		pfa_slab_line->now.errors++;
		PFA_SLAB_CHANGED(pfa_slab_line);
	}
}

void
pfa_collect_plan_failed(const PfaPlanning *planning, int nesting)
{
	PfaShape   *shape = pfa_shape_find(planning->queryid);
	PfaKey		key;

	if (shape == NULL || pfa_utility_explains > 0 || !pfa_slab_begin())
	{
		pg_atomic_fetch_add_u64(&pfa_totals->failed_unattributed, 1);
		return;
	}
	pfa_collect_key(&key, shape->facts.shape, nesting == 0);
	record_failure(&key, shape);
}

/* -- start --------------------------------------------------------------------------- */

/* The hashes of a statement's values, when the unit asks for them. */
static bool
take_values(const PfaUnitStatement *statement, PfaValues *values)
{
	const PfaShape *shape = statement->shape;

	if (!pfa_handover_take_values(shape->queryid, values))
		memset(values, 0, sizeof(*values));
	pfa_literals_add_params(values, &shape->facts, statement->params);
	if (shape->facts.nbindings == 0 && !shape->facts.more_values)
		values->known = true;
	return values->known;
}

static void
begin_in_unit(PfaFrame *frame, QueryDesc *queryDesc)
{
	PfaUnitStatement statement;

	statement.key = &frame->key;
	statement.shape = frame->shape;
	statement.take_values = take_values;
	statement.params = queryDesc->params;
	statement.now = frame->now;
	frame->unit_handle = pfa_unit_begin(&statement);
}

/* The same, when telling the client may fail. */
static void
begin_and_tell(PfaFrame *frame, QueryDesc *queryDesc)
{
	PG_TRY();
	{
		begin_in_unit(frame, queryDesc);
	}
	PG_CATCH();
	{
		pfa_frames_release(frame);
		PG_RE_THROW();
	}
	PG_END_TRY();
}

/*
 * A nested statement that is not recorded still reads rows that are not those of
 * the statement around it.
 */
static PfaFrame *
start_silently(QueryDesc *queryDesc)
{
	PfaFrame   *frame = pfa_frames_take();

	if (frame)
	{
		frame->worker = frame->absorbed = true;
		pfa_plan_glance(queryDesc->plannedstmt, &frame->glance);
	}
	return frame;
}

PfaFrame *
pfa_collect_start(QueryDesc *queryDesc, int eflags, int nesting)
{
	uint64		queryid = queryDesc->plannedstmt->queryId;
	bool		worker = IsParallelWorker();
	const PfaUtility *around = NULL;
	PfaFrame   *frame;
	bool		generic;

	if ((eflags & EXEC_FLAG_EXPLAIN_ONLY) || pfa_utility_explains > 0)
		return NULL;
	if (nesting > 0 && !pfa_track_nested)
		return running && running->scans.n > 0 ? start_silently(queryDesc) : NULL;
	if (queryid == 0)
		around = pfa_utility_around();
	if (queryid == 0 && !worker && around == NULL)
	{
		if (nesting == 0)
			pg_atomic_fetch_add_u64(&pfa_totals->no_queryid, 1);
		return NULL;
	}
	if (!worker && !pfa_slab_begin())
		return NULL;
	frame = pfa_frames_take();
	if (frame == NULL)
		return NULL;
	frame->worker = worker;
	frame->queryid = queryid;
	pfa_plan_glance(queryDesc->plannedstmt, &frame->glance);
	if (worker)
	{
		/* a nested statement of a worker is nobody's */
		frame->absorbed = nesting > 0;
		return frame;
	}
	frame->now = GetCurrentStatementStartTimestamp();
	if (nesting == 0)
		pfa_slab_drain_if_due(frame->now);
	if (queryid == 0)
	{
		/* a cursor outlives its DECLARE, and counts by itself */
		frame->absorbed = around->counted;
		frame->key = around->key;
		frame->queryid = around->queryid;
		frame->shape = pfa_shape_find(around->queryid);
		if (frame->shape == NULL)
		{
			pfa_frames_release(frame);
			return NULL;
		}
	}
	else
	{
		frame->shape = pfa_shape_find(queryid);
		if (frame->shape == NULL)
			frame->shape = pfa_shape_of_planned(queryid, queryDesc->operation);
		pfa_collect_key(&frame->key, frame->shape->facts.shape, nesting == 0);
	}
	frame->planned = pfa_handover_take_plan(queryid, &frame->plan_ns, &generic);
	frame->generic = !frame->planned ||
		(generic && queryDesc->params && queryDesc->params->numParams > 0);
	frame->sampled = pfa_sampling_decide(frame);
	if (nesting == 0 && !frame->absorbed)
	{
		if (pfa_notice == PFA_NOTICE_OFF)
			begin_in_unit(frame, queryDesc);
		else
			begin_and_tell(frame, queryDesc);
	}
	if (frame->sampled)
		queryDesc->instrument_options |= INSTRUMENT_ROWS;
	return frame;
}

void
pfa_collect_started(PfaFrame *frame, QueryDesc *queryDesc)
{
	pfa_frames_bind(frame, queryDesc->estate);
	if (frame->glance.seq_scans)
		pfa_scan_find(queryDesc, &frame->scans);
}

/* -- runs -------------------------------------------------------------------------- */

static void
enter(PfaFrame *frame)
{
	frame->in_run = true;
	frame->outer_run = running;
	running = frame;
	if (frame->scans.n > 0)
		pfa_scan_enter(&frame->scans);
	frame->base_hit = pgBufferUsage.shared_blks_hit;
	frame->base_read = pgBufferUsage.shared_blks_read;
	frame->base_temp = pgBufferUsage.temp_blks_written;
	frame->run_start_ns = pfa_clock_ns();
}

static void
leave(PfaFrame *frame)
{
	frame->run_end_ns = pfa_clock_ns();
	frame->run_ns += frame->run_end_ns - frame->run_start_ns;
	frame->shared_hit += pgBufferUsage.shared_blks_hit - frame->base_hit;
	frame->shared_read += pgBufferUsage.shared_blks_read - frame->base_read;
	frame->temp_written += pgBufferUsage.temp_blks_written - frame->base_temp;
	if (frame->scans.n > 0)
		pfa_frame_scans_leave(frame);
	running = frame->outer_run;
	frame->in_run = false;
}

void
pfa_collect_run_begin(PfaFrame *frame, QueryDesc *queryDesc, uint64 count)
{
	if (count != 0)
		frame->portal_limited = true;
	/* a cursor that is held over its transaction's end begins again */
	if (queryDesc->dest->mydest == DestTuplestore && running == NULL &&
		!pfa_utility_goes_on())
		frame->rows = 0;
	/* workers are given the id that the leader reports, whoever set it */
	if (frame->glance.parallel && !frame->worker)
	{
		PfaScan		left[PFA_SLAB_WORKERS];

		frame->worker_queryid = pgstat_get_my_query_id();
		/* what an execution that failed, or an EXPLAIN, has left */
		if (frame->run_ns == 0)
		{
			if (frame->below == NULL)
				pfa_slab_forget_workers();
			else
				pfa_slab_take_from_workers(frame->worker_queryid, left, PFA_SLAB_WORKERS);
		}
	}
	frame->to_client = queryDesc->dest->mydest == DestRemote ||
		queryDesc->dest->mydest == DestRemoteExecute ||
		(queryDesc->dest->mydest == DestTuplestore && pfa_utility_executes());
	frame->dest = NULL;
	if (frame->unit_handle != PFA_NOT_IN_UNIT && frame->key.toplevel && running == NULL)
	{
		PfaShape   *shape = frame_shape(frame);

		if (pfa_capture_is_due(shape) && pfa_capture_wanted(shape, queryDesc))
		{
			frame->dest = queryDesc->dest;
			queryDesc->dest = pfa_capture_begin(&frame->capture, shape, queryDesc);
		}
	}
	enter(frame);
}

void
pfa_collect_run_end(PfaFrame *frame, QueryDesc *queryDesc)
{
	leave(frame);
	if (frame->dest)
	{
		queryDesc->dest = frame->dest;
		frame->dest = NULL;
		pfa_capture_end(&frame->capture);
	}
	if (queryDesc->estate)
		frame->rows += queryDesc->estate->es_processed;
}

bool
pfa_collect_finish_matters(const QueryDesc *queryDesc)
{
	return queryDesc->operation != CMD_SELECT ||
		queryDesc->plannedstmt->hasModifyingCTE;
}

void
pfa_collect_finish_begin(PfaFrame *frame)
{
	enter(frame);
}

void
pfa_collect_finish_end(PfaFrame *frame)
{
	leave(frame);
}

/* -- end ------------------------------------------------------------------------------ */

void
pfa_collect_end_begin(PfaFrame *frame, QueryDesc *queryDesc)
{
	frame->ending = true;
	pfa_frame_scans_keep(frame);
	if (frame->worker)
	{
		if (!frame->absorbed && frame->nread > 0)
			pfa_slab_give_to_leader(frame->queryid, frame->read, frame->nread);
		return;
	}
	if (frame->glance.limits || frame->glance.spills)
		pfa_plan_end(queryDesc, &frame->glance, &frame->end);
	else
		memset(&frame->end, 0, sizeof(frame->end));
	if ((frame->sampled || !frame->plan_known || frame->end.spilled) &&
		queryDesc->planstate)
	{
		MemoryContext old = MemoryContextSwitchTo(queryDesc->estate->es_query_cxt);
		PfaPlanFacts facts;

		memset(&facts, 0, sizeof(facts));
		pfa_plan_facts(queryDesc, &frame->glance, frame->plan_known, &facts);
		pfa_record_plan(&frame->key, &facts, queryDesc->params, frame->now);
		if (facts.sampled)
			frame_shape(frame)->plan[frame->key.toplevel].sampled++;
		MemoryContextSwitchTo(old);
	}
	if (!frame->absorbed && !pfa_record_has_text(&frame->key, frame_shape(frame)))
		pfa_record_text(&frame->key, frame_shape(frame), NULL, queryDesc->sourceText,
						queryDesc->plannedstmt->stmt_location,
						queryDesc->plannedstmt->stmt_len);
}

/* Counters that few executions have; false if this one has none of them. */
static bool
fill_rare(const PfaFrame *frame, PfaCounters *c)
{
	bool		sent = frame->rows >= RESULT_FLOOR && frame->key.toplevel &&
		frame->to_client && !frame->portal_limited && !frame->end.limit_reached;
	bool		offset = frame->end.offset_rows >= RESULT_FLOOR;

	if (!sent && !offset &&
		(frame->temp_written | frame->seq_rows) == 0)
		return false;
	memset(c, 0, sizeof(*c));
	c->temp_written = frame->absorbed ? 0 : frame->temp_written;
	c->seq_rows = frame->seq_rows;
	if (sent)
	{
		c->sent_calls = 1;
		c->sent_rows = frame->rows;
	}
	if (offset)
	{
		c->offset_calls = 1;
		c->offset_rows = frame->end.offset_rows;
		c->offset_kept = frame->rows;
		c->offset_ns = frame->run_ns;
	}
	return true;
}

static void
record_frame(PfaFrame *frame, PfaShape *shape)
{
	PfaExecution execution;
	PfaCounters rare;
	bool		own = !frame->absorbed;

	execution.key = &frame->key;
	execution.plan_hash = frame->absorbed ? 0 : frame->glance.hash;
	/* the utility statement around it has these already */
	execution.exec_ns = own ? frame->run_ns : 0;
	execution.rows = own ? frame->rows : 0;
	execution.shared_hit = own ? frame->shared_hit : 0;
	execution.shared_read = own ? frame->shared_read : 0;
	execution.plan_ns = frame->plan_ns;
	execution.counts = !frame->absorbed;
	execution.planned = frame->planned;
	execution.generic = frame->generic && !frame->absorbed;
	execution.rare = fill_rare(frame, &rare) ? &rare : NULL;
	execution.now = frame->now;
	execution.scans = frame->read;
	execution.nscans = frame->nread;
	pfa_record_execution(&execution, shape);
}

static void
end_in_unit(PfaFrame *frame, bool failed)
{
	PfaUnitStatement statement;

	statement.key = &frame->key;
	statement.shape = frame_shape(frame);
	pfa_unit_end(frame->unit_handle, &statement, frame->run_ns, frame->rows,
				 frame->run_end_ns, failed);
	frame->unit_handle = PFA_NOT_IN_UNIT;
}

void
pfa_collect_end(PfaFrame *frame)
{
	PfaShape   *shape;

	if (frame->worker)
	{
		pfa_frames_release(frame);
		return;
	}
	shape = frame_shape(frame);
	if (frame->glance.parallel)
		pfa_frame_scans_add_workers(frame);
	record_frame(frame, shape);
	if (shape->run_ns <= 0)
		shape->run_ns = frame->run_ns;
	else
		shape->run_ns += (frame->run_ns - shape->run_ns) / 8;
	if (frame->unit_handle != PFA_NOT_IN_UNIT)
	{
		end_in_unit(frame, false);
		pfa_capture_learn(shape, frame->rows);
	}
	pfa_frames_release(frame);
}

void
pfa_collect_failed(PfaFrame *frame)
{
	if (frame->worker || frame->failed)
	{
		if (frame->estate == NULL)
			pfa_frames_release(frame);
		return;
	}
	frame->failed = true;
	record_failure(&frame->key, frame_shape(frame));
	if (frame->unit_handle != PFA_NOT_IN_UNIT)
		end_in_unit(frame, true);
	/* nobody else will come for a statement that did not start */
	if (frame->estate == NULL)
		pfa_frames_release(frame);
}
