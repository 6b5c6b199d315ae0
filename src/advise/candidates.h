/*
 * candidates.h
 *		Between candidates.c, candidates_equal.c and candidates_special.c and
 *		candidates_small.c, which know the less common kinds of index.
 */
#ifndef PFA_CANDIDATES_H
#define PFA_CANDIDATES_H

#include "advice.h"
#include "index_keys.h"

/*
 * candidates.c: registers the index of these keys for the shape, unless there
 * is no point in it.
 */
extern void pfa_candidates_offer(PfaAdvice *advice, PfaShape *shape,
								 PfaTable *table, PfaIndexKeys *keys);

/*
 * candidates.c: one more, once the others are measured; false if it is there already,
 * as a candidate or as an index.
 */
extern bool pfa_candidates_add(PfaAdvice *advice, PfaTable *table, PfaHypoIndex *index);

/*
 * candidates_merged.c: one for several that plans have when all are there
 * (promising).
 */
extern void pfa_candidates_merge(PfaAdvice *advice);

/* candidates.c: for want of time it is not tried. */
extern void pfa_candidates_leave(PfaAdvice *advice, PfaCandidate *candidate);

/*
 * candidates_equal.c: the equality columns that lead an index: the most selective
 * until few rows are left; among them those come first that other statements
 * have as well.
 */
extern List *pfa_candidates_equalities(PfaAdvice *advice, PfaTable *table,
									   const PfaNeed *need);

/* candidates_equal.c: the share of rows that these equalities keep together. */
extern double pfa_candidates_share(PfaTable *table, const PfaNeed *need,
								   List *equalities);

/* candidates_equal.c */
extern List *pfa_candidates_of_kind(const PfaNeed *need, PfaNeedKind kind,
									bool inside_or);

/* candidates_equal.c: takes the range with most different values out of the list. */
extern PfaNeedColumn *pfa_candidates_take_range(PfaTable *table, List **ranges);

/*
 * candidates_special.c: GIN for what is inside jsonb, arrays and tsvector, GiST for
 * ranges and shapes, these also behind the equalities.
 */
extern void pfa_candidates_offer_elements(PfaAdvice *advice, PfaShape *shape,
										  PfaTable *table, const PfaNeed *need,
										  List *equalities);

/*
 * candidates_special.c: partial indexes for few rows that literals choose;
 * equalities: the columns that lead an index for this need.
 */
extern void pfa_candidates_offer_partial(PfaAdvice *advice, PfaShape *shape,
										 const PfaEvidence *evidence,
										 const PfaNeed *need, List *equalities);

/*
 * candidates_special.c: the same keys with the other columns that the query
 * reads behind them, so that the table need not be visited.
 */
extern void pfa_candidates_offer_covering(PfaAdvice *advice, PfaShape *shape,
										  const PfaEvidence *evidence,
										  const PfaNeed *need,
										  const PfaIndexKeys *keys);

/* candidates_small.c: BRIN and hash, where they do for a b-tree. */
extern void pfa_candidates_offer_small(PfaAdvice *advice, PfaShape *shape,
									   PfaTable *table, const PfaNeed *need,
									   List *equalities);

/* candidates_small.c: whether a BRIN index that exists is enough. */
extern bool pfa_candidates_has_brin(const PfaEvidence *evidence, const PfaNeed *need,
									List *equalities);

/*
 * candidates_small.c: whether a BRIN index serves all that a chosen b-tree does,
 * in a fraction of the room, beside the other chosen ones.
 */
extern bool pfa_candidates_brin_does(PfaAdvice *advice, const Bitmapset *others,
									 const PfaCandidate *btree,
									 const PfaCandidate *brin);

/*
 * candidates_special.c: whether the caller may see the literals of the index's
 * expressions and predicate: only if he may read the columns.
 */
extern bool pfa_candidates_may_show(const PfaHypoIndex *index);

#endif							/* PFA_CANDIDATES_H */
