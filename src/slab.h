/*
 * slab.h
 *		What each backend gathers, in shared memory, written by itself alone.
 *
 * A slab holds pending entries that wait to be drained into store, the repeats
 * of the current unit of work, sums over ended units, and what the backend is
 * doing now.  Readers copy pieces under a change count; an idle backend's last
 * statements are so visible at once.
 */
#ifndef PFA_SLAB_H
#define PFA_SLAB_H

#include "perfaudit.h"
#include "repeat.h"
#include "store.h"
#include "unit_sums.h"

#define PFA_SLAB_ENTRIES	48
#define PFA_SLAB_REPEATS	16
#define PFA_SLAB_WORKERS	16
#define PFA_SLAB_UNITS		16	/* sums of ended units, by identity */

/* What a backend is doing now and did since it connected. */
typedef struct PfaBackendNow
{
	int			pid;			/* 0: no backend */
	Oid			dbid;
	Oid			userid;
	bool		in_unit;
	uint8		scope;			/* PfaScope of the unit */
	char		application[NAMEDATALEN];
	char		unit[NAMEDATALEN];	/* perfaudit.unit */
	PfaTags		tags;
	TimestampTz connected;
	TimestampTz unit_start;
	uint32		unit_statements;
	uint64		unit_exec_ns;
	uint64		unit_gap_ns;
	uint64		running_shape;	/* 0: none */
	uint64		repeated_shape; /* most repeated in the unit, 0: none */
	uint32		repeated_n;
	uint64		statements;		/* since connect, top level */
	uint64		errors;
	uint64		exec_ns;
	uint32		hist[PFA_HIST_BUCKETS];
} PfaBackendNow;

typedef struct PfaSlabLine
{
	volatile uint32 change;
	PfaBackendNow now;
} PfaSlabLine;

/* One piece that readers copy: odd count while it changes. */
typedef struct PfaSlabEntry
{
	volatile uint32 change;
	PfaPending	pending;		/* key.shape 0: free */
} PfaSlabEntry;

typedef enum PfaRepeatState
{
	PFA_LIVE_FREE = 0,
	PFA_LIVE_OPEN,				/* its unit goes on */
	PFA_LIVE_ENDED				/* waits to be drained */
} PfaRepeatState;

typedef struct PfaSlabRepeat
{
	volatile uint32 change;
	uint32		state;			/* PfaRepeatState */
	uint32		serial;			/* of its unit */
	int			pid;			/* whose it is */
	PfaRepeat	repeat;
} PfaSlabRepeat;

/* Rows that a parallel worker read for its leader. */
typedef struct PfaWorkerScan
{
	uint64		queryid;
	PfaScan		scan;			/* relid 0: free */
} PfaWorkerScan;

extern Size pfa_slab_size(void);
extern void pfa_slab_init(void *place, bool found);

/*
 * Makes this backend's slab ready; false if it has none.  To be called at the
 * start of a statement; the first call in a backend may throw.
 */
extern bool pfa_slab_begin_slowly(void);

/* Called when this backend leaves, while there is still a slab. */
typedef void (*PfaSlabLeaving) (void);
extern PFA_LOCAL PfaSlabLeaving pfa_slab_leaving;

/* This backend's own line; a single store of 8 bytes needs no bracket. */
extern PFA_LOCAL PfaSlabLine *pfa_slab_line;

/* Resets of the statistics that this backend has seen. */
extern PFA_LOCAL uint64 pfa_slab_resets;

static inline bool
pfa_slab_is_ready(void)
{
	return pfa_slab_line != NULL &&
		pfa_slab_resets == pg_atomic_read_u64(&pfa_totals->resets);
}

static inline bool
pfa_slab_begin(void)
{
	return likely(pfa_slab_is_ready()) || pfa_slab_begin_slowly();
}

/* The pending entry of a key; all are drained first if there is no room. */
extern PfaSlabEntry *pfa_slab_search(const PfaKey *key);

/* Whether it is where it was the last time; entry may be NULL. */
static inline bool
pfa_slab_is_entry(const PfaSlabEntry *entry, const PfaKey *key)
{
	return entry != NULL && entry->pending.key.shape == key->shape &&
		entry->pending.key.userid == key->userid &&
		entry->pending.key.toplevel == key->toplevel;
}

static inline PfaSlabEntry *
pfa_slab_entry(const PfaKey *key, PfaSlabEntry **hint)
{
	if (unlikely(!pfa_slab_is_entry(*hint, key)))
		*hint = pfa_slab_search(key);
	return *hint;
}

/* Moves what an entry holds to store; the entry stays, empty. */
extern void pfa_slab_flush(PfaSlabEntry *entry);

/* Brackets for changing an entry, a repeat or the backend's own line. */
#define PFA_SLAB_CHANGE(piece) \
	do { (piece)->change++; pg_write_barrier(); } while (0)
#define PFA_SLAB_CHANGED(piece) \
	do { pg_write_barrier(); (piece)->change++; } while (0)

/* The repeats of this backend: PFA_SLAB_REPEATS of them, once begun. */
extern PFA_LOCAL PfaSlabRepeat *pfa_slab_repeats;

/* Adds an ended unit to the sums that wait; does not throw or wait. */
extern void pfa_slab_add_unit(const PfaUnitSum *unit);

/* Everything that waits goes to store. */
extern void pfa_slab_drain(void);

/* The same when it is time: entries in use, and when they were drained. */
extern PFA_LOCAL int pfa_slab_used;
extern PFA_LOCAL TimestampTz pfa_slab_drained;

static inline void
pfa_slab_drain_if_due(TimestampTz now)
{
	if (unlikely(pfa_slab_used > PFA_SLAB_ENTRIES * 3 / 4 ||
				 now - pfa_slab_drained > USECS_PER_SEC))
		pfa_slab_drain();
}

/* Parallel workers and their leader. */
extern void pfa_slab_give_to_leader(uint64 queryid, const PfaScan *scans, int n);
extern void pfa_slab_forget_workers(void);
extern int	pfa_slab_take_from_workers(uint64 queryid, PfaScan *scans, int max);

/*
 * Readers.  First the places of all pending entries of a database, or of all
 * (InvalidOid): palloc'd, those of partition p from first[p] to before
 * first[p + 1], of PFA_PARTITIONS + 1; needs no lock.  Then what is at a place,
 * while the partition's lock is held; false if nothing is there any more.
 */
extern uint32 *pfa_slab_places(Oid dbid, int *first);
extern bool pfa_slab_read_at(int partition, uint32 place, PfaPending *copy);

/* Repeats of one partition, whose lock is held; start with zeroes. */
extern bool pfa_slab_read_repeat(int partition, int *slab, int *at, PfaSlabRepeat *copy);

/* The rest needs no lock. */
extern bool pfa_slab_read_now(int slab, PfaBackendNow *copy);
extern int	pfa_slab_count(void);
extern int	pfa_slab_read_units(int slab, PfaUnitSum *copies, int max);

#endif							/* PFA_SLAB_H */
