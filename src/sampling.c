/*
 * sampling.c
 *		Which executions count the rows of every plan node.
 *
 * The first executions of a plan, counted over all backends, if the plan
 * expects few node calls; afterwards with a probability that keeps the cost
 * below perfaudit.sample_budget of the run time.  Rows only, never timing.
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
#define SAMPLE_INTERVAL_MIN	32	/* at most one execution in so many */
#define LOOK_AGAIN			32	/* executions, while there is nothing to go by */
#define SAMPLE_NODE_NS		120.0	/* fixed cost of an instrumented node */
#define SAMPLE_CALL_NS		5.0 /* cost of a node call */

/*
 * How many executions to wait for the next sample: on average what keeps to the
 * budget, at random, so that it falls in step with nothing.
 */
static void
draw_interval(PfaFrame *frame, PfaShapePlan *plan)
{
	double		run_ns = frame->shape->run_ns;
	double		cost = SAMPLE_NODE_NS * frame->glance.nodes +
		SAMPLE_CALL_NS * frame->glance.calls;
	double		interval;

	if (pfa_sample_budget <= 0 || run_ns <= 0)
	{
		plan->sample_in = LOOK_AGAIN;
		return;
	}
	interval = Max(cost / (pfa_sample_budget * run_ns), SAMPLE_INTERVAL_MIN);
	interval *= 2 * pg_prng_double(&pg_global_prng_state);
	plan->sample_in = (uint32) Min(interval, PG_INT32_MAX) + 2;
}

bool
pfa_sampling_draw(PfaFrame *frame)
{
	PfaShapePlan *plan = &frame->shape->plan[frame->key.toplevel];
	bool		due;

	if (plan->hash != frame->glance.hash || plan->userid != frame->key.userid ||
		plan->epoch != pfa_slab_text_epoch)
	{
		int			sampled = pfa_record_plan_sampled(&frame->key, frame->glance.hash);

		plan->hash = frame->glance.hash;
		plan->userid = frame->key.userid;
		plan->epoch = pfa_slab_text_epoch;
		plan->sampled = Max(sampled, 0);
		plan->sample_in = 0;
		frame->plan_known = sampled >= 0;
	}
	else
		frame->plan_known = true;
	if (pfa_sample_budget >= 1.0)
		return true;
	if (plan->sampled < pfa_sample_first && frame->glance.calls <= SAMPLE_CALLS_MAX)
		return true;
	due = plan->sample_in == 1;
	draw_interval(frame, plan);
	return due;
}
