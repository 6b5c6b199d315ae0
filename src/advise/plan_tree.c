/*
 * plan_tree.c
 *		Walks finished plans.
 *
 * The server has a walker for PlanStates only, which would mean to start the
 * executor on a plan that must never come near it.
 */
#include "postgres.h"

#include "advise/plan_tree.h"
#include "compat.h"

#include "catalog/partition.h"
#include "nodes/parsenodes.h"
#include "parser/parsetree.h"
#include "utils/float.h"
#include "utils/lsyscache.h"

static void visit_list(List *plans, PfaPlanVisitor visitor, void *context);

static void
visit(Plan *plan, PfaPlanVisitor visitor, void *context)
{
	if (plan == NULL)
		return;
	visitor(plan, context);
	visit(plan->lefttree, visitor, context);
	visit(plan->righttree, visitor, context);
	switch (nodeTag(plan))
	{
		case T_Append:
			visit_list(((Append *) plan)->appendplans, visitor, context);
			break;
		case T_MergeAppend:
			visit_list(((MergeAppend *) plan)->mergeplans, visitor, context);
			break;
		case T_BitmapAnd:
			visit_list(((BitmapAnd *) plan)->bitmapplans, visitor, context);
			break;
		case T_BitmapOr:
			visit_list(((BitmapOr *) plan)->bitmapplans, visitor, context);
			break;
		case T_SubqueryScan:
			visit(((SubqueryScan *) plan)->subplan, visitor, context);
			break;
		case T_CustomScan:
			visit_list(((CustomScan *) plan)->custom_plans, visitor, context);
			break;
		default:
			break;
	}
}

static void
visit_list(List *plans, PfaPlanVisitor visitor, void *context)
{
	ListCell   *lc;

	foreach(lc, plans)
		visit((Plan *) lfirst(lc), visitor, context);
}

void
pfa_plan_visit(PlannedStmt *stmt, PfaPlanVisitor visitor, void *context)
{
	visit(stmt->planTree, visitor, context);
	visit_list(stmt->subplans, visitor, context);
}

static void
collect_index(Plan *plan, void *context)
{
	List	  **indexes = context;

	switch (nodeTag(plan))
	{
		case T_IndexScan:
			*indexes = list_append_unique_oid(*indexes, ((IndexScan *) plan)->indexid);
			break;
		case T_IndexOnlyScan:
			*indexes = list_append_unique_oid(*indexes, ((IndexOnlyScan *) plan)->indexid);
			break;
		case T_BitmapIndexScan:
			*indexes = list_append_unique_oid(*indexes, ((BitmapIndexScan *) plan)->indexid);
			break;
		default:
			break;
	}
}

List *
pfa_plan_indexes(PlannedStmt *stmt)
{
	List	   *indexes = NIL;

	pfa_plan_visit(stmt, collect_index, &indexes);
	return indexes;
}

typedef struct FullScan
{
	PlannedStmt *stmt;
	Oid			relid;
	bool		found;
	double		kept;
	double		few;
	double		needed;
} FullScan;

/* Whether it is a full scan of the relation, or of one of its partitions. */
static bool
is_full_scan(const FullScan *search, Plan *plan, bool *partition)
{
	RangeTblEntry *rte;
	List	   *ancestors;

	*partition = false;
	if (!IsA(plan, SeqScan) && !IsA(plan, SampleScan))
		return false;
	rte = rt_fetch(((Scan *) plan)->scanrelid, search->stmt->rtable);
	if (rte->relid == search->relid)
		return true;
	ancestors = get_rel_relispartition(rte->relid) ? get_partition_ancestors(rte->relid) : NIL;
	*partition = (ancestors != NIL && llast_oid(ancestors) == search->relid);
	return *partition;
}

static void
find_full_scan(Plan *plan, void *context)
{
	FullScan   *search = context;
	bool		partition;

	if (!is_full_scan(search, plan, &partition))
		return;
	/* the partitions together are the table */
	if (partition)
		search->kept += plan->plan_rows;
	else if (!search->found || plan->plan_rows < search->kept)
		search->kept = plan->plan_rows;
	search->found = true;
}

/*
 * Adds what joins above leave of each full scan's rows, if they are few; an
 * aggregate needs all it gets.
 */
static void
add_needed(FullScan *search, Plan *plan, double left)
{
	bool		partition;

	if (plan == NULL)
		return;
	switch (nodeTag(plan))
	{
		case T_NestLoop:
		case T_HashJoin:
		case T_MergeJoin:
		case T_Limit:
			left = Min(left, plan->plan_rows);
			break;
		case T_Agg:
		case T_Group:
		case T_Unique:
		case T_WindowAgg:
			left = get_float8_infinity();
			break;
		default:
			left = Min(left, plan->plan_rows);
			if (left <= search->few && is_full_scan(search, plan, &partition))
				search->needed += left;
			break;
	}
	add_needed(search, plan->lefttree, left);
	add_needed(search, plan->righttree, left);
}

bool
pfa_plan_reads_all(PlannedStmt *stmt, Oid relid, double few, double *kept, double *needed)
{
	FullScan	search = {stmt, relid, false, 0, few, 0};
	ListCell   *lc;

	pfa_plan_visit(stmt, find_full_scan, &search);
	*kept = search.kept;
	add_needed(&search, stmt->planTree, get_float8_infinity());
	foreach(lc, stmt->subplans)
		add_needed(&search, lfirst(lc), get_float8_infinity());
	/* below an aggregate, too, a join may leave few of what a scan has to read */
	if (search.needed > 0)
		*kept = Min(*kept, search.needed);
	*needed = Max(search.needed, *kept);
	return search.found;
}

static void
strip_pruning(Plan *plan, void *context)
{
	PFA_STRIP_PRUNING(plan);
}

PlannedStmt *
pfa_plan_without_pruning(PlannedStmt *stmt, bool generic)
{
	PlannedStmt *copy = stmt;

	if (generic && PFA_EXPLAIN_PRUNES)
	{
		copy = copyObject(stmt);
		pfa_plan_visit(copy, strip_pruning, NULL);
	}
	return copy;
}
