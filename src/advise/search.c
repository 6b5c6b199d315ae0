/*
 * search.c
 *		Chooses indexes: step by step the one that gains most a megabyte, given
 *		all chosen before it; what a later choice makes superfluous goes again.
 *
 * Every gain is a difference of planner costs with all chosen indexes present.
 * Deterministic: ties go to the candidate that was found first.
 */
#include "postgres.h"

#include "advise/candidates.h"
#include "advise/search.h"

#include "utils/timestamp.h"

/* A chosen index that keeps less than this of its gain is dropped. */
#define KEEP_SHARE 0.03
/*
 * What the chosen indexes leave of a statement is worth another one only if that
 * saves this share of all the time that is left.
 */
#define WORTH_SHARE 0.01
/* So many HOT updates may an index cost for each use of it. */
#define MAX_HOT_LOST 10.0
/* Chosen ones are exchanged and others added in turn, so often. */
#define MAX_ROUNDS 3
/* So much of the time is for asking what each candidate does alone. */
#define WEIGH_SHARE 0.6
/* Improvements below this share of the cost are noise. */
#define NOISE 0.001

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
		if (!((PfaCandidate *) lfirst(lc))->barred)
			all = bms_add_member(all, ((PfaCandidate *) lfirst(lc))->id);
	foreach(lc, advice->shapes)
	{
		PfaShape   *shape = lfirst(lc);
		Bitmapset  *used;
		int			id = -1;
		double		best;

		if (bms_is_empty(shape->relevant))
			shape->hopeless = true;
		if (shape->hopeless || pfa_advice_expired(advice))
			continue;
		best = pfa_costs_get(advice, shape, all, &used);
		if (shape->cost - best < shape->cost * advice->min_gain / 100)
			shape->hopeless = true;
		else
			while ((id = bms_next_member(used, id)) >= 0)
				((PfaCandidate *) list_nth(advice->candidates, id))->promising = true;
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

const char *
pfa_search_refusal(PfaAdvice *advice, const PfaCandidate *candidate,
				   const PfaStep *step, bool first, double remaining)
{
	if (step->percent < advice->min_gain)
		return first ? "the planner gains less than min_gain by it" :
			"the indexes advised leave less than min_gain for it";
	if (step->percent_first < advice->min_gain && step->gain_ms < WORTH_SHARE * remaining)
		return "the indexes advised leave little for it";
	/* how often the caller's own query comes nobody knows */
	if (advice->query != NULL)
		return NULL;
	if (candidate != NULL && candidate->hot_lost > MAX_HOT_LOST * step->calls_per_day)
		return "it would end the HOT updates of the table for few uses";
	if (candidate != NULL && step->gain_ms <= candidate->write_ms)
		return "writing would cost more than reading gains";
	return NULL;
}

static double
free_mb(PfaAdvice *advice, const Bitmapset *chosen)
{
	return advice->storage_budget < 0 ? -1 :
		Max(advice->storage_budget / 1048576.0 - total_mb(advice, chosen), 0);
}

/* The candidates that are relevant to the same shapes as one of the set. */
static Bitmapset *
related_to(PfaAdvice *advice, const Bitmapset *set)
{
	Bitmapset  *related = NULL;
	ListCell   *lc;
	int			id = -1;

	while ((id = bms_next_member(set, id)) >= 0)
	{
		foreach(lc, ((PfaCandidate *) list_nth(advice->candidates, id))->shapes)
			related = bms_add_members(related, ((PfaShape *) lfirst(lc))->relevant);
	}
	return related;
}

/* Forgets what those steps are worth that a change of the chosen can change. */
static void
forget_steps(PfaAdvice *advice, const Bitmapset *changed)
{
	Bitmapset  *related = related_to(advice, changed);
	int			id = -1;

	while ((id = bms_next_member(related, id)) >= 0)
	{
		PfaCandidate *candidate = list_nth(advice->candidates, id);

		if (candidate->step != NULL)
			pfree(candidate->step);
		candidate->step = NULL;
	}
	bms_free(related);
}

/* What adding a candidate to the chosen is worth; asked once for each. */
static const PfaStep *
weigh_addition(PfaAdvice *advice, PfaCandidate *candidate, const Bitmapset *chosen)
{
	Bitmapset  *with;

	if (candidate->step == NULL)
	{
		candidate->step = palloc(sizeof(PfaStep));
		with = bms_add_member(bms_copy(chosen), candidate->id);
		pfa_refine_weigh(advice, chosen, with, candidate->step);
		bms_free(with);
	}
	return candidate->step;
}

/*
 * Weighs every candidate alone, those that plans have first: for what there is no
 * time for now there will be none later.
 */
static void
weigh_all(PfaAdvice *advice)
{
	TimestampTz enough = pfa_advice_share(advice, WEIGH_SHARE);

	for (int promising = 1; promising >= 0; promising--)
	{
		ListCell   *lc;

		foreach(lc, advice->candidates)
		{
			PfaCandidate *candidate = lfirst(lc);

			if (candidate->barred || candidate->promising != (promising != 0))
				continue;
			if (advice->truncated || GetCurrentTimestamp() >= enough)
				pfa_candidates_leave(advice, candidate);
			else
				(void) weigh_addition(advice, candidate, NULL);
		}
	}
}

/* The candidate to add next, or NULL; says why others are not. */
static PfaCandidate *
best_addition(PfaAdvice *advice, const Bitmapset *chosen)
{
	PfaCandidate *best = NULL;
	double		best_score = 0;
	double		room = free_mb(advice, chosen);
	double		remaining = pfa_refine_remaining(advice, chosen);
	ListCell   *lc;

	foreach(lc, advice->candidates)
	{
		PfaCandidate *candidate = lfirst(lc);
		const PfaStep *step;
		double		score;

		if (candidate->chosen || candidate->dropped || candidate->barred || advice->truncated)
			continue;
		candidate->refused = NULL;
		if (room >= 0 && candidate->size_mb > room)
		{
			candidate->refused = "it does not fit into storage_budget";
			continue;
		}
		step = weigh_addition(advice, candidate, chosen);
		if (advice->truncated)
			break;				/* half a sum says nothing */
		candidate->refused = pfa_search_refusal(advice, candidate, step,
												bms_is_empty(chosen), remaining);
		if (candidate->refused != NULL)
			continue;
		candidate->gain_ms = step->gain_ms;
		score = (step->gain_ms - (advice->query ? 0 : candidate->write_ms)) /
			(candidate->size_mb + PFA_BASE_MB);
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
drop_superfluous(PfaAdvice *advice, Bitmapset *chosen, const Bitmapset *last)
{
	Bitmapset  *related = related_to(advice, last);
	int			id = -1;

	while ((id = bms_next_member(chosen, id)) >= 0)
	{
		PfaCandidate *candidate = list_nth(advice->candidates, id);
		Bitmapset  *without;
		double		percent;
		double		gain;

		if (bms_is_member(id, last) || !bms_is_member(id, related) ||
			pfa_advice_expired(advice))
			continue;
		without = bms_del_member(bms_copy(chosen), id);
		gain = pfa_costs_gain(advice, candidate, without, &percent);
		if (gain <= (advice->query ? 0 : candidate->write_ms) ||
			gain < KEEP_SHARE * candidate->gain_ms)
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
	while ((id = bms_next_member(used, id)) >= 0)
		sum += marginal(advice, shape, chosen, id, after);
	id = -1;
	while ((id = bms_next_member(used, id)) >= 0)
	{
		PfaCandidate *candidate = list_nth(advice->candidates, id);
		PfaGain    *gain = palloc(sizeof(PfaGain));

		gain->shape = shape;
		gain->before = shape->cost;
		gain->after = after;
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

/* Adds candidates until none pays. */
static Bitmapset *
add_all(PfaAdvice *advice, Bitmapset *chosen)
{
	Bitmapset  *before;
	int			most;
	ListCell   *lc;

	foreach(lc, advice->candidates)
		((PfaCandidate *) lfirst(lc))->step = NULL;
	if (chosen == NULL)
		weigh_all(advice);

	while ((most = advice->max_indexes - bms_num_members(chosen)) > 0 &&
		   !pfa_advice_expired(advice))
	{
		PfaCandidate *best = best_addition(advice, chosen);
		Bitmapset  *group;
		int			id = -1;

		if (advice->truncated)
			break;
		group = best != NULL ? bms_make_singleton(best->id) :
			pfa_refine_group(advice, chosen, most, free_mb(advice, chosen));
		if (group == NULL || advice->truncated)
			break;
		while ((id = bms_next_member(group, id)) >= 0)
		{
			((PfaCandidate *) list_nth(advice->candidates, id))->chosen = true;
			((PfaCandidate *) list_nth(advice->candidates, id))->refused = NULL;
		}
		before = bms_copy(chosen);
		chosen = bms_add_members(chosen, group);
		chosen = drop_superfluous(advice, chosen, group);
		before = bms_join(bms_difference(before, chosen), bms_difference(chosen, before));
		forget_steps(advice, before);
		bms_free(before);
		advice->n_chosen = bms_num_members(chosen);
	}
	return chosen;
}

List *
pfa_search_run(PfaAdvice *advice)
{
	Bitmapset  *chosen;

	bool		changed = true;

	find_hopeless(advice);
	chosen = add_all(advice, NULL);
	for (int i = 0; i < MAX_ROUNDS && changed && !pfa_advice_expired(advice); i++)
	{
		chosen = pfa_refine_swap(advice, chosen, &changed);
		if (changed)
			chosen = add_all(advice, chosen);
	}
	chosen = pfa_refine_merge(advice, chosen);
	chosen = pfa_refine_shrink(advice, chosen);
	return rank(advice, chosen);
}
