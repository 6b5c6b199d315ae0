/*
 * search.c
 *		Adds indexes step by step, each time the one that gains most a megabyte,
 *		given all chosen before it; what a later choice makes superfluous goes
 *		again.
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
/* So much of the time is for asking what each candidate does alone. */
#define WEIGH_SHARE 0.6
/* What a candidate was worth before the last choice it may be worth so many times. */
#define LAZY_SLACK 1.2

/* Whether expressions among its candidates may change estimates, for better or worse. */
static bool
feels_statistics(PfaAdvice *advice, const PfaShape *shape)
{
	int			id = -1;

	while ((id = bms_next_member(shape->relevant, id)) >= 0)
		if (((PfaCandidate *) list_nth(advice->candidates, id))->index->exprs != NIL)
			return true;
	return false;
}

void
pfa_search_prepare(PfaAdvice *advice)
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
		/* the planner decides what its plan has, be it in order or not */
		(void) pfa_costs_get(advice, shape, all, &used);
		best = pfa_costs_planner(advice, shape, all);
		shape->floor = feels_statistics(advice, shape) ? 0 : best;
		if (shape->planner_cost - best < shape->planner_cost * advice->min_gain / 100)
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

double
pfa_search_worth(PfaAdvice *advice, const Bitmapset *without, const Bitmapset *chosen)
{
	PfaStep		step;

	pfa_refine_weigh(advice, without, chosen, &step);
	return Min(step.gain_ms, pfa_costs_remaining(advice, chosen));
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

/* The most that adding a candidate to the chosen can be worth. */
static void
bound_addition(const PfaCandidate *candidate, PfaStep *step)
{
	ListCell   *lc;

	memset(step, 0, sizeof(*step));
	foreach(lc, candidate->shapes)
	{
		PfaShape   *shape = lfirst(lc);
		double		saved = shape->now - shape->floor;

		if (shape->hopeless || shape->now <= 0 || saved <= 0)
			continue;
		step->gain_ms += pfa_costs_worth(shape, shape->now, shape->floor);
		step->percent = Max(step->percent, 100 * saved / shape->now);
		step->percent_first = Max(step->percent_first, 100 * saved / shape->cost);
		step->calls_per_day += shape->calls_per_day;
	}
}

/* What a step is worth a megabyte, or at all where nothing but their number limits them. */
static double
score_of(const PfaAdvice *advice, const PfaCandidate *candidate, const PfaStep *step)
{
	double		net = step->gain_ms - (advice->query ? 0 : candidate->write_ms);

	return advice->by_gain ? net : net / (candidate->size_mb + PFA_BASE_MB);
}

static int
by_score(const ListCell *a, const ListCell *b)
{
	const PfaCandidate *left = lfirst(a);
	const PfaCandidate *right = lfirst(b);

	if (left->score != right->score)
		return left->score > right->score ? -1 : 1;
	return left->id - right->id;
}

/*
 * The candidate to add next, or NULL; says why others are not.  Those are not
 * weighed again that cannot, or by what they were last worth will not, be the best.
 */
static PfaCandidate *
best_addition(PfaAdvice *advice, const Bitmapset *chosen)
{
	PfaCandidate *best = NULL;
	double		best_score = 0;
	double		room = free_mb(advice, chosen);
	double		remaining = pfa_costs_remaining(advice, chosen);
	bool		first = bms_is_empty(chosen);
	List	   *order = list_copy(advice->candidates);
	ListCell   *lc;

	list_sort(order, by_score);
	foreach(lc, order)
	{
		PfaCandidate *candidate = lfirst(lc);
		const PfaStep *step = candidate->step;
		double		score;

		if (candidate->chosen || candidate->dropped || candidate->barred || advice->truncated)
			continue;
		candidate->refused = NULL;
		if (room >= 0 && candidate->size_mb > room)
		{
			candidate->refused = "it does not fit into storage_budget";
			continue;
		}
		if (step == NULL)
		{
			PfaStep		bound;

			bound_addition(candidate, &bound);
			candidate->refused = pfa_search_refusal(advice, candidate, &bound, first, remaining);
			if (candidate->refused != NULL ||
				(best != NULL && (candidate->score * LAZY_SLACK < best_score ||
								  score_of(advice, candidate, &bound) <= best_score)))
				continue;
			step = weigh_addition(advice, candidate, chosen);
		}
		if (advice->truncated)
			break;				/* half a sum says nothing */
		candidate->refused = pfa_search_refusal(advice, candidate, step, first, remaining);
		score = score_of(advice, candidate, step);
		candidate->score = candidate->refused ? 0 : score;
		if (candidate->refused != NULL)
			continue;
		candidate->gain_ms = step->gain_ms;
		if (best == NULL || score > best_score ||
			(score == best_score && candidate->id < best->id))
		{
			best = candidate;
			best_score = score;
		}
	}
	list_free(order);
	return best;
}

/* Whether a candidate is on a table of one of the set. */
static bool
is_beside(PfaAdvice *advice, const PfaCandidate *candidate, const Bitmapset *set)
{
	int			id = -1;

	while ((id = bms_next_member(set, id)) >= 0)
		if (((PfaCandidate *) list_nth(advice->candidates, id))->table == candidate->table)
			return true;
	return false;
}

Bitmapset *
pfa_search_drop(PfaAdvice *advice, Bitmapset *chosen, const Bitmapset *last)
{
	int			id = -1;

	while ((id = bms_next_member(chosen, id)) >= 0)
	{
		PfaCandidate *candidate = list_nth(advice->candidates, id);
		Bitmapset  *without;
		double		percent;
		double		gain;

		if (bms_is_member(id, last) || (last != NULL && !is_beside(advice, candidate, last)) ||
			pfa_advice_expired(advice))
			continue;
		without = bms_del_member(bms_copy(chosen), id);
		gain = pfa_costs_gain(advice, candidate, without, &percent);
		if (gain <= (advice->query ? 0 : candidate->write_ms) ||
			gain < KEEP_SHARE * Min(candidate->gain_ms, pfa_costs_remaining(advice, chosen)))
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

Bitmapset *
pfa_search_add(PfaAdvice *advice, Bitmapset *chosen)
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
		chosen = pfa_search_drop(advice, chosen, group);
		before = bms_join(bms_difference(before, chosen), bms_difference(chosen, before));
		forget_steps(advice, before);
		bms_free(before);
		advice->n_chosen = bms_num_members(chosen);
	}
	return chosen;
}
