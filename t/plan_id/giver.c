/* For t/029_plan_id_given.pl: a library that gives every plan the id 42. */
#include "postgres.h"

#include "fmgr.h"
#include "optimizer/planner.h"

#include "compat.h"

PG_MODULE_MAGIC;

extern PGDLLEXPORT void _PG_init(void);

static planner_hook_type previous;

static PlannedStmt *
give(PFA_PLANNER_PARAMS)
{
	PlannedStmt *stmt = previous ? previous(PFA_PLANNER_ARGS) : standard_planner(PFA_PLANNER_ARGS);

	PFA_SET_PLAN_ID(stmt, 42);
	return stmt;
}

void
_PG_init(void)
{
	previous = planner_hook;
	planner_hook = give;
}
