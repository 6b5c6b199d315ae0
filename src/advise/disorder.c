/*
 * disorder.c
 *		What the planner leaves out of a nested loop's cost: whether its look-ups
 *		come in the order of their keys.
 *
 * For the planner a look-up costs the same wherever the one before it was.  In
 * order they find the pages that the last ones needed; all over a large table they
 * take about twice as long, also in memory.  That matters to advice, since an index
 * changes the order: an index-only scan in place of a sequential scan may save a
 * tenth of the cost and double the time of the loop that it feeds.
 *
 * Reads finished plans only.  What it does not understand it takes for ordered.
 */
#include "postgres.h"

#include <math.h>

#include "advise/hypo_index.h"
#include "advise/plan_tree.h"

#include "access/htup_details.h"
#include "catalog/pg_class.h"
#include "catalog/pg_index.h"
#include "catalog/pg_statistic.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

/* A look-up out of order costs such a share of a page read at random. */
#define DISORDER_SHARE 0.25
/* Smaller tables than so many pages stay in the processor's own memory. */
#define LARGE_PAGES 512
/* Rows lie in the order of a column if it has so much correlation. */
#define ORDERED 0.9

typedef struct Walk
{
	PlannedStmt *stmt;
	List	   *indexes;		/* PfaHypoIndex *, those supposed */
	double		cost;
} Walk;

static Oid
relid_of(const Walk *walk, Index scanrelid)
{
	return rt_fetch(scanrelid, walk->stmt->rtable)->relid;
}

/* Whether the rows of a table lie in the order of a column. */
static bool
lies_in_order(Oid relid, AttrNumber attnum)
{
	HeapTuple	tuple;
	AttStatsSlot slot;
	bool		result = false;

	tuple = SearchSysCache3(STATRELATTINH, ObjectIdGetDatum(relid), Int16GetDatum(attnum),
							BoolGetDatum(false));
	if (!HeapTupleIsValid(tuple))
		return true;
	if (get_attstatsslot(&slot, tuple, STATISTIC_KIND_CORRELATION, InvalidOid,
						 ATTSTATSSLOT_NUMBERS))
	{
		result = slot.nnumbers == 1 && fabsf(slot.numbers[0]) >= ORDERED;
		free_attstatsslot(&slot);
	}
	ReleaseSysCache(tuple);
	return result;
}

/* The key columns of an index, supposed or real; NULL if they are not known. */
static AttrNumber *
keys_of(const Walk *walk, Oid indexid, int *n)
{
	HeapTuple	tuple;
	AttrNumber *keys = NULL;
	ListCell   *lc;

	foreach(lc, walk->indexes)
	{
		PfaHypoIndex *index = lfirst(lc);

		if (index->oid == indexid)
		{
			*n = index->nkeys;
			return index->attnums;
		}
	}
	tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(indexid));
	if (HeapTupleIsValid(tuple))
	{
		Form_pg_index form = (Form_pg_index) GETSTRUCT(tuple);

		*n = form->indnkeyatts;
		keys = palloc(sizeof(AttrNumber) * *n);
		memcpy(keys, form->indkey.values, sizeof(AttrNumber) * *n);
		ReleaseSysCache(tuple);
	}
	return keys;
}

/* Whether the scan has only one value of a column. */
static bool
is_fixed(List *quals, AttrNumber attnum)
{
	ListCell   *lc;

	foreach(lc, quals)
	{
		OpExpr	   *expr = lfirst(lc);

		if (IsA(expr, OpExpr) && list_length(expr->args) == 2 &&
			IsA(linitial(expr->args), Var) &&
			linitial_node(Var, expr->args)->varattno == attnum &&
			op_mergejoinable(expr->opno, exprType(linitial(expr->args))))
			return true;
	}
	return false;
}

/* Whether an index scan yields its rows in the order of a column. */
static bool
scans_in_order(const Walk *walk, Oid relid, Oid indexid, List *quals, AttrNumber attnum)
{
	int			n = 0;
	AttrNumber *keys = keys_of(walk, indexid, &n);

	if (keys == NULL)
		return true;
	for (int i = 0; i < n; i++)
	{
		if (keys[i] == attnum || keys[i] == 0)
			return true;
		if (!is_fixed(quals, keys[i]))
			return lies_in_order(relid, keys[i]) && lies_in_order(relid, attnum);
	}
	/* of one value, rows come as they lie */
	return lies_in_order(relid, attnum);
}

/* What stands in a plan's result, if it is a column. */
static Var *
column_of(Plan *plan, AttrNumber resno)
{
	TargetEntry *entry;
	Node	   *node;

	if (resno <= 0 || resno > list_length(plan->targetlist))
		return NULL;
	entry = list_nth_node(TargetEntry, plan->targetlist, resno - 1);
	node = (Node *) entry->expr;
	while (IsA(node, RelabelType))
		node = (Node *) ((RelabelType *) node)->arg;
	return IsA(node, Var) ? (Var *) node : NULL;
}

