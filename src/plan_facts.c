/*
 * plan_facts.c
 *		Plan and plan state to facts: nodes, estimates, rows, spills, offsets.
 *
 * Must never change a plan or its state, and in particular never end an
 * instrumentation's loop: others read it after us.
 */
#include "postgres.h"

#include "executor/hashjoin.h"
#include "executor/instrument.h"
#include "jit/jit.h"
#include "nodes/execnodes.h"
#include "nodes/nodeFuncs.h"
#include "utils/tuplesort.h"

#include "compat.h"
#include "plan_facts.h"
#include "plan_pattern.h"
#include "plan_preds.h"

/* -- the end --------------------------------------------------------------- */

static PfaNodeType
node_type(const Plan *plan)
{
	switch (nodeTag(plan))
	{
		case T_SeqScan:
			return PFA_NODE_SEQ_SCAN;
		case T_SampleScan:
			return PFA_NODE_SAMPLE_SCAN;
		case T_IndexScan:
			return PFA_NODE_INDEX_SCAN;
		case T_IndexOnlyScan:
			return PFA_NODE_INDEX_ONLY_SCAN;
		case T_BitmapHeapScan:
			return PFA_NODE_BITMAP_HEAP_SCAN;
		case T_TidScan:
		case T_TidRangeScan:
			return PFA_NODE_TID_SCAN;
		case T_ForeignScan:
			return PFA_NODE_FOREIGN_SCAN;
		case T_FunctionScan:
			return PFA_NODE_FUNCTION_SCAN;
		case T_NestLoop:
			return PFA_NODE_NESTED_LOOP;
		case T_HashJoin:
			return PFA_NODE_HASH_JOIN;
		case T_MergeJoin:
			return PFA_NODE_MERGE_JOIN;
		case T_Sort:
			return PFA_NODE_SORT;
		case T_IncrementalSort:
			return PFA_NODE_INCREMENTAL_SORT;
		case T_Agg:
			return PFA_NODE_AGGREGATE;
		case T_Group:
			return PFA_NODE_GROUP;
		case T_Unique:
			return PFA_NODE_UNIQUE;
		case T_WindowAgg:
			return PFA_NODE_WINDOW;
		case T_Limit:
			return PFA_NODE_LIMIT;
		case T_Memoize:
			return PFA_NODE_MEMOIZE;
		case T_Material:
			return PFA_NODE_MATERIALIZE;
		case T_Gather:
		case T_GatherMerge:
			return PFA_NODE_GATHER;
		case T_Append:
		case T_MergeAppend:
			return PFA_NODE_APPEND;
		case T_ModifyTable:
			return PFA_NODE_MODIFY;
		default:
			return PFA_NODE_OTHER;
	}
}

static uint32
sort_kb(const TuplesortInstrumentation *stats)
{
	return stats->spaceType == SORT_SPACE_TYPE_DISK ? (uint32) stats->spaceUsed : 0;
}

static uint32
hash_join_kb(size_t peak, int nbatch)
{
	return nbatch > 1 ? (uint32) (peak / 1024 * (nbatch - 1)) : 0;
}

/*
 * Kilobytes that a node wrote to disk, 0 if none; of a parallel plan by the
 * process that wrote most.  Workers tell theirs only where rows are counted.
 */
static uint32
spill_kb(PlanState *state)
{
	uint32		kb = 0;

	switch (nodeTag(state))
	{
		case T_SortState:
			{
				SortState  *sort = (SortState *) state;
				TuplesortInstrumentation stats;

				if (sort->sort_Done && sort->tuplesortstate != NULL)
				{
					tuplesort_get_stats(sort->tuplesortstate, &stats);
					kb = sort_kb(&stats);
				}
				for (int i = 0; sort->shared_info && i < sort->shared_info->num_workers; i++)
					kb = Max(kb, sort_kb(&sort->shared_info->sinstrument[i]));
				return kb;
			}
		case T_AggState:
			{
				AggState   *agg = (AggState *) state;

				if (agg->hash_batches_used > 1)
					kb = (uint32) agg->hash_disk_used;
				for (int i = 0; agg->shared_info && i < agg->shared_info->num_workers; i++)
				{
					const AggregateInstrumentation *worker = &agg->shared_info->sinstrument[i];

					if (worker->hash_batches_used > 1)
						kb = Max(kb, (uint32) worker->hash_disk_used);
				}
				return kb;
			}
		case T_HashJoinState:
			{
				HashJoinTable table = ((HashJoinState *) state)->hj_HashTable;
				const HashState *hash = (const HashState *) innerPlanState(state);

				if (table)
					kb = hash_join_kb(table->spacePeak, table->nbatch);
				for (int i = 0; hash->shared_info && i < hash->shared_info->num_workers; i++)
					kb = Max(kb, hash_join_kb(hash->shared_info->hinstrument[i].space_peak,
											  hash->shared_info->hinstrument[i].nbatch));
				return kb;
			}
		default:
			return 0;
	}
}

