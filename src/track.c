/*
 * track.c
 *		Values of repeated shapes, and in which results they stand.
 *
 * A value is a hash.  For every place of a literal or parameter that may be a
 * key, each execution's value is looked for in the results kept: how often it
 * stands in each of their columns is what track_parent.c judges.
 *
 * Bounded: a few trackers with a fixed number of values.  Must never throw.
 */
#include "postgres.h"

#include "port/pg_bitutils.h"

#include "compat.h"
#include "results.h"
#include "track_internal.h"

#define HIT_ROWS		60		/* pairs of a place and a result that are
								 * followed */
#define FEW				8		/* executions of a shape that may make room... */
#define STALE_AFTER		64		/* ...after so many of others */
#define MAX_RUNS		0x1fff
#define HOPELESS_AFTER	32		/* executions with other values, and no result
								 * that they could have come from */

PfaTracker	pfa_track_all[PFA_TRACKERS];
PfaHitRow	pfa_track_hit_rows[HIT_ROWS];
static int	hit_rows_used;		/* in this unit */
static uint8 spare[HIT_ROWS];	/* of them, numbers + 1 of those given back */
static int	spares;
static uint32 turns;			/* executions added */
static bool opened;				/* any, since all were forgotten */
PfaTrackSums pfa_track_all_sums[PFA_TRACKERS];
bool		pfa_track_met;
bool		pfa_track_crowded;
const Size	pfa_track_size = sizeof(pfa_track_all) + sizeof(pfa_track_hit_rows) +
sizeof(pfa_track_all_sums) + sizeof(pfa_track_walk) + sizeof(PfaTrail) * PFA_TRACKERS;
uint8		pfa_track_states[PFA_TRACKERS]; /* PfaTrackState */

static inline PfaTrackSums *
sums_of(const PfaTracker *tracker)
{
	return &pfa_track_all_sums[tracker - pfa_track_all];
}

/* One that few executions were added to, none of late. */
static bool
is_stale(int t)
{
	return pfa_track_all_sums[t].compared < FEW && turns - pfa_track_all[t].added > STALE_AFTER;
}

/* What a tracker that makes room has followed, others may follow, and walk. */
static void
spare_hits(const PfaTracker *tracker)
{
	pfa_track_let_go(tracker);
	for (int place = 0; place < PFA_TRACK_PLACES; place++)
	{
		for (int slot = 0; slot < PFA_RESULT_SLOTS; slot++)
		{
			if (tracker->hit_row[place][slot] != 0)
				spare[spares++] = tracker->hit_row[place][slot];
		}
	}
}

static inline void
forget(int t)
{
	pfa_track_all[t].shape = 0;
	pfa_track_trails[t].shape = 0;
	pfa_track_trails[t].passed = 0;
}

int
pfa_track_open(uint64 shape)
{
	int			weakest = 0;

	opened = true;
	pfa_track_settle_all();
	for (int i = 0; i < PFA_TRACKERS; i++)
	{
		if (pfa_track_all[i].shape == 0 || is_stale(i))
		{
			weakest = i;
			break;
		}
		if (pfa_track_all_sums[i].compared < pfa_track_all_sums[weakest].compared)
			weakest = i;
	}
	if (pfa_track_all[weakest].shape != 0 && pfa_track_all_sums[weakest].compared > 2 &&
		!is_stale(weakest))
		return -1;
	if (pfa_track_all[weakest].shape != 0)
		spare_hits(&pfa_track_all[weakest]);
	memset(&pfa_track_all[weakest], 0, sizeof(PfaTracker));
	memset(&pfa_track_all_sums[weakest], 0, sizeof(PfaTrackSums));
	forget(weakest);
	pfa_track_all[weakest].shape = shape;
	pfa_track_all[weakest].slot = -1;
	pfa_track_all[weakest].added = turns;
	pfa_track_all[weakest].born = pfa_results_turn;
	pfa_track_states[weakest] = PFA_TRACK_LOOKS;
	return weakest;
}

bool
pfa_track_belongs(int t, uint64 shape)
{
	return pfa_track_all[t].shape == shape;
}

void
pfa_track_forget(void)
{
	for (int i = 0; opened && i < PFA_TRACKERS; i++)
		forget(i);
	opened = false;
	hit_rows_used = spares = 0;
	pfa_track_let_go(NULL);
}

void
pfa_track_forget_but(uint32 trackers)
{
	for (int i = 0; i < PFA_TRACKERS; i++)
	{
		if (pfa_track_all[i].shape == 0 || (trackers & (1U << i)) != 0)
			continue;
		spare_hits(&pfa_track_all[i]);
		forget(i);
	}
}

/* Literals and parameters that may be keys: equalities first. */
static void
choose_places(PfaTracker *tracker, const PfaShapeFacts *facts)
{
	for (int pass = 0; pass < 2; pass++)
	{
		for (int i = 0; i < facts->nbindings && tracker->nplaces < PFA_TRACK_PLACES; i++)
		{
			PfaBindKind kind = facts->bindings[i].kind;

			if (pass == 0 ? (kind == PFA_BIND_EQUAL || kind == PFA_BIND_LIST) :
				kind == PFA_BIND_OTHER)
			{
				tracker->considered |= 1 << i;
				tracker->binding[tracker->nplaces++] = i;
			}
		}
	}
}

