/*
 * store.h
 *		The shared tables: statements with their plans, and repeats; fixed
 *		arrays in main shared memory, in partitions with one lock each.
 *
 * A statement, its plans, scans, texts and repeats live in the partition of
 * its key.  Entries are moved in by slab and read by srf and workload; nobody
 * keeps a pointer beyond the lock.
 */
#ifndef PFA_STORE_H
#define PFA_STORE_H

#include "perfaudit.h"
#include "repeat.h"
#include "settings.h"
#include "storage/lwlock.h"
#include "texts.h"

#define PFA_PARTITIONS		32
#define PFA_QUERYIDS		3	/* aliases kept a shape */

#define PFA_FLAG_CATALOG	0x01	/* no relation but catalogs */
#define PFA_FLAG_TEMPORARY	0x02	/* a temporary table */
#define PFA_FLAG_LOCKING	0x04	/* FOR UPDATE and the like */
#define PFA_FLAG_LIMITED	0x08	/* has LIMIT */
#define PFA_FLAG_AGGREGATE	0x10	/* one ungrouped aggregate row */
#define PFA_FLAG_EXISTS		0x20	/* asks only whether a row exists */
#define PFA_FLAG_COUNT		0x80	/* returns one count and nothing else */
#define PFA_FLAG_UNPARSED	0x40	/* its parse was not seen: id is core's */

/* One plan of a shape. */
typedef struct PfaSharedPlan
{
	PfaPlanFacts facts;			/* row sums over sampled executions */
	uint64		calls;
	uint64		exec_ns;
	uint64		exec_max_ns;
	uint64		generic;		/* executions of a plan without values */
	TimestampTz first_seen;
	TimestampTz last_seen;
	uint16		hist[PFA_HIST_BUCKETS / PFA_HIST_COARSE];	/* execution time; all
															 * are halved when one
															 * is full */
	int32		next_free;		/* list of free ones in the partition */
	uint32		renewed;		/* pfa_store_half() of the hash that it had
								 * before an index was built anew; 0: none */
} PfaSharedPlan;

/* What one hour of the clock (UTC) has seen of a shape. */
typedef struct PfaHour
{
	uint64		calls;
	uint64		rows;
	uint64		exec_ns;
	uint32		hist[PFA_HIST_BUCKETS / PFA_HIST_COARSE];	/* execution time */
} PfaHour;

typedef struct PfaSharedStatement
{
	PfaKey		key;
	int32		next;			/* next in its hash chain, or next free; -1 */
	int32		newer;			/* its neighbours where it waits; -1: none */
	int32		older;
	uint32		kin;			/* what it is one of many of */
	bool		waiting;		/* came when there was no room */
	uint8		usage;			/* clock sweep: visits it survives */
	uint8		operation;		/* PfaOperation */
	uint8		flags;			/* PFA_FLAG_* */
	uint8		nscans;
	bool		text_tried;		/* text is here, or there was no room for it */
	bool		values_lost;	/* had sampled values before a restart, or met
								 * nobody who wanted them */
	uint64		queryids[PFA_QUERYIDS];
	dsa_pointer text;
	dsa_pointer values;
	int32		plans[2];		/* current and previous, or -1 */
	PfaCounters counters;
	TimestampTz first_seen;
	TimestampTz last_seen;
	int64		hour;			/* number of the hour of hours[0] */
	PfaHour		hours[2];		/* that and the one before */
	uint64		other_scan_rows;	/* rows of scans beyond PFA_MAX_SCANS */
	PfaScan		scans[PFA_MAX_SCANS];
	uint32		hist[PFA_HIST_BUCKETS]; /* execution time; sums to calls, or
										 * to a fraction of very many */
	PfaErrors	errors;			/* what counters.errors were */
	PfaCaller	caller;			/* the last, of a nested statement */
	PfaCalled	called;
} PfaSharedStatement;

/* Whether its values are wanted now, and were not kept when it was sampled. */
static inline bool
pfa_store_lacks_values(const PfaSharedStatement *entry)
{
	return entry->values_lost && pfa_sample_values;
}

