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
#define PFA_RESULT_VALUES	192 /* fewer than 255 */
#define PFA_RESULT_TABLE	256 /* places of the index, a power of two */
#define PFA_RESULT_AHEAD	4	/* rows looked at before the index */
#define PFA_RESULT_SERVED	8	/* turns that one stays longer in which a value
								 * was found */

typedef struct PfaResult
{
	uint64		shape;			/* 0: free */
	uint64		queryid;
	uint32		turn;			/* when last opened */
	uint32		born;			/* when first opened for this shape */
	uint32		used;			/* the turn when opened, or some after that
								 * when it was last found to have a value */
	uint32		before;			/* rows of former results that stayed */
	uint32		rows;			/* rows seen */
	uint32		captured;		/* rows whose values are here */
	uint8		ncolumns;
	bool		gathered;		/* rows of several results of one row */
	uint8		searched;		/* how often, without the index */
	int16		attnum[PFA_RESULT_COLUMNS]; /* where each column comes from */
	Oid			relid[PFA_RESULT_COLUMNS];
	int16		resno[PFA_RESULT_COLUMNS];	/* place in the result, from 1 */
	uint32	   *hashes;			/* row by row; 0: null or no key */
	/* Made when a value is looked for that does not stand in the next rows. */
	uint32		indexed;		/* rows that are in it */
	uint8	   *first;			/* number + 1 of a value, 0: free */
	uint8	   *columns;		/* bit mask: in which it stands */
} PfaResult;

/*
 * A slot for a shape's new result, empty; -1 when out of memory.  further: rows
 * that are there stay, if there is room for as many again.
 */
extern int	pfa_results_open(uint64 shape, uint64 queryid, int ncolumns, bool further);
extern PFA_LOCAL PfaResult pfa_results[PFA_RESULT_SLOTS];
extern PFA_LOCAL const Size pfa_results_size;	/* bytes, of all that they
												 * point to, too */

static inline PfaResult *
pfa_results_get(int slot)
{
	return &pfa_results[slot];
}

/* Slots in use: those below this number. */
extern PFA_LOCAL int pfa_results_count;

/* Changes whenever a result is opened. */
extern PFA_LOCAL uint32 pfa_results_turn;

/* Of a value's hash, what is kept: not 0. */
static inline uint32
pfa_results_key(uint64 hash)
{
	return (uint32) (hash >> 32) | 1;
}

/* Where the next rows' values are to be put, and how many rows fit there. */
static inline uint32 *
pfa_results_next_row(PfaResult *result, uint32 *room)
{
	*room = PFA_RESULT_VALUES / result->ncolumns - result->captured;
	return &result->hashes[result->captured * result->ncolumns];
}

/* The columns (bit mask) in which a value stands, and its first row; uses the index. */
extern uint8 pfa_results_search(PfaResult *result, uint32 key, uint32 *row);

/* Different values in a column, of those kept. */
extern uint32 pfa_results_distinct(PfaResult *result, int column);

/*
 * Whether a column has nearly all of the smallest numbers, and hardly any other:
 * all keys of a small table.
 */
extern bool pfa_results_dense(PfaResult *result, int column);

/*
 * As many values as would be as likely to meet by chance if all were as frequent
 * as each other; 0 of none.  Compares all with all.
 */
extern uint32 pfa_results_diversity(const PfaResult *result, int column);

/* Called before rows make room for others; NULL: nobody needs them. */
typedef void (*PfaResultsLeave) (void);
extern PFA_LOCAL PfaResultsLeave pfa_results_leave;

/* Rows of other executions come in place of those that are there. */
extern void pfa_results_begin_anew(PfaResult *result);

/* At a unit's end. */
extern void pfa_results_forget(void);

/* Those of this turn and before. */
extern void pfa_results_forget_before(uint32 turn);

#endif							/* PFA_RESULTS_H */
