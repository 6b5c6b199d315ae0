/*
 * search.c
 *		Chooses indexes: step by step the one that gains most a megabyte, given
 *		all chosen before it; what a later choice makes superfluous goes again.
 *
 * Every gain is a difference of planner costs with all chosen indexes present.
 * A cost is planned once for each set of candidates that can matter to a shape.
 * Deterministic: ties go to the candidate that was found first.
 */
#include "postgres.h"

#include "advise/advice.h"

/* A chosen index that keeps less than this of its gain is dropped. */
#define KEEP_SHARE 0.03
/* Added to sizes, so that tiny indexes do not win by their size alone. */
#define BASE_MB 1.0

static PfaCost *
find_cost(PfaShape *shape, const Bitmapset *supposed)
{
	ListCell   *lc;

	foreach(lc, shape->costs)
	{
		PfaCost    *cost = lfirst(lc);

		if (bms_equal(cost->supposed, supposed))
			return cost;
	}
	return NULL;
}

static List *
indexes_of(PfaAdvice *advice, const Bitmapset *set)
{
	List	   *indexes = NIL;
	int			id = -1;

	while ((id = bms_next_member(set, id)) >= 0)
		indexes = lappend(indexes, ((PfaCandidate *) list_nth(advice->candidates, id))->index);
	return indexes;
}

/* The candidates whose index a plan has. */
static Bitmapset *
candidates_of(PfaAdvice *advice, const Bitmapset *set, List *oids)
{
	Bitmapset  *used = NULL;
	int			id = -1;

	while ((id = bms_next_member(set, id)) >= 0)
		if (list_member_oid(oids, ((PfaCandidate *) list_nth(advice->candidates, id))->index->oid))
			used = bms_add_member(used, id);
	return used;
}

double
pfa_search_cost(PfaAdvice *advice, PfaShape *shape, const Bitmapset *supposed,
				Bitmapset **used)
{
	Bitmapset  *relevant = bms_intersect(supposed, shape->relevant);
	PfaCost    *cost;
	PfaReplanned planned;
	List	   *indexes;

	if (used != NULL)
		*used = NULL;
	if (bms_is_empty(relevant) || shape->hopeless || shape->replan->skipped != NULL)
		return shape->cost;
	cost = find_cost(shape, relevant);
	if (cost == NULL)
	{
		if (pfa_advice_expired(advice))
			return shape->cost;
		indexes = indexes_of(advice, relevant);
		if (!pfa_replan_plan(shape->replan, indexes, NIL, shape->generic, false, &planned))
		{
			advice->skipped = lappend(advice->skipped, shape->replan);
			return shape->cost;
		}
		advice->plans++;
		cost = palloc(sizeof(PfaCost));
		cost->supposed = relevant;
		cost->cost = planned.cost;
		cost->used = candidates_of(advice, relevant, planned.indexes);
		shape->costs = lappend(shape->costs, cost);
	}
	if (used != NULL)
		*used = cost->used;
	return cost->cost;
}

/* Milliseconds a day that a change of cost is worth. */
static double
worth(const PfaShape *shape, double before, double after)
{
	return (before - after) * shape->ms_per_cost * shape->calls_per_day;
}

/*
 * What a candidate gains beside the chosen ones: milliseconds a day, and the
 * largest relative gain of a shape in percent.
 */
static double
gain_of(PfaAdvice *advice, const PfaCandidate *candidate, const Bitmapset *chosen,
		double *percent)
{
	Bitmapset  *with = bms_add_member(bms_copy(chosen), candidate->id);
	double		gain = 0;
	ListCell   *lc;

	*percent = 0;
	foreach(lc, advice->shapes)
	{
		PfaShape   *shape = lfirst(lc);
		double		before;
		double		after;

		if (!bms_is_member(candidate->id, shape->relevant) || shape->hopeless)
			continue;
		before = pfa_search_cost(advice, shape, chosen, NULL);
		after = pfa_search_cost(advice, shape, with, NULL);
		gain += worth(shape, before, after);
		if (before > 0)
			*percent = Max(*percent, 100 * (before - after) / before);
	}
	bms_free(with);
	return gain;
}

/*
 * With all candidates at once: shapes that gain nothing from them are left
 * alone from now on.
 */
static void
find_hopeless(PfaAdvice *advice)
{
	Bitmapset  *all = NULL;
	ListCell   *lc;

	foreach(lc, advice->candidates)
		all = bms_add_member(all, ((PfaCandidate *) lfirst(lc))->id);
	foreach(lc, advice->shapes)
	{
		PfaShape   *shape = lfirst(lc);
		double		best;

		if (bms_is_empty(shape->relevant))
			shape->hopeless = true;
		if (shape->hopeless || pfa_advice_expired(advice))
			continue;
		best = pfa_search_cost(advice, shape, all, NULL);
		if (shape->cost - best < shape->cost * advice->min_gain / 100)
			shape->hopeless = true;
	}
}

