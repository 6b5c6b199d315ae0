/*
 * store.c
 *		The shared tables of statements, plans and repeats.
 *
 * Fixed arrays, cut into partitions.  Each partition owns its part of every
 * array: a hash chain over its statements, free lists, a clock hand.  So one
 * lock covers all that belongs to a key, and making room looks at a bounded
 * number of entries of one partition.
 *
 * Must never know an executor type, never throw, and never do anything
 * proportional to the number of entries while a user's statement waits.
 *
 * Locks: one LWLock a partition, one at a time; the text area's own locks are
 * taken below it.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "histogram.h"
#include "settings.h"
#include "store.h"

#define REPEATS_PER_PARTITION	32
#define SWEEP_LIMIT				32	/* entries looked at to make room for one */
#define USAGE_MAX				5

typedef struct SharedPartition
{
	int32		free_statement; /* head of a free list, or -1 */
	int32		free_plan;
	int32		hand;			/* clock hand over statements */
	int32		used_statements;
	int32		used_plans;
	int32		used_repeats;
} SharedPartition;

typedef struct StoreControl
{
	PfaSharedTotals totals;
	int			per_partition;	/* statements, and as many plans */
	int			buckets;		/* hash chains a partition, a power of two */
	LWLockPadded *locks;
	SharedPartition partitions[PFA_PARTITIONS];
} StoreControl;

PfaSharedTotals *pfa_totals;

static StoreControl *control;
static int32 *chains;			/* [partition][bucket] */
static PfaSharedStatement *statements;
static PfaSharedPlan *plans;
static PfaSharedRepeat *repeats;

static int
per_partition(void)
{
	return (pfa_max_statements + PFA_PARTITIONS - 1) / PFA_PARTITIONS;
}

static int
bucket_count(void)
{
	return (int) pg_nextpower2_32(per_partition());
}

Size
pfa_store_size(void)
{
	Size		size = MAXALIGN(sizeof(StoreControl));

	size = add_size(size, MAXALIGN(mul_size(sizeof(int32),
											PFA_PARTITIONS * bucket_count())));
	size = add_size(size, mul_size(MAXALIGN(sizeof(PfaSharedStatement)),
								   PFA_PARTITIONS * per_partition()));
	size = add_size(size, mul_size(MAXALIGN(sizeof(PfaSharedPlan)),
								   PFA_PARTITIONS * per_partition()));
	size = add_size(size, mul_size(MAXALIGN(sizeof(PfaSharedRepeat)),
								   PFA_PARTITIONS * REPEATS_PER_PARTITION));
	return size;
}

static void
init_partition(int p)
{
	SharedPartition *part = &control->partitions[p];
	int			n = control->per_partition;

	memset(part, 0, sizeof(*part));
	for (int i = 0; i < control->buckets; i++)
		chains[p * control->buckets + i] = -1;
	for (int i = 0; i < n; i++)
	{
		statements[p * n + i].next = (i + 1 < n) ? p * n + i + 1 : -1;
		plans[p * n + i].next_free = (i + 1 < n) ? p * n + i + 1 : -1;
	}
	part->free_statement = p * n;
	part->free_plan = p * n;
}

void
pfa_store_init(void *place, bool found)
{
	char	   *at = place;
	int			n = PFA_PARTITIONS * per_partition();

	control = place;
	pfa_totals = &control->totals;
	at += MAXALIGN(sizeof(StoreControl));
	chains = (int32 *) at;
	at += MAXALIGN(sizeof(int32) * PFA_PARTITIONS * bucket_count());
	statements = (PfaSharedStatement *) at;
	at += MAXALIGN(sizeof(PfaSharedStatement)) * n;
	plans = (PfaSharedPlan *) at;
	at += MAXALIGN(sizeof(PfaSharedPlan)) * n;
	repeats = (PfaSharedRepeat *) at;
	if (found)
		return;
	memset(place, 0, pfa_store_size());
	control->per_partition = per_partition();
	control->buckets = bucket_count();
	control->locks = GetNamedLWLockTranche("perfaudit");
	for (int p = 0; p < PFA_PARTITIONS; p++)
		init_partition(p);
	pg_atomic_init_u64(&pfa_totals->evicted_statements, 0);
	pg_atomic_init_u64(&pfa_totals->evicted_plans, 0);
	pg_atomic_init_u64(&pfa_totals->evicted_repeats, 0);
	pg_atomic_init_u64(&pfa_totals->dropped_texts, 0);
	pg_atomic_init_u64(&pfa_totals->dropped_values, 0);
	pg_atomic_init_u64(&pfa_totals->dropped_frames, 0);
	pg_atomic_init_u64(&pfa_totals->dropped_scans, 0);
	pg_atomic_init_u64(&pfa_totals->dropped_workers, 0);
	pg_atomic_init_u64(&pfa_totals->dropped_entries, 0);
	pg_atomic_init_u64(&pfa_totals->unparsed, 0);
	pg_atomic_init_u64(&pfa_totals->no_queryid, 0);
	pg_atomic_init_u64(&pfa_totals->failed_unattributed, 0);
	pg_atomic_init_u64(&pfa_totals->generation, 1);
	pg_atomic_init_u64(&pfa_totals->reset_at, (uint64) GetCurrentTimestamp());
}

