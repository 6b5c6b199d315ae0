/*
 * refine.c
 *		Improves upon the indexes that search.c adds one by one: several that help
 *		only together, and smaller ones that do nearly the same.
 *
 * Deterministic, as the search; asks only the cost cache (costs.c).
 */
#include "postgres.h"

#include "advise/candidates.h"
#include "advise/search.h"

/* Replaced by a smaller one if that keeps all but so much of its gain. */
#define SHRINK_LOSS 0.005
/* by a partial one, whose scans in order the planner overrates, all but so much. */
#define SHRINK_LOSS_PARTIAL 0.05
/* A smaller one has at most this share of the size, a partial one this. */
#define SHRINK_SIZE 0.9
#define SHRINK_SIZE_PARTIAL 0.25
/* Replaced by another one if that gains so much of its worth more, */
#define SWAP_GAIN 0.02
/* or this, if it adds the order under a LIMIT to keys that leave so many rows; */
#define LIMITED_GAIN (-0.001)
#define LIMITED_ROWS 2.0
/* so often. */
#define MAX_SWAPS 20
/* One replaces two if so much of their worth goes at most, */
#define MERGE_LOSS 0.01
/* and it has so many times their size. */
#define MERGE_SIZE 1.5
/* Stands for no gain, so that it can be compared. */
#define TINY_MS 1e-9
/* Improvements below this share of the cost are noise. */
#define NOISE 0.001

static PfaCandidate *
candidate_of(PfaAdvice *advice, int id)
{
	return list_nth(advice->candidates, id);
}

/* Adds what the step is worth to one shape. */
static void
weigh_shape(PfaAdvice *advice, PfaShape *shape, const Bitmapset *from,
			const Bitmapset *to, PfaStep *step)
{
	double		before;
	double		after = pfa_costs_step(advice, shape, from, to, &before);
	double		saved = before - after;

	step->gain_ms += pfa_costs_worth(shape, before, after);
	if (before <= 0 || shape->cost <= 0)
		return;
	step->percent = Max(step->percent, 100 * saved / before);
	step->percent_first = Max(step->percent_first, 100 * saved / shape->cost);
	if (saved > NOISE * before)
		step->calls_per_day += shape->calls_per_day;
}

void
pfa_refine_weigh(PfaAdvice *advice, const Bitmapset *from, const Bitmapset *to,
				 PfaStep *step)
{
	Bitmapset  *changed = bms_join(bms_difference(to, from), bms_difference(from, to));
	ListCell   *lc;
	int			id = -1;

	memset(step, 0, sizeof(*step));
	advice->weighings++;
	while ((id = bms_next_member(changed, id)) >= 0)
	{
		foreach(lc, candidate_of(advice, id)->shapes)
		{
			PfaShape   *shape = lfirst(lc);

			if (shape->hopeless || shape->weighed == advice->weighings)
				continue;
			shape->weighed = advice->weighings;
			weigh_shape(advice, shape, from, to, step);
		}
	}
	bms_free(changed);
}

static double
size_of(PfaAdvice *advice, const Bitmapset *set, double *write_ms)
{
	double		mb = 0;
	int			id = -1;

	*write_ms = 0;
	while ((id = bms_next_member(set, id)) >= 0)
	{
		mb += candidate_of(advice, id)->size_mb;
		*write_ms += candidate_of(advice, id)->write_ms;
	}
	return mb;
}

/* Whether each of the group begins with what an arm of an OR compares. */
static bool
are_arms(PfaAdvice *advice, const PfaShape *shape, const Bitmapset *group)
{
	int			id = -1;

	while ((id = bms_next_member(group, id)) >= 0)
	{
		PfaHypoIndex *index = candidate_of(advice, id)->index;
		bool		found = false;
		ListCell   *lc;
		ListCell   *lc2;

		foreach(lc, shape->needs)
		{
			PfaNeed    *need = lfirst(lc);

			foreach(lc2, need->relid == index->relid ? need->columns : NIL)
			{
				PfaNeedColumn *column = lfirst(lc2);

				found |= (column->inside_or && column->attnum == index->attnums[0] &&
						  (column->attnum != 0 || equal(column->expr, linitial(index->exprs))));
			}
		}
		if (!found)
			return false;
	}
	return true;
}

