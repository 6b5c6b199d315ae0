/*
 * track.c
 *		Values of repeated shapes, and the columns they came from.
 *
 * A value is a hash.  For every place of a literal or parameter that may be a
 * key, each execution's value is looked for in the results kept; the column of
 * a multi-row result in which (nearly) all are found is the parent.  Small
 * numbers stand in many columns by chance: a foreign key between the two
 * columns decides, and without one the children must come in the order of the
 * parent's rows.
 *
 * Bounded: a few trackers with a fixed number of values.  Must never throw but
 * in pfa_track_parent, whose catalog look-ups may.
 */
#include "postgres.h"

#include "catalog/pg_constraint.h"
#include "port/pg_bitutils.h"
#include "utils/rel.h"
#include "utils/relcache.h"

#include "compat.h"
#include "results.h"
#include "track.h"

#define TRACKERS		8
#define VALUES			128		/* a power of two */
#define VALUES_FILL		96
#define PLACES			3		/* key-like literals or parameters looked at */
#define HIT_ROWS		40		/* pairs of a place and a result that are
								 * followed */
#define COVERED_SHARE	0.8
#define HOPELESS_AFTER	32		/* executions with other values, and no result
								 * that they could have come from */

#define LINK_UNKNOWN	0
#define LINK_NONE		1
#define LINK_KEY		2

/* How often a place's values were found in a column of a result. */
typedef struct Hits
{
	uint16		hits;
	uint16		in_order;		/* not before the row of the hit before */
	uint16		last_row;
	uint16		link;			/* a foreign key, LINK_* */
} Hits;

/* Those of a place and a result, by column. */
typedef struct HitRow
{
	uint64		result_shape;	/* whose hits these are */
	uint32		result_turn;	/* which of its results */
	uint32		next_row;		/* where to look first */
	Hits		columns[PFA_RESULT_COLUMNS];
} HitRow;

typedef struct Tracker
{
	uint64		shape;			/* 0: free */
	PfaTrackSums sums;
	uint16		used;			/* values in the table */
	uint64		last[PFA_MAX_VALUES];	/* the execution before's values */
	uint8		varied;			/* bindings that changed, a bit each */
	uint16		changes[PLACES];	/* how often they changed */
	uint16		seen[PLACES];	/* known values */
	uint8		binding[PLACES];	/* the shape's binding of each place */
	uint8		nplaces;
	uint32		values[VALUES];
	uint16		serials[VALUES];
	uint8		hit_row[PLACES][PFA_RESULT_SLOTS];	/* number + 1, 0: none yet */
} Tracker;

static Tracker trackers[TRACKERS];
static HitRow hit_rows[HIT_ROWS];
const Size	pfa_track_size = sizeof(trackers) + sizeof(hit_rows);
static int	hit_rows_used;		/* in this unit */
bool		pfa_track_varied[TRACKERS];

int
pfa_track_open(uint64 shape)
{
	int			weakest = 0;

	for (int i = 0; i < TRACKERS; i++)
	{
		if (trackers[i].shape == 0)
		{
			weakest = i;
			break;
		}
		if (trackers[i].sums.compared < trackers[weakest].sums.compared)
			weakest = i;
	}
	if (trackers[weakest].shape != 0 && trackers[weakest].sums.compared > 2)
		return -1;
	memset(&trackers[weakest], 0, sizeof(Tracker));
	trackers[weakest].shape = shape;
	pfa_track_varied[weakest] = false;
	return weakest;
}

void
pfa_track_forget(void)
{
	for (int i = 0; i < TRACKERS; i++)
		trackers[i].shape = 0;
	hit_rows_used = 0;
}