uint32
pfa_store_hash(const PfaKey *key)
{
	return (uint32) (hash_combine64(key->shape,
									((uint64) key->userid << 32 | key->dbid) +
									key->toplevel) >> 16);
}

int
pfa_store_partition(const PfaKey *key)
{
	return pfa_store_hash(key) % PFA_PARTITIONS;
}

void
pfa_store_lock(int partition, LWLockMode mode)
{
	LWLockAcquire(&control->locks[partition].lock, mode);
}

void
pfa_store_unlock(int partition)
{
	LWLockRelease(&control->locks[partition].lock);
}

static int32 *
chain_of(const PfaKey *key)
{
	uint32		hash = pfa_store_hash(key);

	return &chains[(hash % PFA_PARTITIONS) * control->buckets +
				   ((hash / PFA_PARTITIONS) & (control->buckets - 1))];
}

PfaSharedStatement *
pfa_store_find(const PfaKey *key)
{
	for (int32 i = *chain_of(key); i >= 0; i = statements[i].next)
	{
		if (memcmp(&statements[i].key, key, sizeof(PfaKey)) == 0)
			return &statements[i];
	}
	return NULL;
}

static void
free_plan(SharedPartition *part, int32 *slot)
{
	if (*slot < 0)
		return;
	plans[*slot].next_free = part->free_plan;
	part->free_plan = *slot;
	part->used_plans--;
	*slot = -1;
}

/* Takes a statement out of its chain and gives back what it holds. */
static void
remove_statement(SharedPartition *part, PfaSharedStatement *entry)
{
	int32		self = entry - statements;
	int32	   *link = chain_of(&entry->key);

	while (*link >= 0 && *link != self)
		link = &statements[*link].next;
	if (*link == self)
		*link = entry->next;
	pfa_texts_free(entry->text);
	pfa_texts_free(entry->values);
	free_plan(part, &entry->plans[0]);
	free_plan(part, &entry->plans[1]);
	memset(entry, 0, sizeof(*entry));
	entry->plans[0] = entry->plans[1] = -1;
	entry->next = part->free_statement;
	part->free_statement = self;
	part->used_statements--;
}

static bool
is_used(const PfaSharedStatement *entry)
{
	return entry->key.shape != 0;
}

/* Clock sweep over a bounded number of the partition's statements. */
static void
evict_one(int p)
{
	SharedPartition *part = &control->partitions[p];
	PfaSharedStatement *victim = NULL;

	for (int i = 0; i < Min(SWEEP_LIMIT, control->per_partition); i++)
	{
		PfaSharedStatement *entry =
			&statements[p * control->per_partition + part->hand];

		part->hand = (part->hand + 1) % control->per_partition;
		if (!is_used(entry))
			continue;
		if (entry->usage == 0)
		{
			victim = entry;
			break;
		}
		entry->usage--;
		if (victim == NULL || entry->usage < victim->usage)
			victim = entry;
	}
	if (victim)
	{
		remove_statement(part, victim);
		pg_atomic_fetch_add_u64(&pfa_totals->evicted_statements, 1);
	}
}

PfaSharedStatement *
pfa_store_enter(const PfaKey *key, TimestampTz now)
{
	int			p = pfa_store_partition(key);
	SharedPartition *part = &control->partitions[p];
	PfaSharedStatement *entry = pfa_store_find(key);
	int32	   *chain;
	int32		self;

	if (entry || key->shape == 0)
		return entry;
	if (part->free_statement < 0)
		evict_one(p);
	if (part->free_statement < 0)
	{
		pg_atomic_fetch_add_u64(&pfa_totals->dropped_entries, 1);
		return NULL;
	}
	self = part->free_statement;
	entry = &statements[self];
	part->free_statement = entry->next;
	part->used_statements++;
	memset(entry, 0, sizeof(*entry));
	entry->key = *key;
	entry->usage = 1;
	entry->plans[0] = entry->plans[1] = -1;
	entry->first_seen = entry->last_seen = now;
	chain = chain_of(key);
	entry->next = *chain;
	*chain = self;
	return entry;
}

