/*
 * evidence.c
 *		Whether what a shape did to a table is a reason for an index: it must
 *		have examined far more rows than it kept.
 *
 * The recorded counts decide.  Where no execution was sampled, the exact rows of
 * sequential scans and the planner's own estimate stand in.
 */
#include "postgres.h"

#include "advise/advice.h"
#include "advise/plan_tree.h"

/* Rows examined must be so many times those kept, */
#define MIN_WASTE 10.0
/* and so many a call, or so many a day. */
#define MIN_EXAMINED 500.0
#define MIN_EXAMINED_PER_DAY 10000000.0

static bool
is_join(int type)
{
	return type == PFA_NODE_NESTED_LOOP || type == PFA_NODE_HASH_JOIN ||
		type == PFA_NODE_MERGE_JOIN;
}

static bool
is_scan(int type)
{
	return type == PFA_NODE_SEQ_SCAN || type == PFA_NODE_SAMPLE_SCAN ||
		type == PFA_NODE_INDEX_SCAN || type == PFA_NODE_INDEX_ONLY_SCAN ||
		type == PFA_NODE_BITMAP_HEAP_SCAN;
}

/* The fewest rows that the scan's rows became on their way up. */
static double
kept_above(const PfaPlanFacts *plan, int node)
{
	double		kept = plan->nodes[node].rows;

	for (int up = plan->nodes[node].parent; up >= 0 && up < plan->nnodes;
		 up = plan->nodes[up].parent)
		/* an aggregate needs all the rows it makes one of */
		if (is_join(plan->nodes[up].type) || plan->nodes[up].type == PFA_NODE_LIMIT)
			kept = Min(kept, plan->nodes[up].rows);
		else if (plan->nodes[up].type == PFA_NODE_AGGREGATE ||
				 plan->nodes[up].type == PFA_NODE_GROUP ||
				 plan->nodes[up].type == PFA_NODE_UNIQUE ||
				 plan->nodes[up].type == PFA_NODE_WINDOW)
			break;
	return kept;
}

/* By sampled executions; false if there are none. */
static bool
weigh_measured(PfaAdvice *advice, PfaShape *shape, PfaEvidence *evidence)
{
	double		examined = 0;
	double		kept = 0;
	uint64		sampled = 0;

	for (int i = 0; i < shape->item->nplans; i++)
	{
		PfaPlanFacts *plan = &shape->item->plans[i];

		if (plan->sampled == 0)
			continue;
		for (int n = 0; n < plan->nnodes; n++)
		{
			PfaNode    *node = &plan->nodes[n];

			if (!is_scan(node->type) ||
				pfa_tables_get(advice, node->relid) != evidence->table)
				continue;
			examined += node->rows + node->removed;
			kept += kept_above(plan, n);
		}
		sampled += plan->sampled;
		break;					/* the current plan, if it was sampled */
	}
	if (sampled == 0 || examined == 0)
		return false;
	evidence->examined = examined / sampled;
	evidence->kept = evidence->needed = kept / sampled;
	evidence->measured = true;
	return true;
}

/* By the exact rows of sequential scans and the planner's estimate. */
static void
weigh_estimated(PfaAdvice *advice, PfaShape *shape, PfaEvidence *evidence)
{
	Query	   *query = shape->replan->query;
	double		returned = (double) shape->item->counters.rows / shape->item->counters.calls;
	double		kept;
	double		needed;

	for (int i = 0; i < shape->item->nscans; i++)
		if (pfa_tables_get(advice, shape->item->scans[i].relid) == evidence->table)
			evidence->examined += (double) shape->item->scans[i].rows / shape->item->counters.calls;
	if (pfa_plan_reads_all(shape->plan, evidence->table->relid,
						   evidence->table->tuples / MIN_WASTE, &kept, &needed))
	{
		evidence->kept = kept;
		evidence->needed = needed;
		evidence->examined = Max(evidence->examined, evidence->table->tuples);
	}
	else if (evidence->examined > 0)
		evidence->kept = evidence->needed = returned;
	/* a join, too, may keep few of the rows */
	if (!query->hasAggs && query->groupClause == NIL && query->setOperations == NULL)
		evidence->kept = Min(evidence->kept, Max(returned, 1));
}

/* Whether order or distance and limit, or min and max, would end the reading early. */
static void
weigh_order(PfaShape *shape, PfaEvidence *evidence)
{
	ListCell   *lc;

	foreach(lc, shape->needs)
	{
		PfaNeed    *need = lfirst(lc);
		double		returned = (double) shape->item->counters.rows / shape->item->counters.calls;

		if (need->relid != evidence->table->relid)
			continue;
		if ((need->order != NIL && need->limited) || need->nearest || need->extremes != NIL)
		{
			evidence->kept = Min(evidence->kept, Max(returned, 1));
			evidence->needed = Min(evidence->needed, evidence->kept);
		}
	}
}

static void
judge(PfaShape *shape, PfaEvidence *evidence)
{
	if (evidence->table->refused != NULL)
		evidence->refused = evidence->table->refused;
	else if (evidence->examined < MIN_EXAMINED &&
			 evidence->examined * shape->calls_per_day < MIN_EXAMINED_PER_DAY)
		evidence->refused = "few rows of the table are read";
	else if (evidence->examined < MIN_WASTE * evidence->kept)
		evidence->refused = "most of the rows that are read are needed";
}

/* A statement with a table that we do not get to look at is left alone. */
static void
skip_locked(PfaAdvice *advice, PfaShape *shape)
{
	shape->replan->skipped = "a table is locked";
	advice->skipped = lappend(advice->skipped, shape->replan);
	list_free(shape->evidence);
	shape->evidence = NIL;
}

void
pfa_evidence_weigh(PfaAdvice *advice)
{
	ListCell   *lc;

	foreach(lc, advice->shapes)
	{
		PfaShape   *shape = lfirst(lc);
		ListCell   *lc2;
		List	   *tables = NIL;

		foreach(lc2, shape->needs)
		{
			PfaTable   *table = pfa_tables_get(advice, ((PfaNeed *) lfirst(lc2))->relid);
			PfaEvidence *evidence;

			if (table == NULL)
			{
				skip_locked(advice, shape);
				break;
			}
			/* a partition queried by its own name gets no advice of its own */
			if (list_member_ptr(tables, table) ||
				table->relid != ((PfaNeed *) lfirst(lc2))->relid)
				continue;
			tables = lappend(tables, table);
			table->total_ms += shape->mean_ms * shape->calls_per_day;
			evidence = palloc0(sizeof(PfaEvidence));
			evidence->table = table;
			if (!weigh_measured(advice, shape, evidence))
				weigh_estimated(advice, shape, evidence);
			weigh_order(shape, evidence);
			judge(shape, evidence);
			shape->evidence = lappend(shape->evidence, evidence);
		}
	}
}
