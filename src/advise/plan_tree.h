/*
 * plan_tree.h
 *		Looks at finished plans, which are never executed.
 */
#ifndef PFA_PLAN_TREE_H
#define PFA_PLAN_TREE_H

#include "postgres.h"

#include "nodes/pg_list.h"
#include "nodes/plannodes.h"

/* Called for each node; the walk goes on below it. */
typedef void (*PfaPlanVisitor) (Plan *plan, void *context);

extern void pfa_plan_visit(PlannedStmt *stmt, PfaPlanVisitor visitor, void *context);

/* OIDs of the indexes that the plan uses, fake ones included. */
extern List *pfa_plan_indexes(PlannedStmt *stmt);

/*
 * Whether the plan reads all of a relation, and the rows that the planner
 * expects the scan, or the joins above it, to keep (the fewest, when there are
 * several); needed: those that joins leave of all its scans together, of which
 * that are few.
 */
extern bool pfa_plan_reads_all(PlannedStmt *stmt, Oid relid, double few, double *kept,
							   double *needed);

/*
 * disorder.c: what its nested loops cost beyond what the planner thinks, because
 * their look-ups come in no order; indexes: those that were supposed (PfaHypoIndex *).
 */
extern double pfa_plan_disorder(PlannedStmt *stmt, List *indexes);

/*
 * A copy that EXPLAIN can show: up to 15 the executor prunes partitions at
 * start even for EXPLAIN, and fails on parameters without a value.
 */
extern PlannedStmt *pfa_plan_without_pruning(PlannedStmt *stmt, bool generic);

#endif							/* PFA_PLAN_TREE_H */
