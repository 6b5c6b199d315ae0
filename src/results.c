/*
 * results.c
 *		The values of recent results, as hashes, in this backend's memory.
 *
 * Bounded: a few results, of each a fixed number of values.  Must never throw:
 * without memory a result is simply not kept.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "results.h"

#define TABLE_SIZE		1024	/* a power of two */
#define TABLE_FILL		(TABLE_SIZE * 3 / 4)

static PfaResult results[PFA_RESULT_SLOTS];
static uint32 turn;

int			pfa_results_count;

static bool
make_room(PfaResult *result)
{
	char	   *block;

	if (result->hashes == NULL)
	{
		block = MemoryContextAllocExtended(TopMemoryContext,
										   TABLE_SIZE * (sizeof(uint32) + sizeof(uint16) + 1),
										   MCXT_ALLOC_NO_OOM);
		if (block == NULL)
			return false;
		result->hashes = (uint32 *) block;
		result->first_rows = (uint16 *) (block + TABLE_SIZE * sizeof(uint32));
		result->columns = (uint8 *) (result->first_rows + TABLE_SIZE);
	}
	memset(result->hashes, 0, TABLE_SIZE * sizeof(uint32));
	return true;
}

int
pfa_results_open(uint64 shape, uint64 queryid)
{
	int			slot = 0;
	PfaResult  *result;

	while (slot < pfa_results_count && results[slot].shape != shape)
		slot++;
	if (slot == PFA_RESULT_SLOTS)
	{
		/* all are taken: the oldest makes room */
		slot = 0;
		for (int i = 1; i < PFA_RESULT_SLOTS; i++)
		{
			if (results[i].turn < results[slot].turn)
				slot = i;
		}
	}
	result = &results[slot];
	if (!make_room(result))
		return -1;
	pfa_results_count = Max(pfa_results_count, slot + 1);
	result->shape = shape;
	result->queryid = queryid;
	result->turn = ++turn;
	result->rows = result->captured = 0;
	result->used = false;
	result->ncolumns = 0;
	result->entries = 0;
	return slot;
}

PfaResult *
pfa_results_get(int slot)
{
	return &results[slot];
}

bool
pfa_results_add(PfaResult *result, int column, uint64 hash, uint32 row)
{
	uint32		key = (uint32) (hash >> 32) | 1;
	uint32		at = key >> 1;

	for (;; at++)
	{
		at &= TABLE_SIZE - 1;
		if (result->hashes[at] == key)
		{
			result->columns[at] |= 1 << column;
			return true;
		}
		if (result->hashes[at] == 0)
			break;
	}
	if (result->entries >= TABLE_FILL)
		return false;
	result->entries++;
	result->hashes[at] = key;
	result->columns[at] = 1 << column;
	result->first_rows[at] = Min(row, PG_UINT16_MAX);
	return true;
}

uint8
pfa_results_find(const PfaResult *result, uint64 hash, uint16 *row)
{
	uint32		key = (uint32) (hash >> 32) | 1;

	for (uint32 at = key >> 1;; at++)
	{
		at &= TABLE_SIZE - 1;
		if (result->hashes[at] == key)
		{
			*row = result->first_rows[at];
			return result->columns[at];
		}
		if (result->hashes[at] == 0)
			return 0;
	}
}

void
pfa_results_forget(void)
{
	for (int i = 0; i < pfa_results_count; i++)
		results[i].shape = 0;
	pfa_results_count = 0;
}