/* Whether its text need not be tried, for what is wanted of it now. */
static inline bool
pfa_store_has_text(const PfaSharedStatement *entry)
{
	return entry->text_tried && !pfa_store_lacks_values(entry);
}

/* What a backend has gathered for one key since its last drain. */
typedef struct PfaPending
{
	PfaKey		key;
	uint64		queryids[PFA_QUERYIDS];
	uint64		plan_hash;		/* of all its executions; 0: none known */
	PfaCounters counters;
	TimestampTz first_seen;
	TimestampTz last_seen;
	uint8		operation;
	uint8		flags;
	uint8		nscans;
	uint32		kin;			/* as PfaSharedStatement.kin */
	union
	{
		uint8		count[PFA_HIST_BUCKETS];	/* drained before one is full */
		uint64		eight[PFA_HIST_BUCKETS / 8];	/* the same, to skip
													 * zeroes */
	}			hist;
	PfaScan		scans[PFA_SLAB_SCANS];
	PfaErrors	errors;			/* what counters.errors were */
	PfaCaller	caller;			/* the last, of a nested statement */
	PfaCalled	called;
} PfaPending;

/* Counts of what the store had to let go; in shared memory, atomic. */
typedef struct PfaSharedTotals
{
	pg_atomic_uint64 evicted_statements;
	pg_atomic_uint64 evicted_plans;
	pg_atomic_uint64 evicted_repeats;
	pg_atomic_uint64 dropped_texts; /* no room for a text */
	pg_atomic_uint64 dropped_values;
	pg_atomic_uint64 dropped_frames;	/* too many statements nested */
	pg_atomic_uint64 dropped_scans; /* scans of relations beyond the bound */
	pg_atomic_uint64 dropped_workers;	/* worker scans without room */
	pg_atomic_uint64 dropped_entries;	/* no entry could be had */
	pg_atomic_uint64 unparsed;	/* statements whose parse was not seen */
	pg_atomic_uint64 no_queryid;	/* statements without a query id */
	pg_atomic_uint64 failed_unattributed;	/* failures without a shape */
	pg_atomic_uint64 crowded_shapes;	/* units with more shapes than are kept */
	pg_atomic_uint64 crowded_repeats;	/* or more repeats than are followed */
	pg_atomic_uint64 generation;	/* bumped by a full reset */
	pg_atomic_uint64 reset_at;	/* TimestampTz */
	pg_atomic_uint64 resets;	/* bumped by every reset */

	/* of the last run, when this one began */
	pg_atomic_uint64 restored_statements;
	pg_atomic_uint64 restored_plans;
	pg_atomic_uint64 restored_repeats;
	pg_atomic_uint64 not_restored;	/* statements without room */
	pg_atomic_uint64 refused_files;
} PfaSharedTotals;

static inline bool
pfa_key_is(const PfaKey *a, const PfaKey *b)
{
	return a->shape == b->shape && a->dbid == b->dbid && a->userid == b->userid &&
		a->toplevel == b->toplevel;
}

extern Size pfa_store_size(void);
extern void pfa_store_init(void *place, bool found);
extern PFA_LOCAL PfaSharedTotals *pfa_totals;

extern uint32 pfa_store_hash(const PfaKey *key);
extern int	pfa_store_partition(const PfaKey *key);
extern void pfa_store_lock(int partition, LWLockMode mode);
extern void pfa_store_unlock(int partition);

/* What the store knows of a shape that is about to be executed. */
typedef struct PfaStorePeek
{
	PfaKey		key;
	int32		place;			/* a hint for pfa_store_add_execution */
	bool		text_tried;
	bool		single;			/* its results are of one row or none so far */
	uint32		kin;
	struct
	{
		uint64		hash;		/* 0: none */
		uint64		id;
		uint32		sampled;	/* executions that were */
		float4		run_ns;		/* mean; 0: not known */
	}			plans[2];
} PfaStorePeek;

/*
 * A look at a statement that mostly takes no lock; false if it is not there.
 * What is seen may be over at once.
 */
