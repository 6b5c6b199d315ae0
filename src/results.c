/*
 * results.c
 *		The values of recent results, as hashes, in this backend's memory.
 *
 * Bounded: a few results, of each a fixed number of values.  Must never throw:
 * without memory a result is simply not kept.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "hashes.h"
#include "results.h"

#define SEARCHES_PLAIN	6		/* of a result, before it gets an index */
#define DENSE_SHARE		8		/* one in so many may be missing, or greater */

PfaResult	pfa_results[PFA_RESULT_SLOTS];
const Size	pfa_results_size = sizeof(pfa_results) + PFA_RESULT_SLOTS *
(PFA_RESULT_VALUES * sizeof(uint32) + PFA_RESULT_TABLE * 2);
uint32		pfa_results_turn;

int			pfa_results_count;
PfaResultsLeave pfa_results_leave;

/* -- index ----------------------------------------------------------------- */

static bool
make_index(PfaResult *result)
{
	char	   *block = MemoryContextAllocExtended(TopMemoryContext,
												   PFA_RESULT_TABLE * 2,
												   MCXT_ALLOC_NO_OOM);

	if (block == NULL)
		return false;
	result->first = (uint8 *) block;
	result->columns = result->first + PFA_RESULT_TABLE;
	return true;
}

/* The place of a key, or the free one where it would be. */
static inline uint32
place_of(const PfaResult *result, uint32 key)
{
	uint32		at = (key >> 1) & (PFA_RESULT_TABLE - 1);

	while (result->first[at] != 0 && result->hashes[result->first[at] - 1] != key)
		at = (at + 1) & (PFA_RESULT_TABLE - 1);
	return at;
}

/* Adds the rows that came since the last time. */
static void
extend_index(PfaResult *result)
{
	uint32		end = result->captured * result->ncolumns;

	if (result->indexed == 0)
		memset(result->first, 0, PFA_RESULT_TABLE);
	for (uint32 i = result->indexed * result->ncolumns; i < end; i++)
	{
		uint32		at;

		if (result->hashes[i] == 0)
			continue;
		at = place_of(result, result->hashes[i]);
		if (result->first[at] == 0)
		{
			result->first[at] = i + 1;
			result->columns[at] = 0;
		}
		result->columns[at] |= 1 << i % result->ncolumns;
	}
	result->indexed = result->captured;
}

/* Through all values, as long as making the index would cost more. */
static uint8
search_plainly(const PfaResult *result, uint32 key, uint32 *row)
{
	const uint32 *value = result->hashes;
	const uint32 *end = value + result->captured * result->ncolumns;
	uint8		columns = 0;

	for (; value < end; value += 4)
	{
		/* there is room for as many after the last */
		if (likely(value[0] != key && value[1] != key && value[2] != key && value[3] != key))
			continue;
		for (const uint32 *found = value; found < Min(value + 4, end); found++)
		{
			if (*found != key)
				continue;
			if (columns == 0)
				*row = (found - result->hashes) / result->ncolumns;
			columns |= 1 << (found - result->hashes) % result->ncolumns;
		}
	}
	return columns;
}

uint8
pfa_results_search(PfaResult *result, uint32 key, uint32 *row)
{
	uint32		at;

	if (result->ncolumns == 0)
		return 0;
	if (result->searched < SEARCHES_PLAIN)
	{
		result->searched++;
		return search_plainly(result, key, row);
	}
	if (result->first == NULL && !make_index(result))
		return 0;
	if (result->indexed < result->captured)
		extend_index(result);
	at = place_of(result, key);
	if (result->first[at] == 0)
		return 0;
	*row = (result->first[at] - 1) / result->ncolumns;
	return result->columns[at];
}

uint32
pfa_results_distinct(PfaResult *result, int column)
{
	uint32		distinct = 0;

	if (result->ncolumns == 0 || (result->first == NULL && !make_index(result)))
		return 0;
	if (result->indexed < result->captured)
		extend_index(result);
	for (int i = 0; i < PFA_RESULT_TABLE; i++)
		distinct += result->first[i] != 0 && (result->columns[i] & (1 << column)) != 0;
	return distinct;
}

bool
pfa_results_dense(PfaResult *result, int column)
{
	uint32		distinct = pfa_results_distinct(result, column);
	uint32		small = 0;

	for (uint32 n = 0; distinct > 0 && n <= distinct + distinct / DENSE_SHARE + 1; n++)
	{
		uint32		key = pfa_results_key(pfa_hashes_integer(n));
		uint32		at = place_of(result, key);

		small += result->first[at] != 0 && (result->columns[at] & (1 << column)) != 0;
	}
	return distinct > 0 && small >= distinct - distinct / DENSE_SHARE;
}

uint32
pfa_results_diversity(const PfaResult *result, int column)
{
	uint32		n = 0;
	uint32		equal = 0;		/* pairs, each twice, with itself once */

	for (uint32 at = column; at < result->captured * result->ncolumns; at += result->ncolumns)
	{
		if (result->hashes[at] == 0)
			continue;
		n++;
		equal++;
		for (uint32 before = column; before < at; before += result->ncolumns)
			equal += result->hashes[before] == result->hashes[at] ? 2 : 0;
	}
	return equal == 0 ? 0 : n * n / equal;
}

/* -- slots ----------------------------------------------------------------- */

void
pfa_results_begin_anew(PfaResult *result)
{
	if (pfa_results_leave != NULL)
		pfa_results_leave();
	result->captured = result->indexed = 0;
}

int
pfa_results_open(uint64 shape, uint64 queryid, int ncolumns, bool further)
{
	int			slot = 0;
	PfaResult  *result;

	while (slot < pfa_results_count && pfa_results[slot].shape != shape)
		slot++;
	if (slot == PFA_RESULT_SLOTS)
	{
		/* all are taken: what served nobody for the longest time makes room */
		slot = 0;
		for (int i = 1; i < PFA_RESULT_SLOTS; i++)
		{
			if (pfa_results[i].used < pfa_results[slot].used)
				slot = i;
		}
	}
	result = &pfa_results[slot];
	if (result->hashes == NULL)
		result->hashes = MemoryContextAllocExtended(TopMemoryContext,
													PFA_RESULT_VALUES * sizeof(uint32),
													MCXT_ALLOC_NO_OOM | MCXT_ALLOC_ZERO);
	if (result->hashes == NULL)
		return -1;
	pfa_results_count = Max(pfa_results_count, slot + 1);
	if (further && result->shape == shape && result->ncolumns == ncolumns &&
		result->rows == result->captured &&
		result->captured * ncolumns * 2 <= PFA_RESULT_VALUES)
	{
		result->before = result->captured;
		result->used = Max(result->used, pfa_results_turn);
		return slot;
	}
	pfa_results_begin_anew(result);
	if (result->shape != shape)
		result->born = pfa_results_turn + 1;
	result->shape = shape;
	result->gathered = false;
	result->queryid = queryid;
	result->turn = result->used = ++pfa_results_turn;
	result->before = result->rows = 0;
	result->searched = 0;
	result->ncolumns = ncolumns;
	return slot;
}

void
pfa_results_forget_before(uint32 turn)
{
	for (int i = 0; i < pfa_results_count; i++)
	{
		if (pfa_results[i].turn <= turn)
			pfa_results[i].shape = 0;
	}
}

void
pfa_results_forget(void)
{
	for (int i = 0; i < pfa_results_count; i++)
		pfa_results[i].shape = 0;
	pfa_results_count = 0;
}
