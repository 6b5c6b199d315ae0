/*
 * track_parent.c
 *		Where the values of a repeated shape came from.
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

#include "catalog/pg_constraint.h"
#include "utils/rel.h"
#include "utils/relcache.h"

#include "compat.h"
#include "results.h"
#include "track_internal.h"

#define COVERED_SHARE	0.8
#define ORDERED_SHARE	0.9		/* by chance, of ten values, once in 3,000 times */

/* Whether a foreign key of one relation links the two columns. */
static bool
key_links(Oid from, int16 from_column, Oid to, int16 to_column)
{
	Relation	rel = RelationIdGetRelation(from);
	bool		found = false;
	ListCell   *lc;

	if (rel == NULL)
		return false;
	foreach(lc, RelationGetFKeyList(rel))
	{
		ForeignKeyCacheInfo *key = lfirst(lc);

		for (int i = 0; i < key->nkeys && key->confrelid == to; i++)
		{
			if (key->conkey[i] == from_column && key->confkey[i] == to_column)
				found = true;
		}
	}
	RelationClose(rel);
	return found;
}

static bool
find_link(const PfaBinding *child, const PfaResult *result, int column)
{
	Oid			parent = result->relid[column];
	int16		attnum = result->attnum[column];

	if (!OidIsValid(child->relid) || !OidIsValid(parent) || attnum <= 0)
		return false;
	/* the very column that the key points to, selected again elsewhere */
	if (child->relid == parent && child->attnum == attnum)
		return true;
	return key_links(child->relid, child->attnum, parent, attnum) ||
		key_links(parent, attnum, child->relid, child->attnum);
}

/* The same, asked of the catalogs once for each column that could be the parent. */
static bool
linked(PfaTracker *tracker, int place, int slot, int column, const PfaBinding *child)
{
	const PfaResult *result = pfa_results_get(slot);
	PfaHits	   *hits = &pfa_track_hits(tracker, place, slot)->columns[column];

	if (hits->link == PFA_TRACK_LINK_UNKNOWN)
		hits->link = find_link(child, result, column) ? PFA_TRACK_LINK_KEY : PFA_TRACK_LINK_NONE;
	return hits->link == PFA_TRACK_LINK_KEY;
}

/*
 * How well a column explains a place's values, by_key: the two are linked; 0: not
 * at all.  missing: more that may change that.
 */
static double
explained(const PfaTracker *tracker, uint32 seen, PfaResult *result, int column,
		  const PfaHits *hits, bool by_key, bool burst, uint32 *missing)
{
	double		expected = Min(seen, result->captured);
	uint32		followers = hits->hits - hits->runs;
	bool		ordered = hits->in_order >= ORDERED_SHARE * followers &&
		followers * 4 >= hits->hits;

	/* rows beyond those kept cannot be found, and not every row has its child */
	if (result->rows > result->captured)
	{
		double		share = (double) result->captured / result->rows;

		if (by_key && ordered && hits->hits >= 4 && expected > seen * share)
			expected = Max(seen * share, 4);
	}
	if (expected == 0 || hits->hits < COVERED_SHARE * expected)
		return 0;
	if (!by_key && (hits->hits < expected || followers < 4 ||
					hits->in_order < COVERED_SHARE * followers))
		return 0;
	/* in no order: all of them, or they were asked for by somebody else */
	if (burst && !ordered)
	{
		uint32		distinct = pfa_results_distinct(result, column);

		if (pfa_track_sums_of(tracker)->same_values > 0 || hits->hits > distinct)
			return 0;
		if (hits->hits < COVERED_SHARE * distinct)
		{
			*missing = ceil(COVERED_SHARE * distinct) - hits->hits;
			return 0;
		}
	}
	return Min(hits->hits, expected) / expected;
}

/*
 * From here on values need be looked for nowhere else, as long as they come in the
 * order of the parent's rows: no other column can explain them better.  Of a
 * tracker only one column is ever followed.
 */
static void
begin_following(int t, const PfaParent *parent, int slot, int column, int candidates)
{
	PfaTracker *tracker = &pfa_track_all[t];
	const PfaHitRow *row = pfa_track_hits(tracker, 0, slot);
	const PfaHits *hits = &row->columns[column];

	if (tracker->slot >= 0 && (tracker->slot != slot || tracker->column != column))
		return;
	if ((candidates > 1 && !parent->by_key) || parent->covered < parent->compared ||
		hits->in_order + hits->runs != hits->hits ||
		row->result_turn != pfa_results_get(slot)->turn || hits->last_row == PFA_TRACK_NO_ROW)
		return;
	pfa_track_states[t] = PFA_TRACK_FOLLOWS;
	tracker->slot = slot;
	tracker->column = column;
	tracker->results_turn = pfa_results_turn;
}

void
pfa_track_parent(int t, const PfaShapeFacts *facts, bool burst, PfaParent *parent)
{
	PfaTracker *tracker = &pfa_track_all[t];
	double		best = 0;
	int			candidates = 0;
	int			best_slot = 0;
	int			best_column = 0;

	memset(parent, 0, sizeof(*parent));
	pfa_track_settle(tracker);
	for (int p = 0; p < tracker->nplaces; p++)
	{
		const PfaBinding *child = &facts->bindings[tracker->binding[p]];

		/* a place that hardly varies is no evidence */
		if (tracker->changes[p] < 2 || tracker->changes[p] * 8 < tracker->seen[p] - 1)
			continue;
		for (int slot = 0; slot < pfa_results_count; slot++)
		{
			PfaResult  *result = pfa_results_get(slot);
			uint32		seen;
			const PfaHitRow *row = pfa_track_hits(tracker, p, slot);

			if (result->shape == 0 || row == NULL)
				continue;
			seen = tracker->seen[p] - row->unseen;
			for (int c = 0; c < result->ncolumns; c++)
			{
				const PfaHits *hits = &row->columns[c];
				uint32		looked = seen;
				uint32		missing = 0;
				double		share;
				double		score;
				bool		by_key;

				if (hits->hits == 0)
					continue;
				if (slot != tracker->slot || c != tracker->column)
					looked -= Min(tracker->followed, seen);
				by_key = linked(tracker, p, slot, c, child);
				share = explained(tracker, looked, result, c, hits, by_key, burst, &missing);
				if (share == 0)
				{
					if (missing != 0 && (parent->missing == 0 || missing < parent->missing))
						parent->missing = missing;
					continue;
				}
				score = share + (by_key ? 2.0 : 0.0) +
					(result->relid[c] != child->relid ? 0.5 : 0.0) +
					result->turn * 1e-9;
				candidates++;
				if (score <= best)
					continue;
				best = score;
				best_slot = slot;
				best_column = c;
				parent->shape = result->shape;
				parent->queryid = result->queryid;
				parent->relid = result->relid[c];
				parent->attnum = result->attnum[c];
				parent->resno = result->resno[c];
				parent->rows = Max(result->rows, result->captured);
				parent->compared = looked;
				parent->covered = Min(hits->hits, looked);
				parent->child_relid = child->relid;
				parent->child_attnum = child->attnum;
				parent->by_key = by_key;
				parent->others_vary = facts->more_values ||
					(tracker->varied & ~(1 << tracker->binding[p])) != 0;
			}
		}
	}
	if (candidates > 0 && tracker->nplaces == 1 && facts->nbindings == 1 && !facts->more_values)
		begin_following(t, parent, best_slot, best_column, candidates);
}
