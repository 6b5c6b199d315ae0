/*
 * scan_rows.c
 *		Rows read by sequential scans, from the server's pending counters.
 *
 * heap_getnextslot counts each visible row before the executor's filter, so
 * the difference over a run is EXPLAIN's rows plus rows removed, exactly, at no
 * cost a row.  The bracket is a run's, not start to end: between two runs of a
 * cursor or of a PL/pgSQL loop others read the same table.
 *
 * Must never assume that a relation's counters were zero, nor keep a pointer
 * to them across a run.
 */
#include "postgres.h"

#include "access/tableam.h"
#include "nodes/execnodes.h"
#include "nodes/nodeFuncs.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "compat.h"
#include "scan_rows.h"

typedef struct FindWalk
{
	PfaScanSet *set;
	int			room;
	bool		counting;		/* first pass */
	int			count;
} FindWalk;

static bool
find_walker(PlanState *state, void *context)
{
	FindWalk   *walk = context;

	if (IsA(state, SeqScanState) || IsA(state, SampleScanState))
	{
		Relation	rel = ((ScanState *) state)->ss_currentRelation;

		if (walk->counting)
			walk->count++;
		else if (rel != NULL)
		{
			PfaScanSet *set = walk->set;
			bool		known = false;

			for (int i = 0; i < set->n && !known; i++)
				known = set->scans[i].relid == RelationGetRelid(rel);
			if (!known && set->n < walk->room)
			{
				memset(&set->scans[set->n], 0, sizeof(PfaRelScan));
				set->scans[set->n].rel = rel;
				set->scans[set->n++].relid = RelationGetRelid(rel);
			}
		}
	}
	return planstate_tree_walker(state, find_walker, context);
}

void
pfa_scan_find(QueryDesc *queryDesc, PfaScanSet *set)
{
	FindWalk	walk = {.set = set,.counting = true};

	set->n = 0;
	find_walker(queryDesc->planstate, &walk);
	if (walk.count == 0)
		return;
	set->scans = MemoryContextAllocExtended(queryDesc->estate->es_query_cxt,
											sizeof(PfaRelScan) * walk.count,
											MCXT_ALLOC_NO_OOM);
	if (set->scans == NULL)
		return;
	walk.counting = false;
	walk.room = walk.count;
	find_walker(queryDesc->planstate, &walk);
}

static void
read_counters(Relation rel, int64 *rows, int64 *scans)
{
	if (pgstat_should_count_relation(rel))
	{
		*rows = PFA_REL_ROWS_RETURNED(rel);
		*scans = PFA_REL_SCANS(rel);
	}
	else
		*rows = *scans = 0;
}

void
pfa_scan_enter(PfaScanSet *set)
{
	for (int i = 0; i < set->n; i++)
	{
		PfaRelScan *scan = &set->scans[i];

		read_counters(scan->rel, &scan->base_rows, &scan->base_scans);
		scan->in_run = true;
	}
}

void
pfa_scan_leave(PfaScanSet *set, int64 *rows, int64 *scans)
{
	for (int i = 0; i < set->n; i++)
	{
		PfaRelScan *scan = &set->scans[i];
		int64		now_rows;
		int64		now_scans;

		read_counters(scan->rel, &now_rows, &now_scans);
		/* the counters may have been reported and begun anew */
		rows[i] = now_rows >= scan->base_rows ? now_rows - scan->base_rows : now_rows;
		scans[i] = now_scans >= scan->base_scans ? now_scans - scan->base_scans : now_scans;
		scan->rows += rows[i];
		scan->scans += scans[i];
		scan->in_run = false;
	}
}

bool
pfa_scan_subtract(PfaScanSet *set, Oid relid, int64 rows, int64 scans)
{
	for (int i = 0; i < set->n; i++)
	{
		if (set->scans[i].relid == relid && set->scans[i].in_run)
		{
			set->scans[i].rows -= rows;
			set->scans[i].scans -= scans;
			return true;
		}
	}
	return false;
}