/* One that turns out to vary takes the place of one that never did. */
static pg_noinline void
choose_again(PfaTracker *tracker, const PfaShapeFacts *facts)
{
	uint8		news = tracker->varied & ~tracker->considered;

	tracker->considered |= news;
	for (; news != 0; news &= news - 1)
	{
		int			at = pg_rightmost_one_pos32(news);
		PfaBindKind kind = facts->bindings[at].kind;

		if (kind == PFA_BIND_RANGE || kind == PFA_BIND_LIMIT || kind == PFA_BIND_TARGET)
			continue;
		for (int p = 0; p < tracker->nplaces; p++)
		{
			if (tracker->changes[p] > 0)
				continue;
			tracker->binding[p] = at;
			tracker->seen[p] = 0;
			for (int slot = 0; slot < PFA_RESULT_SLOTS; slot++)
			{
				if (tracker->hit_row[p][slot] != 0)
					pfa_track_hit_rows[tracker->hit_row[p][slot] - 1].result_shape = 0;
			}
			break;
		}
	}
}

/* NULL when too many pairs are followed.  What was proved was of the result before. */
static pg_noinline PfaHitRow *
begin_hits(PfaTracker *tracker, int place, int slot)
{
	const PfaResult *result = pfa_results_get(slot);
	uint8	   *at = &tracker->hit_row[place][slot];

	if (*at == 0)
	{
		if (spares > 0)
			*at = spare[--spares];
		else if (hit_rows_used == HIT_ROWS)
		{
			pfa_track_crowded = true;
			return NULL;
		}
		else
			*at = ++hit_rows_used;
	}
	if (tracker->proved_place == place && tracker->proved_slot == slot)
		tracker->proved = 0;
	memset(&pfa_track_hit_rows[*at - 1], 0, sizeof(PfaHitRow));
	pfa_track_hit_rows[*at - 1].result_shape = result->shape;
	if (result->born > tracker->born)
		pfa_track_hit_rows[*at - 1].unseen = tracker->seen[place] - 1;
	return &pfa_track_hit_rows[*at - 1];
}

/* The shape ran again: its rows begin anew. */
static pg_noinline void
begin_again(PfaHitRow *row, uint32 turn)
{
	row->result_turn = turn;
	pfa_track_met = true;
	for (int c = 0; c < PFA_RESULT_COLUMNS; c++)
		row->columns[c].last_row = PFA_NO_ROW;
}

/*
 * The columns in which the next rows have a value, each counted from where it was
 * found before: a chance in one column must not tell where another one stands.
 */
static inline uint8
look_ahead(const PfaResult *result, const PfaHitRow *hit_row, uint32 key, uint16 *rows)
{
	uint8		columns = 0;

	for (int c = 0; c < result->ncolumns; c++)
	{
		uint32		last = hit_row->columns[c].last_row;
		uint32		begin = last == PFA_NO_ROW ? 0 : last;
		uint32		end = Min(begin + 1 + PFA_RESULT_AHEAD, result->captured);

		for (uint32 at = begin; at < end; at++)
		{
			if (result->hashes[at * result->ncolumns + c] != key)
				continue;
			rows[c] = at;
			columns |= 1 << c;
			break;
		}
	}
	return columns;
}

/* Whether those columns that explained most so far are among them. */
static inline bool
has_best(const PfaHitRow *hit_row, int ncolumns, uint8 columns)
{
	uint16		most = 0;
	uint8		best = 0;

	for (int c = 0; c < ncolumns; c++)
	{
		if (hit_row->columns[c].hits > most)
		{
			most = hit_row->columns[c].hits;
			best = 0;
		}
		if (hit_row->columns[c].hits == most)
			best |= 1 << c;
	}
	return most > 0 && (best & ~columns) == 0;
}

/* The other columns that have it, wherever: a later row goes before an earlier one. */
static pg_noinline uint8
look_around(PfaResult *result, const PfaHitRow *hit_row, uint32 key, uint8 columns,
			uint16 *rows)
{
	uint32		first;
	uint8		others = pfa_results_search(result, key, &first) & ~columns;

	for (int c = 0; c < result->ncolumns; c++)
	{
		uint32		last = hit_row ? hit_row->columns[c].last_row : PFA_NO_ROW;
		uint32		at = last == PFA_NO_ROW ? 0 : last;

		if ((others & (1 << c)) == 0)
			continue;
		for (uint32 n = 0; n < result->captured; n++, at++)
		{
			if (at >= result->captured)
				at = 0;
			if (result->hashes[at * result->ncolumns + c] == key)
				break;
		}
		rows[c] = at;
	}
	return columns | others;
}