static bool
spilled_walker(PlanState *state, void *context)
{
	if (spill_kb(state) > 0)
	{
		*(bool *) context = true;
		return true;
	}
	return planstate_tree_walker(state, spilled_walker, context);
}

/*
 * What compiling cost.  Workers tell the server only where rows are counted, so
 * theirs is there for sampled executions alone.
 */
static void
add_jit(const EState *estate, PfaPlanEnd *end)
{
	JitInstrumentation sum = {0};

	if (estate->es_jit == NULL)
		return;
	InstrJitAgg(&sum, &estate->es_jit->instr);
	if (estate->es_jit_worker_instr)
		InstrJitAgg(&sum, estate->es_jit_worker_instr);
	end->jit = true;
	end->jit_functions = sum.created_functions;
	end->jit_ns = INSTR_TIME_GET_NANOSEC(sum.generation_counter) +
		INSTR_TIME_GET_NANOSEC(sum.inlining_counter) +
		INSTR_TIME_GET_NANOSEC(sum.optimization_counter) +
		INSTR_TIME_GET_NANOSEC(sum.emission_counter);
}

void
pfa_plan_end(QueryDesc *queryDesc, const PfaPlanGlance *glance, PfaPlanEnd *end)
{
	PlanState  *state = queryDesc->planstate;

	memset(end, 0, sizeof(*end));
	if (state == NULL)
		return;
	if (IsA(state, LockRowsState) && outerPlanState(state))
		state = outerPlanState(state);
	if (IsA(state, LimitState))
	{
		LimitState *limit = (LimitState *) state;

		/* position counts from the first row below, those skipped included */
		if (limit->lstate != LIMIT_INITIAL && limit->lstate != LIMIT_RESCAN &&
			limit->offset > 0)
			end->offset_rows = Min(limit->offset, limit->position);
		end->limit_reached = limit->lstate == LIMIT_WINDOWEND ||
			(!limit->noCount && limit->position >= limit->offset + limit->count);
	}
	if (glance->spills)
		spilled_walker(queryDesc->planstate, &end->spilled);
	if (glance->jit)
		add_jit(queryDesc->estate, end);
}

typedef struct FactsWalk
{
	QueryDesc  *queryDesc;
	PfaPlanFacts *facts;
	int			parent;
	bool		known;			/* only sums are wanted */
	PlanState  *above;			/* the node right above, kept or not */
	bool		inner;			/* that one is an inner side */
} FactsWalk;

static inline uint32
bounded(uint64 count)
{
	return (uint32) Min(count, PG_UINT32_MAX);
}

/* What the server counts in some nodes anyway; false if it does not in this one. */
static bool
fill_free_counts(PlanState *state, PfaNode *node)
{
	if (IsA(state, MemoizeState))
	{
		const MemoizeState *memoize = (const MemoizeState *) state;
		uint64		hits = memoize->stats.cache_hits;
		uint64		misses = memoize->stats.cache_misses;
		uint64		evictions = memoize->stats.cache_evictions;

		for (int i = 0; memoize->shared_info && i < memoize->shared_info->num_workers; i++)
		{
			const MemoizeInstrumentation *worker = &memoize->shared_info->sinstrument[i];

			hits += worker->cache_hits;
			misses += worker->cache_misses;
			evictions += worker->cache_evictions;
		}
		node->of.cache.hits = bounded(hits);
		node->of.cache.misses = bounded(misses);
		node->evictions = bounded(evictions);
		return true;
	}
	if (IsA(state, BitmapHeapScanState))
	{
		uint64		exact;
		uint64		lossy;

		pfa_compat_bitmap_pages((const BitmapHeapScanState *) state, &exact, &lossy);
		node->of.heap.exact = bounded(exact);
		node->of.heap.lossy = bounded(lossy);
		return true;
	}
	return false;
}

