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

/* One plan at a time: nobody is called who plans. */
static GlanceWalk walk;

#define SEQ_PAGES_MIN	2

static void glance_plan(const Plan *plan, double loops);

static void
glance_list(const List *children, double loops)
{
	const ListCell *lc;

	foreach(lc, children)
		glance_plan(lfirst(lc), loops);
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
object(Oid relid)
{
	return unlikely(walk.names) ? hash_name(relid) : relid;
}

static void
glance_plan(const Plan *plan, double loops)
{
	PfaPlanGlance *glance = walk.glance;

	/* down the outer side in a loop, down the others by calls */
	for (; plan != NULL; plan = outerPlan(plan))
	{
		double		inner_loops = loops;
		uint64		detail = 0;

		walk.nodes++;
		walk.calls += loops * (plan->plan_rows + 1);
		switch (nodeTag(plan))
		{
			case T_SeqScan:
			case T_SampleScan:
				walk.seq_cost += loops * plan->total_cost;
				detail = object(pfa_plan_scanned(walk.stmt, plan));
				break;
			case T_IndexScan:
				detail = object(pfa_plan_scanned(walk.stmt, plan)) ^
					(object(((const IndexScan *) plan)->indexid) << 32);
				break;
			case T_IndexOnlyScan:
				detail = object(pfa_plan_scanned(walk.stmt, plan)) ^
					(object(((const IndexOnlyScan *) plan)->indexid) << 32);
				break;
			case T_BitmapIndexScan:
				detail = object(((const BitmapIndexScan *) plan)->indexid);
				break;
			case T_BitmapHeapScan:
			case T_TidScan:
			case T_TidRangeScan:
			case T_ForeignScan:
				detail = object(pfa_plan_scanned(walk.stmt, plan));
				break;
			case T_SubqueryScan:
				glance_plan(((const SubqueryScan *) plan)->subplan, loops);
				break;
			case T_Append:
				glance->prunes |= PFA_APPEND_PRUNES((const Append *) plan);
				glance_list(((const Append *) plan)->appendplans, loops);
				break;
			case T_MergeAppend:
				glance->prunes |= PFA_APPEND_PRUNES((const MergeAppend *) plan);
				glance_list(((const MergeAppend *) plan)->mergeplans, loops);
				break;
			case T_BitmapAnd:
				glance_list(((const BitmapAnd *) plan)->bitmapplans, loops);
				break;
			case T_BitmapOr:
				glance_list(((const BitmapOr *) plan)->bitmapplans, loops);
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
			glance_plan(innerPlan(plan), inner_loops);
	}
}

/* A page of a table is read as fast as any index: not worth counting. */
static pg_noinline void
look_at_pages(PfaPlanGlance *glance, double cost)
{
	glance->seq_scans = cost >= SEQ_PAGES_MIN * seq_page_cost;
	glance->page_scans = !glance->seq_scans;
}

static void
glance_statement(const PlannedStmt *stmt, PfaPlanGlance *glance, bool names)
{
	walk = (GlanceWalk) {.stmt = stmt,.glance = glance,.names = names};
	memset(glance, 0, sizeof(*glance));
	glance->hash = stmt->commandType;
	if (IsA(stmt->planTree, Limit) || IsA(stmt->planTree, LockRows))
		glance->limits = true;
	if (stmt->jitFlags & PGJIT_PERFORM)
		glance->jit = true;
	glance_plan(stmt->planTree, 1);
	/* a page of a table is read as fast as any index: not worth counting */
	if (unlikely(walk.seq_cost > 0))
		look_at_pages(glance, walk.seq_cost);
	if (unlikely(stmt->subplans != NIL))
	{
		walk.seq_cost = 0;
		glance_list(stmt->subplans, 1);
		/* which run nobody knows how often */
		glance->seq_scans |= walk.seq_cost > 0;
		glance->page_scans &= !glance->seq_scans;
	}
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
