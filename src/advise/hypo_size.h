/*
 * hypo_size.h
 *		What the sizes of hypothetical indexes are computed from.
 */
#ifndef PFA_HYPO_SIZE_H
#define PFA_HYPO_SIZE_H

#include "advise/hypo_index.h"

/* What is stored of a column, on average. */
typedef struct PfaColumnSize
{
	double		width;			/* bytes, of values that are not null */
	double		nulls;			/* share of nulls */
	double		distinct;		/* different values; 0: unknown */
	/* of arrays, if ANALYZE has looked into them */
	double		elements;		/* different ones in an array; 0: unknown */
	double		covered;		/* of them, those that ANALYZE knows by value */
	double		rarest;			/* share of rows that have the rarest of these */
	double		covered_bytes;	/* of a GIN index of these, over all rows */
	bool		varlena;		/* width varies, not aligned when short */
	bool		odd;			/* takes an odd number of bytes */
	int			align;
} PfaColumnSize;

/* Bytes of a page that items and their line pointers can take. */
#define PFA_PAGE_SPACE	(BLCKSZ - SizeOfPageHeaderData)

/* hypo_size.c */

/* Bytes of an index tuple (average), as index_form_tuple lays it out. */
extern double pfa_hypo_tuple_bytes(const PfaColumnSize *columns, int ncolumns);

/* hypo_size_lossy.c: of access methods whose entries are no copies of columns */

/* Bytes that GIN needs for an element that so many rows have. */
extern double pfa_hypo_gin_entry_bytes(double rows);

extern void pfa_hypo_gin_size(const PfaHypoIndex *index, const PfaColumnSize *columns,
							  double tuples, PfaHypoSize *size);
extern BlockNumber pfa_hypo_gist_size(const PfaHypoIndex *index,
									  const PfaColumnSize *columns, double tuples);
extern BlockNumber pfa_hypo_brin_size(const PfaHypoIndex *index,
									  const PfaColumnSize *columns, Relation table,
									  double tuples);

#endif							/* PFA_HYPO_SIZE_H */
