/*
 * relax.c
 *		The other way to choose: begins with all that plans have when every
 *		candidate is there, and lets go of what is missed least until the rest
 *		fits and pays.
 *
 * What helps a join only together is found this way, and far fewer plans are
 * asked for, since only the statements whose plan has an index miss it.  In the same
 * way one that there was no room for takes the place of others.
 * Deterministic, as the search; asks only the cost cache (costs.c).
 */
#include "postgres.h"

#include "advise/search.h"

/* A smaller one stands in for another one with at most this share of its size. */
#define SMALLER 0.9
/* Added to what is freed, so that little of it counts little, megabytes. */
#define BASE_MB 0.05
/* An exchange must save such a share of all the time that is left; */
#define EXCHANGE_SHARE 0.002
/* so many are tried that would save most if there were room. */
#define MAX_ENTRANTS 12
/* Stands for no loss, so that it can be compared. */
#define TINY_MS 1e-9

/* Letting go of one, perhaps for another. */
typedef struct Option
{
	int			gone;
	int			instead;		/* -1: none */
	double		loss;			/* milliseconds a day, less what writes save */
	double		score;			/* the smaller the better */
} Option;

static PfaCandidate *
candidate_of(PfaAdvice *advice, int id)
{
	return list_nth(advice->candidates, id);
}

static double
size_of(PfaAdvice *advice, const Bitmapset *set)
{
	double		mb = 0;
	int			id = -1;

	while ((id = bms_next_member(set, id)) >= 0)
		mb += candidate_of(advice, id)->size_mb;
	return mb;
}

static bool
fits(PfaAdvice *advice, const Bitmapset *set)
{
	return bms_num_members(set) <= advice->max_indexes &&
		(advice->storage_budget < 0 ||
		 size_of(advice, set) <= advice->storage_budget / 1048576.0);
}

/* All that plans have when every candidate is there. */
static Bitmapset *
everything(PfaAdvice *advice)
{
	Bitmapset  *all = NULL;
	Bitmapset  *result = NULL;
	ListCell   *lc;

	foreach(lc, advice->candidates)
	{
		PfaCandidate *candidate = lfirst(lc);

		if (!candidate->barred)
			all = bms_add_member(all, candidate->id);
	}
	foreach(lc, advice->shapes)
	{
		Bitmapset  *used;

		(void) pfa_costs_get(advice, lfirst(lc), all, &used);
		result = bms_add_members(result, used);
	}
	return result;
}

static Bitmapset *
after(const Bitmapset *set, int gone, int instead)
{
	Bitmapset  *result = bms_del_member(bms_copy(set), gone);

	return instead < 0 ? result : bms_add_member(result, instead);
}

/* Weighs an option; the best so far is kept. */
static void
consider(PfaAdvice *advice, const Bitmapset *set, int gone, int instead, Option *best)
{
	Bitmapset  *to = after(set, gone, instead);
	PfaCandidate *leaves = candidate_of(advice, gone);
	double		mb = leaves->size_mb;
	double		write_ms = leaves->write_ms;
	PfaStep		step;
	Option		option = {.gone = gone,.instead = instead};

	pfa_refine_weigh(advice, set, to, &step);
	bms_free(to);
	if (instead >= 0)
	{
		mb -= candidate_of(advice, instead)->size_mb;
		write_ms -= candidate_of(advice, instead)->write_ms;
	}
	option.loss = -step.gain_ms - (advice->query ? 0 : write_ms);
	/* what is not missed goes first, the largest of it */
	option.score = option.loss > TINY_MS ? option.loss : TINY_MS;
	if (bms_num_members(set) <= advice->max_indexes)
		/* more room than is needed is of no use */
		option.score /= Min(mb, size_of(advice, set) - advice->storage_budget / 1048576.0) + BASE_MB;
	if (best->gone < 0 || option.score < best->score)
		*best = option;
}

/* What is missed least while there is too much; one of them is not to go (-1: all may). */
static Option
best_option(PfaAdvice *advice, const Bitmapset *set, int stays)
{
	Option		best = {.gone = -1,.instead = -1};
	bool		crowded = bms_num_members(set) > advice->max_indexes;
	int			id = -1;

	while ((id = bms_next_member(set, id)) >= 0 && !pfa_advice_expired(advice))
	{
		PfaCandidate *candidate = candidate_of(advice, id);
		ListCell   *lc;

		if (id == stays)
			continue;
		consider(advice, set, id, -1, &best);
		foreach(lc, crowded ? NIL : advice->candidates)
		{
			PfaCandidate *other = lfirst(lc);

			if (other->table == candidate->table && other != candidate && !other->barred &&
				!bms_is_member(other->id, set) &&
				other->index->am == candidate->index->am &&
				other->index->attnums[0] == candidate->index->attnums[0] &&
				other->hot_lost <= candidate->hot_lost &&
				other->size_mb <= candidate->size_mb * SMALLER)
				consider(advice, set, id, other->id, &best);
		}
	}
	return best;
}

