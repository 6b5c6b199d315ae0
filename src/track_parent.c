/*
 * track_parent.c
 *		The column that a repeat's values came from.
 *
 * The column of a multi-row result in which (nearly) all of them are found is
 * the parent.  Small numbers stand in many columns by chance: a foreign key
 * between the two columns decides, and without one the children must come in
 * the order of the parent's rows.
 *
 * Catalog look-ups may throw.
 */
#include "postgres.h"

#include <math.h>

#include "port/pg_bitutils.h"

#include "compat.h"
#include "links.h"
#include "results.h"
#include "settings.h"
#include "track_internal.h"

#define COVERED_SHARE	0.8
#define ORDERED_SHARE	0.9		/* by chance, of ten values, once in 3,000
								 * times */
#define ORDERED_FROM	8		/* values from which an order tells much */
#define CHANCE_AHEAD	5		/* so much farther apart are values by chance */
#define UNASKED_WEIGHT	1.75	/* of rows passed over that have what was not asked
								 * for yet: others may ask for them */
#define LOOK_AGAIN		4		/* values after which what may end soon is judged
								 * again */
#define ELSEWHERE		1		/* values that may come from elsewhere, where there
								 * is no order */
#define FEW_OF_EACH		3		/* values found in each run of a short list */
#define COVERAGE_SCORE	0.4		/* of two alike, the one that has more of the values */
#define PROVED_FROM		10		/* values in order, all of them, by a foreign key:
								 * what comes after does not disprove it */

/* How well a column explains the values of a place. */
typedef struct Fit
{
	double		share;			/* of the values that should be in it; 0: not
								 * at all */
	uint32		looked;			/* values compared */
	int			link;
	bool		ordered;
	bool		unsure;			/* in no order, of who knows how many values */
	uint32		missing;		/* more values that may change that, 0: not
								 * known */
} Fit;

/* How a child's value and a column belong together: looked up once for each. */
static int
link_of(PfaTracker *tracker, int place, int slot, int column, const PfaBinding *child)
{
	PfaHits    *hits = &pfa_track_hits(tracker, place, slot)->columns[column];

	const PfaResult *result = pfa_results_get(slot);

	if (hits->link == PFA_LINK_UNKNOWN)
		hits->link = pfa_links_find(child->relid, child->attnum,
									result->relid[column], result->attnum[column]);
	return hits->link;
}

/*
 * Whether values come in the order of the rows.  Those that have nothing to do
 * with the list are found there, too, if few different ones are in it, but as
 * many rows apart as there are different ones.
 */
static bool
follows_rows(const PfaTracker *tracker, const PfaHits *hits, const PfaResult *result,
			 int column, double share)
{
	uint32		followers = hits->hits - hits->runs;
	uint32		skipped = hits->skipped;

	if (hits->in_order < share * followers)
		return false;
	/* rows with what was asked for before were left out: the others tell more */
	if (pfa_track_all_sums[tracker - pfa_track_all].same_values == 0)
		skipped *= UNASKED_WEIGHT;
	return skipped == 0 ||
		(hits->skipped < PG_UINT8_MAX &&
		 (hits->in_order + skipped) * CHANCE_AHEAD <=
		 hits->in_order * pfa_results_diversity(result, column));
}

/* How many values there are that a child may ask for, 0: not known. */
static uint32
domain_of(PfaResult *result, int column, uint32 distinct, int link, const PfaBinding *child)
{
	uint32		rows = link == PFA_LINK_KEY ?
		pfa_links_rows(child->relid, child->attnum, result->relid[column], result->attnum[column]) : 0;

	return pfa_track_domain(result, column, distinct, rows);
}

/*
 * Without an order, in one transaction: whether values are a list's, or some of
 * the few that there are.  If not, missing: how many more may tell.
 */
static bool
is_no_chance(const PfaTracker *tracker, const PfaHits *hits, PfaResult *result,
			 int column, uint32 looked, int link, const PfaBinding *child, Fit *fit)
{
	const PfaTrackSums *sums = &pfa_track_all_sums[tracker - pfa_track_all];
	uint32		asked = sums->distinct_values + 1;
	uint32		distinct = pfa_results_distinct(result, column);
	uint32		domain = domain_of(result, column, distinct, link, child);
	uint32		wanted = ceil(COVERED_SHARE * distinct);
	uint32		beyond = pfa_track_beyond(result, distinct, looked);
	uint32		elsewhere = looked - Min(looked, hits->hits);

	fit->missing = LOOK_AGAIN;
	/* a short list that is read again and again is one of several, mostly */
	if (hits->runs * FEW_OF_EACH >= hits->hits)
		return !pfa_track_by_chance(looked, looked - elsewhere, distinct, domain != 0 ? domain : asked, false);
	if (elsewhere > ELSEWHERE + beyond)
	{
		fit->missing = 0;
		return false;
	}
	if (tracker->proved != 0)
		return true;
	if (asked < wanted)
	{
		fit->missing = wanted - asked;
		return false;
	}
	/* a set of keys, each of them once */
	fit->unsure = domain == 0;
	if (domain == 0)
		return sums->same_values == 0 && elsewhere <= beyond;
	asked = Min(looked, asked);
	return !pfa_track_by_chance(asked, asked - Min(elsewhere, asked), distinct, domain,
								sums->same_values == 0);
}

