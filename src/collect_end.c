/*
 * collect_end.c
 *		One execution's end: what is kept of its plan and of what it did.
 *
 * Must never let a failure of its own reach the statement, nor take a lock at
 * an ordinary execution: plans and texts are written when they are new or rows
 * were counted.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "capture.h"
#include "collect.h"
#include "frame_scans.h"
#include "frames.h"
#include "histogram.h"
#include "known.h"
#include "plan_facts.h"
#include "record.h"
#include "settings.h"
#include "slab.h"
#include "unit_hot.h"

/* What is worth keeping of a plan. */
static void
keep_plan(PfaFrame *frame, QueryDesc *queryDesc)
{
	PfaShape   *shape = pfa_frames_shape(frame);
	PfaShapePlan *plan = &shape->plan;

	if ((frame->sampled || !frame->plan_known || frame->end.spilled) &&
		queryDesc->planstate)
	{
		MemoryContext old = MemoryContextSwitchTo(queryDesc->estate->es_query_cxt);
		PfaPlanFacts facts;
		PfaExecutionValues values = {queryDesc->params, queryDesc->sourceText,
			queryDesc->plannedstmt->stmt_location, queryDesc->plannedstmt->stmt_len};

		pfa_plan_facts(queryDesc, &frame->glance, frame->plan_known, &facts);
		pfa_record_plan(&frame->x.key, &facts, &values, frame->x.now);
		if (facts.sampled)
			plan->sampled += plan->sampled < PG_UINT16_MAX;
		MemoryContextSwitchTo(old);
	}
	if (frame->absorbed)
		return;
	pfa_collect_keep_text(frame, queryDesc);
	plan->settled = plan->glance.hash == frame->glance.hash;
	if (plan->settled)
		pfa_known_add(queryDesc->plannedstmt, shape->plan.stamp,
					  PFA_KNOWN_AT(frame->x.key.toplevel));
}

void
pfa_collect_end_slowly(PfaFrame *frame, QueryDesc *queryDesc)
{
	if (frame->scans.n > 0)
		pfa_frame_scans_keep(frame);
	if (unlikely(frame->worker))
	{
		if (!frame->absorbed && frame->x.nscans > 0)
			pfa_slab_give_to_leader(frame->queryid, frame->read, frame->x.nscans);
		return;
	}
	memset(&frame->end, 0, sizeof(frame->end));
	if (frame->glance.limits || frame->glance.spills || frame->glance.jit)
		pfa_plan_end(queryDesc, &frame->glance, &frame->end);
	if (!frame->settled || frame->end.spilled)
		keep_plan(frame, queryDesc);
}

/* Counters that few executions have; false if this one has none of them. */
static bool
fill_rare(const PfaFrame *frame, PfaCounters *c)
{
	bool		sent = frame->x.rows >= PFA_RESULT_FLOOR && frame->x.key.toplevel &&
		(frame->dest_kind == DestRemote || frame->dest_kind == DestRemoteExecute) &&
		!frame->portal_limited && !frame->end.limit_reached;
	bool		offset = frame->end.offset_rows >= PFA_RESULT_FLOOR;

	if (!sent && !offset && !frame->end.jit && (frame->temp_written | frame->seq_rows) == 0)
		return false;
	memset(c, 0, sizeof(*c));
	c->temp_written = frame->absorbed ? 0 : frame->temp_written;
	c->seq_rows = frame->seq_rows;
	if (sent)
	{
		c->sent_calls = 1;
		c->sent_rows = frame->x.rows;
	}
	if (offset)
	{
		c->offset_calls = 1;
		c->offset_rows = frame->end.offset_rows;
		c->offset_kept = frame->x.rows;
		c->offset_ns = frame->x.exec_ns;
	}
	if (frame->end.jit)
	{
		c->jit_calls = 1;
		c->jit_ns = frame->end.jit_ns;
		c->jit_functions = frame->end.jit_functions;
	}
	return true;
}

/*
 * What holds of its plan, its unit and the settings.  A cursor may end after the
 * statement has got another plan.
 */
void
pfa_collect_note_again(PfaFrame *frame, const PfaShape *shape)
{
	const PfaKey *key = &frame->x.key;
	const PfaShapePlan *plan = &shape->plan;

	if (plan->settled && plan->plain && plan->toplevel == key->toplevel &&
		plan->glance.hash == frame->x.plan_hash &&
		plan->epoch == pfa_epoch && plan->userid == key->userid &&
		shape->queryid == frame->queryid && pfa_enabled && pfa_collect_suspended == 0 &&
		(key->toplevel ? pfa_notice == PFA_NOTICE_OFF && frame->unit_shape &&
		 pfa_unit_stays(frame->unit_shape, shape) : pfa_track_nested))
		frame->again = pfa_changes;
}

/* An execution with something that few have. */
static pg_noinline void
record_rarely(PfaFrame *frame, PfaShape *shape)
{
	PfaCounters rare;

	if (frame->plain)
		memset(&frame->end, 0, sizeof(frame->end));
	else if (frame->glance.parallel)
		pfa_frame_scans_add_workers(frame);
	frame->x.scans = frame->read;
	frame->x.rare = fill_rare(frame, &rare) ? &rare : NULL;
	frame->x.counts = !frame->absorbed;
	if (frame->absorbed)
	{
		/* the utility statement around it has these already */
		frame->x.plan_hash = 0;
		frame->x.generic = false;
		frame->x.caller.id = 0;
		frame->x.exec_ns = frame->x.rows = 0;
		frame->x.shared_hit = frame->x.shared_read = 0;
		frame->x.bucket = 0;
	}
	if (frame->x.rare == NULL && frame->x.nscans == 0 && frame->x.counts)
		pfa_record_plainly(&frame->x, shape, pfa_record_fits(&frame->x, shape));
	else
		pfa_record_execution(&frame->x, shape);
}

void
pfa_collect_end(PfaFrame *frame)
{
	if (!frame->worker)
	{
		PfaShape   *shape = pfa_frames_shape(frame);

		frame->x.bucket = pfa_hist_bucket(frame->x.exec_ns / 1000);
		if (!frame->plain || frame->x.rows >= PFA_RESULT_FLOOR || frame->temp_written > 0)
			record_rarely(frame, shape);
		else
			pfa_record_plainly(&frame->x, shape, frame->again == pfa_changes ||
							   pfa_collect_settle(frame, shape));
		if (frame->unit_serial == 0)
			pfa_record_caller(&frame->x, shape);
		else
		{
			pfa_capture_learn(shape, frame->x.rows);
			pfa_unit_end(frame->unit_shape, frame->unit_serial, shape, &frame->x, frame->run_end_ns, false);
		}
	}
	pfa_frames_release(frame);
}

/* Must not throw, allocate or wait. */
void
pfa_collect_transaction_over(bool aborted)
{
	if (aborted)
		pfa_slab_forget_workers();
	if (pfa_unit_in_transaction)
		pfa_unit_transaction_over(aborted);
}
