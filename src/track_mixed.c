/*
 * track_mixed.c
 *		Repeats whose values come from several columns of one result by turns:
 *		of each ticket the reporter, then the assignee.
 *
 * No single column explains them.  When several that a foreign key links might,
 * the result's rows are walked from then on: each value must stand in one of
 * these columns, in the row where the value before was found or one of the
 * next.  Chance follows no rows for long.  And how many rows are passed over in
 * one column.
 *
 * Walking must never throw.
 */
#include "postgres.h"

#include "port/pg_bitutils.h"

#include "results.h"
#include "track_internal.h"

#define WALKED_SHARE	0.9
#define WALKED_FROM		16		/* values */
#define WALKED_FROM_ONCE 12		/* who asks at random asks for some twice */
#define LEAST_DIVERSITY	12		/* of fewer values each stands in the next rows... */
#define LEAST_ONCE		8		/* ...but not if so many different ones were asked for */
#define ASKED_ONCE		16
#define FOUND_ONCE		14		/* ...and found */
#define AHEAD			2		/* rows in which the next value must stand */
#define GIVE_UP_AFTER	32		/* values, most of which were not found */
#define LOST_AFTER		3		/* values in a row: a loop of its own begins */
#define LEAST_SHARE		0.15	/* of the values found, from a second column */

PfaWalk		pfa_track_walk;

/*
 * Whether the next rows had not all values there are.  Who asks for each once, and
 * for many, has shown that there are more than in a short list's column.
 */
static bool
tells(const PfaTracker *tracker, uint32 diversity)
{
	const PfaTrackSums *sums = &pfa_track_all_sums[tracker - pfa_track_all];

	return diversity >= LEAST_DIVERSITY ||
		(diversity >= LEAST_ONCE && sums->same_values == 0 &&
		 sums->distinct_values >= ASKED_ONCE);
}

/* A client that keeps what it got skips rows that have nothing new. */
static inline bool
asks_once(const PfaTracker *tracker)
{
	return pfa_track_all_sums[tracker - pfa_track_all].same_values == 0;
}

uint8
pfa_track_skip(const PfaTracker *tracker, const PfaResult *result, int column,
			   const PfaHits *hits, uint32 to)
{
	const uint32 *hashes = result->hashes + column;
	uint32		skipped = hits->skipped;
	bool		once = asks_once(tracker);

	for (uint32 at = hits->last_row + 1; at < to; at++)
	{
		uint32		key = hashes[at * result->ncolumns];

		/* the first value asked for is not remembered: it was the first row's */
		skipped += key != hashes[hits->last_row * result->ncolumns] &&
			!(once && (key == hashes[0] || pfa_track_asked(tracker, key)));
	}
	return Min(skipped, PG_UINT8_MAX);
}

void
pfa_track_walk_on(uint32 key)
{
	PfaWalk    *walk = &pfa_track_walk;
	const PfaResult *result = pfa_results_get(walk->slot);
	uint32		end;

	if (result->shape != walk->shape || walk->values == PG_UINT16_MAX)
	{
		walk->tracker = NULL;
		return;
	}
	if (walk->turn != result->turn)
	{
		walk->turn = result->turn;
		walk->row = walk->lost = 0;
	}
	walk->values++;
	end = walk->lost == LOST_AFTER ? result->captured :
		Min(walk->row + 1 + (asks_once(walk->tracker) ? 2 * AHEAD : AHEAD), result->captured);
	for (uint32 at = walk->row; at < end; at++)
	{
		for (uint8 left = walk->columns; left != 0; left &= left - 1)
		{
			int			c = pg_rightmost_one_pos32(left);

			if (result->hashes[at * result->ncolumns + c] != key)
				continue;
			/* where a walk begins anew is no evidence */
			if (walk->lost < LOST_AFTER)
			{
				walk->found[c]++;
				walk->advance = Min(walk->advance + at - walk->row, PG_UINT16_MAX);
			}
			walk->row = at;
			walk->lost = 0;
			return;
		}
	}
	if (walk->lost < LOST_AFTER && ++walk->lost == LOST_AFTER)
		walk->row = 0;
}

void
pfa_track_walk_begin(const PfaTracker *tracker, int place, int slot, uint8 columns)
{
	PfaWalk    *walk = &pfa_track_walk;
	const PfaResult *result = pfa_results_get(slot);

	if (walk->tracker == tracker ? walk->shape == result->shape && walk->place == place :
		walk->tracker != NULL)
		return;
	memset(walk, 0, sizeof(*walk));
	walk->tracker = tracker;
	walk->shape = result->shape;
	walk->turn = result->turn;
	walk->place = place;
	walk->slot = slot;
	walk->columns = columns;
	walk->lost = LOST_AFTER;
}

/* That of the column that has most different values, of those that gave many. */
static uint32
diversity_of(const PfaWalk *walk, const PfaResult *result, uint32 found)
{
	uint32		most = 0;

	for (int c = 0; c < result->ncolumns; c++)
	{
		if (walk->found[c] > 0 && walk->found[c] >= LEAST_SHARE * found)
			most = Max(most, pfa_results_diversity(result, c));
	}
	return most;
}

int
pfa_track_walked(const PfaTracker *tracker, uint32 *found, uint32 *missing)
{
	PfaWalk    *walk = &pfa_track_walk;
	PfaResult  *result = pfa_results_get(walk->slot);
	uint32		from = asks_once(tracker) ? WALKED_FROM_ONCE : WALKED_FROM;
	uint32		diversity;
	int			best = 0;

	*found = 0;
	if (walk->tracker != tracker || walk->shape != result->shape)
		return -1;
	for (int c = 0; c < result->ncolumns; c++)
	{
		*found += walk->found[c];
		if (walk->found[c] > walk->found[best])
			best = c;
	}
	diversity = diversity_of(walk, result, *found);
	if (asks_once(tracker) && diversity < LEAST_DIVERSITY)
		from = FOUND_ONCE;
	if (*found < from)
		*missing = from - *found;
	else if (*found >= WALKED_SHARE * walk->values &&
			 *found - walk->found[best] >= LEAST_SHARE * *found &&
			 tells(tracker, diversity) &&
			 walk->advance <= *found)
		return best;
	if (walk->values >= GIVE_UP_AFTER && *found * 2 < walk->values)
		walk->tracker = NULL;
	return -1;
}