static Fit
fit_of(const PfaTracker *tracker, const PfaHitRow *row, PfaResult *result, int column,
	   uint32 looked, int link, const PfaBinding *child, PfaDoubt doubt)
{
	const PfaHits *hits = &row->columns[column];
	uint32		followers = hits->hits - hits->runs;
	double		expected = Min(looked, result->captured);
	Fit			fit = {0};
	bool		linked;

	fit.ordered = followers * 4 >= hits->hits && follows_rows(tracker, hits, result, column, ORDERED_SHARE);
	/* rows beyond those kept cannot be found */
	if (result->rows > result->captured && fit.ordered && hits->hits >= ORDERED_FROM &&
		hits->last_row * 10 >= result->captured * 7)
		expected = Min(expected, hits->last_seen - row->unseen);
	/* small lists that are read again and again have any of few values */
	if (doubt != PFA_DOUBT_NONE && hits->hits + 1 < pfa_repeat_threshold)
		return fit;
	linked = link == PFA_LINK_KEY || link == PFA_LINK_SAME ||
		(link == PFA_LINK_SIBLING && fit.ordered);
	if (expected == 0 || hits->hits < COVERED_SHARE * expected)
		return fit;
	if (!linked && (hits->hits < expected || followers < 4 ||
					link == PFA_LINK_STRANGER || !follows_rows(tracker, hits, result, column, COVERED_SHARE)))
		return fit;
	/* a list that came when most was asked for, for few of the rest */
	if (doubt != PFA_DOUBT_NONE && hits->hits < 2 * pfa_repeat_threshold &&
		hits->hits * 2 < looked + row->unseen)
	{
		fit.missing = 2 * pfa_repeat_threshold - hits->hits;
		return fit;
	}
	/* small numbers in order stand in many lists: all of it, then */
	if (doubt == PFA_DOUBT_TRANSACTIONS && !linked)
	{
		uint32		distinct = pfa_results_distinct(result, column);

		/* the first one's value was not looked at */
		if (hits->hits + 1 < distinct || result->rows > result->captured)
		{
			fit.missing = distinct - Min(distinct, hits->hits + 1);
			return fit;
		}
	}
	/* all keys of a small table stand in many lists */
	if (!fit.ordered && pfa_results_dense(result, column))
		return fit;
	/* in no order: all of them once, or they were asked for by somebody else */
	if (doubt != PFA_DOUBT_NONE && !fit.ordered)
	{
		uint32		distinct = pfa_results_distinct(result, column);
		uint32		domain;

		if (pfa_track_all_sums[tracker - pfa_track_all].same_values > 0 ||
			hits->hits > distinct ||
			(hits->hits < looked && result->rows == result->captured))
			return fit;
		if (hits->hits < COVERED_SHARE * distinct)
		{
			fit.missing = ceil(COVERED_SHARE * distinct) - hits->hits;
			return fit;
		}
		/* the next value may be another; some go through a table that all lists have */
		fit.missing = 1;
		domain = domain_of(result, column, distinct, link, child);
		if (domain == 0 || pfa_track_by_chance(looked, Min(looked, hits->hits), distinct, domain, true))
			return fit;
	}
	/* in an order of few values, of many, neither */
	if (doubt == PFA_DOUBT_NONE &&
		(!fit.ordered || (followers < ORDERED_FROM && hits->hits < looked)) &&
		!is_no_chance(tracker, hits, result, column, looked, link, child, &fit))
		return fit;
	fit.share = Min(hits->hits, expected) / expected;
	fit.looked = looked;
	fit.link = link;
	fit.ordered &= followers >= ORDERED_FROM;
	return fit;
}

/*
 * The better of two explanations: a foreign key is one, the order of many values
 * a better one, both together the best.
 */