/* Literals and parameters that may be keys: equalities first. */
static void
choose_places(Tracker *tracker, const PfaShapeFacts *facts)
{
	for (int pass = 0; pass < 2; pass++)
	{
		for (int i = 0; i < facts->nbindings && tracker->nplaces < PLACES; i++)
		{
			PfaBindKind kind = facts->bindings[i].kind;

			if (pass == 0 ? (kind == PFA_BIND_EQUAL || kind == PFA_BIND_LIST) :
				kind == PFA_BIND_OTHER)
				tracker->binding[tracker->nplaces++] = i;
		}
	}
}

static void
add_vector(Tracker *tracker, uint64 all, uint16 serial)
{
	uint32		key = (uint32) (all >> 16) | 1;

	for (uint32 at = key >> 1;; at++)
	{
		at &= VALUES - 1;
		if (tracker->values[at] == key)
		{
			if (tracker->serials[at] == serial)
				tracker->sums.same_values++;
			tracker->serials[at] = serial;
			return;
		}
		if (tracker->values[at] == 0)
		{
			tracker->sums.distinct_values++;
			if (tracker->used < VALUES_FILL)
			{
				tracker->used++;
				tracker->values[at] = key;
				tracker->serials[at] = serial;
			}
			return;
		}
	}
}

/* The hits of a place in a result; NULL when too many pairs are followed. */
static pg_noinline HitRow *
begin_hits(Tracker *tracker, int place, int slot)
{
	uint8	   *at = &tracker->hit_row[place][slot];

	if (*at == 0)
	{
		if (hit_rows_used == HIT_ROWS)
			return NULL;
		*at = ++hit_rows_used;
	}
	memset(&hit_rows[*at - 1], 0, sizeof(HitRow));
	hit_rows[*at - 1].result_shape = pfa_results_get(slot)->shape;
	return &hit_rows[*at - 1];
}

static inline HitRow *
hits_of(const Tracker *tracker, int place, int slot)
{
	int			at = tracker->hit_row[place][slot];

	return at != 0 && hit_rows[at - 1].result_shape == pfa_results_get(slot)->shape ?
		&hit_rows[at - 1] : NULL;
}

/* The shape ran again: its rows begin anew. */
static pg_noinline void
begin_again(HitRow *row, uint32 turn)
{
	row->result_turn = turn;
	row->next_row = 0;
	for (int c = 0; c < PFA_RESULT_COLUMNS; c++)
		row->columns[c].last_row = 0;
}

static inline void
look_for(Tracker *tracker, int place, uint64 hash)
{
	int			n = pfa_results_count;

	for (int slot = 0; slot < n; slot++)
	{
		PfaResult  *result = pfa_results_get(slot);
		HitRow	   *hit_row = hits_of(tracker, place, slot);
		uint32		row;
		uint8		columns;

		if (unlikely(hit_row == NULL))
		{
			if (result->shape == 0 || result->shape == tracker->shape)
				continue;
			hit_row = begin_hits(tracker, place, slot);
			if (hit_row == NULL)
				continue;
		}
		if (unlikely(hit_row->result_turn != result->turn))
			begin_again(hit_row, result->turn);
		columns = pfa_results_find(result, hash, hit_row->next_row, &row);
		if (columns != 0)
			hit_row->next_row = row + 1;
		while (columns != 0)
		{
			Hits	   *hits = &hit_row->columns[pg_rightmost_one_pos32(columns)];

			columns &= columns - 1;
			if (unlikely(hits->hits == PG_UINT16_MAX))
				continue;
			hits->hits++;
			hits->in_order += row >= hits->last_row;
			hits->last_row = row;
		}
	}
}

/* A binding that may be a key has a value. */
static inline void
add_place(Tracker *tracker, int p, const PfaBinding *binding, uint64 last, uint64 hash)
{
	if (unlikely(tracker->seen[p] == PG_UINT16_MAX))
		return;
	tracker->seen[p]++;
	if (last != 0 && last != hash)
	{
		tracker->changes[p]++;
		if (binding->kind == PFA_BIND_EQUAL || binding->kind == PFA_BIND_LIST)
			tracker->sums.keyed = true;
	}
	look_for(tracker, p, hash);
}

