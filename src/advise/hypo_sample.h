/*
 * hypo_sample.h
 *		Rows of a table to measure a hypothetical index by.
 */
#ifndef PFA_HYPO_SAMPLE_H
#define PFA_HYPO_SAMPLE_H

#include "what_if.h"
#include "access/attmap.h"
#include "access/htup.h"
#include "utils/relcache.h"

/* Whole pages of a table, evenly spread over it. */
typedef struct PfaSample
{
	Oid			relid;
	BlockNumber blocks;			/* of the table */
	BlockNumber read;			/* of these, in the sample */
	int			nrows;
	HeapTuple  *rows;			/* in physical order */
	int		   *page_rows;		/* per page read: index of its first row */
} PfaSample;

/*
 * A sample of the table, of about so many rows at most, or NULL if its rows cannot be read this way or it is
 * empty.  Valid until the next call, or until the memory context that was
 * current when it was read goes away.
 */
extern const PfaSample *pfa_hypo_sample(Relation table, int most_rows);

/*
 * A stride by which all pages are visited once, and any first few of them are
 * far apart.
 */
extern BlockNumber pfa_hypo_sample_stride(BlockNumber blocks);

/* Frees the sample that is kept. */
extern void pfa_hypo_sample_forget(void);

/*
 * What the sample tells about an index: which rows it would have, and the value
 * of each key column in them.
 */
typedef struct PfaSampleValues
{
	const PfaSample *sample;
	int			nrows;			/* that the predicate keeps */
	int		   *position;		/* by row of the sample: which it is; -1: none */
	Datum	  **values;			/* by column, then by row kept */
	bool	  **nulls;
} PfaSampleValues;

/*
 * Evaluates the index's columns and predicate over the sample, in the current
 * memory context.  map leads from the definition's columns to the table's, or is
 * NULL.  Raises whatever the expressions raise.
 */
extern void pfa_hypo_sample_evaluate(const PfaHypoIndex *index, Relation table,
									 const AttrMap *map, const PfaSample *sample,
									 PfaSampleValues *result);

#endif							/* PFA_HYPO_SAMPLE_H */