static double
score_of(const Fit *fit, const PfaHits *hits, bool other_table)
{
	double		score = fit->share + COVERAGE_SCORE * hits->hits / fit->looked +
		(fit->ordered ? 2.2 : 0.0) + (other_table ? 0.5 : 0.0);

	switch (fit->link)
	{
		case PFA_LINK_KEY:
			return score + 2.0;
		case PFA_LINK_SIBLING:
			return score + 1.8;
		case PFA_LINK_SAME:
			return score + 0.4;
		default:
			return score;
	}
}

/* The best of all columns, and how many could be it. */
typedef struct Choice
{
	double		score;
	int			candidates;
	int			link;
	bool		ordered;
	uint32		missing;		/* values that may disprove it */
	int			place;
	int			slot;
	int			column;
	uint8		mixed;			/* columns of one result that a foreign key
								 * links, if there are several */
	int			mixed_place;
	int			mixed_slot;
} Choice;

static void
fill_parent(const PfaTracker *tracker, const PfaShapeFacts *facts, int place, int slot,
			int column, PfaParent *parent)
{
	const PfaBinding *child = &facts->bindings[tracker->binding[place]];
	const PfaResult *result = pfa_results_get(slot);
	const PfaHitRow *row = pfa_track_hits(tracker, place, slot);

	parent->shape = result->shape;
	parent->queryid = result->queryid;
	parent->relid = result->relid[column];
	parent->attnum = result->attnum[column];
	parent->resno = result->resno[column];
	parent->rows = Max(result->rows, result->captured);
	parent->child_relid = child->relid;
	parent->child_attnum = child->attnum;
	/* rows that were put together began to be looked at late */
	parent->before = row && !result->gathered ? row->unseen : 0;
	parent->partly = false;
	parent->others_vary = facts->more_values ||
		(tracker->varied & ~(1 << tracker->binding[place])) != 0;
}

/* Executions after which there may be a parent: the fewest, but 0. */
static inline void
tell_missing(PfaParent *parent, uint32 missing)
{
	if (missing != 0 && (parent->missing == 0 || missing < parent->missing))
		parent->missing = missing;
}

/* Another column that explains the values. */
static void
consider(PfaTracker *tracker, const PfaShapeFacts *facts, int place, int slot, int column,
		 const Fit *fit, Choice *best, PfaParent *parent)
{
	const PfaBinding *child = &facts->bindings[tracker->binding[place]];
	const PfaHits *hits = &pfa_track_hits(tracker, place, slot)->columns[column];
	PfaResult  *result = pfa_results_get(slot);

	/* of two alike, the one read last; of a key's columns, the one with most values */
	double		score = score_of(fit, hits, result->relid[column] != child->relid) + result->turn * 1e-9;

	best->candidates++;
	if (score < best->score ||
		(score == best->score && (slot != best->slot ||
								  pfa_results_distinct(result, column) <= pfa_results_distinct(result, best->column))))
		return;
	best->score = score;
	best->link = fit->link;
	best->slot = slot;
	best->column = column;
	best->ordered = fit->ordered;
	best->missing = fit->missing;
	best->place = place;
	fill_parent(tracker, facts, place, slot, column, parent);
	parent->compared = fit->looked;
	parent->covered = Min(hits->hits, fit->looked);
	/* others go on to ask when all of its rows have been asked for */
	parent->partly = result->rows <= result->captured && fit->looked > result->captured &&
		parent->covered < COVERED_SHARE * fit->looked;
}

static void
look_at_result(PfaTracker *tracker, const PfaShapeFacts *facts, int place, int slot,
			   PfaDoubt doubt, Choice *best, PfaParent *parent)
{
	const PfaBinding *child = &facts->bindings[tracker->binding[place]];
	const PfaHitRow *row = pfa_track_hits(tracker, place, slot);
	PfaResult  *result = pfa_results_get(slot);
	uint8		linked = 0;
	int			unsure = 0;
	int			unsure_column = 0;
	Fit			unsure_fit = {0};

	if (result->shape == 0 || row == NULL)
		return;
	for (int c = 0; c < result->ncolumns; c++)
	{
		uint32		looked = tracker->seen[place] - row->unseen;
		int			link;
		Fit			fit;

		if (row->columns[c].hits == 0)
			continue;
		if (slot != tracker->slot || c != tracker->column)
			looked -= Min(looked, tracker->followed);
		link = link_of(tracker, place, slot, c, child);
		linked |= (link == PFA_LINK_KEY) << c;
		fit = fit_of(tracker, row, result, c, looked, link, child, doubt);
		if (fit.share == 0)
			tell_missing(parent, fit.missing);
		else if (!fit.unsure)
			consider(tracker, facts, place, slot, c, &fit, best, parent);
		else
		{
			unsure++;
			unsure_column = c;
			unsure_fit = fit;
		}
	}
	/* two columns that have all that was asked for have all that there is */
	if (unsure == 1)
		consider(tracker, facts, place, slot, unsure_column, &unsure_fit, best, parent);
	else if (unsure > 1)
		tell_missing(parent, LOOK_AGAIN);
	/* several columns may give values by turns: those of the latest result */
	if (pg_popcount32(linked) > 1 && (best->mixed == 0 || result->turn > pfa_results_get(best->mixed_slot)->turn))
	{
		best->mixed = linked;
		best->mixed_place = place;
		best->mixed_slot = slot;
	}
}

