/*
 * strategy.c
 *		Which searches are made for indexes, which result is taken, and what each
 *		of its indexes gains.
 *
 * From nothing, adding; from everything, letting go; and, where their number is
 * what limits them, from nothing again, whatever their size.  Deterministic.
 */
#include "postgres.h"

#include <math.h>

#include "advise/candidates.h"
#include "advise/hold.h"
#include "advise/search.h"

/* Chosen ones are exchanged and others added in turn, so often. */
#define MAX_ROUNDS 3
/* One that there was no room for takes the place of others so often. */
#define MAX_EXCHANGES 8
/* Another search must leave so much less to be chosen. */
#define BETTER_SHARE 0.99
/* Asking about every candidate alone may take such a share of the time. */
#define HEAVY_SHARE 0.2
/* if planning takes so many milliseconds, and so many more for each set of tables joined, */
#define PLAN_MS 0.1
#define JOIN_MS 0.02
/* of so many tables; those beyond are not tried in every order. */
#define MOST_JOINED 8
/* Improvements below this share of the cost are noise. */
#define NOISE 0.001

/* How much dearer a shape's plan gets without one of the chosen. */
static double
marginal(PfaAdvice *advice, PfaShape *shape, const Bitmapset *chosen, int id,
		 double cost)
{
	Bitmapset  *without = bms_del_member(bms_copy(chosen), id);

	return Max(pfa_costs_get(advice, shape, without, NULL) - cost, 0);
}

/*
 * Divides what a shape gains by all that is chosen among the indexes of its
 * plan, by what it would lose without each.
 */
static void
attribute_gain(PfaAdvice *advice, PfaShape *shape, const Bitmapset *chosen)
{
	Bitmapset  *used;
	double		after = pfa_costs_get(advice, shape, chosen, &used);
	double		total = pfa_costs_worth(shape, shape->cost, after);
	double		sum = 0;
	int			id = -1;

	if (shape->cost - after <= NOISE * shape->cost)
		return;
	/* told is no more than that share of the time that was measured */
	total = Min(total, shape->mean_ms * shape->calls_per_day * (1 - after / shape->cost));
	while ((id = bms_next_member(used, id)) >= 0)
		sum += marginal(advice, shape, chosen, id, after);
	id = -1;
	while ((id = bms_next_member(used, id)) >= 0)
	{
		PfaCandidate *candidate = list_nth(advice->candidates, id);
		PfaGain    *gain = palloc(sizeof(PfaGain));

		gain->shape = shape;
		gain->before = shape->planner_cost;
		gain->after = pfa_costs_planner(advice, shape, chosen);
		gain->ms_per_day = sum > 0 ?
			total * marginal(advice, shape, chosen, id, after) / sum :
			total / bms_num_members(used);
		candidate->gains = lappend(candidate->gains, gain);
		candidate->gain_ms += gain->ms_per_day;
	}
}

static int
by_gain(const ListCell *a, const ListCell *b)
{
	const PfaGain *left = lfirst(a);
	const PfaGain *right = lfirst(b);

	if (left->ms_per_day != right->ms_per_day)
		return left->ms_per_day > right->ms_per_day ? -1 : 1;
	return left->shape->id - right->shape->id;
}

static int
by_net(const ListCell *a, const ListCell *b)
{
	const PfaCandidate *left = lfirst(a);
	const PfaCandidate *right = lfirst(b);
	double		x = left->gain_ms - left->write_ms;
	double		y = right->gain_ms - right->write_ms;

	if (x != y)
		return x > y ? -1 : 1;
	return left->id - right->id;
}

/* The chosen, best first; without those that no plan has in the end. */
static List *
rank(PfaAdvice *advice, const Bitmapset *chosen)
{
	List	   *result = NIL;
	ListCell   *lc;
	int			id = -1;

	foreach(lc, advice->candidates)
		((PfaCandidate *) lfirst(lc))->gain_ms = 0;
	foreach(lc, advice->shapes)
		attribute_gain(advice, lfirst(lc), chosen);
	while ((id = bms_next_member(chosen, id)) >= 0)
	{
		PfaCandidate *candidate = list_nth(advice->candidates, id);

		if (candidate->gains == NIL)
		{
			candidate->chosen = false;
			candidate->refused = "another index that is advised does its work";
			continue;
		}
		list_sort(candidate->gains, by_gain);
		result = lappend(result, candidate);
	}
	list_sort(result, by_net);
	return result;
}

