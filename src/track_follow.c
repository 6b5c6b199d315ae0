/*
 * track_follow.c
 *		A repeat whose parent is known, and whose values come in the order of the
 *		parent's rows: each is only compared with the next row's.
 *
 * What such an execution would have counted is counted when somebody asks, from
 * the rows that were passed, before they make room for others.  Must never throw.
 */
#include "postgres.h"

#include "results.h"
#include "track_internal.h"

#define VALUES_FILL		48

PfaTrail	pfa_track_trails[PFA_TRACKERS];
static bool any_trail;			/* there may be one */

static inline void
add_vector(PfaTracker *tracker, PfaTrackSums *sums, uint32 key, uint16 serial)
{
	uint32		at = (key >> 1) & (PFA_TRACK_VALUES - 1);

	for (; tracker->values[at] != key; at = (at + 1) & (PFA_TRACK_VALUES - 1))
	{
		if (tracker->values[at] != 0)
			continue;
		sums->distinct_values++;
		if (tracker->used < VALUES_FILL)
		{
			tracker->used++;
			tracker->values[at] = key;
			tracker->serials[at] = serial;
		}
		return;
	}
	if (tracker->serials[at] == serial)
		sums->same_values++;
	tracker->serials[at] = serial;
}

void
pfa_track_add_vector(int t, uint32 key, uint16 serial)
{
	add_vector(&pfa_track_all[t], &pfa_track_all_sums[t], key, serial);
}

static PfaHitRow *
followed_row(const PfaTracker *tracker)
{
	return &pfa_track_hit_rows[tracker->hit_row[0][tracker->slot] - 1];
}

/* Counts the rows that a trail has passed since the last time. */
static pg_noinline void
count_rows(int t)
{
	PfaTracker *tracker = &pfa_track_all[t];
	PfaTrackSums *sums = &pfa_track_all_sums[t];
	PfaTrail   *trail = &pfa_track_trails[t];
	uint32		stride = trail->stride;
	uint32		n = trail->passed;
	uint16		serial = trail->serial;

	for (const uint32 *row = trail->next - n * stride; row < trail->next; row += stride)
		add_vector(tracker, sums, *row, serial);
	sums->compared += n;
	followed_row(tracker)->next_row += n;
	tracker->last[0] = trail->last;
	tracker->followed += n;
	tracker->seen[0] = Min(tracker->seen[0] + n, PG_UINT16_MAX);
	trail->passed = 0;
}

static inline void
count_passed(int t)
{
	if (pfa_track_trails[t].passed != 0)
		count_rows(t);
}

void
pfa_track_settle_all(void)
{
	for (int t = 0; any_trail && t < PFA_TRACKERS; t++)
		count_passed(t);
}

/* All rows are left: none will be passed any more. */
static void
leave_results(void)
{
	if (!any_trail)
		return;
	pfa_track_settle_all();
	for (int t = 0; t < PFA_TRACKERS; t++)
		pfa_track_trails[t].shape = 0;
	any_trail = false;
}

const PfaTrackSums *
pfa_track_sums(int t)
{
	count_passed(t);
	return &pfa_track_all_sums[t];
}

void
pfa_track_settle(PfaTracker *tracker)
{
	PfaHitRow  *hit_row;
	PfaHits    *hits;
	uint32		fresh;
	uint32		room;

	if (any_trail)
		count_passed(tracker - pfa_track_all);
	fresh = tracker->followed - tracker->settled;
	if (fresh == 0)
		return;
	hit_row = followed_row(tracker);
	hits = &hit_row->columns[tracker->column];
	/* a trail does not ask how many there are already */
	room = PG_UINT16_MAX - hits->hits;
	hits->hits += Min(fresh, room);
	hits->in_order += Min(fresh, room);
	hits->last_row = hit_row->next_row - 1;
	hits->last_seen = tracker->seen[0];
	pfa_results_get(tracker->slot)->used = pfa_results_turn + PFA_RESULT_SERVED;
	tracker->changes[0] = Min(tracker->changes[0] + fresh, PG_UINT16_MAX);
	tracker->settled = tracker->followed;
}

bool
pfa_track_follow_value(int t, uint64 hash, uint16 serial)
{
	PfaTracker *tracker = &pfa_track_all[t];
	const PfaResult *result = pfa_results_get(tracker->slot);
	PfaHitRow  *hit_row = followed_row(tracker);
	uint32		key = pfa_results_key(hash);
	uint32		row;

	count_passed(t);
	pfa_track_trails[t].shape = 0;
	row = hit_row->next_row;
	if (tracker->turn != pfa_results_turn || row >= result->captured ||
		result->hashes[row * result->ncolumns + tracker->column] != key ||
		tracker->last[0] == hash || tracker->seen[0] == PG_UINT16_MAX)
	{
		pfa_track_states[t] = PFA_TRACK_LOOKS;
		return false;
	}
	hit_row->next_row = row + 1;
	tracker->last[0] = hash;
	tracker->followed++;
	pfa_track_all_sums[t].compared++;
	tracker->seen[0]++;
	pfa_track_add_vector(t, key, serial);
	return true;
}

/* The next values need only be compared with the rows that follow. */
static void
begin_trail(int t, const PfaShapeFacts *facts, Oid type, uint16 serial)
{
	const PfaTracker *tracker = &pfa_track_all[t];
	const PfaResult *result = pfa_results_get(tracker->slot);
	PfaTrail   *trail = &pfa_track_trails[t];

	pfa_results_leave = leave_results;
	any_trail = true;
	trail->shape = facts->shape;
	trail->next = result->hashes + followed_row(tracker)->next_row * result->ncolumns + tracker->column;
	trail->end = result->hashes + result->captured * result->ncolumns;
	trail->stride = result->ncolumns;
	trail->turn = pfa_results_turn;
	trail->last = tracker->last[0];
	trail->type = type;
	trail->serial = serial;
	trail->passed = 0;
}

bool
pfa_track_follow(int t, const PfaShapeFacts *facts, ParamListInfo params, uint16 serial)
{
	PfaValues	values;

	if (pfa_track_all[t].shape != facts->shape ||
		!pfa_literals_take_single(&values, facts, params) ||
		!pfa_track_follow_value(t, values.hash[0], serial))
		return false;
	begin_trail(t, facts, params->params[0].ptype, serial);
	return true;
}
