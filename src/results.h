/*
 * results.h
 *		Hashes of the key-like values of the latest multi-row results of the
 *		current unit of work, one result a shape.
 */
#ifndef PFA_RESULTS_H
#define PFA_RESULTS_H

#include "perfaudit.h"

#define PFA_RESULT_SLOTS	8
#define PFA_RESULT_COLUMNS	6
#define PFA_RESULT_TABLE	1024	/* values, a power of two */
#define PFA_RESULT_FILL		(PFA_RESULT_TABLE * 3 / 4)

typedef struct PfaResult
{
	uint64		shape;			/* 0: free */
	uint64		queryid;
	uint32		turn;			/* when last opened */
	uint32		rows;			/* rows seen */
	uint32		captured;		/* rows whose values are here */
	bool		used;			/* a repeat's values were found in it */
	uint8		ncolumns;
	Oid			relid[PFA_RESULT_COLUMNS];	/* where each column comes from */
	int16		attnum[PFA_RESULT_COLUMNS];
	int16		resno[PFA_RESULT_COLUMNS];	/* place in the result, from 1 */
	int			entries;
	uint32	   *hashes;
	uint16	   *first_rows;
	uint8	   *columns;		/* bit mask */
} PfaResult;

/* A slot for a shape's new result, empty; -1 when out of memory. */
extern int	pfa_results_open(uint64 shape, uint64 queryid);
extern PFA_LOCAL PfaResult pfa_results[PFA_RESULT_SLOTS];

static inline PfaResult *
pfa_results_get(int slot)
{
	return &pfa_results[slot];
}

/* Slots in use: those below this number. */
extern PFA_LOCAL int pfa_results_count;

/* Adds one value; false when the slot is full. */
static inline bool
pfa_results_add(PfaResult *result, int column, uint64 hash, uint32 row)
{
	uint32		key = (uint32) (hash >> 32) | 1;
	uint32		at = (key >> 1) & (PFA_RESULT_TABLE - 1);

	while (result->hashes[at] != 0)
	{
		if (result->hashes[at] == key)
		{
			result->columns[at] |= 1 << column;
			return true;
		}
		at = (at + 1) & (PFA_RESULT_TABLE - 1);
	}
	if (result->entries >= PFA_RESULT_FILL)
		return false;
	result->entries++;
	result->hashes[at] = key;
	result->columns[at] = 1 << column;
	result->first_rows[at] = Min(row, PG_UINT16_MAX);
	return true;
}

/* The columns (bit mask) in which a value stands, and its first row. */
static inline uint8
pfa_results_find(const PfaResult *result, uint64 hash, uint16 *row)
{
	uint32		key = (uint32) (hash >> 32) | 1;
	uint32		at = (key >> 1) & (PFA_RESULT_TABLE - 1);

	while (result->hashes[at] != 0)
	{
		if (result->hashes[at] == key)
		{
			*row = result->first_rows[at];
			return result->columns[at];
		}
		at = (at + 1) & (PFA_RESULT_TABLE - 1);
	}
	return 0;
}

/* At a unit's end. */
extern void pfa_results_forget(void);

#endif							/* PFA_RESULTS_H */
