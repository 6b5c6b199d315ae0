/*
 * hold.c
 *		Keeps to advice that was given before: who builds an index in the evening
 *		should not be told in the morning that its twin would have been it.
 *
 * The search knows nothing of this and finds what is best.  Then each suggestion of
 * the last call with the same arguments that is missing is tried in the place of
 * those that came for it; it is kept if it pays as any index must and they are not
 * clearly better.  The same record and the same advice before give the same advice,
 * and the advice of such a call is that of the next one.
 */
#include "postgres.h"

#include "advise/hold.h"
#include "advise/search.h"
#include "settings.h"

#include "utils/timestamp.h"

/* With so much less gain a smaller one is still as good. */
#define SAME_SHARE 0.95
/* So many of the chosen are compared with one that is missing. */
#define MAX_RIVALS 12

#define KEPT "an index that was advised before gains nearly as much"
#define BEATEN "it was advised before, but what is advised now is clearly better"

/* One that is missing in the place of those that came for it. */
typedef struct Exchange
{
	Bitmapset  *gone;
	Bitmapset  *back;
	double		ratio;			/* of their gains; the smaller the better */
	bool		found;
	bool		beaten;			/* it would pay, but they are clearly better */
} Exchange;

static PfaCandidate *
candidate_of(PfaAdvice *advice, int id)
{
	return list_nth(advice->candidates, id);
}

static bool
fits(PfaAdvice *advice, const Bitmapset *set)
{
	double		mb = 0;
	int			id = -1;

	while ((id = bms_next_member(set, id)) >= 0)
		mb += candidate_of(advice, id)->size_mb;
	return bms_num_members(set) <= advice->max_indexes &&
		(advice->storage_budget < 0 || mb <= advice->storage_budget / 1048576.0);
}

/* Whether each of these pays beside all others of the set. */
static bool
all_pay(PfaAdvice *advice, const Bitmapset *some, const Bitmapset *set)
{
	int			id = -1;

	while ((id = bms_next_member(some, id)) >= 0)
	{
		Bitmapset  *without = bms_del_member(bms_copy(set), id);
		PfaStep		step;

		pfa_refine_weigh(advice, without, set, &step);
		if (step.gain_ms <= 0 ||
			pfa_search_refusal(advice, candidate_of(advice, id), &step, bms_is_empty(without),
							   pfa_costs_remaining(advice, without)) != NULL)
			return false;
	}
	return true;
}

/*
 * Milliseconds a day that the step to the set gains, with writing, by those that it
 * adds; mb: their size, as the search counts it.
 */
static double
gain_of(PfaAdvice *advice, const Bitmapset *from, const Bitmapset *to, const Bitmapset *added,
		double *mb)
{
	PfaStep		step;
	double		gain;
	int			id = -1;

	pfa_refine_weigh(advice, from, to, &step);
	gain = step.gain_ms;
	*mb = 0;
	while ((id = bms_next_member(added, id)) >= 0)
	{
		gain -= candidate_of(advice, id)->write_ms;
		*mb += candidate_of(advice, id)->size_mb + PFA_BASE_MB;
	}
	return gain;
}

/* Tries an exchange; it becomes the best if it is. */
static void
consider(PfaAdvice *advice, const Bitmapset *chosen, Bitmapset *gone, Bitmapset *back,
		 Exchange *best)
{
	double		factor = 1 + pfa_advice_hold / 100.0;
	Bitmapset  *common = bms_difference(chosen, gone);
	Bitmapset  *with = bms_union(common, back);
	double		theirs;
	double		their_mb;
	double		mine;
	double		my_mb;

	if (advice->truncated || !fits(advice, with) || !all_pay(advice, back, with))
		return;
	theirs = gain_of(advice, common, chosen, gone, &their_mb);
	mine = gain_of(advice, common, with, back, &my_mb);
	if (mine <= 0 || pfa_advice_expired(advice))
		return;
	/* by what they gain, or as much by a smaller one */
	if (theirs > factor * mine ||
		(theirs >= SAME_SHARE * mine &&
		 theirs / their_mb > factor * mine / my_mb))
	{
		best->beaten = true;
		return;
	}
	if (best->found && theirs / mine >= best->ratio)
		return;
	best->found = true;
	best->gone = gone;
	best->back = back;
	best->ratio = theirs / mine;
}

