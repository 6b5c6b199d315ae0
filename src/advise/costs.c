/*
 * costs.c
 *		What statements cost under sets of candidates.
 *
 * A cost is planned once for each set of candidates that can matter to a shape.
 * After the deadline nothing is planned: what is not known counts as no gain.
 */
#include "postgres.h"

#include "advise/advice.h"

/*
 * Whether what is not in a set changes no estimate: an expression's statistics
 * do, be its index used or not.
 */
static bool
is_silent(PfaAdvice *advice, const Bitmapset *set, const Bitmapset *without)
{
	int			id = -1;

	while ((id = bms_next_member(set, id)) >= 0)
		if (!bms_is_member(id, without) &&
			((PfaCandidate *) list_nth(advice->candidates, id))->index->exprs != NIL)
			return false;
	return true;
}

/*
 * That of the same set, or of a larger one whose plan has no index but those
 * of this set.
 */
static PfaCost *
find_cost(PfaAdvice *advice, PfaShape *shape, const Bitmapset *supposed)
{
	ListCell   *lc;

	foreach(lc, shape->costs)
	{
		PfaCost    *cost = lfirst(lc);

		if (bms_is_subset(cost->used, supposed) &&
			bms_is_subset(supposed, cost->supposed) &&
			is_silent(advice, cost->supposed, supposed))
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

/* The cost under a set, planned once; NULL: as things are. */
static PfaCost *
get_cost(PfaAdvice *advice, PfaShape *shape, const Bitmapset *supposed)
{
	Bitmapset  *relevant = bms_intersect(supposed, shape->relevant);
	PfaCost    *cost;
	PfaReplanned planned;
	List	   *indexes;

	if (bms_is_empty(relevant) || shape->hopeless || shape->replan->skipped != NULL)
	{
		bms_free(relevant);
		return NULL;
	}
	cost = find_cost(advice, shape, relevant);
	if (cost != NULL)
	{
		bms_free(relevant);
		return cost;
	}
	if (pfa_advice_expired(advice))
		return NULL;
	indexes = indexes_of(advice, relevant);
	if (!pfa_variants_plan(shape, indexes, NIL, &planned))
	{
		advice->skipped = lappend(advice->skipped, shape->replan);
		return NULL;
	}
	advice->plans += 1 + list_length(shape->variants);
	cost = palloc(sizeof(PfaCost));
	cost->supposed = relevant;
	cost->cost = planned.cost + planned.disorder;
	cost->planner_cost = planned.cost;
	cost->used = candidates_of(advice, relevant, planned.indexes);
	list_free(indexes);
	list_free(planned.indexes);
	shape->costs = lappend(shape->costs, cost);
	return cost;
}

double
pfa_costs_get(PfaAdvice *advice, PfaShape *shape, const Bitmapset *supposed,
			  Bitmapset **used)
{
	PfaCost    *cost = get_cost(advice, shape, supposed);

	if (used != NULL)
		*used = cost ? cost->used : NULL;
	return cost ? cost->cost : shape->cost;
}

double
pfa_costs_planner(PfaAdvice *advice, PfaShape *shape, const Bitmapset *supposed)
{
	PfaCost    *cost = get_cost(advice, shape, supposed);

	return cost ? cost->planner_cost : shape->planner_cost;
}

/* Whether conditions of the shape use several indexes of a table at once. */
static bool
combines(PfaShape *shape)
{
	ListCell   *lc;
	ListCell   *lc2;

	if (shape->combines_known)
		return shape->combines;
	foreach(lc, shape->needs)
	{
		foreach(lc2, ((PfaNeed *) lfirst(lc))->columns)
			shape->combines |= ((PfaNeedColumn *) lfirst(lc2))->inside_or;
	}
	shape->combines_known = true;
	return shape->combines;
}

double
pfa_costs_step(PfaAdvice *advice, PfaShape *shape, const Bitmapset *from,
			   const Bitmapset *to, double *before)
{
	Bitmapset  *kept = bms_int_members(bms_intersect(from, to), shape->relevant);
	Bitmapset  *added = bms_int_members(bms_difference(to, from), shape->relevant);
	Bitmapset  *set;
	Bitmapset  *used;
	double		base;
	double		after;
	int			id = -1;
	bool		exact = combines(shape);

	*before = pfa_costs_get(advice, shape, from, NULL);
	base = pfa_costs_get(advice, shape, kept, &used);
	if (bms_is_empty(added))
		after = base;
	else
	{
		set = bms_union(used, added);
		while ((id = bms_next_member(added, id)) >= 0)
			exact |= (((PfaCandidate *) list_nth(advice->candidates, id))->index->exprs != NIL);
		while (!exact && (id = bms_next_member(kept, id)) >= 0)
			if (((PfaCandidate *) list_nth(advice->candidates, id))->index->exprs != NIL)
				set = bms_add_member(set, id);
		after = pfa_costs_get(advice, shape, exact ? to : set, NULL);
		bms_free(set);
	}
	bms_free(kept);
	bms_free(added);
	return after;
}

/*
 * What a call of this cost takes, milliseconds.  That it is slow for its cost says
 * something of the plan it has: what makes it slow goes with the cost, so that
 * another plan takes what plans of its cost usually do.
 */
static double
ms_of(const PfaShape *shape, double cost)
{
	double		excess = Max(shape->ms_per_cost - shape->usual_ms_per_cost, 0);

	return cost * (shape->ms_per_cost - excess +
				   excess * Min(cost / Max(shape->cost, 0.01), 1));
}

double
pfa_costs_worth(const PfaShape *shape, double before, double after)
{
	return (ms_of(shape, before) - ms_of(shape, after)) * shape->calls_per_day;
}

double
pfa_costs_remaining(PfaAdvice *advice, const Bitmapset *chosen)
{
	double		remaining = 0;
	ListCell   *lc;

	/* asked again and again about the same ones */
	if (advice->remaining_known && !advice->truncated &&
		bms_equal(advice->remaining_of, chosen))
		return advice->remaining_ms;
	foreach(lc, advice->shapes)
	{
		PfaShape   *shape = lfirst(lc);

		shape->now = pfa_costs_get(advice, shape, chosen, NULL);
		remaining += pfa_costs_worth(shape, shape->now, 0);
	}
	bms_free(advice->remaining_of);
	advice->remaining_of = bms_copy(chosen);
	advice->remaining_ms = remaining;
	advice->remaining_known = true;
	return remaining;
}

double
pfa_costs_gain(PfaAdvice *advice, const PfaCandidate *candidate,
			   const Bitmapset *chosen, double *percent)
{
	Bitmapset  *with = bms_add_member(bms_copy(chosen), candidate->id);
	double		gain = 0;
	ListCell   *lc;

	*percent = 0;
	foreach(lc, candidate->shapes)
	{
		PfaShape   *shape = lfirst(lc);
		double		before;
		double		after;

		if (shape->hopeless)
			continue;
		before = pfa_costs_get(advice, shape, chosen, NULL);
		after = pfa_costs_get(advice, shape, with, NULL);
		gain += pfa_costs_worth(shape, before, after);
		if (before > 0)
			*percent = Max(*percent, 100 * (before - after) / before);
	}
	bms_free(with);
	return gain;
}