static bool
all_pay(PfaAdvice *advice, const Bitmapset *group, const PfaStep *step, bool first,
		double remaining)
{
	int			id = -1;

	while ((id = bms_next_member(group, id)) >= 0)
		if (pfa_search_refusal(advice, candidate_of(advice, id), step, first, remaining) != NULL)
			return false;
	return true;
}

Bitmapset *
pfa_refine_group(PfaAdvice *advice, const Bitmapset *chosen, int most, double free_mb)
{
	Bitmapset  *all = NULL;
	Bitmapset  *best = NULL;
	double		best_score = 0;
	double		remaining = pfa_costs_remaining(advice, chosen);
	ListCell   *lc;

	foreach(lc, advice->candidates)
	{
		PfaCandidate *candidate = lfirst(lc);

		if (!candidate->barred)
			all = bms_add_member(all, candidate->id);
	}
	foreach(lc, advice->shapes)
	{
		PfaShape   *shape = lfirst(lc);
		Bitmapset  *used;
		Bitmapset  *group;
		PfaStep		step;
		double		write_ms;
		double		mb;

		if (shape->hopeless || pfa_advice_expired(advice))
			continue;
		(void) pfa_costs_get(advice, shape, all, &used);
		group = bms_difference(used, chosen);
		if (bms_num_members(group) < 2 || bms_num_members(group) > most ||
			!are_arms(advice, shape, group))
			continue;
		mb = size_of(advice, group, &write_ms);
		if (free_mb >= 0 && mb > free_mb)
			continue;
		pfa_refine_weigh(advice, chosen, bms_union(chosen, group), &step);
		if (advice->truncated)
			break;
		if (step.gain_ms <= write_ms || step.gain_ms / (mb + PFA_BASE_MB) <= best_score ||
			!all_pay(advice, group, &step, bms_is_empty(chosen), remaining))
			continue;
		best = group;
		best_score = step.gain_ms / (mb + PFA_BASE_MB);
	}
	return best;
}

/*
 * Whether the keys end with the order of a statement with LIMIT, behind others
 * that leave several rows: who reads a page of them expects that index, though
 * there be few rows to sort as yet.
 */
static bool
serves_limit(PfaAdvice *advice, const PfaCandidate *candidate)
{
	const PfaHypoIndex *index = candidate->index;
	ListCell   *lc;
	ListCell   *lc2;

	foreach(lc, advice->shapes)
	{
		PfaShape   *shape = lfirst(lc);

		if (shape->hopeless || !bms_is_member(candidate->id, shape->relevant))
			continue;
		foreach(lc2, shape->needs)
		{
			PfaNeed    *need = lfirst(lc2);
			int			first = index->nkeys - list_length(need->order);
			double		rows = candidate->table->tuples * index->fraction;
			bool		same = true;

			if (need->relid != index->relid || !need->limited || need->order == NIL || first < 1)
				continue;
			for (int i = first; i < index->nkeys; i++)
				same &= (((PfaNeedKey *) list_nth(need->order, i - first))->attnum == index->attnums[i]);
			for (int i = 0; i < first && same; i++)
			{
				double		distinct = 0;
				double		width;

				if (index->attnums[i] != 0)
					pfa_tables_column(candidate->table, index->attnums[i], &distinct, &width);
				rows /= Max(distinct, 1);
			}
			if (same && rows >= LIMITED_ROWS)
				return true;
		}
	}
	return false;
}

/* Whether the keys of one are the first of another, for the same rows. */
static bool
is_prefix(const PfaHypoIndex *index, const PfaHypoIndex *of)
{
	if (index->relid != of->relid || index->am != of->am || index->nkeys >= of->nkeys ||
		index->exprs != NIL || of->exprs != NIL || !equal(index->pred, of->pred))
		return false;
	for (int i = 0; i < index->nkeys; i++)
		if (index->attnums[i] != of->attnums[i] || index->opclasses[i] != of->opclasses[i])
			return false;
	return true;
}

