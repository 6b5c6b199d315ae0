/*
 * slab.c
 *		What each backend gathers between drains, in shared memory.
 *
 * One slab a backend slot, written by its owner alone, without locks; readers
 * copy single pieces and try again while a piece's change count moved.
 * Draining moves each entry under the lock of its partition, and readers hold
 * that lock while they look at the slabs for that partition: nothing is seen
 * twice or never.
 *
 * Must never allocate, throw or touch another backend's slab, but for the
 * first call in a backend (which attaches to the texts) and for the place
 * where parallel workers leave rows for their leader.
 *
 * Locks: drain takes partition locks one at a time; the spinlock of the workers'
 * place is held for a few instructions, with nothing below it.
 */
#include "postgres.h"

#include "storage/ipc.h"
#include "storage/spin.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "peer_groups.h"
#include "settings.h"
#include "slab.h"
#include "texts.h"

#define MAP_SIZE			128 /* private index of entries, a power of two */
#define READ_ATTEMPTS		10000

typedef struct SharedSlab
{
	uint64		generation;		/* of the statistics it belongs to */
	PfaSlabLine line;
	volatile uint32 change;		/* guards units */
	PfaUnitSum	units[PFA_SLAB_UNITS];
	slock_t		workers_lock;
	int			nworkers;
	PfaWorkerScan workers[PFA_SLAB_WORKERS];
	PfaSlabEntry entries[PFA_SLAB_ENTRIES];
	PfaSlabRepeat repeats[PFA_SLAB_REPEATS];
} SharedSlab;

PfaSlabLine *pfa_slab_line;
PfaSlabRepeat *pfa_slab_repeats;
int			pfa_slab_used;
TimestampTz pfa_slab_drained;
uint64		pfa_slab_resets;
PfaSlabLeaving pfa_slab_leaving;

static SharedSlab *slabs;
static SharedSlab *mine;
static uint8 map[MAP_SIZE];		/* entry number + 1, or 0 */

Size
pfa_slab_size(void)
{
	return mul_size(MAXALIGN(sizeof(SharedSlab)), MaxBackends);
}

static SharedSlab *
slab_at(int slot)
{
	return (SharedSlab *) ((char *) slabs + MAXALIGN(sizeof(SharedSlab)) * slot);
}

void
pfa_slab_init(void *place, bool found)
{
	slabs = place;
	if (found)
		return;
	memset(place, 0, pfa_slab_size());
	for (int i = 0; i < MaxBackends; i++)
		SpinLockInit(&slab_at(i)->workers_lock);
}

/* The last thing a backend does: nothing of what it saw is lost. */
static void
leave(int code, Datum arg)
{
	if (mine == NULL)
		return;
	pfa_slab_leaving();
	for (int i = 0; i < PFA_SLAB_REPEATS; i++)
	{
		if (mine->repeats[i].state == PFA_LIVE_OPEN)
			mine->repeats[i].state = PFA_LIVE_ENDED;
	}
	pfa_slab_drain();
	PFA_SLAB_CHANGE(&mine->line);
	mine->line.now.pid = 0;
	PFA_SLAB_CHANGED(&mine->line);
	mine = NULL;
}

/* Throws away what was gathered for statistics that were reset since. */
static void
start_over(void)
{
	for (int i = 0; i < PFA_SLAB_ENTRIES; i++)
	{
		PFA_SLAB_CHANGE(&mine->entries[i]);
		memset(&mine->entries[i].pending, 0, sizeof(PfaPending));
		PFA_SLAB_CHANGED(&mine->entries[i]);
	}
	for (int i = 0; i < PFA_SLAB_REPEATS; i++)
	{
		PFA_SLAB_CHANGE(&mine->repeats[i]);
		mine->repeats[i].state = PFA_LIVE_FREE;
		PFA_SLAB_CHANGED(&mine->repeats[i]);
	}
	PFA_SLAB_CHANGE(mine);
	memset(mine->units, 0, sizeof(mine->units));
	PFA_SLAB_CHANGED(mine);
	memset(map, 0, sizeof(map));
	pfa_slab_used = 0;
	pfa_settings_forget_stored();
	mine->generation = pg_atomic_read_u64(&pfa_totals->generation);
}

