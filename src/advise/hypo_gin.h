/*
 * hypo_gin.h
 *		What a GIN index would consist of.
 */
#ifndef PFA_HYPO_GIN_H
#define PFA_HYPO_GIN_H

#include "advise/hypo_sample.h"

typedef struct PfaGinFacts PfaGinFacts;

/*
 * Takes the entries of a sample's values apart, as the operator class would.
 * What is returned is in the current memory context.
 */
extern PfaGinFacts *pfa_hypo_gin_measure(const PfaHypoIndex *index,
										 const PfaSampleValues *values);

/*
 * Pages of the index over this many rows of its own: those of entries and of
 * lists of rows.
 */
extern void pfa_hypo_gin_pages(const PfaGinFacts *facts, double tuples,
							   double *entry_pages, double *data_pages);

#endif							/* PFA_HYPO_GIN_H */