static void
add_counters(PfaCounters *sum, const PfaCounters *c)
{
	if (c->calls > 0)
	{
		sum->exec_min_ns = sum->calls == 0 ? c->exec_min_ns :
			Min(sum->exec_min_ns, c->exec_min_ns);
		sum->exec_max_ns = Max(sum->exec_max_ns, c->exec_max_ns);
	}
	sum->calls += c->calls;
	sum->errors += c->errors;
	sum->rows += c->rows;
	sum->exec_ns += c->exec_ns;
	sum->plans += c->plans;
	sum->plan_ns += c->plan_ns;
	sum->plan_max_ns = Max(sum->plan_max_ns, c->plan_max_ns);
	sum->generic += c->generic;
	sum->shared_hit += c->shared_hit;
	sum->shared_read += c->shared_read;
	sum->temp_written += c->temp_written;
	sum->seq_rows += c->seq_rows;
	sum->sent_rows += c->sent_rows;
	sum->sent_max = Max(sum->sent_max, c->sent_max);
	sum->sent_calls += c->sent_calls;
	sum->offset_rows += c->offset_rows;
	sum->offset_max = Max(sum->offset_max, c->offset_max);
	sum->offset_kept += c->offset_kept;
	sum->offset_calls += c->offset_calls;
	sum->offset_ns += c->offset_ns;
}

static void
add_scan(PfaSharedStatement *entry, const PfaScan *scan)
{
	for (int i = 0; i < entry->nscans; i++)
	{
		if (entry->scans[i].relid == scan->relid)
		{
			entry->scans[i].rows += scan->rows;
			entry->scans[i].scans += scan->scans;
			return;
		}
	}
	if (entry->nscans < PFA_MAX_SCANS)
		entry->scans[entry->nscans++] = *scan;
	else
	{
		entry->other_scan_rows += scan->rows;
		pg_atomic_fetch_add_u64(&pfa_totals->dropped_scans, 1);
	}
}

static void
add_hour(PfaSharedStatement *entry, const PfaPending *pending)
{
	int64		hour = pending->last_seen / USECS_PER_HOUR;

	if (hour != entry->hour)
	{
		bool		adjacent = hour == entry->hour + 1;

		entry->hour_calls[1] = adjacent ? entry->hour_calls[0] : 0;
		entry->hour_ns[1] = adjacent ? entry->hour_ns[0] : 0;
		entry->hour_calls[0] = 0;
		entry->hour_ns[0] = 0;
		entry->hour = hour;
	}
	entry->hour_calls[0] += pending->counters.calls;
	entry->hour_ns[0] += pending->counters.exec_ns;
}

static void
add_queryid(PfaSharedStatement *entry, uint64 queryid)
{
	if (queryid == 0)
		return;
	for (int i = 0; i < PFA_QUERYIDS; i++)
	{
		if (entry->queryids[i] == queryid)
			return;
		if (entry->queryids[i] == 0)
		{
			entry->queryids[i] = queryid;
			return;
		}
	}
}

void
pfa_store_merge(PfaSharedStatement *entry, const PfaPending *pending)
{
	if (entry->counters.calls == 0 && entry->counters.errors == 0)
		entry->first_seen = pending->first_seen;
	add_counters(&entry->counters, &pending->counters);
	entry->operation = pending->operation;
	entry->flags = pending->flags;
	for (int i = 0; i < PFA_QUERYIDS; i++)
		add_queryid(entry, pending->queryids[i]);
	entry->last_seen = Max(entry->last_seen, pending->last_seen);
	add_hour(entry, pending);
	for (int i = 0; i < pending->nhist; i++)
		entry->hist[pending->hist_bucket[i]] += pending->hist_count[i];
	for (int i = 0; i < pending->nscans; i++)
		add_scan(entry, &pending->scans[i]);
}

void
pfa_store_merge_plan(PfaSharedPlan *plan, const PfaPending *pending)
{
	plan->calls += pending->counters.calls;
	plan->exec_ns += pending->counters.exec_ns;
	plan->exec_max_ns = Max(plan->exec_max_ns, pending->counters.exec_max_ns);
	plan->last_seen = Max(plan->last_seen, pending->last_seen);
}