static bool
begin_first(void)
{
	int			slot = pfa_compat_slot();

	if (slot < 0 || MyBackendType != B_BACKEND)
		return false;
	pfa_texts_attach();
	mine = slab_at(slot);
	start_over();
	SpinLockAcquire(&mine->workers_lock);
	mine->nworkers = 0;
	SpinLockRelease(&mine->workers_lock);
	pfa_slab_line = &mine->line;
	pfa_slab_repeats = mine->repeats;
	PFA_SLAB_CHANGE(pfa_slab_line);
	memset(&mine->line.now, 0, sizeof(PfaBackendNow));
	mine->line.now.pid = MyProcPid;
	mine->line.now.dbid = MyDatabaseId;
	mine->line.now.connected = MyStartTimestamp;
	PFA_SLAB_CHANGED(pfa_slab_line);
	pfa_slab_drained = GetCurrentTimestamp();
	before_shmem_exit(leave, 0);
	return true;
}

bool
pfa_slab_begin_slowly(void)
{
	if (mine == NULL && !begin_first())
		return false;
	if (mine->generation != pg_atomic_read_u64(&pfa_totals->generation))
		start_over();
	if (pfa_slab_resets != pg_atomic_read_u64(&pfa_totals->resets))
	{
		/*
		 * Texts and plans thought to be in the store may be gone, and what
		 * was gathered before must not mix with what comes.
		 */
		pfa_slab_resets = pg_atomic_read_u64(&pfa_totals->resets);
		pfa_settings_forget_stored();
		pfa_unit_changes++;		/* the unit looks closer at what it knows */
		pfa_slab_drain();
	}
	return true;
}

/* Moves an entry's content under its partition's lock. */
static void
move_entry(PfaSlabEntry *entry, bool keep_key)
{
	int			p = pfa_store_partition(&entry->pending.key);
	PfaKey		key = entry->pending.key;

	pfa_changes++;
	pfa_store_lock(p, LW_EXCLUSIVE);
	PFA_SLAB_CHANGE(entry);
	if (entry->pending.last_seen != 0 &&
		!pfa_store_was_reset(&key, entry->pending.last_seen))
	{
		if (!pfa_store_add(&entry->pending))
			pfa_settings_forget_stored();
	}
	/* one that goes is emptied when it is taken again */
	memset(&entry->pending, 0, keep_key ? sizeof(PfaPending) : sizeof(PfaKey));
	if (keep_key)
		entry->pending.key = key;
	PFA_SLAB_CHANGED(entry);
	pfa_store_unlock(p);
}

void
pfa_slab_flush(PfaSlabEntry *entry)
{
	move_entry(entry, true);
}

void
pfa_slab_drain(void)
{
	if (mine->generation != pg_atomic_read_u64(&pfa_totals->generation))
		start_over();
	for (int i = 0; i < pfa_slab_used; i++)
		move_entry(&mine->entries[i], false);
	pfa_slab_used = 0;
	memset(map, 0, sizeof(map));

	for (int i = 0; i < PFA_SLAB_REPEATS; i++)
	{
		PfaSlabRepeat *live = &mine->repeats[i];
		int			p;

		if (live->state != PFA_LIVE_ENDED)
			continue;
		p = pfa_store_partition(&live->repeat.id.child);
		pfa_store_lock(p, LW_EXCLUSIVE);
		PFA_SLAB_CHANGE(live);
		if (!pfa_store_was_reset(&live->repeat.id.child, live->repeat.last_seen))
			pfa_groups_add_repeat(&live->repeat, live->serial);
		live->state = PFA_LIVE_FREE;
		PFA_SLAB_CHANGED(live);
		pfa_store_unlock(p);
	}
	for (int i = 0; i < PFA_SLAB_UNITS; i++)
	{
		PfaUnitSum	sum = mine->units[i];

		if (sum.dbid == 0)
			continue;
		PFA_SLAB_CHANGE(mine);
		mine->units[i].dbid = 0;
		PFA_SLAB_CHANGED(mine);
		pfa_unit_sums_add(&sum);
	}
	pfa_groups_drain();
	pfa_slab_drained = GetCurrentTimestamp();
}

