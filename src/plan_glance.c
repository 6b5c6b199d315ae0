/*
 * plan_glance.c
 *		A look at a plan tree, at every execution whose plan is not known: its
 *		hash, what it expects, and what is to be looked at when it ends.
 *
 * Must never change a plan, nor allocate but for the published id, which looks
 * up names.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "jit/jit.h"
#include "optimizer/optimizer.h"
#include "utils/lsyscache.h"

#include "compat.h"
#include "plan_glance.h"

typedef struct GlanceWalk
{
	const PlannedStmt *stmt;
	PfaPlanGlance *glance;
	double		calls;
	double		seq_cost;		/* of all sequential scans */
	int			nodes;
	bool		names;			/* by names, for the published id */
} GlanceWalk;

#define SEQ_PAGES_MIN	2

static void glance_plan(GlanceWalk *walk, const Plan *plan, double loops);

static void
glance_list(GlanceWalk *walk, const List *children, double loops)
{
	const ListCell *lc;

	foreach(lc, children)
		glance_plan(walk, lfirst(lc), loops);
}

static uint32
hash_name(Oid relid)
{
	char	   *name = OidIsValid(relid) ? get_rel_name(relid) : NULL;
	uint32		hash;

	if (name == NULL)
		return 0;
	hash = hash_bytes((unsigned char *) name, strlen(name));
	pfree(name);
	return hash;
}

static inline uint64
object(const GlanceWalk *walk, Oid relid)
{
	return unlikely(walk->names) ? hash_name(relid) : relid;
}

static void
glance_plan(GlanceWalk *walk, const Plan *plan, double loops)
{
	PfaPlanGlance *glance = walk->glance;

	/* down the outer side in a loop, down the others by calls */
	for (; plan != NULL; plan = outerPlan(plan))
	{
		double		inner_loops = loops;
		uint64		detail = 0;

		walk->nodes++;
		walk->calls += loops * (plan->plan_rows + 1);
		switch (nodeTag(plan))
		{
			case T_SeqScan:
			case T_SampleScan:
				walk->seq_cost += loops * plan->total_cost;
				detail = object(walk, pfa_plan_scanned(walk->stmt, plan));
				break;
			case T_IndexScan:
				detail = object(walk, pfa_plan_scanned(walk->stmt, plan)) ^
					(object(walk, ((const IndexScan *) plan)->indexid) << 32);
				break;
			case T_IndexOnlyScan:
				detail = object(walk, pfa_plan_scanned(walk->stmt, plan)) ^
					(object(walk, ((const IndexOnlyScan *) plan)->indexid) << 32);
				break;
			case T_BitmapIndexScan:
				detail = object(walk, ((const BitmapIndexScan *) plan)->indexid);
				break;
			case T_BitmapHeapScan:
			case T_TidScan:
			case T_TidRangeScan:
			case T_ForeignScan:
				detail = object(walk, pfa_plan_scanned(walk->stmt, plan));
				break;
			case T_SubqueryScan:
				glance_plan(walk, ((const SubqueryScan *) plan)->subplan, loops);
				break;
			case T_Append:
				glance->prunes |= PFA_APPEND_PRUNES((const Append *) plan);
				glance_list(walk, ((const Append *) plan)->appendplans, loops);
				break;
			case T_MergeAppend:
				glance->prunes |= PFA_APPEND_PRUNES((const MergeAppend *) plan);
				glance_list(walk, ((const MergeAppend *) plan)->mergeplans, loops);
				break;
			case T_BitmapAnd:
				glance_list(walk, ((const BitmapAnd *) plan)->bitmapplans, loops);
				break;
			case T_BitmapOr:
				glance_list(walk, ((const BitmapOr *) plan)->bitmapplans, loops);
				break;
			case T_NestLoop:
				inner_loops = loops * Max(1, outerPlan(plan)->plan_rows);
				detail = ((const Join *) plan)->jointype;
				break;
			case T_HashJoin:
				glance->spills = true;
				detail = ((const Join *) plan)->jointype;
				break;
			case T_MergeJoin:
				detail = ((const Join *) plan)->jointype;
				break;
			case T_Agg:
				glance->spills = true;
				detail = ((const Agg *) plan)->aggstrategy;
				break;
			case T_Sort:
				glance->spills = true;
				break;
			case T_Gather:
			case T_GatherMerge:
				glance->parallel = true;
				break;
			default:
				break;
		}
		glance->hash = hash_combine64(glance->hash, detail * 1024 + nodeTag(plan));
		if (innerPlan(plan) != NULL)
			glance_plan(walk, innerPlan(plan), inner_loops);
	}
}

static void
glance_statement(const PlannedStmt *stmt, PfaPlanGlance *glance, bool names)
{
	GlanceWalk	walk = {.stmt = stmt,.glance = glance,.names = names};
	double		page_cost;

	memset(glance, 0, sizeof(*glance));
	glance->hash = stmt->commandType;
	if (IsA(stmt->planTree, Limit) || IsA(stmt->planTree, LockRows))
		glance->limits = true;
	if (stmt->jitFlags & PGJIT_PERFORM)
		glance->jit = true;
	glance_plan(&walk, stmt->planTree, 1);
	/* a page of a table is read as fast as any index: not worth counting */
	page_cost = walk.seq_cost;
	glance->seq_scans = page_cost >= SEQ_PAGES_MIN * seq_page_cost && page_cost > 0;
	if (stmt->subplans != NIL)
	{
		walk.seq_cost = 0;
		glance_list(&walk, stmt->subplans, 1);
		/* which run nobody knows how often */
		glance->seq_scans |= walk.seq_cost > 0;
	}
	glance->page_scans = page_cost > 0 && !glance->seq_scans;
	if (glance->hash == 0)
		glance->hash = 1;
	glance->calls = walk.calls;
	glance->nodes = Min(walk.nodes, PG_UINT16_MAX);
}

void
pfa_plan_glance(const PlannedStmt *stmt, PfaPlanGlance *glance)
{
	glance_statement(stmt, glance, false);
}

/* The same plan has the same id on a restored database, and with a new index. */
uint64
pfa_plan_id(const PlannedStmt *stmt)
{
	PfaPlanGlance glance;

	glance_statement(stmt, &glance, true);
	return glance.hash;
}
