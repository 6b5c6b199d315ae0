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

PfaResult	pfa_results[PFA_RESULT_SLOTS];
static uint32 turn;

int			pfa_results_count;

static bool
make_room(PfaResult *result)
{
	char	   *block;

	if (result->hashes == NULL)
	{
		block = MemoryContextAllocExtended(TopMemoryContext,
										   PFA_RESULT_TABLE * (sizeof(uint32) + sizeof(uint16) + 1),
										   MCXT_ALLOC_NO_OOM);
		if (block == NULL)
			return false;
		result->hashes = (uint32 *) block;
		result->first_rows = (uint16 *) (block + PFA_RESULT_TABLE * sizeof(uint32));
		result->columns = (uint8 *) (result->first_rows + PFA_RESULT_TABLE);
	}
	memset(result->hashes, 0, PFA_RESULT_TABLE * sizeof(uint32));
	return true;
}

int
pfa_results_open(uint64 shape, uint64 queryid)
{
	int			slot = 0;
	PfaResult  *result;

	while (slot < pfa_results_count && pfa_results[slot].shape != shape)
		slot++;
	if (slot == PFA_RESULT_SLOTS)
	{
		/* all are taken: the oldest makes room */
		slot = 0;
		for (int i = 1; i < PFA_RESULT_SLOTS; i++)
		{
			if (pfa_results[i].turn < pfa_results[slot].turn)
				slot = i;
		}
	}
	result = &pfa_results[slot];
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

void
pfa_results_forget(void)
{
	for (int i = 0; i < pfa_results_count; i++)
		pfa_results[i].shape = 0;
	pfa_results_count = 0;
}