bool
pfa_store_add(const PfaPending *pending)
{
	PfaSharedStatement *entry = pfa_store_enter(&pending->key, pending->first_seen);

	if (entry == NULL)
		return true;
	pfa_store_merge(entry, pending);
	entry->usage = Min(entry->usage + 1, USAGE_MAX);
	for (int which = 0; which < 2; which++)
	{
		PfaSharedPlan *plan = pfa_store_plan(entry, which);

		if (plan == NULL || plan->facts.hash != pending->plan_hash)
			continue;
		pfa_store_merge_plan(plan, pending);
		if (which == 1)
		{
			/* it went back to its former plan */
			int32		swap = entry->plans[0];

			entry->plans[0] = entry->plans[1];
			entry->plans[1] = swap;
		}
		break;
	}
	return entry->text_tried;
}

PfaSharedPlan *
pfa_store_plan(const PfaSharedStatement *entry, int which)
{
	return entry->plans[which] >= 0 ? &plans[entry->plans[which]] : NULL;
}

/* A free plan of the partition, taken from its coldest statement if need be. */
static int32
take_plan(int p, const PfaSharedStatement *keep)
{
	SharedPartition *part = &control->partitions[p];
	int32		slot;

	if (part->free_plan < 0)
	{
		PfaSharedStatement *victim = NULL;

		for (int i = 0; i < Min(SWEEP_LIMIT, control->per_partition); i++)
		{
			PfaSharedStatement *entry =
				&statements[p * control->per_partition +
							(part->hand + i) % control->per_partition];

			if (entry == keep || !is_used(entry) || entry->plans[0] < 0)
				continue;
			if (victim == NULL || entry->plans[1] >= 0 ||
				entry->usage < victim->usage)
				victim = entry;
			if (entry->plans[1] >= 0)
				break;
		}
		if (victim == NULL)
			return -1;
		free_plan(part, victim->plans[1] >= 0 ? &victim->plans[1] : &victim->plans[0]);
		pg_atomic_fetch_add_u64(&pfa_totals->evicted_plans, 1);
	}
	slot = part->free_plan;
	part->free_plan = plans[slot].next_free;
	part->used_plans++;
	memset(&plans[slot], 0, sizeof(PfaSharedPlan));
	return slot;
}

/* Adds the sums of sampled executions to a plan already known. */
static void
merge_facts(PfaPlanFacts *sum, const PfaPlanFacts *facts)
{
	for (int i = 0; i < Min(sum->nnodes, facts->nnodes); i++)
	{
		PfaNode    *to = &sum->nodes[i];
		const PfaNode *from = &facts->nodes[i];

		to->rows += from->rows;
		to->loops += from->loops;
		to->removed += from->removed;
		to->spills += from->spills;
		to->spill_max_kb = Max(to->spill_max_kb, from->spill_max_kb);
	}
	sum->sampled += facts->sampled;
}

void
pfa_store_add_plan(PfaSharedStatement *entry, const PfaPlanFacts *facts,
				   TimestampTz now)
{
	int			p = pfa_store_partition(&entry->key);
	SharedPartition *part = &control->partitions[p];
	PfaSharedPlan *plan;
	int32		slot;

	for (int which = 0; which < 2; which++)
	{
		plan = pfa_store_plan(entry, which);
		if (plan && plan->facts.hash == facts->hash)
		{
			merge_facts(&plan->facts, facts);
			return;
		}
	}
	free_plan(part, &entry->plans[1]);
	slot = take_plan(p, entry);
	if (slot < 0)
		return;
	plan = &plans[slot];
	plan->facts = *facts;
	plan->first_seen = plan->last_seen = now;
	entry->plans[1] = entry->plans[0];
	entry->plans[0] = slot;
}

void
pfa_repeat_add(PfaSharedRepeat *sum, const PfaRepeat *repeat)
{
	uint64		cost = repeat->exec_ns + repeat->gap_ns;
	uint32		beyond = repeat->id.kind == PFA_REPEAT_DUPLICATE ?
		repeat->same_values : repeat->n - 1;
	int			bucket = Min(pfa_hist_bucket(repeat->n), PFA_REPEAT_HIST - 1);

	if (sum->units == 0)
	{
		sum->id = repeat->id;
		sum->n_min = repeat->n;
		sum->first_seen = repeat->first_seen;
	}
	sum->used = true;
	sum->units++;
	sum->n_total += repeat->n;
	sum->same_total += repeat->same_values;
	sum->distinct_total += repeat->distinct_values;
	sum->compared += repeat->compared;
	sum->covered += repeat->covered;
	sum->exec_ns += repeat->exec_ns;
	sum->gap_ns += repeat->gap_ns;
	sum->rows += repeat->rows;
	sum->saved_ns += repeat->n > 0 ? cost / repeat->n * beyond : 0;
	sum->n_min = Min(sum->n_min, repeat->n);
	sum->n_max = Max(sum->n_max, repeat->n);
	sum->parent_rows = repeat->parent_rows;
	sum->first_seen = Min(sum->first_seen, repeat->first_seen);
	sum->last_seen = Max(sum->last_seen, repeat->last_seen);
	if (sum->n_hist[bucket] < PG_UINT16_MAX)
		sum->n_hist[bucket]++;
}