static inline void
look_for(PfaTracker *tracker, int place, const PfaBinding *binding, uint64 hash)
{
	uint32		key = pfa_results_key(hash);
	int			n = pfa_results_count;

	for (int slot = 0; slot < n; slot++)
	{
		PfaResult  *result = pfa_results_get(slot);
		PfaHitRow  *hit_row = pfa_track_hits(tracker, place, slot);
		uint16		rows[PFA_RESULT_COLUMNS];
		uint8		columns = 0;

		if (result->shape == tracker->shape && unlikely(!tracker->no_tree))
			pfa_tree_add(tracker, place, binding, result, key);
		if (result->shape == tracker->shape || result->shape == 0)
			continue;
		if (likely(hit_row != NULL))
		{
			if (unlikely(hit_row->result_turn != result->turn))
				begin_again(hit_row, result->turn);
			columns = look_ahead(result, hit_row, key, rows);
		}
		if (hit_row == NULL || !has_best(hit_row, result->ncolumns, columns))
			columns = look_around(result, hit_row, key, columns, rows);
		if (columns == 0)
			continue;
		if (unlikely(hit_row == NULL))
		{
			hit_row = begin_hits(tracker, place, slot);
			if (hit_row == NULL)
				continue;
			begin_again(hit_row, result->turn);
		}
		result->used = pfa_results_turn + PFA_RESULT_SERVED;
		while (columns != 0)
		{
			int			c = pg_rightmost_one_pos32(columns);
			PfaHits    *hits = &hit_row->columns[c];

			columns &= columns - 1;
			if (unlikely(hits->hits == PG_UINT16_MAX))
				continue;
			hits->hits++;
			/* the first of each run has no order */
			if (hits->last_row == PFA_NO_ROW)
				hits->runs += hits->runs < MAX_RUNS;
			else if (rows[c] >= hits->last_row)
			{
				hits->in_order++;
				if (unlikely(rows[c] > hits->last_row + 1))
					hits->skipped = pfa_track_skip(tracker, result, c, hits, rows[c]);
			}
			hits->last_row = rows[c];
			hits->last_seen = tracker->seen[place];
		}
	}
}

/* A binding that may be a key has a value. */
static inline void
add_place(PfaTracker *tracker, int p, const PfaBinding *binding, uint64 last, uint64 hash)
{
	if (unlikely(tracker->seen[p] == PG_UINT16_MAX))
		return;
	tracker->seen[p]++;
	if (last != 0 && last != hash)
	{
		tracker->changes[p]++;
		if (binding->kind == PFA_BIND_EQUAL || binding->kind == PFA_BIND_LIST)
			sums_of(tracker)->keyed = true;
	}
	look_for(tracker, p, binding, hash);
	if (unlikely(pfa_track_walk.tracker == tracker) && p == pfa_track_walk.place)
		pfa_track_walk_on(pfa_results_key(hash));
}

static pg_noinline void
add_values(PfaTracker *tracker, const PfaShapeFacts *facts, const PfaValues *values)
{
	if (sums_of(tracker)->compared > 1)
	{
		for (int i = 0; i < values->n; i++)
			tracker->varied |= (tracker->last[i] != values->hash[i]) << i;
		if (unlikely(tracker->varied & ~tracker->considered))
			choose_again(tracker, facts);
	}
	for (int p = 0; p < tracker->nplaces; p++)
	{
		int			at = tracker->binding[p];

		if (at < values->n && values->hash[at] != 0)
			add_place(tracker, p, &facts->bindings[at], tracker->last[at], values->hash[at]);
	}
	memcpy(tracker->last, values->hash, sizeof(uint64) * values->n);
}

bool
pfa_track_add(int t, const PfaShapeFacts *facts, const PfaValues *values,
			  uint16 write_serial)
{
	PfaTracker *tracker = &pfa_track_all[t];

	if (unlikely(tracker->shape != facts->shape))
		return false;
	tracker->added = ++turns;
	if (pfa_track_follows(t) && values->n == 1 && values->list_length <= 1 &&
		pfa_track_follow_value(t, values->hash[0], write_serial))
		return true;
	pfa_track_settle(tracker);
	if (sums_of(tracker)->compared++ == 0)
		choose_places(tracker, facts);
	if (values->list_length > 1)
		sums_of(tracker)->lists++;
	pfa_track_add_vector(t, values->n == 1 && values->hash[0] != 0 && !facts->more_values ?
						 pfa_results_key(values->hash[0]) : (uint32) (values->all >> 16) | 1,
						 write_serial);
	pfa_track_states[t] = sums_of(tracker)->compared >= HOPELESS_AFTER &&
		sums_of(tracker)->distinct_values * 2 > sums_of(tracker)->compared ? PFA_TRACK_VARIED : PFA_TRACK_LOOKS;
	if (likely(values->n == 1 && tracker->nplaces == 1))
	{
		/* mostly there is but one value */
		uint64		hash = values->hash[0];
		uint64		last = tracker->last[0];

		tracker->last[0] = hash;
		if (last != hash && sums_of(tracker)->compared > 1)
			tracker->varied = 1;
		if (hash != 0)
			add_place(tracker, 0, &facts->bindings[0], last, hash);
	}
	else
		add_values(tracker, facts, values);
	return true;
}
