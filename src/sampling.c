/*
 * sampling.c
 *		Which executions count the rows of every plan node.
 *
 * The first executions of a plan, counted over all backends, if the plan
 * expects few node calls; afterwards with a probability that keeps the cost
 * below perfaudit.sample_budget of the run time, also where every connection
 * runs it once.  Rows only, never timing.
 *
 * Locks: one partition, shared, when this backend meets a plan anew.
 */
#include "postgres.h"

#include "common/pg_prng.h"

#include "record.h"
#include "sampling.h"
#include "settings.h"

#define SAMPLE_CALLS_MAX	100000	/* node calls up to which a new plan is
									 * sampled */
#define SAMPLE_NODES_MAX	1000	/* nodes of a plan: counting takes a place on
									 * the stack at each */
#define SAMPLE_INTERVAL_MIN	32	/* at most one execution in so many */
#define LOOK_AGAIN			32	/* executions, while there is nothing to go by */
#define SAMPLE_NODE_NS		120.0	/* fixed cost of an instrumented node */
#define SAMPLE_CALL_NS		5.0 /* cost of a node call */

/* From 0 to below 1; pg_prng_double calls ldexp. */
static inline double
draw_number(void)
{
	return (pg_prng_uint64(&pg_global_prng_state) >> 11) * (1.0 / (UINT64CONST(1) << 53));
}

/*
 * How many executions to wait for the next sample: on average what keeps to the
 * budget, at random, so that it falls in step with nothing.  One that is met
 * anew is as likely to be due at once as any other: returns that.
 */
static bool
draw_interval(PfaFrame *frame, PfaShapePlan *plan, bool met)
{
	const PfaSlabEntry *entry = frame->shape->slab_hint;
	double		run_ns;
	double		cost;
	double		interval;
	double		number;
	bool		due;

	if (pfa_slab_is_entry(entry, &frame->x.key) && entry->pending.counters.calls > 0)
		frame->shape->plan.run_ns = (double) entry->pending.counters.exec_ns /
			entry->pending.counters.calls;
	run_ns = frame->shape->plan.run_ns;
	if (pfa_sample_budget <= 0 || run_ns <= 0)
	{
		plan->sample_in = LOOK_AGAIN;
		return false;
	}
	cost = SAMPLE_NODE_NS * frame->glance.nodes + SAMPLE_CALL_NS * frame->glance.calls;
	interval = Max(cost / (pfa_sample_budget * run_ns), SAMPLE_INTERVAL_MIN);
	number = draw_number();
	due = met && interval * number < 1;
	if (due)
		number = draw_number();
	plan->sample_in = (uint32) Min(interval * 2 * number, PG_INT32_MAX) + 2;
	return due;
}

static pg_noinline void
change_glance(PfaShape *shape, PfaShapePlan *plan, const PfaPlanGlance *glance)
{
	/* what is known of others by their address is no longer so */
	if (plan->glance.hash != 0)
		pfa_shape_forget_plan(shape);
	plan->glance = *glance;
	plan->plain = !(glance->seq_scans || glance->parallel || glance->spills ||
					glance->limits || glance->jit || glance->prunes);
}

static inline void
set_glance(PfaShape *shape, PfaShapePlan *plan, const PfaPlanGlance *glance)
{
	if (likely(plan->glance.hash == glance->hash && plan->glance.jit == glance->jit &&
			   plan->glance.prunes == glance->prunes &&
			   plan->glance.seq_scans == glance->seq_scans))
		plan->glance.calls = glance->calls;
	else
		change_glance(shape, plan, glance);
}

static bool
draw(PfaFrame *frame, PfaShapePlan *plan)
{
	bool		met;
	bool		due;

	if (plan->glance.hash != frame->glance.hash || plan->userid != frame->x.key.userid ||
		plan->toplevel != frame->x.key.toplevel || plan->epoch != pfa_epoch)
	{
		PfaPlanSeen seen;

		pfa_record_plan_seen(&frame->x.key, frame->glance.hash, &seen);
		plan->id = seen.id;
		if (seen.run_ns > 0)
			frame->shape->plan.run_ns = seen.run_ns;
		pfa_changes++;
		plan->settled = false;
		plan->userid = frame->x.key.userid;
		plan->toplevel = frame->x.key.toplevel;
		plan->epoch = pfa_epoch;
		plan->sampled = Min(seen.sampled, PG_UINT16_MAX);
		plan->sample_in = 0;
		frame->plan_known = seen.known;
	}
	else
		frame->plan_known = true;
	set_glance(frame->shape, plan, &frame->glance);
	if (frame->glance.nodes > SAMPLE_NODES_MAX)
	{
		plan->sample_in = LOOK_AGAIN;
		return false;
	}
	if (pfa_sample_budget >= 1.0)
		return true;
	if (plan->sampled < pfa_sample_first && frame->glance.calls <= SAMPLE_CALLS_MAX)
		return true;
	met = plan->sample_in == 0;
	due = plan->sample_in == 1;
	return draw_interval(frame, plan, met) || due;
}

void
pfa_sampling_publish(const PfaFrame *frame, const PlannedStmt *stmt)
{
	PfaShapePlan *plan = &frame->shape->plan;

	if (PFA_PLAN_ID(stmt) == 0)
	{
		if (plan->id == 0)
			plan->id = pfa_plan_id(stmt);
		PFA_SET_PLAN_ID(stmt, plan->id);
	}
	if (frame->x.key.toplevel)
		PFA_REPORT_PLAN_ID(stmt);
}

/* Another plan than the last time, or it is this one's turn. */
static pg_noinline void
look_anew(PfaFrame *frame, const PlannedStmt *stmt)
{
	PfaShapePlan *plan = &frame->shape->plan;

	frame->sampled = draw(frame, plan);
	if (PFA_SERVER_KEEPS_PLAN_IDS)
		pfa_sampling_publish(frame, stmt);
	if (frame->sampled || !frame->plan_known ||
		!pfa_record_has_text(&frame->x.key, frame->shape))
		return;
	/* another backend has seen to all that it needs */
	plan->settled = true;
	if (!frame->x.planned)
		pfa_known_add(stmt, frame->shape->plan.stamp, PFA_KNOWN_AT(plan->toplevel));
	frame->settled = true;
	frame->plain = plan->plain && !frame->absorbed;
}

void
pfa_sampling_look(PfaFrame *frame, const PlannedStmt *stmt, bool settled)
{
	PfaShapePlan *plan = &frame->shape->plan;

	pfa_plan_glance(stmt, &frame->glance);
	/* a table may have grown since a plan was made that is used again */
	if (unlikely(frame->glance.page_scans) && !frame->x.planned)
		frame->glance.seq_scans = true;
	frame->x.plan_hash = frame->glance.hash;
	if (unlikely(!settled || plan->glance.hash != frame->glance.hash))
	{
		look_anew(frame, stmt);
		return;
	}
	/* planned anew, but as before; whether to compile is decided each time */
	set_glance(frame->shape, plan, &frame->glance);
	/* worth remembering when it is used again */
	if (!frame->x.planned)
		pfa_known_add(stmt, frame->shape->plan.stamp, PFA_KNOWN_AT(frame->x.key.toplevel));
	plan->sample_in--;
	frame->plan_known = frame->settled = true;
	frame->plain = plan->plain && !frame->absorbed;
	if (PFA_SERVER_KEEPS_PLAN_IDS)
		pfa_sampling_publish(frame, stmt);
}