/*
 * From here on values need be looked for nowhere else, as long as they come in the
 * order of the parent's rows: no other column can explain them better.  Of a
 * tracker only one column is ever followed.
 */
static void
begin_following(int t, const PfaParent *parent, const Choice *best)
{
	PfaTracker *tracker = &pfa_track_all[t];
	PfaHitRow  *row = pfa_track_hits(tracker, 0, best->slot);
	const PfaHits *hits = &row->columns[best->column];

	if (tracker->slot >= 0 && (tracker->slot != best->slot || tracker->column != best->column))
		return;
	if ((best->candidates > 1 && best->link != PFA_LINK_KEY) ||
		parent->covered < parent->compared || hits->hits != hits->in_order + hits->runs ||
		row->result_turn != pfa_results_get(best->slot)->turn || hits->last_row == PFA_NO_ROW)
		return;
	row->next_row = hits->last_row + 1;
	pfa_track_states[t] = PFA_TRACK_FOLLOWS;
	tracker->slot = best->slot;
	tracker->column = best->column;
	tracker->turn = pfa_results_turn;
}

/* No column explains all values: several of one result, or for a while one did. */
static void
explain_parts(PfaTracker *tracker, const PfaShapeFacts *facts, const Choice *best,
			  PfaParent *parent)
{
	uint32		found;
	uint32		more = 0;
	int			column = pfa_track_walked(tracker, &found, &more);

	if (column >= 0)
	{
		fill_parent(tracker, facts, pfa_track_walk.place, pfa_track_walk.slot, column, parent);
		parent->compared = pfa_track_walk.values;
		parent->covered = found;
	}
	else if (tracker->proved > 0 &&
			 pfa_track_hits(tracker, tracker->proved_place, tracker->proved_slot) != NULL)
	{
		fill_parent(tracker, facts, tracker->proved_place, tracker->proved_slot,
					tracker->proved_column, parent);
		parent->covered = tracker->proved;
		parent->partly = true;
		parent->compared = pfa_track_all_sums[tracker - pfa_track_all].compared;
	}
	else if (!pfa_tree_parent(tracker, facts, parent))
	{
		tell_missing(parent, more);
		if (best->mixed != 0)
			pfa_track_walk_begin(tracker, best->mixed_place, best->mixed_slot, best->mixed);
	}
}

void
pfa_track_parent(int t, const PfaShapeFacts *facts, PfaDoubt doubt, PfaParent *parent)
{
	PfaTracker *tracker = &pfa_track_all[t];
	Choice		best = {0};

	memset(parent, 0, sizeof(*parent));
	pfa_track_settle(tracker);
	for (int p = 0; p < tracker->nplaces; p++)
	{
		/* a place that hardly varies is no evidence */
		if (tracker->changes[p] < 2 || tracker->changes[p] * 8 < tracker->seen[p] - 1)
			continue;
		for (int slot = 0; slot < pfa_results_count; slot++)
			look_at_result(tracker, facts, p, slot, doubt, &best, parent);
	}
	if (best.candidates == 0)
		explain_parts(tracker, facts, &best, parent);
	else if (best.link == PFA_LINK_KEY && best.ordered && parent->compared >= PROVED_FROM &&
			 parent->covered == parent->compared)
	{
		tracker->proved = parent->covered;
		tracker->proved_place = best.place;
		tracker->proved_slot = best.slot;
		tracker->proved_column = best.column;
	}
	if (best.candidates > 0)
	{
		/* or the rest came from other columns */
		parent->partly &= best.mixed == 0;
		/* what others asked for before they may ask for after it, too */
		parent->missing = best.missing == 0 && parent->before > 0 && doubt != PFA_DOUBT_NONE ?
			LOOK_AGAIN : best.missing;
		pfa_tree_give_up(tracker);
	}
	if (best.candidates > 0 && tracker->nplaces == 1 && facts->nbindings == 1 && !facts->more_values)
		begin_following(t, parent, &best);
}
