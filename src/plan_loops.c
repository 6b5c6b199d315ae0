/*
 * plan_loops.c
 *		What nested loops give to their inner sides.
 *
 * Looked for when the facts of a new plan are made.  Must never change a plan.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "plan_loops.h"

static bool
search_list(const List *plans, int paramid, Plan **loop, Node **given)
{
	const ListCell *lc;

	foreach(lc, plans)
	{
		if (pfa_plan_loop_of(lfirst(lc), paramid, loop, given))
			return true;
	}
	return false;
}

bool
pfa_plan_loop_of(Plan *plan, int paramid, Plan **loop, Node **given)
{
	check_stack_depth();
	for (; plan != NULL; plan = outerPlan(plan))
	{
		if (IsA(plan, NestLoop))
		{
			const ListCell *lc;

			foreach(lc, ((const NestLoop *) plan)->nestParams)
			{
				const NestLoopParam *param = lfirst(lc);

				if (param->paramno != paramid)
					continue;
				*loop = plan;
				*given = (Node *) param->paramval;
				return true;
			}
		}
		else if (IsA(plan, SubqueryScan) &&
				 pfa_plan_loop_of(((const SubqueryScan *) plan)->subplan, paramid, loop, given))
			return true;
		else if (IsA(plan, Append) &&
				 search_list(((const Append *) plan)->appendplans, paramid, loop, given))
			return true;
		else if (IsA(plan, MergeAppend) &&
				 search_list(((const MergeAppend *) plan)->mergeplans, paramid, loop, given))
			return true;
		if (innerPlan(plan) && pfa_plan_loop_of(innerPlan(plan), paramid, loop, given))
			return true;
	}
	return false;
}