static void
fill_node(FactsWalk *walk, PlanState *state, PfaNode *node)
{
	const Plan *plan = state->plan;
	PfaNodeInstrumentation *instr = state->instrument;

	node->type = node_type(plan);
	node->parent = walk->parent;
	node->est_rows = plan->plan_rows;
	node->est_cost = plan->total_cost;
	switch (nodeTag(plan))
	{
		case T_IndexScan:
			node->indexid = ((const IndexScan *) plan)->indexid;
			break;
		case T_IndexOnlyScan:
			node->indexid = ((const IndexOnlyScan *) plan)->indexid;
			break;
		case T_BitmapHeapScan:
			if (IsA(outerPlan(plan), BitmapIndexScan))
				node->indexid = ((const BitmapIndexScan *) outerPlan(plan))->indexid;
			break;
		case T_ModifyTable:
			node->relid = rt_fetch(((const ModifyTable *) plan)->nominalRelation,
								   walk->queryDesc->plannedstmt->rtable)->relid;
			break;
		default:
			break;
	}
	switch (node->type)
	{
		case PFA_NODE_SEQ_SCAN:
		case PFA_NODE_SAMPLE_SCAN:
		case PFA_NODE_INDEX_SCAN:
		case PFA_NODE_INDEX_ONLY_SCAN:
		case PFA_NODE_BITMAP_HEAP_SCAN:
		case PFA_NODE_TID_SCAN:
		case PFA_NODE_FOREIGN_SCAN:
			node->relid = pfa_plan_scanned(walk->queryDesc->plannedstmt, plan);
			break;
		default:
			break;
	}
	if (instr == NULL || !fill_free_counts(state, node))
	{
		node->of.spill.max_kb = spill_kb(state);
		node->of.spill.times = node->of.spill.max_kb > 0 ? 1 : 0;
	}
	if (instr)
	{
		/* what a loop still going on has counted belongs to it too */
		node->rows = instr->ntuples + instr->tuplecount;
		node->loops = instr->nloops + (instr->running ? 1 : 0);
		node->removed = instr->nfiltered1 + instr->nfiltered2;
	}
}

static bool
facts_walker(PlanState *state, void *context)
{
	FactsWalk  *walk = context;
	PfaPlanFacts *facts = walk->facts;
	FactsWalk	outer = *walk;
	int			kept = -1;
	bool		pattern;

	if (walk->above && IsA(walk->above, NestLoopState))
		walk->inner = state == innerPlanState(walk->above);
	if (node_type(state->plan) != PFA_NODE_OTHER)
	{
		if (facts->nnodes < PFA_MAX_NODES)
		{
			kept = facts->nnodes++;
			memset(&facts->nodes[kept], 0, sizeof(PfaNode));
			fill_node(walk, state, &facts->nodes[kept]);
			facts->nodes[kept].flags = walk->inner ? PFA_NODE_INNER : 0;
			walk->parent = kept;
		}
		else
			facts->truncated = true;
	}
	pattern = kept >= 0 && pfa_node_reads_all(&facts->nodes[kept]) &&
		pfa_plan_pattern_possible(state->plan->qual);
	/* what a known plan looks for differs from one execution to the next */
	if (!walk->known || (pattern && state->instrument))
		pfa_plan_preds(walk->queryDesc, state->plan, kept, facts);
	if (pattern && state->instrument)
		facts->nodes[kept].of.scan.searched = pfa_plan_pattern_decides(facts, kept);
	walk->inner = walk->inner && kept < 0;
	walk->above = state;
	planstate_tree_walker(state, facts_walker, context);
	*walk = outer;
	return false;
}

void
pfa_plan_facts(QueryDesc *queryDesc, const PfaPlanGlance *glance,
			   bool known, PfaPlanFacts *facts)
{
	FactsWalk	walk = {.queryDesc = queryDesc,.facts = facts,.parent = -1,.known = known};

	/* of a known plan the sums of its nodes are all that is looked at */
	memset(facts, 0, known ? offsetof(PfaPlanFacts, nodes) : sizeof(*facts));
	facts->hash = glance->hash;
	facts->est_cost = queryDesc->plannedstmt->planTree->total_cost;
	facts->sampled = queryDesc->planstate->instrument ? 1 : 0;
	facts_walker(queryDesc->planstate, &walk);
	facts->plan_id = known ? 0 : pfa_plan_id(queryDesc->plannedstmt);
}
