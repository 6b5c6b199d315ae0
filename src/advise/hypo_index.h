/*
 * hypo_index.h
 *		A hypothetical index: from its definition to what the planner sees.
 */
#ifndef PFA_HYPO_INDEX_H
#define PFA_HYPO_INDEX_H

#include "what_if.h"
#include "access/attmap.h"
#include "access/htup.h"
#include "nodes/pathnodes.h"
#include "utils/relcache.h"

/* hypo_define.c */

/* An empty definition with room for ncolumns columns and all defaults set. */
extern PfaHypoIndex *pfa_hypo_make(Oid relid, Oid am, int nkeys, int ncolumns);

/*
 * The index that one CREATE INDEX statement describes; raises an error for
 * anything else, or when the caller may not read its columns.  Locks the table
 * (AccessShareLock) until the transaction ends.
 */
extern PfaHypoIndex *pfa_hypo_define(const char *ddl);

/* Whether the current user may read all columns that the index looks at. */
extern bool pfa_hypo_is_readable(const PfaHypoIndex *index);

/* hypo_prepare.c */

/*
 * Completes a definition: a fake OID that none of the others has, the share of
 * rows, the size.
 */
extern void pfa_hypo_prepare(PfaHypoIndex *index, List *others);

/* hypo_measure.c */

/* What a sample of rows tells about an index that statistics do not. */
typedef struct PfaHypoFacts
{
	bool		sampled;		/* else supposed */
	/* of a sample, of the rows that the index would have */
	double	   *nulls;			/* by key column: share of nulls */
	double		distinct;		/* different keys, as stadistinct; 0: unknown */
	HeapTuple  *stats;			/* by key column: of expressions, as ANALYZE
								 * would make them; NULL: none */
	double		item_bytes;		/* gist: an item on a leaf page; 0: unknown */
	double		item_fill;		/* share of the page that such items take */
	struct PfaGinFacts *gin;	/* gin only */
} PfaHypoFacts;

/*
 * Fills index->facts (and the share of rows that a predicate keeps, unless it is
 * known) from a sample of the table's rows, if the index needs any and the
 * current user may read them.  map leads from the definition's columns to the
 * table's, or is NULL.  What goes wrong in expressions that the caller has not
 * written himself is swallowed.
 */
extern void pfa_hypo_measure(PfaHypoIndex *index, Relation table, const AttrMap *map);

/* Fills index->facts with what can be supposed without a sample. */
extern void pfa_hypo_suppose(PfaHypoIndex *index);

/* hypo_cost.c */

/* An IndexOptInfo and what our cost functions want to know besides. */
typedef struct PfaHypoInfo
{
	IndexOptInfo info;			/* must be first */
	double		entry_pages;	/* gin; 0: unknown */
	double		data_pages;
	BlockNumber pages_per_range;	/* brin */
} PfaHypoInfo;

/* Has the index's costs estimated as those of a real one. */
extern void pfa_hypo_correct_costs(PfaHypoInfo *info);

/* hypo_index.c */

typedef struct PfaHypoSize
{
	BlockNumber pages;
	int			height;			/* btree: levels above the leaves; else -1 */
	double		entry_pages;	/* gin, when measured: of its entries, and */
	double		data_pages;		/* of its lists of rows */
} PfaHypoSize;

/* What a size was estimated for. */
typedef struct PfaKnownSize
{
	Oid			relid;			/* table or partition */
	double		table_tuples;	/* that it had */
	double		fraction;		/* of them, in the index */
	PfaHypoSize size;
} PfaKnownSize;

/*
 * Size of the index on this table, estimated when the table's size has changed.
 * fraction counts when it is the first time that this table is asked for.
 */
extern const PfaKnownSize *pfa_hypo_known_size(PfaHypoIndex *index, Relation table,
											   const AttrMap *map, double table_tuples,
											   double fraction);

/* Expressions of the definition for a partition's columns and another place in
 * the range table; a copy. */
extern List *pfa_hypo_adapt(List *exprs, const AttrMap *map, Index varno);

/*
 * Adds to rel those of the indexes that exist on relation relid, its partition
 * ancestors included.
 */
extern void pfa_hypo_inject(List *indexes, Oid relid, RelOptInfo *rel);

/* hypo_size.c */

/*
 * Size of the index over this many tuples, those of its own; map leads from the
 * definition's columns to the table's, or is NULL.
 */
extern void pfa_hypo_size(PfaHypoIndex *index, Relation table,
						  const AttrMap *map, double tuples,
						  PfaHypoSize *size);

/* hypo_stats.c */

/*
 * Statistics for an expression column (from 0): of the values sampled if there
 * are any, else supposed from its column's; palloc'd, or NULL.
 */
extern HeapTuple pfa_hypo_statistics(const PfaHypoIndex *index, int column,
									 Datum *values, bool *nulls, int nrows,
									 double tuples);

/* The column whose values the expression leaves about as wide as they are, or 0. */
extern AttrNumber pfa_hypo_same_width_column(Node *expr);

/* hypo_text.c */

/* The access method's name. */
extern const char *pfa_hypo_method(const PfaHypoIndex *index);

/* "hypothetical btree on public.t (a, b)" in angle brackets, for plans. */
extern char *pfa_hypo_describe(const PfaHypoIndex *index);

/* The type of a key column's values. */
extern Oid	pfa_hypo_column_type(const PfaHypoIndex *index, int column);

/* The expression of a column that has no number. */
extern Node *pfa_hypo_expression(const PfaHypoIndex *index, int column);

/* One column as CREATE INDEX spells it, operator class and order included. */
extern char *pfa_hypo_column(const PfaHypoIndex *index, int column);

/* The predicate as text, or NULL. */
extern char *pfa_hypo_predicate(const PfaHypoIndex *index);

/* The statement that builds it, quoted and schema-qualified. */
extern char *pfa_hypo_ddl(const PfaHypoIndex *index, const char *name,
						  bool concurrently);

#endif							/* PFA_HYPO_INDEX_H */