void
pfa_store_add_repeat(const PfaRepeat *repeat)
{
	int			p = pfa_store_partition(&repeat->id.child);
	PfaSharedRepeat *oldest = NULL;

	for (int i = 0; i < REPEATS_PER_PARTITION; i++)
	{
		PfaSharedRepeat *slot = &repeats[p * REPEATS_PER_PARTITION + i];

		if (slot->used && memcmp(&slot->id, &repeat->id, sizeof(PfaRepeatId)) == 0)
		{
			pfa_repeat_add(slot, repeat);
			return;
		}
		if (oldest == NULL || !slot->used ||
			(oldest->used && slot->last_seen < oldest->last_seen))
			oldest = slot;
	}
	if (oldest->used)
		pg_atomic_fetch_add_u64(&pfa_totals->evicted_repeats, 1);
	else
		control->partitions[p].used_repeats++;
	memset(oldest, 0, sizeof(*oldest));
	pfa_repeat_add(oldest, repeat);
}

PfaSharedStatement *
pfa_store_next(int partition, int *at)
{
	while (*at < control->per_partition)
	{
		PfaSharedStatement *entry =
			&statements[partition * control->per_partition + (*at)++];

		if (is_used(entry))
			return entry;
	}
	return NULL;
}

PfaSharedRepeat *
pfa_store_next_repeat(int partition, int *at)
{
	while (*at < REPEATS_PER_PARTITION)
	{
		PfaSharedRepeat *slot = &repeats[partition * REPEATS_PER_PARTITION + (*at)++];

		if (slot->used)
			return slot;
	}
	return NULL;
}

static bool
matches(const PfaKey *key, Oid dbid, Oid userid, uint64 shape)
{
	return (dbid == 0 || key->dbid == dbid) &&
		(userid == 0 || key->userid == userid) &&
		(shape == 0 || key->shape == shape);
}

int64
pfa_store_reset(Oid dbid, Oid userid, uint64 shape)
{
	int64		removed = 0;
	bool		all = dbid == 0 && userid == 0 && shape == 0;

	if (all)
	{
		pg_atomic_fetch_add_u64(&pfa_totals->generation, 1);
		pg_atomic_write_u64(&pfa_totals->reset_at, (uint64) GetCurrentTimestamp());
	}
	for (int p = 0; p < PFA_PARTITIONS; p++)
	{
		PfaSharedStatement *entry;
		PfaSharedRepeat *repeat;
		int			at = 0;

		pfa_store_lock(p, LW_EXCLUSIVE);
		while ((entry = pfa_store_next(p, &at)) != NULL)
		{
			if (!matches(&entry->key, dbid, userid, shape))
				continue;
			remove_statement(&control->partitions[p], entry);
			removed++;
		}
		at = 0;
		while ((repeat = pfa_store_next_repeat(p, &at)) != NULL)
		{
			if (!matches(&repeat->id.child, dbid, userid, shape))
				continue;
			memset(repeat, 0, sizeof(*repeat));
			control->partitions[p].used_repeats--;
		}
		pfa_store_unlock(p);
	}
	return removed;
}

void
pfa_store_usage(int64 *n_statements, int64 *n_plans, int64 *n_repeats,
				int64 *capacity, int64 *plan_capacity, int64 *repeat_capacity)
{
	*n_statements = *n_plans = *n_repeats = 0;
	for (int p = 0; p < PFA_PARTITIONS; p++)
	{
		*n_statements += control->partitions[p].used_statements;
		*n_plans += control->partitions[p].used_plans;
		*n_repeats += control->partitions[p].used_repeats;
	}
	*capacity = *plan_capacity = (int64) PFA_PARTITIONS * control->per_partition;
	*repeat_capacity = PFA_PARTITIONS * REPEATS_PER_PARTITION;
}