/* Whether a candidate could stand in for another one. */
static bool
is_smaller(PfaAdvice *advice, const PfaCandidate *other, const PfaCandidate *than)
{
	if (is_prefix(other->index, than->index) && serves_limit(advice, than))
		return false;
	if (other->table != than->table || other == than || other->barred || other->chosen ||
		other->hot_lost > than->hot_lost)
		return false;
	/* padding may take what a further column would: it is one too many all the same */
	return other->size_mb < than->size_mb * SHRINK_SIZE ||
		(other->size_mb <= than->size_mb && other->index->ncolumns < than->index->ncolumns &&
		 is_prefix(other->index, than->index));
}

/* The share of its worth that may go with a larger index. */
static double
loss_allowed(const PfaCandidate *candidate, const PfaCandidate *smaller)
{
	if (candidate->index->pred == NIL && smaller->index->pred != NIL &&
		smaller->size_mb <= candidate->size_mb * SHRINK_SIZE_PARTIAL)
		return SHRINK_LOSS_PARTIAL;
	return SHRINK_LOSS;
}

Bitmapset *
pfa_refine_shrink(PfaAdvice *advice, Bitmapset *chosen)
{
	int			id = -1;

	while ((id = bms_next_member(chosen, id)) >= 0)
	{
		PfaCandidate *candidate = candidate_of(advice, id);
		PfaCandidate *best = NULL;
		Bitmapset  *without;
		double		worth;
		ListCell   *lc;

		if (pfa_advice_expired(advice))
			break;
		without = bms_del_member(bms_copy(chosen), id);
		worth = pfa_search_worth(advice, without, chosen);
		foreach(lc, advice->candidates)
		{
			PfaCandidate *other = lfirst(lc);
			Bitmapset  *with;
			PfaStep		step;

			if (!is_smaller(advice, other, candidate) ||
				(best != NULL && other->size_mb >= best->size_mb))
				continue;
			with = bms_add_member(bms_copy(without), other->id);
			pfa_refine_weigh(advice, chosen, with, &step);
			if (!advice->truncated &&
				(-step.gain_ms <= loss_allowed(candidate, other) * worth +
				 Max(candidate->write_ms - other->write_ms, 0) ||
				 pfa_candidates_brin_does(advice, without, candidate, other)))
				best = other;
			bms_free(with);
		}
		if (best != NULL)
		{
			candidate->chosen = false;
			candidate->refused = "a smaller index that is advised does nearly as much";
			best->chosen = true;
			best->refused = NULL;
			chosen = bms_add_member(without, best->id);
			/* it may have a smaller one in turn, as may others of the table */
			id = -1;
			while ((id = bms_next_member(chosen, id)) >= 0)
				if (candidate_of(advice, id)->table == best->table)
					break;
			id--;
		}
		else
			bms_free(without);
	}
	return chosen;
}

/* Whether the set fits, and the step to it pays more than a little. */
static double
swap_worth(PfaAdvice *advice, const Bitmapset *from, const Bitmapset *to, double least)
{
	double		from_write;
	double		to_write;
	double		from_mb = size_of(advice, from, &from_write);
	double		to_mb = size_of(advice, to, &to_write);
	PfaStep		step;

	if (advice->storage_budget >= 0 && to_mb > from_mb &&
		to_mb > advice->storage_budget / 1048576.0)
		return 0;
	pfa_refine_weigh(advice, from, to, &step);
	if (advice->truncated || step.gain_ms - (to_write - from_write) < least)
		return 0;
	/* more size must pay as it does elsewhere */
	return Max(step.gain_ms - (to_write - from_write), TINY_MS) /
		(Max(to_mb - from_mb, 0) + PFA_BASE_MB);
}

