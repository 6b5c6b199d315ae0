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

/* hypo_prepare.c */

/*
 * Completes a definition: a fake OID that none of the others has, the share of
 * rows, the size.
 */
extern void pfa_hypo_prepare(PfaHypoIndex *index, List *others);

/* hypo_index.c */

/*
 * Adds to rel those of the indexes that exist on relation relid, its partition
 * ancestors included.
 */
extern void pfa_hypo_inject(List *indexes, Oid relid, RelOptInfo *rel);

/* hypo_size.c */

/*
 * Pages (and for btree the height) of the index over this many tuples of the
 * table; map leads from the definition's columns to the table's, or is NULL.
 */
extern void pfa_hypo_size(PfaHypoIndex *index, Relation table,
						  const AttrMap *map, double tuples,
						  BlockNumber *pages, int *height);

/* hypo_stats.c */

/* Statistics supposed for an expression column (from 1), palloc'd, or NULL. */
extern HeapTuple pfa_hypo_statistics(const PfaHypoIndex *index, AttrNumber column);

/* The column whose values the expression leaves about as wide as they are, or 0. */
extern AttrNumber pfa_hypo_same_width_column(Node *expr);

/* hypo_text.c */

/* The access method's name. */
extern const char *pfa_hypo_method(const PfaHypoIndex *index);

/* "hypothetical btree on public.t (a, b)" in angle brackets, for plans. */
extern char *pfa_hypo_describe(const PfaHypoIndex *index);

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
