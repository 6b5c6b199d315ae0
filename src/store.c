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

#include "calls.h"
#include "compat.h"
#include "errors.h"
#include "histogram.h"
#include "settings.h"
#include "store_internal.h"

#define USAGE_MAX				5

PfaSharedTotals *pfa_totals;

PfaStoreControl *pfa_store_control;
PfaSharedStatement *pfa_store_statements;
PfaSharedPlan *pfa_store_plans;
PfaSharedRepeat *pfa_store_repeats;

static int32 *chains;			/* [partition][bucket] */

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
	Size		size = MAXALIGN(sizeof(PfaStoreControl));

	size = add_size(size, MAXALIGN(mul_size(sizeof(int32),
											PFA_PARTITIONS * bucket_count())));
	size = add_size(size, mul_size(MAXALIGN(sizeof(PfaSharedStatement)),
								   PFA_PARTITIONS * per_partition()));
	size = add_size(size, mul_size(MAXALIGN(sizeof(PfaSharedPlan)),
								   PFA_PARTITIONS * per_partition()));
	size = add_size(size, mul_size(MAXALIGN(sizeof(PfaSharedRepeat)),
								   PFA_PARTITIONS * PFA_REPEATS_PER_PARTITION));
	return size;
}

static void
init_partition(int p)
{
	PfaSharedPartition *part = &pfa_store_control->partitions[p];
	int			n = pfa_store_control->per_partition;

	memset(part, 0, sizeof(*part));
	for (int i = 0; i < pfa_store_control->buckets; i++)
		chains[p * pfa_store_control->buckets + i] = -1;
	for (int i = 0; i < n; i++)
	{
		pfa_store_statements[p * n + i].next = (i + 1 < n) ? p * n + i + 1 : -1;
		pfa_store_plans[p * n + i].next_free = (i + 1 < n) ? p * n + i + 1 : -1;
	}
	part->free_statement = p * n;
	part->free_plan = p * n;
}

void
pfa_store_init(void *place, bool found)
{
	char	   *at = place;
	int			n = PFA_PARTITIONS * per_partition();

	pfa_store_control = place;
	pfa_totals = &pfa_store_control->totals;
	at += MAXALIGN(sizeof(PfaStoreControl));
	chains = (int32 *) at;
	at += MAXALIGN(sizeof(int32) * PFA_PARTITIONS * bucket_count());
	pfa_store_statements = (PfaSharedStatement *) at;
	at += MAXALIGN(sizeof(PfaSharedStatement)) * n;
	pfa_store_plans = (PfaSharedPlan *) at;
	at += MAXALIGN(sizeof(PfaSharedPlan)) * n;
	pfa_store_repeats = (PfaSharedRepeat *) at;
	if (found)
		return;
	memset(place, 0, pfa_store_size());
	pfa_store_control->per_partition = per_partition();
	pfa_store_control->buckets = bucket_count();
	pfa_store_control->locks = GetNamedLWLockTranche("perfaudit");
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
	pg_atomic_init_u64(&pfa_totals->resets, 0);
	pg_atomic_init_u64(&pfa_totals->restored_statements, 0);
	pg_atomic_init_u64(&pfa_totals->restored_plans, 0);
	pg_atomic_init_u64(&pfa_totals->restored_repeats, 0);
	pg_atomic_init_u64(&pfa_totals->not_restored, 0);
	pg_atomic_init_u64(&pfa_totals->refused_files, 0);
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
	LWLockAcquire(&pfa_store_control->locks[partition].lock, mode);
}

void
pfa_store_unlock(int partition)
{
	LWLockRelease(&pfa_store_control->locks[partition].lock);
}

static int32 *
chain_of(const PfaKey *key)
{
	uint32		hash = pfa_store_hash(key);

	return &chains[(hash % PFA_PARTITIONS) * pfa_store_control->buckets +
				   ((hash / PFA_PARTITIONS) & (pfa_store_control->buckets - 1))];
}

PfaSharedStatement *
pfa_store_find(const PfaKey *key)
{
	for (int32 i = *chain_of(key); i >= 0; i = pfa_store_statements[i].next)
	{
		if (memcmp(&pfa_store_statements[i].key, key, sizeof(PfaKey)) == 0)
			return &pfa_store_statements[i];
	}
	return NULL;
}

void
pfa_store_remove(PfaSharedPartition *part, PfaSharedStatement *entry)
{
	int32		self = entry - pfa_store_statements;
	int32	   *link = chain_of(&entry->key);

	while (*link >= 0 && *link != self)
		link = &pfa_store_statements[*link].next;
	if (*link == self)
		*link = entry->next;
	pfa_texts_free(entry->text);
	pfa_texts_free(entry->values);
	pfa_store_free_plan(part, &entry->plans[0]);
	pfa_store_free_plan(part, &entry->plans[1]);
	memset(entry, 0, sizeof(*entry));
	entry->plans[0] = entry->plans[1] = -1;
	entry->next = part->free_statement;
	part->free_statement = self;
	part->used_statements--;
}