/* Whether a statement could use either. */
static bool
compete(const PfaCandidate *a, const PfaCandidate *b)
{
	ListCell   *lc;

	foreach(lc, a->shapes)
		if (bms_is_member(b->id, ((PfaShape *) lfirst(lc))->relevant))
			return true;
	return a->table == b->table;
}

/*
 * The chosen that may have come for it: new ones, of its table or its statements; any
 * where there is no room for one more.  At most MAX_RIVALS.
 */
static int
find_rivals(PfaAdvice *advice, const PfaCandidate *missing, const Bitmapset *chosen,
			const Bitmapset *held, int *rivals)
{
	bool		full = !fits(advice, bms_add_member(bms_copy(chosen), missing->id));
	int			n = 0;
	int			id = -1;

	while ((id = bms_next_member(chosen, id)) >= 0 && n < MAX_RIVALS)
		if (!bms_is_member(id, held) && (full || compete(missing, candidate_of(advice, id))))
			rivals[n++] = id;
	return n;
}

/* The best exchange for one that is missing. */
static void
find_exchange(PfaAdvice *advice, const PfaCandidate *missing, const Bitmapset *chosen,
			  const Bitmapset *held, Exchange *best)
{
	int			rivals[MAX_RIVALS];
	int			n = find_rivals(advice, missing, chosen, held, rivals);

	for (int i = 0; i < n; i++)
	{
		Bitmapset  *gone = bms_make_singleton(rivals[i]);
		Bitmapset  *back = bms_make_singleton(missing->id);

		consider(advice, chosen, gone, back, best);
		/* two smaller ones may have come for it */
		for (int j = i + 1; j < n; j++)
			if (advice->storage_budget >= 0 ||
				(candidate_of(advice, rivals[i])->table == missing->table &&
				 candidate_of(advice, rivals[j])->table == missing->table))
				consider(advice, chosen, bms_add_member(bms_copy(gone), rivals[j]), back, best);
	}
}

static void
refuse(PfaAdvice *advice, const Bitmapset *set, const char *why)
{
	int			id = -1;

	while ((id = bms_next_member(set, id)) >= 0)
		candidate_of(advice, id)->refused = why;
}

Bitmapset *
pfa_hold_keep(PfaAdvice *advice, Bitmapset *chosen)
{
	Bitmapset  *held;
	Bitmapset  *missing;
	int			id = -1;

	if (advice->query != NULL)
		return chosen;
	held = pfa_hold_find(advice, chosen);
	missing = bms_difference(held, chosen);
	if (pfa_advice_hold == 0)
		return chosen;
	while ((id = bms_next_member(missing, id)) >= 0 && !pfa_advice_expired(advice))
	{
		Exchange	best = {0};

		find_exchange(advice, candidate_of(advice, id), chosen, held, &best);
		if (advice->truncated)
			break;				/* half a comparison says nothing */
		if (!best.found)
		{
			if (best.beaten)
				refuse(advice, bms_make_singleton(id), BEATEN);
			continue;
		}
		chosen = bms_union(bms_difference(chosen, best.gone), best.back);
		chosen = pfa_search_drop(advice, chosen, best.back);
		refuse(advice, best.gone, KEPT);
		missing = bms_difference(missing, best.back);
		/* others may have a place now */
		id = -1;
	}
	return chosen;
}

void
pfa_hold_settle(PfaAdvice *advice, List *chosen)
{
	TimestampTz now = GetCurrentTimestamp();
	ListCell   *lc;

	/* what there was no time to look at would not be missed by chance only */
	if (advice->query != NULL || advice->truncated || advice->left > 0 || advice->cut > 0)
		return;
	advice->given_at = now;
	advice->told = palloc(sizeof(PfaSharedGiven) * PFA_GIVEN_CALL);
	foreach(lc, chosen)
	{
		PfaCandidate *candidate = lfirst(lc);

		if (advice->n_told == PFA_GIVEN_CALL)
			break;
		advice->told[advice->n_told] = *candidate->given;
		candidate->given = &advice->told[advice->n_told++];
		pfa_given_count(candidate->given, now);
	}
}

void
pfa_hold_remember(PfaAdvice *advice)
{
	if (advice->given_at != 0)
		pfa_given_write(advice->given_key, advice->told, advice->n_told, advice->given_at);
}