/* Whether a plan yields its rows in the order of a column of its result. */
static bool
yields_in_order(const Walk *walk, Plan *plan, AttrNumber resno)
{
	while (plan != NULL)
	{
		Var		   *var = column_of(plan, resno);

		if (var == NULL)
			return true;
		switch (nodeTag(plan))
		{
			case T_SeqScan:
			case T_BitmapHeapScan:
				return lies_in_order(relid_of(walk, ((Scan *) plan)->scanrelid), var->varattno);
			case T_IndexScan:
				return scans_in_order(walk, relid_of(walk, ((Scan *) plan)->scanrelid),
									  ((IndexScan *) plan)->indexid,
									  ((IndexScan *) plan)->indexqualorig, var->varattno);
			case T_IndexOnlyScan:
				{
					IndexOnlyScan *scan = (IndexOnlyScan *) plan;
					TargetEntry *entry;

					if (var->varattno <= 0 || var->varattno > list_length(scan->indextlist))
						return true;
					entry = list_nth_node(TargetEntry, scan->indextlist, var->varattno - 1);
					if (!IsA(entry->expr, Var))
						return true;
					return scans_in_order(walk, relid_of(walk, scan->scan.scanrelid), scan->indexid,
										  scan->recheckqual, ((Var *) entry->expr)->varattno);
				}
			case T_Sort:
			case T_IncrementalSort:
				return ((Sort *) plan)->sortColIdx[0] == resno;
			case T_Agg:
				if (((Agg *) plan)->aggstrategy == AGG_HASHED)
					return false;
				break;
			case T_NestLoop:
			case T_HashJoin:
				/* that of the outer side, which what is looked up has not */
				if (var->varno == INNER_VAR)
					return false;
				break;
			case T_Material:
			case T_Memoize:
			case T_Limit:
			case T_Unique:
			case T_Group:
			case T_Result:
				break;
			default:
				return true;
		}
		resno = var->varattno;
		plan = outerPlan(plan);
	}
	return true;
}

/* Pages of the table that a plan looks something up in; 0: it is no look-up. */
static double
pages_looked_up(const Walk *walk, Plan *plan, double *lookups)
{
	Index		scanrelid;
	HeapTuple	tuple;
	double		pages = 0;

	if (IsA(plan, Memoize))
	{
		*lookups = Min(*lookups, ((Memoize *) plan)->est_entries);
		plan = outerPlan(plan);
	}
	if (!IsA(plan, IndexScan) && !IsA(plan, IndexOnlyScan) && !IsA(plan, BitmapHeapScan))
		return 0;
	scanrelid = ((Scan *) plan)->scanrelid;
	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid_of(walk, scanrelid)));
	if (HeapTupleIsValid(tuple))
	{
		pages = ((Form_pg_class) GETSTRUCT(tuple))->relpages;
		ReleaseSysCache(tuple);
	}
	return pages;
}

/* Adds what a nested loop costs more. */
static void
weigh_loop(Walk *walk, NestLoop *loop, double share)
{
	double		lookups = outerPlan(loop)->plan_rows;
	NestLoopParam *param;

	if (list_length(loop->nestParams) != 1 ||
		pages_looked_up(walk, innerPlan(loop), &lookups) < LARGE_PAGES)
		return;
	param = linitial_node(NestLoopParam, loop->nestParams);
	if (param->paramval->varno == OUTER_VAR &&
		!yields_in_order(walk, outerPlan(loop), param->paramval->varattno))
		walk->cost += lookups * share * DISORDER_SHARE * random_page_cost;
}

/*
 * share: of the plan's rows that will be asked for, times how often it is
 * executed.
 */
static void
walk_plan(Walk *walk, Plan *plan, double share, double loops)
{
	if (plan == NULL)
		return;
	switch (nodeTag(plan))
	{
		case T_NestLoop:
			weigh_loop(walk, (NestLoop *) plan, share * loops);
			walk_plan(walk, outerPlan(plan), share, loops);
			walk_plan(walk, innerPlan(plan), 1, loops * Max(outerPlan(plan)->plan_rows * share, 1));
			return;
		case T_Limit:
			share = Min(share, Max(plan->plan_rows, 1) / Max(outerPlan(plan)->plan_rows, 1));
			break;
		case T_Sort:
		case T_Hash:
		case T_Agg:
		case T_Material:
			/* needs all of it */
			share = 1;
			break;
		default:
			break;
	}
	walk_plan(walk, outerPlan(plan), share, loops);
	walk_plan(walk, innerPlan(plan), share, loops);
}

double
pfa_plan_disorder(PlannedStmt *stmt, List *indexes)
{
	Walk		walk = {.stmt = stmt,.indexes = indexes};

	walk_plan(&walk, stmt->planTree, 1, 1);
	return walk.cost;
}