bool
pfa_store_is_used(const PfaSharedStatement *entry)
{
	return entry->key.shape != 0;
}

/* Clock sweep over a bounded number of the partition's statements. */
static void
evict_one(int p)
{
	PfaSharedPartition *part = &pfa_store_control->partitions[p];
	PfaSharedStatement *victim = NULL;

	for (int i = 0; i < Min(PFA_SWEEP_LIMIT, pfa_store_control->per_partition); i++)
	{
		PfaSharedStatement *entry =
			&pfa_store_statements[p * pfa_store_control->per_partition + part->hand];

		part->hand = (part->hand + 1) % pfa_store_control->per_partition;
		if (!pfa_store_is_used(entry))
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
		pfa_store_remove(part, victim);
		pg_atomic_fetch_add_u64(&pfa_totals->evicted_statements, 1);
	}
}

PfaSharedStatement *
pfa_store_enter(const PfaKey *key, TimestampTz now)
{
	int			p = pfa_store_partition(key);
	PfaSharedPartition *part = &pfa_store_control->partitions[p];
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
	entry = &pfa_store_statements[self];
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
	sum->nested_ns += c->nested_ns;
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
	sum->jit_calls += c->jit_calls;
	sum->jit_ns += c->jit_ns;
	sum->jit_functions += c->jit_functions;
}

static void
add_scan(PfaSharedStatement *entry, const PfaScan *scan)
{
	for (int i = 0; i < entry->nscans; i++)
	{
		if (entry->scans[i].relid == scan->relid)
		{
			entry->scans[i].rows += scan->rows;
			entry->scans[i].scans = Min((uint64) entry->scans[i].scans + scan->scans,
										PG_UINT32_MAX);
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

/* When a bucket is full, after billions of executions, all give up half. */
static void
add_histogram(uint32 *sum, const PfaPending *pending)
{
	for (int i = 0; i < lengthof(pending->hist.eight); i++)
	{
		for (int j = 8 * i; pending->hist.eight[i] != 0 && j < 8 * i + 8; j++)
		{
			if (unlikely(sum[j] > PG_UINT32_MAX - PG_UINT8_MAX))
			{
				for (int k = 0; k < PFA_HIST_BUCKETS; k++)
					sum[k] /= 2;
			}
			sum[j] += pending->hist.count[j];
		}
	}
}

/* The caller of the later of the two. */
static void
merge_caller(PfaSharedStatement *entry, const PfaPending *pending)
{
	bool		later = pending->last_seen >= entry->last_seen;
	PfaCaller	sum = later ? entry->caller : pending->caller;

	pfa_calls_note(&sum, later ? &pending->caller : &entry->caller);
	entry->caller = sum;
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
	if (pending->caller.id != 0)
		merge_caller(entry, pending);
	entry->last_seen = Max(entry->last_seen, pending->last_seen);
	pfa_store_add_hour(entry, pending);
	add_histogram(entry->hist, pending);
	for (int i = 0; i < pending->nscans; i++)
		add_scan(entry, &pending->scans[i]);
	if (pending->counters.errors > 0)
		pfa_errors_merge(&entry->errors, &pending->errors);
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
		if (which == 1 &&
			pending->last_seen > pfa_store_plan(entry, 0)->first_seen)
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

int
pfa_store_places(void)
{
	return pfa_store_control->per_partition;
}

int
pfa_store_place(const PfaSharedStatement *entry)
{
	return (int) ((entry - pfa_store_statements) % pfa_store_control->per_partition);
}

PfaSharedStatement *
pfa_store_next(int partition, int *at)
{
	while (*at < pfa_store_control->per_partition)
	{
		PfaSharedStatement *entry =
			&pfa_store_statements[partition * pfa_store_control->per_partition + (*at)++];

		if (pfa_store_is_used(entry))
			return entry;
	}
	return NULL;
}

void
pfa_store_usage(int64 *n_statements, int64 *n_plans, int64 *n_repeats,
				int64 *capacity, int64 *plan_capacity, int64 *repeat_capacity)
{
	*n_statements = *n_plans = *n_repeats = 0;
	for (int p = 0; p < PFA_PARTITIONS; p++)
	{
		*n_statements += pfa_store_control->partitions[p].used_statements;
		*n_plans += pfa_store_control->partitions[p].used_plans;
		*n_repeats += pfa_store_control->partitions[p].used_repeats;
	}
	*capacity = *plan_capacity = (int64) PFA_PARTITIONS * pfa_store_control->per_partition;
	*repeat_capacity = PFA_PARTITIONS * PFA_REPEATS_PER_PARTITION;
}