PfaSlabEntry *
pfa_slab_search(const PfaKey *key)
{
	PfaSlabEntry *entry;
	uint32		slot;

	if (pfa_slab_used == PFA_SLAB_ENTRIES)
		pfa_slab_drain();
	for (slot = pfa_store_hash(key) % MAP_SIZE; map[slot] != 0;
		 slot = (slot + 1) % MAP_SIZE)
	{
		int			i = map[slot] - 1;

		if (memcmp(&mine->entries[i].pending.key, key, sizeof(PfaKey)) == 0)
			return &mine->entries[i];
	}
	entry = &mine->entries[pfa_slab_used++];
	map[slot] = pfa_slab_used;
	PFA_SLAB_CHANGE(entry);
	memset(&entry->pending, 0, sizeof(PfaPending));
	entry->pending.key = *key;
	PFA_SLAB_CHANGED(entry);
	return entry;
}

void
pfa_slab_add_unit(const PfaUnitSum *unit)
{
	static int	latest;			/* mostly it is as the one before */
	PfaUnitSum *place = pfa_unit_sums_same(&mine->units[latest], unit) ?
		&mine->units[latest] : NULL;

	for (int i = 0; i < PFA_SLAB_UNITS && place == NULL; i++)
	{
		if (pfa_unit_sums_same(&mine->units[i], unit))
			place = &mine->units[i];
	}
	for (int i = 0; i < PFA_SLAB_UNITS && place == NULL; i++)
	{
		if (mine->units[i].dbid == 0)
			place = &mine->units[i];
	}
	if (place == NULL)
	{
		pfa_unit_sums_add(unit);
		return;
	}
	latest = place - mine->units;
	PFA_SLAB_CHANGE(mine);
	pfa_unit_sums_merge(place, unit);
	PFA_SLAB_CHANGED(mine);
}

void
pfa_slab_give_to_leader(uint64 queryid, const PfaScan *scans, int n)
{
	int			slot = pfa_compat_leader_slot();
	SharedSlab *leader;

	if (slot < 0)
		return;
	leader = slab_at(slot);
	SpinLockAcquire(&leader->workers_lock);
	for (int i = 0; i < n; i++)
	{
		PfaWorkerScan *place = NULL;

		for (int j = 0; j < leader->nworkers; j++)
		{
			if (leader->workers[j].queryid == queryid &&
				leader->workers[j].scan.relid == scans[i].relid)
				place = &leader->workers[j];
		}
		if (place)
		{
			place->scan.rows += scans[i].rows;
			place->scan.scans += scans[i].scans;
		}
		else if (leader->nworkers < PFA_SLAB_WORKERS)
		{
			place = &leader->workers[leader->nworkers++];
			place->queryid = queryid;
			place->scan = scans[i];
		}
		else
			pg_atomic_fetch_add_u64(&pfa_totals->dropped_workers, 1);
	}
	SpinLockRelease(&leader->workers_lock);
}

void
pfa_slab_forget_workers(void)
{
	if (mine == NULL || mine->nworkers == 0)
		return;
	SpinLockAcquire(&mine->workers_lock);
	mine->nworkers = 0;
	SpinLockRelease(&mine->workers_lock);
}

int
pfa_slab_take_from_workers(uint64 queryid, PfaScan *scans, int max)
{
	int			taken = 0;
	int			kept = 0;

	SpinLockAcquire(&mine->workers_lock);
	for (int i = 0; i < mine->nworkers; i++)
	{
		if (mine->workers[i].queryid == queryid && taken < max)
			scans[taken++] = mine->workers[i].scan;
		else
			mine->workers[kept++] = mine->workers[i];
	}
	mine->nworkers = kept;
	SpinLockRelease(&mine->workers_lock);
	return taken;
}

/* Copies a piece whole; false if its owner never rested. */
static bool
copy_piece(volatile uint32 *change, const void *piece, void *copy, Size size)
{
	for (int i = 0; i < READ_ATTEMPTS; i++)
	{
		uint32		before = *change;

		pg_read_barrier();
		memcpy(copy, piece, size);
		pg_read_barrier();
		if ((before & 1) == 0 && *change == before)
			return true;
		pg_spin_delay();
	}
	return false;
}

static bool
is_current(const SharedSlab *slab)
{
	return slab->generation == pg_atomic_read_u64(&pfa_totals->generation);
}

