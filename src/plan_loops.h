/*
 * plan_loops.h
 *		What nested loops give to their inner sides.
 */
#ifndef PFA_PLAN_LOOPS_H
#define PFA_PLAN_LOOPS_H

#include "postgres.h"

#include "nodes/plannodes.h"

/*
 * The nested loop, at or below a plan, that gives its inner side the value of a
 * parameter of the executor, and the expression over its outer side that it is.
 */
extern bool pfa_plan_loop_of(Plan *plan, int paramid, Plan **loop, Node **given);

#endif							/* PFA_PLAN_LOOPS_H */
