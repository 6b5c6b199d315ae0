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

#include "utils/timestamp.h"

#include "compat.h"
#include "settings.h"
#include "store_internal.h"

#define SINGLE_FROM		3		/* executions that tell what results are like */

PfaSharedTotals *pfa_totals;

PfaStoreControl *pfa_store_control;
PfaSharedStatement *pfa_store_statements;
PfaSharedPlan *pfa_store_plans;
PfaSharedRepeat *pfa_store_repeats;
uint32	   *pfa_store_gone_hashes;

static int32 *chains;			/* [partition][bucket] */
static bool changing;			/* this process has a partition's lock,
								 * exclusive */

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
	size = add_size(size, mul_size(sizeof(uint32), PFA_PARTITIONS * per_partition()));
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
	part->newest = part->oldest = -1;
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
	at += MAXALIGN(sizeof(PfaSharedRepeat)) * PFA_PARTITIONS * PFA_REPEATS_PER_PARTITION;
	pfa_store_gone_hashes = (uint32 *) at;
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
	pg_atomic_init_u64(&pfa_totals->crowded_shapes, 0);
	pg_atomic_init_u64(&pfa_totals->crowded_repeats, 0);
	pg_atomic_init_u64(&pfa_totals->generation, 1);
	pg_atomic_init_u64(&pfa_totals->resets, 0);
	pg_atomic_init_u64(&pfa_totals->restored_statements, 0);
	pg_atomic_init_u64(&pfa_totals->restored_plans, 0);
	pg_atomic_init_u64(&pfa_totals->restored_repeats, 0);
	pg_atomic_init_u64(&pfa_totals->not_restored, 0);
	pg_atomic_init_u64(&pfa_totals->refused_files, 0);
	pg_atomic_init_u64(&pfa_totals->reset_at, (uint64) GetCurrentTimestamp());
}

/* A shape is a hash already. */
uint32
pfa_store_hash(const PfaKey *key)
{
	uint64		who = ((uint64) key->userid << 32 | key->dbid) + key->toplevel;

	return (uint32) (((key->shape ^ who) * UINT64CONST(0x9E3779B97F4A7C15)) >> 32);
}

int
pfa_store_partition(const PfaKey *key)
{
	return pfa_store_hash(key) % PFA_PARTITIONS;
}

/*
 * Who changes a partition makes its change count odd meanwhile.  An error that
 * gave the lock back leaves it so, until the next one.
 */
void
pfa_store_lock(int partition, LWLockMode mode)
{
	PfaSharedPartition *part = &pfa_store_control->partitions[partition];

	LWLockAcquire(&pfa_store_control->locks[partition].lock, mode);
	changing = mode == LW_EXCLUSIVE;
	if (changing)
	{
		part->change = (part->change + 1) | 1;
		pg_write_barrier();
	}
}

void
pfa_store_unlock(int partition)
{
	if (changing)
	{
		pg_write_barrier();
		pfa_store_control->partitions[partition].change++;
		changing = false;
	}
	LWLockRelease(&pfa_store_control->locks[partition].lock);
}

static inline int32 *
chain_at(uint32 hash)
{
	return &chains[(hash % PFA_PARTITIONS) * pfa_store_control->buckets +
				   ((hash / PFA_PARTITIONS) & (pfa_store_control->buckets - 1))];
}

static int32 *
chain_of(const PfaKey *key)
{
	return chain_at(pfa_store_hash(key));
}

PfaSharedStatement *
pfa_store_find(const PfaKey *key)
{
	for (int32 i = *chain_of(key); i >= 0; i = pfa_store_statements[i].next)
	{
		if (pfa_key_is(&pfa_store_statements[i].key, key))
			return &pfa_store_statements[i];
	}
	return NULL;
}

/*
 * Entries may change while they are looked at: no more than are in a partition,
 * and none beyond the last, are followed.
 */
static inline bool
peek(const PfaKey *key, int32 at, PfaStorePeek *seen)
{
	uint32		total = (uint32) pfa_store_control->per_partition * PFA_PARTITIONS;

	seen->key = *key;
	seen->place = 0;
	seen->kin = PFA_KIN_NONE;
	seen->single = false;
	seen->text_tried = false;
	seen->plans[0].hash = seen->plans[1].hash = 0;
	for (int i = 0; i < pfa_store_control->per_partition && (uint32) at < total; i++)
	{
		const PfaSharedStatement *entry = &pfa_store_statements[at];

		if (!pfa_key_is(&entry->key, key))
		{
			at = entry->next;
			continue;
		}
		seen->place = at;
		seen->kin = entry->kin;
		seen->single = entry->counters.calls >= SINGLE_FROM &&
			entry->counters.rows <= entry->counters.calls;
		seen->text_tried = pfa_store_has_text(entry);
		for (int which = 0; which < 2; which++)
		{
			int32		plan = entry->plans[which];
			const PfaSharedPlan *known;

			if ((uint32) plan >= total)
				continue;
			known = &pfa_store_plans[plan];
			seen->plans[which].hash = known->facts.hash;
			seen->plans[which].id = known->facts.plan_id;
			/* values come with samples only */
			seen->plans[which].sampled = pfa_store_lacks_values(entry) ? 0 : known->facts.sampled;
			seen->plans[which].run_ns = known->calls > 0 ?
				(float4) known->exec_ns / known->calls : 0;
		}
		return true;
	}
	return false;
}

bool
pfa_store_peek(const PfaKey *key, PfaStorePeek *seen)
{
	uint32		hash = pfa_store_hash(key);
	int			p = hash % PFA_PARTITIONS;
	PfaSharedPartition *part = &pfa_store_control->partitions[p];
	uint32		before = part->change;
	bool		found;

	pg_read_barrier();
	if ((before & 1) == 0)
	{
		found = peek(key, *chain_at(hash), seen);
		pg_read_barrier();
		if (part->change == before)
			return found;
	}
	pfa_store_lock(p, LW_SHARED);
	found = peek(key, *chain_at(hash), seen);
	pfa_store_unlock(p);
	return found;
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
	pfa_store_gone(part, entry);
	/* the rest is cleared when it is taken again */
	memset(&entry->key, 0, sizeof(PfaKey));
	entry->text = entry->values = InvalidDsaPointer;
	entry->next = part->free_statement;
	part->free_statement = self;
	part->used_statements--;
}

bool
pfa_store_is_used(const PfaSharedStatement *entry)
{
	return entry->key.shape != 0;
}

PfaSharedStatement *
pfa_store_enter(const PfaKey *key, TimestampTz now, uint32 kin)
{
	int			p = pfa_store_partition(key);
	PfaSharedPartition *part = &pfa_store_control->partitions[p];
	PfaSharedStatement *entry = pfa_store_find(key);
	bool		full = part->free_statement < 0;
	int32	   *chain;
	int32		self;

	if (entry || key->shape == 0)
		return entry;
	if (full)
		pfa_store_make_room(p, kin);
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
	entry->plans[0] = entry->plans[1] = -1;
	entry->first_seen = entry->last_seen = now;
	chain = chain_of(key);
	entry->next = *chain;
	*chain = self;
	if (full && !pfa_store_went_lately(p, key))
		pfa_store_await(part, entry);
	pfa_store_set_kin(part, entry, kin);
	return entry;
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
