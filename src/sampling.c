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
#define SAMPLE_SHARE_MAX	(1.0 / 32)
#define SAMPLE_NODE_NS		120.0	/* fixed cost of an instrumented node */
#define SAMPLE_CALL_NS		5.0 /* cost of a node call */

bool
pfa_sampling_decide(PfaFrame *frame)
{
	PfaShape   *shape = frame->shape;
	double		share;

	if (shape->plan_hash != frame->glance.hash)
	{
		int			sampled = pfa_record_plan_sampled(&frame->key, frame->glance.hash);

		shape->plan_hash = frame->glance.hash;
		shape->plan_seen = 0;
		shape->plan_sampled = Max(sampled, 0);
		frame->plan_known = sampled >= 0;
	}
	else
		frame->plan_known = true;
	shape->plan_seen++;
	if (pfa_sample_budget >= 1.0)
		return true;
	if (shape->plan_sampled < pfa_sample_first &&
		frame->glance.calls <= SAMPLE_CALLS_MAX)
		return true;
	if (pfa_sample_budget <= 0 || shape->run_ns <= 0)
		return false;
	share = pfa_sample_budget * shape->run_ns /
		(SAMPLE_NODE_NS * frame->glance.nodes + SAMPLE_CALL_NS * frame->glance.calls);
	share = Min(share, SAMPLE_SHARE_MAX);
	return pg_prng_double(&pg_global_prng_state) < share;
}
