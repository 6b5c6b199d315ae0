/*
 * store_plans.c
 *		The plans of statements: the current one and the one before.
 *
 * Plans come from their partition's part of a fixed array; when it is used up
 * the coldest of a few statements loses one.  All callers hold the partition's
 * lock, exclusive to change.  Must never throw.
 */
#include "postgres.h"

#include "store_internal.h"

void
pfa_store_free_plan(PfaSharedPartition *part, int32 *slot)
{
	if (*slot < 0)
		return;
	pfa_store_plans[*slot].next_free = part->free_plan;
	part->free_plan = *slot;
	part->used_plans--;
	*slot = -1;
}

PfaSharedPlan *
pfa_store_plan(const PfaSharedStatement *entry, int which)
{
	return entry->plans[which] >= 0 ? &pfa_store_plans[entry->plans[which]] : NULL;
}

/* A free plan of the partition, taken from its coldest statement if need be. */
static int32
take_plan(int p, const PfaSharedStatement *keep)
{
	PfaSharedPartition *part = &pfa_store_control->partitions[p];
	int32		slot;

	if (part->free_plan < 0)
	{
		PfaSharedStatement *victim = NULL;

		for (int i = 0; i < Min(PFA_SWEEP_LIMIT, pfa_store_control->per_partition); i++)
		{
			PfaSharedStatement *entry =
				&pfa_store_statements[p * pfa_store_control->per_partition +
									  (part->hand + i) % pfa_store_control->per_partition];

			if (entry == keep || !pfa_store_is_used(entry) || entry->plans[0] < 0)
				continue;
			if (victim == NULL || entry->plans[1] >= 0 ||
				entry->usage < victim->usage)
				victim = entry;
			if (entry->plans[1] >= 0)
				break;
		}
		if (victim == NULL)
			return -1;
		pfa_store_free_plan(part, victim->plans[1] >= 0 ? &victim->plans[1] : &victim->plans[0]);
		pg_atomic_fetch_add_u64(&pfa_totals->evicted_plans, 1);
	}
	slot = part->free_plan;
	part->free_plan = pfa_store_plans[slot].next_free;
	part->used_plans++;
	memset(&pfa_store_plans[slot], 0, sizeof(PfaSharedPlan));
	return slot;
}

static inline uint32
bounded_sum(uint32 one, uint32 other)
{
	return one + Min(other, PG_UINT32_MAX - one);
}

static void
add_free_counts(PfaNode *to, const PfaNode *from)
{
	switch (from->type)
	{
		case PFA_NODE_MEMOIZE:
			to->of.cache.hits = bounded_sum(to->of.cache.hits, from->of.cache.hits);
			to->of.cache.misses = bounded_sum(to->of.cache.misses, from->of.cache.misses);
			to->evictions = bounded_sum(to->evictions, from->evictions);
			break;
		case PFA_NODE_SEQ_SCAN:
		case PFA_NODE_SAMPLE_SCAN:
			to->of.scan.searched = bounded_sum(to->of.scan.searched, from->of.scan.searched);
			break;
		case PFA_NODE_BITMAP_HEAP_SCAN:
			to->of.heap.exact = bounded_sum(to->of.heap.exact, from->of.heap.exact);
			to->of.heap.lossy = bounded_sum(to->of.heap.lossy, from->of.heap.lossy);
			break;
		default:
			to->of.spill.times += from->of.spill.times;
			to->of.spill.max_kb = Max(to->of.spill.max_kb, from->of.spill.max_kb);
			break;
	}
}

/* What patterns were like: of a column that is compared twice, the first has both. */
static void
merge_patterns(PfaPlanFacts *sum, const PfaPlanFacts *facts)
{
	const int	seen = PFA_PRED_PREFIX | PFA_PRED_UNANCHORED;

	for (int i = 0; i < facts->npreds; i++)
	{
		const PfaPred *from = &facts->preds[i];

		for (int j = 0; (from->flags & seen) && j < sum->npreds; j++)
		{
			PfaPred    *to = &sum->preds[j];

			if (to->node != from->node || to->relid != from->relid ||
				to->attnum != from->attnum || to->kind != from->kind ||
				to->opno != from->opno || to->funcid != from->funcid ||
				((to->flags ^ from->flags) & ~seen))
				continue;
			to->flags |= from->flags & seen;
			break;
		}
	}
}

/* Adds the sums of sampled executions to a plan already known. */
static void
merge_facts(PfaPlanFacts *sum, const PfaPlanFacts *facts)
{
	merge_patterns(sum, facts);
	for (int i = 0; i < Min(sum->nnodes, facts->nnodes); i++)
	{
		PfaNode    *to = &sum->nodes[i];
		const PfaNode *from = &facts->nodes[i];

		/* executions differ in their values: what was expected of each */
		if (facts->sampled > 0)
			to->est_rows = (float4) (((double) to->est_rows * sum->sampled +
									  (double) from->est_rows * facts->sampled) /
									 (sum->sampled + facts->sampled));
		to->rows += from->rows;
		to->loops += from->loops;
		to->removed += from->removed;
		add_free_counts(to, from);
	}
	sum->sampled += facts->sampled;
}

/* The same plan with other objects of the same names: an index built anew. */
static void
renew(PfaSharedPlan *plan, const PfaPlanFacts *facts)
{
	PfaPlanFacts renewed = *facts;

	merge_facts(&renewed, &plan->facts);
	/* executions before are still on their way here */
	plan->renewed = pfa_store_half(plan->facts.hash);
	plan->facts = renewed;
}

bool
pfa_store_add_plan(PfaSharedStatement *entry, const PfaPlanFacts *facts,
				   TimestampTz now)
{
	int			p = pfa_store_partition(&entry->key);
	PfaSharedPartition *part = &pfa_store_control->partitions[p];
	PfaSharedPlan *plan;
	int32		slot;

	for (int which = 0; which < 2; which++)
	{
		plan = pfa_store_plan(entry, which);
		if (plan && plan->facts.hash == facts->hash)
		{
			merge_facts(&plan->facts, facts);
			return true;
		}
	}
	if (facts->plan_id == 0)
		return false;
	for (int which = 0; which < 2; which++)
	{
		plan = pfa_store_plan(entry, which);
		if (plan && plan->facts.plan_id == facts->plan_id)
		{
			renew(plan, facts);
			return true;
		}
	}
	pfa_store_free_plan(part, &entry->plans[1]);
	slot = take_plan(p, entry);
	if (slot < 0)
		return true;
	plan = &pfa_store_plans[slot];
	plan->facts = *facts;
	plan->first_seen = plan->last_seen = now;
	entry->plans[1] = entry->plans[0];
	entry->plans[0] = slot;
	return true;
}