Bitmapset *
pfa_refine_swap(PfaAdvice *advice, Bitmapset *chosen, bool *changed)
{
	int			id = -1;
	int			swaps = 0;

	*changed = false;
	while ((id = bms_next_member(chosen, id)) >= 0 && swaps < MAX_SWAPS)
	{
		PfaCandidate *candidate = candidate_of(advice, id);
		PfaCandidate *best = NULL;
		double		best_score = 0;
		Bitmapset  *without;
		double		worth;
		ListCell   *lc;

		if (pfa_advice_expired(advice))
			break;
		without = bms_del_member(bms_copy(chosen), id);
		worth = pfa_search_worth(advice, without, chosen);
		foreach(lc, advice->candidates)
		{
			PfaCandidate *other = lfirst(lc);
			Bitmapset  *with;
			double		score;

			if (other->table != candidate->table || other->chosen || other->barred ||
				other->hot_lost > candidate->hot_lost)
				continue;
			with = bms_add_member(bms_copy(without), other->id);
			score = swap_worth(advice, chosen, with, worth *
							   (is_prefix(candidate->index, other->index) &&
								serves_limit(advice, other) ? LIMITED_GAIN : SWAP_GAIN));
			bms_free(with);
			if (score > best_score)
			{
				best = other;
				best_score = score;
			}
		}
		if (best == NULL)
		{
			bms_free(without);
			continue;
		}
		candidate->chosen = false;
		candidate->refused = "another index that is advised does its work";
		best->chosen = true;
		best->refused = NULL;
		chosen = bms_add_member(without, best->id);
		*changed = true;
		swaps++;
	}
	return chosen;
}

/*
 * Whether one index keeps nearly all of what two are worth; that is asked for
 * once, worth < 0 until then.
 */
static bool
merges(PfaAdvice *advice, const Bitmapset *chosen, const Bitmapset *pair,
	   const PfaCandidate *one, double *worth)
{
	Bitmapset  *without = bms_difference(chosen, pair);
	Bitmapset  *with = bms_add_member(bms_copy(without), one->id);
	double		write_ms;
	double		pair_mb = size_of(advice, pair, &write_ms);
	PfaStep		step;
	bool		result = false;

	if (one->size_mb <= pair_mb * MERGE_SIZE &&
		(advice->storage_budget < 0 || one->size_mb <= pair_mb ||
		 size_of(advice, with, &write_ms) <= advice->storage_budget / 1048576.0))
	{
		if (*worth < 0)
			*worth = Max(pfa_search_worth(advice, without, chosen), 0);
		pfa_refine_weigh(advice, chosen, with, &step);
		(void) size_of(advice, pair, &write_ms);
		result = !advice->truncated &&
			-step.gain_ms <= MERGE_LOSS * *worth + Max(write_ms - one->write_ms, 0);
	}
	bms_free(without);
	bms_free(with);
	return result;
}

/* One in place of these two, or NULL. */
static PfaCandidate *
merge_of(PfaAdvice *advice, const Bitmapset *chosen, const PfaCandidate *a,
		 const PfaCandidate *b)
{
	Bitmapset  *pair = bms_add_member(bms_make_singleton(a->id), b->id);
	double		worth = -1;
	ListCell   *lc;

	foreach(lc, advice->candidates)
	{
		PfaCandidate *one = lfirst(lc);

		if (one->table == a->table && !one->chosen && !one->barred &&
			one->index->am == a->index->am && one->index->pred == NIL &&
			one->hot_lost <= a->hot_lost + b->hot_lost &&
			(one->index->attnums[0] == a->index->attnums[0] ||
			 one->index->attnums[0] == b->index->attnums[0]) &&
			merges(advice, chosen, pair, one, &worth))
			return one;
	}
	return NULL;
}

Bitmapset *
pfa_refine_merge(PfaAdvice *advice, Bitmapset *chosen)
{
	int			first = -1;

	while ((first = bms_next_member(chosen, first)) >= 0)
	{
		PfaCandidate *a = candidate_of(advice, first);
		int			second = first;

		while ((second = bms_next_member(chosen, second)) >= 0)
		{
			PfaCandidate *b = candidate_of(advice, second);
			PfaCandidate *one;

			if (pfa_advice_expired(advice))
				return chosen;
			if (a->table != b->table || a->index->am != b->index->am ||
				(one = merge_of(advice, chosen, a, b)) == NULL)
				continue;
			a->chosen = b->chosen = false;
			a->refused = b->refused = "another index that is advised does its work";
			one->chosen = true;
			one->refused = NULL;
			chosen = bms_add_member(bms_del_member(bms_del_member(chosen, first), second),
									one->id);
			first = -1;
			break;
		}
	}
	return chosen;
}
