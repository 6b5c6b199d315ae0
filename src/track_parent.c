/*
 * track_parent.c
 *		The column that a repeat's values came from.
 *
 * Looks up foreign keys, once for each column that could be it, and may throw
 * there.  Must never take a column for the parent by chance: see track.c.
 */
#include "postgres.h"

#include "catalog/pg_constraint.h"
#include "utils/rel.h"
#include "utils/relcache.h"

#include "track_internal.h"

#define COVERED_SHARE	0.8

#define LINK_UNKNOWN	0
#define LINK_NONE		1
#define LINK_KEY		2

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

	if (hits->link == LINK_UNKNOWN)
		hits->link = find_link(child, result, column) ? LINK_KEY : LINK_NONE;
	return hits->link == LINK_KEY;
}

/*
 * From here on values need be looked for nowhere else, as long as they come in the
 * order of the parent's rows: no other column can explain them better.  Of a
 * tracker only one column is ever followed.
 */
static void
begin_following(int t, const PfaParent *parent, int slot, int column,
				int candidates)
{
	PfaTracker    *tracker = &pfa_track_all[t];
	const PfaHits *hits = &pfa_track_hits(tracker, 0, slot)->columns[column];

	if (tracker->slot >= 0 && (tracker->slot != slot || tracker->column != column))
		return;
	if ((candidates > 1 && !parent->by_key) || parent->covered < parent->compared ||
		hits->hits != hits->in_order)
		return;
	pfa_track_states[t] = PFA_TRACK_FOLLOWS;
	tracker->slot = slot;
	tracker->column = column;
	tracker->turn = pfa_results_turn;
}

void
pfa_track_parent(int t, const PfaShapeFacts *facts, PfaParent *parent)
{
	PfaTracker    *tracker = &pfa_track_all[t];
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
		if (tracker->changes[p] < 2 || tracker->changes[p] * 2 < tracker->seen[p] - 1)
			continue;
		for (int slot = 0; slot < pfa_results_count; slot++)
		{
			const PfaResult *result = pfa_results_get(slot);
			const PfaHitRow *row = pfa_track_hits(tracker, p, slot);

			if (result->shape == 0 || row == NULL)
				continue;
			for (int c = 0; c < result->ncolumns; c++)
			{
				const PfaHits *hits = &row->columns[c];
				uint32		looked = tracker->seen[p];
				uint32		expected;
				double		score;
				bool		by_key;

				if (slot != tracker->slot || c != tracker->column)
					looked -= tracker->followed;
				expected = looked;

				/* rows beyond those kept cannot be found */
				if (result->rows > result->captured)
					expected = Min(expected, result->captured);
				if (expected == 0 || hits->hits < COVERED_SHARE * expected)
					continue;
				by_key = linked(tracker, p, slot, c, child);
				if (!by_key && (hits->hits < expected || expected < 4 ||
								hits->in_order < COVERED_SHARE * hits->hits))
					continue;
				score = (double) Min(hits->hits, expected) / expected +
					(by_key ? 2.0 : 0.0) +
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