static double
total_mb(PfaAdvice *advice, const Bitmapset *chosen)
{
	double		mb = 0;
	int			id = -1;

	while ((id = bms_next_member(chosen, id)) >= 0)
		mb += ((PfaCandidate *) list_nth(advice->candidates, id))->size_mb;
	return mb;
}

/* The candidate to add next, or NULL; says why others are not. */
static PfaCandidate *
best_addition(PfaAdvice *advice, const Bitmapset *chosen, bool by_size)
{
	PfaCandidate *best = NULL;
	double		best_score = 0;
	double		free_mb = advice->storage_budget < 0 ? -1 :
		advice->storage_budget / 1048576.0 - total_mb(advice, chosen);
	ListCell   *lc;

	foreach(lc, advice->candidates)
	{
		PfaCandidate *candidate = lfirst(lc);
		double		percent;
		double		gain;
		double		score;

		if (candidate->chosen || candidate->dropped || advice->truncated)
			continue;
		candidate->refused = NULL;
		if (advice->storage_budget >= 0 && candidate->size_mb > free_mb)
		{
			candidate->refused = "it does not fit into storage_budget";
			continue;
		}
		gain = gain_of(advice, candidate, chosen, &percent);
		if (advice->truncated)
			break;				/* half a sum says nothing */
		score = gain - candidate->write_ms;
		if (percent < advice->min_gain)
			candidate->refused = bms_is_empty(chosen) ?
				"the planner gains less than min_gain by it" :
				"the indexes advised leave less than min_gain for it";
		else if (score <= 0)
			candidate->refused = "writing would cost more than reading gains";
		if (candidate->refused != NULL)
			continue;
		if (by_size)
			score /= candidate->size_mb + BASE_MB;
		candidate->gain_ms = gain;
		if (best == NULL || score > best_score)
		{
			best = candidate;
			best_score = score;
		}
	}
	return best;
}

/* Removes what the last choice made superfluous. */
static Bitmapset *
drop_superfluous(PfaAdvice *advice, Bitmapset *chosen, const PfaCandidate *last)
{
	int			id = -1;

	while ((id = bms_next_member(chosen, id)) >= 0)
	{
		PfaCandidate *candidate = list_nth(advice->candidates, id);
		Bitmapset  *without;
		double		percent;
		double		gain;

		if (candidate == last || pfa_advice_expired(advice))
			continue;
		without = bms_del_member(bms_copy(chosen), id);
		gain = gain_of(advice, candidate, without, &percent);
		if (gain <= candidate->write_ms || gain < KEEP_SHARE * candidate->gain_ms)
		{
			candidate->chosen = false;
			candidate->dropped = true;
			candidate->refused = "another index that is advised does its work";
			chosen = without;
			id = -1;
		}
		else
			bms_free(without);
	}
	return chosen;
}

/* The final order: by gain, each with those before it present. */
static List *
rank(PfaAdvice *advice, const Bitmapset *chosen)
{
	List	   *result = NIL;
	Bitmapset  *before = NULL;
	Bitmapset  *left = bms_copy(chosen);

	while (!bms_is_empty(left))
	{
		PfaCandidate *best = NULL;
		double		best_net = 0;
		int			id = -1;

		while ((id = bms_next_member(left, id)) >= 0)
		{
			PfaCandidate *candidate = list_nth(advice->candidates, id);
			double		percent;
			double		gain = gain_of(advice, candidate, before, &percent);

			if (best == NULL || gain - candidate->write_ms > best_net)
			{
				best = candidate;
				best_net = gain - candidate->write_ms;
				best->gain_ms = gain;
			}
		}
		result = lappend(result, best);
		before = bms_add_member(before, best->id);
		left = bms_del_member(left, best->id);
	}
	return result;
}

List *
pfa_search_run(PfaAdvice *advice)
{
	Bitmapset  *chosen = NULL;

	find_hopeless(advice);
	while (bms_num_members(chosen) < advice->max_indexes && !pfa_advice_expired(advice))
	{
		PfaCandidate *best = best_addition(advice, chosen, true);

		if (best == NULL || advice->truncated)
			break;
		best->chosen = true;
		chosen = bms_add_member(chosen, best->id);
		chosen = drop_superfluous(advice, chosen, best);
	}
	return rank(advice, chosen);
}