/*
 * Looks without locks: what a backend enters meanwhile was not done when the
 * reader began, and what it drains meanwhile is found in store.
 */
uint32 *
pfa_slab_places(Oid dbid, int *first)
{
	uint32	   *found = palloc(sizeof(uint32) * PFA_SLAB_ENTRIES * MaxBackends);
	uint8	   *partitions = palloc(PFA_SLAB_ENTRIES * MaxBackends);
	uint32	   *places;
	int			n = 0;

	memset(first, 0, sizeof(int) * (PFA_PARTITIONS + 1));
	for (int slab = 0; slab < MaxBackends; slab++)
	{
		SharedSlab *s = slab_at(slab);

		if (s->line.now.pid == 0 || !is_current(s))
			continue;
		for (int at = 0; at < PFA_SLAB_ENTRIES; at++)
		{
			PfaKey		key = s->entries[at].pending.key;

			if (key.shape == 0 || (OidIsValid(dbid) && key.dbid != dbid))
				continue;
			found[n] = slab * PFA_SLAB_ENTRIES + at;
			partitions[n] = pfa_store_partition(&key);
			first[partitions[n++] + 1]++;
		}
	}
	places = palloc(sizeof(uint32) * Max(n, 1));
	for (int p = 0; p < PFA_PARTITIONS; p++)
		first[p + 1] += first[p];
	for (int i = 0; i < n; i++)
		places[first[partitions[i]]++] = found[i];
	/* each is now where the next begins */
	memmove(&first[1], first, sizeof(int) * PFA_PARTITIONS);
	first[0] = 0;
	return places;
}

bool
pfa_slab_read_at(int partition, uint32 place, PfaPending *copy)
{
	SharedSlab *s = slab_at(place / PFA_SLAB_ENTRIES);
	PfaSlabEntry *entry = &s->entries[place % PFA_SLAB_ENTRIES];

	return s->line.now.pid != 0 && is_current(s) &&
		copy_piece(&entry->change, &entry->pending, copy, sizeof(*copy)) &&
		copy->key.shape != 0 &&
		pfa_store_partition(&copy->key) == partition &&
		copy->last_seen != 0 &&
		!pfa_store_was_reset(&copy->key, copy->last_seen);
}

bool
pfa_slab_read_repeat(int partition, int *slab, int *at, PfaSlabRepeat *copy)
{
	for (; *slab < MaxBackends; (*slab)++, *at = 0)
	{
		SharedSlab *s = slab_at(*slab);

		if (s->line.now.pid == 0 || !is_current(s))
			continue;
		while (*at < PFA_SLAB_REPEATS)
		{
			PfaSlabRepeat *live = &s->repeats[(*at)++];

			/* unlocked: one that is just begun may be missed */
			if (live->state == PFA_LIVE_FREE ||
				pfa_store_partition(&live->repeat.id.child) != partition)
				continue;
			if (copy_piece(&live->change, live, copy, sizeof(*copy)) &&
				copy->state != PFA_LIVE_FREE &&
				pfa_store_partition(&copy->repeat.id.child) == partition &&
				!pfa_store_was_reset(&copy->repeat.id.child, copy->repeat.last_seen))
				return true;
		}
	}
	return false;
}

bool
pfa_slab_read_now(int slab, PfaBackendNow *copy)
{
	SharedSlab *s = slab_at(slab);

	return s->line.now.pid != 0 &&
		copy_piece(&s->line.change, &s->line.now, copy, sizeof(*copy)) &&
		copy->pid != 0;
}

int
pfa_slab_count(void)
{
	return MaxBackends;
}

int
pfa_slab_read_units(int slab, PfaUnitSum *copies, int max)
{
	SharedSlab *s = slab_at(slab);
	PfaUnitSum	all[PFA_SLAB_UNITS];
	int			n = 0;

	if (s->line.now.pid == 0 || !is_current(s) ||
		!copy_piece(&s->change, s->units, all, sizeof(all)))
		return 0;
	for (int i = 0; i < PFA_SLAB_UNITS && n < max; i++)
	{
		if (all[i].dbid != 0)
			copies[n++] = all[i];
	}
	return n;
}