extern bool pfa_store_peek(const PfaKey *key, PfaStorePeek *seen);

/*
 * Adds an execution that has no rare counters and no scans, of a statement that
 * this backend has just met.  Takes the lock itself; false as pfa_store_add.
 */
extern bool pfa_store_add_execution(const PfaExecution *x, int32 hint, uint32 kin,
									uint64 queryid, uint8 operation, uint8 flags);

/* All below: the caller holds the partition's lock; exclusive to change. */
extern PfaSharedStatement *pfa_store_find(const PfaKey *key);
extern PfaSharedStatement *pfa_store_enter(const PfaKey *key, TimestampTz now, uint32 kin);

/* Kin share a part of the places when they are scarce; see store_room.c. */
#define PFA_KIN_NONE		0	/* not known */
#define PFA_KIN_TEMPORARY	1
extern uint32 pfa_store_kin(uint8 flags, const char *text, uint32 length);

/* What it is kin to becomes known when it is there already. */
extern void pfa_store_know_kin(PfaSharedStatement *entry, uint32 kin);

/* False if the statement's text is not here and nobody tried to put it. */
extern bool pfa_store_add(const PfaPending *pending);

/* The same on copies, for readers; need no lock. */
extern void pfa_store_merge(PfaSharedStatement *entry, const PfaPending *pending);
extern void pfa_store_merge_plan(PfaSharedPlan *plan, const PfaPending *pending);

/*
 * The current hour by the clock (0), or the one before (1), of a copy; now: the
 * number of the hour that it is.
 */
extern const PfaHour *pfa_store_hour(const PfaSharedStatement *entry, int which, int64 now);

/* False if the plan is not here and the facts are only sums (plan_id 0). */
extern bool pfa_store_add_plan(PfaSharedStatement *entry,
							   const PfaPlanFacts *facts, TimestampTz now);
extern PfaSharedPlan *pfa_store_plan(const PfaSharedStatement *entry, int which);

/* Objects decide about the upper half of a hash, mostly. */
static inline uint32
pfa_store_half(uint64 hash)
{
	return (uint32) (hash ^ hash >> 32);
}

/* Whether it is what was executed, perhaps before an index was built anew. */
static inline bool
pfa_store_is_plan(const PfaSharedPlan *plan, uint64 hash)
{
	return plan->facts.hash == hash ||
		unlikely(plan->renewed != 0 && plan->renewed == pfa_store_half(hash));
}
extern void pfa_store_add_repeat(const PfaRepeat *repeat);

/* The place of a statement in its partition, below pfa_store_places(). */
extern int	pfa_store_place(const PfaSharedStatement *entry);
extern int	pfa_store_places(void);

/* Walks one partition's statements; start with *at = 0; NULL at the end. */
extern PfaSharedStatement *pfa_store_next(int partition, int *at);
extern PfaSharedRepeat *pfa_store_next_repeat(int partition, int *at);

/*
 * Puts back what an earlier run of the server had, while nobody else is there
 * yet: needs no lock.  False, or NULL, when there is no room or it is there.
 * The statement comes back without its text and plans.
 */
extern PfaSharedStatement *pfa_store_restore(const PfaSharedStatement *saved);
extern bool pfa_store_restore_plan(PfaSharedStatement *entry, const PfaSharedPlan *saved);
extern bool pfa_store_restore_repeat(const PfaSharedRepeat *saved);

/* Forgets entries; 0 stands for all.  Takes the locks itself. */
extern int64 pfa_store_reset(Oid dbid, Oid userid, uint64 shape);

/*
 * Whether what a backend has gathered for a key, up to a time, belongs to what a
 * recent partial reset has forgotten.  Needs no lock.
 */
extern bool pfa_store_was_reset(const PfaKey *key, TimestampTz last_seen);

/* Entries in use and the capacity, for info. */
extern void pfa_store_usage(int64 *statements, int64 *plans, int64 *repeats,
							int64 *capacity, int64 *plan_capacity,
							int64 *repeat_capacity);

#endif							/* PFA_STORE_H */
