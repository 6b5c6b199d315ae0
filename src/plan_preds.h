/*
 * plan_preds.h
 *		The columns that a plan filters, joins, groups and sorts by.
 */
#ifndef PFA_PLAN_PREDS_H
#define PFA_PLAN_PREDS_H

#include "perfaudit.h"
#include "executor/execdesc.h"

/* Adds the predicates and keys of one node, whose place among the kept is given. */
extern void pfa_plan_preds(QueryDesc *queryDesc, Plan *plan, int node,
						   PfaPlanFacts *facts);

#endif							/* PFA_PLAN_PREDS_H */