static pg_noinline void
add_values(Tracker *tracker, const PfaShapeFacts *facts, const PfaValues *values)
{
	if (tracker->sums.compared > 1)
	{
		for (int i = 0; i < values->n; i++)
			tracker->varied |= (tracker->last[i] != values->hash[i]) << i;
	}
	for (int p = 0; p < tracker->nplaces; p++)
	{
		int			at = tracker->binding[p];

		if (at < values->n && values->hash[at] != 0)
			add_place(tracker, p, &facts->bindings[at], tracker->last[at], values->hash[at]);
	}
	memcpy(tracker->last, values->hash, sizeof(uint64) * values->n);
}

void
pfa_track_add(int t, const PfaShapeFacts *facts, const PfaValues *values,
			  uint16 write_serial)
{
	Tracker    *tracker = &trackers[t];

	if (tracker->sums.compared++ == 0)
		choose_places(tracker, facts);
	if (values->list_length > 1)
		tracker->sums.lists++;
	add_vector(tracker, values->all, write_serial);
	pfa_track_varied[t] = tracker->sums.compared >= HOPELESS_AFTER &&
		tracker->sums.distinct_values * 2 > tracker->sums.compared;
	if (likely(values->n == 1 && tracker->nplaces == 1))
	{
		/* mostly there is but one value */
		uint64		hash = values->hash[0];
		uint64		last = tracker->last[0];

		tracker->last[0] = hash;
		if (last != hash && tracker->sums.compared > 1)
			tracker->varied = 1;
		if (hash != 0)
			add_place(tracker, 0, &facts->bindings[0], last, hash);
	}
	else
		add_values(tracker, facts, values);
}

const PfaTrackSums *
pfa_track_sums(int t)
{
	return &trackers[t].sums;
}

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
linked(Tracker *tracker, int place, int slot, int column, const PfaBinding *child)
{
	const PfaResult *result = pfa_results_get(slot);
	Hits	   *hits = &hits_of(tracker, place, slot)->columns[column];

	if (hits->link == LINK_UNKNOWN)
		hits->link = find_link(child, result, column) ? LINK_KEY : LINK_NONE;
	return hits->link == LINK_KEY;
}

void
pfa_track_parent(int t, const PfaShapeFacts *facts, PfaParent *parent)
{
	Tracker    *tracker = &trackers[t];
	double		best = 0;

	memset(parent, 0, sizeof(*parent));
	for (int p = 0; p < tracker->nplaces; p++)
	{
		const PfaBinding *child = &facts->bindings[tracker->binding[p]];

		/* a place that hardly varies is no evidence */
		if (tracker->changes[p] < 2 || tracker->changes[p] * 2 < tracker->seen[p] - 1)
			continue;
		for (int slot = 0; slot < pfa_results_count; slot++)
		{
			const PfaResult *result = pfa_results_get(slot);
			const HitRow *row = hits_of(tracker, p, slot);

			if (result->shape == 0 || row == NULL)
				continue;
			for (int c = 0; c < result->ncolumns; c++)
			{
				const Hits *hits = &row->columns[c];
				uint32		expected = tracker->seen[p];
				double		score;
				bool		by_key;

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
				if (score <= best)
					continue;
				best = score;
				parent->shape = result->shape;
				parent->queryid = result->queryid;
				parent->relid = result->relid[c];
				parent->attnum = result->attnum[c];
				parent->resno = result->resno[c];
				parent->rows = Max(result->rows, result->captured);
				parent->compared = tracker->seen[p];
				parent->covered = Min(hits->hits, tracker->seen[p]);
				parent->child_relid = child->relid;
				parent->child_attnum = child->attnum;
				parent->by_key = by_key;
				parent->others_vary = facts->more_values ||
					(tracker->varied & ~(1 << tracker->binding[p])) != 0;
			}
		}
	}
}