/* Marks the set as chosen, and nothing else. */
static void
choose(PfaAdvice *advice, const Bitmapset *set)
{
	ListCell   *lc;

	foreach(lc, advice->candidates)
	{
		PfaCandidate *candidate = lfirst(lc);

		candidate->chosen = bms_is_member(candidate->id, set);
		candidate->dropped = false;
		if (candidate->chosen)
			candidate->refused = NULL;
	}
	advice->n_chosen = bms_num_members(set);
}

/* Milliseconds a day that all statements and the writes to the indexes take. */
static double
total_ms(PfaAdvice *advice, const Bitmapset *set)
{
	double		total = pfa_costs_remaining(advice, set);
	int			id = -1;

	while (advice->query == NULL && (id = bms_next_member(set, id)) >= 0)
		total += ((PfaCandidate *) list_nth(advice->candidates, id))->write_ms;
	return total;
}

/* Makes room for what saves more than what must go for it, and fills what is left. */
static Bitmapset *
exchange(PfaAdvice *advice, Bitmapset *chosen)
{
	for (int i = 0; i < MAX_EXCHANGES; i++)
	{
		Bitmapset  *better = pfa_relax_exchange(advice, chosen);

		if (better == NULL)
			break;
		choose(advice, better);
		chosen = pfa_search_add(advice, better);
	}
	return chosen;
}

/* Adds to a set what pays, exchanges, merges and shrinks. */
static Bitmapset *
improve(PfaAdvice *advice, Bitmapset *chosen)
{
	bool		changed = true;

	choose(advice, chosen);
	chosen = pfa_search_add(advice, chosen);
	for (int i = 0; i < MAX_ROUNDS && changed && !pfa_advice_expired(advice); i++)
	{
		chosen = pfa_refine_swap(advice, chosen, &changed);
		if (changed)
			chosen = pfa_search_add(advice, chosen);
	}
	for (int i = 0; i < MAX_ROUNDS; i++)
	{
		Bitmapset  *small;

		chosen = pfa_refine_merge(advice, chosen);
		chosen = pfa_refine_shrink(advice, chosen);
		small = pfa_search_drop(advice, chosen, NULL);
		if (advice->storage_budget < 0 && bms_num_members(small) < advice->max_indexes)
			return small;
		/* there may be room for more now */
		chosen = pfa_search_add(advice, bms_copy(small));
		chosen = exchange(advice, chosen);
		if (bms_equal(chosen, small))
			break;
	}
	return chosen;
}

/* Improves upon a set; the result if it is clearly better than the best so far. */
static void
compete(PfaAdvice *advice, Bitmapset *set, Bitmapset **best, double *best_ms)
{
	double		ms;

	set = improve(advice, set);
	ms = total_ms(advice, set);
	/* half a search is better than none, but not than another one */
	if (*best_ms < 0 || (ms < *best_ms * BETTER_SHARE && !advice->truncated))
	{
		*best = set;
		*best_ms = ms;
	}
}

/*
 * Whether asking what each candidate does alone would take too long.  Not
 * measured, so that the same search is made whatever else the machine does.
 */
static bool
is_heavy(const PfaAdvice *advice)
{
	double		ms = 0;
	ListCell   *lc;

	foreach(lc, advice->shapes)
	{
		PfaShape   *shape = lfirst(lc);

		if (!shape->hopeless)
			ms += bms_num_members(shape->relevant) *
				(PLAN_MS + JOIN_MS * pow(2, Min(list_length(shape->needs), MOST_JOINED)));
	}
	return ms > HEAVY_SHARE * advice->max_ms;
}

List *
pfa_search_run(PfaAdvice *advice)
{
	Bitmapset  *best = NULL;
	double		best_ms = -1;

	pfa_search_prepare(advice);
	pfa_candidates_merge(advice);
	if (is_heavy(advice))
		compete(advice, pfa_relax_run(advice), &best, &best_ms);
	else
	{
		compete(advice, NULL, &best, &best_ms);
		if (!advice->truncated)
			compete(advice, pfa_relax_run(advice), &best, &best_ms);
	}
	if (bms_num_members(best) >= advice->max_indexes && !advice->truncated)
	{
		advice->by_gain = true;
		compete(advice, NULL, &best, &best_ms);
	}
	best = pfa_hold_keep(advice, best);
	choose(advice, best);
	return rank(advice, best);
}