/* One that does not pay beside the others, or -1. */
static int
unworthy(PfaAdvice *advice, const Bitmapset *set)
{
	double		remaining = pfa_costs_remaining(advice, set);
	int			worst = -1;
	double		least = 0;
	int			id = -1;

	while ((id = bms_next_member(set, id)) >= 0 && !pfa_advice_expired(advice))
	{
		Bitmapset  *without = after(set, id, -1);
		PfaStep		step;

		pfa_refine_weigh(advice, without, set, &step);
		bms_free(without);
		if (pfa_search_refusal(advice, candidate_of(advice, id), &step, false, remaining) != NULL &&
			(worst < 0 || step.gain_ms < least))
		{
			worst = id;
			least = step.gain_ms;
		}
	}
	return worst;
}

/* Lets go of what is missed least until the rest fits; NULL if it never does. */
static Bitmapset *
make_fit(PfaAdvice *advice, Bitmapset *set, int stays)
{
	while (!fits(advice, set))
	{
		Option		option = best_option(advice, set, stays);

		if (option.gone < 0 || advice->truncated)
			return NULL;
		set = bms_del_member(set, option.gone);
		if (option.instead >= 0)
			set = bms_add_member(set, option.instead);
	}
	return set;
}

static double
write_ms_of(PfaAdvice *advice, const Bitmapset *set)
{
	double		ms = 0;
	int			id = -1;

	while (advice->query == NULL && (id = bms_next_member(set, id)) >= 0)
		ms += candidate_of(advice, id)->write_ms;
	return ms;
}

/* Milliseconds a day that a step saves, with writing. */
static double
saved_by(PfaAdvice *advice, const Bitmapset *from, const Bitmapset *to, PfaStep *step)
{
	pfa_refine_weigh(advice, from, to, step);
	return step->gain_ms - write_ms_of(advice, to) + write_ms_of(advice, from);
}

/* One that is not chosen, and what it would save if there were room. */
typedef struct Entrant
{
	PfaCandidate *candidate;
	double		saves;
} Entrant;

static int
by_saving(const void *a, const void *b)
{
	const Entrant *left = a;
	const Entrant *right = b;

	if (left->saves != right->saves)
		return left->saves > right->saves ? -1 : 1;
	return left->candidate->id - right->candidate->id;
}

/* Those not chosen that would save most, the best first; how many. */
static int
find_entrants(PfaAdvice *advice, const Bitmapset *chosen, double least, Entrant *entrants)
{
	int			n = 0;
	ListCell   *lc;

	foreach(lc, advice->candidates)
	{
		PfaCandidate *candidate = lfirst(lc);
		Bitmapset  *with;
		PfaStep		step;
		double		saves;

		if (candidate->barred || bms_is_member(candidate->id, chosen) || pfa_advice_expired(advice))
			continue;
		with = bms_add_member(bms_copy(chosen), candidate->id);
		saves = saved_by(advice, chosen, with, &step);
		bms_free(with);
		if (saves > least &&
			pfa_search_refusal(advice, candidate, &step, false,
							   pfa_costs_remaining(advice, chosen)) == NULL)
			entrants[n++] = (Entrant) {candidate, saves};
	}
	qsort(entrants, n, sizeof(Entrant), by_saving);
	return Min(n, MAX_ENTRANTS);
}

Bitmapset *
pfa_relax_exchange(PfaAdvice *advice, const Bitmapset *chosen)
{
	Entrant    *entrants = palloc(sizeof(Entrant) * Max(list_length(advice->candidates), 1));
	Bitmapset  *best = NULL;
	double		best_saving = EXCHANGE_SHARE * pfa_costs_remaining(advice, chosen);
	int			n = find_entrants(advice, chosen, best_saving, entrants);

	for (int i = 0; i < n && !pfa_advice_expired(advice); i++)
	{
		int			id = entrants[i].candidate->id;
		Bitmapset  *set;
		PfaStep		step;
		double		saving;

		/* whatever goes for it, it saves no more */
		if (entrants[i].saves <= best_saving)
			break;
		set = make_fit(advice, bms_add_member(bms_copy(chosen), id), id);
		if (set == NULL)
			continue;
		saving = saved_by(advice, chosen, set, &step);
		if (!advice->truncated && saving > best_saving)
		{
			best = set;
			best_saving = saving;
		}
	}
	pfree(entrants);
	return advice->truncated ? NULL : best;
}

Bitmapset *
pfa_relax_run(PfaAdvice *advice)
{
	Bitmapset  *set = everything(advice);

	while (!bms_is_empty(set) && !pfa_advice_expired(advice))
	{
		Option		option;

		if (fits(advice, set))
		{
			int			id = unworthy(advice, set);

			if (id < 0)
				break;
			set = bms_del_member(set, id);
			continue;
		}
		option = best_option(advice, set, -1);
		if (option.gone < 0)
			break;
		set = bms_del_member(set, option.gone);
		if (option.instead >= 0)
			set = bms_add_member(set, option.instead);
	}
	/* cut off by the deadline: what there is room for */
	while (!bms_is_empty(set) && !fits(advice, set))
		set = bms_del_member(set, bms_next_member(set, -1));
	return set;
}
